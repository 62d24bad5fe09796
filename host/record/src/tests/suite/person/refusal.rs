//! What no merge may do, and what nobody may write of somebody who was merged.
//!
//! Invariant: each refusal says who stands and what to do; nothing of what was refused is written.

use serde_json::json;

use super::{
    clinician, key, measured, merged, person, put, refused, two_records, undo, whole_on_both, wish,
};
use crate::caller::{Caller, Role};
use crate::log::At;
use crate::person::{Difference, Merge, Seen, Side};
use crate::proposal::{Change, Proposal};
use crate::tests::suite::{commit, operator, query, resource};
use crate::{Record, limits};

fn with(wish: Merge, change: impl FnOnce(&mut Merge)) -> Merge {
    let mut wish = wish;
    change(&mut wish);
    wish
}

async fn said(record: &Record, caller: &Caller, wish: &Merge) -> String {
    let t = record.current();
    match record.merge(caller, wish).await {
        Ok(done) => format!("merged, {} moved", done.moved),
        Err(why) => {
            assert_eq!(record.current(), t, "nothing is written");
            why.to_string()
        }
    }
}

#[test]
fn merges_that_are_refused() {
    whole_on_both(|record, _| async move {
        two_records(&record).await;
        let nhs = |number: &str| json!({ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": number });
        let mut known = person("nora", "N1");
        known["identifier"] = json!([nhs("9990000018"), { "system": "urn:pas", "value": "N1" }]);
        let mut other = person("norah", "N2");
        other["identifier"] = json!([nhs("9990000026")]);
        other["birthDate"] = json!("1961");
        let mut hidden = person("vip", "V1");
        hidden["meta"] = json!({ "security": [{ "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R" }] });
        let mut young = person("young", "Y1");
        young["birthDate"] = json!("1999-01-01");
        young["gender"] = json!("male");
        let mut gone = person("gone", "G1");
        gone["active"] = json!(false);
        commit(
            &record,
            [known, other, hidden, young, gone]
                .into_iter()
                .map(put)
                .collect(),
        )
        .await;
        let administrator = Caller::authenticated(
            "admin".into(),
            "Admin".into(),
            Role::TrustAdministrator,
            "RXR".parse().unwrap(),
        );
        let by = clinician();
        let both = "one of Patient/vip and Patient/anne is labelled as restricted and the other is not: give both the same confidentiality label first";
        let table = [
            (
                &by,
                wish("Patient/anne", "Patient/anne"),
                "Patient/anne cannot be merged into itself: name two records",
            ),
            (
                &by,
                wish("Patient/anne", "Patient/nobody"),
                "there is no Patient/nobody",
            ),
            (
                &by,
                wish("Observation/o1", "Patient/ann"),
                "there is no Observation/o1",
            ),
            (
                &by,
                with(wish("Patient/anne", "Patient/ann"), |it| {
                    it.reason = " ".to_owned()
                }),
                "say why, in 1 to 500 characters: whoever undoes it has to understand it",
            ),
            (
                &by,
                with(wish("Patient/anne", "Patient/ann"), |it| {
                    it.reason = "x".repeat(limits::IDENTITY_REASON_CHARS_MAX + 1)
                }),
                "say why, in 1 to 500 characters: whoever undoes it has to understand it",
            ),
            (
                &by,
                with(wish("Patient/anne", "Patient/ann"), |it| {
                    it.seen = Some(Seen {
                        source: 2,
                        target: 1,
                    })
                }),
                "Patient/anne is at version 1, not at the version 2 that was seen: look again",
            ),
            (
                &by,
                wish("Patient/young", "Patient/ann"),
                "the date of birth, the sex differs: look at both records, and say so if they are the same person all the same",
            ),
            (
                &by,
                wish("Patient/gone", "Patient/ann"),
                "Patient/gone is not active and was not merged by this record: make it active first, or merge it the other way round",
            ),
            (&by, wish("Patient/vip", "Patient/anne"), both),
            (
                &by,
                wish("Patient/nora", "Patient/norah"),
                "the NHS numbers differ (9990000018 and 9990000026): say whose stands",
            ),
            (
                &administrator,
                wish("Patient/anne", "Patient/ann"),
                "admin may not merge the records of patients",
            ),
            (&by, wish("Patient/anne", "Patient/ann"), "merged, 6 moved"),
            (
                &by,
                wish("Patient/anne", "Patient/ben"),
                "Patient/anne was merged into Patient/ann: use Patient/ann, or undo that merge first",
            ),
            (
                &by,
                wish("Patient/ann", "Patient/anne"),
                "Patient/anne was merged into Patient/ann: use Patient/ann, or undo that merge first",
            ),
            (
                &by,
                with(wish("Patient/young", "Patient/ann"), |it| {
                    it.accepted = Difference::ALL.into_iter().collect()
                }),
                "merged, 0 moved",
            ),
        ];
        for (caller, wish, expected) in table {
            assert_eq!(said(&record, caller, &wish).await, expected);
        }
        let done = record
            .merge(
                &by,
                &with(wish("Patient/nora", "Patient/norah"), |it| {
                    it.stands = Some(Side::Source)
                }),
            )
            .await
            .unwrap();
        let numbers = super::text_of(&record, "Patient/norah").await;
        let old = json!({ "system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000026", "use": "old" });
        assert_eq!(
            numbers["identifier"],
            json!([old, nhs("9990000018"), { "system": "urn:pas", "value": "N1" }])
        );
        record.unmerge(&by, &undo(&done.event, &[])).await.unwrap();
        assert_eq!(
            super::text_of(&record, "Patient/norah").await["identifier"],
            json!([nhs("9990000026")])
        );
    });
}

#[test]
fn nothing_more_is_written_of_somebody_who_was_merged() {
    whole_on_both(|record, _| async move {
        two_records(&record).await;
        let done = merged(&record, "Patient/anne", "Patient/ann").await;
        let merged_away = "change 0 is about Patient/anne, who was merged into Patient/ann: make it about Patient/ann, or undo the merge first";
        let new = measured("late", "Patient/anne", "5");
        assert_eq!(refused(&record, vec![put(new.clone())]).await, merged_away);
        assert_eq!(
            refused(&record, vec![put(person("anne", "A1"))]).await,
            merged_away
        );
        let delete = Change::Delete {
            key: key("Patient/anne"),
            seen: None,
        };
        assert_eq!(refused(&record, vec![delete]).await, merged_away);
        let tried = record
            .commit(&operator(&record), Proposal::direct(vec![put(new.clone())]))
            .await;
        assert_eq!(tried.unwrap_err().to_string(), merged_away);
        // Nor can what was moved be moved on by hand.
        let by_hand = refused(&record, vec![put(measured("o1", "Patient/ben", "80.50"))]).await;
        assert!(
            by_hand.starts_with("change 0: this is recorded of Patient/ann and cannot be moved"),
            "{by_hand}"
        );
        // A number of theirs leads to who stands.
        let once = Change::Create {
            resource: resource(person("x", "A1")),
            temporary: None,
            if_none_exist: Some(query("Patient?identifier=urn:pas|A1")),
        };
        let receipt = commit(&record, vec![once]).await;
        assert_eq!(receipt.outcomes[0].key, key("Patient/ann"));
        record
            .unmerge(&clinician(), &undo(&done.event, &[]))
            .await
            .unwrap();
        assert_eq!(refused(&record, vec![put(new)]).await, "done");
    });
}

#[test]
fn a_reference_to_what_was_deleted_hinders_no_merge() {
    whole_on_both(|record, _| async move {
        two_records(&record).await;
        let ended = Change::Delete {
            key: key("Encounter/e1"),
            seen: None,
        };
        commit(&record, vec![ended]).await;
        let before = super::all(&record).await;
        let done = merged(&record, "Patient/anne", "Patient/ann").await;
        assert_eq!(
            super::ids(&record, "Condition?patient=ann", At::Now).await,
            "c1"
        );
        record
            .unmerge(&clinician(), &undo(&done.event, &[]))
            .await
            .unwrap();
        assert_eq!(super::all(&record).await, before);
    });
}
