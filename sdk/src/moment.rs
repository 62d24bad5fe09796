//! Moments and days as FHIR writes them, as numbers that can be compared, and back.
//!
//! Invariant: no clock. A text that is not a date is None, never some other day.

use std::fmt;

#[cfg(test)]
mod tests;

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of twenty-four hours.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A FHIR dateTime or instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Milliseconds since the start of 1970 in UTC; of a text without a time of day, the start of what it names.
    pub epoch_ms: i64,
    /// Whether the text had a time of day.
    pub has_time: bool,
}

impl Moment {
    /// Reads `2026`, `2026-11`, `2026-11-24` or `2026-11-24T11:20:00+00:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((date, time)) = text.split_once('T') else {
            let day = Day::parse_partial(text)?;
            return Some(Self {
                epoch_ms: day.number() * DAY_MS,
                has_time: false,
            });
        };
        let midnight = Day::parse(date)?.number() * DAY_MS;
        let (clock, offset_ms) = split_offset(time)?;
        Some(Self {
            epoch_ms: midnight + clock_ms(clock)? - offset_ms,
            has_time: true,
        })
    }

    /// Milliseconds since the start of 1970 in UTC of a text that has a time of day; None of a day, a month or a year.
    ///
    /// ```
    /// use sdk::moment::{HOUR_MS, Moment};
    ///
    /// let given = Moment::timed("2026-11-24T11:20:00+01:00");
    /// let taken = Moment::timed("2026-11-24T09:20:00Z");
    /// assert_eq!(given.zip(taken).map(|(given, taken)| given - taken), Some(HOUR_MS));
    /// assert_eq!(Moment::timed("2026-11-24"), None);
    /// ```
    #[must_use]
    pub fn timed(text: &str) -> Option<i64> {
        Self::parse(text)
            .filter(|it| it.has_time)
            .map(|it| it.epoch_ms)
    }

    /// The moment in UTC to the second: `2026-11-24T18:41:00Z`.
    #[must_use]
    pub fn text(epoch_ms: i64) -> String {
        let Day { year, month, day } = Day::from_number(epoch_ms.div_euclid(DAY_MS));
        let second = epoch_ms.rem_euclid(DAY_MS) / 1000;
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }

    /// The day in UTC: `2026-11-24`.
    #[must_use]
    pub fn day_text(epoch_ms: i64) -> String {
        let mut text = Self::text(epoch_ms);
        text.truncate(10);
        text
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// From 1 to 9999.
    pub year: i64,
    /// From 1 to 12.
    pub month: i64,
    /// From 1 to the last of the month.
    pub day: i64,
}

impl Day {
    /// Reads `2026-11-24`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 10)
            .then(|| Self::parse_partial(text))
            .flatten()
    }

    /// Reads `2026`, `2026-11` or `2026-11-24`; what is not said is the first.
    fn parse_partial(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year = number(parts.next()?, 4)?;
        let month = parts.next().map_or(Some(1), |part| number(part, 2))?;
        let day = parts.next().map_or(Some(1), |part| number(part, 2))?;
        let real =
            (1..=12).contains(&month) && year > 0 && (1..=days_of(year, month)).contains(&day);
        (real && parts.next().is_none()).then_some(Self { year, month, day })
    }

    /// Days since the first of January 1970, by counting leap days in years that begin in March.
    #[must_use]
    pub fn number(self) -> i64 {
        let year = if self.month > 2 {
            self.year
        } else {
            self.year - 1
        };
        let month = (self.month + 9) % 12;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        365 * year + leap_days + (153 * month + 2) / 5 + self.day - 1 - 719_468
    }

    /// The day that is so many days after the first of January 1970, counted in spans of four hundred years, which all
    /// have the same number of days.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        const SPAN_DAYS: i64 = 146_097;
        let since = number.saturating_add(719_468);
        let (span, day) = (since.div_euclid(SPAN_DAYS), since.rem_euclid(SPAN_DAYS));
        // What is a leap day in none of its years is taken out before it is divided by the days of a year.
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        Self {
            year: 400 * span + year + i64::from(month > 9),
            month: (month + 2) % 12 + 1,
            day: day - (153 * month + 2) / 5 + 1,
        }
    }

    /// The day of a day or a moment, as its writer saw it: `2026-07-01T00:30:00+01:00` is of the first of July.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        if text.len() > 10 {
            Moment::timed(text)?;
        }
        Self::parse(text.get(..10)?)
    }

    /// So many days later, or earlier; None before the year 1 and after 9999, which FHIR cannot write.
    ///
    /// ```
    /// use sdk::moment::Day;
    ///
    /// let last = Day::parse("2026-02-15").ok_or("no day")?;
    /// assert_eq!(last.plus(280).map(Day::text), Some("2026-11-22".to_owned()));
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn plus(self, days: i64) -> Option<Self> {
        let later = Self::from_number(self.number().checked_add(days)?);
        (1..=9999).contains(&later.year).then_some(later)
    }

    /// How many days this is after another; negative when it is before.
    #[must_use]
    pub fn since(self, other: Self) -> i64 {
        self.number() - other.number()
    }

    /// `2026-11-24`.
    #[must_use]
    pub fn text(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// Completed years from `birth` to this day; None before birth.
    #[must_use]
    pub fn years_since(self, birth: Self) -> Option<u32> {
        let had_birthday = (self.month, self.day) >= (birth.month, birth.day);
        u32::try_from(self.year - birth.year - i64::from(!had_birthday)).ok()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text())
    }
}

/// The least and the most completed years somebody born on `birth` can have on the day of `at`, as its writer saw it.
///
/// The two are equal for a whole date of birth. None when either text is not a date, or the birth is later.
#[must_use]
pub fn age_years(birth: &str, at: &str) -> Option<(u32, u32)> {
    let day = Day::parse(at.get(..10)?)?;
    let earliest = Day::parse_partial(birth)?;
    let latest = match birth.len() {
        4 => Day {
            month: 12,
            day: 31,
            ..earliest
        },
        7 => Day {
            day: days_of(earliest.year, earliest.month),
            ..earliest
        },
        _ => earliest,
    };
    Some((
        day.years_since(latest).unwrap_or(0),
        day.years_since(earliest)?,
    ))
}

/// As a clinician reads it, in the offset of its writer: `24-Nov-2026 11:20`. None when it is no date.
#[must_use]
pub fn words(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let moment = Moment::parse(text)?;
    if text.len() < 10 {
        return Some(text.to_owned());
    }
    let Day { year, month, day } = Day::parse(text.get(..10)?)?;
    let month = MONTHS.get(usize::try_from(month - 1).ok()?)?;
    let clock = if moment.has_time {
        format!(" {}", text.get(11..16)?)
    } else {
        String::new()
    };
    Some(format!("{day:02}-{month}-{year}{clock}"))
}

/// Days of a month, from 28 to 31.
#[must_use]
pub fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let add = |all, digit| 10 * all + i64::from(digit - b'0');
    plain.then(|| text.bytes().fold(0, add))
}

/// The clock and, in milliseconds, how far it is ahead of UTC.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (clock, offset) = (time.get(..at)?, time.get(at + 1..)?);
    let (hours, minutes) = offset.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    let ahead = hours * HOUR_MS + minutes * 60_000;
    Some((
        clock,
        if time.get(at..=at) == Some("-") {
            -ahead
        } else {
            ahead
        },
    ))
}

fn clock_ms(clock: &str) -> Option<i64> {
    let (clock, fraction) = clock
        .split_once('.')
        .map_or((clock, ""), |(clock, fraction)| (clock, fraction));
    let mut parts = clock.split(':');
    let hour = number(parts.next()?, 2)?;
    let minute = number(parts.next()?, 2)?;
    let second = number(parts.next()?, 2)?;
    // A leap second is the second after the fifty-ninth.
    let real = hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    if !real || fraction.bytes().any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let milliseconds = digits.fold(0, |all, digit| 10 * all + i64::from(digit - b'0'));
    Some(hour * HOUR_MS + minute * 60_000 + second * 1000 + milliseconds)
}
