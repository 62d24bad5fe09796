//! What each screen does, how values are written, and what the rules do not do.
//!
//! Invariant: what the packs say is read from them, so the help never differs from the rules.

use sdk::screen::{Link, List, Node, Paragraph, Section, Words};
use sdk::{Call, Failure, Screen};

use crate::acuity::{AcuityPack, Low};
use crate::follow_up::FollowUpPack;
use crate::notes::unverified;
use crate::pack;

/// Draws the help.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let acuity = AcuityPack::read(&call.packs.get("acuity")?)?;
    let follow_up = FollowUpPack::read(&call.packs.get("glaucoma")?)?;
    let mut parts = Vec::new();
    for (name, title) in crate::PACKS {
        parts.push((title, pack::unverified(&call.packs.get(name)?)?));
    }
    let parts: Vec<_> = parts.iter().map(|(title, parts)| (*title, parts)).collect();
    let written = vec![
        format!("Snellen in metres, 6/9; letters missed as 6/9-2. Distances: {} m. Feet are refused.", acuity.distances.join(", ")),
        "logMAR as 0.18, ETDRS letters as whole letters; say whether the score allows for the distance.".to_owned(),
        format!("Low vision as {}. These are an order: they are never averaged or drawn as numbers.", Low::ALL.map(|low| format!("{} ({})", low.code(), low.words().to_lowercase())).join(", ")),
        "Pressure in mmHg. A sphere or cylinder with its sign. An axis from 1 to 180.".to_owned(),
    ];
    let again = follow_up
        .risks
        .iter()
        .map(|it| format!("{}: after {}", it.label, it.words()));
    let not = [
        "Cataract risk is the 2009 model. A question without an answer gives a range and no number.",
        "SRK/T gives no power after refractive surgery or with ectasia, nor while that is not known.",
        "A grade of retinopathy needs every sign of the higher grades to have been looked for.",
        "No pressure is corrected by corneal thickness. No screen decides the risk of glaucoma.",
    ];
    let links = [
        ("Record a visit", "visit"),
        ("Drawings", "drawing"),
        ("Diabetic retinopathy", "retinopathy"),
        ("Biometry", "biometry"),
        ("Cataract risk", "cataract"),
        ("Glaucoma follow-up", "glaucoma"),
        ("Both eyes over time", "trends"),
    ];
    let section = |heading: &str, items: Vec<Words>| {
        Node::from(Section::new().heading(heading).child(List::new(items)))
    };
    Ok(Screen::new(
        Section::new()
            .child(Paragraph::new("The right eye is always on the left of the screen. What is filed for an eye is filed for that eye alone."))
            .child(section("How values are written", written.into_iter().map(Words::from).collect()))
            .child(section("When glaucoma is seen again", again.map(Words::from).collect()))
            .child(section("What the rules do not do", not.map(Words::from).to_vec()))
            .child(Section::new().heading("Screens").children(links.map(|(text, screen)| Link::new(text, screen))))
            .children(unverified(&parts)),
    ))
}
