//! Rows of the cumulative grid that this record works out itself: estimated filtration rate and adjusted calcium.
//!
//! Invariant: a calculated row says that it is one; a cell that cannot be calculated says why; what a laboratory reported of
//! the same thing at the same time is not calculated over.

use std::collections::BTreeMap;

use sdk::screen::{Absent, Details, GridCell, GridRow, List, Node, Range, Words};
use sdk::{Call, Failure, Value};

use crate::adjusted_calcium::{self, CalciumInput, CalciumPack, adjusted_calcium};
use crate::assessment::{Rules, Series};
use crate::catalogue::Test;
use crate::egfr::{self, EgfrInput, EgfrPack, Injury, Sex, egfr};
use crate::flag::{Ends, flag};
use crate::quantity::exact;
use crate::result::{LabResult, Number, line};
use sdk::decimal::Decimal;

/// Unit of the filtration rate, as it is read.
const RATE_UNIT: &str = "mL/min/1.73 m²";

/// What the calculations go by.
#[derive(Debug, Clone)]
pub(crate) struct Calculations {
    egfr: Option<EgfrPack>,
    calcium: Option<CalciumPack>,
}

/// Results by test of the catalogue and time of collection.
#[derive(Debug, Default)]
pub(crate) struct Peers<'a>(BTreeMap<&'a str, BTreeMap<i64, Vec<&'a LabResult>>>);

/// A calculated row, and whether a range of the catalogue is shown with it.
pub(crate) struct Calculated {
    /// The row.
    pub(crate) row: GridRow,
    /// How it was worked out.
    pub(crate) how: String,
    /// What of that nobody compared with its source.
    pub(crate) unverified: Vec<String>,
    /// Whether a range of the catalogue was used.
    pub(crate) has_catalogue_range: bool,
}

impl Calculations {
    /// Reads the packs that are in force.
    ///
    /// # Errors
    /// Any failure of the packs but that one is not in force.
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Failure> {
        let egfr = in_force(call, "egfr")?;
        let calcium = in_force(call, "adjusted-calcium")?;
        Ok(Self {
            egfr: egfr.as_ref().map(EgfrPack::read).transpose()?,
            calcium: calcium.as_ref().map(CalciumPack::read).transpose()?,
        })
    }

    /// What is not calculated, since its rules are not in force.
    pub(crate) fn not_in_force(&self) -> Vec<&'static str> {
        let egfr = self.egfr.is_none().then_some("eGFR");
        let calcium = self.calcium.is_none().then_some("Adjusted calcium");
        egfr.into_iter().chain(calcium).collect()
    }

    /// The row to be drawn under the results of a test, each with the id of its column; None where there is nothing to say.
    pub(crate) fn under(
        &self,
        rules: &Rules<'_>,
        series: &Series,
        peers: &Peers<'_>,
        test: &Test,
        cells: &[(&LabResult, String)],
    ) -> Option<Calculated> {
        let egfr = self.egfr.as_ref().filter(|pack| pack.test == test.id);
        if let Some(pack) = egfr {
            return rates(pack, rules, series, peers, cells);
        }
        let calcium = self.calcium.as_ref();
        let calcium = calcium.filter(|pack| pack.calcium == test.id)?;
        calciums(calcium, rules, peers, cells)
    }
}

fn rates(
    pack: &EgfrPack,
    rules: &Rules<'_>,
    series: &Series,
    peers: &Peers<'_>,
    cells: &[(&LabResult, String)],
) -> Option<Calculated> {
    let mine = without_reported(peers, &pack.reported_as, cells);
    let drawn = mine.map(|(result, column)| {
        let judgement = series.judge(rules, result);
        let injury = match judgement.stage() {
            Some(_) => Injury::Alert,
            None => Injury::NoAlert,
        };
        match rate(pack, rules, result, injury) {
            Ok(rate) => {
                let cell = GridCell::value(column.as_str(), format!("{}", rate.round()));
                match judgement.answer {
                    Err(_) => cell.note("AKI not judged: creatinine may not be stable"),
                    Ok(_) => cell,
                }
            }
            Err(why) => cannot(column, result, &why),
        }
    });
    let drawn: Vec<_> = drawn.collect();
    (!drawn.is_empty()).then(|| Calculated {
        row: GridRow::new("eGFR, calculated", drawn).unit(RATE_UNIT),
        how: format!(
            "eGFR, calculated: CKD-EPI 2009 without the term for ethnicity, from creatinine, age and recorded sex; not for an unstable creatinine, pregnancy, dialysis or extremes of muscle mass. Source: {}.",
            pack.source
        ),
        unverified: pack.unverified.clone(),
        has_catalogue_range: false,
    })
}

fn rate(
    pack: &EgfrPack,
    rules: &Rules<'_>,
    result: &LabResult,
    injury: Injury,
) -> Result<f64, String> {
    let taken = result.taken.as_ref().map_or("", |(text, _)| text.as_str());
    let input = EgfrInput {
        age_years: rules.person.age_years(taken),
        sex: Sex::of(rules.person),
        creatinine_umol_l: exact(result, &pack.units)?,
        injury,
    };
    egfr(pack, &input).map_err(egfr::refusal_text)
}

fn calciums(
    pack: &CalciumPack,
    rules: &Rules<'_>,
    peers: &Peers<'_>,
    cells: &[(&LabResult, String)],
) -> Option<Calculated> {
    let unit = pack.calcium_units.first()?;
    let mut shown_range = None;
    let mut sources = Vec::new();
    let mut drawn = Vec::new();
    for (result, column) in without_reported(peers, &pack.reported_as, cells) {
        match adjusted(pack, peers, result) {
            Ok((adjusted, source)) => {
                let number = in_unit(adjusted, pack.places, unit);
                let taken = result.taken.as_ref().map_or("", |(text, _)| text.as_str());
                let test = rules.catalogue.test(&pack.reported_as);
                let range = test.and_then(|test| test.range_for(&number, rules.person, taken));
                let mut cell = GridCell::value(column.as_str(), number.text.as_str());
                if let Some(range) = range {
                    let end = |it: &Option<String>| it.as_deref().and_then(Decimal::parse);
                    let ends = Ends {
                        low: end(&range.low),
                        high: end(&range.high),
                    };
                    if let Some(interpretation) = flag(None, &number, ends) {
                        cell = cell.interpretation(interpretation);
                    }
                    shown_range = Some(range);
                }
                if !sources.contains(&source) {
                    sources.push(source);
                }
                drawn.push(cell);
            }
            Err(why) => drawn.push(cannot(column, result, &why)),
        }
    }
    if drawn.is_empty() {
        return None;
    }
    let mut row = GridRow::new("Adjusted calcium, calculated", drawn).unit(unit.as_str());
    if let Some(listed) = shown_range {
        let mut range = Range::new()
            .population(format!("{}, unverified", listed.population))
            .unit(unit.as_str());
        if let Some(low) = &listed.low {
            range = range.low(low.as_str());
        }
        if let Some(high) = &listed.high {
            range = range.high(high.as_str());
        }
        row = row.range(range);
    }
    Some(Calculated {
        row,
        how: match sources.is_empty() {
            true => {
                "Adjusted calcium, calculated: where it could not be, the cell says why.".to_owned()
            }
            false => format!(
                "Adjusted calcium, calculated: from calcium and albumin of the same time; measure ionised calcium where albumin is far from usual. Source: {}.",
                sources.join("; ")
            ),
        },
        unverified: pack.unverified.clone(),
        has_catalogue_range: shown_range.is_some(),
    })
}

/// Calcium adjusted for the one albumin of its time, and whose regression that was.
fn adjusted(
    pack: &CalciumPack,
    peers: &Peers<'_>,
    result: &LabResult,
) -> Result<(Decimal, String), String> {
    let calcium_mmol_l = exact(result, &pack.calcium_units)?;
    let beside = peers.of(&pack.albumin, result);
    let usable: Vec<_> = beside.iter().filter(|it| it.is_usable()).collect();
    let albumin = match usable[..] {
        [] => return Err("no albumin of the same time".to_owned()),
        [one] => one,
        [..] => return Err("more than one albumin of the same time".to_owned()),
    };
    let albumin_g_l =
        exact(albumin, &pack.albumin_units).map_err(|why| format!("albumin: {why}"))?;
    if albumin.laboratory != result.laboratory {
        return Err("calcium and albumin are of different laboratories".to_owned());
    }
    let regression = pack.regression(result.laboratory.as_deref());
    let regression = regression.ok_or("the laboratory has given no regression")?;
    let input = CalciumInput {
        calcium_mmol_l,
        albumin_g_l,
    };
    let adjusted = adjusted_calcium(regression, &input)
        .map_err(|why| adjusted_calcium::refusal_text(why).to_owned())?;
    Ok((adjusted, regression.source.clone()))
}

impl<'a> Peers<'a> {
    /// Of these results.
    pub(crate) fn new(rules: &Rules<'a>, results: &'a [LabResult]) -> Self {
        let mut peers: BTreeMap<_, BTreeMap<_, Vec<&LabResult>>> = BTreeMap::new();
        for result in results {
            let place = rules.catalogue.place_of(result);
            let test = place.and_then(|place| rules.catalogue.tests.get(place));
            if let (Some(test), Some(at_ms)) = (test, result.taken_ms()) {
                let of_test = peers.entry(test.id.as_str()).or_default();
                of_test.entry(at_ms).or_default().push(result);
            }
        }
        Self(peers)
    }

    /// Those of a test at the time of a result.
    fn of(&self, test: &str, result: &LabResult) -> &[&'a LabResult] {
        let of_test = self.0.get(test).zip(result.taken_ms());
        let found = of_test.and_then(|(times, at_ms)| times.get(&at_ms));
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

/// The cells at whose time no laboratory reported the same thing.
fn without_reported<'c, 'r>(
    peers: &'c Peers<'_>,
    reported_as: &'c str,
    cells: &'c [(&'r LabResult, String)],
) -> impl Iterator<Item = &'c (&'r LabResult, String)> {
    cells.iter().filter(move |(result, _)| {
        let reported = peers.of(reported_as, result);
        !reported.iter().any(|it| it.is_usable())
    })
}

/// No value, and why.
fn cannot(column: &str, result: &LabResult, why: &str) -> GridCell {
    if !result.is_usable() {
        return GridCell::absent(column, Absent::NotApplicable);
    }
    GridCell::absent(column, Absent::Unavailable)
        .note(line(&format!("Cannot be calculated: {why}")))
}

fn in_unit(value: Decimal, places: u32, unit: &str) -> Number {
    let text = value.with_places(places);
    Number {
        decimal: Decimal::parse(&text),
        text,
        comparator: None,
        unit: unit.to_owned(),
        unit_code: unit.to_owned(),
    }
}

/// The document of a pack; None when it is not in force.
fn in_force(call: &Call<'_>, name: &str) -> Result<Option<Value>, Failure> {
    match call.packs.get(name) {
        Ok(pack) => Ok(Some(pack)),
        Err(failure) if failure.code == "not-found" => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// How the calculated rows were worked out.
pub(crate) fn explanation(how: &[String]) -> Option<Node> {
    if how.is_empty() {
        return None;
    }
    let items: Vec<Words> = how.iter().map(|it| it.as_str().into()).collect();
    let title =
        "Rows marked calculated were worked out by this record, not reported by a laboratory";
    Some(Details::new(title).child(List::new(items)).into())
}
