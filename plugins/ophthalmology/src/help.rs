//! What the departmental does and does not, how values are written, what is unverified, and whom to ask.
//!
//! Invariant: what the packs say is read from them, so the help never differs from the rules.

use sdk::screen::{List, Node, Paragraph, Section, Words};
use sdk::{Call, Failure, Screen};

use crate::acuity::{AcuityPack, Low};
use crate::follow_up::FollowUpPack;
use crate::notes::unverified;
use crate::pack::{self, in_force};

/// What each screen is for.
const SCREENS: [&str; 8] = [
    "Both eyes over time: pressures and acuities of each eye as lines, and every acuity in every scale.",
    "Record a visit: acuity, pressure, corneal thickness and refraction of both eyes on one form.",
    "Drawings of the eyes: the front and the fundus of each eye, with a mark for each finding.",
    "Diabetic retinopathy: signs that were looked for, a suggested grade, and its confirmation.",
    "Biometry and lens power: measurements of each eye, and the lenses that SRK/T offers for them.",
    "Cataract risk: what is answered for each eye, and the risk of a torn capsule that follows.",
    "Cataract pathway: listed, measured, lens chosen and checked, operated on, refracted afterwards.",
    "Glaucoma follow-up: risk and target of each eye, and when it is seen again.",
];
/// What it does not do.
const NOT: [&str; 9] = [
    "Cataract risk is the 2009 model. A question without an answer gives a range and no number.",
    "SRK/T gives no power after refractive surgery or with ectasia, nor while that is not known.",
    "Nobody here can see whether the second person who checks a lens is another one: the record keeps who it was.",
    "A grade of retinopathy needs every sign of the higher grades to have been looked for.",
    "No pressure is corrected by corneal thickness. No screen decides the risk of glaucoma.",
    "Near acuity, acuity with both eyes open, and pressures through a day as one series are not recorded here.",
    "Images, visual fields, injections, laser and consent are not recorded here.",
    "Devices do not file by themselves: what a biometer or tonometer measured is typed, and its identity is to be checked there.",
    "Nothing here replaces the telephone for an emergency of the eye.",
];

/// Draws the help.
///
/// # Errors
/// Any failure of the packs or the settings.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let acuity = in_force(call, "acuity", AcuityPack::read)?;
    let follow_up = in_force(call, "glaucoma", FollowUpPack::read)?;
    let mut parts = Vec::new();
    for (name, title) in crate::PACKS {
        parts.push((title, pack::unverified(call, name)?));
    }
    let parts: Vec<_> = parts.iter().map(|(title, parts)| (*title, parts)).collect();
    let again = follow_up
        .risks
        .iter()
        .map(|it| format!("{}: after {}", it.label, it.words()));
    let contact = call.setting("help-contact")?;
    let contact = contact.as_str().map(str::trim).filter(|it| !it.is_empty());
    let contact = contact.unwrap_or(
        "This site has named nobody. Ask the trust's administrator, who can name somebody in the settings of ophthalmology.",
    );
    let section = |heading: &str, items: Vec<Words>| {
        Node::from(Section::new().heading(heading).child(List::new(items)))
    };
    Ok(Screen::new(
        Section::new()
            .child(Paragraph::new("The right eye is always on the left of the screen. What is filed for an eye is filed for that eye alone."))
            .child(section("What each screen does", SCREENS.map(Words::from).to_vec()))
            .child(section("How values are written", written(&acuity)))
            .child(section("When glaucoma is seen again", again.map(Words::from).collect()))
            .child(section("What is not done here", NOT.map(Words::from).to_vec()))
            .child(Section::new().heading("Whom to ask").child(Paragraph::new(contact)))
            .children(unverified(&parts)),
    ))
}

fn written(acuity: &AcuityPack) -> Vec<Words> {
    let low = Low::ALL.map(|low| format!("{} ({})", low.code(), low.words().to_lowercase()));
    let all = [
        format!("Snellen in metres, 6/9; letters missed as 6/9-2. Distances: {} m. Feet are refused.", acuity.distances.join(", ")),
        "logMAR as 0.18, ETDRS letters as whole letters; say whether the score allows for the distance.".to_owned(),
        format!("Low vision as {}. These are an order: they are never averaged or drawn as numbers.", low.join(", ")),
        "Pressure in mmHg. A sphere, a cylinder or the power of a lens with its sign. An axis from 1 to 180.".to_owned(),
    ];
    all.map(Words::from).to_vec()
}
