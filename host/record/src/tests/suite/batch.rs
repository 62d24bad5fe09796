//! Transaction and batch bundles.
//!
//! Invariant: a transaction that fails leaves nothing; an entry of a batch fails alone.

use fhir::bundle;
use serde_json::json;

use crate::Kind;
use crate::log::T;
use crate::tests::suite::{on_both, operator, resource};

#[test]
fn a_transaction_is_one_commit_or_none() {
    on_both(|record, _| async move {
        let who = operator(&record);
        let bundle = |subject: &str| {
            let value = json!({ "resourceType": "Bundle", "type": "transaction", "entry": [
                { "fullUrl": "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000a",
                  "resource": { "resourceType": "Observation", "status": "final", "code": { "text": "x" },
                                "subject": { "reference": subject } },
                  "request": { "method": "POST", "url": "Observation" } },
                { "fullUrl": "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000b",
                  "resource": { "resourceType": "Patient", "identifier": [{ "system": "urn:n", "value": "1" }] },
                  "request": { "method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:n|1" } },
                { "request": { "method": "GET", "url": "Patient?identifier=urn:n|1" } }
            ]});
            bundle::read(resource(value), 100).unwrap()
        };
        let bad = record
            .bundle(
                &who,
                bundle("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000c"),
            )
            .await
            .unwrap_err();
        assert_eq!((bad.kind(), record.current()), (Kind::Incorrect, T(0)));
        let good = record
            .bundle(
                &who,
                bundle("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000b"),
            )
            .await
            .unwrap();
        assert_eq!(good["entry"][0]["response"]["status"], json!("201 Created"));
        assert_eq!(good["entry"][1]["response"]["status"], json!("201 Created"));
        assert_eq!(
            good["entry"][2]["resource"]["entry"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let again = record
            .bundle(
                &who,
                bundle("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000b"),
            )
            .await
            .unwrap();
        assert_eq!(again["entry"][1]["response"]["status"], json!("200 OK"));
        assert_eq!(
            again["entry"][1]["response"]["location"],
            good["entry"][1]["response"]["location"]
        );
        assert_eq!(record.current(), T(2));
    });
}

#[test]
fn an_entry_of_a_batch_fails_alone() {
    on_both(|record, _| async move {
        let value = json!({ "resourceType": "Bundle", "type": "batch", "entry": [
            { "resource": { "resourceType": "Patient" }, "request": { "method": "POST", "url": "Patient" } },
            { "request": { "method": "GET", "url": "Patient/nobody" } },
            { "resource": { "resourceType": "Patient", "id": "x" }, "request": { "method": "PUT", "url": "Patient/y" } },
            { "resource": { "resourceType": "Patient", "id": "z" }, "request": { "method": "PUT", "url": "Patient/z" } }
        ]});
        let answer = record
            .bundle(
                &operator(&record),
                bundle::read(resource(value), 100).unwrap(),
            )
            .await
            .unwrap();
        let status = |n: usize| {
            answer["entry"][n]["response"]["status"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            [status(0), status(1), status(2), status(3)],
            [
                "201 Created",
                "404 Not Found",
                "400 Bad Request",
                "201 Created"
            ]
        );
    });
}
