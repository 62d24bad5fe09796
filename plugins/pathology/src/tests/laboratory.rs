//! The laboratory's way of a result: requested, received, entered, held or released, authorised, telephoned.
#![expect(clippy::unwrap_used, reason = "tests")]

mod calls;
mod entry;
mod flow;
mod fulfilment;
mod messages;
mod quality;
mod worklists;

use sdk::bedside::{Bedside, Filled, Ward, form};
use sdk::{Action, Value, json};

use super::chart::NOW;
use super::{folder, json_of};
use crate::Pathology;

/// A ward with one patient, in which the laboratory works.
pub(super) struct Record(Ward<Pathology>);

impl Record {
    pub(super) fn new() -> Self {
        Self::of(
            json!({ "resourceType": "Patient", "id": "maureen", "gender": "female", "birthDate": "1948-03-03" }),
        )
    }

    /// With this person as the patient `maureen`.
    pub(super) fn of(person: Value) -> Self {
        let bedside = Bedside::of(folder()).unwrap().with(person).unwrap();
        let bedside = bedside.patient("Patient/maureen").now(NOW);
        Self(Ward::new(bedside, Pathology))
    }

    pub(super) fn with(mut self, resource: Value) -> Self {
        self.0.change(|it| it.with(resource).unwrap());
        self
    }

    /// As if somebody answerable had signed the laboratory's rules.
    pub(super) fn signed(mut self) -> Self {
        let mut pack = json_of(folder().join("packs/laboratory.json"));
        pack["unverified"] = json!([]);
        pack["signed_by"] = json!("The head of the laboratory");
        self.0.change(|it| it.pack("laboratory", pack));
        self
    }

    pub(super) fn at(mut self, now: &str) -> Self {
        self.0.change(|it| it.now(now));
        self
    }

    pub(super) fn bedside(&self) -> &Bedside {
        self.0.bedside()
    }

    pub(super) fn open(&self, screen: &str) -> Value {
        self.0.open(screen).unwrap()
    }

    /// Submits a form with what the screen showed, and keeps what is proposed.
    pub(super) fn submit(&mut self, screen: &str, action: &str, fields: Value) -> Value {
        let drawn = self.open(screen);
        let shown = super::nodes(&drawn, "form").into_iter();
        let mut seen = shown.filter_map(|it| it.get("seen")).cloned();
        let mut filled = form(&[]);
        filled["fields"] = fields;
        filled["seen"] = seen.next_back().unwrap_or(json!([]));
        self.submit_as(screen, action, filled)
    }

    /// Has a message read by the feed, and keeps what is proposed.
    pub(super) fn convert(&mut self, message: &str) -> Value {
        let read = self.0.convert("hl7v2:ORU^R30", message.as_bytes());
        read.unwrap()
    }

    /// Has a new resource reacted to, and keeps what is proposed.
    pub(super) fn react_to_new(&mut self, reference: &str) -> Value {
        self.0.react(Action::Create, reference).unwrap()
    }

    pub(super) fn submit_as(&mut self, screen: &str, action: &str, form: Value) -> Value {
        let (screen, action) = (screen.to_owned(), action.to_owned());
        let filled = Filled {
            screen,
            action,
            form,
        };
        self.0.submit(&filled).unwrap()
    }

    pub(super) fn all(&self, of: &str) -> Vec<&Value> {
        self.0.all(of)
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
