//! `$everything` and `$lastn` over HTTP.

use serde_json::{Value, json};

use super::{Api, Said, on_both};

fn ids(said: &Said) -> String {
    let bundle = said.json();
    assert_eq!(bundle["type"], "searchset", "{}", said.body);
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let mode = |entry: &Value| match entry["search"]["mode"].as_str() {
        Some("include") => "+",
        _ => "",
    };
    let ids = entries.iter().map(|it| {
        assert!(
            it["fullUrl"]
                .as_str()
                .unwrap()
                .ends_with(it["resource"]["id"].as_str().unwrap())
        );
        format!("{}{}", mode(it), it["resource"]["id"].as_str().unwrap())
    });
    ids.collect::<Vec<_>>().join(" ")
}

fn link(said: &Said, relation: &str) -> Option<String> {
    let bundle = said.json();
    let link = bundle["link"]
        .as_array()?
        .iter()
        .find(|link| link["relation"] == relation)?;
    let url = link["url"].as_str()?;
    Some(
        url.split_once("/fhir/")
            .map(|(_, rest)| format!("/fhir/{rest}"))
            .unwrap(),
    )
}

fn observation(id: &str, patient: &str, date: &str, code: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final", "effectiveDateTime": date,
        "category": [{"coding": [{"system": "urn:cat", "code": "lab"}]}],
        "code": {"coding": [{"system": "urn:c", "code": code}]}, "subject": {"reference": format!("Patient/{patient}")},
    })
}

async fn histories(api: &Api) {
    let of = json!({"reference": "Patient/a"});
    api.put(json!({"resourceType": "Patient", "id": "a", "birthDate": "1950-01-01"}))
        .await;
    api.put(json!({"resourceType": "Patient", "id": "b"})).await;
    api.put(json!({"resourceType": "Medication", "id": "drug"}))
        .await;
    api.put(json!({
        "resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}, "subject": of,
        "period": {"start": "2020-01-01", "end": "2020-01-05"},
    }))
    .await;
    api.put(json!({
        "resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order", "authoredOn": "2020-01-03",
        "medicationReference": {"reference": "Medication/drug"}, "subject": of, "encounter": {"reference": "Encounter/e"},
    }))
    .await;
    for (id, patient, date, code) in [
        ("o1", "a", "2019-06-01", "x"),
        ("o2", "a", "2020-01-02", "x"),
        ("o3", "a", "2021-06-01", "y"),
        ("o4", "b", "2020-01-02", "x"),
    ] {
        api.put(observation(id, patient, date, code)).await;
    }
}

#[test]
fn everything_as_asked() {
    on_both(|api| async move {
        histories(&api).await;
        let then = api.t();
        api.put(observation("o5", "a", "2022-01-01", "z")).await;
        let before = format!("/fhir/Patient/a/$everything?_asOf={then}");
        // Request; status and what is found, or words.
        for (line, status, expected) in [
            (
                "/fhir/Patient/a/$everything",
                200,
                "a e m o1 o2 o3 o5 +drug",
            ),
            (&*before, 200, "a e m o1 o2 o3 +drug"),
            ("/fhir/Patient/b/$everything", 200, "b o4"),
            (
                "/fhir/Patient/$everything",
                200,
                "e m o1 o2 o3 o4 o5 a b +drug",
            ),
            ("/fhir/Encounter/e/$everything", 200, "e m +drug +a"),
            (
                "/fhir/Patient/a/$everything?start=2020-01-01&end=2020-12-31",
                200,
                "a e m o2 +drug",
            ),
            (
                "/fhir/Patient/a/$everything?_type=Observation,Patient",
                200,
                "a o1 o2 o3 o5",
            ),
            (
                "/fhir/Patient/a/$everything?_type=Observation&_type=Patient",
                200,
                "a o1 o2 o3 o5",
            ),
            (
                "/fhir/Patient/a/$everything?_since=2199-01-01T00:00:00Z",
                200,
                "",
            ),
            (
                "/fhir/Patient/nobody/$everything",
                404,
                "there is no patient/nobody",
            ),
            (
                "/fhir/Encounter/nobody/$everything",
                404,
                "there is no encounter/nobody",
            ),
            ("/fhir/Observation/o1/$everything", 404, "no operation"),
            ("/fhir/Encounter/$everything", 404, "no operation"),
            ("/fhir/Patient/a/$everything?_type=Nobody", 400, "_type"),
            ("/fhir/Patient/a/$everything?start=soon", 400, "start"),
            ("/fhir/Patient/a/$everything?_count=0", 400, "_count"),
            ("/fhir/Patient/a/$everything?_since=soon", 400, "soon"),
            ("/fhir/Patient/a/$everything?_page=made-up", 400, "_page"),
            ("/fhir/Patient/a/$everything?colour=red", 400, "colour"),
            ("/fhir/Patient/a/$everything?_asOf=999999", 400, "999999"),
        ] {
            let said = api.get(line).await;
            assert_eq!(said.status.as_u16(), status, "{line}: {}", said.body);
            match status {
                200 => assert_eq!(ids(&said), expected, "{line}"),
                _ => assert!(said.words().contains(expected), "{line}: {}", said.body),
            }
        }
        let no = api
            .administrator("GET /fhir/Patient/a/$everything", "")
            .await;
        assert_eq!(no.status.as_u16(), 403, "{}", no.body);
        // As Parameters; the links lead on all the same.
        let parameters = json!({"resourceType": "Parameters", "parameter": [
            {"name": "_type", "valueCode": "Observation"}, {"name": "_count", "valueInteger": 3},
        ]});
        let said = api
            .ask(
                "POST /fhir/Patient/a/$everything",
                &[],
                parameters.to_string(),
            )
            .await;
        assert_eq!(ids(&said), "o1 o2 o3", "{}", said.body);
        let next = link(&said, "next").unwrap();
        api.put(observation("o6", "a", "2022-01-01", "z")).await;
        let said = api.get(&next).await;
        assert_eq!(
            (ids(&said).as_str(), link(&said, "next")),
            ("o5", None),
            "{}",
            said.body
        );
        // In the format asked for, which the links keep.
        let said = api
            .get("/fhir/Patient/a/$everything?_count=2&_format=xml")
            .await;
        assert!(
            said.body.contains("<Bundle xmlns") && said.body.contains("_format=xml&amp;_page="),
            "{}",
            said.body
        );
    });
}

#[test]
fn the_newest_as_asked() {
    on_both(|api| async move {
        histories(&api).await;
        // Parameters; status and what is found, or words.
        for (line, status, expected) in [
            ("patient=a", 200, "o3 o2"),
            ("subject=Patient/a&max=2", 200, "o3 o2 o1"),
            ("patient=a&code=urn:c|x&category=lab", 200, "o2"),
            ("patient=a&category=other", 200, ""),
            ("patient=a&_asOf=1", 200, ""),
            ("code=x", 400, "whose observations"),
            ("patient=a&max=0", 400, "max"),
            ("patient=a&max=many", 400, "max"),
            ("patient=a&_sort=date", 400, "_sort"),
            ("patient=a&colour=red", 400, "colour"),
        ] {
            let said = api.get(&format!("/fhir/Observation/$lastn?{line}")).await;
            assert_eq!(said.status.as_u16(), status, "{line}: {}", said.body);
            match status {
                200 => assert_eq!(ids(&said), expected, "{line}"),
                _ => assert!(said.words().contains(expected), "{line}: {}", said.body),
            }
        }
        let parameters = json!({"resourceType": "Parameters", "parameter": [
            {"name": "patient", "valueString": "a"}, {"name": "max", "valuePositiveInt": 2},
        ]});
        let said = api
            .ask("POST /fhir/Observation/$lastn", &[], parameters.to_string())
            .await;
        assert_eq!(ids(&said), "o3 o2 o1", "{}", said.body);
        let no = api
            .administrator("GET /fhir/Observation/$lastn?patient=a", "")
            .await;
        assert_eq!(no.status.as_u16(), 403, "{}", no.body);
    });
}
