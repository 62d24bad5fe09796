//! What a device's result brings about: the task by which somebody decides about it, with each condition that does not hold.
//!
//! Invariant: a result of a device has one such task, however often it is told of.

use sdk::moment::Moment;
use sdk::{Action, Call, Event, Failure, Level, Proposal, Value};

use crate::authorise::AUTHORISE;
use crate::entry::filed::{DEVICE_RESULT, task_of};
use crate::entry::{By, Entered, Origin};
use crate::quantity::exact;
use crate::reports::SYSTEM;
use crate::result::{LabResult, text};

/// Whether an event is that a device's result was filed, about which nobody decided yet.
pub(crate) fn is_held(event: &Event) -> bool {
    let categories = event.resource.get("category").and_then(Value::as_array);
    let codings = categories.into_iter().flatten();
    let mut codings = codings.filter_map(|it| it.pointer("/coding/0"));
    let is_of_device = codings
        .any(|it| text(it, "/system") == Some(SYSTEM) && text(it, "/code") == Some(DEVICE_RESULT));
    let is_new = event.action == Action::Create;
    is_new && is_of_device && text(&event.resource, "/status") == Some("preliminary")
}

/// Proposes the task.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn react(call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
    let by = By::read(call)?;
    let results = LabResult::read(&event.resource);
    let Some(result) = results.first() else {
        return Ok(Proposal::none());
    };
    let query = format!(
        "Task?code={SYSTEM}|{AUTHORISE}&focus={}&_count=1",
        result.reference
    );
    if !call.chart.search(&query)?.resources.is_empty() {
        return Ok(Proposal::none());
    }
    let mut tests = by.laboratory.tests.iter();
    let test = tests.find(|it| result.codings.contains(&it.code));
    let typed = result.number().map_or("", |it| it.text.as_str());
    let read = test.and_then(|test| Some((test, exact(result, &test.units).ok()?)));
    let issued = text(&event.resource, "/issued").and_then(Moment::parse);
    let (Some((test, value)), Some(measured)) = (read, issued) else {
        let note = "a device's result is of no test of the laboratory, or is no number in its unit: it waits without a task";
        call.journal.note(Level::Error, note);
        return Ok(Proposal::none());
    };
    let number = text(&event.resource, "/identifier/0/value");
    let entered = Entered {
        origin: Origin {
            specimen: None,
            accession: number.unwrap_or("without a number").to_owned(),
            collected: result.taken.as_ref().map(|(taken, _)| taken.clone()),
            request: None,
        },
        test,
        value: (typed, value),
        measured_ms: measured.epoch_ms,
        // The message said nothing of these, and nothing said is not "none".
        flags: None,
        interference: None,
        controls: vec![],
        controls_typed: None,
    };
    let task = task_of(call, &by, &entered, &result.reference)?;
    Ok(Proposal::new("A device's result is held for a person.").create(task))
}
