//! What is fetched is fetched once and whole; programs are told with how one gets them.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use super::{fetched, numbers, run, said, version};
use crate::build::BuildError;

#[test]
fn fetched_once_and_only_whole() {
    let cache = tempfile::tempdir().unwrap();
    let files = [("lock.txt", "one 1.0")];
    let mut times = 0;
    let broken = fetched(cache.path(), "any", &files, |folder| {
        std::fs::write(folder.join("half"), "").unwrap();
        Err(BuildError::Missing {
            what: "no network".into(),
        })
    });
    assert!(broken.is_err());
    for _ in 0..2 {
        let folder = fetched(cache.path(), "any", &files, |folder| {
            assert!(
                !folder.join("half").exists(),
                "what was cut off is begun again"
            );
            times += 1;
            Ok(())
        });
        assert_eq!(
            std::fs::read_to_string(folder.unwrap().join("lock.txt")).unwrap(),
            "one 1.0"
        );
    }
    assert_eq!(times, 1);
    let other = fetched(cache.path(), "any", &[("lock.txt", "one 1.1")], |_| {
        times += 1;
        Ok(())
    });
    assert!(
        other.is_ok() && times == 2,
        "another lock file is another folder"
    );
}

#[test]
fn versions() {
    for (text, expected) in [
        ("v20.11.0", Some((20, 11))),
        ("Python 3.11.7", Some((3, 11))),
        ("v9.0.0", Some((9, 0))),
        ("none", None),
        ("7", None),
    ] {
        assert_eq!(numbers(text), expected, "{text}");
    }
    let missing = version("no-such-program", "apt-get install it")
        .unwrap_err()
        .to_string();
    assert!(
        missing.contains("no-such-program cannot be run") && missing.contains("apt-get install it"),
        "{missing}"
    );
}

#[test]
fn what_a_program_said_is_kept() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo first >&2; echo second; exit 3"]);
    let output = run(command, "trying", &mut |_| {}).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(said(&output), "first\n  second");
}
