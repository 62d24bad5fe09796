//! What is known to have changed, when other hosts write too.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;

use super::{Mark, Memory};
use crate::store::row::{CREATED, UPDATED, VersionRow};

fn version(r: i64, version: i64, t: i64, compartment: i64) -> VersionRow {
    VersionRow {
        v: t,
        r,
        version,
        t,
        at_ms: 0,
        what: if version == 1 { CREATED } else { UPDATED },
        compartment,
        key: format!("Observation/o{r}").parse().unwrap(),
        body: None,
    }
}

#[test]
fn compartments_that_other_hosts_may_have_changed_by_case() {
    // What others write at commit 5, then whether compartments 1, 2 and 3 stand as of commit 4, given that resource 1 is
    // known to lie in compartment 1.
    for (written, unchanged) in [
        (version(9, 1, 5, 2), [true, false, true]),
        (version(1, 2, 5, 1), [false, true, true]),
        // It was in compartment 1 and is in 2 now: out of which it went is not looked up.
        (version(1, 2, 5, 2), [false, false, false]),
        // It is not known where it was.
        (version(9, 2, 5, 2), [false, false, false]),
    ] {
        let memory = Memory::default();
        memory.replace([Arc::new(version(1, 1, 3, 1))]);
        memory.others_changed(5, std::slice::from_ref(&written));
        let stands = |of: i64, t| memory.unchanged_since(t, &[Mark::Compartment(of)]);
        assert_eq!([1, 2, 3].map(|of| stands(of, 4)), unchanged, "{written:?}");
        assert_eq!([1, 2, 3].map(|of| stands(of, 5)), [true; 3], "{written:?}");
    }
}
