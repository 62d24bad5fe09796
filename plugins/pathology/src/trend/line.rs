//! The chart of one test: its points, the reference band, and for creatinine where each AKI stage begins.
//!
//! Invariant: band and levels are in the unit of the points, or are left out.

use sdk::screen::{Band, Node, Point, Threshold, Trend};

use crate::aki::pack::AkiPack;
use crate::assessment::{Judgement, Rules};
use crate::history::POINTS_MAX;
use crate::range::flag_of;
use crate::result::LabResult;
use sdk::decimal::Decimal;

/// Points oldest first, the reference band of the newest, and for creatinine the levels of the AKI stages.
pub(super) fn chart(
    rules: &Rules<'_>,
    name: &str,
    unit: &str,
    results: &[&LabResult],
    judgement: Option<&Judgement>,
) -> Node {
    let newest = results
        .get(results.len().saturating_sub(POINTS_MAX)..)
        .unwrap_or(results);
    let points: Vec<_> = newest
        .iter()
        .filter_map(|result| point(rules, result))
        .collect();
    let first_and_last = newest
        .first()
        .zip(newest.last())
        .and_then(|(first, last)| Some((first.number()?, last.number()?)));
    let count = points.len();
    let mut chart = Trend::new(name, unit, points);
    if let Some((first, last)) = first_and_last {
        let words = match count {
            1 => format!("1 result, {} {unit}", last.shown()),
            many => format!(
                "{many} results, from {} to {} {unit}",
                first.shown(),
                last.shown()
            ),
        };
        chart = chart.description(words.trim().to_owned());
    }
    if let Some(band) = newest.last().and_then(|latest| band(rules, latest)) {
        chart = chart.band(band);
    }
    let thresholds = judgement
        .map(|it| thresholds(rules.aki, it, unit))
        .unwrap_or_default();
    if thresholds.is_empty() {
        chart.into()
    } else {
        chart.thresholds(thresholds).into()
    }
}

fn point(rules: &Rules<'_>, result: &LabResult) -> Option<Point> {
    let (number, (taken, _)) = (result.number()?, result.taken.as_ref()?);
    let mut point =
        Point::new(taken.as_str(), number.text.as_str()).resource(result.reference.as_str());
    if let Some(comparator) = number.comparator {
        point = point.comparator(comparator);
    }
    Some(match flag_of(rules, result) {
        Some(interpretation) => point.interpretation(interpretation),
        None => point,
    })
}

fn band(rules: &Rules<'_>, latest: &LabResult) -> Option<Band> {
    let number = latest.number()?;
    let is_decimal = |text: &&String| Decimal::parse(text).is_some();
    let (low, high, whose) = match &latest.range {
        Some(own)
            if own.unit.is_empty() || own.unit == number.unit || own.unit == number.unit_code =>
        {
            (
                own.low.clone(),
                own.high.clone(),
                "as the laboratory gave it".to_owned(),
            )
        }
        Some(_) => return None,
        None => {
            let test = rules
                .catalogue
                .tests
                .get(rules.catalogue.place_of(latest)?)?;
            let listed = test.range_for(number, rules.person, &latest.taken.as_ref()?.0)?;
            (
                listed.low.clone(),
                listed.high.clone(),
                format!("{}, unverified", listed.population),
            )
        }
    };
    let (low, high) = (
        low.filter(|it| is_decimal(&it)),
        high.filter(|it| is_decimal(&it)),
    );
    let ends = match (&low, &high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("up to {high}"),
        (None, None) => return None,
    };
    let mut band = Band::new(format!("Reference {ends}, {whose}"));
    if let Some(low) = low {
        band = band.low(low);
    }
    Some(high.map_or(band.clone(), |high| band.high(high)))
}

/// At which concentration each stage begins against the baseline, in the unit of the chart.
fn thresholds(aki: &AkiPack, judgement: &Judgement, unit: &str) -> Vec<Threshold> {
    let baseline = judgement.answer.as_ref().ok().and_then(|it| it.baseline);
    let (Some(baseline), Some(factor)) = (baseline, aki.umol_l_in(unit)) else {
        return vec![];
    };
    let places = if factor == Decimal::from(1) { 0 } else { 2 };
    let level = |(number, ratio): (u32, Decimal)| {
        let at = baseline
            .umol_l
            .times(ratio)?
            .over(factor)?
            .with_places(places);
        Some(Threshold::new(at.as_str(), format!("AKI {number}, {at}")))
    };
    [(1, aki.ratio_1), (2, aki.ratio_2), (3, aki.ratio_3)]
        .into_iter()
        .filter_map(level)
        .collect()
}
