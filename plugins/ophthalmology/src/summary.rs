//! The card on a patient's summary: what somebody of another department must know of each eye, the right eye on the left.
//!
//! Invariant: an eye of which nothing is recorded says so in every row, and nothing here is said otherwise on its own screen.

use sdk::screen::{Fact, Node, Paragraph, Part, Section, Table, TableColumn, TableRow};
use sdk::{Call, Failure, Screen};

use crate::acuity::{Acuity, AcuityPack};
use crate::examination::{Examination, Examinations, Kind, read_newest};
use crate::eye::Eye;
use crate::glaucoma::{due_by, open_tasks};
use crate::notes::{day, unverified};
use crate::pack::{self, in_force};
use crate::pressure::{PressurePack, pressure};
use crate::reading::best_of_last_day;
use crate::target::{against, target};

/// What the card is made of.
struct Newest {
    acuities: Examinations,
    pressures: Examinations,
    grades: Examinations,
    risks: Examinations,
    operations: Examinations,
}

impl Newest {
    fn read(call: &Call<'_>) -> Result<Self, Failure> {
        Ok(Self {
            acuities: read_newest(call, Kind::Acuity)?,
            pressures: read_newest(call, Kind::Pressure)?,
            grades: read_newest(call, Kind::Retinopathy)?,
            risks: read_newest(call, Kind::GlaucomaRisk)?,
            operations: read_newest(call, Kind::CataractOperation)?,
        })
    }

    fn all(&self) -> [&Examinations; 5] {
        [
            &self.acuities,
            &self.pressures,
            &self.grades,
            &self.risks,
            &self.operations,
        ]
    }
}

/// Draws the card.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let acuity = in_force(call, "acuity", AcuityPack::read)?;
    let limits = in_force(call, "pressure", PressurePack::read)?;
    let newest = Newest::read(call)?;
    let root = Section::new();
    let without_side: usize = newest.all().iter().map(|it| it.without_side).sum();
    if newest.all().iter().all(|it| it.all.is_empty()) && without_side == 0 {
        let none = "No examination of the eyes is in the record of any of the region's trusts.";
        let root = root.child(Paragraph::new(none));
        return Ok(Screen::new(root.child(follow_up(call)?)));
    }
    let columns = vec![
        TableColumn::new("what", "Newest"),
        TableColumn::new("right", "Right eye"),
        TableColumn::new("left", "Left eye"),
    ];
    let rows = vec![
        row("Best acuity", |eye| best(&acuity, &newest.acuities, eye)),
        row("Pressure", |eye| mmhg(&limits, &newest, eye)),
        row("Diabetic retinopathy", |eye| grade(&newest.grades, eye)),
        row("Risk of glaucoma", |eye| risk(&newest.risks, eye)),
        row("Cataract surgery", |eye| surgery(&newest.operations, eye)),
    ];
    let (grading, follow_up_days) = (
        pack::unverified(call, "retinopathy")?,
        pack::unverified(call, "glaucoma")?,
    );
    let notes = [
        ("Acuity", &acuity.unverified),
        ("Pressure", &limits.unverified),
        ("Grading", &grading),
        ("Follow-up", &follow_up_days),
    ];
    let aside = (without_side > 0).then(|| {
        Paragraph::new("An examination that names no single eye is shown of neither: its side is to be corrected.")
    });
    Ok(Screen::new(
        root.child(Table::new("Both eyes", columns, rows))
            .children(aside)
            .child(follow_up(call)?)
            .children(unverified(&notes)),
    ))
}

fn row(what: &str, of: impl Fn(Eye) -> String) -> TableRow {
    let [right, left] = Eye::BOTH.map(|eye| Fact::text(of(eye)));
    TableRow::new(vec![Fact::text(what), right, left])
}

/// Why nothing is said of an eye: none there, or none among those that were read.
fn none(read: &Examinations) -> String {
    if read.more {
        "Not among the newest examinations: see Ophthalmology".to_owned()
    } else {
        "Not recorded".to_owned()
    }
}

fn best(pack: &AcuityPack, acuities: &Examinations, eye: Eye) -> String {
    let Some((best, of)) = best_of_last_day(pack, acuities, eye) else {
        return acuities.newest(eye).map_or_else(
            || none(acuities),
            |it| format!("Cannot be read, {}", day(&it.when)),
        );
    };
    let value = match best {
        Acuity::Chart(_) => format!(
            "logMAR {}, Snellen {}",
            best.log_mar_text(),
            best.snellen_text(pack)
        ),
        Acuity::Low(low) => format!("{} ({})", low.words(), low.code()),
    };
    let how = of
        .part_words("method")
        .unwrap_or("how it was read is not recorded");
    format!("{value}, {}, {}", how.to_lowercase(), day(&of.when))
}

fn mmhg(limits: &PressurePack, newest: &Newest, eye: Eye) -> String {
    let Some(it) = newest.pressures.newest(eye) else {
        return none(&newest.pressures);
    };
    let when = day(&it.when);
    let Some(value) = it.part("value") else {
        return format!("Not recorded, {when}");
    };
    let Ok(found) = pressure(limits, value) else {
        return format!("{value}, which is no pressure in mmHg, {when}");
    };
    let mut words = format!("{value} mmHg");
    if found.is_raised {
        words.push_str(", raised");
    }
    let target = newest.risks.newest(eye).and_then(target);
    if let Some((against, (low, high))) = target.and_then(|it| Some((against(value, it)?, it))) {
        words = format!(
            "{words}, {} ({low} to {high})",
            against.words().to_lowercase()
        );
    }
    format!("{words}, {when}")
}

fn grade(grades: &Examinations, eye: Eye) -> String {
    let Some(it) = grades.newest(eye) else {
        return none(grades);
    };
    let of = |code| it.part(code).unwrap_or("not graded");
    let state = if it.status == "preliminary" {
        "suggested, not confirmed"
    } else {
        "confirmed"
    };
    format!(
        "{} {}, {state}, {}",
        of("retina"),
        of("macula"),
        day(&it.when)
    )
}

fn risk(risks: &Examinations, eye: Eye) -> String {
    risks.newest(eye).map_or_else(
        || none(risks),
        |it| {
            let words = it.part_words("risk").unwrap_or("Not recorded");
            format!("{words}, {}", day(&it.when))
        },
    )
}

fn surgery(operations: &Examinations, eye: Eye) -> String {
    let Some(it) = operations.newest(eye) else {
        return none(operations);
    };
    let lens = lens_of(it).unwrap_or_else(|| "which lens is in the eye is not recorded".to_owned());
    format!("{}, {lens}", day(&it.when))
}

/// `lens +21.0 D`, or that there is none, as an operation was recorded.
pub(crate) fn lens_of(operation: &Examination) -> Option<String> {
    match operation.part("implanted") {
        Some("none") => Some("no lens was put in".to_owned()),
        Some(_) => operation
            .part("power")
            .map(|power| format!("lens {} D", crate::biometry::with_sign(power))),
        None => None,
    }
}

fn follow_up(call: &Call<'_>) -> Result<Node, Failure> {
    let tasks = open_tasks(call)?;
    let soonest = tasks.iter().filter_map(due_by).min();
    let now = call.context.now();
    let parts = match (soonest, tasks.is_empty()) {
        (Some(end), _) => {
            let is_late = end.get(..10) < now.get(..10);
            let said = if is_late { " This day is past." } else { "" };
            vec![
                Part::plain("Follow-up of glaucoma: to be seen by "),
                Part::strong(Fact::date(end)),
                Part::plain(format!(".{said}")),
            ]
        }
        (None, false) => vec![Part::plain(
            "A follow-up of glaucoma is open; its day is not recorded.",
        )],
        (None, true) => vec![Part::plain("No open follow-up of glaucoma is recorded.")],
    };
    Ok(Paragraph::new(parts).into())
}
