//! What stands of two tellings, whichever came first.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use serde_json::{Map, Value as Json, json};

use super::{Telling, Told, settled};
use crate::plan::Draft;

fn draft(at: &str, telling: Telling, elements: Json) -> Draft {
    Draft {
        elements: elements.as_object().unwrap().clone(),
        told: Told::written(&format!("{at}/{at}/X")),
        telling,
        ..Draft::default()
    }
}

/// What the drafts make, in this order; without the note of when each was told.
fn filed(drafts: &[&Draft]) -> Map<String, Json> {
    let mut standing: Option<Map<String, Json>> = None;
    for draft in drafts {
        let mut base = standing.clone().unwrap_or_default();
        if draft.telling == Telling::Whole {
            base.retain(|name, _| name == "meta");
        }
        standing = Some(settled(standing.as_ref(), draft.over(base), draft));
    }
    let mut made = standing.unwrap();
    made.shift_remove("meta");
    made
}

#[test]
fn the_later_told_stands_whichever_came_first() {
    let parts = Telling::Parts;
    let rows = [
        // Two addresses, and a telephone number that only the earlier message has.
        (
            draft(
                "1",
                parts,
                json!({"address": "Mill Lane", "telecom": "01282"}),
            ),
            draft("2", parts, json!({"address": "Quay St"})),
            json!({"address": "Quay St", "telecom": "01282"}),
        ),
        // Dead on a day is told after dead at all: one form of the choice.
        (
            draft("1", parts, json!({"deceasedBoolean": true})),
            draft("2", parts, json!({"deceasedDateTime": "2026-07-02"})),
            json!({"deceasedDateTime": "2026-07-02"}),
        ),
        // The members of a period are told one by one.
        (
            draft("1", parts, json!({"period": {"start": "a", "end": "b"}})),
            draft("2", parts, json!({"period": {"start": "c"}})),
            json!({"period": {"start": "c", "end": "b"}}),
        ),
        // A whole result leaves nothing of the one before.
        (
            draft(
                "1",
                Telling::Whole,
                json!({"valueString": "low", "note": "haemolysed"}),
            ),
            draft("2", Telling::Whole, json!({"valueQuantity": 5})),
            json!({"valueQuantity": 5}),
        ),
        // A state alone, after a result.
        (
            draft(
                "1",
                Telling::Whole,
                json!({"valueQuantity": 5, "status": "preliminary"}),
            ),
            draft("2", parts, json!({"status": "final"})),
            json!({"valueQuantity": 5, "status": "final"}),
        ),
    ];
    for (first, second, expected) in rows {
        let expected = expected.as_object().unwrap();
        assert_eq!(filed(&[&first, &second]), *expected);
        assert_eq!(filed(&[&second, &first]), *expected, "the other way round");
        assert_eq!(
            filed(&[&second, &first, &second]),
            *expected,
            "and once more"
        );
    }
}
