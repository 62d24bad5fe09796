//! How values are written for clinicians: days, moments, ages, units.
//!
//! Invariant: no more precision is shown than was given, and what cannot be read is shown as it was written.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// What is said where nobody wrote anything.
pub(crate) const NOT_RECORDED: &str = "Not recorded";

/// The region's clock. The zone is compiled in; UTC would stand in for it if it were not.
fn london() -> TimeZone {
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}

/// A moment's day at the region's clock.
pub(crate) fn local_date(at: Timestamp) -> Date {
    at.to_zoned(london()).date()
}

fn day_of(date: Date) -> String {
    format!(
        "{:02}-{}-{:04}",
        date.day(),
        month(date.month()),
        date.year()
    )
}

fn month(number: i8) -> &'static str {
    usize::try_from(number - 1)
        .ok()
        .and_then(|at| MONTHS.get(at))
        .copied()
        .unwrap_or("?")
}

/// A FHIR date or dateTime as its day: `06-Aug-2018`, `Aug-2018` or `2018`.
pub(crate) fn day(text: &str) -> String {
    if let Ok(at) = text.parse::<Timestamp>() {
        return day_of(local_date(at));
    }
    if let (10, Ok(date)) = (text.len(), text.parse::<Date>()) {
        return day_of(date);
    }
    match text.split_once('-') {
        Some((year, number)) if text.len() == 7 => match number.parse::<i8>() {
            Ok(number @ 1..=12) => format!("{}-{year}", month(number)),
            Ok(_) | Err(_) => text.to_owned(),
        },
        Some(_) | None => text.to_owned(),
    }
}

/// The time of day of a dateTime at the region's clock, `14:02`; None where only a day was given.
pub(crate) fn time(text: &str) -> Option<String> {
    let at = text.parse::<Timestamp>().ok()?.to_zoned(london());
    Some(format!("{:02}:{:02}", at.hour(), at.minute()))
}

/// A FHIR dateTime whole: `06-Aug-2018 14:02`, or what there is of it.
pub(crate) fn moment(text: &str) -> String {
    match time(text) {
        Some(time) => format!("{} {time}", day(text)),
        None => day(text),
    }
}

/// A moment to the second, `06-Aug-2018 14:02:31`: what tells two readings of the record apart.
pub(crate) fn second(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(at) => format!("{}:{:02}", moment(text), at.to_zoned(london()).second()),
        Err(_) => moment(text),
    }
}

/// What a browser's date and time field gives (`2026-11-22T14:02`, region's clock) as an RFC 3339 moment in UTC.
pub(crate) fn instant_of_local(text: &str) -> Option<String> {
    let local: jiff::civil::DateTime = text.parse().ok()?;
    let at = local.to_zoned(london()).ok()?.timestamp();
    Some(format!("{at:.3}"))
}

/// What a browser's date and time field shows for an RFC 3339 moment.
pub(crate) fn local_of_instant(text: &str) -> Option<String> {
    let at = text.parse::<Timestamp>().ok()?.to_zoned(london());
    Some(at.strftime("%Y-%m-%dT%H:%M").to_string())
}

/// An age in the unit that its size calls for: `12d`, `14w 3d`, `17m 5d`, `12y 3m`, `61y`. None before birth or without a
/// whole date of birth.
pub(crate) fn age(born: &str, on: Date) -> Option<String> {
    let born: Date = if born.len() == 10 {
        born.parse().ok()?
    } else {
        return None;
    };
    if on < born {
        return None;
    }
    let days = born.until((Unit::Day, on)).ok()?.get_days();
    let whole = born.until((Unit::Year, on)).ok()?;
    let (years, months) = (i32::from(whole.get_years()), whole.get_months());
    Some(match (years, days) {
        (_, 0..28) => format!("{days}d"),
        (0, _) => format!("{}w {}d", days / 7, days % 7),
        (1, _) => format!("{}m {}d", 12 + months, whole.get_days()),
        (2..18, _) => format!("{years}y {months}m"),
        (_, _) => format!("{years}y"),
    })
}

/// A unit as people read it: `umol/L` is µmol/L, `mL/min/1.73 m2` ends in m², `10*9/L` is 10⁹/L, `Cel` is °C.
pub(crate) fn unit(text: &str) -> String {
    if text == "Cel" {
        return "°C".to_owned();
    }
    let micro = ["umol", "ug/", "ug", "uL", "um"]
        .iter()
        .any(|it| text == *it || text.starts_with(&format!("{it}/")));
    let text = if micro || text.starts_with("umol") {
        format!("µ{}", &text[1..])
    } else {
        text.to_owned()
    };
    let text = text
        .replace("m2", "m²")
        .replace("m^2", "m²")
        .replace("{", "")
        .replace('}', "");
    text.replace("10*9", "10⁹")
        .replace("10^9", "10⁹")
        .replace("10*12", "10¹²")
        .replace("10^12", "10¹²")
}

/// Somebody else's words as they may be shown: what steers the direction of text, or hides, is made visible as `�`.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|it| if steers(it) { '\u{FFFD}' } else { it })
        .collect()
}

fn steers(it: char) -> bool {
    let control = it.is_control() && it != '\n' && it != '\t';
    let direction = matches!(it, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let unseen = matches!(it, '\u{200B}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}');
    control || direction || unseen
}

#[cfg(test)]
mod tests;
