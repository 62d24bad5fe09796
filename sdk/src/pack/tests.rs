//! Parts of a pack: read as they are, and named when they are not there.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::Part;
use crate::Failure;
use crate::decimal::Decimal;

fn pack() -> Value {
    serde_json::from_str(
        r#"{
            "rule": "x", "text_number": "0.70", "number": 1.50, "whole": -3, "yes": false, "none": null,
            "row": [1, "2.5", -3e-1], "words": ["a", "b"], "empty": [], "unverified": ["the cut-offs"],
            "bands": [{ "from": "25" }, { "from": "x", "a/b": {} }], "huge": 1e400, "inf": "inf"
        }"#,
    )
    .unwrap()
}

#[test]
fn parts_are_read_as_they_are_written() {
    let pack = pack();
    let part = Part::of("p", &pack);
    let d = |text: &str| Decimal::parse(text).unwrap();
    assert_eq!(part.decimal("/text_number").unwrap(), d("0.7"));
    assert_eq!(part.decimal("/number").unwrap(), d("1.5"));
    assert_eq!(part.decimal("/whole").unwrap(), d("-3"));
    assert_eq!(part.decimal_or_none("/none").unwrap(), None);
    assert_eq!(part.number("/text_number").unwrap(), 0.7);
    assert_eq!(part.numbers::<3>("/row").unwrap(), [1.0, 2.5, -0.3]);
    assert_eq!(part.whole::<i64>("/whole").unwrap(), -3);
    assert_eq!(part.whole_or_none::<u32>("/nothing").unwrap(), None);
    assert!(!part.flag("/yes").unwrap());
    assert_eq!(part.text("/rule").unwrap(), "x");
    assert_eq!(part.text_or_none("/none").unwrap(), None);
    assert_eq!(part.texts("/words").unwrap(), ["a", "b"]);
    assert_eq!(part.unverified().unwrap(), ["the cut-offs"]);
    assert_eq!(part.one_of("/rule", &[("y", 1), ("x", 2)]).unwrap(), 2);
    assert!(part.has("/rule") && !part.has("/none") && !part.has("/nothing"));
    assert_eq!(part.part("/bands/0").unwrap().text("/from").unwrap(), "25");
    assert!(part.part_or_none("/none").is_none());
    assert_eq!(part.part("/row").unwrap().value(), &pack["row"]);
}

#[test]
fn what_is_missing_is_named_with_its_place() {
    let pack = pack();
    let part = Part::of("p", &pack);
    let bands = part.part("/bands").unwrap();
    let none = |it: Result<(), Failure>| it.unwrap_err();
    for (failure, expected) in [
        (
            none(part.decimal("/nothing").map(drop)),
            "decimal at `/nothing`",
        ),
        (none(part.decimal("/none").map(drop)), "decimal at `/none`"),
        (none(part.decimal("/rule").map(drop)), "decimal at `/rule`"),
        (
            none(part.decimal_or_none("/yes").map(drop)),
            "decimal at `/yes`",
        ),
        (none(part.decimal("/huge").map(drop)), "decimal at `/huge`"),
        (none(part.number("/huge").map(drop)), "number at `/huge`"),
        (none(part.number("/inf").map(drop)), "number at `/inf`"),
        (
            none(part.numbers::<2>("/row").map(drop)),
            "list of 2 numbers at `/row`",
        ),
        (
            none(part.whole::<u32>("/whole").map(drop)),
            "whole number at `/whole`",
        ),
        (
            none(part.whole::<i64>("/number").map(drop)),
            "whole number at `/number`",
        ),
        (
            none(part.flag("/nothing").map(drop)),
            "true or false at `/nothing`",
        ),
        (none(part.text("/number").map(drop)), "text at `/number`"),
        (
            none(part.text_or_none("/number").map(drop)),
            "text at `/number`",
        ),
        (none(part.texts("/row").map(drop)), "text at `/row/0`"),
        (none(part.each("/rule", Ok).map(drop)), "list at `/rule`"),
        (
            none(part.each_of_some("/empty", Ok).map(drop)),
            "item of the list at `/empty`",
        ),
        (
            none(part.one_of("/rule", &[("y", 1), ("z", 2)]).map(drop)),
            "word of y, z at `/rule`",
        ),
        (none(part.part("/none").map(drop)), "part at `/none`"),
        (
            none(bands.each("", |it| it.decimal("/from")).map(drop)),
            "decimal at `/bands/1/from`",
        ),
        (
            none(bands.part("/1/a~1b").and_then(|it| it.text("/c")).map(drop)),
            "text at `/bands/1/a~1b/c`",
        ),
    ] {
        assert_eq!(failure.code, "fault");
        let expected = format!("the pack `p` has no {expected}; publish it again with that part");
        assert_eq!(failure.detail, expected);
    }
    let none = json!({});
    assert!(Part::of("p", &none).unverified().is_err());
}
