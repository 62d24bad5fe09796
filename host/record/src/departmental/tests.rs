//! The ward on which the seam is tried: two patients, a clinician, an administrator and a library, on both databases.
//!
//! Invariant: what a test says of the seam it says of SQLite and of PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;

use fhir::resource::{Key, Resource};
use serde_json::{Value, json};

use crate::Record;
use crate::caller::{Caller, Role};
use crate::commit::Receipt;
use crate::departmental::screen::{ScreenAsk, SubmitAsk};
use crate::departmental::scripted::ScriptedLibrary;
use crate::departmental::{Call, Departmental, Release, scripted};
use crate::enablement::Enable;
use crate::log::At;
use crate::proposal::{Change, Proposal};

/// A record with people and a library.
pub(crate) struct Ward {
    pub(crate) record: Record,
    pub(crate) library: Arc<ScriptedLibrary>,
    pub(crate) clinician: Caller,
    pub(crate) administrator: Caller,
}

pub(crate) fn caller(account: &str, role: Role, site: &str) -> Caller {
    Caller::authenticated(
        account.to_owned(),
        account.to_owned(),
        role,
        site.parse().unwrap(),
    )
}

pub(crate) fn resource(value: Value) -> Resource {
    Resource::from_value(value).unwrap()
}

/// A change that writes the resource under its id.
pub(crate) fn put(value: Value) -> Change {
    let resource = resource(value);
    Change::Update {
        key: resource.key().unwrap(),
        resource,
        seen: None,
        temporary: None,
    }
}

pub(crate) fn observation(id: &str, patient: &str, value: f64) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0" }] },
        "subject": { "reference": format!("Patient/{patient}") },
        "effectiveDateTime": "2026-11-20T08:00:00Z",
        "valueQuantity": { "value": value, "unit": "umol/L", "system": "http://unitsofmeasure.org", "code": "umol/L" },
    })
}

impl Ward {
    /// The record with patients p1 and p2, each with an observation (o1, o2), and a practitioner d1.
    pub(crate) async fn on(record: &Record) -> Self {
        let library = Arc::new(ScriptedLibrary::default());
        record.with_library(Arc::<ScriptedLibrary>::clone(&library));
        let ward = Self {
            record: record.clone(),
            library,
            clinician: caller("ada", Role::Clinician, "RXR"),
            administrator: caller("grace", Role::TrustAdministrator, "RXR"),
        };
        let people = ["p1", "p2"].map(|id| {
            put(json!({ "resourceType": "Patient", "id": id, "name": [{ "family": id }] }))
        });
        let mut changes = Vec::from(people);
        changes.push(put(
            json!({ "resourceType": "Practitioner", "id": "d1", "name": [{ "family": "Doctor" }] }),
        ));
        ward.write(changes).await;
        ward.write(vec![
            put(observation("o1", "p1", 71.0)),
            put(observation("o2", "p2", 80.0)),
        ])
        .await;
        ward
    }

    /// Commits at the ward's own site.
    pub(crate) async fn write(&self, changes: Vec<Change>) -> Receipt {
        let operator = self.record.operator(self.clinician.site());
        self.record
            .commit(&operator, Proposal::direct(changes))
            .await
            .unwrap()
    }

    /// Publishes, and enables with everything that the manifest asks for.
    pub(crate) async fn install(
        &self,
        manifest: &Value,
        departmental: Arc<dyn Departmental>,
    ) -> Arc<Release> {
        let release = self.library.publish(manifest, departmental).unwrap();
        self.record
            .enable(&self.administrator, everything(&release))
            .await
            .unwrap();
        release
    }

    /// A call of the clinician's as of now, by a release of this manifest.
    pub(crate) fn call(&self, manifest: &Value, patient: Option<&str>) -> Call {
        Call {
            release: Arc::new(scripted::release(manifest).unwrap()),
            site: self.clinician.site().clone(),
            patient: patient.map(|id| id.parse().unwrap()),
            encounter: None,
            role: self.clinician.role(),
            now: "2026-11-22T09:00:00Z".to_owned(),
            t: self.record.current(),
            settings: Value::Null,
            id: "test".to_owned(),
        }
    }

    pub(crate) async fn body(&self, key: &str) -> Value {
        let key: Key = key.parse().unwrap();
        let operator = self.record.operator(self.clinician.site());
        let stored = self.record.read(&operator, &key, &At::Now).await.unwrap();
        serde_json::from_str(&stored.body.unwrap()).unwrap()
    }

    /// How many resources of a type there are.
    pub(crate) async fn count(&self, search: &str) -> usize {
        let (name, conditions) = search.split_once('?').unwrap_or((search, ""));
        let pairs = crate::departmental::search::pairs(conditions).unwrap();
        let query = fhir::query::Query::parse(name.parse().unwrap(), &pairs).unwrap();
        let operator = self.record.operator(self.clinician.site());
        let page = crate::search::Page::First(At::Now);
        self.record
            .search(&operator, &query, &page)
            .await
            .unwrap()
            .matches
            .len()
    }
}

/// A decision that gives all that is asked for.
pub(crate) fn everything(release: &Release) -> Enable {
    Enable {
        settings: Value::Null,
        ..Enable::all_that(release)
    }
}

/// A manifest that reads observations, patients and practitioners, writes tasks and observations, and has a screen.
pub(crate) fn manifest(id: &str, version: &str) -> Value {
    let reads = ["Observation", "Patient", "Practitioner", "Task"];
    let reads = reads.map(|name| json!({ "type": name, "reason": "To draw what is known" }));
    let writes = ["Task", "Observation"];
    let writes = writes.map(|name| json!({ "type": name, "actions": ["create", "update"], "reason": "To ask somebody to look" }));
    json!({
        "manifest": 1, "id": id, "name": "Pathology", "version": version, "supplier": "Lune", "contract": "0.1",
        "screens": [
            { "id": "results", "title": "Results", "place": "patient", "audience": ["clinician"] },
            { "id": "list", "title": "Worklist", "place": "site", "audience": ["clinician"] },
        ],
        "reads": reads, "writes": writes,
        "settings": [
            { "name": "ratio", "kind": "decimal", "default": "1.50", "level": "regional", "reason": "When it speaks up at all" },
            { "name": "days", "kind": "integer", "default": 7, "level": "site", "reason": "How far back it looks" },
        ],
        "packs": [{ "name": "aki", "version": "1", "source": "NHS England", "in_force_from": "2020-01-01", "verified": false, "document": { "days": 7 } }],
    })
}

/// A screen that says a text.
pub(crate) fn screen(text: &str) -> Value {
    json!({ "screen": 1, "root": 0, "nodes": [{ "kind": "paragraph", "text": text }] })
}

pub(crate) fn task(patient: &str) -> Value {
    json!({
        "resourceType": "Task", "status": "requested", "intent": "order",
        "code": { "text": "look" }, "for": { "reference": format!("Patient/{patient}") },
    })
}

pub(crate) fn create(resource: Value) -> Value {
    json!({ "proposal": 1, "summary": "a test", "changes": [{ "action": "create", "resource": resource }] })
}

pub(crate) fn open(screen: &str, patient: Option<&str>) -> ScreenAsk {
    ScreenAsk {
        departmental: "pathology".parse().unwrap(),
        screen: screen.to_owned(),
        patient: patient.map(|id| id.parse().unwrap()),
        parameters: json!({}),
        at: At::Now,
    }
}

pub(crate) fn submit(release: &Release, key: &str, form: Value) -> SubmitAsk {
    SubmitAsk {
        departmental: release.id.clone(),
        digest: release.digest.clone(),
        screen: "results".to_owned(),
        action: "acknowledge".to_owned(),
        patient: Some("p1".parse().unwrap()),
        form,
        idempotency_key: key.to_owned(),
    }
}

#[test]
fn names_and_digests_by_case() {
    for (text, right) in [
        ("pathology", true),
        ("p-1", true),
        ("", false),
        ("Pathology", false),
        ("a/b", false),
    ] {
        assert_eq!(
            text.parse::<super::DepartmentalId>().is_ok(),
            right,
            "{text:?}"
        );
    }
    assert!("a".repeat(60).parse::<super::DepartmentalId>().is_ok());
    let digest = format!("sha256:{}", "0a".repeat(32));
    for (text, right) in [
        (digest.as_str(), true),
        (&digest.to_uppercase(), false),
        (&digest[1..], false),
        (&digest[..70], false),
    ] {
        assert_eq!(text.parse::<super::Digest>().is_ok(), right, "{text:?}");
    }
}
