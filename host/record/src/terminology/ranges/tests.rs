//! Ranges against sets of numbers.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::Ranges;

fn ranges(set: &BTreeSet<u32>) -> Ranges {
    Ranges::of_numbers(set.iter().rev().copied().collect())
}

fn numbers() -> impl Strategy<Value = BTreeSet<u32>> {
    prop::collection::btree_set(0u32..60, 0..40)
}

proptest! {
    #[test]
    fn what_ranges_do_sets_do(a in numbers(), b in numbers(), offset in 0usize..50, count in 0usize..20) {
        let (x, y) = (ranges(&a), ranges(&b));
        let expected = [a.union(&b).copied().collect::<BTreeSet<_>>(), &a & &b, &a - &b];
        prop_assert_eq!(x.union(&y), ranges(&expected[0]));
        prop_assert_eq!(x.intersect(&y), ranges(&expected[1]));
        prop_assert_eq!(x.minus(&y), ranges(&expected[2]));
        prop_assert_eq!(x.len(), a.len() as u64);
        prop_assert_eq!(x.iter().collect::<Vec<_>>(), a.iter().copied().collect::<Vec<_>>());
        for n in 0..61 {
            prop_assert_eq!(x.contains(n), a.contains(&n));
        }
        let page: Vec<u32> = a.iter().copied().skip(offset).take(count).collect();
        prop_assert_eq!(x.page(offset as u64, count), page);
        prop_assert_eq!(Ranges::unpack(&x.pack()).unwrap(), x);
    }

    #[test]
    fn bytes_of_others_are_refused_or_read_never_worse(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Some(read) = Ranges::unpack(&bytes) {
            prop_assert_eq!(Ranges::unpack(&read.pack()), Some(read));
        }
    }
}

#[test]
fn the_ends_of_the_numbers() {
    let all = Ranges::of_spans(vec![(0, u32::MAX)]);
    assert_eq!(all.len(), 1 << 32);
    assert_eq!(
        all.minus(&Ranges::one(u32::MAX)).spans(),
        [(0, u32::MAX - 1)]
    );
    assert_eq!(all.minus(&Ranges::one(0)).spans(), [(1, u32::MAX)]);
    assert_eq!(Ranges::unpack(&all.pack()), Some(all));
    assert!(Ranges::below(0).is_empty());
    assert_eq!(Ranges::below(2).spans(), [(0, 1)]);
}
