//! The laboratory's way of a result: requested, received, entered, held or released, authorised, telephoned.
#![expect(clippy::unwrap_used, reason = "tests")]

mod calls;
mod entry;
mod flow;
mod fulfilment;
mod messages;
mod worklists;

use sdk::bedside::{Bedside, form};
use sdk::{Parameters, Value, json};

use super::chart::NOW;
use super::{folder, json_of};
use crate::Pathology;

/// A record that takes what is proposed, as far as these tests need one.
pub(super) struct Record {
    resources: Vec<Value>,
    packs: Vec<(&'static str, Value)>,
    now: String,
    given: usize,
}

impl Record {
    pub(super) fn new() -> Self {
        let patient = json!({ "resourceType": "Patient", "id": "maureen", "gender": "female", "birthDate": "1948-03-03" });
        Self {
            resources: vec![patient],
            packs: vec![],
            now: NOW.to_owned(),
            given: 0,
        }
    }

    pub(super) fn with(mut self, resource: Value) -> Self {
        self.resources.push(resource);
        self
    }

    /// As if somebody answerable had signed the laboratory's rules.
    pub(super) fn signed(mut self) -> Self {
        let mut pack = json_of(folder().join("packs/laboratory.json"));
        pack["unverified"] = json!([]);
        pack["signed_by"] = json!("The head of the laboratory");
        self.packs.push(("laboratory", pack));
        self
    }

    pub(super) fn at(mut self, now: &str) -> Self {
        self.now = now.to_owned();
        self
    }

    pub(super) fn bedside(&self) -> Bedside {
        let bedside = Bedside::of(folder())
            .unwrap()
            .with_all(self.resources.clone())
            .unwrap()
            .patient("Patient/maureen")
            .now(self.now.as_str());
        let packs = self.packs.iter();
        packs.fold(bedside, |bedside, (name, pack)| {
            bedside.pack(name, pack.clone())
        })
    }

    pub(super) fn open(&self, screen: &str) -> Value {
        let none = Parameters::default();
        self.bedside().open(&Pathology, screen, &none).unwrap()
    }

    /// Submits a form with what the screen showed, and files what is proposed.
    pub(super) fn submit(&mut self, screen: &str, action: &str, fields: Value) -> Value {
        let drawn = self.open(screen);
        let shown = super::nodes(&drawn, "form").into_iter();
        let mut seen = shown.filter_map(|it| it.get("seen")).cloned();
        let mut filled = form(&[]);
        filled["fields"] = fields;
        filled["seen"] = seen.next_back().unwrap_or(json!([]));
        self.submit_as(screen, action, &filled)
    }

    pub(super) fn submit_as(&mut self, screen: &str, action: &str, filled: &Value) -> Value {
        let outcome = self
            .bedside()
            .submit(&Pathology, screen, action, filled)
            .unwrap();
        let changes = outcome.pointer("/proposal/changes").cloned();
        if let Some(changes) = changes {
            self.file(changes.as_array().unwrap());
        }
        outcome
    }

    fn file(&mut self, changes: &[Value]) {
        let mut names = Vec::new();
        for change in changes {
            if let Some(temporary) = change["temporary"].as_str() {
                let of = change["resource"]["resourceType"].as_str().unwrap();
                let id = format!("{of}/n{}", self.given + names.len() + 1);
                names.push((temporary.to_owned(), id));
            }
        }
        for change in changes {
            let mut text = change["resource"].to_string();
            for (temporary, id) in &names {
                text = text.replace(temporary, id);
            }
            let mut resource: Value = serde_json::from_str(&text).unwrap();
            if change["action"] == "create" {
                self.given += 1;
                resource["id"] = json!(format!("n{}", self.given));
                resource["meta"] = json!({ "versionId": "1" });
                if change["identifiers"] == json!(["accession-number"]) {
                    let number = format!("26-{:04}", self.given);
                    resource["accessionIdentifier"] = json!({ "value": number });
                }
                self.resources.push(resource);
            } else {
                let is_it = |it: &&mut Value| {
                    it["id"] == resource["id"] && it["resourceType"] == resource["resourceType"]
                };
                let old = self.resources.iter_mut().find(is_it).unwrap();
                assert_eq!(old["meta"]["versionId"], change["seen"]);
                let version: u32 = change["seen"].as_str().unwrap().parse().unwrap();
                resource["meta"] = json!({ "versionId": (version + 1).to_string() });
                *old = resource;
            }
        }
    }

    pub(super) fn all(&self, of: &str) -> Vec<&Value> {
        let all = self.resources.iter();
        all.filter(|it| it["resourceType"] == of).collect()
    }

    /// Tasks with this code of this departmental.
    pub(super) fn tasks(&self, code: &str) -> Vec<&Value> {
        let all = self.all("Task").into_iter();
        all.filter(|it| it["code"]["coding"][0]["code"] == code)
            .collect()
    }
}

/// A specimen as it is received.
pub(super) fn specimen(id: &str, collected: &str) -> Value {
    json!({
        "resourceType": "Specimen", "id": id, "status": "available",
        "subject": { "reference": "Patient/maureen" },
        "accessionIdentifier": { "value": format!("26-{id}") },
        "type": { "text": "Serum" },
        "receivedTime": "2026-11-24T12:00:00Z",
        "collection": { "collectedDateTime": collected }
    })
}

/// What is filled in for a potassium of which everything is well.
pub(super) fn potassium(value: &str) -> Value {
    json!({
        "specimen": "Specimen/s1", "test": "potassium", "value": value,
        "measured": "2026-11-24T12:30:00Z", "analyser": "none",
        "interference": ["none"], "controls": "4.12/4.10/0.06 6.05/6.00/0.09"
    })
}

/// The messages of an outcome: `field: message`.
pub(super) fn findings(outcome: &Value) -> Vec<String> {
    let all = outcome["findings"].as_array().cloned().unwrap_or_default();
    let said = all.iter().map(|it| {
        let field = it["field"].as_str().unwrap_or("form");
        format!("{field}: {}", it["message"].as_str().unwrap())
    });
    said.collect()
}
