//! Searching: each kind of parameter, orders, pages, includes, totals.
//!
//! Invariant: pages of one search hold each match once, whatever is written in between.

use serde_json::json;

use crate::Record;
use crate::log::At;
use crate::search::{Found, Page};
use crate::tests::suite::{commit, create, found, on_both, operator, query, update};

/// Two patients and their results; ids as written, so that answers can be read.
async fn ward(record: &Record) {
    let at = |id: &str, value: serde_json::Value| {
        let mut value = value;
        value["id"] = json!(id);
        let key = format!("{}/{id}", value["resourceType"].as_str().unwrap())
            .parse()
            .unwrap();
        update(&key, value, None)
    };
    let mut changes = vec![
        at(
            "lab",
            json!({ "resourceType": "Organization", "name": "Laboratory" }),
        ),
        at(
            "anne",
            json!({ "resourceType": "Patient", "gender": "female", "birthDate": "1950-05-17",
            "identifier": [{ "system": "urn:n", "value": "1" }], "managingOrganization": { "reference": "Organization/lab" },
            "name": [{ "family": "Oldroyd", "given": ["Anne"] }] }),
        ),
        at(
            "ben",
            json!({ "resourceType": "Patient", "gender": "male", "birthDate": "1985",
            "identifier": [{ "system": "urn:n", "value": "2" }, { "system": "urn:m", "value": "1" }],
            "name": [{ "family": "Öldröyd-Smith", "given": ["Ben"] }] }),
        ),
    ];
    for (id, patient, code, value, day) in [
        ("o1", "anne", "2160-0", 71.0, Some("2026-01-01T08:00:00Z")),
        ("o2", "anne", "2160-0", 172.5, Some("2026-01-02T08:00:00Z")),
        ("o3", "anne", "718-7", 132.0, Some("2026-01-03")),
        ("o4", "anne", "2160-0", 60.0, None),
        ("o5", "ben", "2160-0", 85.0, Some("2025-12-31T23:00:00Z")),
    ] {
        let mut observation = json!({
            "resourceType": "Observation", "status": "final",
            "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
            "subject": { "reference": format!("Patient/{patient}") },
            "valueQuantity": { "value": value, "unit": "umol/L", "system": "http://unitsofmeasure.org", "code": "umol/L" }
        });
        if let Some(day) = day {
            observation["effectiveDateTime"] = json!(day);
        }
        changes.push(at(id, observation));
    }
    commit(record, changes).await;
}

fn ids(found: &Found) -> String {
    found
        .matches
        .iter()
        .map(|stored| stored.key.id.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_search_finds_what_it_says() {
    on_both(|record, _| async move {
        ward(&record).await;
        let table = "
            Patient                                              | anne ben
            Patient?_id=ben                                      | ben
            Patient?_id=nobody                                   |
            Patient?identifier=urn:n|1                           | anne
            Patient?identifier=1                                 | anne ben
            Patient?identifier=urn:m|                            | ben
            Patient?identifier=|1                                |
            Patient?identifier=urn:n|1,urn:n|2                   | anne ben
            Patient?family=old                                   | anne ben
            Patient?family:exact=Oldroyd                         | anne
            Patient?family:exact=oldroyd                         |
            Patient?family:contains=smith                        | ben
            Patient?gender:not=male                              | anne
            Patient?birthdate=1985-06                            |
            Patient?birthdate=1985                               | ben
            Patient?birthdate=lt1960                             | anne
            Patient?birthdate=ge1950-05-17                       | anne ben
            Patient?organization=Organization/lab                | anne
            Patient?organization:missing=true                    | ben
            Patient?organization:missing=false                   | anne
            Patient?_lastUpdated=ge2026-11-22                    | anne ben
            Patient?_lastUpdated=lt2026-11-22                    |
            Observation?patient=anne&code=2160-0                 | o1 o2 o4
            Observation?patient=Patient/anne&code=http://loinc.org|718-7 | o3
            Observation?subject=Patient/ben                      | o5
            Observation?subject=Patient/anne,Patient/ben&code=2160-0 | o1 o2 o4 o5
            Observation?patient=nobody                           |
            Observation?code=2160-0                              | o1 o2 o4 o5
            Observation?patient=anne&date=ge2026-01-02           | o2 o3
            Observation?patient=anne&date=2026-01-01             | o1
            Observation?date=lt2026-01-02                        | o1 o5
            Observation?patient=anne&date:missing=true           | o4
            Observation?subject:missing=true                     |
            Observation?subject:missing=false&code=718-7         | o3
            Observation?value-quantity=gt100                     | o2 o3
            Observation?patient=anne&value-quantity=172.5        | o2
            Observation?value-quantity=60|http://unitsofmeasure.org|umol/L | o4
            Observation?value-quantity=60||mmol/L                |
            Observation?patient=anne&_sort=-date                 | o3 o2 o1 o4
            Observation?patient=anne&_sort=date                  | o1 o2 o3 o4
            Observation?patient=anne&code=2160-0&_sort=-date     | o2 o1 o4
            Observation?_sort=-date                              | o3 o2 o1 o5 o4
            Observation?code=2160-0&_sort=-date                  | o2 o1 o5 o4
            Observation?patient=anne&_sort=_id                   | o1 o2 o3 o4
            Observation?_sort=-_id                               | o5 o4 o3 o2 o1
            Observation?_sort=code,-date                         | o2 o1 o5 o4 o3
            Patient?_sort=-birthdate                             | ben anne
            Patient?_sort=-family                                | ben anne
        ";
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let (asked, expected) = row.rsplit_once('|').unwrap();
            let (asked, expected) = (asked.trim(), expected.trim());
            let whole = found(&record, asked, &Page::First(At::Now)).await;
            let sorted = |text: &str| {
                let mut ids: Vec<&str> = text.split_whitespace().collect();
                if !asked.contains("_sort") {
                    ids.sort_unstable();
                }
                ids.join(" ")
            };
            assert_eq!(sorted(&ids(&whole)), sorted(expected), "{asked}");
            // The same, one at a time, and counted.
            let glue = if asked.contains('?') { '&' } else { '?' };
            let one = format!("{asked}{glue}_count=1&_total=accurate");
            let (mut page, mut turned) = (Page::First(At::Now), Vec::new());
            loop {
                let next = found(&record, &one, &page).await;
                assert_eq!(
                    next.total,
                    Some(u64::try_from(whole.matches.len()).unwrap()),
                    "{one}"
                );
                assert!(next.matches.len() <= 1);
                turned.extend(next.matches.iter().map(|stored| stored.key.clone()));
                match next.next {
                    Some(cursor) => page = Page::Next(cursor),
                    None => break,
                }
            }
            let all: Vec<_> = whole
                .matches
                .iter()
                .map(|stored| stored.key.clone())
                .collect();
            assert_eq!(turned, all, "{asked}, turned one by one");
        }
    });
}

#[test]
fn includes_are_sent_along_once() {
    on_both(|record, _| async move {
        ward(&record).await;
        for (asked, expected) in [
            (
                "Observation?patient=anne&_include=Observation:subject",
                "Patient/anne",
            ),
            ("Patient?_include=Patient:organization", "Organization/lab"),
            (
                "Patient?_id=anne&_revinclude=Observation:subject",
                "Observation/o1 Observation/o2 Observation/o3 Observation/o4",
            ),
            (
                "Patient?_id=ben&_revinclude=Observation:patient&_include=Patient:organization",
                "Observation/o5",
            ),
        ] {
            let found = found(&record, asked, &Page::First(At::Now)).await;
            let mut included: Vec<String> = found
                .included
                .iter()
                .map(|stored| stored.key.to_string())
                .collect();
            included.sort();
            assert_eq!(included.join(" "), expected, "{asked}");
        }
    });
}

#[test]
fn a_page_does_not_shift_while_it_is_turned() {
    on_both(|record, _| async move {
        ward(&record).await;
        let first = found(
            &record,
            "Observation?patient=anne&_sort=-date&_count=2",
            &Page::First(At::Now),
        )
        .await;
        let newer = json!({ "resourceType": "Observation", "status": "final", "code": { "text": "x" },
            "subject": { "reference": "Patient/anne" }, "effectiveDateTime": "2026-01-02T12:00:00Z" });
        commit(&record, vec![create(newer)]).await;
        let gone = "Observation/o1".parse().unwrap();
        commit(
            &record,
            vec![crate::proposal::Change::Delete {
                key: gone,
                seen: None,
            }],
        )
        .await;
        let next = Page::Next(first.next.clone().unwrap());
        let second = found(
            &record,
            "Observation?patient=anne&_sort=-date&_count=2",
            &next,
        )
        .await;
        assert_eq!(
            (ids(&first), ids(&second)),
            ("o3 o2".into(), "o1 o4".into())
        );
        assert_eq!(first.t, second.t);
    });
}

#[test]
fn a_cursor_of_another_search_is_refused() {
    on_both(|record, _| async move {
        ward(&record).await;
        let first = found(&record, "Observation?_count=1", &Page::First(At::Now)).await;
        let cursor = first.next.unwrap();
        let mut forged = cursor.clone().into_bytes();
        forged[20] = if forged[20] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        for (asked, cursor) in [
            ("Observation?status=final", cursor.clone()),
            ("Patient", cursor.clone()),
            ("Observation", forged),
            ("Observation", String::new()),
            ("Observation", "é".repeat(500)),
        ] {
            let answer = record
                .search(&operator(&record), &query(asked), &Page::Next(cursor))
                .await;
            assert!(
                matches!(answer, Err(crate::ReadError::Unreadable { .. })),
                "{asked}"
            );
        }
    });
}
