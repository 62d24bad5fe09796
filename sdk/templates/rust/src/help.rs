//! The help: what the departmental does, what it does not, what of it is unverified, and whom to ask.
//!
//! Invariant: about nobody and without a form; what is unverified is as the pack says it.

use sdk::screen::{Heading, Inset, List, Paragraph, Screen, Section, Words};
use sdk::{Call, Failure};

use crate::pack::Pack;

/// Draws the help.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pack = Pack::of(call)?;
    let from_years = pack.age_from_years;
    let does = [
        "It shows the newest sets of vital signs of a patient, with the National Early Warning Score 2 of each.".to_owned(),
        "It files a set of observations as it was typed, with its score when the set is complete.".to_owned(),
    ];
    let does_not = [
        format!("It does not score anybody under {from_years} years, or whose age is not known."),
        "It does not know whether a patient is pregnant. The score is not for pregnancy.".to_owned(),
        "It gives no total when a parameter is missing or cannot be used. That is said, with the parameter.".to_owned(),
        "It does not replace the judgement of whoever is with the patient.".to_owned(),
    ];
    let mut section = Section::new()
        .child(Heading::new("What it does"))
        .child(List::new(does.map(Words::from).to_vec()))
        .child(Heading::new("What it does not do"))
        .child(List::new(does_not.map(Words::from).to_vec()))
        .child(Heading::new("What it rests on"))
        .child(Paragraph::new(pack.rule.as_str()));
    if !pack.unverified.is_empty() {
        section = section.child(Inset::new(format!(
            "Unverified, compared with its source by nobody answerable yet: {}.",
            pack.unverified.join("; ")
        )));
    }
    let section = section.child(Heading::new("Whom to ask")).child(Paragraph::new(
        "Ask the team that looks after the record at your trust. They reach the supplier, and can stop this departmental at any time.",
    ));
    Ok(Screen::new(section))
}
