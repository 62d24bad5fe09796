//! Which reference range holds for a result, and where the result stands against it.
//!
//! Invariant: the laboratory's own range wins; one of the catalogue is marked unverified wherever it is shown.

use sdk::screen::{Interpretation, Range};

use crate::assessment::Rules;
use crate::flag::{Ends, flag};
use crate::result::{LabResult, Number};
use sdk::decimal::Decimal;

/// The range as it is shown, and whether it is the laboratory's own.
pub(crate) fn range_of(rules: &Rules<'_>, result: &LabResult) -> Option<(Range, bool)> {
    let is_decimal = |text: &&String| Decimal::parse(text).is_some();
    if let Some(own) = &result.range {
        let mut range = Range::new();
        if let Some(low) = own.low.as_ref().filter(is_decimal) {
            range = range.low(low.as_str());
        }
        if let Some(high) = own.high.as_ref().filter(is_decimal) {
            range = range.high(high.as_str());
        }
        if !own.unit.is_empty() {
            range = range.unit(own.unit.as_str());
        }
        if let Some(text) = &own.text {
            range = range.text(text.as_str());
        }
        return Some((range, true));
    }
    let (number, taken) = (result.number()?, &result.taken.as_ref()?.0);
    let test = rules
        .catalogue
        .tests
        .get(rules.catalogue.place_of(result)?)?;
    let listed = test.range_for(number, rules.person, taken)?;
    let mut range = Range::new()
        .population(format!("{}, unverified", listed.population))
        .unit(number.unit.as_str());
    if let Some(low) = &listed.low {
        range = range.low(low.as_str());
    }
    if let Some(high) = &listed.high {
        range = range.high(high.as_str());
    }
    Some((range, false))
}

/// Where a result stands, by what its laboratory said, by the range that came with it, or by the catalogue's.
pub(crate) fn flag_of(rules: &Rules<'_>, result: &LabResult) -> Option<Interpretation> {
    let Some(number) = result.number() else {
        return result.interpretation;
    };
    flag(
        result.interpretation,
        number,
        ends_of(rules, result, number),
    )
}

fn ends_of(rules: &Rules<'_>, result: &LabResult, number: &Number) -> Ends {
    let ends = |low: &Option<String>, high: &Option<String>| Ends {
        low: low.as_deref().and_then(Decimal::parse),
        high: high.as_deref().and_then(Decimal::parse),
    };
    if let Some(own) = &result.range {
        let same_unit =
            own.unit.is_empty() || own.unit == number.unit || own.unit == number.unit_code;
        return if same_unit {
            ends(&own.low, &own.high)
        } else {
            Ends::default()
        };
    }
    let taken = result.taken.as_ref().map_or("", |(text, _)| text.as_str());
    let test = rules
        .catalogue
        .place_of(result)
        .and_then(|place| rules.catalogue.tests.get(place));
    let listed = test.and_then(|test| test.range_for(number, rules.person, taken));
    listed
        .map(|range| ends(&range.low, &range.high))
        .unwrap_or_default()
}

/// Whether a flag is one to look at.
pub(crate) fn is_abnormal(flag: Option<Interpretation>) -> bool {
    match flag {
        None | Some(Interpretation::Normal) => false,
        Some(
            Interpretation::Low
            | Interpretation::High
            | Interpretation::CriticalLow
            | Interpretation::CriticalHigh
            | Interpretation::Abnormal,
        ) => true,
    }
}
