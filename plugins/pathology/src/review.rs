//! By when an acute kidney injury is to be reviewed.
//!
//! Invariant: where it is not known whether the person is in hospital, the shorter time holds and the words say so.

use sdk::screen::{Fact, Part};
use sdk::{Chart, Failure, ViewQuery};

use crate::aki::Stage;
use crate::aki::pack::AkiPack;
use crate::result::LabResult;
use sdk::moment::{HOUR_MS, Moment};

/// Where the person was when the specimen was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    /// In hospital or acutely ill.
    Acute,
    /// Outside hospital.
    Stable,
    /// Nobody said.
    NotKnown,
}

/// By when, and on what that rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Review {
    /// RFC 3339 in UTC.
    pub(crate) by: String,
    /// How long after the report, and who says so.
    pub(crate) why: String,
}

/// When a result of this stage is to be reviewed, counted from its report, or from its specimen where that is all there is.
///
/// # Errors
/// Any failure of the chart but that the encounter may not be read; `fault` when the pack has no time for the stage.
pub(crate) fn review(
    chart: &dyn Chart,
    pack: &AkiPack,
    stage: Stage,
    result: &LabResult,
) -> Result<Review, Failure> {
    let rule = pack.reviews.iter().find(|it| it.stage == stage.number());
    let rule = rule.ok_or_else(|| {
        Failure::fault(format!(
            "the pack `aki` has no review time for stage {}",
            stage.number()
        ))
    })?;
    let (hours, place) = match setting(chart, result)? {
        Setting::Acute => (rule.acute_hours, "in hospital or acutely ill"),
        Setting::Stable => (rule.stable_hours, "outside hospital; sooner if acutely ill"),
        Setting::NotKnown => (
            rule.acute_hours.min(rule.stable_hours),
            "not known to be outside hospital, so the shorter time holds",
        ),
    };
    let issued = result
        .issued
        .as_deref()
        .and_then(Moment::parse)
        .map(|it| (it.epoch_ms, "the report"));
    let (from_ms, from) = issued
        .or(result.taken_ms().map(|it| (it, "the specimen")))
        .unwrap_or((0, "the specimen"));
    Ok(Review {
        by: Moment::text(from_ms + i64::from(hours) * HOUR_MS),
        why: format!("{hours} hours after {from}; {place} ({})", rule.source),
    })
}

/// The same as words of a screen.
///
/// # Errors
/// As [`review`].
pub(crate) fn review_words(
    chart: &dyn Chart,
    pack: &AkiPack,
    stage: Stage,
    result: &LabResult,
) -> Result<[Part; 3], Failure> {
    let review = review(chart, pack, stage, result)?;
    Ok([
        Part::plain("By "),
        Part::strong(Fact::date(review.by)),
        Part::plain(format!(", {}.", review.why)),
    ])
}

fn setting(chart: &dyn Chart, result: &LabResult) -> Result<Setting, Failure> {
    // What goes into a search is an id and nothing else.
    let is_id = |id: &&str| {
        id.bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-.".contains(&it))
    };
    let reference = result.encounter.as_deref();
    let id = reference.and_then(|it| it.strip_prefix("Encounter/"));
    let Some(id) = id.filter(is_id) else {
        return Ok(Setting::NotKnown);
    };
    let query = ViewQuery::new().search(format!("_id={id}")).count(1);
    let encounters = match chart.rows("encounters", &query) {
        Ok(encounters) => encounters,
        Err(failure)
            if matches!(
                failure.code.as_str(),
                "not-found" | "not-granted" | "invalid"
            ) =>
        {
            return Ok(Setting::NotKnown);
        }
        Err(failure) => return Err(failure),
    };
    let class = encounters.iter().next().and_then(|it| it.text("class"));
    Ok(match class {
        Some("IMP" | "ACUTE" | "NONAC" | "EMER" | "OBSENC" | "SS") => Setting::Acute,
        Some("AMB" | "HH" | "VR" | "FLD") => Setting::Stable,
        _ => Setting::NotKnown,
    })
}
