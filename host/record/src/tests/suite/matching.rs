//! Who may be whom: found by the index as of any commit, asked about once, decided on what was seen.

use std::collections::BTreeMap;

use fhir::resource::{Key, ResourceType};
use serde_json::{Value, json};

use super::person::wish;
use super::{commit, create, found, on_both, operator, update};
use crate::Record;
use crate::caller::{Caller, Role};
use crate::log::At;
use crate::matching::review::{Decision, ReviewError, State};
use crate::person::Unmerge;
use crate::search::Page;

/// `given family birth sex postcode nhs-number`, `-` for what is not told.
fn patient(line: &str) -> Value {
    let mut told = line.split_whitespace().map(|it| (it != "-").then_some(it));
    let mut next = || told.next().flatten();
    let (given, family, birth, sex) = (next(), next(), next(), next());
    let mut it = json!({
        "resourceType": "Patient",
        "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": sex,
    });
    if let Some(birth) = birth {
        it["birthDate"] = json!(birth);
    }
    if let Some(postcode) = next() {
        it["address"] = json!([{"use": "home", "postalCode": postcode}]);
    }
    if let Some(number) = next() {
        it["identifier"] = json!([{"system": fhir::nhs_number::SYSTEM, "value": number}]);
    }
    it
}

async fn put(record: &Record, id: &str, line: &str) {
    let mut body = patient(line);
    body["id"] = json!(id);
    let key = format!("Patient/{id}").parse().unwrap();
    commit(record, vec![update(&key, body, None)]).await;
}

async fn people(record: &Record) {
    for (id, line) in [
        ("ann", "Ann Hargreaves 1950-03-02 female PR11AA 9990000018"),
        ("ben", "Ben Hargreaves 1979-11-24 male PR11AA -"),
        ("cat", "Catherine Entwistle 1985-07-09 female BB12CD -"),
        ("dan", "Dan Ashworth 1990-01-31 male FY45EF -"),
    ] {
        put(record, id, line).await;
    }
}

#[test]
fn who_is_found_by_what() {
    on_both(|record, _| async move {
        people(&record).await;
        // Whom somebody describes; who is found, with the band.
        let table = "
            Ann Hargreaves 1950-03-02 female PR11AA 9990000018 | ann same
            Ann Hargreaves 1950-03-02 female PR11AA -          | ann same
            Anne Hargreaves 1950-03-02 female PR11AA -         | ann same
            Ann Hargreves 1950-03-02 female PR11AA -           | ann same
            Ann Hargreaves 1950-02-03 female PR11AA -          | ann ask
            Ann Duckworth 1950-03-02 female PR11AA -           | ann ask
            Kate Entwistle 1985-07-09 female BB12CD -          | cat same
            Dan Ashworth 1990-01-31 male LA11ZZ -              | dan ask
            Zofia Nowak 1988-08-08 female LA11ZZ -             | nobody
        ";
        for line in table.lines().filter(|line| !line.trim().is_empty()) {
            let (asked, wanted) = line.split_once('|').unwrap();
            let found = record
                .match_patient(&operator(&record), &patient(asked), 10)
                .await
                .unwrap();
            let told = found.candidates.first().map_or_else(
                || "nobody".to_owned(),
                |it| format!("{} {}", it.stored.key.id, it.waterfall.band.as_str()),
            );
            assert_eq!(told, wanted.trim(), "{line}: {:?}", found.candidates);
        }
        let nothing = patient("Ann - - female - -");
        let why = record
            .match_patient(&operator(&record), &nothing, 10)
            .await
            .unwrap_err();
        assert!(why.to_string().contains("give an NHS number"), "{why}");
        let administrator = Caller::authenticated(
            "a".into(),
            "A".into(),
            Role::TrustAdministrator,
            "RXR".parse().unwrap(),
        );
        assert!(
            record
                .match_patient(&administrator, &nothing, 10)
                .await
                .is_err()
        );
    });
}

async fn tasks(record: &Record) -> usize {
    found(record, "Task?_count=50", &Page::First(At::Now))
        .await
        .matches
        .len()
}

#[test]
fn a_pair_is_asked_about_once_whatever_was_decided() {
    on_both(|record, clock| async move {
        let caller = operator(&record);
        people(&record).await;
        assert!(
            record.match_once().await.unwrap(),
            "begins at the end of what is there"
        );
        assert_eq!(tasks(&record).await, 0);
        put(
            &record,
            "ann2",
            "Anne Hargreaves 1950-03-02 female PR11AA -",
        )
        .await;
        put(&record, "eve", "Eve Nowak 1988-08-08 female LA11ZZ -").await;
        assert!(record.match_once().await.unwrap());
        let (waiting, more) = record.reviews(&caller).await.unwrap();
        assert_eq!((waiting.len(), more), (1, false));
        let pair = &waiting[0];
        assert_eq!(
            (pair.one.id.as_str(), pair.other.id.as_str()),
            ("ann2", "ann")
        );
        let opened = record.open_review(&caller, &pair.task).await.unwrap();
        assert!(opened.waterfall.bits > 10.0);

        let decide = |seen, decision, reason| {
            record.decide_review(&caller, (&pair.task, seen), (decision, reason))
        };
        assert!(matches!(
            decide(pair.seen, Decision::Different, "no").await,
            Err(ReviewError::NoReason)
        ));
        decide(pair.seen, Decision::Later, "").await.unwrap();
        let why = decide(pair.seen, Decision::Different, "rang both of them").await;
        assert!(matches!(why, Err(ReviewError::Changed)), "{why:?}");
        let (waiting, _) = record.reviews(&caller).await.unwrap();
        assert_eq!(waiting[0].state, State::Later);
        decide(waiting[0].seen, Decision::Different, "rang both of them")
            .await
            .unwrap();
        assert!(record.reviews(&caller).await.unwrap().0.is_empty());

        // Either record changes: the pair is compared again, and nobody is asked again.
        clock.advance_ms(1_000);
        put(
            &record,
            "ann2",
            "Anne Hargreaves 1950-03-02 female PR11AB -",
        )
        .await;
        put(
            &record,
            "ann",
            "Ann Hargreaves 1950-03-02 female PR11AB 9990000018",
        )
        .await;
        assert!(record.match_once().await.unwrap());
        assert!(record.reviews(&caller).await.unwrap().0.is_empty());
        assert_eq!(tasks(&record).await, 1);
    });
}

#[test]
fn a_merge_answers_the_question_and_its_undoing_answers_it_otherwise() {
    on_both(|record, _| async move {
        let caller = operator(&record);
        people(&record).await;
        record.match_once().await.unwrap();
        let line = "Anne Hargreaves 1950-03-02 female PR11AA -";
        put(&record, "ann2", line).await;
        record.match_once().await.unwrap();
        let (waiting, _) = record.reviews(&caller).await.unwrap();
        let task = Key::new(ResourceType::TASK, waiting[0].task.clone());
        let decided = async || {
            let stored = record.read(&caller, &task, &At::Now).await.unwrap();
            let body: Value = serde_json::from_str(&stored.body.unwrap()).unwrap();
            let word = body["businessStatus"]["text"].as_str().unwrap().to_owned();
            let open = record.reviews(&caller).await.unwrap().0.len();
            (body["status"].as_str().unwrap().to_owned(), word, open)
        };
        // Whichever of the two stands.
        for (source, target) in [
            ("Patient/ann2", "Patient/ann"),
            ("Patient/ann", "Patient/ann2"),
        ] {
            let done = record.merge(&caller, &wish(source, target)).await.unwrap();
            assert_eq!(decided().await, ("completed".into(), "same".into(), 0));
            let undo = Unmerge {
                event: done.event,
                reason: "two people after all".to_owned(),
                decisions: BTreeMap::new(),
                seen: None,
            };
            let done = record.unmerge(&caller, &undo).await.unwrap();
            assert_eq!(done.task, None, "a question is nobody's to settle");
            assert_eq!(decided().await, ("completed".into(), "different".into(), 0));
            let events = record
                .identity_events(&caller, &target.parse().unwrap())
                .await
                .unwrap();
            assert!(events.iter().all(|it| it.task.is_none()), "{events:?}");
        }
    });
}

#[test]
fn who_was_replaced_or_deleted_is_no_candidate() {
    on_both(|record, _| async move {
        people(&record).await;
        let line = "Ann Hargreaves 1950-03-02 female PR11AA -";
        let mut old = patient(line);
        old["id"] = json!("old");
        old["link"] = json!([{"other": {"reference": "Patient/ann"}, "type": "replaced-by"}]);
        commit(
            &record,
            vec![update(&"Patient/old".parse().unwrap(), old, None)],
        )
        .await;
        let gone = commit(&record, vec![create(patient(line))]).await;
        let key = gone.outcomes[0].key.clone();
        assert_eq!(key.resource_type, ResourceType::PATIENT);
        commit(
            &record,
            vec![crate::proposal::Change::Delete { key, seen: None }],
        )
        .await;
        let found = record
            .match_patient(&operator(&record), &patient(line), 10)
            .await
            .unwrap();
        let ids: Vec<&str> = found
            .candidates
            .iter()
            .map(|it| it.stored.key.id.as_str())
            .collect();
        assert_eq!(ids, ["ann"]);
    });
}
