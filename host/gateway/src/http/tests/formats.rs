//! The same resources in XML and JSON over HTTP: asked for, sent, refused, and real files.

use std::collections::BTreeSet;

use axum::http::{StatusCode, header};
use fhir::xml;
use serde_json::{Value, json};

use super::{Ground, Said};

const JSON: &str = "application/fhir+json; charset=utf-8";
const XML: &str = "application/fhir+xml; charset=utf-8";

fn media_type(said: &Said) -> &str {
    said.headers[header::CONTENT_TYPE].to_str().unwrap()
}

/// The answer, whichever format it came in, without what the record stamps.
fn read(said: &Said) -> Value {
    let mut value = match media_type(said) {
        XML => xml::read(said.body.as_bytes()).unwrap().into_value(),
        JSON => serde_json::from_str(&said.body).unwrap(),
        other => panic!("{other}: {}", said.body),
    };
    without_stamp(&mut value);
    value
}

fn without_stamp(value: &mut Value) {
    let object = value.as_object_mut().unwrap();
    object.shift_remove("id");
    if let Some(Value::Object(meta)) = object.get_mut("meta") {
        meta.retain(|name, _| name != "versionId" && name != "lastUpdated");
    }
    if object.get("meta") == Some(&json!({})) {
        object.shift_remove("meta");
    }
}

#[tokio::test]
async fn answers_come_in_the_format_asked_for() {
    let ground = Ground::new().await;
    let patient = ground.patient().await;
    let token = ground.token("clinician").await;
    let hers = format!("/fhir/Patient/{patient}");
    // Request, Accept; status, format and words of the answer.
    let table = r#"
        GET PATH | - | 200 json "family":"Hargreaves"
        GET PATH | application/fhir+xml | 200 xml <family value="Hargreaves"/>
        GET PATH?_format=xml | application/fhir+json | 200 xml <family value="Hargreaves"/>
        GET PATH?_format=application/fhir%2Bxml | - | 200 xml <Patient xmlns=
        GET PATH?_format=application/fhir+xml | - | 200 xml <Patient xmlns=
        GET PATH?_format=json | application/fhir+xml | 200 json "Patient"
        GET PATH?_pretty=true | - | 200 json   "gender": "female"
        GET PATH?_pretty=true&_format=xml | - | 200 xml   <gender value="female"/>
        GET PATH?_pretty=maybe | - | 400 json _pretty
        GET PATH?_format=xml&_format=json | - | 400 json once only
        GET PATH?_format=html | - | 406 json application/fhir+xml
        GET PATH | image/png | 406 json application/fhir+xml
        GET PATH | application/fhir+xml;fhirVersion=5.0 | 406 json application/fhir+xml
        GET PATH/_history/1 | application/fhir+xml | 200 xml <family value="Hargreaves"/>
        GET PATH/_history | application/fhir+xml | 200 xml <type value="history"/>
        GET /fhir/Patient?family=Hargreaves | text/xml | 200 xml <type value="searchset"/>
        GET /fhir/Patient?family=Hargreaves&_format=xml | - | 200 xml <family value="Hargreaves"/>
        GET /fhir/metadata | application/fhir+xml | 200 xml <fhirVersion value="4.0.1"/>
        GET /fhir/Patient/nobody | application/fhir+xml | 404 xml <code value="not-found"/>
        GET /fhir/Patient?colour=red | application/fhir+xml | 400 xml colour
        GET /fhir/Nobody?_format=xml | - | 404 xml <OperationOutcome xmlns=
        GET /fhir/a/b/c/d/e?_format=xml | - | 404 xml <OperationOutcome xmlns=
        TRACE PATH | application/fhir+xml | 405 xml <code value="not-supported"/>
    "#;
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let (method, path) = cells[0].split_once(' ').unwrap();
        let accept = Some(("accept", cells[1])).filter(|(_, accept)| *accept != "-");
        let headers: Vec<(&str, &str)> = accept.into_iter().collect();
        let mut expected = cells[2].splitn(3, ' ');
        let path = path.replace("PATH", &hers);
        let said = ground.fhir(method, &path, &token, &headers, "").await;
        assert_eq!(
            said.status.as_str(),
            expected.next().unwrap(),
            "{row}: {}",
            said.body
        );
        let format = if expected.next() == Some("xml") {
            XML
        } else {
            JSON
        };
        assert_eq!(media_type(&said), format, "{row}: {}", said.body);
        assert!(
            said.body.contains(expected.next().unwrap()),
            "{row}: {}",
            said.body
        );
        read(&said);
    }
    // Who is not known is told so in their format, and what they sent is not looked at.
    let refused = ground
        .fhir(
            "POST",
            "/fhir/Patient",
            "nobody's",
            &[("content-type", "text/xml"), ("accept", "text/xml")],
            "<",
        )
        .await;
    assert_eq!(
        (refused.status, media_type(&refused)),
        (StatusCode::UNAUTHORIZED, XML)
    );
}

#[tokio::test]
async fn bodies_are_read_in_the_format_they_say() {
    let ground = Ground::new().await;
    let token = ground.token("clinician").await;
    let xml = r#"<Patient xmlns="http://hl7.org/fhir"><gender value="female"/></Patient>"#;
    let json = r#"{"resourceType":"Patient","gender":"female"}"#;
    // Content-Type, body; status and words of the answer.
    for (content_type, body, status, words) in [
        ("application/fhir+xml", xml, "201", "<gender"),
        (
            "application/fhir+xml; charset=utf-8; fhirVersion=4.0",
            xml,
            "201",
            "<gender",
        ),
        ("text/xml", xml, "201", "<gender"),
        (
            "application/xml",
            json,
            "400",
            "text stands between elements",
        ),
        ("application/fhir+xml", "<Patient", "400", "not XML"),
        (
            "application/fhir+xml",
            "<!DOCTYPE a><Patient/>",
            "400",
            "DOCTYPE",
        ),
        (
            "application/fhir+xml",
            r#"<Patient xmlns="http://hl7.org/fhir"><nam/></Patient>"#,
            "400",
            "Patient.nam",
        ),
        (
            "application/fhir+xml",
            r#"<Patient xmlns="http://hl7.org/fhir"><birthDate value="x"/></Patient>"#,
            "422",
            "Patient.birthDate",
        ),
        ("application/fhir+json", json, "201", "\"gender\""),
        ("application/json; charset=utf-8", json, "201", "\"gender\""),
        ("text/json", json, "201", "\"gender\""),
        (
            "application/fhir+json; charset=iso-8859-1",
            json,
            "415",
            "charset",
        ),
        (
            "application/fhir+xml; charset=utf-16",
            xml,
            "415",
            "charset",
        ),
        (
            "application/fhir+json; fhirVersion=3.0",
            json,
            "415",
            "fhirversion",
        ),
        ("application/pdf", json, "415", "application/fhir+json"),
        (
            "application/x-www-form-urlencoded",
            json,
            "415",
            "application/fhir+json",
        ),
    ] {
        let headers = [("content-type", content_type)];
        let said = ground
            .fhir("POST", "/fhir/Patient", &token, &headers, body)
            .await;
        assert_eq!(
            said.status.as_str(),
            status,
            "{content_type} {body}: {}",
            said.body
        );
        assert!(
            said.body.contains(words),
            "{content_type} {body}: {}",
            said.body
        );
        let is_outcome = said.body.contains("OperationOutcome");
        assert_eq!(
            is_outcome,
            status != "201",
            "{content_type} {body}: {}",
            said.body
        );
    }
    // A search as a form may say the format within.
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for (path, body, status, format) in [
        ("/fhir/Patient/_search", "gender=female", "200", JSON),
        (
            "/fhir/Patient/_search",
            "gender=female&_format=xml",
            "200",
            XML,
        ),
        (
            "/fhir/Patient/_search?_format=xml",
            "gender=female",
            "200",
            XML,
        ),
        (
            "/fhir/Patient/_search?_format=xml",
            "_format=json",
            "400",
            XML,
        ),
        ("/fhir/Patient/_search", "_format=html", "406", JSON),
    ] {
        let said = ground.fhir("POST", path, &token, &form, body).await;
        assert_eq!(
            (said.status.as_str(), media_type(&said)),
            (status, format),
            "{path} {body}: {}",
            said.body
        );
    }
    // A transaction in XML is answered in XML.
    let bundle = format!(
        r#"<Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/><entry><resource>{}</resource><request><method value="POST"/><url value="Patient"/></request></entry></Bundle>"#,
        r#"<Patient><active value="true"/></Patient>"#
    );
    let said = ground
        .fhir(
            "POST",
            "/fhir",
            &token,
            &[("content-type", "application/fhir+xml")],
            &bundle,
        )
        .await;
    assert_eq!(
        (said.status, media_type(&said)),
        (StatusCode::OK, XML),
        "{}",
        said.body
    );
    assert!(said.body.contains("<status value=\"201"), "{}", said.body);
}

#[tokio::test]
async fn a_binary_is_itself_or_a_resource() {
    let ground = Ground::new().await;
    let token = ground.token("clinician").await;
    let said = ground
        .fhir(
            "POST",
            "/fhir/Binary",
            &token,
            &[("content-type", "text/plain")],
            "hello",
        )
        .await;
    assert_eq!(
        (said.status, media_type(&said)),
        (StatusCode::CREATED, JSON),
        "{}",
        said.body
    );
    assert!(said.body.contains("\"data\":\"aGVsbG8=\""), "{}", said.body);
    let id = serde_json::from_str::<Value>(&said.body).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let text = format!("/fhir/Binary/{id}");
    let said = ground
        .fhir(
            "PUT",
            "/fhir/Binary/page",
            &token,
            &[("content-type", "text/html")],
            "<script>",
        )
        .await;
    assert_eq!(said.status, StatusCode::CREATED, "{}", said.body);
    for (path, accept, status, kind, place, words) in [
        (&*text, "", "200", "text/plain", "inline", "hello"),
        (&*text, "*/*", "200", "text/plain", "inline", "hello"),
        (&*text, "text/plain", "200", "text/plain", "inline", "hello"),
        (&*text, "application/fhir+json", "200", JSON, "", "aGVsbG8="),
        (
            &*text,
            "application/fhir+xml",
            "200",
            XML,
            "",
            "<data value=\"aGVsbG8=\"/>",
        ),
        (&*text, "application/json", "200", JSON, "", "aGVsbG8="),
        (&*text, "image/png", "406", JSON, "", "not-supported"),
        (
            "/fhir/Binary/page",
            "text/html",
            "200",
            "text/html",
            "attachment",
            "<script>",
        ),
        (
            "/fhir/Binary/page",
            "",
            "200",
            "text/html",
            "attachment",
            "<script>",
        ),
        (
            "/fhir/Binary/page?_format=json",
            "text/html",
            "200",
            JSON,
            "",
            "Binary",
        ),
        (
            "/fhir/Binary/page/_history/1",
            "text/html",
            "200",
            "text/html",
            "attachment",
            "<script>",
        ),
        (
            "/fhir/Binary/nothing",
            "text/html",
            "404",
            JSON,
            "",
            "not-found",
        ),
    ] {
        let headers: Vec<(&str, &str)> = Some(("accept", accept))
            .filter(|it| !it.1.is_empty())
            .into_iter()
            .collect();
        let said = ground.fhir("GET", path, &token, &headers, "").await;
        assert_eq!(
            (said.status.as_str(), media_type(&said)),
            (status, kind),
            "{path} {accept}: {}",
            said.body
        );
        assert!(said.body.contains(words), "{path} {accept}: {}", said.body);
        assert_eq!(said.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let found = said
            .headers
            .get(header::CONTENT_DISPOSITION)
            .map_or("", |it| it.to_str().unwrap());
        assert_eq!(found, place, "{path} {accept}");
    }
    for (method, path) in [("POST", "/fhir/Binary"), ("PUT", "/fhir/Binary/page")] {
        let said = ground
            .fhir(
                method,
                path,
                "nobody's",
                &[("content-type", "image/png")],
                "x",
            )
            .await;
        assert_eq!(said.status, StatusCode::UNAUTHORIZED, "{method}");
    }
}

/// The least that R4 allows a resource of a type to be, so that what refers to it has something to refer to.
fn stub(key: &str) -> Value {
    let (resource_type, id) = key.split_once('/').unwrap();
    let concept = json!({"text": "stub"});
    let about = json!({"display": "stub"});
    let mut stub = match resource_type {
        "Consent" => {
            json!({"status": "draft", "scope": concept, "category": [concept], "policyRule": concept, "patient": about})
        }
        "DocumentReference" => {
            json!({"status": "current", "content": [{"attachment": {"title": "stub"}}]})
        }
        "Encounter" => json!({"status": "finished", "class": {"code": "AMB"}}),
        "ImagingStudy" => json!({"status": "available", "subject": about}),
        "MedicationDispense" => {
            json!({"status": "completed", "medicationCodeableConcept": concept})
        }
        "MedicationRequest" => {
            json!({"status": "active", "intent": "order", "medicationCodeableConcept": concept, "subject": about})
        }
        "Observation" => json!({"status": "final", "code": concept}),
        "Organization" => json!({"name": "stub"}),
        "RequestGroup" => json!({"status": "active", "intent": "order"}),
        "Schedule" => json!({"actor": [about]}),
        "ServiceRequest" => json!({"status": "active", "intent": "order", "subject": about}),
        _ => json!({}),
    };
    stub["resourceType"] = resource_type.into();
    stub["id"] = id.into();
    stub
}

/// Every key that a resource refers to.
fn referred(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            let reference = object.get("reference").and_then(Value::as_str);
            let key = reference.filter(|it| it.parse::<fhir::resource::Key>().is_ok());
            keys.extend(key.map(str::to_owned));
            object.values().for_each(|inner| referred(inner, keys));
        }
        Value::Array(items) => items.iter().for_each(|inner| referred(inner, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Every UK Core example through the record: sent as XML, read as JSON, read as XML.
#[tokio::test]
async fn published_examples_through_the_record() {
    let Ok(data) = std::env::var("PALATINE_DATA") else {
        eprintln!(
            "left out: UK Core's examples through the record, since PALATINE_DATA is not set"
        );
        return;
    };
    let ground = Ground::new().await;
    let token = ground.token("operator").await;
    let files = std::fs::read_dir(format!("{data}/ukcore/examples")).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let mut refused = BTreeSet::new();
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        let resource = xml::read(text.as_bytes()).unwrap();
        let mut sent = resource.value().clone();
        without_stamp(&mut sent);
        let mut keys = BTreeSet::new();
        referred(&sent, &mut keys);
        for key in keys {
            let body = stub(&key).to_string();
            let said = ground
                .fhir("PUT", &format!("/fhir/{key}"), &token, &[], &body)
                .await;
            assert!(said.status.is_success(), "{key}: {}", said.body);
        }
        let address = format!("/fhir/{}", resource.resource_type());
        let headers = [
            ("content-type", "application/fhir+xml"),
            ("accept", "application/fhir+json"),
        ];
        let created = ground.fhir("POST", &address, &token, &headers, &text).await;
        if created.status != StatusCode::CREATED {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            refused.insert(format!("{name}: {}", created.body));
            continue;
        }
        let id = serde_json::from_str::<Value>(&created.body).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        for accept in ["application/fhir+json", "application/fhir+xml"] {
            let said = ground
                .fhir(
                    "GET",
                    &format!("{address}/{id}"),
                    &token,
                    &[("accept", accept)],
                    "",
                )
                .await;
            assert_eq!(
                said.status,
                StatusCode::OK,
                "{}: {}",
                path.display(),
                said.body
            );
            assert_eq!(read(&said), sent, "{} as {accept}", path.display());
        }
    }
    all_explained(&refused);
    assert!(paths.len() > refused.len() + 60, "of {}", paths.len());
}

/// What breaks R4 itself, and how: these and no others.
fn all_explained(refused: &BTreeSet<String>) {
    let mut explained = [
        (
            "Extension-UKCore-ConditionEpisode-Example.xml",
            "`valueCode` and `valueCodeableConcept` exclude each other",
        ),
        (
            "UKCore-MedicationDispense-Amoxicillin-Example.xml",
            "is not a reference",
        ),
        (
            "UKCore-Provenance-RARecordConsent-Example.xml",
            "is not a reference",
        ),
    ]
    .into_iter();
    for line in refused {
        let is_explained =
            |(file, words): (&str, &str)| line.starts_with(file) && line.contains(words);
        assert!(explained.clone().any(is_explained), "{line}");
    }
    assert!(
        explained.all(|(file, _)| refused.iter().any(|line| line.starts_with(file))),
        "{refused:?}"
    );
}
