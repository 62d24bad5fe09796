//! Patches over HTTP and in bundles; what they do to resources is told by the tables of `fhir::patch`.

use base64::Engine as _;
use serde_json::{Value, json};

use super::{Headers, observation, on_both, patient};

const JSON_PATCH: (&str, &str) = ("content-type", "application/json-patch+json");

fn path_patch(path: &str, value: &str) -> Value {
    json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": path},
        {"name": "value", "valueCode": value},
    ]}]})
}

#[test]
fn patches_by_id_and_by_condition() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        let amount = observation("o", "p")
            .to_string()
            .replace("\"value\":1,", "\"value\":1.50,");
        api.ask("PUT /fhir/Observation/o", &[], amount).await;
        let json_patch =
            |text: &str| json!([{"op": "replace", "path": "/gender", "value": text}]).to_string();
        let fhir = path_patch("Patient.gender", "male").to_string();
        let male = json_patch("male");
        // Line, headers, body; status and words.
        let unfit = json!([{"op": "test", "path": "/gender", "value": "other"}]).to_string();
        let moved = json!([{"op": "replace", "path": "/id", "value": "x"}]).to_string();
        let unsound = json_patch("purple");
        let lost = json!([{"op": "replace", "path": "/status", "value": "amended"}]).to_string();
        let rows: [(&str, Headers<'_>, &str, u16, &str); 16] = [
            (
                "PATCH /fhir/Patient/p",
                &[JSON_PATCH],
                &male,
                200,
                "\"gender\":\"male\"",
            ),
            (
                "PATCH /fhir/Patient/p",
                &[JSON_PATCH],
                &male,
                200,
                "\"versionId\":\"2\"",
            ),
            (
                "PATCH /fhir/Patient/p",
                &[],
                &fhir,
                200,
                "\"gender\":\"male\"",
            ),
            (
                "PATCH /fhir/Patient/p",
                &[JSON_PATCH, ("if-match", "W/\"1\"")],
                &male,
                412,
                "version",
            ),
            (
                "PATCH /fhir/Patient/p",
                &[JSON_PATCH, ("if-match", "W/\"2\"")],
                &json_patch("female"),
                200,
                "female",
            ),
            (
                "PATCH /fhir/Patient/p",
                &[JSON_PATCH],
                &unfit,
                422,
                "patch[0]",
            ),
            ("PATCH /fhir/Patient/p", &[JSON_PATCH], &moved, 422, "`id`"),
            (
                "PATCH /fhir/Patient/p",
                &[JSON_PATCH],
                &unsound,
                422,
                "Patient.gender",
            ),
            ("PATCH /fhir/Patient/p", &[JSON_PATCH], "{}", 400, "array"),
            (
                "PATCH /fhir/Patient/p",
                &[],
                "{\"resourceType\":\"Patient\"}",
                400,
                "Parameters",
            ),
            (
                "PATCH /fhir/Patient/nobody",
                &[JSON_PATCH],
                &male,
                404,
                "Patient/nobody",
            ),
            (
                "PATCH /fhir/Patient?identifier=urn:n%7C1",
                &[JSON_PATCH],
                &male,
                200,
                "\"gender\":\"male\"",
            ),
            (
                "PATCH /fhir/Patient?identifier=urn:n%7C2",
                &[JSON_PATCH],
                &male,
                404,
                "nothing",
            ),
            (
                "PATCH /fhir/Patient",
                &[JSON_PATCH],
                &male,
                400,
                "condition",
            ),
            (
                "PATCH /fhir/Observation/o",
                &[JSON_PATCH],
                &lost,
                200,
                "\"value\":1.50",
            ),
            (
                "PATCH /fhir/Observation/o",
                &[JSON_PATCH, ("prefer", "return=minimal")],
                &lost,
                200,
                "",
            ),
        ];
        for (line, headers, body, status, words) in rows {
            let (before, said) = (api.t(), api.ask(line, headers, body.to_owned()).await);
            assert_eq!(said.status.as_u16(), status, "{line} {body}: {}", said.body);
            assert!(said.body.contains(words), "{line} {body}: {}", said.body);
            assert!(
                status == 200 || api.t() == before,
                "{line} {body} left something"
            );
        }
    });
}

#[test]
fn patches_in_bundles() {
    on_both(|api| async move {
        api.put(patient("p", "1")).await;
        let binary = |patch: Value| {
            json!({"resourceType": "Binary", "contentType": "application/json-patch+json",
            "data": base64::engine::general_purpose::STANDARD.encode(patch.to_string())})
        };
        let birth = binary(json!([{"op": "add", "path": "/birthDate", "value": "1948-03-03"}]));
        for kind in ["transaction", "batch"] {
            api.put(patient("p", "1")).await;
            let one = |resource: &Value, url: &str| json!({"resource": resource, "request": {"method": "PATCH", "url": url}});
            let said = api
                .bundle(kind, json!([one(&birth, "Patient/p")]), &[])
                .await
                .json();
            assert_eq!(
                said["entry"][0]["response"]["status"], "200 OK",
                "{kind}: {said}"
            );
            let male = path_patch("Patient.gender", "male");
            let said = api
                .bundle(kind, json!([one(&male, "Patient?identifier=urn:n|1")]), &[])
                .await
                .json();
            assert_eq!(
                said["entry"][0]["response"]["status"], "200 OK",
                "{kind}: {said}"
            );
            let now = api.get("/fhir/Patient/p").await.json();
            assert_eq!(
                (&now["birthDate"], &now["gender"]),
                (&json!("1948-03-03"), &json!("male")),
                "{kind}"
            );
        }
    });
}
