//! A bench for plain native tests: a written chart, the manifest's own grants, settings and packs, and no sandbox.
//!
//! It answers as the host would, and says so where it cannot: a search parameter it does not know is a failure, never
//! everything.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::{
    Call, Chart, Context, Departmental, Event, Failure, Form, Journal, Level, Packs, Page,
    Parameters, Rows, ViewQuery,
};

mod advice;
mod care;
mod demonstration;
mod golden;
mod intake;
mod manifest;
mod path;
mod rows;
mod search;
mod view;
mod ward;

pub use demonstration::demonstration;
pub use golden::{Disagreement, golden};
pub use ward::{Filled, Ward};

/// Where a departmental is tried.
#[derive(Debug, Clone)]
pub struct Bedside {
    manifest: Value,
    packs: BTreeMap<String, Value>,
    settings: Value,
    resources: Vec<Value>,
    rows: Vec<(String, ViewQuery, Rows)>,
    site: String,
    patient: Option<String>,
    encounter: Option<String>,
    role: String,
    now: String,
    notes: RefCell<Vec<(Level, String)>>,
}

impl Bedside {
    /// A bedside for the departmental of a folder, `env!("CARGO_MANIFEST_DIR")` as a rule: its manifest with the
    /// defaults of its settings, its packs; site RXR, a doctor, nobody's chart, 2026-11-22 at noon.
    ///
    /// # Errors
    /// `invalid` when `departmental.json` or a pack cannot be read; says which file.
    pub fn of(folder: impl AsRef<Path>) -> Result<Self, Failure> {
        let folder = folder.as_ref();
        let manifest = read_json(&folder.join("departmental.json"))?;
        manifest::whole(&manifest)?;
        let mut packs = BTreeMap::new();
        for pack in each(&manifest, "packs") {
            let name = pack
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let document = match (
                pack.get("document"),
                pack.get("file").and_then(Value::as_str),
            ) {
                (Some(document), _) => document.clone(),
                (None, Some(file)) => read_json(&folder.join(file))?,
                (None, None) => {
                    return Err(Failure::invalid(format!(
                        "the pack `{name}` has neither `document` nor `file`"
                    )));
                }
            };
            packs.insert(name, document);
        }
        let settings = each(&manifest, "settings")
            .filter_map(|it| {
                Some((
                    it.get("name")?.as_str()?.to_owned(),
                    it.get("default")?.clone(),
                ))
            })
            .collect();
        Ok(Self {
            manifest,
            packs,
            settings,
            resources: Vec::new(),
            rows: Vec::new(),
            site: "RXR".into(),
            patient: None,
            encounter: None,
            role: "doctor".into(),
            now: "2026-11-22T12:00:00Z".into(),
            notes: RefCell::default(),
        })
    }

    /// With this resource in the chart. Without a `meta.versionId` it is at version 1.
    ///
    /// # Errors
    /// `invalid` when it has no `resourceType` or `id`.
    pub fn with(mut self, mut resource: Value) -> Result<Self, Failure> {
        if reference_of(&resource).is_none() {
            return Err(Failure::invalid(
                "a resource of the chart needs `resourceType` and `id`",
            ));
        }
        if resource.pointer("/meta/versionId").is_none() {
            resource["meta"]["versionId"] = Value::from("1");
        }
        self.resources.push(resource);
        Ok(self)
    }

    /// With these resources in the chart.
    ///
    /// # Errors
    /// As [`Bedside::with`].
    pub fn with_all(self, resources: impl IntoIterator<Item = Value>) -> Result<Self, Failure> {
        resources.into_iter().try_fold(self, Self::with)
    }

    /// At this patient's bedside, for example `Patient/9f2c`.
    #[must_use]
    pub fn patient(mut self, reference: impl Into<String>) -> Self {
        self.patient = Some(reference.into());
        self
    }

    /// In this encounter.
    #[must_use]
    pub fn encounter(mut self, reference: impl Into<String>) -> Self {
        self.encounter = Some(reference.into());
        self
    }

    /// At this site, an ODS code.
    #[must_use]
    pub fn site(mut self, ods_code: impl Into<String>) -> Self {
        self.site = ods_code.into();
        self
    }

    /// Asked by somebody in this role.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = role.into();
        self
    }

    /// At this moment, RFC 3339 in UTC.
    #[must_use]
    pub fn now(mut self, now: impl Into<String>) -> Self {
        self.now = now.into();
        self
    }

    /// With this value of a setting instead of its default.
    #[must_use]
    pub fn setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.settings[name] = value.into();
        self
    }

    /// With this document instead of a pack's own.
    #[must_use]
    pub fn pack(mut self, name: &str, document: Value) -> Self {
        self.packs.insert(name.into(), document);
        self
    }

    /// The notes that were made so far.
    #[must_use]
    pub fn notes(&self) -> Vec<(Level, String)> {
        self.notes.borrow().clone()
    }

    /// Hands the call to a function, for tests of a part.
    pub fn call<T>(&self, part: impl FnOnce(&Call<'_>) -> T) -> T {
        part(&Call {
            context: self,
            chart: self,
            packs: self,
            journal: self,
        })
    }

    /// Opens a screen: screen/1, checked as the host checks it.
    ///
    /// # Errors
    /// What the departmental answers; `not-provided` when the manifest has no such screen; `fault` when the host would
    /// refuse the screen.
    pub fn open(
        &self,
        it: &impl Departmental,
        screen: &str,
        parameters: &Parameters,
    ) -> Result<Value, Failure> {
        self.declared(screen)?;
        let drawn = self
            .call(|call| it.open(call, screen, parameters))?
            .to_json();
        self.drawable(screen, &drawn)?;
        Ok(drawn)
    }

    /// Submits a form: outcome/1, every change of its proposal inside what the manifest asks for.
    ///
    /// # Errors
    /// What the departmental answers; `fault` when the host would refuse the outcome.
    pub fn submit(
        &self,
        it: &impl Departmental,
        screen: &str,
        action: &str,
        form: &Value,
    ) -> Result<Value, Failure> {
        self.declared(screen)?;
        let form = Form::from_json(&form.to_string())?;
        let outcome = self
            .call(|call| it.submit(call, screen, action, &form))?
            .to_json();
        if let Some(next) = outcome.pointer("/next/screen").and_then(Value::as_str) {
            self.declared(next)?;
        }
        if let Some(again) = outcome.get("screen") {
            self.drawable(screen, again)?;
        }
        if let Some(proposal) = outcome.get("proposal") {
            self.allowed(proposal)?;
        }
        Ok(outcome)
    }

    /// Reacts to a change: proposal/1, every change inside what the manifest asks for.
    ///
    /// # Errors
    /// As [`Bedside::submit`].
    pub fn react(&self, it: &impl Departmental, event: &Event) -> Result<Value, Failure> {
        let proposal = self.call(|call| it.react(call, event))?.to_json();
        self.allowed(&proposal)?;
        Ok(proposal)
    }

    /// Whether a resource belongs to the patient of the call, or to nobody.
    fn in_chart(&self, resource: &Value) -> bool {
        let Some(patient) = &self.patient else {
            return true;
        };
        let owner = owner_of(resource);
        owner.is_none_or(|owner| owner == *patient)
    }
}

impl Context for Bedside {
    fn site(&self) -> String {
        self.site.clone()
    }
    fn patient(&self) -> Option<String> {
        self.patient.clone()
    }
    fn encounter(&self) -> Option<String> {
        self.encounter.clone()
    }
    fn role(&self) -> String {
        self.role.clone()
    }
    fn now(&self) -> String {
        self.now.clone()
    }
    fn settings(&self) -> Result<Value, Failure> {
        Ok(self.settings.clone())
    }
}

impl Chart for Bedside {
    fn read(&self, reference: &str) -> Result<Value, Failure> {
        let (of, _) = reference.split_once('/').ok_or_else(|| {
            Failure::invalid(format!("`{reference}` is no reference; write Type/id"))
        })?;
        self.may_read(of)?;
        self.resources
            .iter()
            .find(|it| reference_of(it).as_deref() == Some(reference) && self.in_chart(it))
            .cloned()
            .ok_or_else(|| Failure::not_found(format!("there is no {reference} in this chart")))
    }

    fn search(&self, query: &str) -> Result<Page, Failure> {
        let query = search::Query::parse(query)?;
        self.may_read(&query.of)?;
        let in_chart: Vec<&Value> = self
            .resources
            .iter()
            .filter(|it| self.in_chart(it))
            .collect();
        query.page(&in_chart)
    }

    fn rows(&self, view: &str, query: &ViewQuery) -> Result<Rows, Failure> {
        self.written_rows(view, query)
    }
}

impl Packs for Bedside {
    fn get(&self, name: &str) -> Result<Value, Failure> {
        self.packs.get(name).cloned().ok_or_else(|| {
            Failure::not_found(format!(
                "departmental.json declares no pack `{name}`; add it to `packs`"
            ))
        })
    }
}

impl Journal for Bedside {
    fn note(&self, level: Level, message: &str) {
        self.notes.borrow_mut().push((level, message.to_owned()));
    }
}

/// A filled-in form as `submit` takes it: text fields by name. Add lists, `carries` and `seen` to the value as needed.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> Value {
    let fields: Value = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Value::from(*text)))
        .collect();
    json!({ "form": 1, "fields": fields })
}

fn each<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let listed = value.get(list).and_then(Value::as_array);
    listed.into_iter().flatten()
}

/// The patient to whom a resource belongs.
fn owner_of(resource: &Value) -> Option<String> {
    ["/subject/reference", "/patient/reference", "/for/reference"]
        .into_iter()
        .find_map(|place| resource.pointer(place)?.as_str())
        .map(str::to_owned)
        .or_else(|| reference_of(resource).filter(|it| it.starts_with("Patient/")))
}

fn reference_of(resource: &Value) -> Option<String> {
    Some(format!(
        "{}/{}",
        resource.get("resourceType")?.as_str()?,
        resource.get("id")?.as_str()?
    ))
}

fn read_json(file: &Path) -> Result<Value, Failure> {
    let wrong = |what: String| Failure::invalid(format!("{}: {what}", file.display()));
    let bytes = std::fs::read(file).map_err(|it| wrong(format!("cannot be read: {it}")))?;
    serde_json::from_slice(&bytes).map_err(|it| wrong(format!("is not JSON: {it}")))
}

#[cfg(test)]
mod tests;
