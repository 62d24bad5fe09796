//! A chart that keeps what is proposed, as the host does: all of a proposal or nothing, and no update of a version not seen.
#![expect(clippy::unwrap_used, reason = "tests")]

use sdk::bedside::{Bedside, form};
use sdk::{Parameters, Value, json};

use crate::Maternity;

/// A woman's chart.
#[derive(Debug, Clone)]
pub(super) struct Ward {
    pub(super) resources: Vec<Value>,
    pub(super) now: String,
    made: u32,
}

impl Ward {
    /// Nothing but the woman.
    pub(super) fn new(now: &str) -> Self {
        Self {
            resources: vec![json!({
                "resourceType": "Patient", "id": "saira", "gender": "female", "birthDate": "1990-02-09",
                "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9434765919" }],
                "name": [{ "use": "official", "family": "Kazmi", "given": ["Saira"] }],
                "managingOrganization": { "identifier": { "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RXR" } },
                "meta": { "versionId": "1" }
            })],
            now: now.to_owned(),
            made: 0,
        }
    }

    pub(super) fn bedside(&self) -> Bedside {
        Bedside::of(env!("CARGO_MANIFEST_DIR"))
            .unwrap()
            .with_all(self.resources.clone())
            .unwrap()
            .patient("Patient/saira")
            .now(self.now.as_str())
    }

    pub(super) fn open(&self, screen: &str) -> Value {
        self.open_with(screen, &Parameters::default())
    }

    pub(super) fn open_with(&self, screen: &str, parameters: &Parameters) -> Value {
        self.bedside().open(&Maternity, screen, parameters).unwrap()
    }

    /// The form of a screen as it stands, filled in.
    pub(super) fn filled(&self, screen: &str, fields: &[(&str, &str)]) -> (String, Value) {
        self.filled_with(screen, &Parameters::default(), 0, fields)
    }

    /// The same of the form that comes in this place on a screen opened with parameters.
    pub(super) fn filled_with(
        &self,
        screen: &str,
        parameters: &Parameters,
        place: usize,
        fields: &[(&str, &str)],
    ) -> (String, Value) {
        let drawn = self.open_with(screen, parameters);
        let nodes = drawn["nodes"].as_array().unwrap();
        let node = nodes.iter().filter(|it| it["kind"] == "form").nth(place);
        let mut filled = form(fields);
        for member in ["carries", "seen"] {
            if let Some(given) = node.and_then(|it| it.get(member)) {
                filled[member] = given.clone();
            }
        }
        for drawn in nodes.iter().filter(|it| it["value"].is_string()) {
            let field = drawn["field"].as_str().unwrap_or_default();
            if !field.is_empty() && filled["fields"].get(field).is_none() {
                filled["fields"][field] = drawn["value"].clone();
            }
        }
        let action = node.and_then(|it| it["action"].as_str());
        (action.unwrap_or("none").to_owned(), filled)
    }

    /// Submits a form and keeps what it proposes. The outcome.
    pub(super) fn submit(&mut self, screen: &str, action: &str, filled: &Value) -> Value {
        let outcome = self.bedside().submit(&Maternity, screen, action, filled);
        let outcome = outcome.unwrap();
        if let Some(proposal) = outcome.get("proposal") {
            self.commit(proposal);
        }
        outcome
    }

    /// Fills in the form of a screen, submits it, and demands that it was kept.
    pub(super) fn record(&mut self, screen: &str, fields: &[(&str, &str)]) {
        let (action, filled) = self.filled(screen, fields);
        let outcome = self.submit(screen, &action, &filled);
        assert!(outcome.get("proposal").is_some(), "{screen}: {outcome}");
    }

    /// Fills in the form of a screen and hands back the findings: field and message.
    pub(super) fn findings(
        &mut self,
        screen: &str,
        fields: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let (action, filled) = self.filled(screen, fields);
        let before = self.resources.clone();
        let outcome = self.submit(screen, &action, &filled);
        assert_eq!(before, self.resources);
        let findings = outcome["findings"].as_array().unwrap();
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        findings
            .iter()
            .map(|it| (text(&it["field"]), text(&it["message"])))
            .collect()
    }

    fn commit(&mut self, proposal: &Value) {
        let changes = proposal["changes"].as_array().unwrap();
        let is_current = |change: &Value| {
            change["action"] != "update"
                || self.resources.iter().any(|it| {
                    it["id"] == change["resource"]["id"]
                        && it["resourceType"] == change["resource"]["resourceType"]
                        && it["meta"]["versionId"] == change["seen"]
                })
        };
        assert!(
            changes.iter().all(is_current),
            "an update rests on a version not seen"
        );
        let mut text = Value::from(changes.clone()).to_string();
        for change in changes {
            if let Some(temporary) = change["temporary"].as_str() {
                self.made += 1;
                let of = change["resource"]["resourceType"].as_str().unwrap();
                text = text.replace(temporary, &format!("{of}/m{}", self.made));
            }
        }
        let changes: Value = text.parse().unwrap();
        for change in changes.as_array().unwrap() {
            let mut resource = change["resource"].clone();
            if change["action"] == "update" {
                let seen: u32 = change["seen"].as_str().unwrap().parse().unwrap();
                resource["meta"]["versionId"] = json!((seen + 1).to_string());
                let of = |it: &Value| (it["resourceType"].clone(), it["id"].clone());
                let at = self.resources.iter().position(|it| of(it) == of(&resource));
                self.resources[at.unwrap()] = resource;
                continue;
            }
            let id = match change["temporary"].as_str() {
                Some(made) => made.rsplit('/').next().unwrap().to_owned(),
                None => {
                    self.made += 1;
                    format!("m{}", self.made)
                }
            };
            resource["id"] = json!(id);
            resource["meta"] = json!({ "versionId": "1" });
            self.resources.push(resource);
        }
    }

    /// Everything in the record about pregnancies that are closed.
    pub(super) fn closed(&self) -> Vec<Value> {
        let closed: Vec<_> = self
            .resources
            .iter()
            .filter(|it| it["resourceType"] == "EpisodeOfCare" && it["status"] != "active")
            .map(|it| format!("EpisodeOfCare/{}", it["id"].as_str().unwrap()))
            .collect();
        let about = |it: &&Value| {
            let of = it["focus"][0]["reference"].as_str();
            let of = of.or(it["episodeOfCare"][0]["reference"].as_str());
            let itself = format!("EpisodeOfCare/{}", it["id"].as_str().unwrap());
            closed.iter().any(|one| Some(one.as_str()) == of)
                || it["resourceType"] == "EpisodeOfCare" && closed.contains(&itself)
        };
        self.resources.iter().filter(about).cloned().collect()
    }

    /// Closes the open pregnancy, as a birth does.
    pub(super) fn close(&mut self) {
        for it in &mut self.resources {
            if it["resourceType"] == "EpisodeOfCare" && it["status"] == "active" {
                it["status"] = json!("finished");
                it["period"]["end"] = json!(self.now[..10].to_owned());
                let seen: u32 = it["meta"]["versionId"].as_str().unwrap().parse().unwrap();
                it["meta"]["versionId"] = json!((seen + 1).to_string());
            }
        }
    }
}
