//! Profiles on write: who is refused, what a feed may file all the same, and how it is told.
//!
//! Invariant: what is filed although it breaks a profile is marked, and its findings are in the same commit.

use serde_json::{Value, json};

use crate::caller::{Caller, Role};
use crate::commit::{CommitError, Receipt};
use crate::log::At;
use crate::profile_policy::{Broken, FINDINGS, ProfilePolicy, Unknown};
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::tests::suite::{create, found, on_both, update};
use crate::{Kind, Record};

fn caller(role: Role, site: &str) -> Caller {
    let name = format!("{role}-{site}");
    Caller::authenticated(name.clone(), name, role, site.parse().unwrap())
}

/// A patient whose NHS number has no value, which UK Core forbids and R4 does not.
fn broken() -> Value {
    json!({
        "resourceType": "Patient",
        "meta": { "profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"] },
        "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number" }]
    })
}

fn sound() -> Value {
    let mut patient = broken();
    patient["identifier"][0]["value"] = json!("9449305552");
    patient
}

fn foreign() -> Value {
    json!({ "resourceType": "Patient", "meta": { "profile": ["urn:elsewhere"] } })
}

async fn put(record: &Record, who: &Caller, change: Change) -> Result<Receipt, CommitError> {
    record.commit(who, Proposal::direct(vec![change])).await
}

async fn choose(record: &Record, site: &str, feeds: Broken, unknown: Unknown) {
    let policy = ProfilePolicy { feeds, unknown };
    let who = caller(Role::TrustAdministrator, site);
    record
        .choose_profile_policy(&who, policy, "agreed for the first month")
        .await
        .unwrap();
    assert_eq!(record.profile_policy(who.site()).await.unwrap(), policy);
}

fn kept(receipt: &Receipt) -> Value {
    serde_json::from_str(receipt.outcomes[0].body.as_deref().unwrap()).unwrap()
}

#[test]
fn who_is_refused_by_case() {
    on_both(|record, _| async move {
        // Site of the caller, what it chose, who writes, what, and whether it is filed.
        let rows = [
            ("RXR", None, Role::Operator, sound(), true),
            ("RXR", None, Role::Operator, broken(), false),
            ("RXR", None, Role::Feed, broken(), false),
            ("RXR", None, Role::Feed, foreign(), true),
            (
                "RXN",
                Some((Broken::Warn, Unknown::Accept)),
                Role::Feed,
                broken(),
                true,
            ),
            (
                "RXN",
                Some((Broken::Warn, Unknown::Accept)),
                Role::Operator,
                broken(),
                false,
            ),
            (
                "RXN",
                Some((Broken::Warn, Unknown::Accept)),
                Role::Feed,
                json!({ "resourceType": "Patient", "gender": "F" }),
                false,
            ),
            (
                "RTX",
                Some((Broken::Refuse, Unknown::Refuse)),
                Role::Operator,
                foreign(),
                false,
            ),
            (
                "RTX",
                Some((Broken::Refuse, Unknown::Refuse)),
                Role::Operator,
                sound(),
                true,
            ),
            (
                "RTX",
                Some((Broken::Refuse, Unknown::Accept)),
                Role::Operator,
                foreign(),
                true,
            ),
        ];
        for (site, chosen, role, value, filed) in rows {
            if let Some((feeds, unknown)) = chosen {
                choose(&record, site, feeds, unknown).await;
            }
            let shown = format!("{site} {chosen:?} {role} {value}");
            let before = record.current();
            match put(&record, &caller(role, site), create(value)).await {
                Ok(_) => assert!(filed, "{shown}"),
                Err(CommitError::Invalid { issues, .. }) => {
                    assert!(!filed, "{shown}: {issues:?}");
                    assert!(
                        issues[0].is_error() && issues[0].expression.is_some(),
                        "{issues:?}"
                    );
                    assert_eq!(record.current(), before, "{shown} left something");
                }
                Err(error) => panic!("{shown}: {error:?}"),
            }
        }
    });
}

/// Only the site's own administrators see the list or choose.
async fn only_its_administrators_see(record: &Record) {
    for (role, site, expected) in [
        (Role::TrustAdministrator, "RXN", Some(1)),
        (Role::TrustAdministrator, "RXR", Some(0)),
        (Role::Clinician, "RXN", None),
        (Role::Feed, "RXN", None),
        (Role::Operator, "RXN", None),
    ] {
        let who = caller(role, site);
        let listed = record.filed_with_findings(&who).await;
        assert_eq!(
            listed.as_ref().map(Vec::len).ok(),
            expected,
            "{role} {site}"
        );
        if expected.is_none() {
            let refused = record
                .choose_profile_policy(&who, ProfilePolicy::default(), "")
                .await
                .unwrap_err();
            assert_eq!(refused.kind(), Kind::Forbidden, "{role}");
        }
    }
}

#[test]
fn what_is_filed_all_the_same_says_so() {
    on_both(|record, _| async move {
        let administrator = caller(Role::TrustAdministrator, "RXN");
        choose(&record, "RXN", Broken::Warn, Unknown::Accept).await;
        let feed = caller(Role::Feed, "RXN");
        let receipt = put(&record, &feed, create(broken())).await.unwrap();
        let tag = json!([{ "system": FINDINGS, "code": "RXN", "display": "breaks a profile that it declares" }]);
        assert_eq!(kept(&receipt)["meta"]["tag"], tag);
        let key = receipt.outcomes[0].key.clone();
        let version = format!("{key}/_history/1");

        let filed = record.filed_with_findings(&administrator).await.unwrap();
        assert_eq!(filed.len(), 1);
        assert_eq!(filed[0].targets, std::slice::from_ref(&version));
        let finding =
            format!("{key} at Patient.identifier[0].value: `value` is required (UKCore-Patient)");
        assert!(
            filed[0].findings[0].starts_with(&finding),
            "{:?}",
            filed[0].findings
        );

        // In the same commit, where whoever may read provenance finds it too.
        let all = found(
            &record,
            &format!("Provenance?_tag={FINDINGS}|RXN"),
            &Page::First(At::Now),
        )
        .await;
        assert_eq!(all.matches.len(), 1);
        assert_eq!(all.matches[0].t, receipt.t);
        let marked = found(
            &record,
            &format!("Patient?_tag={FINDINGS}|RXN"),
            &Page::First(At::Now),
        )
        .await;
        assert_eq!(marked.matches.len(), 1);

        // The same again is nothing new; once it is put right, the mark is gone.
        let mut again = broken();
        again["id"] = json!(key.id.as_str());
        let same = put(&record, &feed, update(&key, again, None))
            .await
            .unwrap();
        assert_eq!(same.t, receipt.t);
        let mut right = sound();
        right["id"] = json!(key.id.as_str());
        right["meta"]["tag"] = tag;
        let after = put(
            &record,
            &caller(Role::Operator, "RXN"),
            update(&key, right, None),
        )
        .await
        .unwrap();
        assert!(
            kept(&after)["meta"].get("tag").is_none(),
            "{}",
            kept(&after)
        );

        only_its_administrators_see(&record).await;
    });
}
