//! The key: made once, kept to itself, refused when it is none.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::fs::PermissionsExt;

use crate::compile::HostKey;

#[test]
fn the_key_is_made_once_and_for_this_host_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.key");
    let made = HostKey::load_or_create(&file).unwrap();
    assert_eq!(HostKey::load_or_create(&file).unwrap().0, made.0);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_ne!(
        HostKey::load_or_create(&folder.path().join("other.key"))
            .unwrap()
            .0,
        made.0
    );
    assert_eq!(format!("{made:?}"), "HostKey");
}

#[test]
fn a_file_that_is_no_key_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.key");
    std::fs::write(&file, "short").unwrap();
    let refused = HostKey::load_or_create(&file).unwrap_err().to_string();
    assert!(
        refused.contains("host.key") && refused.contains("delete it"),
        "{refused}"
    );
}
