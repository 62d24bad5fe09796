//! A chart that keeps what is proposed, as the host does: for tests of work that takes more than one step.
//!
//! Invariant: all of a proposal is kept or nothing; nothing that rests on a version other than the current one, and nothing
//! about another patient than that of the call and her newborn. In a call about nobody it is the site's own.

use serde_json::{Value, json};

use super::{Bedside, each, form, reference_of};
use crate::{Action, Departmental, Event, Failure, Parameters};

mod commit;
mod newborn;

/// A bedside whose chart keeps what a departmental proposes.
///
/// # Example
/// ```
/// use sdk::bedside::{Bedside, Ward};
/// use sdk::screen::{ActionButton, Form as Fields, InputText, Section};
/// use sdk::{Call, Departmental, Failure, Form, Outcome, Parameters, Proposal, Screen, json};
///
/// struct Notes;
/// impl Departmental for Notes {
///     fn open(&self, _: &Call<'_>, _: &str, _: &Parameters) -> Result<Screen, Failure> {
///         let note = InputText::new("note", "Note").value("Seen today.");
///         let form = Fields::new("keep").child(note).child(ActionButton::new("Keep"));
///         Ok(Screen::new(Section::new().child(form)))
///     }
///     fn submit(&self, call: &Call<'_>, _: &str, _: &str, form: &Form) -> Result<Outcome, Failure> {
///         let task = json!({
///             "resourceType": "Task", "status": "requested", "intent": "order",
///             "for": { "reference": call.patient()? }, "description": form.text("note"),
///         });
///         Ok(Outcome::commit(&Proposal::new("Keep a note").create(task)))
///     }
/// }
///
/// # let folder = std::env::temp_dir().join(format!("notes-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # std::fs::write(folder.join("departmental.json"), r#"{
/// #   "screens": [{ "id": "note", "place": "patient" }],
/// #   "writes": [{ "type": "Task", "actions": ["create"] }] }"#)?;
/// let bedside = Bedside::of(&folder)?
///     .with(json!({ "resourceType": "Patient", "id": "asha" }))?
///     .patient("Patient/asha");
/// let mut ward = Ward::new(bedside, Notes);
/// let filled = ward.filled("note", "keep", [("note", "Sleeps well.")])?;
/// ward.submit(&filled)?;
/// assert_eq!(ward.all("Task")[0]["description"], "Sleeps well.");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ward<D> {
    departmental: D,
    bedside: Bedside,
    /// Commits so far.
    t: u64,
    /// Resources that were given an id so far.
    made: u64,
}

/// A form of a screen, filled in. Its document may be changed by a test before it is submitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// The screen that draws the form.
    pub screen: String,
    /// The action whose button is pressed.
    pub action: String,
    /// form/1.
    pub form: Value,
}

impl<D: Departmental> Ward<D> {
    /// A ward that begins with the chart of this bedside.
    pub fn new(bedside: Bedside, departmental: D) -> Self {
        Self {
            departmental,
            bedside,
            t: 0,
            made: 0,
        }
    }

    /// The bedside as it is now.
    #[must_use]
    pub fn bedside(&self) -> &Bedside {
        &self.bedside
    }

    /// Changes where the next calls are made, for example by whom or when: `ward.change(|it| it.now("2026-11-23T08:00:00Z"))`.
    pub fn change(&mut self, how: impl FnOnce(Bedside) -> Bedside) {
        self.bedside = how(self.bedside.clone());
    }

    /// Every resource of this type in its current version, in the order in which they were made.
    #[must_use]
    pub fn all(&self, of: &str) -> Vec<&Value> {
        let all = self.bedside.resources.iter();
        all.filter(|it| it.get("resourceType").and_then(Value::as_str) == Some(of))
            .collect()
    }

    /// A resource in its current version, for example `Task/made-1`.
    #[must_use]
    pub fn get(&self, reference: &str) -> Option<&Value> {
        let mut all = self.bedside.resources.iter();
        all.find(|it| reference_of(it).as_deref() == Some(reference))
    }

    /// Opens a screen without parameters.
    ///
    /// # Errors
    /// As [`Bedside::open`].
    pub fn open(&self, screen: &str) -> Result<Value, Failure> {
        self.open_with(screen, &Parameters::default())
    }

    /// Opens a screen.
    ///
    /// # Errors
    /// As [`Bedside::open`].
    pub fn open_with(&self, screen: &str, parameters: &Parameters) -> Result<Value, Failure> {
        self.bedside.open(&self.departmental, screen, parameters)
    }

    /// The form of a screen that has this action, with these fields filled in and the others as they are drawn. An empty
    /// text leaves a field empty.
    ///
    /// # Errors
    /// As [`Ward::filled_with`].
    pub fn filled<'f, V: Into<Value>>(
        &self,
        screen: &str,
        action: &str,
        fields: impl IntoIterator<Item = (&'f str, V)>,
    ) -> Result<Filled, Failure> {
        self.filled_with(screen, &Parameters::default(), action, fields)
    }

    /// The same of a screen that is opened with parameters.
    ///
    /// # Errors
    /// As [`Bedside::open`]; `invalid` when the screen has no such action, or draws no such field: a person could not have
    /// sent it.
    pub fn filled_with<'f, V: Into<Value>>(
        &self,
        screen: &str,
        parameters: &Parameters,
        action: &str,
        fields: impl IntoIterator<Item = (&'f str, V)>,
    ) -> Result<Filled, Failure> {
        let drawn = self.open_with(screen, parameters)?;
        let nodes: Vec<&Value> = each(&drawn, "nodes").collect();
        let mut forms = nodes.iter().enumerate().filter(|(_, it)| is(it, "form"));
        let found = forms.find_map(|(at, it)| {
            let inside = below(&nodes, at);
            let presses = |it: &&&Value| word(it, "action") == Some(action);
            let has_it = word(it, "action") == Some(action) || inside.iter().any(|it| presses(&it));
            has_it.then_some((*it, inside))
        });
        let (node, inside) = found.ok_or_else(|| {
            Failure::invalid(format!(
                "the screen `{screen}` draws no form with the action `{action}`"
            ))
        })?;
        let mut filled = form(&[]);
        for input in inside.iter().filter(|it| it.get("field").is_some()) {
            if let (Some(field), Some(value)) = (word(input, "field"), as_drawn(input)) {
                filled["fields"][field] = value;
            }
        }
        for (field, value) in fields {
            if !inside.iter().any(|it| word(it, "field") == Some(field)) {
                return Err(Failure::invalid(format!(
                    "the form of `{screen}` draws no field `{field}`"
                )));
            }
            let value: Value = value.into();
            match value.as_str() == Some("") {
                true => drop(
                    filled["fields"]
                        .as_object_mut()
                        .and_then(|it| it.remove(field)),
                ),
                false => filled["fields"][field] = value,
            }
        }
        for member in ["carries", "seen"] {
            if let Some(given) = node.get(member) {
                filled[member] = given.clone();
            }
        }
        filled["parameters"] = parameters.to_json();
        Ok(Filled {
            screen: screen.to_owned(),
            action: action.to_owned(),
            form: filled,
        })
    }

    /// Submits a form and keeps what is proposed: outcome/1.
    ///
    /// # Errors
    /// As [`Bedside::submit`]; `conflict` when an update rests on a version that is not the current one; `fault` when the
    /// host would refuse a change. The chart is then as it was.
    pub fn submit(&mut self, filled: &Filled) -> Result<Value, Failure> {
        let Filled {
            screen,
            action,
            form,
        } = filled;
        let outcome = self
            .bedside
            .submit(&self.departmental, screen, action, form)?;
        if let Some(proposal) = outcome.get("proposal") {
            self.commit(proposal)?;
        }
        Ok(outcome)
    }

    /// Has the departmental react to what happened to a resource of the chart, and keeps what is proposed: proposal/1.
    ///
    /// # Errors
    /// `invalid` when the chart has no such resource; as [`Bedside::react`] and [`Ward::submit`].
    pub fn react(&mut self, action: Action, reference: &str) -> Result<Value, Failure> {
        let resource = self
            .get(reference)
            .cloned()
            .ok_or_else(|| Failure::invalid(format!("there is no {reference} in this chart")))?;
        let event = Event::new(self.t, action, resource);
        let bedside = self.bedside.clone().role("reaction");
        let proposal = bedside.react(&self.departmental, &event)?;
        self.commit(&proposal)?;
        Ok(proposal)
    }

    /// Has the departmental read a message, and keeps what is proposed: proposal/1.
    ///
    /// # Errors
    /// As [`Bedside::convert`] and [`Ward::submit`].
    pub fn convert(&mut self, format: &str, message: &[u8]) -> Result<Value, Failure> {
        let bedside = self.bedside.clone().role("feed");
        let proposal = bedside.convert(&self.departmental, format, message)?;
        self.commit(&proposal)?;
        Ok(proposal)
    }
}

/// Every node below one, in the order of the screen.
fn below<'v>(nodes: &[&'v Value], at: usize) -> Vec<&'v Value> {
    let children = nodes.get(at).map(|it| each(it, "children"));
    let children = children.into_iter().flatten().filter_map(Value::as_u64);
    let mut all = Vec::new();
    for child in children.filter_map(|it| usize::try_from(it).ok()) {
        all.extend(nodes.get(child));
        all.append(&mut below(nodes, child));
    }
    all
}

/// What an input sends when nobody touches it.
fn as_drawn(input: &Value) -> Option<Value> {
    let value = input.get("value");
    if is(input, "input-dose") {
        let (amount, unit) = (word(input, "amount")?, word(input, "unit")?);
        return Some(json!([amount, unit]));
    }
    if is(input, "input-coded") {
        let of = |name: &str| value.and_then(|it| word(it, name));
        return Some(json!([of("system")?, of("code")?, of("display")?]));
    }
    value
        .filter(|it| it.is_string() || it.is_array())
        .filter(|it| it.as_str() != Some(""))
        .cloned()
}

fn is(node: &Value, kind: &str) -> bool {
    word(node, "kind") == Some(kind)
}

fn word<'v>(of: &'v Value, member: &str) -> Option<&'v str> {
    of.get(member)?.as_str()
}

#[cfg(test)]
mod tests;
