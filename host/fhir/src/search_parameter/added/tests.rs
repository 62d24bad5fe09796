//! What may be added, and what is refused where.
#![expect(clippy::panic, reason = "a test says what is wrong by failing")]

use serde_json::{Value, json};

use super::{Definition, FIRST};
use crate::resource::{Resource, ResourceType};
use crate::search_parameter::{Known, by_code, extract_by};

fn parameter(change: impl FnOnce(&mut Value)) -> Value {
    let mut value = json!({
        "resourceType": "SearchParameter", "status": "active", "code": "eye-colour", "base": ["Patient"], "type": "token",
        "expression": "Patient.extension.where(url = 'urn:eye').value",
    });
    change(&mut value);
    value
}

#[test]
fn what_cannot_be_searched_by_is_refused_with_its_place() {
    let table: &[(&str, Value, &str)] = &[
        ("code", json!("_eye"), "SearchParameter.code"),
        ("code", json!("eye colour"), "SearchParameter.code"),
        ("code", json!("eye.colour"), "SearchParameter.code"),
        ("code", json!("1st"), "SearchParameter.code"),
        ("code", json!("x".repeat(64)), ""),
        ("code", json!("x".repeat(65)), "SearchParameter.code"),
        ("code", json!("birthdate"), "SearchParameter.code"),
        ("code", json!("phonetic"), "SearchParameter.code"),
        ("type", json!("composite"), "SearchParameter.type"),
        ("type", json!("special"), "SearchParameter.type"),
        ("type", json!("uri"), ""),
        ("type", json!("reference"), "SearchParameter.target"),
        ("base", json!(["Resource"]), "SearchParameter.base[0]"),
        (
            "base",
            json!(["Patient", "Nonsense"]),
            "SearchParameter.base[1]",
        ),
        (
            "base",
            json!(["Patient", "Patient"]),
            "SearchParameter.base[1]",
        ),
        ("base", json!([]), "SearchParameter.base"),
        ("base", json!(["Patient", "Person"]), ""),
        (
            "target",
            json!(["Patient", "Thing"]),
            "SearchParameter.target[1]",
        ),
        (
            "expression",
            json!("Patient.name["),
            "SearchParameter.expression",
        ),
        (
            "expression",
            json!("Patient.frobnicate()"),
            "SearchParameter.expression",
        ),
        (
            "expression",
            json!("Patient.birthDate < today()"),
            "SearchParameter.expression",
        ),
        ("expression", json!(""), "SearchParameter.expression"),
    ];
    for (member, value, place) in table {
        let resource = parameter(|it| it[*member] = value.clone());
        let said = match Definition::read(&resource) {
            Ok(_) => String::new(),
            Err(issues) => issues[0].expression.clone().unwrap_or_default(),
        };
        assert_eq!(said, *place, "{member}: {value}");
    }
}

#[test]
fn an_added_parameter_reads_resources_of_its_type_and_is_found_by_its_name() {
    let read = Definition::read(&parameter(|_| {}));
    let Ok(definitions) = read else {
        panic!("it is refused");
    };
    let [definition] = definitions.as_slice() else {
        panic!("one type, one definition");
    };
    assert!(definition.under(FIRST - 1).is_none());
    let Some(colour) = definition.under(FIRST + 7) else {
        panic!("it has a number");
    };
    assert!(std::ptr::eq(
        colour,
        definition.under(FIRST + 7).unwrap_or(colour)
    ));
    assert_eq!(by_code(colour.code).map(|it| it.name), Some("eye-colour"));
    let patient = json!({ "resourceType": "Patient", "id": "a", "extension": [
        { "url": "urn:eye", "valueCode": "green" }, { "url": "urn:other", "valueCode": "red" }] });
    let Ok(patient) = Resource::from_value(patient) else {
        panic!("it is a resource");
    };
    let entries = extract_by(&patient, &[colour]);
    assert_eq!(entries.len(), 1, "{entries:?}");
    let mut known = Known::default();
    known.add(colour, false);
    let (patient, person) = (ResourceType::PATIENT, ResourceType::PERSON);
    assert!(known.find(patient, "eye-colour").is_some());
    assert!(known.find(person, "eye-colour").is_none());
    let listed = |known: &Known| known.of(patient).any(|it| it.name == "eye-colour");
    assert!(!listed(&known), "it is not whole yet");
    let mut known = Known::default();
    known.add(colour, true);
    assert!(listed(&known));
}
