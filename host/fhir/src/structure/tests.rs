//! The tables of structures hang together.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use super::{any_resource, blocks, get, named, of_resource};
use crate::resource::ResourceType;

#[test]
fn every_type_that_is_named_exists() {
    let mut rows = 0;
    for block in blocks() {
        assert!(
            block.parent == "-" || named(block.parent).is_some(),
            "{} is a {}",
            block.name,
            block.parent
        );
        for row in &block.rows {
            for kind in row.kinds.split(',') {
                let (name, targets) = kind.split_once('(').unwrap_or((kind, ""));
                assert!(named(name).is_some(), "{}.{}: {name}", block.name, row.name);
                for target in targets
                    .trim_end_matches(')')
                    .split(' ')
                    .filter(|target| !target.is_empty())
                {
                    let known = target.parse::<ResourceType>();
                    assert!(known.is_ok(), "{}.{}: {target}", block.name, row.name);
                }
            }
            rows += 1;
        }
    }
    assert!(rows > 4000, "only {rows} elements");
}

#[test]
fn every_resource_type_has_a_structure() {
    for resource_type in ResourceType::all() {
        let kind = of_resource(resource_type);
        assert_eq!(get(kind).name, resource_type.as_str());
        assert!(kind.is_kind_of(any_resource()), "{resource_type}");
        for inherited in ["id", "meta", "resourceType"] {
            assert!(
                get(kind).element(inherited).is_some(),
                "{resource_type}.{inherited}"
            );
        }
    }
}

#[test]
fn what_some_types_are_made_of() {
    for (kind, json_name, path_name, of, many) in [
        ("Patient", "deceasedBoolean", "deceased", "boolean", false),
        ("Patient", "contact", "contact", "Patient.contact", true),
        (
            "Patient.contact",
            "extension",
            "extension",
            "Extension",
            true,
        ),
        (
            "Patient.contact",
            "modifierExtension",
            "modifierExtension",
            "Extension",
            true,
        ),
        (
            "Questionnaire.item",
            "item",
            "item",
            "Questionnaire.item",
            true,
        ),
        (
            "Observation.component",
            "referenceRange",
            "referenceRange",
            "Observation.referenceRange",
            true,
        ),
        ("Age", "value", "value", "decimal", false),
        ("Extension", "valueQuantity", "value", "Quantity", false),
        ("Bundle.entry", "resource", "resource", "Resource", false),
    ] {
        let element = get(named(kind).unwrap())
            .element(json_name)
            .unwrap_or_else(|| panic!("{kind}.{json_name}"));
        let found = (element.path_name, get(element.kind).name, element.many);
        assert_eq!(found, (path_name, of, many), "{kind}.{json_name}");
    }
    assert!(named("Age").unwrap().is_kind_of(named("Quantity").unwrap()));
    assert!(!named("Quantity").unwrap().is_kind_of(named("Age").unwrap()));
    assert!(
        get(named("Meta").unwrap()).element("project").is_none(),
        "not R4"
    );
}

#[test]
fn codes_and_their_systems() {
    let gender = get(named("Patient").unwrap())
        .element("gender")
        .unwrap()
        .value_set
        .unwrap();
    for (system, code, expected) in [
        ("http://hl7.org/fhir/administrative-gender", "female", true),
        ("http://hl7.org/fhir/administrative-gender", "Female", false),
        ("urn:x", "female", false),
    ] {
        assert_eq!(gender.has(system, code), expected, "{system}|{code}");
    }
    assert_eq!(
        gender.system_of("male"),
        Some("http://hl7.org/fhir/administrative-gender")
    );
    assert_eq!(gender.system_of("none"), None);
}
