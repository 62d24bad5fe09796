//! Merges of people and their undoing: what moves, what comes back byte for byte, and what is put to a person.
//!
//! Invariant: after every step the record is whole, and nothing of it is lost.

mod refusal;
mod sequence;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fhir::resource::Key;
use serde_json::{Value, json};

use crate::Record;
use crate::caller::{Caller, Role};
use crate::clock::Written;
use crate::log::{At, T};
use crate::person::{Done, Merge, Parting, PersonError, Settle, Side, Unmerge, Was};
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::search::everything::{About, Ask};
use crate::tests::suite::{NOON_MS, commit, found, grounds, on_both, operator, runtime, update};
use crate::verify::verify;

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn put(value: Value) -> Change {
    let name = format!(
        "{}/{}",
        value["resourceType"].as_str().unwrap(),
        value["id"].as_str().unwrap()
    );
    update(&key(&name), value, None)
}

fn to(of: &str) -> Value {
    json!({ "reference": of })
}

fn clinician() -> Caller {
    Caller::authenticated(
        "registrar".into(),
        "Dr Amara Osei".into(),
        Role::Clinician,
        "RXR".parse().unwrap(),
    )
}

fn person(id: &str, number: &str) -> Value {
    json!({ "resourceType": "Patient", "id": id, "birthDate": "1961-04-30", "gender": "female",
        "identifier": [{ "system": "urn:pas", "value": number }],
        "name": [{ "family": "Okafor", "given": ["Grace"] }] })
}

fn measured(id: &str, of: &str, value: &str) -> Value {
    let value: Value = serde_json::from_str(value).unwrap();
    json!({ "resourceType": "Observation", "id": id, "status": "final", "subject": to(of),
        "code": { "coding": [{ "system": "http://loinc.org", "code": "2160-0" }] },
        "effectiveDateTime": "2026-02-01", "valueQuantity": { "value": value, "unit": "umol/L" } })
}

/// Two records of one person, a third person, and references in every direction.
async fn two_records(record: &Record) {
    let twice = json!({ "resourceType": "Condition", "id": "c1", "meta": { "tag": [{ "system": "urn:t", "code": "own" }] },
        "subject": to("Patient/anne"), "asserter": to("Patient/anne"), "encounter": to("Encounter/e1"),
        "extension": [{ "url": "urn:x", "valueReference": to("Patient/anne") }] });
    let questions = json!({ "resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed",
        "questionnaire": "urn:palatine:example:form|1", "subject": to("Patient/anne"), "author": to("Patient/ann"),
        "item": [{ "linkId": "1", "answer": [{ "valueDecimal": 1.50 }] }] });
    let changes = vec![
        person("anne", "A1"),
        person("ann", "A2"),
        person("ben", "B1"),
        json!({ "resourceType": "Encounter", "id": "e1", "status": "finished", "class": { "code": "AMB" }, "subject": to("Patient/anne") }),
        measured("o1", "Patient/anne", "80.50"),
        measured("o2", "Patient/ann", "91"),
        measured("o3", "Patient/ben", "70"),
        twice,
        questions,
        json!({ "resourceType": "List", "id": "l1", "status": "current", "mode": "working",
            "entry": [{ "item": to("Patient/anne") }, { "item": to("Observation/o3") }, { "item": to("Patient/ann") }] }),
        json!({ "resourceType": "Procedure", "id": "p1", "status": "completed", "subject": to("Patient/ben"),
            "performer": [{ "actor": to("Patient/anne") }] }),
    ];
    commit(record, changes.into_iter().map(put).collect()).await;
}

pub(super) fn wish(source: &str, target: &str) -> Merge {
    Merge {
        source: key(source),
        target: key(target),
        reason: "one person, registered twice".to_owned(),
        evidence: Some("wristband and driving licence".to_owned()),
        stands: None,
        accepted: BTreeSet::new(),
        seen: None,
        message: None,
    }
}

fn undo(event: &Key, decisions: &[(&str, Side)]) -> Unmerge {
    Unmerge {
        event: event.clone(),
        reason: "two people after all".to_owned(),
        decisions: decisions
            .iter()
            .map(|(name, side)| (key(name), *side))
            .collect(),
        seen: None,
    }
}

/// A body without what every version has its own of.
fn content(body: &str) -> String {
    let mut value: Value = serde_json::from_str(body).unwrap();
    let meta = value["meta"].as_object_mut().unwrap();
    meta.shift_remove("versionId");
    meta.shift_remove("lastUpdated");
    value.to_string()
}

/// Everything that is about anybody, byte for byte, but for evidence.
async fn all(record: &Record) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for of in [
        "Patient",
        "Encounter",
        "Observation",
        "Condition",
        "QuestionnaireResponse",
        "List",
        "Procedure",
        "Task",
    ] {
        let here = found(record, &format!("{of}?_count=1000"), &Page::First(At::Now)).await;
        for stored in here.matches {
            all.insert(
                stored.key.to_string(),
                content(stored.body.as_deref().unwrap()),
            );
        }
    }
    all
}

async fn text_of(record: &Record, name: &str) -> Value {
    let stored = record
        .read(&operator(record), &key(name), &At::Now)
        .await
        .unwrap();
    serde_json::from_str(stored.body.as_deref().unwrap()).unwrap()
}

async fn ids(record: &Record, search: &str, at: At) -> String {
    let here = found(record, search, &Page::First(at)).await;
    let mut ids: Vec<String> = here
        .matches
        .iter()
        .map(|it| it.key.id.to_string())
        .collect();
    ids.sort();
    ids.join(" ")
}

async fn everything(record: &Record, of: &str, at: At) -> String {
    let ask = Ask {
        about: About::Patient(of.parse().unwrap()),
        at,
        from_ms: None,
        until_ms: None,
        since: None,
        types: Vec::new(),
        n_max: None,
        page: None,
    };
    let page = record.everything(&operator(record), &ask).await.unwrap();
    let evidence = |it: &&crate::Stored| it.key.resource_type.as_str() != "Provenance";
    let mut keys: Vec<String> = page
        .matches
        .iter()
        .filter(evidence)
        .map(|it| it.key.id.to_string())
        .collect();
    keys.sort();
    keys.join(" ")
}

async fn merged(record: &Record, source: &str, target: &str) -> Done {
    record
        .merge(&clinician(), &wish(source, target))
        .await
        .unwrap()
}

#[test]
fn a_merge_moves_everything_and_its_undoing_restores_it_byte_for_byte() {
    on_both(|record, clock| async move {
        two_records(&record).await;
        let before = all(&record).await;
        let then = record.current();
        clock.advance_ms(60_000);
        let done = merged(&record, "Patient/anne", "Patient/ann").await;
        assert_eq!(done.moved, 6, "two by reference from elsewhere");
        is_at_the_one_who_stands(&record, then).await;
        event_says_who_and_why(&record).await;

        clock.advance_ms(60_000);
        let parting = record.parting(&clinician(), &done.event).await.unwrap();
        assert_eq!(parting.going_back.values().sum::<usize>(), 6);
        assert!(parting.later.is_empty(), "{:?}", parting.later);
        let undone = record
            .unmerge(&clinician(), &undo(&done.event, &[]))
            .await
            .unwrap();
        assert_eq!(undone.task, None);
        assert_eq!(all(&record).await, before);
        assert_eq!(
            everything(&record, "anne", At::Now).await,
            "anne c1 e1 o1 q1"
        );
        let again = record.unmerge(&clinician(), &undo(&done.event, &[])).await;
        assert!(
            matches!(again, Err(PersonError::UndoneBefore { .. })),
            "{again:?}"
        );
        let events = record
            .identity_events(&clinician(), &key("Patient/ann"))
            .await
            .unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[1].undone, Some(undone.t));
    });
}

/// What was of two is found with the one who stands, and as of before with whoever it was of.
async fn is_at_the_one_who_stands(record: &Record, then: T) {
    let table = [
        ("Observation?patient=ann", "o1 o2"),
        ("Observation?patient=anne", ""),
        ("Observation?subject=Patient/ann&code=2160-0", "o1 o2"),
        ("Condition?patient=ann", "c1"),
        ("Condition?asserter=Patient/ann", "c1"),
        ("QuestionnaireResponse?author=Patient/ann", "q1"),
        ("Procedure?performer=Patient/ann", "p1"),
        ("Procedure?performer=Patient/anne", ""),
        ("List?item=Patient/anne", ""),
        ("Patient?identifier=urn:pas|A1", "ann anne"),
        ("Patient?identifier=urn:pas|A1&active=false", "anne"),
        ("Patient?link=Patient/anne", "ann"),
        ("Patient?_tag=urn:palatine:identity|merged", "anne"),
    ];
    for (search, expected) in table {
        assert_eq!(ids(record, search, At::Now).await, expected, "{search}");
    }
    assert_eq!(
        ids(record, "Observation?patient=anne", At::Commit(then)).await,
        "o1"
    );
    assert_eq!(
        everything(record, "ann", At::Now).await,
        "ann c1 e1 o1 o2 q1"
    );
    assert_eq!(everything(record, "anne", At::Now).await, "anne");
    assert_eq!(
        everything(record, "anne", At::Commit(then)).await,
        "anne c1 e1 o1 q1"
    );
    let ann = text_of(record, "Patient/ann").await;
    assert_eq!(
        ann["identifier"][1],
        json!({ "system": "urn:pas", "value": "A1", "use": "old" })
    );
    assert_eq!(ann["link"][0]["type"], "replaces");
    assert_eq!(
        text_of(record, "Condition/c1").await["extension"][0]["valueReference"],
        to("Patient/ann")
    );
    let survivor = record
        .survivor(&key("Patient/anne"), &At::Now)
        .await
        .unwrap();
    assert_eq!(
        (survivor.person, survivor.through),
        (key("Patient/ann"), vec![key("Patient/anne")])
    );
}

async fn event_says_who_and_why(record: &Record) {
    let events = record
        .identity_events(&clinician(), &key("Patient/anne"))
        .await
        .unwrap();
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (event.by.as_str(), event.reason.as_str()),
        ("Dr Amara Osei", "one person, registered twice")
    );
    assert_eq!(
        event.evidence.as_deref(),
        Some("wristband and driving licence")
    );
    assert_eq!(event.moved, 6);
}

/// What is written while the two are one, whose a person says it is, and what each has afterwards.
#[test]
fn what_came_later_is_put_to_a_person() {
    on_both(|record, clock| async move {
        two_records(&record).await;
        let before = all(&record).await;
        let done = merged(&record, "Patient/anne", "Patient/ann").await;
        clock.advance_ms(60_000);
        written_while_they_are_one(&record).await;
        let parting = record.parting(&clinician(), &done.event).await.unwrap();
        later_is_listed(&parting);

        let decisions = [
            ("Observation/n1", Side::Source),
            ("Observation/n2", Side::Target),
            ("Observation/o1", Side::Target),
            ("Condition/c1", Side::Source),
        ];
        let parted = record
            .unmerge(&clinician(), &undo(&done.event, &decisions))
            .await
            .unwrap();
        let task = parted.task.unwrap();
        each_has_their_own(&record, &before).await;
        let (_, open) = record.unsettled(&clinician(), &task).await.unwrap();
        let open: Vec<String> = open.iter().map(|it| it.key.to_string()).collect();
        assert_eq!(open, ["List/l2", "Observation/n3", "Observation/o2"]);

        settled_in_two_steps(&record, &task, &before).await;
    });
}

async fn written_while_they_are_one(record: &Record) {
    let changed = |id: &str, value: &str| measured(id, "Patient/ann", value);
    let later = vec![
        changed("n1", "1"),
        changed("n2", "2"),
        changed("n3", "3"),
        changed("o1", "81"),
        changed("o2", "92"),
        json!({ "resourceType": "List", "id": "l2", "status": "current", "mode": "working", "entry": [{ "item": to("Patient/ann") }] }),
    ];
    commit(record, later.into_iter().map(put).collect()).await;
    let ended = Change::Delete {
        key: key("Condition/c1"),
        seen: None,
    };
    commit(record, vec![ended]).await;
}

fn later_is_listed(parting: &Parting) {
    let listed: BTreeMap<String, Was> = parting
        .later
        .iter()
        .map(|it| (it.key.to_string(), it.was))
        .collect();
    let expected = [
        ("Condition/c1", Was::OfSource),
        ("List/l2", Was::New),
        ("Observation/n1", Was::New),
        ("Observation/n2", Was::New),
        ("Observation/n3", Was::New),
        ("Observation/o1", Was::OfSource),
        ("Observation/o2", Was::OfTarget),
    ];
    assert_eq!(
        listed,
        expected
            .into_iter()
            .map(|(name, was)| (name.to_owned(), was))
            .collect()
    );
}

/// What a person decided about, what is put aside and what was never in doubt.
async fn each_has_their_own(record: &Record, before: &BTreeMap<String, String>) {
    let now = all(record).await;
    for same in [
        "Patient/ann",
        "Patient/anne",
        "Encounter/e1",
        "QuestionnaireResponse/q1",
        "List/l1",
        "Procedure/p1",
    ] {
        assert_eq!(now.get(same), before.get(same), "{same}");
    }
    for same in ["Observation/o1", "Condition/c1"] {
        assert_eq!(
            now.get(same),
            before.get(same),
            "{same} is what its owner had"
        );
    }
    assert_eq!(
        ids(record, "Observation?patient=anne", At::Now).await,
        "n1 o1"
    );
    assert_eq!(
        ids(
            record,
            "Observation?_tag=urn:palatine:identity|undecided",
            At::Now
        )
        .await,
        "n3 o2"
    );
    assert_eq!(
        ids(record, "Observation?patient=ann&value-quantity=81", At::Now)
            .await
            .len(),
        26,
        "a copy of the later content"
    );
}

async fn settled_in_two_steps(record: &Record, task: &Key, before: &BTreeMap<String, String>) {
    let settle = |decisions: &[(&str, Side)]| Settle {
        task: task.clone(),
        reason: None,
        decisions: decisions
            .iter()
            .map(|(name, side)| (key(name), *side))
            .collect(),
    };
    let first = settle(&[("Observation/n3", Side::Source), ("List/l2", Side::Source)]);
    let done = record.settle(&clinician(), &first).await.unwrap();
    assert_eq!(done.task.as_ref(), Some(task));
    let twice = record.settle(&clinician(), &first).await;
    assert!(
        matches!(twice, Err(PersonError::NotToDecide { .. })),
        "{twice:?}"
    );
    let last = record
        .settle(&clinician(), &settle(&[("Observation/o2", Side::Source)]))
        .await
        .unwrap();
    assert_eq!(last.task, None);
    assert_eq!(
        text_of(record, &task.to_string()).await["status"],
        "completed"
    );
    assert_eq!(
        ids(record, "List?item=Patient/anne", At::Now).await,
        "l1 l2"
    );
    assert_eq!(
        all(record).await.get("Observation/o2"),
        before.get("Observation/o2")
    );
    assert_eq!(
        ids(
            record,
            "Observation?patient=anne&value-quantity=92",
            At::Now
        )
        .await
        .len(),
        26
    );
    assert_eq!(
        ids(
            record,
            "Observation?_tag=urn:palatine:identity|undecided",
            At::Now
        )
        .await,
        ""
    );
}

/// The details of the person who stood may have been changed for either.
#[test]
fn later_details_of_the_one_who_stood() {
    on_both(|record, _| async move {
        two_records(&record).await;
        let before = all(&record).await;
        for (side, married) in [
            (Some(Side::Target), "ann"),
            (Some(Side::Source), "anne"),
            (None, "ann"),
        ] {
            let done = merged(&record, "Patient/anne", "Patient/ann").await;
            let mut ann = text_of(&record, "Patient/ann").await;
            ann["name"][0]["family"] = json!("Married");
            commit(&record, vec![put(ann)]).await;
            let decisions: Vec<(&str, Side)> =
                side.map(|side| ("Patient/ann", side)).into_iter().collect();
            let parted = record
                .unmerge(&clinician(), &undo(&done.event, &decisions))
                .await
                .unwrap();
            assert_eq!(
                ids(&record, "Patient?family=married", At::Now).await,
                married
            );
            assert_eq!(parted.task.is_some(), side.is_none());
            for (name, number) in [("ann", "A2"), ("anne", "A1")] {
                let found = format!("Patient?identifier=urn:pas|{number}");
                assert_eq!(ids(&record, &found, At::Now).await, name);
            }
            if let Some(task) = parted.task {
                let decisions = BTreeMap::from([(key("Patient/ann"), Side::Source)]);
                let settle = Settle {
                    task,
                    reason: Some("she said so".to_owned()),
                    decisions,
                };
                record.settle(&clinician(), &settle).await.unwrap();
                assert_eq!(
                    ids(&record, "Patient?family=married", At::Now).await,
                    "anne"
                );
            }
            let back: Vec<Change> = ["Patient/ann", "Patient/anne"]
                .iter()
                .map(|name| {
                    let mut body: Value = serde_json::from_str(&before[*name]).unwrap();
                    body.as_object_mut().unwrap().shift_remove("meta");
                    put(body)
                })
                .collect();
            commit(&record, back).await;
            assert_eq!(
                ids(&record, "Patient?_tag=urn:palatine:identity|", At::Now).await,
                ""
            );
        }
    });
}

/// Opens a record on each database, and looks it through when the test is done.
fn whole_on_both<F: Future<Output = ()>>(test: impl Fn(Record, Arc<Written>) -> F) {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let clock = Arc::new(Written::at_ms(NOON_MS));
            let record = Record::open(&ground.place, clock.clone()).await.unwrap();
            test(record.clone(), clock).await;
            record.close().await;
            let verdict = verify(&ground.place, &mut |_| {}).await.unwrap();
            assert_eq!(verdict.findings, [], "on {}", ground.name);
        });
    }
}

async fn refused(record: &Record, changes: Vec<Change>) -> String {
    let tried = record.commit(&clinician(), Proposal::direct(changes)).await;
    tried.map_or_else(|why| why.to_string(), |_| "done".to_owned())
}
