//! Leaves come out of their group as they went in, and an edited group breaks the chain.

use super::{cut, groups, unpacked};
use crate::audit::{NewLeaf, chained};
use crate::store::row::{Head, LeafRow};

fn leaves(n: usize) -> Vec<LeafRow> {
    let mut head = Head {
        at_ms: 5,
        ..Head::default()
    };
    let leaf = |at: usize| NewLeaf {
        account: format!("clinician.{}", at % 3),
        role: "clinician".to_owned(),
        site: "RXR".to_owned(),
        what: "read".to_owned(),
        about: format!("Observation/o{at}"),
        t: 1 << (at % 62),
        count: if at.is_multiple_of(2) { 1 } else { i64::MAX },
        call: None,
    };
    (0..n).map(|at| chained(leaf(at), &mut head)).collect()
}

#[test]
fn leaves_come_back_as_they_were() {
    for n in [1, 2, 3, 1_024] {
        let kept = leaves(n);
        let groups = groups(&kept);
        assert_eq!(groups.len(), 1);
        assert_eq!(unpacked(&[], &groups[0]), kept, "{n} leaves");
        assert!(n < 1_000 || groups[0].leaves.len() < n * 40);
    }
    assert_eq!(groups(&[]), Vec::new());
}

#[test]
fn leaves_of_two_moments_are_two_groups() {
    let mut kept = leaves(5);
    kept[3].at_ms = 6;
    kept[4].at_ms = 6;
    let groups = groups(&kept);
    let ends: Vec<(i64, i64)> = groups.iter().map(|group| (group.n, group.at_ms)).collect();
    assert_eq!(ends, [(3, 5), (5, 6)]);
    assert_eq!(unpacked(&[], &groups[0]), kept[..3]);
}

#[test]
fn a_group_is_cut_behind_a_leaf() {
    let kept = leaves(5);
    let whole = groups(&kept).remove(0);
    for n in [1, 4, 5] {
        let left = cut(&[], &whole, n);
        let expected = &kept[..usize::try_from(n).unwrap_or(0)];
        assert_eq!(unpacked(&[], &left[0]), expected, "{n}");
    }
    assert_eq!(cut(&[], &whole, 0), Vec::new());
}

#[test]
fn every_edited_byte_shows() {
    let kept = leaves(4);
    let whole = groups(&kept).remove(0);
    let follows = |leaves: &[LeafRow]| {
        let mut before: &[u8] = &[];
        leaves.len() == kept.len()
            && leaves.iter().all(|leaf| {
                let holds = leaf.digest == crate::audit::digest(before, leaf);
                before = &leaf.digest;
                holds
            })
    };
    assert!(follows(&unpacked(&[], &whole)));
    for at in 0..whole.leaves.len() {
        for flip in [1, 0x80] {
            let mut edited = whole.clone();
            edited.leaves[at] ^= flip;
            assert!(!follows(&unpacked(&[], &edited)), "byte {at} ^ {flip}");
        }
    }
    let mut short = whole;
    short.leaves.pop();
    assert!(!follows(&unpacked(&[], &short)));
}
