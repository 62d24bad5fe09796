//! What every screen of a pregnancy has: its form, its warnings, and its words when there is no open pregnancy.
//!
//! Invariant: what nobody verified is said on every screen that uses it.

use sdk::moment::Day;
use sdk::screen::{
    ActionButton, Details, EmptyState, Form as FormNode, Link, List, Node, Section, WarningCallout,
    Words,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Screen};

use crate::dating::DatingPack;
use crate::field::{Entry, Field, entry, read_all};
use crate::gestation::Gestation;
use crate::pregnancy::{self, Pregnancy};

/// A form of these fields about a pregnancy.
pub(crate) fn form(
    action: &str,
    title: &str,
    fields: &[Field],
    it: Option<&Pregnancy>,
) -> FormNode {
    let mut form = FormNode::new(action).title(title);
    if let Some(it) = it {
        form = form.carries(&it.carried()).seen(&it.seen());
    }
    form.children(fields.iter().map(|it| it.node(None)))
}

/// The button of a form.
pub(crate) fn button(label: &str) -> ActionButton {
    ActionButton::new(label)
}

/// What of a pack nobody compared with its source.
pub(crate) fn unverified(root: Section, what: &str, parts: &[String]) -> Section {
    if parts.is_empty() {
        return root;
    }
    let items: Vec<Words> = parts.iter().map(|it| Words::from(it.as_str())).collect();
    let words = format!("{what}: parts of these rules were not compared with their source.");
    let which = Details::new("Which parts").child(List::new(items));
    root.child(WarningCallout::new("Unverified", words).child(which))
}

/// A day as it is read inside a sentence.
pub(crate) fn read_day(day: Day) -> String {
    let text = day.to_string();
    sdk::moment::words(&text).unwrap_or(text)
}

/// The screen when there is no open pregnancy.
pub(crate) fn no_pregnancy() -> Screen {
    let words = "A closed pregnancy is read only. A booking opens a new one.";
    let empty = EmptyState::new("No open pregnancy", words);
    Screen::new(
        Section::new()
            .child(empty)
            .child(Link::new("Book a pregnancy", "booking")),
    )
}

/// When no pregnancy is open, nothing is written: the finding that says so.
pub(crate) fn none_open() -> Outcome {
    Outcome::findings(&[Finding::about_form(pregnancy::NONE_OPEN)])
}

/// The day of the call.
///
/// # Errors
/// `fault` when the host's moment is none.
pub(crate) fn today(call: &Call<'_>) -> Result<Day, Failure> {
    Day::of(&call.context.now())
        .ok_or_else(|| Failure::fault("the moment of the call cannot be read"))
}

/// The pack by which pregnancies are dated.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn dating_pack(call: &Call<'_>) -> Result<DatingPack, Failure> {
    DatingPack::read(&call.packs.get("dating")?)
}

/// How far a pregnancy is on a day; None while it is not dated.
pub(crate) fn gestation(pack: &DatingPack, it: &Pregnancy, on: Day) -> Option<Gestation> {
    it.edd.map(|edd| edd.gestation(pack, on))
}

/// What was typed into a form about the open pregnancy, or the findings.
pub(crate) enum Typed {
    /// The pregnancy and the facts.
    Facts(Box<Pregnancy>, Vec<Entry>),
    /// What is wrong.
    Wrong(Outcome),
}

/// Reads a form about the open pregnancy.
///
/// # Errors
/// Any failure of the chart; `not-provided` for another action.
pub(crate) fn typed(
    call: &Call<'_>,
    [action, known]: [&str; 2],
    form: &Form,
    fields: &[Field],
) -> Result<Typed, Failure> {
    known_action(action, known)?;
    let pregnancy = match pregnancy::of_form(call, form)? {
        Ok(pregnancy) => pregnancy,
        Err(finding) => return Ok(Typed::Wrong(Outcome::findings(&[finding]))),
    };
    let entries = match read_all(fields, form, &call.context.now()) {
        Ok(entries) => entries,
        Err(findings) => return Ok(Typed::Wrong(Outcome::findings(&findings))),
    };
    if let Some(finding) = too_early(call, &pregnancy, &entries)? {
        return Ok(Typed::Wrong(Outcome::findings(&[finding])));
    }
    Ok(Typed::Facts(Box::new(pregnancy), entries))
}

/// A day so long before the booking that this pregnancy cannot have begun.
fn too_early(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    entries: &[Entry],
) -> Result<Option<Finding>, Failure> {
    let days = dating_pack(call)?.days_before_booking_max();
    let Some(first) = pregnancy.started.and_then(|it| it.plus(-days)) else {
        return Ok(None);
    };
    let is_early = |it: &&Entry| Day::of(it.as_text()).is_some_and(|day| day < first);
    let early = ["on", "at"]
        .into_iter()
        .find_map(|id| entry(entries, id).filter(is_early));
    let what = format!(
        "Give a day of this pregnancy, not before {}.",
        read_day(first)
    );
    Ok(early.map(|it| Finding::on(it.id.as_str(), what)))
}

/// That a form has this action.
///
/// # Errors
/// `not-provided` when it is another.
pub(crate) fn known_action(action: &str, known: &str) -> Result<(), Failure> {
    if action == known {
        return Ok(());
    }
    Err(Failure::not_provided(format!(
        "the form has no action `{action}`; it has `{known}`"
    )))
}

/// One finding on one field.
pub(crate) fn wrong(field: &str, what: &str) -> Outcome {
    Outcome::findings(&[Finding::on(field, what)])
}

/// Commits, and opens another screen.
pub(crate) fn commit(proposal: &sdk::Proposal, then: &str) -> Outcome {
    Outcome::commit(proposal).then(then, &Parameters::default())
}

/// Yes, no, or not known.
pub(crate) const YES_NO: [(&str, &str); 3] =
    [("yes", "Yes"), ("no", "No"), ("unknown", "Not known")];

/// A node below a section only when there is one.
pub(crate) fn with(root: Section, node: Option<impl Into<Node>>) -> Section {
    match node {
        Some(node) => root.child(node),
        None => root,
    }
}
