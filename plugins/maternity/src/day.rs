//! Days of the calendar, moments, and gestation, as numbers that can be compared, and back as they are written.
//!
//! Invariant: no clock. A text that is not a real date is None, never some other day.

#[cfg(test)]
mod tests;

use std::fmt;

/// A day, counted from the first of January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(i64);

impl Day {
    /// Reads `2026-11-24`, and the day of a moment as its writer saw it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, rest) = (text.get(..10)?, &text[10..]);
        if !(rest.is_empty() || rest.starts_with('T')) {
            return None;
        }
        let mut parts = date.split('-');
        let (year, month, day) = (
            digits(parts.next()?, 4)?,
            digits(parts.next()?, 2)?,
            digits(parts.next()?, 2)?,
        );
        let found = Self::of(year, month, day);
        (year > 0 && found.parts() == (year, month, day)).then_some(found)
    }

    /// So many days later.
    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
    }

    /// How many days this is after another.
    pub(crate) fn since(self, other: Self) -> i64 {
        self.0 - other.0
    }

    /// Completed years from a birth to this day.
    pub(crate) fn years_since(self, birth: Self) -> i64 {
        let (year, month, day) = self.parts();
        let (born, month_born, day_born) = birth.parts();
        year - born - i64::from((month, day) < (month_born, day_born))
    }

    /// Days before the first of a month, in years that begin in March.
    fn of(year: i64, month: i64, day: i64) -> Self {
        let year = year - i64::from(month < 3);
        let month = (month + 9).rem_euclid(12);
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Self(365 * year + leap_days + (153 * month + 2) / 5 + day - 719_469)
    }

    fn parts(self) -> (i64, i64, i64) {
        let mut year = 1970 + self.0.div_euclid(366).min(self.0.div_euclid(365));
        while Self::of(year + 1, 1, 1) <= self {
            year += 1;
        }
        let month = (1..=12)
            .rev()
            .find(|month| Self::of(year, *month, 1) <= self)
            .unwrap_or(1);
        (year, month, self.0 - Self::of(year, month, 1).0 + 1)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

/// How long a pregnancy has lasted, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gestation(pub(crate) i64);

impl Gestation {
    /// From days with a fraction, to the nearest day.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a few hundred days; a cast saturates"
    )]
    pub(crate) fn nearest(days: f64) -> Self {
        Self(days.round() as i64)
    }

    /// In weeks with a fraction.
    #[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
    pub(crate) fn weeks(self) -> f64 {
        self.0 as f64 / 7.0
    }
}

impl fmt::Display for Gestation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}+{}", self.0.div_euclid(7), self.0.rem_euclid(7))
    }
}

/// Minutes since the start of 1970 in UTC of a moment with its offset; None of anything else.
pub(crate) fn minutes(text: &str) -> Option<i64> {
    let day = Day::parse(text)?;
    let time = text.get(11..)?;
    let (hour, minute) = (digits(time.get(..2)?, 2)?, digits(time.get(3..5)?, 2)?);
    let sign_at = time.find(['+', '-', 'Z'])?;
    let offset = match &time[sign_at..] {
        "Z" => 0,
        signed => {
            let (hours, minutes) = signed.get(1..)?.split_once(':')?;
            let minutes = digits(hours, 2)? * 60 + digits(minutes, 2)?;
            if signed.starts_with('-') {
                -minutes
            } else {
                minutes
            }
        }
    };
    let real = time.get(2..3) == Some(":") && hour < 24 && minute < 60;
    real.then_some(day.0 * 1440 + hour * 60 + minute - offset)
}

/// A moment in UTC from its minutes: `2026-11-24T18:41:00Z`.
pub(crate) fn moment(minutes: i64) -> String {
    let of_day = minutes.rem_euclid(1440);
    format!(
        "{}T{:02}:{:02}:00Z",
        Day(minutes.div_euclid(1440)),
        of_day / 60,
        of_day % 60
    )
}

fn digits(text: &str, n: usize) -> Option<i64> {
    let only = text.len() == n && text.bytes().all(|it| it.is_ascii_digit());
    only.then(|| text.parse().ok()).flatten()
}
