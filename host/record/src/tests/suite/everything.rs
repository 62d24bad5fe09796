//! Everything about somebody, and the newest of each code.

use fhir::date::{Form, parse};
use fhir::resource::ResourceType;
use serde_json::{Value, json};

use super::{commit, create, found, on_both, operator, query, update};
use crate::caller::{Caller, Role};
use crate::log::{At, T};
use crate::proposal::Change;
use crate::search::Page;
use crate::search::everything::{About, Ask, Everything};
use crate::{Kind, Record, limits};

fn put(value: Value) -> Change {
    let key = format!(
        "{}/{}",
        value["resourceType"].as_str().unwrap(),
        value["id"].as_str().unwrap()
    );
    update(&key.parse().unwrap(), value, None)
}

fn observation(id: &str, patient: &str, date: &str, code: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final", "effectiveDateTime": date,
        "code": {"coding": [{"system": "urn:c", "code": code}]}, "subject": {"reference": format!("Patient/{patient}")},
    })
}

/// Two patients, and what is theirs and nobody's.
async fn two_patients(record: &Record) {
    let of = |patient: &str| json!({"reference": format!("Patient/{patient}")});
    let changes = vec![
        put(json!({"resourceType": "Organization", "id": "o", "name": "o"})),
        put(
            json!({"resourceType": "Practitioner", "id": "d", "name": [{"text": "says \"reference\":\"Patient/b\""}]}),
        ),
        put(json!({"resourceType": "Practitioner", "id": "unasked"})),
        put(
            json!({"resourceType": "Patient", "id": "a", "managingOrganization": {"reference": "Organization/o"}}),
        ),
        put(
            json!({"resourceType": "Patient", "id": "b", "link": [{"other": of("a"), "type": "seealso"}]}),
        ),
        put(json!({
            "resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}, "subject": of("a"),
            "period": {"start": "2020-01-01", "end": "2020-01-05"},
            "participant": [{"individual": {"reference": "Practitioner/d"}}],
        })),
    ];
    commit(record, changes).await;
    let changes = vec![
        put(observation("o1", "a", "2019-06-01", "x")),
        put({
            let mut it = observation("o2", "a", "2020-01-02", "x");
            it["encounter"] = json!({"reference": "Encounter/e"});
            it["performer"] = json!([{"reference": "Practitioner/d"}]);
            it
        }),
        put(observation("o3", "a", "2021-06-01", "y")),
        put({
            let mut it = observation("o4", "b", "2020-01-02", "x");
            it["performer"] = json!([of("a")]);
            it
        }),
        put(json!({
            "resourceType": "AllergyIntolerance", "id": "al", "patient": of("a"), "clinicalStatus": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"
            }]},
        })),
        put(json!({
            "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order", "authoredOn": "2020-01-03",
            "medicationCodeableConcept": {"text": "m"}, "subject": of("a"), "encounter": {"reference": "Encounter/e"},
        })),
    ];
    commit(record, changes).await;
}

fn ask(about: &str) -> Ask {
    let about = match about.split_once('/') {
        Some(("Encounter", id)) => About::Encounter(id.parse().unwrap()),
        Some((_, id)) => About::Patient(id.parse().unwrap()),
        None => About::EveryPatient,
    };
    Ask {
        about,
        at: At::Now,
        from_ms: None,
        until_ms: None,
        since: None,
        types: Vec::new(),
        n_max: None,
        page: None,
    }
}

fn keys(page: &Everything) -> String {
    let ids = |all: &[crate::Stored]| {
        let ids: Vec<String> = all.iter().map(|one| one.key.id.to_string()).collect();
        ids.join(" ")
    };
    format!("{} + {}", ids(&page.matches), ids(&page.included))
}

async fn said(record: &Record, caller: &Caller, ask: &Ask) -> String {
    match record.everything(caller, ask).await {
        Ok(page) => keys(&page),
        Err(why) => format!("{:?}", why.kind()),
    }
}

#[test]
fn everything_by_case() {
    on_both(|record, _| async move {
        two_patients(&record).await;
        let day = |text: &str| parse(text, Form::DateTime).unwrap();
        // About whom; from, until; types, role; the compartment and what it refers to.
        for (about, from, until, types, role, expected) in [
            (
                "Patient/a",
                "",
                "",
                "",
                Role::Operator,
                "a al e m o1 o2 o3 + o d",
            ),
            ("Patient/b", "", "", "", Role::Operator, "b o4 + "),
            ("Patient/nobody", "", "", "", Role::Operator, "NotFound"),
            ("Encounter/nobody", "", "", "", Role::Operator, "NotFound"),
            (
                "Patient/a",
                "2020-01-01",
                "",
                "",
                Role::Operator,
                "a al e m o2 o3 + o d",
            ),
            (
                "Patient/a",
                "",
                "2020-01-04",
                "",
                Role::Operator,
                "a al e m o1 o2 + o d",
            ),
            (
                "Patient/a",
                "2020-01-04",
                "2020-12-31",
                "",
                Role::Operator,
                "a al e + o d",
            ),
            (
                "Patient/a",
                "",
                "",
                "Observation",
                Role::Operator,
                "o1 o2 o3 + ",
            ),
            (
                "Patient/a",
                "",
                "",
                "Observation Practitioner",
                Role::Operator,
                "o1 o2 o3 + d",
            ),
            (
                "Patient/a",
                "",
                "",
                "Patient Observation",
                Role::Operator,
                "a o1 o2 o3 + ",
            ),
            (
                "Patient/a",
                "",
                "",
                "",
                Role::Feed,
                "a al e m o1 o2 o3 + o d",
            ),
            (
                "Patient/a",
                "",
                "",
                "QuestionnaireResponse",
                Role::Feed,
                "Forbidden",
            ),
            (
                "Patient/a",
                "",
                "",
                "",
                Role::TrustAdministrator,
                "Forbidden",
            ),
            (
                "Patient/nobody",
                "",
                "",
                "",
                Role::TrustAdministrator,
                "Forbidden",
            ),
            ("Encounter/e", "", "", "", Role::Operator, "e m o2 + a d"),
            ("Encounter/e", "", "", "Observation", Role::Feed, "o2 + "),
            (
                "",
                "",
                "",
                "",
                Role::Operator,
                "al e m o1 o2 o3 o4 a b + o d",
            ),
            ("", "", "", "Patient", Role::Operator, "a b + "),
        ] {
            let site = "RXR".parse().unwrap();
            let caller = Caller::authenticated("t".into(), "T".into(), role, site);
            let ask = Ask {
                from_ms: Some(from)
                    .filter(|it| !it.is_empty())
                    .map(|it| day(it).low_ms),
                until_ms: Some(until)
                    .filter(|it| !it.is_empty())
                    .map(|it| day(it).high_ms),
                types: types
                    .split_whitespace()
                    .map(|it| it.parse().unwrap())
                    .collect(),
                ..ask(about)
            };
            let row = format!("{about} {from} {until} {types} {role}");
            assert_eq!(said(&record, &caller, &ask).await, expected, "{row}");
        }
    });
}

/// Now, then, and what was committed since.
async fn moments_of_everything(record: &Record, caller: &Caller, then: T) {
    let all = ask("Patient/a");
    assert_eq!(said(record, caller, &all).await, "a al e m o1 o2 o9 + o d");
    let past = Ask {
        at: At::Commit(then),
        ..all.clone()
    };
    assert_eq!(said(record, caller, &past).await, "a al e m o1 o2 o3 + o d");
    let before = Ask {
        at: At::Commit(T(1)),
        ..all.clone()
    };
    assert_eq!(said(record, caller, &before).await, "a e + o d");
    let empty = Ask {
        at: At::Commit(T(0)),
        ..all.clone()
    };
    assert_eq!(said(record, caller, &empty).await, "NotFound");
    let since = Ask {
        since: Some("2026-11-22T09:30:30Z".into()),
        ..all.clone()
    };
    assert_eq!(said(record, caller, &since).await, "o9 + ");
    let odd = Ask {
        since: Some("yesterday".into()),
        ..all.clone()
    };
    assert_eq!(said(record, caller, &odd).await, "Incorrect");
}

#[test]
fn pages_of_everything_stay_at_their_moment() {
    on_both(|record, clock| async move {
        two_patients(&record).await;
        let caller = operator(&record);
        let then = record.current();
        let all = ask("Patient/a");
        let first = Ask {
            n_max: Some(3),
            ..all.clone()
        };
        let page = record.everything(&caller, &first).await.unwrap();
        assert_eq!(keys(&page), "a al e + o d");
        // Written while the pages are turned: none of it is in them.
        clock.advance_ms(60_000);
        commit(
            &record,
            vec![
                put(observation("o9", "a", "2022-01-01", "z")),
                Change::Delete {
                    key: "Observation/o3".parse().unwrap(),
                    seen: None,
                },
                put(json!({"resourceType": "Practitioner", "id": "d", "active": false})),
            ],
        )
        .await;
        let second = Ask {
            page: page.next,
            ..first.clone()
        };
        let page = record.everything(&caller, &second).await.unwrap();
        assert_eq!((keys(&page).as_str(), page.t), ("m o1 o2 + d", then));
        let third = Ask {
            page: page.next,
            ..first.clone()
        };
        let page = record.everything(&caller, &third).await.unwrap();
        assert_eq!((keys(&page).as_str(), page.next), ("o3 + ", None));
        // A cursor is good for its own question only, and for who was given it.
        let others = Ask {
            about: About::Patient("b".parse().unwrap()),
            ..second.clone()
        };
        assert_eq!(said(&record, &caller, &others).await, "Incorrect");
        let somebody = Caller::authenticated(
            "s".into(),
            "S".into(),
            Role::Operator,
            "RXR".parse().unwrap(),
        );
        assert_eq!(said(&record, &somebody, &second).await, "Incorrect");
        moments_of_everything(&record, &caller, then).await;
        // Each reading left its leaf.
        let leaves = record.store().leaves(0, 1_000).await.unwrap();
        let kept = leaves
            .iter()
            .filter(|leaf| leaf.what == "everything" && leaf.about == "Patient/a");
        assert_eq!(kept.count(), 8);
    });
}

#[test]
fn a_patient_with_a_long_history_is_read_whole() {
    on_both(|record, _| async move {
        commit(
            &record,
            vec![put(json!({"resourceType": "Patient", "id": "a"}))],
        )
        .await;
        for chunk in 0..5 {
            let many = (0..1_000).map(|at| {
                let mut it = observation("", "a", "2020-01-01", &format!("c{}", at % 10));
                it.as_object_mut().unwrap().shift_remove("id");
                it["valueInteger"] = json!(chunk * 1_000 + at);
                create(it)
            });
            commit(&record, many.collect()).await;
        }
        let caller = operator(&record);
        let page = record.everything(&caller, &ask("Patient/a")).await.unwrap();
        assert_eq!((page.matches.len(), page.next.is_some()), (5_001, false));
        let mut turned = Vec::new();
        let mut one = Ask {
            n_max: Some(1_999),
            ..ask("Patient/a")
        };
        loop {
            let page = record.everything(&caller, &one).await.unwrap();
            turned.extend(page.matches.iter().map(|one| one.key.clone()));
            one.page = page.next;
            if one.page.is_none() {
                break;
            }
        }
        let whole: Vec<_> = page.matches.iter().map(|one| one.key.clone()).collect();
        assert_eq!(turned, whole);
        let newest = record
            .newest(&caller, &query("Observation?patient=a"), 2, &At::Now)
            .await
            .unwrap();
        assert_eq!(newest.observations.len(), 20);
    });
}

#[test]
fn the_newest_of_each_code() {
    on_both(|record, _| async move {
        two_patients(&record).await;
        let concept = |id: &str, date: &str, code: Value| {
            let mut it = observation(id, "a", date, "");
            it["code"] = code;
            put(it)
        };
        let undated = {
            let mut it = observation("n1", "a", "2020", "x");
            it.as_object_mut()
                .unwrap()
                .shift_remove("effectiveDateTime");
            put(it)
        };
        commit(&record, vec![
            undated,
            concept("w1", "2018-01-01", json!({"text": "Words"})),
            concept("w2", "2018-02-01", json!({"text": "words"})),
            // The same as y, by another system's code as well.
            concept("t1", "2021-01-01", json!({"coding": [{"system": "urn:d", "code": "yy"}, {"system": "urn:c", "code": "y"}]})),
            concept("t2", "2017-01-01", json!({"coding": [{"system": "urn:d", "code": "yy"}]})),
        ]).await;
        let caller = operator(&record);
        for (text, n_max, expected) in [
            ("Observation?patient=a", 1, "o3 o2 w2"),
            ("Observation?subject=Patient/a", 2, "o3 t1 o2 o1 w2 w1"),
            ("Observation?patient=a", 9, "o3 t1 t2 o2 o1 n1 w2 w1"),
            ("Observation?patient=a&code=urn:c|x", 1, "o2"),
            ("Observation?patient=b", 3, "o4"),
            ("Observation?patient=nobody", 3, ""),
        ] {
            let newest = record
                .newest(&caller, &query(text), n_max, &At::Now)
                .await
                .unwrap();
            let ids: Vec<String> = newest
                .observations
                .iter()
                .map(|one| one.key.id.to_string())
                .collect();
            assert_eq!(ids.join(" "), expected, "{text} {n_max}");
        }
        let past = record
            .newest(
                &caller,
                &query("Observation?patient=a"),
                1,
                &At::Commit(T(2)),
            )
            .await
            .unwrap();
        assert_eq!(past.observations.len(), 2);
        let administrator = Caller::authenticated(
            "t".into(),
            "T".into(),
            Role::TrustAdministrator,
            "RXR".parse().unwrap(),
        );
        let no = record
            .newest(&administrator, &query("Observation?patient=a"), 1, &At::Now)
            .await
            .unwrap_err();
        assert_eq!(no.kind(), Kind::Forbidden);
        // The search that it stands on finds as many.
        let all = found(&record, "Observation?patient=a", &Page::First(At::Now)).await;
        assert_eq!(all.matches.len(), 8);
        assert!(limits::LASTN_MAX > 9 && ResourceType::OBSERVATION.as_str() == "Observation");
    });
}
