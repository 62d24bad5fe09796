//! Conditions: what they may tell, and to whom; what they mean within one proposal.
//!
//! Invariant: a condition tells nobody of what they may not read.

use serde_json::json;

use crate::Kind;
use crate::account::NewAccount;
use crate::caller::Role;
use crate::commit::What;
use crate::proposal::{Change, Proposal};
use crate::tests::suite::{commit, create, on_both, operator, query, resource};

#[test]
fn a_condition_is_no_oracle() {
    on_both(|record, _| async move {
        let feed = NewAccount {
            account: "feed".to_owned(),
            name: "A feed".to_owned(),
            role: Role::Feed,
            site: "RXR".parse().unwrap(),
            password: "correct horse battery".to_owned(),
            feed: Some(("LAB".to_owned(), "RXR".to_owned())),
        };
        record.put_account(feed).await.unwrap();
        let who = record.feed("LAB", "RXR").await.unwrap();
        let plan = json!({
            "resourceType": "CarePlan", "status": "active", "intent": "plan",
            "identifier": [{"system": "urn:n", "value": "1"}], "subject": {"display": "x"}
        });
        commit(&record, vec![create(plan)]).await;
        let before = record.current();
        // What a feed may not read, there (1) or not (2): the same no.
        for number in ["1", "2"] {
            let refers = create(json!({
                "resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"display": "x"},
                "basedOn": [{"reference": format!("CarePlan?identifier=urn:n|{number}")}]
            }));
            let unless = Change::Create {
                resource: resource(json!({
                    "resourceType": "Provenance", "target": [{"display": "x"}], "recorded": "2026-11-22T09:30:00Z",
                    "agent": [{"who": {"display": "x"}}]
                })),
                temporary: None,
                if_none_exist: Some(query(&format!("Provenance?_id={number}"))),
            };
            for change in [refers, unless] {
                let no = record.commit(&who, Proposal::direct(vec![change])).await;
                assert_eq!(
                    (no.unwrap_err().kind(), record.current()),
                    (Kind::Forbidden, before)
                );
            }
        }
    });
}

#[test]
fn conditions_of_one_proposal_agree() {
    on_both(|record, _| async move {
        let patient = |number: &str| {
            resource(
                json!({"resourceType": "Patient", "identifier": [{"system": "urn:n", "value": number}]}),
            )
        };
        let by = |number: &str| query(&format!("Patient?identifier=urn:n|{number}"));
        let unless = |number: &str| Change::Create {
            resource: patient(number),
            temporary: None,
            if_none_exist: Some(by(number)),
        };
        let matching = |number: &str| Change::UpdateMatch {
            condition: by(number),
            resource: patient(number),
            seen: None,
            temporary: None,
        };
        let gone = |number: &str| Change::DeleteMatches {
            condition: by(number),
            seen: None,
        };
        // Twice the same condition makes one; two updates of what is not there yet would make two.
        let two = commit(&record, vec![unless("1"), unless("1")]).await;
        assert_eq!(two.outcomes[0].key, two.outcomes[1].key);
        let no = record
            .commit(
                &operator(&record),
                Proposal::direct(vec![matching("2"), matching("2")]),
            )
            .await;
        assert_eq!(no.unwrap_err().kind(), Kind::Incorrect);
        let no = record
            .commit(
                &operator(&record),
                Proposal::direct(vec![matching("1"), gone("1"), gone("1")]),
            )
            .await;
        assert_eq!(no.unwrap_err().kind(), Kind::Incorrect, "ended twice");
        let renewed = commit(&record, vec![unless("1"), gone("1"), gone("3")]).await;
        let what: Vec<What> = renewed.outcomes.iter().map(|it| it.what).collect();
        assert_eq!(what, [What::Created, What::Deleted, What::Absent]);
        assert_eq!(renewed.outcomes[1].key, two.outcomes[0].key);
    });
}
