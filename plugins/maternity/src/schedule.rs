//! The contacts and scans that are offered in a pregnancy, and which were done.
//!
//! Invariant: done means that a contact of its kind lies in its window; what is not dated has no schedule.

use sdk::moment::Day;
use sdk::pack::Part as Pack;
use sdk::screen::{EmptyState, Section, Step, StepState, TaskSteps};
use sdk::{Call, Failure, Parameters, Screen};

use crate::dating::Edd;
use crate::facts;
use crate::pregnancy;
use crate::sheet::{dating_pack, no_pregnancy, today, unverified};

struct Item {
    label: String,
    days: [i64; 2],
    done_by: Vec<String>,
    is_first_only: bool,
}

/// Draws it.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let (dating, today) = (dating_pack(call)?, today(call)?);
    let document = call.packs.get("schedule")?;
    let pack = Pack::of("schedule", &document);
    let items = pack.each("/items", |it| {
        Ok(Item {
            label: it.text("/label")?,
            days: [it.whole("/from_days")?, it.whole("/to_days")?],
            done_by: it.texts("/done_by")?,
            is_first_only: it.has("/only"),
        })
    })?;
    let Some(edd) = pregnancy.edd else {
        let words = "There is no expected date yet: record a last period or a dating scan.";
        let empty = EmptyState::new("Not dated", words);
        return Ok(Screen::new(Section::new().child(empty)));
    };
    let all = facts::all(call, &["booking", "dating", "visit", "scan", "birth"])?;
    let booking = facts::of(&all, &pregnancy.reference, "booking")
        .last()
        .copied();
    let parity = booking.and_then(|it| it.whole("parity"));
    let done: Vec<_> = all
        .iter()
        .filter(|it| it.pregnancy == pregnancy.reference)
        .filter_map(|it| {
            let at = edd.gestation(&dating, Day::of(&it.when)?);
            Some((it.kind.as_str(), at.0))
        })
        .collect();
    let far = edd.gestation(&dating, today).0;
    let at_birth = pregnancy.born.map(|on| edd.gestation(&dating, on).0);
    let steps = items.iter().map(|item| {
        let state = match (item.is_first_only, parity) {
            (true, Some(1..)) => StepState::NotNeeded,
            (_, _) if at_birth.is_some_and(|at| item.days[0] > at) => StepState::NotNeeded,
            (_, _) => state(item, &done, far),
        };
        let note = match (item.is_first_only, parity) {
            (true, None) => "For a first baby; births before are not recorded",
            (_, _) => "",
        };
        step(item, state, note, edd, dating.term_days)
    });
    let steps: Vec<_> = steps.collect();
    let root = Section::new().child(TaskSteps::new(pack.text("/source")?, steps));
    let root = unverified(root, "Schedule", &pack.texts("/unverified")?);
    Ok(Screen::new(unverified(root, "Dating", &dating.unverified)))
}

fn state(item: &Item, done: &[(&str, i64)], far: i64) -> StepState {
    let [from, to] = item.days;
    let is_done = done.iter().any(|(kind, at)| {
        let is_of_kind = item.done_by.iter().any(|it| it == kind);
        is_of_kind && (*kind == "booking" || *kind == "dating" || (from..=to).contains(at))
    });
    match () {
        () if is_done => StepState::Done,
        () if far > to => StepState::Overdue,
        () if far >= from => StepState::Current,
        () => StepState::ToDo,
    }
}

fn step(item: &Item, state: StepState, note: &str, edd: Edd, term_days: i64) -> Step {
    let due = edd.day.plus(item.days[1] - term_days);
    let screen = item.done_by.first().map(|kind| match kind.as_str() {
        "booking" => "contacts",
        "dating" => "dating",
        "scan" => "growth",
        _ => "visit",
    });
    let step = Step::new(item.label.as_str(), state);
    let step = match due {
        Some(due) => step.due(due.to_string()),
        None => step,
    };
    let step = match (state, screen) {
        (StepState::Current | StepState::Overdue, Some(screen)) => {
            step.link(screen, &Parameters::default())
        }
        (_, _) => step,
    };
    if note.is_empty() {
        step
    } else {
        step.note(note)
    }
}
