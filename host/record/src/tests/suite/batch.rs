//! Transactions: what many entries come to.
//!
//! Invariant: a transaction that fails leaves nothing.

use fhir::bundle::{self, Entry};
use serde_json::{Value, json};

use crate::Kind;
use crate::commit::What;
use crate::commit::bundle::once::Once;
use crate::log::T;
use crate::tests::suite::{on_both, operator, resource};

fn entries(entries: Value) -> Vec<Entry> {
    let value = json!({ "resourceType": "Bundle", "type": "transaction", "entry": entries });
    bundle::read(resource(value), 100).unwrap().entries
}

#[test]
fn a_transaction_is_one_commit_or_none() {
    on_both(|record, _| async move {
        let who = operator(&record);
        let observed = |subject: &str| {
            entries(json!([
                { "fullUrl": "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000a",
                  "resource": { "resourceType": "Observation", "status": "final", "code": { "text": "x" },
                                "subject": { "reference": subject } },
                  "request": { "method": "POST", "url": "Observation" } },
                { "fullUrl": "urn:uuid:0b0e7a4c-0000-4000-8000-00000000000b",
                  "resource": { "resourceType": "Patient", "identifier": [{ "system": "urn:n", "value": "1" }] },
                  "request": { "method": "POST", "url": "Patient", "ifNoneExist": "identifier=urn:n|1" } },
                { "request": { "method": "GET", "url": "Patient?identifier=urn:n|1" } }
            ]))
        };
        let wrong = observed("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000c");
        let bad = record.transaction(&who, wrong, None).await.unwrap_err();
        assert_eq!((bad.kind(), record.current()), (Kind::Incorrect, T(0)));
        let right = || observed("urn:uuid:0b0e7a4c-0000-4000-8000-00000000000b");
        let good = record.transaction(&who, right(), None).await.unwrap();
        let made: Vec<_> = good.outcomes.iter().flatten().map(|it| it.what).collect();
        assert_eq!(made, [What::Created, What::Created]);
        assert!(
            good.outcomes[2].is_none(),
            "what reads is left to the asker"
        );
        let again = record.transaction(&who, right(), None).await.unwrap();
        let (first, second) = (good.outcomes[1].as_ref(), again.outcomes[1].as_ref());
        assert_eq!(second.unwrap().what, What::Existing);
        assert_eq!(second.unwrap().key, first.unwrap().key);
        assert_eq!(record.current(), T(2));
    });
}

#[test]
fn a_request_under_one_name_counts_once() {
    on_both(|record, _| async move {
        let who = operator(&record);
        let two = || {
            entries(json!([
                { "resource": { "resourceType": "Patient", "gender": "male" }, "request": { "method": "POST", "url": "Patient" } },
                { "resource": { "resourceType": "Patient", "id": "x" }, "request": { "method": "PUT", "url": "Patient/x" } }
            ]))
        };
        let once = |name: &str, digest: &str| Once::new(&who, name, digest.to_owned()).unwrap();
        let first = record
            .transaction(&who, two(), Some(&once("k", "a")))
            .await
            .unwrap();
        let again = record
            .transaction(&who, two(), Some(&once("k", "a")))
            .await
            .unwrap();
        assert_eq!((first.t, again.t, record.current()), (T(1), T(1), T(1)));
        let told = |it: &crate::commit::bundle::Transacted| {
            let outcomes = it.outcomes.iter().flatten();
            outcomes
                .map(|it| (it.key.clone(), it.what, it.body.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told(&first),
            told(&again),
            "the first answer is given again"
        );
        let other = record
            .transaction(&who, two(), Some(&once("k", "b")))
            .await
            .unwrap_err();
        assert_eq!((other.kind(), record.current()), (Kind::Refused, T(1)));
        record
            .transaction(&who, two(), Some(&once("l", "a")))
            .await
            .unwrap();
        assert_eq!(record.current(), T(2));
        assert!(
            Once::new(&who, "", String::new()).is_err()
                && Once::new(&who, "a b", String::new()).is_err()
        );
    });
}
