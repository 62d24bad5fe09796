//! Errors of linkage by group, on people who can be counted by hand.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use super::*;

#[test]
fn errors_are_counted_by_person_and_small_groups_are_not_shown() {
    // Twelve women of two records each, of whom one is missed; two men who were put together as one.
    let mut truth = Vec::new();
    let mut found = Vec::new();
    let mut sex = Vec::new();
    for woman in 0..12_u32 {
        truth.extend([woman, woman]);
        found.extend([woman, if woman == 0 { 100 } else { woman }]);
        sex.extend([Some("female".to_owned()), Some("female".to_owned())]);
    }
    for man in [20_u32, 21] {
        truth.extend([man, man]);
        found.extend([200, 200]);
        sex.extend([Some("male".to_owned()), Some("male".to_owned())]);
    }
    let all = errors(
        &truth,
        &found,
        &[Grouping {
            by: "sex",
            groups: &sex,
        }],
    );
    let women = &all[0];
    assert_eq!((women.group.as_str(), women.people), ("female", 12));
    let missed = women.missed_matches.unwrap();
    assert!(
        (missed.share - 1.0 / 12.0).abs() < 1e-9
            && missed.low < missed.share
            && missed.high > missed.share
    );
    assert_eq!(women.false_matches.unwrap().share, 0.0);
    assert!(
        women.false_matches.unwrap().high > 0.0,
        "nobody erred, which proves little"
    );
    assert_eq!((all[1].people, all[1].missed_matches), (2, None));
}
