//! Decision tables: gaps and overlaps are found, and a second way of looking through the rules agrees.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::{Known, Refusal, Table};
use crate::decimal::Decimal;
use crate::pack::Part;

fn d(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn read(document: &Value) -> Result<Table, String> {
    Table::read(Part::of("p", document)).map_err(|it| it.detail)
}

/// Who is called back when: by age, by what was found, and by whether there was a first letter.
fn recall() -> Value {
    json!({
        "hit": "unique",
        "inputs": [
            { "name": "age", "from": "0", "until": "120" },
            { "name": "found", "words": ["none", "some", "much"] },
            { "name": "written to", "flag": true },
        ],
        "rules": [
            { "when": { "age": { "until": "18" } }, "then": { "to": "paediatrics" } },
            { "when": { "age": { "from": "18" }, "found": ["some", "none"], "written to": true }, "then": { "to": "nobody" } },
            { "when": { "age": { "from": "18", "until": "65.5" }, "found": "much" }, "then": { "to": "clinic" } },
            { "when": { "age": { "from": "65.5" }, "found": "much" }, "then": { "to": "ward" } },
            { "when": { "age": { "from": "18" }, "found": ["none", "some"], "written to": false }, "then": { "to": "post" } },
        ],
    })
}

#[test]
fn rules_by_case() {
    let document = recall();
    let table = read(&document).unwrap();
    for (age, found, written, expected) in [
        ("0", "none", Some(true), "paediatrics"),
        ("17.999999999999", "much", Some(true), "paediatrics"),
        ("18", "much", Some(true), "clinic"),
        ("65.499999999999", "much", Some(false), "clinic"),
        ("65.5", "much", Some(false), "ward"),
        ("119", "much", None, "ward"),
        ("30", "some", Some(true), "nobody"),
        ("30", "some", Some(false), "post"),
        ("30", "some", None, "refused: written to is not known"),
        ("30", "", None, "refused: found, written to are not known"),
        ("30", "", Some(true), "refused: found is not known"),
        ("17", "", None, "paediatrics"),
        ("", "some", Some(true), "refused: age is not known"),
        (
            "",
            "",
            None,
            "refused: age, found, written to are not known",
        ),
        (
            "120",
            "none",
            None,
            "refused: age must be at least 0 and below 120",
        ),
        (
            "-0.1",
            "none",
            None,
            "refused: age must be at least 0 and below 120",
        ),
        (
            "30",
            "lots",
            Some(true),
            "refused: found is nothing that the table has",
        ),
    ] {
        let age_known = match age {
            "" => Known::Missing,
            age => Known::Number(d(age)),
        };
        let mut known = vec![("age", age_known)];
        if !found.is_empty() {
            known.push(("found", Known::Word(found)));
        }
        known.push(("written to", written.map_or(Known::Missing, Known::Flag)));
        let said = match table.decide(&known) {
            Ok(decided) => decided.then().text("/to").unwrap(),
            Err(refusal) => format!("refused: {refusal}"),
        };
        assert_eq!(said, expected, "{age} {found} {written:?}");
    }
    let other = |known| table.decide(&[known]).unwrap_err();
    assert_eq!(
        other(("size", Known::Missing)),
        Refusal::NoSuchInput("size".to_owned())
    );
    assert!(matches!(
        other(("age", Known::Word("old"))),
        Refusal::NotInTable { .. }
    ));
}

#[test]
fn what_is_wrong_with_a_table_is_found_when_it_is_read() {
    let with = |changes: &[(&str, Value)]| {
        let mut table = recall();
        for (pointer, value) in changes {
            *table.pointer_mut(pointer).unwrap() = value.clone();
        }
        table
    };
    let last = "/rules/3/when/age/from";
    for (table, expected) in [
        (
            with(&[(last, json!("66"))]),
            "no rule for age from 65.5 until 66 and found much and written to yes at `/rules`",
        ),
        (
            with(&[(last, json!("65"))]),
            "no single rule for age from 65 until 65.5 and found much and written to yes (rules 3 and 4 both hold) at `/rules`",
        ),
        (
            with(&[("/hit", json!("any"))]),
            "no word of unique, first at `/hit`",
        ),
        (
            with(&[(last, json!("65.5x"))]),
            "no decimal at `/rules/3/when/age/from`",
        ),
        (
            with(&[(last, json!("120"))]),
            "no range within that of its input at `/rules/3/when/age`",
        ),
        (
            with(&[(last, json!("-1"))]),
            "no range within that of its input",
        ),
        (
            with(&[("/rules/3/when/age", json!({}))]),
            "no bound at `/rules/3/when/age/from`",
        ),
        (
            with(&[("/rules/2/when/found", json!("lots"))]),
            "no word of the input (`lots` is none) at `/rules/2/when/found`",
        ),
        (
            with(&[("/rules/1/when/written to", json!("yes"))]),
            "no true or false at `/rules/1/when/written to`",
        ),
        (
            with(&[("/rules/0/when", json!({ "aeg": { "until": "18" } }))]),
            "no meaning for `aeg`, which is no input, at `/rules/0/when`",
        ),
        (
            with(&[("/rules/0", json!({ "when": {} }))]),
            "no part at `/rules/0/then`",
        ),
        (
            with(&[("/rules", json!([]))]),
            "no item of the list at `/rules`",
        ),
        (
            with(&[("/inputs/0/until", json!("0"))]),
            "no number above `from` at `/inputs/0/until`",
        ),
        (
            with(&[("/inputs/1/words", json!(["none", "some", "none"]))]),
            "no list in which each word is once",
        ),
        (
            with(&[("/inputs/1/name", json!("age"))]),
            "no list of at most 12 inputs, each once, at `/inputs`",
        ),
    ] {
        let said = read(&table).unwrap_err();
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    // The first rule that holds decides, and a rule behind others must have something left.
    let mut first = recall();
    first["hit"] = json!("first");
    first["rules"][3]["when"] = json!({});
    assert!(
        read(&first)
            .unwrap_err()
            .contains("no case left to decide at `/rules/4`")
    );
    first["rules"].as_array_mut().unwrap().swap(3, 4);
    let table = read(&first).unwrap();
    let known = [
        ("age", Known::Number(d("90"))),
        ("found", Known::Word("much")),
    ];
    assert_eq!(table.decide(&known).unwrap().rule, 5);
}

#[test]
fn a_table_of_too_many_parts_is_refused() {
    let inputs: Vec<Value> = (0..4)
        .map(|n| json!({ "name": n.to_string(), "from": "0", "until": "100" }))
        .collect();
    let rules: Vec<Value> = (1..20)
        .map(|n| {
            let when: serde_json::Map<String, Value> = (0..4)
                .map(|it| (it.to_string(), json!({ "from": n.to_string() })))
                .collect();
            json!({ "when": when, "then": {} })
        })
        .collect();
    let document = json!({ "hit": "first", "inputs": inputs, "rules": rules });
    assert!(read(&document).unwrap_err().contains("at most 20000 parts"));
}

/// Looks through the rules one by one, as a person would.
fn by_hand(document: &Value, age: Decimal, found: &str, written: bool) -> usize {
    let holds = |when: &Value| {
        let bound = |name: &str| {
            when.pointer(&format!("/age/{name}"))
                .map(|it| d(it.as_str().unwrap()))
        };
        let age_fits =
            bound("from").is_none_or(|it| age >= it) && bound("until").is_none_or(|it| age < it);
        let found_fits = match when.get("found") {
            None => true,
            Some(Value::String(word)) => word == found,
            Some(words) => words.as_array().unwrap().iter().any(|it| it == found),
        };
        age_fits
            && found_fits
            && when
                .get("written to")
                .is_none_or(|it| *it == json!(written))
    };
    let rules = document["rules"].as_array().unwrap();
    1 + rules.iter().position(|rule| holds(&rule["when"])).unwrap()
}

#[test]
fn both_ways_agree_on_a_hundred_thousand_people() {
    let document = recall();
    let table = read(&document).unwrap();
    let mut state = 0x0123_4567_89AB_CDEF_u64;
    let mut below = |most: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) % most
    };
    for _ in 0..100_000 {
        let age = d(&format!("{}.{}", below(120), below(10)));
        let found = ["none", "some", "much"][usize::try_from(below(3)).unwrap()];
        let written = below(2) == 0;
        let known = [
            ("written to", Known::Flag(written)),
            ("age", Known::Number(age)),
            ("found", Known::Word(found)),
        ];
        let rule = table.decide(&known).unwrap().rule;
        assert_eq!(rule, by_hand(&document, age, found, written), "{known:?}");
    }
}
