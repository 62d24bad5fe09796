//! Conditional create, update, patch and delete: what none, one and several matches come to.

use serde_json::{Value, json};

use super::{observation, on_both, patient, rows};

#[test]
fn conditional_writes_by_matches() {
    on_both(|api| async move {
        // p has number 1, q and r have number 2.
        for (id, number) in [("p", "1"), ("q", "2"), ("r", "2")] {
            api.put(patient(id, number)).await;
        }
        // Line, header, id and number in the body; status, and words of the answer.
        let table = "
            POST /fhir/Patient | if-none-exist identifier=urn:n%7C1 | - 1 | 200 \"id\":\"p\"
            POST /fhir/Patient | if-none-exist ?identifier=urn:n%7C1 | - 1 | 200 \"id\":\"p\"
            POST /fhir/Patient | if-none-exist identifier=urn:n%7C2 | - 2 | 412 more
            POST /fhir/Patient | if-none-exist identifier=urn:n%7C3 | - 3 | 201 Hargreaves
            POST /fhir/Patient | if-none-exist identifier=urn:n%7C3 | - 3 | 200 Hargreaves
            POST /fhir/Patient | if-none-exist colour=red | - 3 | 400 colour
            POST /fhir/Patient | if-none-exist _count=1 | - 3 | 400 condition
            POST /fhir/Patient | if-none-exist identifier=urn:n%7C3&_sort=name | - 3 | 400 _sort
            PUT /fhir/Patient?identifier=urn:n%7C1 | - | - 1 | 200 \"id\":\"p\"
            PUT /fhir/Patient?identifier=urn:n%7C1 | - | p 1 | 200 \"id\":\"p\"
            PUT /fhir/Patient?identifier=urn:n%7C1 | - | z 1 | 400 another id
            PUT /fhir/Patient?identifier=urn:n%7C1 | if-match W/\"9\" | p 1 | 412 version
            PUT /fhir/Patient?identifier=urn:n%7C2 | - | - 2 | 412 more
            PUT /fhir/Patient?identifier=urn:n%7C4 | - | - 4 | 201 Hargreaves
            PUT /fhir/Patient?identifier=urn:n%7C5 | - | mine 5 | 201 \"id\":\"mine\"
            PUT /fhir/Patient?identifier=urn:n%7C6 | - | mine 6 | 409 Patient/mine
            PUT /fhir/Patient?identifier=urn:n%7C6 | if-match W/\"1\" | - 6 | 404 nothing
            PUT /fhir/Patient | - | - 6 | 400 condition
            PUT /fhir/Observation?identifier=a | - | - 6 | 400 Observation
            PUT /fhir/Patient/fresh | if-none-match * | fresh 7 | 201 Hargreaves
            PUT /fhir/Patient/fresh | if-none-match * | fresh 7 | 412 version
            PUT /fhir/Patient/p | if-match W/\"9\" | p 1 | 412 version
            PUT /fhir/Patient/never | if-match W/\"1\" | never 1 | 412 version
            PUT /fhir/Patient/p | if-match nine | p 1 | 400 If-Match
            PUT /fhir/Patient/p | - | - 1 | 400 id
            PUT /fhir/Patient/p?colour=red | - | p 1 | 400 colour
            DELETE /fhir/Patient?identifier=urn:n%7C99 | - | - | 204 -
            DELETE /fhir/Patient?identifier=urn:n%7C2 | if-match W/\"1\" | - | 412 more
            DELETE /fhir/Patient?identifier=urn:n%7C1 | if-match W/\"9\" | - | 412 version
            DELETE /fhir/Patient | - | - | 400 condition
            DELETE /fhir/Patient?identifier:missing=true | - | - | 400 missing
            DELETE /fhir/Patient?identifier=urn:n%7C2 | - | - | 204 -
            DELETE /fhir/Patient?identifier=urn:n%7C2 | - | - | 204 -
            DELETE /fhir/Patient/p | if-match W/\"9\" | - | 412 version
        ";
        for row in rows(table) {
            let headers: Vec<(&str, &str)> = row[1].split_once(' ').into_iter().collect();
            let body = match row[2].split_once(' ') {
                Some((id, number)) => {
                    let mut body = patient(id, number);
                    if id == "-" {
                        body.as_object_mut().unwrap().shift_remove("id");
                    }
                    body.to_string()
                }
                None => String::new(),
            };
            let (status, words) = row[3].split_once(' ').unwrap();
            let (before, said) = (api.t(), api.ask(row[0], &headers, body).await);
            assert_eq!(said.status.as_str(), status, "{row:?}: {}", said.body);
            assert!(
                words == "-" || said.body.contains(words),
                "{row:?}: {}",
                said.body
            );
            if status.starts_with('4') {
                assert_eq!(api.t(), before, "{row:?} left something");
                said.words();
            }
        }
        for gone in ["q", "r"] {
            assert_eq!(
                api.get(&format!("/fhir/Patient/{gone}"))
                    .await
                    .status
                    .as_u16(),
                410
            );
        }
    });
}

#[test]
fn conditional_deletes_are_bounded() {
    on_both(|api| async move {
        let max = record::limits::DELETED_AT_ONCE_MAX;
        let entry = |n: u32| json!({"resource": patient(&format!("n{n}"), "same"), "request": {"method": "PUT", "url": format!("Patient/n{n}")}});
        let entries: Vec<Value> = (0..=max).map(entry).collect();
        assert_eq!(
            api.bundle("transaction", json!(entries), &[])
                .await
                .status
                .as_u16(),
            200
        );
        let condition = "DELETE /fhir/Patient?identifier=urn:n%7Csame";
        assert_eq!(api.ask(condition, &[], "").await.status.as_u16(), 412);
        assert_eq!(api.t(), 1, "too many leave everything");
        api.ask("DELETE /fhir/Patient/n0", &[], "").await;
        assert_eq!(api.ask(condition, &[], "").await.status.as_u16(), 204);
        let left = api
            .get("/fhir/Patient?identifier=urn:n%7Csame&_summary=count")
            .await
            .json();
        assert_eq!((&left["total"], api.t()), (&json!(0), 3));
    });
}

#[test]
fn many_at_once_make_one() {
    on_both(|api| async move {
        for (line, header) in [
            (
                "POST /fhir/Patient",
                Some(("if-none-exist", "identifier=urn:n%7C1")),
            ),
            ("PUT /fhir/Patient?identifier=urn:n%7C2", None),
        ] {
            let number = &line[line.len() - 1..];
            let tasks: Vec<_> = (0..24)
                .map(|_| {
                    let api = std::sync::Arc::clone(&api);
                    let mut body = patient("-", if header.is_some() { "1" } else { number });
                    body.as_object_mut().unwrap().shift_remove("id");
                    tokio::spawn(async move {
                        let headers: Vec<(&str, &str)> = header.into_iter().collect();
                        api.ask(line, &headers, body.to_string())
                            .await
                            .status
                            .as_u16()
                    })
                })
                .collect();
            let mut created = 0;
            for task in tasks {
                let status = task.await.unwrap();
                assert!(status == 200 || status == 201, "{line}: {status}");
                created += u32::from(status == 201);
            }
            assert_eq!(created, 1, "{line}");
        }
        let all = api.get("/fhir/Patient?_total=accurate").await.json();
        assert_eq!(all["total"], 2);
    });
}

#[test]
fn of_many_who_saw_the_same_version_one_writes() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        let tasks: Vec<_> = (0..24_u32)
            .map(|n| {
                let api = std::sync::Arc::clone(&api);
                tokio::spawn(async move {
                    let mut body = patient("p", "1");
                    body["birthDate"] = json!(format!("19{:02}", 10 + n));
                    api.ask(
                        "PUT /fhir/Patient/p",
                        &[("if-match", "W/\"1\"")],
                        body.to_string(),
                    )
                    .await
                    .status
                    .as_u16()
                })
            })
            .collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1], statuses[23]), (200, 412, 412));
        // Without a version seen, every patch meets the resource as it then is: none is lost.
        api.put(observation("o", "p")).await;
        let tasks: Vec<_> = (0..24_u32).map(|n| {
            let api = std::sync::Arc::clone(&api);
            tokio::spawn(async move {
                let patch = match n {
                    0 => json!([]),
                    n => json!([{"op": "add", "path": format!("/note/{}", 0), "value": {"text": n.to_string()}}]),
                };
                api.ask("PATCH /fhir/Observation/o", &[("content-type", "application/json-patch+json")], patch.to_string()).await.status.as_u16()
            })
        }).collect();
        for task in tasks {
            // There is no list of notes to begin with, so all of these are refused.
            let status = task.await.unwrap();
            assert!(status == 422 || status == 200, "{status}");
        }
    });
}
