//! Transactions and batches: order, isolation, names for each other, what is answered.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Said, observation, on_both, patient};
use crate::limits::BUNDLE_BYTES_AT_ONCE;

fn entry(method: &str, url: &str, resource: Option<Value>) -> Value {
    let mut entry = json!({"request": {"method": method, "url": url}});
    if let Some(resource) = resource {
        entry["resource"] = resource;
    }
    entry
}

fn without_id(mut resource: Value) -> Value {
    resource.as_object_mut().unwrap().shift_remove("id");
    resource
}

fn statuses(said: &Said) -> Vec<String> {
    let body = said.json();
    let entries = body["entry"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|it| it["response"]["status"].as_str().unwrap()[..3].to_owned())
        .collect()
}

#[test]
fn a_batch_does_each_on_its_own_and_answers_in_order() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        api.put(observation("o", "p")).await;
        let mut read = entry("GET", "Patient/p", None);
        read["request"]["ifNoneMatch"] = json!("W/\"1\"");
        let mut stale = entry("PUT", "Patient/p", Some(patient("p", "1")));
        stale["request"]["ifMatch"] = json!("W/\"9\"");
        let mut unless = entry("POST", "Patient", Some(without_id(patient("-", "1"))));
        unless["request"]["ifNoneExist"] = json!("identifier=urn:n|1");
        let entries = json!([
            entry("GET", "Patient/p", None),
            entry("GET", "Patient/nobody", None),
            entry("HEAD", "Patient/p", None),
            read,
            entry("GET", "Patient?identifier=urn:n|1&_summary=count", None),
            entry("GET", "Patient/p/_history", None),
            entry("GET", "Patient/p/$meta", None),
            entry("GET", "Patient/p?_elements=gender", None),
            entry("GET", "metadata", None),
            entry("POST", "Patient", Some(without_id(patient("-", "3")))),
            unless,
            stale,
            entry("PUT", "Patient/q", Some(patient("q", "2"))),
            entry("PUT", "Patient/q", Some(patient("z", "2"))),
            entry(
                "POST",
                "Patient",
                Some(json!({"resourceType": "Patient", "gender": 7}))
            ),
            entry("POST", "Patient", Some(json!({"resourceType": "Nonsense"}))),
            entry("DELETE", "Observation/o", None),
            entry("GET", "Observation/o", None),
            entry(
                "PUT",
                "Patient?identifier=urn:n|2",
                Some(without_id(patient("-", "2")))
            ),
            entry("GET", "nonsense/at/all/of/this", None),
            json!({"resource": patient("w", "1")}),
        ]);
        let said = api.bundle("batch", entries, &[]).await;
        assert_eq!(
            statuses(&said).join(" "),
            "200 404 200 304 200 200 200 200 200 201 200 412 201 400 422 400 204 410 200 404 400"
        );
        let body = said.json();
        let at = |n: usize| &body["entry"][n];
        assert_eq!(body["type"], "batch-response");
        assert_eq!(at(0)["resource"]["id"], "p");
        assert_eq!((at(2).get("resource"), at(3).get("resource")), (None, None));
        assert_eq!(
            at(1)["response"]["outcome"]["resourceType"],
            "OperationOutcome"
        );
        assert_eq!(at(4)["resource"]["total"], 1);
        assert_eq!(at(5)["resource"]["type"], "history");
        assert_eq!(at(7)["resource"]["meta"]["tag"][0]["code"], "SUBSETTED");
        assert!(
            at(9)["response"]["location"]
                .as_str()
                .unwrap()
                .starts_with("Patient/"),
            "{}",
            at(9)
        );
        assert_eq!(at(10)["response"]["etag"], "W/\"1\"");
    });
}

#[test]
fn a_large_bundle_waits_for_room_and_a_small_one_does_not() {
    on_both(|api| async move {
        let large: Vec<Value> = (0..1_000)
            .map(|n| {
                entry(
                    "POST",
                    "Patient",
                    Some(without_id(patient("-", &n.to_string()))),
                )
            })
            .collect();
        let all = u32::try_from(BUNDLE_BYTES_AT_ONCE).unwrap();
        let held = api.door.bundles.acquire_many(all).await.unwrap();
        let waiting = api.bundle("transaction", json!(large), &[]);
        tokio::pin!(waiting);
        let early = tokio::time::timeout(Duration::from_millis(300), &mut waiting).await;
        assert!(early.is_err());
        let small = json!([entry("PUT", "Patient/q", Some(patient("q", "2")))]);
        assert_eq!(
            statuses(&api.bundle("transaction", small, &[]).await),
            ["201"]
        );
        drop(held);
        assert_eq!(statuses(&waiting.await).len(), 1_000);
        assert_eq!(api.door.bundles.available_permits(), BUNDLE_BYTES_AT_ONCE);
    });
}

#[test]
fn a_transaction_keeps_fhirs_order_and_answers_in_its_own() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        api.put(patient("q", "2")).await;
        // The conditional create finds p no longer, since it is deleted first; the read sees all of it.
        let mut unless = entry("POST", "Patient", Some(without_id(patient("-", "1"))));
        unless["request"]["ifNoneExist"] = json!("identifier=urn:n|1");
        let entries = json!([
            entry("GET", "Patient?identifier=urn:n|1", None),
            entry("PUT", "Patient/q", Some(patient("q", "22"))),
            unless,
            entry("GET", "Patient/q", None),
            entry("DELETE", "Patient/p", None),
            entry("DELETE", "Patient?identifier=urn:n|none", None),
        ]);
        let said = api.bundle("transaction", entries, &[]).await;
        assert_eq!(
            statuses(&said).join(" "),
            "200 200 201 200 204 204",
            "{}",
            said.body
        );
        let body = said.json();
        assert_eq!((api.t(), said.header("x-palatine-t")), (3, "3"));
        assert_eq!(
            body["entry"][0]["resource"]["entry"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(body["entry"][3]["resource"]["identifier"][0]["value"], "22");
        assert_ne!(
            body["entry"][0]["resource"]["entry"][0]["resource"]["id"],
            "p"
        );
    });
}

#[test]
fn what_is_wrong_in_one_entry_leaves_nothing() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        api.put(patient("r1", "2")).await;
        api.put(patient("r2", "2")).await;
        let good = entry("POST", "Patient", Some(without_id(patient("-", "new"))));
        let named = |url: &str, full_url: &str| {
            let mut entry = entry("POST", url, Some(without_id(patient("-", "x"))));
            entry["fullUrl"] = json!(full_url);
            entry
        };
        let mut stale = entry("PUT", "Patient/p", Some(patient("p", "1")));
        stale["request"]["ifMatch"] = json!("W/\"9\"");
        let mut several = entry("POST", "Patient", Some(without_id(patient("-", "2"))));
        several["request"]["ifNoneExist"] = json!("identifier=urn:n|2");
        let mut refers = observation("o", "p");
        refers["subject"]["reference"] = json!("Patient?identifier=urn:n|2");
        let mut lost = observation("o", "p");
        lost["subject"]["reference"] = json!("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000f");
        let binary = json!({"resourceType": "Binary", "contentType": "text/plain", "data": "eA=="});
        let nested = json!({"resourceType": "Bundle", "type": "transaction"});
        let same = "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000a";
        // What comes behind a good entry; status and words.
        let rows: Vec<(Value, u16, &str)> = vec![
            (
                json!([entry("PUT", "Patient/p", Some(patient("z", "1")))]),
                400,
                "Patient/p",
            ),
            (
                json!([entry(
                    "POST",
                    "Patient",
                    Some(json!({"resourceType": "Patient", "gender": 7}))
                )]),
                422,
                "Bundle.entry[1].resource.Patient.gender",
            ),
            (
                json!([
                    entry("PUT", "Patient/p", Some(patient("p", "1"))),
                    entry("PUT", "Patient/p", Some(patient("p", "3")))
                ]),
                400,
                "changes 1 and 2",
            ),
            (
                json!([
                    entry("PUT", "Patient/p", Some(patient("p", "1"))),
                    entry("DELETE", "Patient/p", None)
                ]),
                400,
                "changes 2 and 1",
            ),
            (
                json!([
                    entry("PUT", "Patient/p", Some(patient("p", "1"))),
                    entry("DELETE", "Patient?identifier=urn:n|1", None)
                ]),
                400,
                "both about",
            ),
            (
                json!([
                    entry("PUT", "Patient?identifier=urn:n|1", Some(patient("p", "1"))),
                    entry("PUT", "Patient/p", Some(patient("p", "3")))
                ]),
                400,
                "both about",
            ),
            (
                json!([named("Patient", same), named("Patient", same)]),
                400,
                "fullUrl",
            ),
            (json!([stale]), 412, "version"),
            (json!([several]), 412, "more"),
            (
                json!([entry(
                    "PUT",
                    "Patient?identifier=urn:n|2",
                    Some(without_id(patient("-", "2")))
                )]),
                412,
                "more",
            ),
            (
                json!([entry("PUT", "Observation/o", Some(refers))]),
                412,
                "more",
            ),
            (
                json!([entry("PUT", "Observation/o", Some(lost))]),
                422,
                "Bundle.entry[1].resource.subject.reference",
            ),
            (
                json!([entry("PATCH", "Patient/p", Some(binary))]),
                400,
                "json-patch",
            ),
            (
                json!([entry(
                    "PATCH",
                    "Patient/nobody",
                    Some(json!({"resourceType": "Parameters"}))
                )]),
                404,
                "Patient/nobody",
            ),
            (
                json!([entry(
                    "POST",
                    "Observation",
                    Some(without_id(patient("-", "x")))
                )]),
                400,
                "Observation",
            ),
            (
                json!([entry("POST", "Bundle", Some(nested))]),
                400,
                "inside another",
            ),
            (
                json!([entry("GET", "Patient/nobody", None)]),
                404,
                "Bundle.entry[1]",
            ),
            (
                json!([entry("GET", "Patient?colour=red", None)]),
                400,
                "Bundle.entry[1]",
            ),
            (
                json!([
                    entry("DELETE", "Patient/p", None),
                    entry("GET", "Patient/p", None)
                ]),
                400,
                "deleted by this",
            ),
            (json!([{"resource": patient("z", "1")}]), 400, "request"),
            (json!([entry("SHOUT", "Patient/p", None)]), 400, "SHOUT"),
            (json!([entry("DELETE", "Patient", None)]), 400, "Patient"),
            (json!(["x"]), 400, "object"),
            (
                json!([entry(
                    "POST",
                    "Organization",
                    Some(json!({"resourceType": "Organization", "name": "x"}))
                )]),
                403,
                "Organization",
            ),
        ];
        let before = api.t();
        for (bad, status, words) in rows {
            let mut entries = vec![good.clone()];
            entries.extend(bad.as_array().unwrap().iter().cloned());
            let said = api.bundle("transaction", json!(entries), &[]).await;
            assert_eq!(said.status.as_u16(), status, "{bad}: {}", said.body);
            assert!(
                said.words().contains(&words.to_lowercase()),
                "{bad}: {}",
                said.body
            );
            assert_eq!(api.t(), before, "{bad} left something");
        }
    });
}

#[test]
fn entries_refer_to_each_other_by_every_name() {
    on_both(|api| async move {
        let urn = "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000a";
        let base = "https://elsewhere.example/fhir";
        let named = |full_url: &str, number: &str| {
            let mut entry = entry("POST", "Patient", Some(without_id(patient("-", number))));
            entry["fullUrl"] = json!(full_url);
            entry
        };
        let mut unless = named("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000b", "kept");
        unless["request"]["ifNoneExist"] = json!("identifier=urn:n|kept");
        let refer = |full_url: &str, reference: &str| {
            let mut resource = without_id(observation("-", "-"));
            resource["subject"]["reference"] = json!(reference);
            resource["extension"] = json!([{"url": "urn:e", "valueUri": reference}]);
            let mut entry = entry("POST", "Observation", Some(resource));
            entry["fullUrl"] = json!(full_url);
            entry
        };
        let kept = api.put(patient("kept", "kept")).await;
        assert_eq!(kept.status.as_u16(), 201);
        let entries = json!([
            named(urn, "1"),
            named(&format!("{base}/Patient/77"), "2"),
            unless,
            refer("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000c", urn),
            refer(&format!("{base}/Observation/1"), "Patient/77"),
            refer(
                "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000d",
                &format!("{base}/Patient/77")
            ),
            refer(
                "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000e",
                "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000b"
            ),
            refer(
                "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000f",
                "Patient?identifier=urn:n|2"
            ),
            refer(
                "urn:uuid:0b0e7a4c-0000-4000-8000-000000000010",
                "Patient?identifier=urn:n|kept"
            ),
        ]);
        let said = api
            .bundle(
                "transaction",
                entries,
                &[("prefer", "return=representation")],
            )
            .await;
        assert_eq!(said.status.as_u16(), 200, "{}", said.body);
        let body = said.json();
        let id = |n: usize| {
            format!(
                "Patient/{}",
                body["entry"][n]["resource"]["id"].as_str().unwrap()
            )
        };
        let subject = |n: usize| {
            body["entry"][n]["resource"]["subject"]["reference"]
                .as_str()
                .unwrap()
        };
        assert_eq!(id(2), "Patient/kept");
        for (n, patient) in [(3, 0), (4, 1), (5, 1), (6, 2), (7, 1), (8, 2)] {
            assert_eq!(subject(n), id(patient), "entry {n}");
        }
        assert_eq!(
            body["entry"][3]["resource"]["extension"][0]["valueUri"],
            id(0)
        );
        assert_eq!(body["entry"][0]["fullUrl"], format!("/fhir/{}", id(0)));
    });
}

#[test]
fn bundles_answer_what_is_preferred_and_count_once_under_a_key() {
    on_both(|api| async move {
        let two = || {
            json!([
                entry("POST", "Patient", Some(without_id(patient("-", "1")))),
                entry("PUT", "Patient/q", Some(patient("q", "2"))),
            ])
        };
        for (prefer, resource, outcome) in [
            ("return=minimal", false, false),
            ("return=representation", true, false),
            ("return=OperationOutcome", false, true),
        ] {
            for kind in ["transaction", "batch"] {
                let body = api.bundle(kind, two(), &[("prefer", prefer)]).await.json();
                let first = &body["entry"][0];
                assert_eq!(
                    first.get("resource").is_some(),
                    resource,
                    "{kind} {prefer}: {first}"
                );
                assert_eq!(
                    first["response"].get("outcome").is_some(),
                    outcome,
                    "{kind} {prefer}: {first}"
                );
            }
        }
        let count = || async {
            api.get("/fhir/Patient?_summary=count").await.json()["total"]
                .as_u64()
                .unwrap()
        };
        for kind in ["transaction", "batch"] {
            let before = count().await;
            let key = [("idempotency-key", kind)];
            let first = api.bundle(kind, two(), &key).await;
            let again = api.bundle(kind, two(), &key).await;
            assert_eq!(
                count().await,
                before + 1,
                "{kind}: the same key twice has one effect"
            );
            assert_eq!(first.json(), again.json(), "{kind}");
            let other = api
                .bundle(
                    kind,
                    json!([entry(
                        "POST",
                        "Patient",
                        Some(without_id(patient("-", "9")))
                    )]),
                    &key,
                )
                .await;
            let status = if kind == "batch" {
                statuses(&other)[0].clone()
            } else {
                other.status.as_str().to_owned()
            };
            assert_eq!(status, "422", "{kind}: {}", other.body);
        }
        let one = || without_id(patient("-", "5")).to_string();
        let key = [("idempotency-key", "single")];
        let first = api.ask("POST /fhir/Patient", &key, one()).await;
        let again = api.ask("POST /fhir/Patient", &key, one()).await;
        assert_eq!((first.status, &first.body), (again.status, &again.body));
        assert_eq!(first.header("location"), again.header("location"));
        for bad in ["", "a b", &"x".repeat(300)] {
            let said = api
                .ask("POST /fhir/Patient", &[("idempotency-key", bad)], one())
                .await;
            assert_eq!(said.status.as_u16(), 400, "{bad}");
        }
    });
}
