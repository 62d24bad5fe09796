//! Code systems as they are read.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::{Value, json};

use super::Given;

fn with(concepts: Value, more: Value) -> Result<Given, String> {
    let mut resource = json!({ "resourceType": "CodeSystem", "url": "http://e.org/s", "status": "active",
        "content": "complete", "concept": concepts });
    for (name, value) in more.as_object().unwrap() {
        resource[name] = value.clone();
    }
    Given::read(&resource).map_err(|why| why.to_string())
}

/// The codes below each code, in a line.
fn below(given: &Given) -> String {
    let code = |n: u32| given.concept(n).unwrap().code.clone();
    let line = |n: u32| {
        let below: Vec<String> = given.below(n).iter().map(code).collect();
        format!("{}:{}", code(n), below.join(","))
    };
    given.all().iter().map(line).collect::<Vec<_>>().join(" ")
}

#[test]
fn nesting_and_properties_say_what_lies_below() {
    let nested = with(
        json!([{ "code": "a", "concept": [{ "code": "b", "concept": [{ "code": "c" }] }, { "code": "d" }] }]),
        json!({}),
    );
    assert_eq!(below(&nested.unwrap()), "a:b,c,d b:c c: d:");
    let parents = with(
        json!([
            { "code": "a" },
            { "code": "b", "property": [{ "code": "parent", "valueCode": "a" }] },
            { "code": "c", "property": [{ "code": "parent", "valueCode": "a" }] },
            { "code": "d", "property": [{ "code": "parent", "valueCode": "b" }, { "code": "parent", "valueCode": "c" }] },
        ]),
        json!({}),
    );
    assert_eq!(below(&parents.unwrap()), "a:b,d,c b:d d: c:d");
    let renamed = with(
        json!([{ "code": "a", "property": [{ "code": "kid", "valueCode": "b" }] }, { "code": "b" }]),
        json!({ "property": [{ "code": "kid", "uri": "http://hl7.org/fhir/concept-properties#child", "type": "code" }] }),
    );
    assert_eq!(below(&renamed.unwrap()), "a:b b:");
}

#[test]
fn what_cannot_be_a_code_system() {
    for (concepts, expected) in [
        (
            json!([{ "code": "a" }, { "code": "a" }]),
            "the code system http://e.org/s has the code `a` twice",
        ),
        (
            json!([{ "code": "a", "property": [{ "code": "parent", "valueCode": "b" }] },
                   { "code": "b", "property": [{ "code": "parent", "valueCode": "a" }] }]),
            "the code system http://e.org/s has a concept below itself: a → b → a",
        ),
    ] {
        assert_eq!(with(concepts, json!({})).unwrap_err(), expected);
    }
}

#[test]
fn case_counts_unless_the_code_system_says_otherwise() {
    let concepts = json!([{ "code": "Ab" }]);
    let counts = with(concepts.clone(), json!({ "caseSensitive": true })).unwrap();
    assert!(counts.find("Ab").is_some() && counts.find("ab").is_none());
    let does_not = with(concepts, json!({ "caseSensitive": false })).unwrap();
    assert!(does_not.find("AB").is_some());
}
