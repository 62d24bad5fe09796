//! Search parameters that operators add: every kind, before and after reindexing, at earlier commits, and to their end.
//!
//! Invariant: after each story the record is whole, rows of added parameters included.

use std::sync::Arc;

use fhir::query::Query;
use serde_json::{Value, json};

use crate::backup::{Wanted, backup, restore};
use crate::clock::Written;
use crate::commit::CommitError;
use crate::log::{At, T};
use crate::proposal::{Change, Proposal};
use crate::search::{Found, Page};
use crate::store::Place;
use crate::tests::suite::{
    NOON_MS, commit, create, grounds, on_both, operator, resource, runtime, update,
};
use crate::verify::verify;
use crate::{Kind, ReadError, Record, limits};

async fn open(place: &Place) -> Record {
    Record::open(place, Arc::new(Written::at_ms(NOON_MS)))
        .await
        .unwrap()
}

async fn check_whole(place: &Place) {
    let verdict = verify(place, &mut |_| {}).await.unwrap();
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
}

/// Runs a story on each database, and looks the record through while it is open.
fn on_places<F: Future<Output = ()>>(story: impl Fn(Record, Place) -> F) {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let record = open(&ground.place).await;
            story(record.clone(), ground.place.clone()).await;
            check_whole(&ground.place).await;
            record.close().await;
        });
    }
}

fn put(id: &str, mut value: Value) -> Change {
    value["id"] = json!(id);
    let key = format!("{}/{id}", value["resourceType"].as_str().unwrap());
    update(&key.parse().unwrap(), value, None)
}

fn delete(key: &str) -> Change {
    let key = key.parse().unwrap();
    Change::Delete { key, seen: None }
}

fn parameter(code: &str, kind: &str, expression: &str) -> Value {
    json!({
        "resourceType": "SearchParameter", "url": format!("urn:parameter:{code}"), "name": "Added", "status": "active",
        "description": "added", "code": code, "base": ["Patient"], "type": kind, "expression": expression,
    })
}

fn extension(code: &str, kind: &str) -> Value {
    let expression = format!("Patient.extension.where(url = 'urn:{code}').value");
    parameter(code, kind, &expression)
}

/// One parameter of each kind.
fn parameters() -> Vec<Change> {
    let mut worker = extension("worker", "reference");
    worker["target"] = json!(["Practitioner"]);
    let all = [
        extension("eye", "token"),
        parameter(
            "nick",
            "string",
            "Patient.name.where(use = 'nickname').given",
        ),
        extension("moved", "date"),
        extension("shoe", "number"),
        extension("height", "quantity"),
        worker,
        extension("page", "uri"),
    ];
    let each = all.into_iter().map(|it| {
        let id = format!("p-{}", it["code"].as_str().unwrap());
        put(&id, it)
    });
    each.collect()
}

struct Person(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    f64,
    u32,
    &'static str,
);

fn person(it: &Person) -> Change {
    let Person(id, eye, nick, moved, shoe, height, worker) = it;
    let value = json!({
        "resourceType": "Patient",
        "name": [{ "family": "Hill" }, { "use": "nickname", "given": [nick] }],
        "extension": [
            { "url": "urn:eye", "valueCode": eye },
            { "url": "urn:moved", "valueDate": moved },
            { "url": "urn:shoe", "valueDecimal": shoe },
            { "url": "urn:height", "valueQuantity": { "value": height, "unit": "cm" } },
            { "url": "urn:worker", "valueReference": { "reference": format!("Practitioner/{worker}") } },
            { "url": "urn:page", "valueUri": format!("urn:p:{id}") },
        ],
    });
    put(id, value)
}

const ANNE: Person = Person("anne", "green", "Nan", "2020-05-01", 38.5, 170, "jo");
const BEN: Person = Person("ben", "brown", "Bénji", "2021", 44.0, 185, "kit");

/// Five commits before any parameter: anne's eyes were blue, cy was there and is not.
async fn ward(record: &Record) {
    let practitioner = |id: &str, family: &str| {
        put(
            id,
            json!({ "resourceType": "Practitioner", "name": [{ "family": family }] }),
        )
    };
    let before = Person("anne", "blue", "Nan", "2020-05-01", 38.5, 170, "kit");
    let first = vec![
        practitioner("jo", "Jay"),
        practitioner("kit", "Kite"),
        person(&before),
    ];
    commit(record, first).await;
    let cy = Person("cy", "grey", "Cyg", "2019", 40.0, 160, "jo");
    commit(record, vec![person(&cy), person(&BEN)]).await;
    commit(record, vec![person(&ANNE)]).await;
    commit(record, vec![delete("Patient/cy")]).await;
    let dora = json!({ "resourceType": "Patient", "name": [{ "family": "Dale" }] });
    commit(record, vec![put("dora", dora)]).await;
}

async fn asked(record: &Record, text: &str, at: At) -> Result<Found, ReadError> {
    let (of, rest) = text.split_once('?').unwrap();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(rest.as_bytes())
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let known = record.known_parameters().await.unwrap();
    let query = Query::parse_among(&known, of.parse().unwrap(), &pairs);
    let query = query.map_err(|why| ReadError::Unreadable {
        what: why.to_string(),
    })?;
    record
        .search(&operator(record), &query, &Page::First(at))
        .await
}

fn ids(found: &[crate::Stored]) -> String {
    let ids: Vec<&str> = found.iter().map(|it| it.key.id.as_str()).collect();
    ids.join(" ")
}

/// Rows of `commit | search | ids`; no commit: now.
async fn check(record: &Record, table: &str) {
    for line in table.lines().filter(|line| line.contains('?')) {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [at, search, expected] = cells.as_slice() else {
            panic!("{line}");
        };
        let at = at.parse().map_or(At::Now, |t| At::Commit(T(t)));
        let found = asked(record, search, at).await;
        let found = found.unwrap_or_else(|why| panic!("{line}: {why}"));
        let mut said = ids(&found.matches);
        if !found.included.is_empty() {
            said = format!("{said} + {}", ids(&found.included));
        }
        assert_eq!(said, *expected, "{line}");
    }
}

/// What is to be found once everything is indexed; `ward` and nothing after it.
const FOUND: &str = "
      | Patient?eye=green                                | anne
      | Patient?eye=green,brown                          | anne ben
      | Patient?eye:not=green                            | ben dora
      | Patient?eye:missing=true                         | dora
      | Patient?eye=grey                                 | -
      | Patient?eye=blue                                 | -
      | Patient?nick=na                                  | anne
      | Patient?nick:exact=Bénji                         | ben
      | Patient?nick:contains=enj                        | ben
      | Patient?nick:missing=true                        | dora
      | Patient?moved=2020-05                            | anne
      | Patient?moved=gt2020-12-31                       | ben
      | Patient?moved=lt2020-12-31                       | anne
      | Patient?shoe=38.5                                | anne
      | Patient?shoe=ge40                                | ben
      | Patient?shoe:missing=true                        | dora
      | Patient?height=gt175||cm                         | ben
      | Patient?height=170                               | anne
      | Patient?worker=Practitioner/jo                   | anne
      | Patient?worker:Practitioner=kit                  | ben
      | Patient?worker:missing=true                      | dora
      | Patient?worker.family=kite                       | ben
      | Practitioner?_has:Patient:worker:eye=green       | jo
      | Practitioner?_has:Patient:worker:eye=grey        | -
      | Patient?page=urn:p:anne                          | anne
      | Patient?eye=green&shoe=lt40&nick=nan             | anne
      | Patient?_filter=eye eq brown or shoe lt 39       | anne ben
      | Patient?eye:missing=false&_sort=-moved           | ben anne
      | Patient?eye:missing=false&_sort=shoe             | anne ben
      | Patient?eye:missing=false&_sort=-nick            | anne ben
      | Patient?eye=green&_include=Patient:worker        | anne + jo
      | Practitioner?_id=kit&_revinclude=Patient:worker  | kit + ben
      | Practitioner?_id=jo&_revinclude=Patient:*        | jo + anne
    1 | Patient?eye=blue                                 | anne
    1 | Patient?eye=green                                | -
    2 | Patient?eye=grey                                 | cy
    2 | Patient?worker=Practitioner/kit                  | anne ben
    3 | Patient?eye=blue                                 | -
    3 | Patient?worker.family=jay                        | anne cy
    3 | Patient?moved=le2020                             | anne cy
    4 | Patient?eye=grey                                 | -
    4 | Patient?eye:missing=true                         | -
";

fn found_table() -> String {
    FOUND.replace("| -\n", "| \n")
}

#[test]
fn what_was_written_before_is_found_once_it_is_reindexed_and_at_every_commit() {
    on_places(|record, place| async move {
        ward(&record).await;
        let unknown = asked(&record, "Patient?eye=green", At::Now).await;
        assert_eq!(unknown.unwrap_err().kind(), Kind::Incorrect);
        commit(&record, parameters()).await;
        for search in [
            "Patient?eye=green",
            "Patient?_sort=moved",
            "Patient?worker.family=kite",
            "Practitioner?_has:Patient:worker:family=hill",
            "Patient?family=hill&_include=Patient:worker",
            "Patient?_filter=shoe gt 1",
            "Patient?birthdate=1950&eye:missing=true",
        ] {
            let why = asked(&record, search, At::Now).await.unwrap_err();
            assert_eq!(why.kind(), Kind::Busy, "{search}");
            assert!(why.to_string().contains("up to commit 0 of 6"), "{why}");
        }
        check_whole(&place).await;
        assert!(record.reindex_once().await.unwrap());
        check(&record, &found_table()).await;
        // Nothing is left to do, and doing it again changes nothing.
        assert!(record.reindexed().await.is_empty());
        assert!(record.reindex_once().await.unwrap());
        check(&record, &found_table()).await;
    });
}

#[test]
fn changes_and_deletions_count_while_it_is_reindexed_and_afterwards() {
    on_places(|record, place| async move {
        ward(&record).await;
        commit(&record, parameters()).await;
        // Commit 7 is before any step: what it ends and keeps began before the parameter did.
        let red = Person("anne", "red", "Nan", "2020-05-01", 38.5, 170, "jo");
        let eve = Person("eve", "green", "Evie", "2022", 36.0, 150, "kit");
        commit(&record, vec![person(&red), person(&eve)]).await;
        check_whole(&place).await;
        assert!(record.reindex_one_step().await.unwrap());
        commit(&record, vec![delete("Patient/ben"), person(&ANNE)]).await;
        check_whole(&place).await;
        assert!(record.reindex_once().await.unwrap());
        check_whole(&place).await;
        let table = "
              | Patient?eye=green                   | anne eve
              | Patient?eye=red,blue,brown          |
              | Patient?shoe=38.5                   | anne
              | Patient?worker=Practitioner/kit     | eve
            7 | Patient?eye=red                     | anne
            7 | Patient?eye=brown                   | ben
            7 | Patient?nick=nan                    | anne
            7 | Patient?worker=Practitioner/jo      | anne
            6 | Patient?eye=green                   | anne
            1 | Patient?eye=blue                    | anne
        ";
        let table = table.replace(" |\n", " | \n");
        check(&record, &table).await;
        commit(&record, vec![delete("Patient/eve")]).await;
        let blue = Person("anne", "blue", "Nan", "2020-05-01", 38.5, 170, "jo");
        commit(&record, vec![person(&blue)]).await;
        check(
            &record,
            " | Patient?eye=green | \n | Patient?eye=blue | anne\n8 | Patient?eye=green | anne eve",
        )
        .await;
    });
}

#[test]
fn a_host_that_dies_in_the_middle_leaves_the_rest_to_the_next() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let record = open(&ground.place).await;
            for batch in 0..3 {
                let many = (0..limits::REINDEX_RESOURCES / 2 + 1).map(|n| {
                    let eye = if n % 2 == 0 { "green" } else { "brown" };
                    create(
                        json!({ "resourceType": "Patient", "birthDate": format!("200{batch}"),
                        "extension": [{ "url": "urn:eye", "valueCode": eye }] }),
                    )
                });
                commit(&record, many.collect()).await;
            }
            commit(&record, vec![put("p-eye", extension("eye", "token"))]).await;
            for done in 1..=3 {
                // A step of another host, or of this one before it was started anew.
                let record = match done {
                    1 => record.clone(),
                    _ => open(&ground.place).await,
                };
                assert!(record.reindex_one_step().await.unwrap(), "step {done}");
                let why = asked(&record, "Patient?eye=green", At::Now).await;
                let at = record.reindexed().await;
                match at.as_slice() {
                    [(_, upto, of)] => {
                        assert_eq!((upto.0, of.0), (done, 4), "{}", ground.name);
                        let why = why.unwrap_err().to_string();
                        let words = format!("up to commit {done} of 4");
                        assert!(why.contains(&words), "{why}");
                    }
                    _ => assert_eq!(done, 3, "{}: {at:?}", ground.name),
                }
                check_whole(&ground.place).await;
                record.close().await;
            }
            let record = open(&ground.place).await;
            assert!(record.reindex_once().await.unwrap());
            let found = asked(&record, "Patient?eye=green&_summary=count", At::Now).await;
            let each = limits::REINDEX_RESOURCES.div_ceil(2) / 2 + 1;
            assert_eq!(found.unwrap().total, Some(3 * each as u64));
            record.close().await;
            check_whole(&ground.place).await;
        });
    }
}

#[test]
fn what_is_retired_changed_or_deleted_ends_and_what_comes_back_is_indexed_anew() {
    on_places(|record, place| async move {
        ward(&record).await;
        commit(&record, vec![put("p-eye", extension("eye", "token"))]).await;
        record.reindex_once().await.unwrap();
        check(&record, " | Patient?eye=green | anne").await;
        let known = record.known_parameters().await.unwrap();
        let old = Query::parse_among(
            &known,
            "Patient".parse().unwrap(),
            &[("eye".to_owned(), "green".to_owned())],
        )
        .unwrap();
        // Other words about it change nothing.
        let mut said = extension("eye", "token");
        said["description"] = json!("the colour of the eyes");
        commit(&record, vec![put("p-eye", said.clone())]).await;
        check(&record, " | Patient?eye=green | anne").await;
        said["status"] = json!("retired");
        commit(&record, vec![put("p-eye", said)]).await;
        let why = asked(&record, "Patient?eye=green", At::Now)
            .await
            .unwrap_err();
        assert!(
            why.to_string().contains("has no search parameter `eye`"),
            "{why}"
        );
        let held = record
            .search(&operator(&record), &old, &Page::First(At::Now))
            .await;
        assert!(held.unwrap_err().to_string().contains("has ended"));
        // What is written meanwhile is not indexed by it, and has to be when it comes back.
        let red = Person("anne", "red", "Nan", "2020-05-01", 38.5, 170, "jo");
        commit(&record, vec![person(&red)]).await;
        check_whole(&place).await;
        commit(&record, vec![put("p-eye", extension("eye", "token"))]).await;
        let why = asked(&record, "Patient?eye=green", At::Now)
            .await
            .unwrap_err();
        assert_eq!(why.kind(), Kind::Busy, "{why}");
        record.reindex_once().await.unwrap();
        check(
            &record,
            " | Patient?eye=green | \n | Patient?eye=red | anne\n5 | Patient?eye=green | anne",
        )
        .await;
        // Another expression is another parameter.
        let other = parameter("eye", "token", "Patient.name.where(use = 'nickname').given");
        commit(&record, vec![put("p-eye", other)]).await;
        assert!(asked(&record, "Patient?eye=red", At::Now).await.is_err());
        record.reindex_once().await.unwrap();
        check(&record, " | Patient?eye=red | \n | Patient?eye=Nan | anne").await;
        commit(&record, vec![delete("SearchParameter/p-eye")]).await;
        assert!(asked(&record, "Patient?eye=Nan", At::Now).await.is_err());
    });
}

#[test]
fn what_cannot_be_searched_by_is_refused_with_its_place() {
    on_both(|record, _| async move {
        let change = |f: &dyn Fn(&mut Value)| {
            let mut value = extension("eye", "token");
            f(&mut value);
            create(value)
        };
        commit(&record, vec![create(extension("taken", "token"))]).await;
        let table: Vec<(&str, Vec<Change>)> = vec![
            (
                "SearchParameter.code",
                vec![change(&|it| it["code"] = json!("birthdate"))],
            ),
            (
                "SearchParameter.code",
                vec![change(&|it| it["code"] = json!("taken"))],
            ),
            (
                "SearchParameter.code",
                vec![change(&|_| {}), change(&|_| {})],
            ),
            (
                "SearchParameter.expression",
                vec![change(&|it| it["expression"] = json!("Patient.name["))],
            ),
            (
                "SearchParameter.base[0]",
                vec![change(&|it| it["base"] = json!(["DomainResource"]))],
            ),
            (
                "SearchParameter.type",
                vec![change(&|it| it["type"] = json!("special"))],
            ),
            (
                "SearchParameter.target",
                vec![change(&|it| it["type"] = json!("reference"))],
            ),
        ];
        for (place, changes) in table {
            let refused = record
                .commit(&operator(&record), Proposal::direct(changes))
                .await;
            let Err(CommitError::Invalid { issues, .. }) = refused else {
                panic!("{place}: {refused:?}");
            };
            assert_eq!(issues[0].expression.as_deref(), Some(place), "{issues:?}");
        }
        // What is a draft is kept, whatever it says, and a mark that its author put on it counts for nothing.
        let draft = change(&|it| {
            it["status"] = json!("draft");
            it["code"] = json!("birthdate");
            it["meta"] = json!({ "tag": [{ "system": "urn:palatine:search-parameter", "code": "indexed" }] });
        });
        commit(&record, vec![draft]).await;
        let all = record.known_parameters().await.unwrap();
        assert!(all.find("Patient".parse().unwrap(), "taken").is_some());
        assert_eq!(record.reindexed().await.len(), 1);
        // Whoever changes the one that has the name, keeps it; another may have it once that one is retired.
        let mut retired = extension("late", "token");
        commit(&record, vec![put("late", retired.clone())]).await;
        commit(&record, vec![put("late", extension("late", "string"))]).await;
        retired["status"] = json!("retired");
        commit(
            &record,
            vec![put("late", retired), create(extension("late", "uri"))],
        )
        .await;
    });
}

#[test]
fn so_many_are_active_and_no_more() {
    on_both(|record, _| async move {
        let many = (2..=limits::ADDED_PARAMETERS_MAX)
            .map(|n| create(extension(&format!("e{n}"), "token")));
        commit(&record, many.collect()).await;
        let more = |code: &str| Proposal::direct(vec![create(extension(code, "token"))]);
        let mut two = extension("both", "token");
        two["base"] = json!(["Patient", "Person"]);
        let two = Proposal::direct(vec![create(two)]);
        let refused = record.commit(&operator(&record), two).await.unwrap_err();
        assert!(refused.to_string().contains("200 parameters"), "{refused}");
        record
            .commit(&operator(&record), more("last"))
            .await
            .unwrap();
        let refused = record
            .commit(&operator(&record), more("beyond"))
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("200 parameters"), "{refused}");
    });
}

#[test]
fn commits_beside_the_one_that_adds_it_are_indexed_whoever_makes_them() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let record = open(&ground.place).await;
            let other = match ground.place {
                Place::Sqlite(_) => record.clone(),
                Place::Postgres(_) => open(&ground.place).await,
            };
            let green = |id: String| {
                put(&id, json!({ "resourceType": "Patient", "extension": [{ "url": "urn:eye", "valueCode": "green" }] }))
            };
            let mut writing = tokio::task::JoinSet::new();
            for n in 0..40 {
                let host = if n % 2 == 0 { record.clone() } else { other.clone() };
                let change = match n {
                    11 => put("p-eye", extension("eye", "token")),
                    _ => green(format!("n{n}")),
                };
                writing.spawn(async move { commit(&host, vec![change]).await });
                if n == 25 {
                    let host = record.clone();
                    writing.spawn(async move {
                        host.reindex_once().await.unwrap();
                        let resource = resource(json!({ "resourceType": "Person", "active": true }));
                        commit(&host, vec![Change::Create { resource, temporary: None, if_none_exist: None }]).await
                    });
                }
            }
            while let Some(done) = writing.join_next().await {
                done.unwrap();
            }
            // Whoever has not heard of the last commit yet hears of it with the next write.
            commit(&record, vec![green("last".to_owned())]).await;
            assert!(record.reindex_once().await.unwrap());
            let found = asked(&record, "Patient?eye=green&_summary=count", At::Now).await;
            assert_eq!(found.unwrap().total, Some(40), "{}", ground.name);
            check_whole(&ground.place).await;
            other.close().await;
            record.close().await;
        });
    }
}

#[test]
fn what_is_put_back_knows_what_was_added_by_then() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let record = open(&ground.place).await;
            ward(&record).await;
            let eye = put("p-eye", extension("eye", "token"));
            let shoe = put("p-shoe", extension("shoe", "number"));
            commit(&record, vec![eye.clone()]).await;
            commit(&record, vec![shoe.clone()]).await;
            record.reindex_once().await.unwrap();
            let red = Person("anne", "red", "Nan", "2020-05-01", 38.5, 170, "jo");
            commit(&record, vec![person(&red)]).await;
            let clock = Written::at_ms(NOON_MS);
            let taken = backup(&ground.place, folder.path(), None, &clock, &mut |_| {}).await;
            taken.unwrap();
            record.close().await;
            for (t, expected) in [(5, ""), (6, "anne"), (7, "anne"), (8, "")] {
                let place = ground.another(&format!("back-{t}"));
                let wanted = Wanted {
                    folder: folder.path().to_owned(),
                    to: At::Commit(T(t)),
                    replace: false,
                };
                let clock = Arc::new(Written::at_ms(NOON_MS + 60_000));
                let restored = restore(&place, &wanted, clock, &mut |_| {}).await.unwrap();
                assert!(restored.verdict.is_whole());
                let record = open(&place).await;
                let green = asked(&record, "Patient?eye=green", At::Now).await;
                assert_eq!(green.is_ok(), t >= 6, "{t}");
                if let Ok(green) = green {
                    assert_eq!(ids(&green.matches), expected, "{t}");
                }
                let large = asked(&record, "Patient?shoe=gt40", At::Now).await;
                assert_eq!(large.is_ok(), t >= 7, "{t}");
                // What is added at the same commit once more is another parameter.
                commit(&record, vec![eye.clone(), shoe.clone()]).await;
                record.reindex_once().await.unwrap();
                check(
                    &record,
                    "  | Patient?shoe=gt40 | ben\n 2 | Patient?eye=blue | anne",
                )
                .await;
                record.close().await;
                check_whole(&place).await;
            }
        });
    }
}
