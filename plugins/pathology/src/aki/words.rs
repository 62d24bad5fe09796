//! What the AKI rule answered, in words with its numbers.
//!
//! Invariant: a number is never rounded across a threshold, so the words never contradict the stage beside them.

use crate::aki::pack::AkiPack;
use crate::aki::{Assessment, Baseline, Because, Flag, Refusal, Rule, Stage, Undecided, Verdict};
use sdk::decimal::Decimal;

/// `AKI stage 2`, or `AKI stage 2 or 3` when what is missing could make it so.
pub(crate) fn stage_text(stage: Stage, undecided: Option<Undecided>) -> String {
    let number = stage.number();
    match undecided {
        Some(_) => format!("AKI stage {number} or 3"),
        None => format!("AKI stage {number}"),
    }
}

/// With two places: rounded, or cut where rounding would reach a threshold that the ratio does not.
pub(crate) fn ratio_text(pack: &AkiPack, ratio: Decimal) -> String {
    let rounded = ratio.rounded(2);
    let crosses = [pack.ratio_1, pack.ratio_2, pack.ratio_3]
        .iter()
        .any(|limit| ratio < *limit && rounded >= *limit);
    if crosses {
        ratio.cut(2).with_places(2)
    } else {
        rounded.with_places(2)
    }
}

/// µmol/L, with as many digits as are worth reading.
pub(crate) fn umol_l_text(value: Decimal) -> String {
    value.rounded(2).to_string()
}

/// How the baseline was found: `the median of 3 results, 8 to 365 days before`.
pub(crate) fn baseline_text(pack: &AkiPack, baseline: Baseline) -> String {
    let results = match baseline.results {
        1 => "1 result".to_owned(),
        many => format!("{many} results"),
    };
    match baseline.rule {
        Rule::Lowest => format!(
            "the lowest of {results} in the {} days before",
            pack.lowest_days
        ),
        Rule::Median => format!(
            "the median of {results}, {} to {} days before",
            pack.lowest_days + 1,
            pack.median_days
        ),
    }
}

/// Why the stage is what it is, in one sentence with every number: `300 µmol/L is 2.88 times the baseline of …`.
pub(crate) fn reason(pack: &AkiPack, current: Decimal, it: &Assessment) -> String {
    let mut said = format!("{} µmol/L", umol_l_text(current));
    if let (Some(ratio), Some(baseline)) = (it.ratio, it.baseline) {
        let (ratio, value) = (ratio_text(pack, ratio), umol_l_text(baseline.umol_l));
        said = format!(
            "{said} is {ratio} times the baseline of {value}, {}",
            baseline_text(pack, baseline)
        );
    }
    let more = match (it.verdict, it.lowest_recent) {
        (Verdict::Alert(_, Because::Difference), Some(lowest)) => {
            let rise = umol_l_text(current.minus(lowest));
            format!(
                "; it rose by {rise} from {} within {} hours",
                umol_l_text(lowest),
                pack.difference_hours
            )
        }
        (Verdict::Alert(_, Because::Concentration), _) => {
            "; the concentration by itself makes it stage 3".to_owned()
        }
        (Verdict::NoEarlier(flag), _) => format!(". {}", no_earlier_text(pack, flag)),
        (Verdict::Alert(..) | Verdict::NoAlert, _) => String::new(),
    };
    format!(
        "{said}{more}.{}",
        it.undecided.map(undecided_text).unwrap_or_default()
    )
}

fn undecided_text(undecided: Undecided) -> &'static str {
    match undecided {
        Undecided::Age => " It could be stage 3: the date of birth is not known.",
        Undecided::UpperLimit => {
            " It could be stage 3: the upper reference limit for this child is not known."
        }
    }
}

/// Where a result without an earlier one stands.
pub(crate) fn no_earlier_text(pack: &AkiPack, flag: Flag) -> String {
    let days = pack.median_days;
    let stands = match flag {
        Flag::Low => "Low against the reference interval",
        Flag::InRange => "Within the reference interval",
        Flag::High => {
            "High against the reference interval: acute or chronic kidney disease cannot be told apart"
        }
        Flag::NotKnown => "The reference interval is not known, so this result could not be judged",
    };
    format!("No creatinine in the {days} days before. {stands}")
}

/// Why the rule did not answer.
pub(crate) fn refusal_text(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotAboveZero => "creatinine must be above 0",
    }
}
