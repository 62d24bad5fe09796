//! `$validate`, and what a write that breaks a rule is answered.

use serde_json::{Value, json};

use super::{on_both, patient};

const UK_PATIENT: &str = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient";

/// A patient whose NHS number has no value: sound R4, but not UK Core.
fn numberless() -> Value {
    json!({
        "resourceType": "Patient",
        "identifier": [{ "system": "https://fhir.nhs.uk/Id/nhs-number" }]
    })
}

fn parameters(resource: &Value, more: Value) -> Value {
    let mut all = vec![json!({ "name": "resource", "resource": resource })];
    all.extend(more.as_array().unwrap().iter().cloned());
    json!({ "resourceType": "Parameters", "parameter": all })
}

/// `severity expression` of each issue but advice.
fn issues(outcome: &Value) -> Vec<String> {
    let all = outcome["issue"].as_array().unwrap().iter();
    let told = all.filter(|issue| issue["severity"] != "information");
    told.map(|issue| {
        assert!(
            issue["details"]["text"].is_string() && issue["diagnostics"].is_string(),
            "{issue}"
        );
        format!(
            "{} {}",
            issue["severity"].as_str().unwrap(),
            issue["expression"][0].as_str().unwrap_or("")
        )
    })
    .collect()
}

#[test]
fn validate_by_case() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        let mut named = numberless();
        named["id"] = json!("p");
        let mut declared = numberless();
        declared["meta"] = json!({ "profile": [UK_PATIENT] });
        let profile = json!([{ "name": "profile", "valueUri": UK_PATIENT }]);
        let wrong = json!({ "resourceType": "Patient", "gender": "F", "deceasedBoolean": "no" });
        let script = json!({ "resourceType": "Patient", "text": { "status": "generated",
            "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x()</script></div>" } });
        let mode = |mode: &str| json!([{ "name": "mode", "valueCode": mode }]);
        const VALUE: &[&str] = &["error Patient.identifier[0].value"];
        // Request, body, status, what is found.
        let rows: Vec<(&str, Value, u16, &[&str])> = vec![
            ("POST /fhir/Patient/$validate", numberless(), 200, &[]),
            (
                "POST /fhir/Patient/$validate",
                wrong.clone(),
                200,
                &["error Patient.gender", "error Patient.deceasedBoolean"],
            ),
            (
                "POST /fhir/Patient/$validate",
                script,
                200,
                &["error Patient.text.div"],
            ),
            ("POST /fhir/Patient/$validate", declared.clone(), 200, VALUE),
            (
                "POST /fhir/Patient/$validate",
                parameters(&numberless(), json!([])),
                200,
                &[],
            ),
            (
                "POST /fhir/Patient/$validate",
                parameters(&numberless(), profile.clone()),
                200,
                VALUE,
            ),
            (
                "POST /fhir/Patient/$validate?profile=urn:x",
                numberless(),
                200,
                &["error "],
            ),
            (
                "POST /fhir/Observation/$validate",
                numberless(),
                200,
                &["error Patient"],
            ),
            (
                "POST /fhir/Patient/$validate",
                parameters(&numberless(), mode("create")),
                200,
                &[],
            ),
            (
                "POST /fhir/Patient/$validate",
                parameters(&numberless(), mode("update")),
                400,
                &[],
            ),
            (
                "POST /fhir/Patient/$validate",
                parameters(&numberless(), mode("wish")),
                400,
                &[],
            ),
            (
                "POST /fhir/Patient/$validate",
                json!({ "resourceType": "Parameters", "parameter": [] }),
                400,
                &[],
            ),
            (
                "POST /fhir/Patient/p/$validate",
                parameters(&named, mode("update")),
                200,
                &[],
            ),
            (
                "POST /fhir/Patient/p/$validate",
                parameters(&numberless(), mode("update")),
                200,
                &["error Patient.id"],
            ),
            (
                "POST /fhir/Patient/none/$validate?mode=delete",
                Value::Null,
                404,
                &[],
            ),
            (
                "POST /fhir/Patient/p/$validate?mode=delete",
                Value::Null,
                200,
                &[],
            ),
            ("GET /fhir/Patient/p/$validate", Value::Null, 200, &[]),
            (
                "GET /fhir/Patient/p/$validate?mode=profile",
                Value::Null,
                400,
                &[],
            ),
            ("GET /fhir/Patient/none/$validate", Value::Null, 404, &[]),
            ("GET /fhir/Patient/$validate", Value::Null, 400, &[]),
            (
                "GET /fhir/Patient/p/$validate?wish=1",
                Value::Null,
                400,
                &[],
            ),
        ];
        for (line, body, status, expected) in rows {
            let body = if body.is_null() {
                String::new()
            } else {
                body.to_string()
            };
            let before = api.t();
            let said = api.ask(line, &[], body.clone()).await;
            assert_eq!(said.status.as_u16(), status, "{line} {body}: {}", said.body);
            let outcome = said.json();
            assert_eq!(outcome["resourceType"], "OperationOutcome", "{line}");
            if status == 200 {
                assert_eq!(issues(&outcome), expected, "{line} {body}");
            }
            assert_eq!(api.t(), before, "{line} wrote something");
        }
        let path = format!("GET /fhir/Patient/p/$validate?mode=profile&profile={UK_PATIENT}");
        let said = api.ask(&path, &[], String::new()).await;
        assert_eq!(said.status.as_u16(), 200, "{}", said.body);
    });
}

#[test]
fn writes_that_break_rules() {
    on_both(|api| async move {
        let mut declared = numberless();
        declared["meta"] = json!({ "profile": [UK_PATIENT] });
        let narrative = |inner: &str| {
            let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inner}</div>");
            json!({ "status": "generated", "div": div })
        };
        let scripted =
            json!({ "resourceType": "Patient", "text": narrative("<script>x()</script>") });
        let fetching = json!({ "resourceType": "Patient", "text": narrative("<img src='https://evil.example/x.png'/>") });
        let contained = json!({ "resourceType": "Patient", "managingOrganization": { "reference": "#o" }, "contained": [
            { "resourceType": "Organization", "id": "o", "name": "x", "text": narrative("<p onclick='x()'>x</p>") }] });
        let plain = json!({ "resourceType": "Patient", "text": narrative("<p>x</p>") });
        for (value, status, place) in [
            (plain, 201, ""),
            (numberless(), 201, ""),
            (declared, 422, "Patient.identifier[0].value"),
            (scripted, 422, "Patient.text.div"),
            (fetching, 422, "Patient.text.div"),
            (contained, 422, "Patient.contained[0].text.div"),
        ] {
            let said = api.ask("POST /fhir/Patient", &[], value.to_string()).await;
            assert_eq!(said.status.as_u16(), status, "{value}: {}", said.body);
            if status != 201 {
                assert_eq!(
                    issues(&said.json()),
                    [format!("error {place}")],
                    "{}",
                    said.body
                );
            }
        }
    });
}
