//! What a hostile client sends: each row is refused with words, costs little, and leaves nothing.

use serde_json::{Value, json};

use super::{Headers, observation, on_both, patient};

/// Objects in each other.
fn deep(levels: usize) -> String {
    format!(
        "{{\"resourceType\":\"Patient\",\"extension\":{}1{}}}",
        "[{\"extension\":".repeat(levels),
        "}]".repeat(levels)
    )
}

#[test]
fn hostile_bodies() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        let keys: String = (0..100_000).map(|n| format!(",\"k{n}\":1")).collect();
        let many: Vec<Value> = (0..100_000).map(|_| json!({})).collect();
        let copies: Vec<Value> = (0..999)
            .map(|_| json!({"op": "copy", "from": "/name", "path": "/name/-"}))
            .collect();
        let operations: Vec<Value> = (0..1_001)
            .map(|_| json!({"op": "test", "path": "/id", "value": "p"}))
            .collect();
        let patched = [("content-type", "application/json-patch+json")];
        let rows: Vec<(&str, Headers<'_>, String, u16, &str)> = vec![
            (
                "POST /fhir/Patient",
                &[],
                format!(
                    "{{\"resourceType\":\"Patient\",\"language\":\"{}\"}}",
                    "x".repeat(10 << 20)
                ),
                413,
                "",
            ),
            (
                "POST /fhir/Patient",
                &[],
                format!("{{\"resourceType\":\"Patient\"{keys}}}"),
                422,
                "k0",
            ),
            ("POST /fhir/Patient", &[], deep(130), 400, "levels deep"),
            ("POST /fhir/Patient", &[], deep(100_000), 400, ""),
            (
                "POST /fhir/Patient",
                &[],
                "{\"resourceType\":\"Patient\",\"gender\":\"male\",\"gender\":\"female\"}".into(),
                400,
                "twice",
            ),
            (
                "POST /fhir/Patient",
                &[],
                "{\"resourceType\":\"Patient\",\"language\":\"\\u0000\"}".into(),
                400,
                "U+0000",
            ),
            ("POST /fhir/Patient", &[], "\u{feff}".into(), 400, ""),
            ("POST /fhir/Patient", &[], String::new(), 400, ""),
            ("POST /fhir/Patient", &[], "[]".into(), 400, "object"),
            (
                "POST /fhir",
                &[],
                json!({"resourceType": "Bundle", "type": "transaction", "entry": many}).to_string(),
                400,
                "100000 entries",
            ),
            (
                "POST /fhir",
                &[],
                json!({"resourceType": "Bundle", "type": "document"}).to_string(),
                422,
                "a document",
            ),
            (
                "POST /fhir",
                &[],
                json!({"resourceType": "Patient"}).to_string(),
                400,
                "Bundle",
            ),
            (
                "PATCH /fhir/Patient/p",
                &patched,
                json!(copies).to_string(),
                422,
                "copies are larger",
            ),
            (
                "PATCH /fhir/Patient/p",
                &patched,
                json!(operations).to_string(),
                400,
                "1001",
            ),
            (
                "GET /fhir/Patient/p?_asOf=99999999999999999999",
                &[],
                String::new(),
                400,
                "",
            ),
            (
                "GET /fhir/Patient/p?_elements=a,b;c",
                &[],
                String::new(),
                400,
                "_elements",
            ),
            (
                "GET /fhir/Patient/..%2F..%2Fetc%2Fpasswd",
                &[],
                String::new(),
                400,
                "id",
            ),
            ("GET /fhir/Patient/%ff", &[], String::new(), 400, ""),
            ("GET /fhir/patient/p", &[], String::new(), 404, "capital"),
            (
                "GET /fhir/Patient/p",
                &[("x-method-override", "DELETE")],
                String::new(),
                400,
                "method",
            ),
        ];
        for (line, headers, body, status, words) in rows {
            let shown: String = body.chars().take(80).collect();
            let (before, said) = (api.t(), api.ask(line, headers, body).await);
            assert_eq!(
                said.status.as_u16(),
                status,
                "{line} {shown}: {}",
                said.body
            );
            assert!(said.body.contains(words), "{line} {shown}: {}", said.body);
            assert!(said.body.len() < 64 << 10, "{line} {shown}: a long answer");
            assert_eq!(api.t(), before, "{line} {shown} left something");
            for secret in ["sqlite", "postgres", "SELECT", "/tmp", "panicked"] {
                assert!(!said.body.contains(secret), "{line} {shown}: {}", said.body);
            }
        }
    });
}

#[test]
fn who_is_not_signed_in_learns_nothing() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        let lines = [
            "GET /fhir/Patient/p",
            "GET /fhir/Patient/nobody",
            "GET /fhir/Patient?name=x",
            "GET /fhir/_history",
            "PUT /fhir/Patient/p",
            "PATCH /fhir/Patient/p",
            "DELETE /fhir/Patient/p",
            "POST /fhir/Patient",
            "POST /fhir",
            "GET /fhir/Patient/p/_history/1",
            "GET /fhir/Patient/p/$meta",
            "POST /fhir/Patient/p/$meta-add",
            "PUT /fhir/Patient?_id=p",
            "DELETE /fhir/Patient?_id=p",
            "PATCH /fhir/Patient?_id=p",
        ];
        for line in lines {
            // A body that nobody parses before its sender is known.
            for token in [None, Some("nonsense"), Some("eyJhbGciOiJub25lIn0.e30.")] {
                let said = api
                    .as_whom(token, line.split_once(' ').unwrap(), &[], "{")
                    .await;
                assert_eq!(said.status.as_u16(), 401, "{line}: {}", said.body);
                assert_eq!(said.header("cache-control"), "no-store", "{line}");
            }
        }
        // A browser's session reads, and is never enough to write: another site's form could have sent it.
        let cookie = format!("palatine-session={}", api.clinician);
        for (line, status) in [
            ("GET /fhir/Patient/p", 200),
            ("POST /fhir/Patient", 401),
            ("DELETE /fhir/Patient/p", 401),
        ] {
            let line = line.split_once(' ').unwrap();
            let said = api.as_whom(None, line, &[("cookie", &cookie)], "").await;
            assert_eq!(said.status.as_u16(), status, "{line:?}: {}", said.body);
        }
        // An administrator may know of no patient: there or not, the answer is the same.
        for (one, other) in [
            ("GET /fhir/Patient/p", "GET /fhir/Patient/nobody"),
            (
                "GET /fhir/Patient/p/_history",
                "GET /fhir/Patient/nobody/_history",
            ),
            (
                "GET /fhir/Patient/p/_history/1",
                "GET /fhir/Patient/p/_history/9",
            ),
            (
                "DELETE /fhir/Patient?identifier=urn:n%7C1",
                "DELETE /fhir/Patient?identifier=urn:n%7C2",
            ),
        ] {
            let (one, other) = (
                api.administrator(one, "").await,
                api.administrator(other, "").await,
            );
            assert_eq!((one.status.as_u16(), one.body), (403, other.body));
        }
        let in_bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": "Patient/p"}},
            {"request": {"method": "GET", "url": "Patient?identifier=urn:n|1"}},
            {"request": {"method": "DELETE", "url": "Patient/p"}},
        ]});
        let said = api.administrator("POST /fhir", in_bundle.to_string()).await;
        assert_eq!(
            said.body.matches("403 Forbidden").count(),
            3,
            "{}",
            said.body
        );
        assert!(!said.body.contains("Hargreaves"));
        api.clock.advance_ms(record::limits::SESSION_MS + 1);
        let late = api.get("/fhir/Patient/p").await;
        assert_eq!(late.status.as_u16(), 401, "{}", late.body);
    });
}

#[test]
fn facts_stay_with_their_patient_and_labels_stay_on() {
    on_both(|api| async move {
        api.put(patient("a", "1")).await;
        api.put(patient("b", "2")).await;
        let label = |code: &str| json!({"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": code}]});
        let with = |code: &str, patient: &str| {
            let mut resource = observation("o", patient);
            resource["meta"] = label(code);
            resource
        };
        api.put(with("R", "a")).await;
        let moved = json!([{"op": "replace", "path": "/subject/reference", "value": "Patient/b"}])
            .to_string();
        let unlabelled = json!([{"op": "remove", "path": "/meta/security"}]).to_string();
        let patched = [("content-type", "application/json-patch+json")];
        let cut = json!({"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": label("R")}]}).to_string();
        let rows: Vec<(&str, Headers<'_>, String, &str)> = vec![
            (
                "PUT /fhir/Observation/o",
                &[],
                with("R", "b").to_string(),
                "patient/b",
            ),
            (
                "PUT /fhir/Observation/o",
                &[],
                with("N", "a").to_string(),
                "confidentiality",
            ),
            (
                "PUT /fhir/Observation/o",
                &[],
                observation("o", "a").to_string(),
                "confidentiality",
            ),
            ("PATCH /fhir/Observation/o", &patched, moved, "patient/b"),
            (
                "PATCH /fhir/Observation/o",
                &patched,
                unlabelled,
                "confidentiality",
            ),
            (
                "POST /fhir/Observation/o/$meta-delete",
                &[],
                cut,
                "confidentiality",
            ),
        ];
        let before = api.t();
        for (line, headers, body, words) in rows {
            let said = api.ask(line, headers, body).await;
            assert_eq!(said.status.as_u16(), 422, "{line}: {}", said.body);
            assert!(said.words().contains(words), "{line}: {}", said.body);
            assert_eq!(api.t(), before);
        }
        let raised = api
            .ask("PUT /fhir/Observation/o", &[], with("V", "a").to_string())
            .await;
        assert_eq!(raised.status.as_u16(), 200, "{}", raised.body);
    });
}

#[test]
fn cycles_and_many_entries_are_carried_out_or_refused_whole() {
    on_both(|api| async move {
        let urn = |n: usize| format!("urn:uuid:0b0e7a4c-0000-4000-8000-{n:012}");
        // A ring of encounters, each part of the next: references may go in circles, within one transaction.
        let ring: Vec<Value> = (0..50)
            .map(|n| {
                json!({
                    "fullUrl": urn(n),
                    "resource": {"resourceType": "Encounter", "status": "finished",
                        "class": {"code": "AMB"}, "partOf": {"reference": urn((n + 1) % 50)}},
                    "request": {"method": "POST", "url": "Encounter"},
                })
            })
            .collect();
        let said = api.bundle("transaction", json!(ring), &[]).await;
        assert_eq!(said.status.as_u16(), 200, "{}", said.body);
        let many: Vec<Value> = (0..record::limits::CHANGES_MAX + 1).map(|_| json!({
            "resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"},
        })).collect();
        let (before, said) = (api.t(), api.bundle("transaction", json!(many), &[]).await);
        assert_eq!(
            (said.status.as_u16(), api.t()),
            (413, before),
            "{}",
            said.body
        );
        // A batch whose answers would be very long is cut short, entry by entry.
        let large = json!({"resourceType": "Binary", "id": "b", "contentType": "text/plain", "data": "eHh4".repeat(250_000)});
        api.put(large).await;
        let reads: Vec<Value> = (0..80)
            .map(|_| json!({"request": {"method": "GET", "url": "Binary/b"}}))
            .collect();
        let said = api.bundle("batch", json!(reads), &[]).await;
        assert!(
            said.body.len() < 70 << 20 && said.body.contains("413 "),
            "{}",
            said.body.len()
        );
    });
}
