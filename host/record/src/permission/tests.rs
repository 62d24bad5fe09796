//! The permission table as a whole, against `permission/table.txt`.
//!
//! Invariant: a change of the table shows as a change of that file (`UPDATE=1` rewrites it).
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::fmt::Write as _;
use std::path::Path;

use super::{
    Action, DIRECTORY, EVIDENCE, FILED, TERMINOLOGY, allows, check, departmental_may_write,
};
use crate::caller::{Caller, Role};

#[test]
fn the_whole_table_is_as_reviewed() {
    let mut table = String::from(
        "type, then per role what it may do; the last column: whether a departmental may write\n\n",
    );
    write!(table, "{:<24}", "type").unwrap();
    for role in Role::ALL {
        write!(table, "{:<33}", role.as_str()).unwrap();
    }
    table.push_str("departmental\n");
    let mut types: Vec<&str> = [
        &FILED[..],
        &DIRECTORY[..],
        &EVIDENCE[..],
        &TERMINOLOGY[..],
        &["Basic", "Subscription", "Task", "anything else"],
    ]
    .concat();
    types.sort_unstable();
    for resource_type in types {
        write!(table, "{resource_type:<24}").unwrap();
        for role in Role::ALL {
            let allowed: Vec<&str> = Action::ALL
                .iter()
                .filter(|action| allows(role, **action, resource_type))
                .map(|action| action.as_str())
                .collect();
            write!(
                table,
                "{:<33}",
                if allowed.is_empty() {
                    "-".to_owned()
                } else {
                    allowed.join(" ")
                }
            )
            .unwrap();
        }
        table.push_str(if departmental_may_write(resource_type) {
            "write\n"
        } else {
            "-\n"
        });
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/permission/table.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let reviewed = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        table, reviewed,
        "review the difference, then run again with UPDATE=1"
    );
}

#[test]
fn a_refusal_names_role_action_and_type() {
    let caller = Caller::authenticated(
        "ada".into(),
        "Ada".into(),
        Role::TrustAdministrator,
        "RXR".parse().unwrap(),
    );
    let refused = check(&caller, Action::Read, "Observation").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the role trust-administrator may not read Observation"
    );
    assert!(check(&caller, Action::Enable, "Basic").is_ok());
    assert!(
        check(&caller, Action::Create, "Basic").is_err(),
        "an enablement is written by `enable` alone"
    );
}
