//! Looking a record through: a whole one passes, and whatever is changed behind its back is found and named.
//!
//! Invariant: each kind of damage has a row, and each is made with the database's own tools.

use serde_json::{Value, json};

use crate::clock::Written;
use crate::message::{Arrival, Kept, State};
use crate::proposal::Change;
use crate::store::Place;
use crate::tests::suite::{NOON_MS, commit, create, grounds, operator, runtime, update};
use crate::verify::{Verdict, verify};
use crate::{Record, store};

/// Damage, by a statement that both databases understand, and what is said of it.
const DAMAGE: &[(&str, &str, &str)] = &[
    (
        "an index row is taken away",
        "DELETE FROM index_date WHERE from_t = 3",
        "an index row is missing that the body asks for",
    ),
    (
        "an index row is put in",
        "INSERT INTO index_text (parameter, value, compartment, r, from_t) SELECT parameter, 'nobody', compartment, r, \
         from_t FROM index_text WHERE from_t = 1",
        "an index row follows from no body",
    ),
    (
        "an index row of no search parameter is put in",
        "INSERT INTO index_text (parameter, value, compartment, r, from_t) SELECT DISTINCT 1073742000, value, compartment, r, \
         from_t FROM index_text WHERE from_t = 1",
        "index rows are of a parameter that was never added",
    ),
    (
        "an index row's end is taken back",
        "UPDATE index_text SET to_t = NULL WHERE to_t IS NOT NULL",
        "an index row follows from no body",
    ),
    (
        "a version is taken away",
        "DELETE FROM version WHERE v = 3",
        "the versions have a gap: number 3 is missing",
    ),
    (
        "a commit is taken away",
        "DELETE FROM commits WHERE t = 2",
        "the log has a gap: commit 2 is missing",
    ),
    (
        "a commit gets another author",
        "UPDATE commits SET account = 'somebody' WHERE t = 2",
        "what the commit wrote was changed afterwards: it is not what its leaf says",
    ),
    (
        "a resource can no longer be looked up",
        "DELETE FROM resource WHERE id = (SELECT id FROM version WHERE v = 1)",
        "a resource has versions and cannot be looked up by its id",
    ),
    (
        "a version changes compartments",
        "UPDATE version SET compartment = compartment + 1 WHERE v = 2",
        "a version lies in compartment",
    ),
    (
        "a message's digest is changed",
        "UPDATE message SET digest = 'x'",
        "the bytes of a message were changed",
    ),
    (
        "a message is taken away",
        "DELETE FROM message",
        "what the commit wrote was changed afterwards: it is not what its leaf says",
    ),
];

/// A small record with everything in it: changes, a move between patients, a deletion, a message, reads.
async fn filled(place: &Place) {
    let record = Record::open(place, std::sync::Arc::new(Written::at_ms(NOON_MS)))
        .await
        .unwrap();
    let person =
        |family: &str| json!({ "resourceType": "Patient", "name": [{ "family": family }] });
    let made = commit(
        &record,
        vec![create(person("Hill")), create(person("Dale"))],
    )
    .await;
    let (hill, dale) = (made.outcomes[0].key.clone(), made.outcomes[1].key.clone());
    let of = |subject: &fhir::resource::Key, value: i64| -> Value {
        json!({ "resourceType": "Observation", "status": "final", "code": { "text": "x" },
            "subject": { "reference": subject.to_string() }, "effectiveDateTime": "2026-01-01",
            "valueQuantity": { "value": value, "unit": "mmol/L" } })
    };
    let seen = commit(&record, vec![create(of(&hill, 5)), create(of(&hill, 6))]).await;
    let (one, two) = (seen.outcomes[0].key.clone(), seen.outcomes[1].key.clone());
    commit(&record, vec![update(&one, of(&dale, 7), Some(1))]).await;
    commit(&record, vec![update(&hill, person("Hillier"), None)]).await;
    commit(
        &record,
        vec![Change::Delete {
            key: two,
            seen: None,
        }],
    )
    .await;
    let message = Kept {
        source: "LAB|RXR".to_owned(),
        control_id: "1".to_owned(),
        received_at: "2026-11-22T09:30:00Z".to_owned(),
        bytes: b"MSH|^~\\&|LAB|RXR".to_vec(),
        state: State::Parked {
            reason: "unknown".to_owned(),
            at: None,
        },
        numbers: Vec::new(),
        place: None,
        arrival: Arrival::New,
    };
    record.park(None, message).await.unwrap();
    let who = operator(&record);
    record.read(&who, &one, &crate::log::At::Now).await.unwrap();
    record.close().await;
}

async fn looked_through(place: &Place) -> Verdict {
    verify(place, &mut |_| {}).await.unwrap()
}

/// Does something to a database behind the record's back.
pub(super) async fn tamper(place: &Place, sql: &str) {
    match place {
        Place::Sqlite(folder) => {
            let path = folder.join(store::sqlite::scan::FILE);
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.execute_batch(sql).unwrap();
        }
        Place::Postgres(url) => {
            let client = store::postgres::scan::connect(url, "tampering")
                .await
                .unwrap();
            client.batch_execute(sql).await.unwrap();
        }
    }
}

#[test]
fn a_whole_record_passes_and_every_damage_is_found() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            let whole = ground.another("whole");
            filled(&whole).await;
            let verdict = looked_through(&whole).await;
            assert!(
                verdict.is_whole(),
                "{}: {:?}",
                ground.name,
                verdict.findings
            );
            assert_eq!((verdict.commits, verdict.resources), (6, 4));
            assert_eq!((verdict.messages, verdict.leaves), (1, 7));
            for (at, (name, sql, said)) in DAMAGE.iter().enumerate() {
                let place = ground.another(&format!("damaged-{at}"));
                filled(&place).await;
                tamper(&place, sql).await;
                let verdict = looked_through(&place).await;
                assert!(
                    verdict.findings.iter().any(|it| it.what.contains(said)),
                    "{} when {name}: {:?}",
                    ground.name,
                    verdict.findings
                );
            }
        });
    }
}

#[test]
fn a_changed_byte_of_a_body_is_found() {
    let runtime = runtime();
    for ground in grounds() {
        runtime.block_on(async {
            filled(&ground.place).await;
            // The last digit of a body: still JSON, still the same index rows but one.
            let sql = match &ground.place {
                Place::Sqlite(_) => {
                    "UPDATE version SET body = CAST(substr(body, 1, length(body) - 1) || x'20' || substr(body, -1) AS BLOB) \
                     WHERE v = 3"
                }
                Place::Postgres(_) => {
                    "UPDATE version SET body = substr(body, 1, length(body) - 1) || '\\x20'::bytea || substr(body, length(body)) \
                     WHERE v = 3"
                }
            };
            tamper(&ground.place, sql).await;
            let verdict = looked_through(&ground.place).await;
            assert!(
                !verdict.is_whole() && verdict.findings.iter().any(|it| it.at.contains("commit 2") || it.at.contains("version 1")),
                "{}: {:?}",
                ground.name,
                verdict.findings
            );
        });
    }
}
