//! Biometry of each eye, and the lenses that SRK/T offers for it.
//!
//! Invariant: the table of an eye is of that eye's newest biometry; what cannot be calculated says why in place of a table.

mod entry;

use sdk::pack::Part;
use sdk::screen::{
    Absent, Alert, AlertLevel, Card, Columns, EmptyState, Fact, Node, Section, SummaryList,
    SummaryRow, Table, TableColumn, TableRow, Tone,
};
use sdk::{Call, Failure, Form, Outcome, Screen};

use crate::bounds::Bounds;
use crate::examination::{Examination, Examinations, Kind, read};
use crate::eye::Eye;
use crate::keratometry::{Cornea, CorneaPack, KeratometryInput, Measure, keratometry};
use crate::notes::{left_out, unverified};
use crate::pack::in_force;
use crate::refusal::Refusal;
use crate::srk_t::{LensInput, LensPack, LensPower, srk_t};
use crate::typed::{plain_number, typed};

/// What the pack `biometry` says.
pub(crate) struct Packs {
    cornea: CorneaPack,
    lens: LensPack,
    /// What the power of a lens in an eye can be.
    pub(crate) lens_power: Bounds,
    /// From which difference on two eyes are said to differ: mm, dioptres.
    differ: (f64, f64),
    /// What nobody compared with its source.
    pub(crate) unverified: Vec<String>,
}

impl Packs {
    /// Reads the pack.
    ///
    /// # Errors
    /// `fault` with the path of the part that is missing or not of its kind.
    fn of(pack: Part<'_>) -> Result<Self, Failure> {
        Ok(Self {
            cornea: CorneaPack::read(pack)?,
            lens: LensPack::read(pack)?,
            lens_power: Bounds::read(pack, "/lens_power")?,
            differ: (
                pack.number("/eyes_differ/axial_length_mm")?,
                pack.number("/eyes_differ/mean_power_d")?,
            ),
            unverified: pack.unverified()?,
        })
    }

    /// The pack in force.
    ///
    /// # Errors
    /// Any failure of the packs.
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Failure> {
        in_force(call, "biometry", Self::of)
    }
}

/// A biometry as it was typed or recorded, calculated.
struct Calculated {
    cornea: Cornea,
    axial_length_mm: f64,
    lenses: Result<LensPower, Refusal>,
}

/// Draws both eyes with their lenses, and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let packs = Packs::read(call)?;
    let biometries = read(call, Kind::Biometry)?;
    let cards = Eye::BOTH.map(|eye| card(&packs, &biometries, eye));
    Ok(Screen::new(
        Section::new()
            .children(left_out(&[&biometries]))
            .children(differences(&packs, &biometries))
            .child(Columns::new().children(cards))
            .child(entry::form())
            .children(unverified(&[("Biometry", &packs.unverified)])),
    ))
}

/// Answers the form of one eye.
///
/// # Errors
/// As the form says.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    entry::submit(call, action, form)
}

fn card(packs: &Packs, biometries: &Examinations, eye: Eye) -> Node {
    let card = Card::new().heading(format!("{} eye", eye.title()));
    let Some(newest) = biometries.newest(eye) else {
        let text = format!("No biometry of the {} eye is in the record.", eye.word());
        return card.child(EmptyState::new("Not measured", text)).into();
    };
    let text = |code: &str| match newest.part_words(code) {
        Some(words) => Fact::text(words),
        None => Fact::absent(Absent::NotRecorded),
    };
    let mut rows = vec![
        SummaryRow::new("Measured", Fact::date(newest.when.as_str())),
        SummaryRow::new("Axial length", newest.fact("axial-length", "mm")),
        SummaryRow::new("Keratometry, one meridian", text("keratometry-one")),
        SummaryRow::new("Keratometry, the other", text("keratometry-other")),
        SummaryRow::new("Lens", text("lens")),
        SummaryRow::new("A-constant", newest.fact("a-constant", "")),
        SummaryRow::new("Target", newest.fact("target", "D")),
        SummaryRow::new("Refractive surgery or ectasia", text("altered-cornea")),
    ];
    let calculated = calculated(packs, newest);
    if let Ok(it) = &calculated {
        let (flat, steep) = it.cornea.powers_d();
        let words = format!(
            "{flat:.2} D flat, {steep:.2} D steep, cylinder {:.2} D",
            it.cornea.cylinder_d()
        );
        rows.push(SummaryRow::new("Cornea", Fact::text(words)));
    }
    let card = card.child(SummaryList::new(rows));
    match calculated.and_then(|it| it.lenses) {
        Ok(power) => card.child(table(eye, &power)).into(),
        Err(refusal) => {
            let text = format!("Cannot be calculated: {}.", refusal.words());
            card.child(Alert::new(AlertLevel::Warning, "No lens power", text))
                .into()
        }
    }
}

fn calculated(packs: &Packs, it: &Examination) -> Result<Calculated, Refusal> {
    let number = |code: &'static str, what: &'static str| {
        typed(what, it.part(code).ok_or(Refusal::NotRecorded(what))?, &[]).map(|it| it.value)
    };
    let cornea = keratometry(
        &packs.cornea,
        &KeratometryInput {
            measure: Measure::of(it.part("keratometry-unit"))?,
            one: it.part("keratometry-one"),
            other: it.part("keratometry-other"),
        },
    )?;
    let axial_length_mm = number("axial-length", "the axial length")?;
    let input = LensInput {
        axial_length_mm,
        radius_mm: cornea.radius_mm(),
        a_constant: number("a-constant", "the A-constant")?,
        target_d: number("target", "the target refraction")?,
        is_altered_cornea: yes_or_no(it.part("altered-cornea")),
    };
    Ok(Calculated {
        cornea,
        axial_length_mm,
        lenses: srk_t(&packs.lens, &input),
    })
}

/// The lenses that the formula offers for a biometry.
///
/// # Errors
/// What the formula refuses, or what is missing for it.
pub(crate) fn lenses(packs: &Packs, it: &Examination) -> Result<LensPower, Refusal> {
    calculated(packs, it)?.lenses
}

fn yes_or_no(text: Option<&str>) -> Option<bool> {
    match text {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        Some(_) | None => None,
    }
}

fn table(eye: Eye, power: &LensPower) -> Table {
    let columns = vec![
        TableColumn::new("power", "Lens, D").of_numbers(),
        TableColumn::new("predicted", "Predicted refraction, D").of_numbers(),
        TableColumn::new("note", "Note"),
    ];
    let rows = power.lenses.iter().enumerate().map(|(n, lens)| {
        let is_nearest = n == power.nearest;
        let note = if is_nearest {
            Fact::tag("Nearest to the target", Tone::Information)
        } else {
            Fact::text("")
        };
        TableRow::new(vec![
            Fact::text(format!("{:+.1}", lens.power_d)),
            Fact::text(signed(lens.predicted_d)),
            note,
        ])
    });
    let caption = format!(
        "{} eye, SRK/T: {:.2} D for emmetropia, {:.2} D for the target",
        eye.title(),
        power.emmetropia_d,
        power.for_target_d
    );
    Table::new(caption, columns, rows.collect::<Vec<_>>())
}

/// With its sign; nothing has none.
pub(crate) fn signed(value: f64) -> String {
    let text = format!("{value:+.2}");
    if text == "-0.00" || text == "+0.00" {
        "0.00".to_owned()
    } else {
        text
    }
}

/// Digits of the record with their sign: `+21.0`, `-2.0`, `0.0`.
pub(crate) fn with_sign(digits: &str) -> String {
    let is_above = plain_number(digits).is_some_and(|it| it > 0.0);
    if is_above {
        format!("+{digits}")
    } else {
        digits.to_owned()
    }
}

/// Two eyes that differ more than eyes do are measured again.
pub(crate) fn differences(packs: &Packs, biometries: &Examinations) -> Option<Node> {
    let of = |eye: Eye| calculated(packs, biometries.newest(eye)?).ok();
    let (right, left) = (of(Eye::Right)?, of(Eye::Left)?);
    let length = (right.axial_length_mm - left.axial_length_mm).abs();
    let mean = |it: &Calculated| {
        let (flat, steep) = it.cornea.powers_d();
        f64::midpoint(flat, steep)
    };
    let power = (mean(&right) - mean(&left)).abs();
    let mut said = Vec::new();
    if length > packs.differ.0 {
        said.push(format!(
            "Axial lengths differ by {length:.2} mm, more than {:.2}.",
            packs.differ.0
        ));
    }
    if power > packs.differ.1 {
        said.push(format!(
            "Corneal powers differ by {power:.2} D, more than {:.2}.",
            packs.differ.1
        ));
    }
    if said.is_empty() {
        return None;
    }
    said.push("Measure both eyes again, and check side and person.".to_owned());
    Some(Alert::new(AlertLevel::Warning, "The two eyes differ", said.join(" ")).into())
}
