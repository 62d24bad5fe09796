//! Moments and days as FHIR writes them, as numbers that can be compared, and back.
//!
//! Invariant: no clock. A text that is not a date is None, never some other day.

#[cfg(test)]
mod tests;

/// Milliseconds of an hour.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of twenty-four hours.
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;

/// A FHIR dateTime or instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    /// Milliseconds since the start of 1970 in UTC; of a text without a time of day, the start of what it names.
    pub(crate) epoch_ms: i64,
    /// Whether the text had a time of day.
    pub(crate) has_time: bool,
}

impl Moment {
    /// Reads `2026`, `2026-11`, `2026-11-24` or `2026-11-24T11:20:00+00:00`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
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

    /// The moment in UTC to the second: `2026-11-24T18:41:00Z`.
    pub(crate) fn text(epoch_ms: i64) -> String {
        let Day { year, month, day } = Day::from_number(epoch_ms.div_euclid(DAY_MS));
        let second = epoch_ms.rem_euclid(DAY_MS) / 1000;
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    /// From 1 to 9999.
    pub(crate) year: i64,
    /// From 1 to 12.
    pub(crate) month: i64,
    /// From 1 to the last of the month.
    pub(crate) day: i64,
}

impl Day {
    /// Reads `2026-11-24`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
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
    pub(crate) fn number(self) -> i64 {
        let year = if self.month > 2 {
            self.year
        } else {
            self.year - 1
        };
        let month = (self.month + 9) % 12;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        365 * year + leap_days + (153 * month + 2) / 5 + self.day - 1 - 719_468
    }

    pub(crate) fn from_number(number: i64) -> Self {
        // Never later than the year sought, whichever side of 1970 it is on.
        let mut year = 1970 + number.div_euclid(if number < 0 { 365 } else { 366 });
        while (Self {
            year: year + 1,
            month: 1,
            day: 1,
        })
        .number()
            <= number
        {
            year += 1;
        }
        let mut month = 1;
        while month < 12
            && (Self {
                year,
                month: month + 1,
                day: 1,
            })
            .number()
                <= number
        {
            month += 1;
        }
        let day = number
            - (Self {
                year,
                month,
                day: 1,
            })
            .number()
            + 1;
        Self { year, month, day }
    }

    /// `2026-11-24`.
    pub(crate) fn text(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// Completed years from `birth` to this day; None before birth.
    fn years_since(self, birth: Self) -> Option<u32> {
        let had_birthday = (self.month, self.day) >= (birth.month, birth.day);
        u32::try_from(self.year - birth.year - i64::from(!had_birthday)).ok()
    }
}

/// The least and the most completed years somebody born on `birth` can have on the day of `at`, as its writer saw it.
///
/// The two are equal for a whole date of birth. None when either text is not a date, or the birth is later.
pub(crate) fn age_years(birth: &str, at: &str) -> Option<(u32, u32)> {
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

/// Days of a month.
pub(crate) fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
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
    let milliseconds = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    Some(hour * HOUR_MS + minute * 60_000 + second * 1000 + milliseconds)
}
