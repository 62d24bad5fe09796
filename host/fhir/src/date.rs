//! Dates as FHIR writes them, each as the span of time that it may mean.
//!
//! Invariant: a span is half-open, in milliseconds of UTC since 1970, and never empty. What is written without a time
//! zone is read on the clock of the region, Europe/London, so that a day is the day that clinicians mean.

use std::sync::LazyLock;

use jiff::civil;
use jiff::tz::TimeZone;

/// Before every date: the low end of a span that has no beginning.
pub const EARLIEST_MS: i64 = -62_200_000_000_000;
/// After every date: the high end of a span that has no end.
pub const LATEST_MS: i64 = 253_500_000_000_000;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

static REGION: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC));

/// How much of a date was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// `2024`
    Year,
    /// `2024-05`
    Month,
    /// `2024-05-01`
    Day,
    /// `2024-05-01T10:30`, which only searches may use.
    Minute,
    /// `2024-05-01T10:30:00Z`
    Second,
    /// `2024-05-01T10:30:00.123Z`
    Millisecond,
}

/// The span of time that a date may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first millisecond.
    pub low_ms: i64,
    /// The millisecond after its last.
    pub high_ms: i64,
    /// How much was written.
    pub precision: Precision,
    /// Whether a time zone was written.
    pub zoned: bool,
}

/// Which of FHIR's types a text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Year, month or day.
    Date,
    /// Year, month, day, or a time to the second or finer with a zone.
    DateTime,
    /// A time to the second or finer with a zone.
    Instant,
    /// What a search may hold: any of these; the zone and the seconds may be left out.
    Search,
}

/// Why a text is not a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not of the shape at all.
    #[error("not a date; write {0}")]
    Shape(&'static str),
    /// A month 13, a 30 February, an hour 25.
    #[error("there is no such {0}")]
    NoSuch(&'static str),
}

impl Form {
    fn advice(self) -> &'static str {
        match self {
            Self::Date => "2024, 2024-05 or 2024-05-01",
            Self::DateTime => "2024, 2024-05, 2024-05-01 or 2024-05-01T10:30:00+01:00",
            Self::Instant => "2024-05-01T10:30:00+01:00",
            Self::Search => {
                "2024, 2024-05, 2024-05-01, 2024-05-01T10:30 or 2024-05-01T10:30:00+01:00"
            }
        }
    }
}

/// Reads a date of that form.
pub fn parse(text: &str, form: Form) -> Result<Span, DateError> {
    let shape = || DateError::Shape(form.advice());
    if !text.is_ascii() {
        return Err(shape());
    }
    let (day, time) = text
        .split_once('T')
        .map_or((text, None), |(day, time)| (day, Some(time)));
    let (start, precision) = civil_day(day, form)?;
    let Some(time) = time else {
        if form == Form::Instant {
            return Err(shape());
        }
        return whole_days(start, precision);
    };
    if form == Form::Date || precision != Precision::Day {
        return Err(shape());
    }
    let (time, zone) = split_zone(time);
    if zone.is_none() && form != Form::Search {
        return Err(shape());
    }
    let (in_day_ms, precision, length_ms) = time_of_day(time, form)?;
    let midnight_ms = match zone {
        Some(zone) => days_since_1970(start) * DAY_MS - offset_ms(zone).ok_or_else(shape)?,
        None => {
            let at = days_since_1970(start) * DAY_MS + in_day_ms;
            at - region_offset_ms(start, in_day_ms) - in_day_ms
        }
    };
    let low_ms = midnight_ms + in_day_ms;
    Ok(Span {
        low_ms,
        high_ms: low_ms + length_ms,
        precision,
        zoned: zone.is_some(),
    })
}

/// The digits of a field of exactly so many.
fn digits(text: &str, count: usize) -> Option<i16> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn civil_day(text: &str, form: Form) -> Result<(civil::Date, Precision), DateError> {
    let shape = || DateError::Shape(form.advice());
    let mut fields = text.split('-');
    let year = fields.next().and_then(|f| digits(f, 4)).ok_or_else(shape)?;
    let mut rest = || {
        fields
            .next()
            .map(|f| {
                digits(f, 2)
                    .and_then(|n| i8::try_from(n).ok())
                    .ok_or_else(shape)
            })
            .transpose()
    };
    let (month, day, more) = (rest()?, rest()?, rest()?);
    if more.is_some() {
        return Err(shape());
    }
    if year == 0 {
        return Err(DateError::NoSuch("year"));
    }
    if month.is_some_and(|month| !(1..=12).contains(&month)) {
        return Err(DateError::NoSuch("month"));
    }
    let date = civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1))
        .map_err(|_| DateError::NoSuch("day"))?;
    let precision = match (month, day) {
        (None, _) => Precision::Year,
        (Some(_), None) => Precision::Month,
        (Some(_), Some(_)) => Precision::Day,
    };
    Ok((date, precision))
}

fn whole_days(start: civil::Date, precision: Precision) -> Result<Span, DateError> {
    let (year, month) = (start.year(), start.month());
    let next = match precision {
        Precision::Year => civil::Date::new(year + 1, 1, 1),
        Precision::Month if month == 12 => civil::Date::new(year + 1, 1, 1),
        Precision::Month => civil::Date::new(year, month + 1, 1),
        Precision::Day | Precision::Minute | Precision::Second | Precision::Millisecond => {
            start.tomorrow()
        }
    };
    // After 31 December 9999 the library knows no day.
    let high_ms = next.map_or(LATEST_MS, region_midnight_ms);
    Ok(Span {
        low_ms: region_midnight_ms(start),
        high_ms,
        precision,
        zoned: false,
    })
}

fn days_since_1970(date: civil::Date) -> i64 {
    const EPOCH: civil::Date = civil::date(1970, 1, 1);
    i64::from((date - EPOCH).get_days())
}

fn region_midnight_ms(date: civil::Date) -> i64 {
    days_since_1970(date) * DAY_MS - region_offset_ms(date, 0)
}

/// How far the region's clock is ahead of UTC at that time of its day.
fn region_offset_ms(date: civil::Date, in_day_ms: i64) -> i64 {
    let minutes = in_day_ms / MINUTE_MS;
    let (hour, minute) = (
        i8::try_from(minutes / 60).unwrap_or(0),
        i8::try_from(minutes % 60).unwrap_or(0),
    );
    let at = date.at(hour.clamp(0, 23), minute, 0, 0);
    let offset = REGION.to_ambiguous_timestamp(at).compatible();
    offset.map_or(0, |instant| {
        i64::from(REGION.to_offset(instant).seconds()) * SECOND_MS
    })
}

fn split_zone(time: &str) -> (&str, Option<&str>) {
    match time.find(['Z', '+', '-']) {
        Some(at) => (&time[..at], Some(&time[at..])),
        None => (time, None),
    }
}

fn offset_ms(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.as_bytes().first()? {
        b'+' => (1, &zone[1..]),
        b'-' => (-1, &zone[1..]),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let allowed = minutes < 60 && (hours < 14 || (hours == 14 && minutes == 0));
    allowed.then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)) * MINUTE_MS)
}

/// Milliseconds since midnight, what was written, and how long that lasts.
fn time_of_day(text: &str, form: Form) -> Result<(i64, Precision, i64), DateError> {
    let shape = || DateError::Shape(form.advice());
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut fields = whole.split(':');
    let mut next = || {
        fields
            .next()
            .map(|f| digits(f, 2).ok_or_else(shape))
            .transpose()
    };
    let (hour, minute, second, more) = (next()?, next()?, next()?, next()?);
    let (Some(hour), Some(minute), None) = (hour, minute, more) else {
        return Err(shape());
    };
    if hour > 23 || minute > 59 || second.is_some_and(|second| second > 60) {
        return Err(DateError::NoSuch("time of day"));
    }
    let minutes_ms = (i64::from(hour) * 60 + i64::from(minute)) * MINUTE_MS;
    let Some(second) = second else {
        if form == Form::Search && fraction.is_none() {
            return Ok((minutes_ms, Precision::Minute, MINUTE_MS));
        }
        return Err(shape());
    };
    let seconds_ms = minutes_ms + i64::from(second) * SECOND_MS;
    match fraction {
        None => Ok((seconds_ms, Precision::Second, SECOND_MS)),
        Some(fraction) => {
            if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return Err(shape());
            }
            let fraction_ms = fraction
                .bytes()
                .chain(*b"00")
                .take(3)
                .fold(0, |ms, b| ms * 10 + i64::from(b - b'0'));
            let length_ms = 10_i64.pow(3 - u32::try_from(fraction.len().min(3)).unwrap_or(3));
            Ok((seconds_ms + fraction_ms, Precision::Millisecond, length_ms))
        }
    }
}

/// An instant as FHIR writes it, in UTC to the millisecond: `2024-05-01T09:30:00.000Z`.
/// None outside the years that FHIR can write.
pub fn instant(at_ms: i64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(at_ms).ok()?;
    let at = TimeZone::UTC.to_datetime(at);
    (1..=9999)
        .contains(&at.year())
        .then(|| format!("{}Z", at.strftime("%Y-%m-%dT%H:%M:%S%.3f")))
}

#[cfg(test)]
mod tests;
