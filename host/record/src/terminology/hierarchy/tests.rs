//! That ranges of numbers say what going down would find, on random hierarchies.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Unnumbered, number};

/// Everything below a place, by walking.
fn reached(from: u32, pairs: &[(u32, u32)]) -> BTreeSet<u32> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![from];
    while let Some(at) = ahead.pop() {
        for (child, _) in pairs.iter().filter(|(_, parent)| *parent == at) {
            if reached.insert(*child) {
                ahead.push(*child);
            }
        }
    }
    reached
}

/// Pairs whose parent has the smaller place, under names that are shuffled afterwards.
fn hierarchies() -> impl Strategy<Value = (u32, Vec<(u32, u32)>)> {
    (1u32..40).prop_flat_map(|count| {
        let pair = (0..count, 0..count);
        let names = Just((0..count).collect::<Vec<u32>>()).prop_shuffle();
        (Just(count), prop::collection::vec(pair, 0..120), names).prop_map(
            |(count, pairs, names)| {
                let pairs = pairs
                    .into_iter()
                    .filter(|(a, b)| a != b)
                    .map(|(a, b)| (names[a.max(b) as usize], names[a.min(b) as usize]))
                    .collect();
                (count, pairs)
            },
        )
    })
}

proptest! {
    #[test]
    fn subsuming_is_being_reached((count, pairs) in hierarchies()) {
        let it = number(count, &pairs).unwrap();
        prop_assert_eq!(it.places.iter().copied().collect::<BTreeSet<u32>>().len(), count as usize);
        for place in 0..count {
            let n = it.numbers[place as usize];
            prop_assert_eq!(it.places[n as usize], place);
            let expected: BTreeSet<u32> =
                reached(place, &pairs).into_iter().map(|place| it.numbers[place as usize]).collect();
            prop_assert_eq!(it.below[n as usize].iter().collect::<BTreeSet<u32>>(), expected);
            let parents: BTreeSet<u32> = pairs.iter().filter(|(child, _)| *child == place)
                .map(|(_, parent)| it.numbers[*parent as usize]).collect();
            prop_assert_eq!(it.parents[n as usize].iter().copied().collect::<BTreeSet<u32>>(), parents);
        }
    }

    #[test]
    fn any_pairs_are_numbered_or_shown_to_go_round(pairs in prop::collection::vec((0u32..12, 0u32..12), 0..30)) {
        let goes_round = (0..12).any(|place| {
            let others: Vec<_> = pairs.iter().copied().filter(|(a, b)| a != b).collect();
            reached(place, &others).contains(&place)
        });
        match number(12, &pairs) {
            Ok(_) => prop_assert!(!goes_round),
            Err(Unnumbered::Tangled) => prop_assert!(false),
            Err(Unnumbered::Cycle(way)) => {
                prop_assert!(way.len() > 2);
                prop_assert_eq!(way.first(), way.last());
                for step in way.windows(2) {
                    prop_assert!(pairs.contains(&(step[0], step[1])));
                }
            }
        }
    }
}

#[test]
fn a_tree_is_numbered_in_the_order_in_which_it_was_written() {
    // 0 ─ 1 ─ 2, 0 ─ 3; 4 alone.
    let it = number(5, &[(1, 0), (2, 1), (3, 0)]).unwrap();
    assert_eq!(it.numbers, [0, 1, 2, 3, 4]);
    assert_eq!(it.below[0].spans(), [(1, 3)]);
    assert_eq!(it.below[1].spans(), [(2, 2)]);
    assert!(it.below[4].is_empty());
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    let pairs: Vec<(u32, u32)> = (1..200_000).map(|n| (n, n - 1)).collect();
    let it = number(200_000, &pairs).unwrap();
    assert_eq!(it.below[0].spans(), [(1, 199_999)]);
}
