//! Reading and writing one resource: statuses, headers, versions, moments, parts.

use serde_json::{Value, json};

use super::{Said, observation, on_both, patient, rows};

/// Status, tag and words of an answer, as the last cell of its row has them.
fn is_as_said(row: &[&str], said: &Said) {
    let (status, words) = row[2].split_once(' ').unwrap();
    assert_eq!(said.status.as_str(), status, "{row:?}: {}", said.body);
    let (tag, words) = words
        .split_once(' ')
        .filter(|(tag, _)| tag.starts_with("W/"))
        .unwrap_or(("", words));
    if !tag.is_empty() {
        assert_eq!(said.header("etag"), tag, "{row:?}");
    }
    let found = words == "-" || words.starts_with("W/") || said.body.contains(words);
    assert!(found, "{row:?}: {}", said.body);
    if status == "200" || status == "304" || status == "410" {
        assert!(
            !said.header("x-palatine-t").is_empty(),
            "{row:?} names no t"
        );
    }
}

#[test]
fn reads_say_version_moment_and_t() {
    on_both(|api| async move {
        let made = api.put(patient("p", "1")).await;
        assert_eq!(made.status.as_u16(), 201);
        api.clock.advance_ms(60_000);
        let mut second = patient("p", "1");
        second["birthDate"] = json!("1948-03-03");
        let said = api.put(second).await;
        assert_eq!(
            (said.status.as_u16(), said.header("etag")),
            (200, "W/\"2\"")
        );
        assert_eq!(
            said.header("last-modified"),
            "Sun, 22 Nov 2026 14:03:00 GMT"
        );
        assert_eq!(said.header("location"), "/fhir/Patient/p/_history/2");
        assert_eq!(said.header("x-palatine-t"), "2");
        api.put(observation("o", "p")).await;
        api.ask("DELETE /fhir/Observation/o", &[], "").await;
        // Request, header; status, and what must be in the answer.
        let table = "
            GET /fhir/Patient/p | - | 200 W/\"2\" 1948-03-03
            GET /fhir/Patient/p?_asOf=1 | - | 200 W/\"1\" Hargreaves
            GET /fhir/Patient/p?_asOf=2026-11-22T14:02:30Z | - | 200 W/\"1\" Hargreaves
            GET /fhir/Patient/p?_asOf=0 | - | 404 not-found
            GET /fhir/Patient/p?_asOf=9 | - | 400 last commit is 4
            GET /fhir/Patient/p?_asOf=yesterday | - | 400 yesterday
            GET /fhir/Patient/p/_history/1 | - | 200 W/\"1\" Hargreaves
            GET /fhir/Patient/p/_history/2?_asOf=1 | - | 404 as of commit 1
            GET /fhir/Patient/p/_history/3 | - | 404 not-found
            GET /fhir/Patient/p/_history/x | - | 404 whole numbers
            GET /fhir/Patient/nobody | - | 404 Patient/nobody
            GET /fhir/Patient/a_b | - | 400 not an id
            GET /fhir/Observation/o | - | 410 deleted
            GET /fhir/Observation/o?_asOf=3 | - | 200 final
            GET /fhir/Observation/o/_history/1 | - | 200 final
            GET /fhir/Observation/o/_history/2 | - | 410 deleted
            GET /fhir/Observation/nobody/_history | - | 404 not-found
            GET /fhir/Patient/p | if-none-match W/\"2\" | 304 -
            GET /fhir/Patient/p | if-none-match \"1\", W/\"2\" | 304 -
            GET /fhir/Patient/p | if-none-match W/\"1\" | 200 1948-03-03
            GET /fhir/Patient/p | if-modified-since Sun, 22 Nov 2026 14:03:00 GMT | 304 -
            GET /fhir/Patient/p | if-modified-since Sun, 22 Nov 2026 14:02:59 GMT | 200 1948-03-03
            GET /fhir/Patient/p | if-modified-since nonsense | 200 1948-03-03
            GET /fhir/Patient/p?colour=red | - | 400 colour
            GET /fhir/Patient/p?colour=red | prefer handling=lenient | 200 1948-03-03
            GET /fhir/Patient/p?_summary=true | - | 200 SUBSETTED
            GET /fhir/Patient/p?_summary=false | - | 200 1948-03-03
            GET /fhir/Patient/p?_summary=count | - | 400 _summary
            GET /fhir/Patient/p?_summary=some | - | 400 _summary
            GET /fhir/Patient/p?_summary=true&_summary=text | - | 400 once
            GET /fhir/Patient/p?_elements=birthDate | - | 200 SUBSETTED
            GET /fhir/Patient/p?_elements=birthDate&_summary=text | - | 400 exclude
            GET /fhir/Patient/p/_history/1?_elements=gender | - | 200 SUBSETTED
            HEAD /fhir/Patient/p | - | 200 W/\"2\"
            HEAD /fhir/Patient/nobody | - | 404 -
            OPTIONS /fhir/Patient/p | - | 204 -
            TRACE /fhir/Patient/p | - | 405 -
            POST /fhir/Patient/p | - | 405 -
            GET /fhir/Patient/p | x-http-method-override DELETE | 400 method
        ";
        for row in rows(table) {
            let headers: Vec<(&str, &str)> = row[1].split_once(' ').into_iter().collect();
            is_as_said(&row, &api.ask(row[0], &headers, "").await);
        }
        let lenient = api
            .ask(
                "GET /fhir/Patient/p?colour=red",
                &[("prefer", "handling=lenient")],
                "",
            )
            .await;
        assert_eq!(lenient.header("x-palatine-ignored"), "colour");
        for path in ["/fhir", "/fhir/"] {
            let said = api.empty_bundle(path).await;
            assert_eq!(said.status.as_u16(), 200, "{path}: {}", said.body);
        }
        let allowed = api.ask("OPTIONS /fhir/Patient/p", &[], "").await;
        assert!(
            allowed.header("allow").contains("PATCH"),
            "{}",
            allowed.header("allow")
        );
        let host = api
            .ask(
                "GET /fhir/Patient/p",
                &[
                    ("host", "record.example:8080"),
                    ("x-forwarded-host", "evil.example"),
                ],
                "",
            )
            .await;
        assert_eq!(
            host.header("content-location"),
            "http://record.example:8080/fhir/Patient/p/_history/2"
        );
    });
}

#[test]
fn writes_answer_what_is_preferred() {
    on_both(|api| async move {
        let body = patient("p", "1").to_string();
        // Line, Prefer; status and the type of what is answered.
        let table = "
            PUT /fhir/Patient/p | return=minimal | 201 -
            PUT /fhir/Patient/p | return=representation | 200 Patient
            PUT /fhir/Patient/p | return=OperationOutcome | 200 OperationOutcome
            PUT /fhir/Patient/p | - | 200 Patient
            DELETE /fhir/Patient/p | return=OperationOutcome | 200 OperationOutcome
            DELETE /fhir/Patient/p | - | 204 -
            DELETE /fhir/Patient/never | - | 204 -
            PUT /fhir/Patient/p | return=representation | 201 Patient
            DELETE /fhir/Patient/p | return=representation | 204 -
        ";
        for row in rows(table) {
            let prefer = [("prefer", row[1])];
            let headers = if row[1] == "-" { &[][..] } else { &prefer };
            let sent = if row[0].starts_with("PUT") {
                body.clone()
            } else {
                String::new()
            };
            let said = api.ask(row[0], headers, sent).await;
            let (status, kind) = row[2].split_once(' ').unwrap();
            assert_eq!(said.status.as_str(), status, "{row:?}: {}", said.body);
            match kind {
                "-" => assert_eq!(said.body, "", "{row:?}"),
                kind => assert_eq!(said.json()["resourceType"], kind, "{row:?}"),
            }
        }
        let history = api.get("/fhir/Patient/p/_history").await.json();
        let methods: Vec<&str> = history["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["request"]["method"].as_str().unwrap())
            .collect();
        assert_eq!(methods, ["DELETE", "PUT", "DELETE", "POST"]);
    });
}

fn versions(history: &Value) -> Vec<String> {
    let entries = history["entry"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|it| {
            let url = it["fullUrl"]
                .as_str()
                .unwrap()
                .trim_start_matches("/fhir/")
                .to_owned();
            format!(
                "{url} {}",
                it["response"]["etag"]
                    .as_str()
                    .unwrap()
                    .trim_start_matches("W/")
                    .trim_matches('"')
            )
        })
        .collect()
}

#[test]
fn histories_by_time() {
    on_both(|api| async move {
        // 14:02 p1, 14:03 p2 and q1, 14:04 p deleted.
        api.put(patient("p", "1")).await;
        api.clock.advance_ms(60_000);
        let mut second = patient("p", "1");
        second["active"] = json!(true);
        api.put(second).await;
        api.put(patient("q", "2")).await;
        api.clock.advance_ms(60_000);
        api.ask("DELETE /fhir/Patient/p", &[], "").await;
        // Path; the versions, newest first, or the status and words of the refusal.
        let table = "
            Patient/p/_history | Patient/p 3, Patient/p 2, Patient/p 1
            Patient/_history | Patient/p 3, Patient/q 1, Patient/p 2, Patient/p 1
            _history | Patient/p 3, Patient/q 1, Patient/p 2, Patient/p 1
            Observation/_history | -
            Patient/p/_history?_since=2026-11-22T14:03:00Z | Patient/p 3, Patient/p 2
            Patient/p/_history?_since=2026-11-22T15:03:00+01:00 | Patient/p 3, Patient/p 2
            Patient/p/_history?_since=2026-11-22T14:04:01Z | -
            Patient/p/_history?_since=2026-11-23 | -
            Patient/p/_history?_at=2026-11-22T14:02:30Z | Patient/p 1
            Patient/p/_history?_at=2026-11-22T14:03:30Z | Patient/p 2
            Patient/p/_history?_at=2026-11-22T14:02 | Patient/p 1
            Patient/p/_history?_at=2026-11-22T14:03 | Patient/p 2
            Patient/p/_history?_at=2026-11-22 | Patient/p 3, Patient/p 2, Patient/p 1
            Patient/p/_history?_at=2026-11-23 | -
            Patient/_history?_at=2026-11-23 | Patient/q 1
            _history?_at=2026-11-22T14:01:00Z | -
            Patient/_history?_at=2026-11-22T14:03:30Z | Patient/q 1, Patient/p 2
            Patient/p/_history?_asOf=2 | Patient/p 2, Patient/p 1
            Patient/p/_history?_asOf=0 | -
            Patient/p/_history?_count=0 | 400 _count
            Patient/p/_history?_count=x | 400 _count
            Patient/p/_history?_count=99999999999 | Patient/p 3, Patient/p 2, Patient/p 1
            Patient/p/_history?_since=soon | 400 soon
            Patient/p/_history?_at=2026-13-01 | 400 2026-13-01
            Patient/p/_history?_page=forged | 400 _page
            Patient/p/_history?_sort=date | 400 _sort
            Patient/nobody/_history | 404 Patient/nobody
        ";
        for row in rows(table) {
            let said = api.get(&format!("/fhir/{}", row[0])).await;
            match row[1].split_once(' ') {
                Some((status @ ("400" | "404"), words)) => {
                    assert_eq!(said.status.as_str(), status, "{row:?}: {}", said.body);
                    assert!(said.body.contains(words), "{row:?}: {}", said.body);
                }
                _ => {
                    let expected = if row[1] == "-" { "" } else { row[1] };
                    assert_eq!(versions(&said.json()).join(", "), expected, "{row:?}");
                }
            }
        }
        let mut path = "/fhir/Patient/_history?_count=2&_elements=active".to_owned();
        let mut turned = Vec::new();
        for _ in 0..9 {
            let page = api.get(&path).await.json();
            turned.extend(versions(&page));
            // What is written while pages are turned is on none of them.
            api.put(patient(&format!("late{}", turned.len()), "9"))
                .await;
            let next = page["link"]
                .as_array()
                .unwrap()
                .iter()
                .find(|it| it["relation"] == "next");
            match next {
                Some(next) => next["url"].as_str().unwrap().clone_into(&mut path),
                None => break,
            }
        }
        assert_eq!(
            turned.join(", "),
            "Patient/p 3, Patient/q 1, Patient/p 2, Patient/p 1"
        );
        let part = api.get(&path).await.json();
        assert_eq!(
            part["entry"][0]["resource"]["meta"]["tag"][0]["code"], "SUBSETTED",
            "{part}"
        );
    });
}

#[test]
fn meta_is_read_and_changed_by_itself() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        let parameters = |meta: Value| {
            json!({"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]}).to_string()
        };
        let tag = json!({"tag": [{"system": "urn:t", "code": "a"}], "profile": ["http://x/p"]});
        for _ in 0..2 {
            let said = api
                .ask(
                    "POST /fhir/Patient/p/$meta-add",
                    &[],
                    parameters(tag.clone()),
                )
                .await;
            assert_eq!(
                said.json()["parameter"][0]["valueMeta"]["tag"],
                tag["tag"],
                "{}",
                said.body
            );
        }
        assert_eq!(api.t(), 2, "what is there already is not written again");
        let read = api.get("/fhir/Patient/p/$meta").await.json();
        assert_eq!(read["parameter"][0]["valueMeta"]["profile"], tag["profile"]);
        let gone = api
            .ask("POST /fhir/Patient/p/$meta-delete", &[], parameters(tag))
            .await
            .json();
        assert_eq!(gone["parameter"][0]["valueMeta"].get("tag"), None);
        for (line, body, status) in [
            ("GET /fhir/Patient/p/$meta-add", String::new(), 405),
            ("POST /fhir/Patient/p/$meta-add", String::new(), 400),
            (
                "POST /fhir/Patient/nobody/$meta-add",
                parameters(json!({"tag": []})),
                404,
            ),
            ("GET /fhir/Patient/p/$meta?colour=red", String::new(), 400),
            ("GET /fhir/Patient/p/$nothing", String::new(), 404),
        ] {
            assert_eq!(
                api.ask(line, &[], body).await.status.as_u16(),
                status,
                "{line}"
            );
        }
    });
}
