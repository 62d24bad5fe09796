//! What profiles and extensions ask for, one row on each side of each rule.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use serde_json::{Value, json};

use super::slicing::Slicing;
use super::table::{Allowed, Fixed, Limit, Node};
use crate::outcome::Severity;
use crate::path::item::Element;
use crate::resource::Resource;
use crate::structure;
use crate::validate::place::Place;
use crate::validate::{Check, Question, Reach, ask, knows_profile, profiles_of};

const UK: &str = "https://fhir.hl7.org.uk/StructureDefinition/";

/// `severity path: details` of everything found, but for the advice to have a narrative.
fn found(value: Value, reach: Reach) -> Vec<String> {
    let question = Question {
        reach,
        profiles: &[],
    };
    let all = ask(&Resource::from_value(value).unwrap(), &question).all;
    let said = all.iter().map(|finding| {
        let issue = &finding.issue;
        let place = issue.expression.as_deref().unwrap_or("");
        format!("{} {place}: {}", issue.severity.as_str(), issue.details)
    });
    said.filter(|line| !line.contains("(rule dom-6)")).collect()
}

/// Each row: the last part of a profile's URL, members of the resource, `=>`, how the one finding begins.
fn check_rows(base: &Value, rows: &str) {
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (given, expected) = row.split_once("=>").unwrap();
        let (profile, members) = given.trim().split_once(' ').unwrap();
        let mut value = base.clone();
        value["meta"] = json!({ "profile": [format!("{UK}{profile}")] });
        let members: Value =
            serde_json::from_str(members).unwrap_or_else(|error| panic!("{row}: {error}"));
        for (name, member) in members.as_object().unwrap() {
            if member.is_null() {
                value.as_object_mut().unwrap().shift_remove(name);
            } else {
                value[name] = member.clone();
            }
        }
        let found = found(value, Reach::Advice);
        let fits = match expected.trim() {
            "" => found.is_empty(),
            expected => matches!(found.as_slice(), [only] if only.starts_with(expected)),
        };
        assert!(fits, "{row}\n  found: {found:#?}");
    }
}

#[test]
fn uk_core_patients() {
    let nhs = "https://fhir.nhs.uk/Id/nhs-number";
    let status = format!("{UK}Extension-UKCore-NHSNumberVerificationStatus");
    let ethnic = format!("{UK}Extension-UKCore-EthnicCategory");
    let coded = r#"{"coding": [{"system": "urn:x", "code": "A"}]}"#;
    check_rows(
        &json!({ "resourceType": "Patient" }),
        &format!(
            r#"
        UKCore-Patient {{"identifier": [{{"system": "{nhs}", "value": "9449305552"}}]}} =>
        UKCore-Patient {{"identifier": [{{"system": "{nhs}"}}]}} => error Patient.identifier[0].value: `value` is required (UKCore-Patient)
        UKCore-Patient {{"identifier": [{{"system": "{nhs}", "value": "1"}}, {{"system": "{nhs}", "value": "2"}}]}} => error Patient.identifier: slice nhsNumber of identifier: `nhsNumber` occurs 2 times; at most 1
        UKCore-Patient {{"identifier": [{{"system": "urn:x"}}, {{"system": "urn:x"}}]}} =>
        UKCore-Patient {{"identifier": [{{"system": "{nhs}", "value": "1", "extension": [{{"url": "{status}", "valueCodeableConcept": {{"coding": [{{"system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland", "code": "01"}}]}}}}]}}]}} =>
        UKCore-Patient {{"identifier": [{{"system": "{nhs}", "value": "1", "extension": [{{"url": "{status}", "valueString": "x"}}]}}]}} => error Patient.identifier[0].extension[0].value: this is a string, and only CodeableConcept is allowed (Extension-UKCore-NHSNumberVerificationStatus)
        UKCore-Patient {{"extension": [{{"url": "{ethnic}", "valueCodeableConcept": {coded}}}]}} => warning Patient.extension[0].value: no code here is of https://fhir.hl7.org.uk/ValueSet/UKCore-EthnicCategory; write one of
        UKCore-Patient {{"extension": [{{"url": "{ethnic}", "valueCodeableConcept": {{"text": "x"}}}}]}} =>
        UKCore-Patient {{"contact": [{{"name": {{"text": "x"}}, "extension": [{{"url": "{ethnic}", "valueCodeableConcept": {{"text": "x"}}}}]}}]}} => error Patient.contact[0].extension[0]: this extension may not stand here, only at Patient
        UKCore-Observation {{}} => error Patient.meta.profile[0]: UKCore-Observation is a profile of Observation, and this is a Patient; take it out
        UKCore-Nothing {{}} => information Patient.meta.profile[0]: the profile `https://fhir.hl7.org.uk/StructureDefinition/UKCore-Nothing` is not known here
            "#
        ),
    );
}

#[test]
fn uk_core_blood_pressures() {
    let part = |text: &str, code: &str, value: i32| {
        json!({
            "code": { "text": text, "coding": [
                { "system": "http://loinc.org", "code": code, "display": text },
                { "system": "http://snomed.info/sct", "code": "1" }
            ] },
            "valueQuantity": { "value": value, "unit": "millimeter of mercury", "system": "http://unitsofmeasure.org", "code": "mm[Hg]" }
        })
    };
    let systolic = part("Systolic blood pressure", "8480-6", 120);
    let diastolic = part("Diastolic blood pressure", "8462-4", 80);
    let other = part("Mean blood pressure", "8478-0", 90);
    let base = json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "85354-9" }, { "system": "http://snomed.info/sct", "code": "75367002" }] },
        "subject": { "reference": "Patient/1" },
        "effectiveDateTime": "2024-05-01",
        "component": [systolic, diastolic]
    });
    let pressure = "UKCore-Observation-VitalSigns-BloodPressure";
    let mut slow = systolic.clone();
    slow["valueQuantity"]["unit"] = json!("mmHg");
    let loinc = r#"{"coding": [{"system": "http://loinc.org", "code": "8867-4"}, {"system": "http://snomed.info/sct", "code": "1"}]}"#;
    check_rows(
        &base,
        &format!(
            r#"
        {pressure} {{}} =>
        {pressure} {{"status": "preliminary"}} => error Observation.status: this must be "final"
        {pressure} {{"subject": null}} => error Observation.subject: `subject` is required
        {pressure} {{"specimen": {{"reference": "Specimen/1"}}}} => error Observation.specimen: `specimen` is not allowed
        {pressure} {{"device": {{"reference": "Device/1"}}}} =>
        {pressure} {{"component": [{diastolic}]}} => error Observation.component: slice SystolicBP of component: `SystolicBP` is required
        {pressure} {{"component": [{systolic}]}} =>
        {pressure} {{"component": [{systolic}, {other}]}} => error Observation.component[1]: this is none of the slices SystolicBP, DiastolicBP, and no other is allowed
        {pressure} {{"component": [{slow}]}} => error Observation.component[0].value.unit: this must be "millimeter of mercury"
        {pressure} {{"code": {loinc}}} => error Observation.code.coding[0].code: this must be "85354-9"
            "#
        ),
    );
}

#[test]
fn vital_signs_of_r4() {
    let profile = "http://hl7.org/fhir/StructureDefinition/bodyweight";
    let weight = json!({
        "resourceType": "Observation",
        "meta": { "profile": [profile] },
        "status": "final",
        "category": [{ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs" }] }],
        "code": { "coding": [{ "system": "http://loinc.org", "code": "29463-7" }] },
        "subject": { "reference": "Patient/1" },
        "effectiveDateTime": "2024-05-01",
        "valueQuantity": { "value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg" }
    });
    assert_eq!(found(weight.clone(), Reach::Errors), [""; 0]);
    for (pointer, value, expected) in [
        (
            "/valueQuantity/code",
            json!("stone"),
            "error Observation.value.code: no code here is of ucum-bodyweight; write one of [lb_av], g, kg (bodyweight)",
        ),
        (
            "/effectiveDateTime",
            json!("2024"),
            "error Observation.effective: if Observation.effective[x] is dateTime and has a value then that value shall be precise to the day (rule vs-1) (bodyweight)",
        ),
        (
            "/subject/reference",
            json!("Group/1"),
            "error Observation.subject.reference: this may refer only to Patient (bodyweight)",
        ),
        (
            "/category/0/coding/0/code",
            json!("laboratory"),
            "error Observation.category: slice VSCat of category: `VSCat` is required (bodyweight)",
        ),
        (
            "/code/coding/0/code",
            json!("1-8"),
            "error Observation.code.coding: slice BodyWeightCode of coding: `BodyWeightCode` is required (bodyweight)",
        ),
    ] {
        let mut changed = weight.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_eq!(found(changed, Reach::Errors), [expected], "{pointer}");
    }
}

/// A check of an Observation's JSON by rules that are made up here.
fn by_rules(node: Node, value: Value) -> Vec<String> {
    let root: &'static Value = Box::leak(Box::new(value));
    let node: &'static Node = Box::leak(Box::new(node));
    let kind = structure::named("Observation").unwrap();
    let mut check = Check::new(root, Reach::Advice);
    check.element(
        node,
        &Element::of_kind(root, None, kind),
        &Place::first("Observation"),
    );
    let said = check.findings.iter().map(|finding| {
        format!(
            "{}: {}",
            finding.issue.expression.as_deref().unwrap_or(""),
            finding.issue.details
        )
    });
    said.collect()
}

fn named(name: &'static str) -> Node {
    Node {
        name,
        ..Node::default()
    }
}

fn fixed(name: &'static str, value: Value) -> Node {
    Node {
        fixed: Some(Fixed::Exact(value)),
        ..named(name)
    }
}

/// Two slices of `note` by `text`, the first of which is cut again by `time`.
fn sliced(rules: &'static str) -> Node {
    let again = Node {
        max: Some(1),
        children: vec![fixed("time", json!("2024-05-01T00:00:00Z"))],
        ..named("first")
    };
    let one = Node {
        children: vec![fixed("text", json!("one"))],
        slicing: Some(Slicing::read("open value:time")),
        slices: vec![again],
        ..named("one")
    };
    let two = Node {
        children: vec![fixed("text", json!("two"))],
        ..named("two")
    };
    let note = Node {
        slicing: Some(Slicing::read(rules)),
        slices: vec![one, two],
        ..named("note")
    };
    Node {
        children: vec![note],
        ..Node::default()
    }
}

#[test]
fn slices_by_case() {
    let note = |text: &str| json!({ "text": text });
    let first = json!({ "text": "one", "time": "2024-05-01T00:00:00Z" });
    for (rules, notes, expected) in [
        ("open value:text", vec![note("x"), note("one")], ""),
        (
            "closed value:text",
            vec![note("one"), note("x")],
            "Observation.note[1]: this is none of the slices one, two",
        ),
        ("closed value:text", vec![note("two"), note("one")], ""),
        (
            "closed+ordered value:text",
            vec![note("one"), note("two")],
            "",
        ),
        (
            "closed+ordered value:text",
            vec![note("two"), note("one")],
            "Observation.note[1]: items come in the order one, two",
        ),
        ("openAtEnd value:text", vec![note("one"), note("x")], ""),
        (
            "openAtEnd value:text",
            vec![note("x"), note("one")],
            "Observation.note[1]: items of the slices one, two come first",
        ),
        ("open value:text", vec![first.clone(), note("one")], ""),
        (
            "open value:text",
            vec![first.clone(), first.clone()],
            "Observation.note: slice first of one: `first` occurs 2 times; at most 1",
        ),
    ] {
        let found = by_rules(
            sliced(rules),
            json!({ "resourceType": "Observation", "note": notes }),
        );
        let fits = if expected.is_empty() {
            found.is_empty()
        } else {
            found.len() == 1 && found[0].starts_with(expected)
        };
        assert!(fits, "{rules}\n  expected: {expected}\n  found: {found:?}");
    }
}

/// One slice of an element, told apart by a discriminator, which may not occur.
fn never(slicing: &'static str, element: &'static str, children: Vec<Node>) -> Node {
    let of = Node {
        slicing: Some(Slicing::read(slicing)),
        slices: vec![Node {
            max: Some(0),
            children,
            ..named("s")
        }],
        ..named(element)
    };
    Node {
        children: vec![of],
        ..Node::default()
    }
}

/// A quantity as the value, of these profiles.
fn quantity_of(profiles: Vec<&'static str>) -> Node {
    Node {
        types: vec![Allowed {
            kind: structure::named("Quantity").unwrap(),
            profiles,
            targets: Vec::new(),
        }],
        ..named("value")
    }
}

/// A value, so many times.
fn values(min: usize, max: Option<usize>) -> Node {
    Node {
        min,
        max,
        ..named("value")
    }
}

/// A note whose extension `urn:x` says `a`.
fn by_extension() -> Node {
    let of_url = Node {
        children: vec![fixed("url", json!("urn:x")), fixed("value", json!("a"))],
        ..named("x")
    };
    let extension = Node {
        slicing: Some(Slicing::read("open value:url")),
        slices: vec![of_url],
        ..named("extension")
    };
    never(
        "open value:extension('urn:x').value",
        "note",
        vec![extension],
    )
}

/// One slice of `performer`, `component` or `note`, which may not occur, by each kind of discriminator.
#[test]
fn discriminators_by_case() {
    let simple = "http://hl7.org/fhir/StructureDefinition/SimpleQuantity";
    let of = |slicing, child: Node| never(slicing, "component", vec![child]);
    let by_value_type = || of("open type:value", quantity_of(Vec::new()));
    let by_value = || of("open exists:value", values(1, None));
    let no_value = || of("open exists:value", values(0, Some(0)));
    let by_profile = || of("open profile:value", quantity_of(vec![simple]));
    let by_pattern = || {
        let code = Node {
            fixed: Some(Fixed::Pattern(json!({ "text": "x" }))),
            ..named("code")
        };
        of("open pattern:code", code)
    };
    let by_name = || {
        let ward = vec![fixed("name", json!("Ward"))];
        never("open value:resolve().name", "performer", ward)
    };
    let quantity =
        json!({ "component": [{ "code": { "text": "x" }, "valueQuantity": { "value": 1 } }] });
    let text = json!({ "component": [{ "code": { "text": "x" }, "valueString": "x" }] });
    let bare = json!({ "component": [{ "code": { "text": "x" } }] });
    let compared = json!({ "component": [{ "code": { "text": "x" }, "valueQuantity": { "value": 1, "comparator": "<" } }] });
    let ward = json!({ "performer": [{ "reference": "#w" }], "contained": [{ "resourceType": "Organization", "id": "w", "name": "Ward" }] });
    let elsewhere = json!({ "performer": [{ "reference": "Organization/1" }] });
    let extended =
        json!({ "note": [{ "text": "x", "extension": [{ "url": "urn:x", "valueCode": "a" }] }] });
    for (what, node, value, expected) in [
        ("a type", by_value_type(), &quantity, true),
        ("another type", by_value_type(), &text, false),
        ("something", by_value(), &text, true),
        ("nothing", by_value(), &bare, false),
        (
            "something where nothing is asked for",
            no_value(),
            &text,
            false,
        ),
        (
            "nothing where nothing is asked for",
            no_value(),
            &bare,
            true,
        ),
        ("a profile that is kept", by_profile(), &quantity, true),
        ("a profile that is broken", by_profile(), &compared, false),
        ("a contained resource", by_name(), &ward, true),
        (
            "a resource that is not at hand",
            by_name(),
            &elsewhere,
            false,
        ),
        ("an extension's value", by_extension(), &extended, true),
        ("a pattern", by_pattern(), &bare, true),
    ] {
        let mut whole = json!({ "resourceType": "Observation" });
        for (name, member) in value.as_object().unwrap() {
            whole[name] = member.clone();
        }
        assert_eq!(!by_rules(node, whole).is_empty(), expected, "{what}");
    }
}

#[test]
fn values_by_case() {
    let limited = |limit: Limit| Node {
        children: vec![Node {
            children: vec![Node {
                limits: vec![limit],
                ..named("value")
            }],
            ..named("value")
        }],
        ..Node::default()
    };
    let at = |value: Value| json!({ "resourceType": "Observation", "valueQuantity": { "value": value } });
    let text = |text: &str| json!({ "resourceType": "Observation", "valueString": text });
    let long = || Node {
        children: vec![Node {
            limits: vec![Limit::Length(3)],
            ..named("value")
        }],
        ..Node::default()
    };
    let code = |fixed: Fixed| Node {
        children: vec![Node {
            fixed: Some(fixed),
            ..named("code")
        }],
        ..Node::default()
    };
    let coded = json!({ "resourceType": "Observation", "code": { "coding": [{ "system": "urn:x", "code": "1" }], "text": "x" } });
    let part = json!({ "coding": [{ "code": "1" }] });
    for (node, value, expected) in [
        (limited(Limit::Least(json!(1))), at(json!(1)), ""),
        (
            limited(Limit::Least(json!(1))),
            at(json!(0.9)),
            "Observation.value.value: this must not be less than 1",
        ),
        (limited(Limit::Most(json!(1))), at(json!(1.0)), ""),
        (
            limited(Limit::Most(json!(1))),
            at(json!(1.1)),
            "Observation.value.value: this must not be greater than 1",
        ),
        (long(), text("äöü"), ""),
        (
            long(),
            text("four"),
            "Observation.value: this has 4 characters; at most 3",
        ),
        (code(Fixed::Pattern(part.clone())), coded.clone(), ""),
        (
            code(Fixed::Exact(part.clone())),
            coded.clone(),
            "Observation.code: this must be",
        ),
        (code(Fixed::Exact(coded["code"].clone())), coded.clone(), ""),
        (
            code(Fixed::Pattern(json!({ "coding": [{ "code": "2" }] }))),
            coded,
            "Observation.code: this must hold",
        ),
    ] {
        let found = by_rules(node, value.clone());
        let fits = if expected.is_empty() {
            found.is_empty()
        } else {
            found.len() == 1 && found[0].starts_with(expected)
        };
        assert!(fits, "{value}\n  expected: {expected}\n  found: {found:?}");
    }
}

#[test]
fn extensions_stand_as_often_as_they_may() {
    let once = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
    let place = json!({ "url": once, "valueAddress": { "city": "Preston" } });
    for (count, expected) in [(1, 0), (2, 1)] {
        let patient = json!({ "resourceType": "Patient", "extension": vec![place.clone(); count] });
        assert_eq!(found(patient, Reach::Errors).len(), expected);
    }
}

#[test]
fn a_profile_may_be_asked_about() {
    let url = format!("{UK}UKCore-Observation-VitalSigns|2.0.0");
    let question = Question {
        reach: Reach::Errors,
        profiles: &[&url],
    };
    let bare = Resource::from_value(
        json!({ "resourceType": "Observation", "status": "final", "code": { "text": "x" } }),
    )
    .unwrap();
    let findings = ask(&bare, &question);
    assert!(
        findings
            .all
            .iter()
            .all(|finding| finding.issue.severity == Severity::Error)
    );
    assert!(
        findings
            .all
            .iter()
            .all(|finding| finding.of_profile.is_some())
    );
    assert!(!findings.all.is_empty());
    let resource_type = bare.resource_type();
    let url = url.split('|').next().unwrap();
    assert!(profiles_of(resource_type).contains(&url) && knows_profile(url));
    assert!(knows_profile(
        "http://hl7.org/fhir/StructureDefinition/Observation"
    ));
    assert!(!knows_profile("urn:x"));
}
