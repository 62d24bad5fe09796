//! A form as a browser sends it: read against what was asked, into `form/1` and what is wrong with it.
//!
//! Invariant: only fields that the form drew are taken, what is hidden by an answer is dropped, and what was typed is kept
//! whatever is wrong with it.

mod asked;
mod given;

use std::collections::BTreeMap;

use record::departmental::outcome::Finding;
use serde_json::{Map, Value, json};

use super::Screen;
use super::condition::{Answers, Standing, there};
use super::node::At;
use super::seal::Carried;

pub(crate) use asked::Asked;

/// What a person typed and ticked, by the names of the page's inputs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed(BTreeMap<String, Vec<String>>);

impl Typed {
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        let mut typed = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in pairs {
            typed.entry(name).or_default().push(value);
        }
        Self(typed)
    }

    /// The one value under a name; None where it is missing or there are several.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        match self.0.get(name).map(Vec::as_slice) {
            Some([value]) => Some(value),
            Some(_) | None => None,
        }
    }

    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The name of a field's input on the page.
pub(crate) fn name(field: &str) -> String {
    format!("f.{field}")
}

/// The name of one part of a field's input.
pub(crate) fn part(field: &str, part: &str) -> String {
    format!("f.{field}.{part}")
}

/// The name of the tick that confirms the action of one button.
pub(crate) fn confirmation(action: &str, at: At) -> String {
    format!("confirm.{action}.{at}")
}

/// The answers to every question of a screen that is there, in the order in which it is drawn: what was typed, or where
/// nothing was, what the departmental put there.
pub(crate) fn answers(screen: &Screen, typed: &Typed) -> Answers {
    let mut answers = Answers::new();
    gather(screen, screen.root, typed, &mut answers);
    answers
}

fn gather(screen: &Screen, at: At, typed: &Typed, answers: &mut Answers) {
    let Some(node) = screen.node(at).filter(|_| screen.shows(at, answers)) else {
        return;
    };
    if let Some(asked) = Asked::of(node) {
        let given = if typed.is_empty() {
            given::initial(node)
        } else {
            asked.given(typed)
        };
        if !given.is_empty() {
            answers.insert(asked.field.clone(), given);
        }
    }
    for child in node.kind().children() {
        gather(screen, *child, typed, answers);
    }
}

/// The form as `submit` gets it, and what is wrong before anybody is asked.
pub(crate) fn form(carried: &Carried, action: &str, typed: &Typed) -> (Value, Vec<Finding>) {
    let mut fields = Map::new();
    let mut findings = Vec::new();
    let mut answers = Answers::new();
    for asked in &carried.asked {
        if !asked.is_there(&carried.conditions, &answers) {
            continue;
        }
        let (value, wrong) = asked.read(typed);
        let wrong = asked.not_yet_seen(&carried.conditions).or(wrong);
        if let Some(value) = value {
            answers.insert(asked.field.clone(), given::words(&value));
            fields.insert(asked.field.clone(), value);
        }
        findings.extend(wrong.map(|message| Finding {
            field: Some(asked.field.clone()),
            message,
        }));
    }
    if findings.is_empty() && adds_unseen(&carried.conditions, &answers) {
        let message = "Your answers add to this form. Read what was added, then send it again.";
        findings.push(Finding {
            field: None,
            message: message.to_owned(),
        });
    }
    let pressed = carried.actions.iter().find(|it| it.word == action);
    if let Some((button, sentence)) = pressed.and_then(|it| Some((it, it.confirm.as_ref()?))) {
        let tick = confirmation(action, button.at);
        if typed.one(&tick) != Some("yes") {
            findings.push(Finding {
                field: Some(tick),
                message: format!("Confirm first: {sentence}"),
            });
        }
    }
    let form = json!({
        "form": 1, "fields": fields, "carries": carried.carries, "seen": carried.seen, "parameters": carried.parameters,
    });
    (form, findings)
}

/// Whether the answers call for a part that the person did not have before their eyes.
fn adds_unseen(standing: &[Standing], answers: &Answers) -> bool {
    let mut unseen = standing.iter().enumerate().filter(|(_, it)| !it.drawn);
    unseen.any(|(at, _)| there(standing, Some(at), answers))
}
