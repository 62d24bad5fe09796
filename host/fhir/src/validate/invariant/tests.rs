//! Which invariants are evaluated, and what they find, one row on each side.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by failing"
)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{CONSTRAINTS, NOT_EVALUATED};
use crate::outcome::Severity;
use crate::path::Expression;
use crate::resource::Resource;
use crate::validate::{Question, Reach, ask};

const PROFILES: &str = include_str!("../../../definitions/profiles.tsv");

/// Owner, key and expression of every published invariant.
fn published() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut found = Vec::new();
    for line in CONSTRAINTS.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        found.push((columns[0], columns[2], columns[4]));
    }
    let mut owner = "";
    for line in PROFILES.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        match columns.as_slice() {
            ["", "", key, _, expression, _] => found.push((owner, key, expression)),
            [url, _, _, _] if !url.is_empty() => owner = url,
            _ => {}
        }
    }
    found
}

#[test]
fn the_list_of_what_is_not_evaluated_is_exact() {
    let published = published();
    assert!(published.len() > 280, "only {} invariants", published.len());
    let mut explained = BTreeSet::new();
    for line in NOT_EVALUATED.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [owner, key, how, reason] = columns.as_slice() else {
            panic!("not four columns: {line}");
        };
        assert!(matches!(*how, "native" | "faulty" | "cannot"), "{line}");
        assert!(reason.len() > 20, "{line}");
        let known = published
            .iter()
            .find(|row| (row.0, row.1) == (*owner, *key));
        let (_, _, expression) = known.unwrap_or_else(|| panic!("nobody publishes {owner} {key}"));
        let cannot = Expression::parse(expression).is_err();
        assert_eq!(cannot, *how == "cannot", "{line}");
        explained.insert((*owner, *key));
    }
    for (owner, key, expression) in published {
        if let Err(error) = Expression::parse(expression) {
            assert!(
                explained.contains(&(owner, key)),
                "{owner} {key} is not evaluated: {error}"
            );
        }
    }
}

/// `severity path rule` of everything that is found.
fn found(value: Value) -> Vec<String> {
    let question = Question {
        reach: Reach::Advice,
        profiles: &[],
    };
    let findings = ask(&Resource::from_value(value).unwrap(), &question);
    let said = findings.all.iter().map(|finding| {
        let rule = finding
            .issue
            .details
            .rsplit_once("(rule ")
            .map_or("", |(_, rule)| rule.trim_end_matches(')'));
        let severity = finding.issue.severity;
        format!(
            "{} {} {rule}",
            severity.as_str(),
            finding.issue.expression.as_deref().unwrap_or("")
        )
    });
    said.filter(|line| !line.ends_with(" dom-6")).collect()
}

/// Each row: a resource, `=>`, and what is found.
#[test]
fn invariants_by_case() {
    let rows = r#"
        {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}, "period": {"start": "2024-01-01", "end": "2024-01-01"}} =>
        {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}, "period": {"start": "2024-01-02", "end": "2024-01-01"}} => error Encounter.period per-1
        {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}, "period": {"start": "2024-01-01T10:00:00Z", "end": "2024-01-01T10:30:00+01:00"}} => error Encounter.period per-1
        {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}, "period": {"start": "2024-01-02", "end": "2024-01"}} =>
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueInteger": 1} =>
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueInteger": 1, "dataAbsentReason": {"text": "y"}} => error Observation obs-6
        {"resourceType": "Observation", "status": "final", "code": {"coding": [{"code": "a"}]}, "valueInteger": 1, "component": [{"code": {"coding": [{"code": "b"}]}}]} =>
        {"resourceType": "Observation", "status": "final", "code": {"coding": [{"code": "a"}]}, "valueInteger": 1, "component": [{"code": {"coding": [{"code": "a"}]}}]} => error Observation obs-7
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "referenceRange": [{"text": "1"}]} =>
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "referenceRange": [{"appliesTo": [{"text": "1"}]}]} => error Observation.referenceRange[0] obs-3
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": 1, "code": "mg", "system": "http://unitsofmeasure.org"}} =>
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueQuantity": {"value": 1, "code": "mg"}} => error Observation.valueQuantity qty-3
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}}} =>
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueRange": {"low": {"value": 2, "unit": "mg"}, "high": {"value": 1, "unit": "mg"}}} => error Observation.valueRange rng-2
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueRange": {"low": {"value": 2, "unit": "mg"}, "high": {"value": 1, "unit": "g"}}} =>
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueRatio": {"numerator": {"value": 1}}} => error Observation.valueRatio rat-1
        {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "valueSampledData": {"origin": {"value": 1, "comparator": "<"}, "period": 1, "dimensions": 1}} => error Observation.valueSampledData.origin sqty-1
        {"resourceType": "Organization", "name": "A", "telecom": [{"system": "phone", "value": "1", "use": "work"}]} =>
        {"resourceType": "Organization", "name": "A", "telecom": [{"system": "phone", "value": "1", "use": "work"}, {"system": "phone", "value": "1", "use": "home"}]} => error Organization.telecom[1] org-3
        {"resourceType": "Organization", "active": true} => error Organization org-1
        {"resourceType": "Patient", "photo": [{"data": "aGk=", "contentType": "image/png"}]} =>
        {"resourceType": "Patient", "photo": [{"data": "aGk="}]} => error Patient.photo[0] att-1
        {"resourceType": "Patient", "contact": [{"gender": "male"}]} => error Patient.contact[0] pat-1
        {"resourceType": "Condition", "subject": {"display": "x"}, "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}]}, "abatementString": "x"} =>
        {"resourceType": "Condition", "subject": {"display": "x"}, "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}, "abatementString": "x"} => error Condition con-4
        {"resourceType": "Bundle", "type": "collection", "total": 1} => error Bundle bdl-1
        {"resourceType": "Bundle", "type": "searchset", "total": 1} =>
        {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "resource": {"resourceType": "Basic", "code": {"text": "x"}}}, {"fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "resource": {"resourceType": "Basic", "code": {"text": "x"}}}]} => error Bundle bdl-7
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": {"resourceType": "Basic", "code": {"text": "x"}}}]} => error Bundle bdl-3
        {"resourceType": "Bundle", "type": "document", "identifier": {"system": "urn:x", "value": "1"}, "timestamp": "2024-01-01T00:00:00Z", "entry": [{"fullUrl": "urn:x", "resource": {"resourceType": "Basic", "code": {"text": "x"}}}]} => error Bundle bdl-11
        {"resourceType": "Bundle", "type": "collection", "entry": [{"link": [{"relation": "self", "url": "urn:x"}]}]} => error Bundle.entry[0] bdl-5
        {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "group", "item": [{"linkId": "2", "type": "string"}]}]} =>
        {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "group", "item": [{"linkId": "1", "type": "string"}]}]} => error Questionnaire que-2
        {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "group"}]} => error Questionnaire.item[0] que-1
        {"resourceType": "ValueSet", "status": "draft", "name": "Name"} =>
        {"resourceType": "ValueSet", "status": "draft", "name": "wrong name"} => warning ValueSet vsd-0
        {"resourceType": "CodeSystem", "status": "draft", "content": "complete", "concept": [{"code": "a", "concept": [{"code": "a"}]}]} => error CodeSystem csd-1
        {"resourceType": "Task", "status": "draft", "intent": "order", "authoredOn": "2024-01-02", "lastModified": "2024-01-01"} => error Task inv-1
        {"resourceType": "Parameters", "parameter": [{"name": "a", "valueString": "x"}]} =>
        {"resourceType": "Parameters", "parameter": [{"name": "a", "valueString": "x", "part": [{"name": "b", "valueString": "y"}]}]} => error Parameters.parameter[0] inv-1
        {"resourceType": "CareTeam", "participant": [{"member": {"reference": "Practitioner/1"}, "onBehalfOf": {"reference": "Organization/1"}}]} =>
        {"resourceType": "CareTeam", "participant": [{"member": {"reference": "Patient/1"}, "onBehalfOf": {"reference": "Organization/1"}}]} => error CareTeam.participant[0] ctm-1
    "#;
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (resource, expected) = row.split_once("=>").unwrap();
        let value: Value = serde_json::from_str(resource).unwrap();
        let expected: Vec<&str> = Some(expected.trim())
            .filter(|row| !row.is_empty())
            .into_iter()
            .collect();
        assert_eq!(found(value), expected, "{row}");
    }
}

#[test]
fn best_practice_is_information() {
    let question = Question {
        reach: Reach::Advice,
        profiles: &[],
    };
    let patient = Resource::from_value(json!({ "resourceType": "Patient" })).unwrap();
    let all = ask(&patient, &question).all;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].issue.severity, Severity::Information);
    assert!(
        all[0].issue.details.ends_with("(rule dom-6)"),
        "{}",
        all[0].issue.details
    );
}
