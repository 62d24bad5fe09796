//! Moments and days as FHIR writes them: put in order, and how old somebody was.
//!
//! Invariant: no clock. A text that is no date is None, never some other day.

#[cfg(test)]
mod tests;

/// A FHIR dateTime with its time of day, as seconds since the start of 1970 in UTC. None without a time of day and zone.
pub(crate) fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let midnight = day_number(date)? * 86_400;
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let sign = if time[at..].starts_with('-') { -1 } else { 1 };
            (time.get(..at)?, sign * clock_seconds(time.get(at + 1..)?)?)
        }
    };
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    Some(midnight + clock_seconds(clock)? - offset)
}

/// The least and the most completed years at a moment: they differ when the date of birth is known in part.
pub(crate) fn age_years(birth: &str, at: &str) -> Option<(u32, u32)> {
    let day = at.get(..10)?;
    day_number(day)?;
    let (first, last) = match birth.len() {
        4 => (format!("{birth}-01-01"), format!("{birth}-12-31")),
        7 => (format!("{birth}-01"), format!("{birth}-31")),
        _ => (birth.to_owned(), birth.to_owned()),
    };
    day_number(&first)?;
    Some((completed(&last, day)?, completed(&first, day)?))
}

/// Both `YYYY-MM-DD`. None when the birth is later.
fn completed(birth: &str, day: &str) -> Option<u32> {
    let year = |text: &str| text.get(..4)?.parse::<u32>().ok();
    let had_birthday = day.get(4..)? >= birth.get(4..)?;
    year(day)?
        .checked_sub(year(birth)?)?
        .checked_sub(u32::from(!had_birthday))
}

/// `HH:MM` or `HH:MM:SS`.
fn clock_seconds(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(two_digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let is_clock = parts.next().is_none() && hour < 24 && minute < 60 && second < 61;
    is_clock.then_some(hour * 3_600 + minute * 60 + second)
}

fn two_digits(text: &str) -> Option<i64> {
    let is_two = text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|_| is_two)
}

/// Days since the start of 1970 of `YYYY-MM-DD`.
fn day_number(text: &str) -> Option<i64> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let is_year = year.len() == 4 && year.bytes().all(|it| it.is_ascii_digit());
    let (year, month, day) = (
        year.parse::<i64>().ok()?,
        two_digits(month)?,
        two_digits(day)?,
    );
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !is_year || !(1..=last).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year
            - 719_468,
    )
}
