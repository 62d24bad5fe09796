//! What a leaf says of its call, and what of one that the disk had no room for.
//!
//! Invariant: a leaf whose call was left out never says that one is kept.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::sync::Arc;

use super::{CALL, PRUNED, kept_digest, left_out, pruned_about, pruned_upto};
use crate::audit::{NewLeaf, chained};
use crate::caller::Caller;
use crate::commit::content;
use crate::store::call::KeptCall;
use crate::store::row::{Head, LeafRow};

fn leaf(what: &str, about: String) -> LeafRow {
    chained(
        NewLeaf::by(&Caller::host(), what, about),
        &mut Head::default(),
    )
}

#[test]
fn a_leaf_says_what_is_kept_until_the_call_is_left_out() {
    let call = KeptCall {
        id: "c1".to_owned(),
        departmental: "pathology".to_owned(),
        digest: format!("sha256:{}", "0a".repeat(32)),
        answer: "00".to_owned(),
        body: vec![1, 2, 3],
    };
    let about = format!(
        "pathology 1.0.0 ({}), call c1, answer 00, kept",
        call.digest
    );
    let mut row = leaf(CALL, content::noted(&about, &call.sum()));
    row.call = Some(Arc::new(call.clone()));
    assert_eq!(kept_digest(&row), Some(call.sum().as_str()));
    let again = NewLeaf::again(&row);
    assert_eq!(again.about, format!("{about}, left out: the disk was full"));
    assert!(again.call.is_none());
    assert_eq!(kept_digest(&leaf(CALL, again.about)), None);
    assert_eq!(kept_digest(&leaf("read", row.about)), None);
    assert!(left_out("").ends_with("the disk was full"));
    let mut other = call.clone();
    other.body[0] = 0;
    assert_ne!(other.sum(), call.sum());
}

#[test]
fn what_was_pruned_is_read_back() {
    assert_eq!(pruned_upto(&leaf(PRUNED, pruned_about(17))), Some(17));
    assert_eq!(pruned_upto(&leaf("read", pruned_about(17))), None);
    assert_eq!(pruned_upto(&leaf(PRUNED, "calls".to_owned())), None);
    let upto = pruned_upto(&leaf(PRUNED, pruned_about(i64::MAX))).unwrap();
    assert_eq!(upto, i64::MAX);
}
