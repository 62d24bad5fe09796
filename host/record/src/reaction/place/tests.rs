//! Places as cursors.
//!
//! Invariant: the order of places is the order of their cursors.

use super::Place;
use crate::log::T;

#[test]
fn places_are_kept_in_order() {
    let places = [
        Place::after(T(0)),
        Place::after_change(T(1), 0),
        Place::after_change(T(1), 1),
        Place::after_change(T(1), 65_534),
        Place::after_change(T(1), 65_535),
        Place::after_change(T(2), 0),
        Place::after(T(1_000_000_000)),
    ];
    for pair in places.windows(2) {
        assert!(pair[0].as_cursor() < pair[1].as_cursor(), "{pair:?}");
    }
    for place in places {
        assert_eq!(Place::of_cursor(place.as_cursor()), place);
    }
    assert!(Place::after(T(1)).is_after(T(1)));
    assert!(!Place::after_change(T(1), 3).is_after(T(1)));
}
