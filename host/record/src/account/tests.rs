//! Signing in, staying signed in, and feeds.
//!
//! Invariant: an unknown name and a wrong password are told apart by nobody.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;

use super::{NewAccount, SignInError};
use crate::Record;
use crate::caller::Role;
use crate::clock::{Clock, Written, from_rfc3339};
use crate::limits::{ATTEMPTS_MAX, SESSION_MS};
use crate::tests::{on_both_databases, on_sqlite};

on_both_databases! {
    accounts_by_case,
    signing_in_and_out,
    a_new_password_ends_the_sessions_of_the_old_one,
    attempts_are_bounded_for_known_and_unknown_names_alike,
    feeds_are_known_by_who_sends,
}

fn account(name: &str, role: Role, feed: Option<(&str, &str)>) -> NewAccount {
    NewAccount {
        account: name.to_owned(),
        name: "Ada Lovelace".to_owned(),
        role,
        site: "RXR".parse().unwrap(),
        password: "correct horse".to_owned(),
        feed: feed.map(|(application, facility)| (application.to_owned(), facility.to_owned())),
    }
}

fn said(error: &SignInError) -> &'static str {
    match error {
        SignInError::Wrong => "wrong",
        SignInError::TooMany { .. } => "too many",
        SignInError::Busy => "busy",
        SignInError::NoSession => "no session",
        SignInError::UnknownFeed { .. } => "unknown feed",
        SignInError::NotAnAccount { .. } => "not an account",
        SignInError::Fault { .. } => "fault",
        SignInError::Store { .. } => "store",
    }
}

async fn accounts_by_case(record: Record) {
    let short = NewAccount {
        password: "seven77".to_owned(),
        ..account("ada", Role::Clinician, None)
    };
    let long = NewAccount {
        password: "x".repeat(257),
        ..account("ada", Role::Clinician, None)
    };
    for (account, right) in [
        (account("ada", Role::Clinician, None), true),
        (account("ada", Role::TrustAdministrator, None), true),
        (account("", Role::Clinician, None), false),
        (account(" ada", Role::Clinician, None), false),
        (account("a\nb", Role::Clinician, None), false),
        (account("host", Role::Reaction, None), false),
        (account("lab", Role::Feed, None), false),
        (account("lab", Role::Feed, Some(("LIMS", "RXR"))), true),
        (
            account("ada", Role::Clinician, Some(("LIMS", "RXR"))),
            false,
        ),
        (short, false),
        (long, false),
    ] {
        let name = account.account.clone();
        let found = record
            .put_account(account)
            .await
            .err()
            .map(|error| said(&error));
        assert_eq!(found, (!right).then_some("not an account"), "{name:?}");
    }
}

async fn signing_in_and_out(record: Record) {
    record
        .put_account(account("ada", Role::Clinician, None))
        .await
        .unwrap();
    for (name, password) in [
        ("ada", "wrong horse"),
        ("bob", "correct horse"),
        ("", ""),
        ("ada", ""),
    ] {
        assert_eq!(
            said(&record.sign_in(name, password).await.err().unwrap()),
            "wrong",
            "{name} {password}"
        );
    }
    let signed_in = record.sign_in("ada", "correct horse").await.unwrap();
    assert!(signed_in.token.len() >= 43, "32 bytes in base64");
    let caller = record.caller(&signed_in.token).await.unwrap();
    assert_eq!(
        (caller.account(), caller.name(), caller.role()),
        ("ada", "Ada Lovelace", Role::Clinician)
    );
    assert_eq!(caller.site().as_str(), "RXR");
    assert_eq!(
        said(&record.caller("made up").await.unwrap_err()),
        "no session"
    );
    record.sign_out(&signed_in.token).await.unwrap();
    assert_eq!(
        said(&record.caller(&signed_in.token).await.unwrap_err()),
        "no session"
    );
    record.sign_out(&signed_in.token).await.unwrap();
}

async fn a_new_password_ends_the_sessions_of_the_old_one(record: Record) {
    record
        .put_account(account("ada", Role::Clinician, None))
        .await
        .unwrap();
    let old = record.sign_in("ada", "correct horse").await.unwrap();
    let changed = NewAccount {
        password: "battery staple".to_owned(),
        ..account("ada", Role::Clinician, None)
    };
    record.put_account(changed).await.unwrap();
    assert_eq!(
        said(&record.caller(&old.token).await.unwrap_err()),
        "no session"
    );
    assert!(record.sign_in("ada", "correct horse").await.is_err());
    assert!(record.sign_in("ada", "battery staple").await.is_ok());
}

async fn attempts_are_bounded_for_known_and_unknown_names_alike(record: Record) {
    record
        .put_account(account("ada", Role::Clinician, None))
        .await
        .unwrap();
    for name in ["ada", "nobody"] {
        for _ in 0..ATTEMPTS_MAX {
            assert_eq!(
                said(&record.sign_in(name, "wrong horse").await.err().unwrap()),
                "wrong"
            );
        }
        assert_eq!(
            said(&record.sign_in(name, "correct horse").await.err().unwrap()),
            "too many",
            "{name}"
        );
    }
}

async fn feeds_are_known_by_who_sends(record: Record) {
    record
        .put_account(account("lab", Role::Feed, Some(("LIMS", "RXR"))))
        .await
        .unwrap();
    let feed = record.feed("LIMS", "RXR").await.unwrap();
    assert_eq!((feed.account(), feed.role()), ("lab", Role::Feed));
    for (application, facility) in [("LIMS", "RXN"), ("", ""), ("LIMS|RXR", ""), ("lims", "RXR")] {
        assert_eq!(
            said(&record.feed(application, facility).await.unwrap_err()),
            "unknown feed"
        );
    }
    record
        .put_account(account("lab", Role::Clinician, None))
        .await
        .unwrap();
    assert_eq!(
        said(&record.feed("LIMS", "RXR").await.unwrap_err()),
        "unknown feed",
        "no longer a feed"
    );
}

#[test]
fn a_session_ends_with_its_time() {
    on_sqlite(|record, clock| Box::pin(ends_with_its_time(record, clock)));
}

async fn ends_with_its_time(record: Record, clock: Arc<Written>) {
    record
        .put_account(account("ada", Role::Clinician, None))
        .await
        .unwrap();
    let signed_in = record.sign_in("ada", "correct horse").await.unwrap();
    assert_eq!(
        from_rfc3339(&signed_in.expires_at),
        Some(clock.now_ms() + SESSION_MS)
    );
    clock.advance_ms(SESSION_MS - 1);
    assert!(record.caller(&signed_in.token).await.is_ok());
    clock.advance_ms(1);
    assert_eq!(
        said(&record.caller(&signed_in.token).await.unwrap_err()),
        "no session"
    );
    clock.advance_ms(-SESSION_MS);
    let again = record.caller(&signed_in.token).await;
    assert_eq!(
        said(&again.unwrap_err()),
        "no session",
        "what ended does not begin again"
    );
}
