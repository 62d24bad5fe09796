//! A reported number as a rule takes it: in a unit that the rule knows, and exactly known.
//!
//! Invariant: no unit is guessed or converted here; what cannot be taken is refused in words that say why.

use sdk::screen::Comparator;

use crate::result::{LabResult, Number};
use sdk::decimal::Decimal;

/// The number, where it is one, exactly known and in one of these units; else why not.
pub(crate) fn exact(result: &LabResult, units: &[String]) -> Result<Decimal, String> {
    if !result.is_usable() {
        return Err(format!(
            "the status of the result is {}",
            result.status.word()
        ));
    }
    let number = result.number().ok_or("the result is not a number")?;
    exact_number(number, units)
}

fn exact_number(number: &Number, units: &[String]) -> Result<Decimal, String> {
    if let Some(comparator) = number.comparator {
        let side = match comparator {
            Comparator::Less | Comparator::LessOrEqual => "at most",
            Comparator::Greater | Comparator::GreaterOrEqual => "at least",
        };
        return Err(format!(
            "it is only known to be {side} {} {}",
            number.text, number.unit
        ));
    }
    if !number.has_unit(units) {
        let wanted = units.first().map_or("another", String::as_str);
        return Err(match number.unit.as_str() {
            "" => format!("it has no unit, and {wanted} is needed"),
            unit => format!("its unit is {unit}, and {wanted} is needed"),
        });
    }
    // A code that says another unit than the words do is no unit at all.
    let both = !number.unit.is_empty() && !number.unit_code.is_empty();
    let knows = |unit: &String| units.contains(unit);
    if both && !(knows(&number.unit) && knows(&number.unit_code)) {
        return Err(format!(
            "its unit is written {} and coded {}",
            number.unit, number.unit_code
        ));
    }
    let decimal = number.decimal;
    decimal.ok_or_else(|| format!("{} is not a number that a laboratory reports", number.text))
}
