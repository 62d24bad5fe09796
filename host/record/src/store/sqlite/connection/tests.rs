//! Connections that would acknowledge what is not on disk.
//!
//! Invariant: each setting that durability rests on is turned off once, and refused by its name.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing unwrap is a failing test"
)]

use super::{Use, durable, open};
use crate::store::StoreError;

#[test]
fn settings_by_case() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.sqlite");
    for (pragma, refused) in [
        ("synchronous = FULL", None),
        ("synchronous = NORMAL", Some("synchronous")),
        ("synchronous = OFF", Some("synchronous")),
        ("journal_mode = DELETE", Some("journal_mode")),
        ("journal_mode = MEMORY", Some("journal_mode")),
        ("journal_mode = OFF", Some("journal_mode")),
    ] {
        let opened = open(&path, Use::Writes).unwrap();
        opened.execute_batch(&format!("PRAGMA {pragma}")).unwrap();
        let found = match durable(&opened) {
            Ok(()) => None,
            Err(StoreError::NotDurable { setting, .. }) => Some(setting),
            Err(error) => panic!("{pragma}: {error}"),
        };
        assert_eq!(found, refused, "{pragma}");
    }
}
