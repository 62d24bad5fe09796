//! Reading, writing and naming resources.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::types::NAMES;
use super::{DEPTH_MAX, Id, Key, Resource, ResourceType};

fn refusal(text: &str) -> String {
    match Resource::parse(text.as_bytes()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => {
            assert_eq!(error.issue().details, error.to_string());
            error.to_string()
        }
    }
}

#[test]
fn what_is_refused_and_why() {
    let place = "at line 1 column";
    for (text, expected) in [
        ("", format!("not JSON: EOF while parsing a value {place} 0; send one UTF-8 JSON object")),
        ("{\"resourceType\": \"Patient\",}", format!("not JSON: trailing comma {place} 28; send one UTF-8 JSON object")),
        ("{\"resourceType\": \"Patient\"} {}", format!("not JSON: trailing characters {place} 29; send one UTF-8 JSON object")),
        ("[]", "a resource is a JSON object, but this is an array".to_owned()),
        ("1.5", "a resource is a JSON object, but this is a number".to_owned()),
        ("{}", "`resourceType` is missing; add it, for example \"resourceType\": \"Patient\"".to_owned()),
        ("{\"resourceType\": 1}", "`resourceType` must be a text such as \"Patient\", but this is a number".to_owned()),
        (
            "{\"resourceType\": \"patient\"}",
            "`resourceType`: `patient` is not a FHIR R4 resource type; names are written with capitals, for example `Patient`"
                .to_owned(),
        ),
        (
            "{\"resourceType\": \"Patient\",\n\"id\": \"1\", \"id\": \"2\"}",
            "member `id` appears twice in one object; keep one of them at line 2 column 21".to_owned(),
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
    for (text, part) in [
        (
            "{\"resourceType\": \"Patient\", \"a\": [{\"b\": 1, \"b\": 1}]}",
            "member `b` appears twice",
        ),
        (
            "{\"resourceType\": \"Patient\", \"a\": \"\\u0000\"}",
            "U+0000",
        ),
        ("{\"resourceType\": \"Patient\", \"a\\u0000\": 1}", "U+0000"),
        (
            "{\"resourceType\": \"Patient\", \"a\": \"\\ud800\"}",
            "not JSON",
        ),
        ("{\"resourceType\": \"Patient\", \"a\": 01}", "not JSON"),
        ("{\"resourceType\": \"Patient\", \"a\": NaN}", "not JSON"),
        (
            "{\"resourceType\": \"Patient\", \"$serde_json::private::Number\": \"x\"}",
            "reserved",
        ),
    ] {
        assert!(refusal(text).contains(part), "{text}: {}", refusal(text));
    }
    assert!(Resource::parse(b"{\"resourceType\": \"Patient\", \"a\": \"\xff\"}").is_err());
}

#[test]
fn depth_is_bounded_on_both_ways_in() {
    for (levels, accepted) in [(DEPTH_MAX - 1, true), (DEPTH_MAX, false), (100_000, false)] {
        let text = format!(
            "{{\"resourceType\": \"Patient\", \"a\": {}{}}}",
            "[".repeat(levels),
            "]".repeat(levels)
        );
        assert_eq!(
            Resource::parse(text.as_bytes()).is_ok(),
            accepted,
            "{levels}"
        );
        if levels <= DEPTH_MAX {
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(Resource::from_value(value).is_ok(), accepted, "{levels}");
        }
    }
}

#[test]
fn digits_and_order_survive() {
    let exponents = Resource::parse(b"{\"resourceType\":\"Basic\",\"a\":[1e3,1.0E-2]}").unwrap();
    assert_eq!(
        exponents.to_json(),
        "{\"resourceType\":\"Basic\",\"a\":[1e+3,1.0e-2]}"
    );
    let text = "{\"z\":1.50,\"resourceType\":\"Observation\",\"a\":[1e+3,1.0e-2,100000000000000000000.10,-0]}";
    assert_eq!(Resource::parse(text.as_bytes()).unwrap().to_json(), text);
}

#[test]
fn a_stamp_keeps_everything_else() {
    let mut resource = Resource::from_value(json!({
        "resourceType": "Patient", "id": "old", "meta": { "versionId": "1", "tag": [] }, "active": true
    }))
    .unwrap();
    resource.stamp(&"new".parse().unwrap(), 7, "2024-05-01T10:30:00.000Z");
    assert_eq!(
        resource.to_json(),
        "{\"resourceType\":\"Patient\",\"id\":\"new\",\"meta\":{\"versionId\":\"7\",\"tag\":[],\
         \"lastUpdated\":\"2024-05-01T10:30:00.000Z\"},\"active\":true}"
    );
    assert_eq!(resource.version_id(), Some("7"));
    assert_eq!(resource.last_updated(), Some("2024-05-01T10:30:00.000Z"));
    assert_eq!(resource.key().unwrap().to_string(), "Patient/new");
    let mut broken = Resource::from_value(json!({ "resourceType": "Patient", "meta": 1 })).unwrap();
    broken.stamp(&"a".parse().unwrap(), 1, "2024");
    assert_eq!(broken.version_id(), Some("1"));
}

#[test]
fn texts_at_paths() {
    let resource = Resource::from_value(json!({
        "resourceType": "Observation",
        "code": { "coding": [{ "display": "x" }, { "code": "b" }] },
        "subject": { "reference": "Patient/1" },
        "valueBoolean": true
    }))
    .unwrap();
    for (path, expected) in [
        ("subject.reference", Some("Patient/1")),
        ("code.coding.code", Some("b")),
        ("code.coding.1.code", Some("b")),
        ("code.coding.0.code", None),
        ("code.coding.9.code", None),
        ("code", None),
        ("valueBoolean", None),
        ("", None),
        ("subject..reference", None),
    ] {
        assert_eq!(resource.text_at(path), expected, "{path}");
    }
}

#[test]
fn ids_and_keys_by_case() {
    for (text, accepted) in [
        ("a", true),
        ("A-1.b", true),
        ("", false),
        ("a_b", false),
        ("a/b", false),
        ("é", false),
        (" a", false),
    ] {
        assert_eq!(text.parse::<Id>().is_ok(), accepted, "{text}");
        assert_eq!(
            format!("Patient/{text}").parse::<Key>().is_ok(),
            accepted,
            "{text}"
        );
    }
    assert!("a".repeat(64).parse::<Id>().is_ok());
    assert!("a".repeat(65).parse::<Id>().is_err());
    assert!(
        "Patient"
            .parse::<Key>()
            .unwrap_err()
            .to_string()
            .contains("write type and id")
    );
    assert!(
        "Nobody/1"
            .parse::<Key>()
            .unwrap_err()
            .to_string()
            .contains("not a FHIR R4 resource type")
    );
}

#[test]
fn types_have_the_numbers_of_the_table() {
    let table = include_str!("../../definitions/resource_types.tsv");
    let lines: Vec<String> = ResourceType::all()
        .map(|t| format!("{}\t{t}", t.number()))
        .collect();
    assert_eq!(lines.join("\n"), table.trim_end());
    for name in NAMES {
        assert_eq!(name.parse::<ResourceType>().unwrap().as_str(), name);
    }
    assert_eq!(ResourceType::PATIENT.as_str(), "Patient");
    assert_eq!(ResourceType::from_number(146), None);
    assert_eq!("Nobody".parse::<ResourceType>().unwrap_err().0, "Nobody");
    assert_eq!(
        "x".repeat(1000)
            .parse::<ResourceType>()
            .unwrap_err()
            .0
            .chars()
            .count(),
        81
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,12})?"
            .prop_map(|digits| Value::Number(digits.parse().unwrap())),
        "[^\\x00]{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let object = btree_map("[a-zA-Z_é]{0,8}", inner.clone(), 0..6);
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::Array),
            object.prop_map(|members| json!(members))
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_itself(members in btree_map("[a-z]{1,8}", any_json(), 0..6)) {
        let mut value = json!({ "resourceType": "Basic" });
        value.as_object_mut().unwrap().extend(members);
        let resource = Resource::from_value(value).unwrap();
        let again = Resource::parse(resource.to_json().as_bytes()).unwrap();
        prop_assert_eq!(again.to_json(), resource.to_json());
        prop_assert!(again == resource);
        // Nothing in a resource makes checking or extracting fail.
        crate::validate::check(&again);
        crate::search_parameter::extract(&again);
        crate::compartment::patient_of(&again);
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Resource::parse(&bytes);
    }
}
