//! Dates and times of messages (TS, DTM, DT, TM) as FHIR writes them.
//!
//! Invariant: what was sent is never made more exact than it was, except that FHIR wants seconds and a zone with
//! every time: missing minutes and seconds become zero, and a time without a zone is a clock on a wall in
//! `Europe/London` (in the hour that happens twice in autumn, the earlier of the two; in the hour that does not
//! happen in spring, an hour later).

use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use crate::feed::message::Value;
use crate::feed::message::error::MessageError;

/// The zone of senders that do not name one.
const ZONE: &str = "Europe/London";
/// No zone on earth is further from UTC than this.
const OFFSET_HOURS_MAX: i32 = 14;
const EXPECTED: &str = "a date or time of the form YYYY[MM[DD[HHMM[SS[.S]]]]][+ZZZZ]";

/// A date or time as FHIR's `dateTime`: `1985`, `1985-03`, `1985-03-02` or `1985-03-02T09:30:00+00:00`.
/// `None`: nothing was sent.
///
/// # Errors
/// [`MessageError::Form`] for anything that is not a date or time of the calendar.
pub fn date_time(value: Value<'_>) -> Result<Option<String>, MessageError> {
    // Before 2.5 a second component told how exact the time is; the digits tell it as well.
    let value = value.component(1);
    let Some(text) = value.line()? else {
        return Ok(None);
    };
    written(&text).map(Some).ok_or_else(|| value.not(EXPECTED))
}

/// A time with date and zone, for FHIR's `instant`. `None`: nothing was sent, or only a date.
///
/// # Errors
/// As [`date_time`].
pub fn instant(value: Value<'_>) -> Result<Option<String>, MessageError> {
    Ok(date_time(value)?.filter(|text| text.contains('T')))
}

/// A date as FHIR's `date`; a time of day is left out. `None`: nothing was sent.
///
/// # Errors
/// As [`date_time`].
pub fn date(value: Value<'_>) -> Result<Option<String>, MessageError> {
    // The date that was written counts, whatever zone stands beside it.
    let value = value.component(1);
    let Some(text) = value.line()? else {
        return Ok(None);
    };
    let digits: String = text
        .chars()
        .take_while(char::is_ascii_digit)
        .take(8)
        .collect();
    match (written(&text), written(&digits)) {
        (Some(_), Some(date)) => Ok(Some(date)),
        (None, _) | (_, None) => Err(value.not(EXPECTED)),
    }
}

/// A time of day as FHIR's `time`. `None`: nothing was sent.
///
/// # Errors
/// [`MessageError::Form`].
pub fn time(value: Value<'_>) -> Result<Option<String>, MessageError> {
    let value = value.component(1);
    let Some(text) = value.line()? else {
        return Ok(None);
    };
    let (clock, _zone) = split_zone(&text);
    let (digits, fraction) = clock
        .split_once('.')
        .map_or((clock, ""), |(digits, fraction)| (digits, fraction));
    let time =
        of_day(digits, fraction).ok_or_else(|| value.not("a time of the form HH[MM[SS[.S]]]"))?;
    Ok(Some(time.to_string()))
}

fn split_zone(text: &str) -> (&str, &str) {
    text.find(['+', '-'])
        .map_or((text, ""), |at| text.split_at(at))
}

fn written(text: &str) -> Option<String> {
    let (local, zone) = split_zone(text);
    let (digits, fraction) = local
        .split_once('.')
        .map_or((local, ""), |(digits, fraction)| (digits, fraction));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i16 = digits.get(..4)?.parse().ok()?;
    let month: i8 = digits.get(4..6).unwrap_or("01").parse().ok()?;
    let day: i8 = digits.get(6..8).unwrap_or("01").parse().ok()?;
    let date = civil::Date::new(year, month, day).ok()?;
    if year < 1 {
        return None;
    }
    match digits.len() {
        4 | 6 | 8 if !fraction.is_empty() => None,
        4 => Some(format!("{year:04}")),
        6 => Some(format!("{year:04}-{month:02}")),
        8 => Some(date.to_string()),
        10 | 12 | 14 => {
            let local = date.to_datetime(of_day(digits.get(8..)?, fraction)?);
            let at = match offset(zone)? {
                Some(offset) => offset
                    .to_timestamp(local)
                    .ok()?
                    .to_zoned(offset.to_time_zone()),
                None => local.to_zoned(TimeZone::get(ZONE).ok()?).ok()?,
            };
            Some(at.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string())
        }
        _ => None,
    }
}

/// `HH`, `HHMM` or `HHMMSS` and the digits of a fraction.
fn of_day(digits: &str, fraction: &str) -> Option<civil::Time> {
    let whole =
        matches!(digits.len(), 2 | 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !whole || !part || (!fraction.is_empty() && digits.len() != 6) {
        return None;
    }
    let hour = digits.get(..2)?.parse().ok()?;
    let minute = digits.get(2..4).unwrap_or("00").parse().ok()?;
    let second = digits.get(4..6).unwrap_or("00").parse().ok()?;
    let nanosecond = format!("{fraction:0<9}").parse().ok()?;
    civil::Time::new(hour, minute, second, nanosecond).ok()
}

/// `+HHMM`, `-HHMM` or nothing. The outer `None`: it is no zone.
fn offset(zone: &str) -> Option<Option<Offset>> {
    let Some(sign) = zone.chars().next() else {
        return Some(None);
    };
    let digits = zone.get(1..)?;
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..)?.parse().ok()?;
    if hours > OFFSET_HOURS_MAX || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    Offset::from_seconds(if sign == '-' { -seconds } else { seconds })
        .ok()
        .map(Some)
}

#[cfg(test)]
mod tests;
