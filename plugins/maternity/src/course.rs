//! A labour as one chart holds it: its readings, and what was last found of each thing.
//!
//! Invariant: what nobody looked at is nothing, and what was found says when.

use sdk::moment::Moment;
use sdk::{Call, Failure};

use crate::facts::{self, Facts};
use crate::labour::{Finding, LabourPack, Limit, Said, WordRule, labour_alert};
use crate::pregnancy::Pregnancy;

/// The chart shows so many minutes back from the newest reading, the most that the host draws less an hour.
const SHOWN_MINUTES: i64 = 23 * 60;
const MINUTE_MS: i64 = 60_000;
/// Readings of one lane at most, as the host draws it.
const SHOWN_MAX: usize = 300;

/// Whole minutes since 1970 of a moment; None of a day.
pub(crate) fn minutes(text: &str) -> Option<i64> {
    Moment::timed(text).map(|it| it.div_euclid(MINUTE_MS))
}

/// A moment of its minutes.
pub(crate) fn moment(minutes: i64) -> String {
    Moment::text(minutes * MINUTE_MS)
}

/// A labour as it is drawn: its readings, oldest first, with their minutes.
pub(crate) struct Course<'a> {
    /// Its readings.
    pub(crate) readings: Vec<(i64, &'a Facts)>,
    /// How many there were before those.
    pub(crate) earlier: usize,
    parity: Option<i64>,
    /// The first birth, or now.
    pub(crate) until: i64,
}

impl<'a> Course<'a> {
    /// The part of a labour that one chart holds.
    pub(crate) fn of(all: &'a [Facts], pregnancy: &Pregnancy, now: i64) -> Self {
        let of = |kind: &str| facts::of(all, &pregnancy.reference, kind);
        let mut readings: Vec<_> = of("labour")
            .into_iter()
            .filter_map(|it| Some((minutes(&it.when)?, it)))
            .collect();
        readings.sort_by_key(|(at, _)| *at);
        let newest = readings.last().map_or(0, |(at, _)| *at);
        let recent = readings.partition_point(|(at, _)| newest - at > SHOWN_MINUTES);
        let earlier = recent.max(readings.len().saturating_sub(SHOWN_MAX));
        let births = of("birth");
        let first_birth = births.iter().filter_map(|it| minutes(&it.when)).min();
        Self {
            readings: readings.split_off(earlier),
            earlier,
            parity: of("booking").last().and_then(|it| it.whole("parity")),
            until: first_birth.map_or(now, |birth| birth.min(now)),
        }
    }

    /// The latest of what was found under a name, and when.
    fn last(&self, id: &str) -> Option<(i64, &'a str)> {
        let mut found = self.readings.iter().rev();
        found.find_map(|(at, it)| Some((*at, it.text(id)?)))
    }

    /// The last dilatation, when it was last found, and for how many minutes, from the first examination at it to the last.
    fn held(&self) -> Option<(i64, i64, i64)> {
        let found = self.readings.iter().rev();
        let mut found = found
            .filter_map(|(at, it)| Some((it.whole("dilatation")?, *at)))
            .peekable();
        let (cm, last) = *found.peek()?;
        let first = found.take_while(|it| it.0 == cm).last()?.1;
        Some((cm, last, last - first))
    }
}

/// The latest of one thing: what it is called, as it is read, when, and what the rule looks at.
pub(crate) struct Last<'a> {
    /// In packs and facts.
    pub(crate) id: &'a str,
    /// What it is called.
    pub(crate) label: &'a str,
    /// As it is read.
    pub(crate) words: String,
    /// When it was found.
    pub(crate) at: i64,
    /// What the rule looks at.
    pub(crate) found: Option<Finding>,
}

impl<'a> Last<'a> {
    fn none(id: &'a str, label: &'a str) -> Self {
        Self {
            id,
            label,
            words: String::new(),
            at: 0,
            found: None,
        }
    }

    fn some(mut self, at: i64, words: String, found: Option<Finding>) -> Self {
        (self.at, self.words, self.found) = (at, words, found);
        self
    }
}

/// What was last found of each thing.
pub(crate) fn last_found<'a>(pack: &'a LabourPack, course: &Course<'_>) -> Vec<Last<'a>> {
    let mut all: Vec<Last<'a>> = Vec::new();
    for Limit {
        id, label, unit, ..
    } in &pack.limits
    {
        let none = Last::none(id, label);
        all.push(match course.last(id) {
            None => none,
            Some((at, text)) => {
                let found = text.parse().ok().map(Finding::Number);
                none.some(at, format!("{label} {text} {unit}"), found)
            }
        });
    }
    for WordRule { id, label, .. } in &pack.words {
        let none = Last::none(id, label);
        all.push(match course.last(id) {
            None => none,
            Some((at, text)) => {
                let found = Some(Finding::Word(text.to_owned()));
                none.some(at, format!("{label}: {text}"), found)
            }
        });
    }
    let none = Last::none("dilatation", "Cervix");
    all.push(match course.held() {
        None => none,
        Some((cm, at, minutes)) => {
            let words = format!("Cervix {cm} cm for {} h {} min", minutes / 60, minutes % 60);
            none.some(at, words, Some(Finding::Held { cm, minutes }))
        }
    });
    let none = Last::none("second-stage", "Second stage");
    let since = course
        .last("second-stage")
        .and_then(|(_, text)| minutes(text));
    all.push(match since {
        None => none,
        Some(since) => {
            let (minutes, parity) = ((course.until - since).max(0), course.parity);
            let words = format!("Second stage {} h {} min", minutes / 60, minutes % 60);
            let found = Some(Finding::SecondStage { minutes, parity });
            none.some(course.until, words, found)
        }
    });
    all
}

/// A labour for the summary.
pub(crate) struct Underway {
    /// When its latest readings were.
    pub(crate) newest: String,
    /// How long ago that is.
    pub(crate) minutes_ago: i64,
    /// What alerts, in words.
    pub(crate) alerting: Vec<String>,
}

/// The alerts of the last readings in words; None when no labour is recorded.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn alerting(
    call: &Call<'_>,
    all: &[Facts],
    pregnancy: &Pregnancy,
) -> Result<Option<Underway>, Failure> {
    let Some(now) = minutes(&call.context.now()) else {
        return Ok(None);
    };
    let course = Course::of(all, pregnancy, now);
    let Some((newest, _)) = course.readings.last() else {
        return Ok(None);
    };
    let pack = LabourPack::read(&call.packs.get("labour")?)?;
    let found = last_found(&pack, &course).into_iter().filter(|last| {
        matches!(
            labour_alert(&pack, last.id, last.found.as_ref()),
            Ok(Said::Alert) | Err(_)
        )
    });
    Ok(Some(Underway {
        newest: moment(*newest),
        minutes_ago: now - newest,
        alerting: found.map(|it| it.words).collect(),
    }))
}
