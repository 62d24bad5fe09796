//! Bulk Data as its clients use it: kicking off, asking, fetching, cancelling, and sending lines to be imported.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Api, Said, observation, on_both, patient};

const ASYNC: (&str, &str) = ("prefer", "respond-async");
const NDJSON: (&str, &str) = ("content-type", "application/fhir+ndjson");

/// A folder for jobs, and the operator's token.
fn operated(api: &Api) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    api.door.record.with_jobs(folder.path().to_owned());
    (folder, api.operator.clone())
}

async fn by(api: &Api, token: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Said {
    let line = line.split_once(' ').unwrap();
    let headers = [&[("host", "record.example")], headers].concat();
    api.as_whom(Some(token), line, &headers, body.to_owned())
        .await
}

/// The path of an address of this server.
fn path(address: &str) -> String {
    let path = address.strip_prefix("http://record.example");
    path.unwrap_or_else(|| panic!("{address}")).to_owned()
}

/// Kicks off, waits and gives the address of the job and the manifest.
async fn exported(api: &Api, token: &str, line: &str, body: &str) -> (String, Value) {
    let said = by(api, token, line, &[ASYNC], body).await;
    assert_eq!(said.status, StatusCode::ACCEPTED, "{line}: {}", said.body);
    let at = path(said.header("content-location"));
    let said = by(api, token, &format!("GET {at}"), &[], "").await;
    assert_eq!(said.status, StatusCode::ACCEPTED, "{}", said.body);
    assert!(!said.header("x-progress").is_empty() && !said.header("retry-after").is_empty());
    api.door.record.work_once().await.unwrap();
    let said = by(api, token, &format!("GET {at}"), &[], "").await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    assert!(
        said.header("expires").ends_with("GMT"),
        "{:?}",
        said.headers
    );
    (at, said.json())
}

#[test]
fn what_is_exported_is_fetched_by_whoever_asked_and_nobody_else() {
    on_both(|api| async move {
        let (_folder, token) = operated(&api);
        api.put(patient("p1", "1")).await;
        api.put(observation("o1", "p1")).await;
        let (at, manifest) = exported(
            &api,
            &token,
            "GET /fhir/$export?_type=Patient,Observation&_outputFormat=ndjson",
            "",
        )
        .await;
        assert_eq!(manifest["requiresAccessToken"], true);
        assert!(
            manifest["request"]
                .as_str()
                .unwrap()
                .contains("$export?_type=Patient")
        );
        assert_eq!(
            (&manifest["error"], &manifest["deleted"]),
            (&json!([]), &json!([]))
        );
        let types: Vec<&str> = manifest["output"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["type"].as_str().unwrap())
            .collect();
        assert_eq!(types, ["Patient", "Observation"]);
        let file = path(manifest["output"][1]["url"].as_str().unwrap());
        // A client that asks for lines is answered lines.
        let accept = [("accept", "application/fhir+ndjson")];
        let said = by(&api, &token, &format!("GET {file}"), &accept, "").await;
        assert_eq!(
            (said.status, said.header("content-type")),
            (StatusCode::OK, NDJSON.1)
        );
        let line: Value = serde_json::from_str(said.body.trim_end()).unwrap();
        assert_eq!(line["id"], "o1");
        for refused in [
            api.get(&at).await,
            api.get(&file).await,
            api.ask(&format!("DELETE {at}"), &[], "").await,
        ] {
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.body);
            refused.words();
        }
        let nobody = api.as_whom(None, ("GET", &file), &[], "").await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
        let said = by(&api, &token, &format!("DELETE {at}"), &[], "").await;
        assert_eq!(said.status, StatusCode::ACCEPTED, "{}", said.body);
        for gone in [&at, &file] {
            let said = by(&api, &token, &format!("GET {gone}"), &[], "").await;
            assert_eq!(said.status, StatusCode::NOT_FOUND);
        }
    });
}

#[test]
fn an_export_is_of_whom_was_asked_and_refused_with_its_reason() {
    on_both(|api| async move {
        let (_folder, token) = operated(&api);
        for id in ["p1", "p2"] {
            api.put(patient(id, id)).await;
        }
        api.put(
            json!({ "resourceType": "Group", "id": "g", "type": "person", "actual": true,
            "member": [{ "entity": { "reference": "Patient/p2" } }] }),
        )
        .await;
        let named = json!({ "resourceType": "Parameters", "parameter": [
            { "name": "patient", "valueReference": { "reference": "Patient/p1" } },
            { "name": "_type", "valueString": "Patient" },
        ] });
        for (line, body, count) in [
            ("GET /fhir/Patient/$export?_type=Patient", String::new(), 2),
            ("GET /fhir/Group/g/$export?_type=Patient", String::new(), 1),
            ("POST /fhir/Patient/$export", named.to_string(), 1),
            (
                "GET /fhir/Patient/$export?_type=Patient&_typeFilter=Patient%3Fidentifier%3Dp1,Patient%3Fidentifier%3Dp1,p2",
                String::new(),
                2,
            ),
        ] {
            let (_, manifest) = exported(&api, &token, line, &body).await;
            assert_eq!(manifest["output"][0]["count"], count, "{line}: {manifest}");
        }
        // A clinician exports patients whom they name.
        let clinicians = api
            .ask("POST /fhir/Patient/$export", &[ASYNC], named.to_string())
            .await;
        assert_eq!(
            clinicians.status,
            StatusCode::ACCEPTED,
            "{}",
            clinicians.body
        );
        let all = api.ask("GET /fhir/$export", &[ASYNC], "").await;
        assert_eq!(all.status, StatusCode::FORBIDDEN, "{}", all.body);
        for (line, headers, status, said) in [
            ("GET /fhir/$export", &[][..], 400, "respond-async"),
            (
                "GET /fhir/$export?_outputFormat=text/csv",
                &[ASYNC][..],
                400,
                "_outputformat",
            ),
            (
                "GET /fhir/$export?includeAssociatedData=x",
                &[ASYNC][..],
                400,
                "includeassociateddata",
            ),
            (
                "GET /fhir/$export?_elements=id",
                &[ASYNC][..],
                400,
                "_elements",
            ),
            (
                "GET /fhir/$export?_tipe=Patient",
                &[ASYNC][..],
                400,
                "_tipe",
            ),
            (
                "GET /fhir/$export?_type=Patent",
                &[ASYNC][..],
                400,
                "patent",
            ),
            (
                "GET /fhir/$export?patient=Patient/p1",
                &[ASYNC][..],
                400,
                "patient",
            ),
            (
                "GET /fhir/Group/nobody/$export",
                &[ASYNC][..],
                404,
                "group/nobody",
            ),
            (
                "GET /fhir/$job/00000000000000000000000000000000",
                &[][..],
                404,
                "job",
            ),
            ("GET /fhir/$job/..%2F..%2Frecord", &[][..], 404, "job"),
        ] {
            let refused = by(&api, &token, line, headers, "").await;
            assert_eq!(refused.status, status, "{line}: {}", refused.body);
            assert!(refused.words().contains(said), "{line}: {}", refused.body);
        }
        let lenient = ("prefer", "respond-async, handling=lenient");
        let said = by(
            &api,
            &token,
            "GET /fhir/$export?_elements=id&_type=Patient",
            &[lenient],
            "",
        )
        .await;
        assert_eq!(said.status, StatusCode::ACCEPTED, "{}", said.body);
    });
}

#[test]
fn lines_that_are_sent_are_filed_and_those_that_cannot_be_are_given_back() {
    on_both(|api| async move {
        let (_folder, token) = operated(&api);
        let lines = [
            observation("o1", "p1"),
            patient("p1", "1"),
            json!({ "resourceType": "Patent" }),
        ];
        let body: Vec<String> = lines.iter().map(Value::to_string).collect();
        let said = by(
            &api,
            &token,
            "POST /fhir/$import",
            &[NDJSON],
            &body.join("\n"),
        )
        .await;
        assert_eq!(said.status, StatusCode::ACCEPTED, "{}", said.body);
        let at = path(said.header("content-location"));
        api.door.record.work_once().await.unwrap();
        let manifest = by(&api, &token, &format!("GET {at}"), &[], "").await.json();
        assert_eq!(
            api.get("/fhir/Observation/o1").await.status,
            StatusCode::OK,
            "{manifest}"
        );
        let errors = path(manifest["error"][0]["url"].as_str().unwrap());
        let outcome = by(&api, &token, &format!("GET {errors}"), &[], "")
            .await
            .json();
        assert_eq!(outcome["issue"][0]["diagnostics"], "sent line 3");
        for (headers, body, status) in [
            (
                &[("content-type", "application/fhir+json")][..],
                "{}",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ),
            (&[NDJSON][..], "", StatusCode::BAD_REQUEST),
        ] {
            let refused = by(&api, &token, "POST /fhir/$import", headers, body).await;
            assert_eq!(refused.status, status, "{}", refused.body);
        }
        let refused = api
            .ask("POST /fhir/$import", &[NDJSON], body.join("\n"))
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.body);
    });
}
