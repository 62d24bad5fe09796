//! The tables of profiles hang together with those of structures.
#![expect(clippy::panic, reason = "a test says what is wrong by failing")]

use super::{Context, Node, PROFILES, all, named};
use crate::structure::{self, TypeId};

/// Every type that a member of that name may have; empty where there is no such member.
fn members(kinds: &[TypeId], name: &str) -> Vec<TypeId> {
    let of = kinds
        .iter()
        .flat_map(|kind| &structure::get(*kind).elements);
    of.filter(|element| element.path_name == name)
        .map(|element| element.kind)
        .collect()
}

fn walk(node: &Node, kinds: &[TypeId], path: &str) {
    let own: Vec<TypeId> = node.types.iter().map(|allowed| allowed.kind).collect();
    for allowed in &node.types {
        let known = kinds
            .iter()
            .any(|of| allowed.kind.is_kind_of(*of) || allowed.takes(*of));
        assert!(
            known,
            "{path} cannot be a {}",
            structure::get(allowed.kind).name
        );
    }
    let kinds = if own.is_empty() { kinds } else { &own };
    for child in &node.children {
        let path = format!("{path}.{}", child.name);
        let mut found = members(kinds, child.name);
        // Primitives have an id and extensions as every element has.
        if found.is_empty()
            && kinds
                .iter()
                .any(|kind| structure::get(*kind).primitive.is_some())
        {
            found = structure::named("Element")
                .map_or_else(Vec::new, |element| members(&[element], child.name));
        }
        // A resource of any type has the members of that type.
        if kinds.contains(&structure::any_resource()) {
            continue;
        }
        assert!(!found.is_empty(), "there is no {path}");
        walk(child, &found, &path);
    }
    for slice in &node.slices {
        walk(slice, kinds, &format!("{path}:{}", slice.name));
    }
}

#[test]
fn every_element_that_a_definition_names_exists() {
    let mut count = 0;
    for definition in all() {
        walk(&definition.root, &[definition.kind], definition.name());
        count += 1;
    }
    assert!(count > 550, "only {count} definitions");
    let lines = PROFILES
        .lines()
        .filter(|line| !line.starts_with('\t'))
        .count();
    assert_eq!(lines, count, "every line that begins a definition is read");
}

#[test]
fn every_slice_can_be_told() {
    for definition in all() {
        definition.root.each(&mut |node| {
            let (url, name) = (definition.url, node.name);
            assert!(
                node.slices.is_empty() || node.slicing.is_some(),
                "{url}: {name}"
            );
            if name == "extension" {
                for slice in &node.slices {
                    assert!(slice.url().is_some(), "{url}: extension {}", slice.name);
                }
            }
        });
    }
}

#[test]
fn where_some_extensions_may_stand() {
    let kind = |name| structure::named(name).unwrap_or_else(|| panic!("{name}"));
    for (url, expected) in [
        (
            "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory",
            Context::Kind(kind("Patient")),
        ),
        (
            "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
            Context::Member(kind("Patient"), "birthDate"),
        ),
        (
            "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName",
            Context::Member(kind("Address"), "line"),
        ),
    ] {
        let definition = named(url).unwrap_or_else(|| panic!("{url}"));
        assert!(
            definition.contexts.contains(&expected),
            "{url}: {:?}",
            definition.contexts
        );
    }
}
