//! Searches within compartments over HTTP.

use fhir::resource::Resource;
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};

use super::{Api, Said, on_both};

fn ids(said: &Said) -> String {
    let bundle = said.json();
    assert_eq!(bundle["type"], "searchset", "{}", said.body);
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let ids = entries
        .iter()
        .map(|it| it["resource"]["id"].as_str().unwrap().to_owned());
    ids.collect::<Vec<_>>().join(" ")
}

async fn ward(api: &Api) {
    let of = |key: &str| json!({"reference": key});
    // The directory is not a clinician's to write.
    let site = "RXR".parse().unwrap();
    let doctor = json!({"resourceType": "Practitioner", "id": "d", "name": [{"family": "Doctor"}]});
    let change = Change::Update {
        key: "Practitioner/d".parse().unwrap(),
        resource: Resource::from_value(doctor).unwrap(),
        seen: None,
        temporary: None,
    };
    let record = &api.door.record;
    record
        .commit(&record.operator(&site), Proposal::direct(vec![change]))
        .await
        .unwrap();
    api.put(json!({"resourceType": "Patient", "id": "a", "generalPractitioner": [of("Practitioner/d")]})).await;
    api.put(json!({"resourceType": "Patient", "id": "b"})).await;
    api.put(json!({"resourceType": "RelatedPerson", "id": "r", "patient": of("Patient/a")}))
        .await;
    api.put(json!({"resourceType": "Device", "id": "m"})).await;
    api.put(json!({
        "resourceType": "Encounter", "id": "e", "status": "finished", "class": {"system": "urn:x", "code": "AMB"}, "subject": of("Patient/a"),
        "participant": [{"individual": of("Practitioner/d")}],
    }))
    .await;
    for (id, patient, code, more) in [
        ("o1", "a", "x", json!({"encounter": of("Encounter/e")})),
        ("o2", "a", "y", json!({"performer": [of("Practitioner/d")]})),
        ("o3", "b", "x", json!({"performer": [of("Patient/a")]})),
        (
            "o4",
            "b",
            "x",
            json!({"performer": [of("RelatedPerson/r")], "device": of("Device/m")}),
        ),
    ] {
        let mut it = json!({
            "resourceType": "Observation", "id": id, "status": "final", "subject": of(&format!("Patient/{patient}")),
            "code": {"coding": [{"system": "urn:c", "code": code}]},
        });
        let more: &Value = &more;
        it.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        api.put(it).await;
    }
}

#[test]
fn what_belongs_to_whom() {
    on_both(|api| async move {
        ward(&api).await;
        let then = api.t();
        api.put(json!({
            "resourceType": "Observation", "id": "o5", "status": "final", "subject": {"reference": "Patient/a"},
            "code": {"text": "late"},
        }))
        .await;
        let before = format!("Patient/a/Observation?_asOf={then}");
        // Below /fhir; status and what is found, or words.
        for (path, status, expected) in [
            ("Patient/a/Observation", 200, "o1 o2 o3 o5"),
            (&*before, 200, "o1 o2 o3"),
            ("Patient/a/Observation?code=urn:c|x", 200, "o1 o3"),
            (
                "Patient/a/Observation?code=urn:c|x&encounter=Encounter/e",
                200,
                "o1",
            ),
            ("Patient/b/Observation", 200, "o3 o4"),
            ("Patient/nobody/Observation", 200, ""),
            ("Patient/a/Encounter", 200, "e"),
            ("Patient/a/Patient", 200, "a"),
            ("Patient/a/*", 200, "e o1 o2 o3 o5 a r"),
            (
                "Patient/a/*?_type=Observation,Encounter",
                200,
                "e o1 o2 o3 o5",
            ),
            ("Encounter/e/Observation", 200, "o1"),
            ("Encounter/e/*", 200, "e o1"),
            ("Practitioner/d/Observation", 200, "o2"),
            ("Practitioner/d/Patient", 200, "a"),
            ("Practitioner/d/Encounter", 200, "e"),
            ("RelatedPerson/r/Observation", 200, "o4"),
            ("Device/m/Observation", 200, "o4"),
            ("Patient/a/Organization", 400, "in no compartment"),
            ("Patient/a/Nobody", 404, "nobody"),
            ("Organization/o/Observation", 404, "has no compartment"),
            ("Patient/a/Observation?colour=red", 400, "colour"),
        ] {
            let said = api.get(&format!("/fhir/{path}")).await;
            assert_eq!(said.status.as_u16(), status, "{path}: {}", said.body);
            match status {
                200 => {
                    let mut found: Vec<String> =
                        ids(&said).split_whitespace().map(str::to_owned).collect();
                    let mut wanted: Vec<String> =
                        expected.split_whitespace().map(str::to_owned).collect();
                    found.sort();
                    wanted.sort();
                    assert_eq!(found, wanted, "{path}");
                }
                _ => assert!(said.words().contains(expected), "{path}: {}", said.body),
            }
        }
        let no = api
            .administrator("GET /fhir/Patient/a/Observation", "")
            .await;
        assert_eq!(no.status.as_u16(), 403, "{}", no.body);
        // Of all types, those that the caller may read: here are none of them.
        let none = api.administrator("GET /fhir/Patient/a/*", "").await;
        assert_eq!((none.status.as_u16(), ids(&none).as_str()), (200, ""));
        // As a form, page by page.
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let said = api
            .ask(
                "POST /fhir/Patient/a/Observation/_search",
                &form,
                "code=urn:c|x&_count=1",
            )
            .await;
        let first = ids(&said);
        let bundle = said.json();
        let links = bundle["link"].as_array().unwrap().clone();
        let next = links
            .iter()
            .find(|link| link["relation"] == "next")
            .unwrap()["url"]
            .as_str()
            .unwrap()
            .to_owned();
        let (_, below) = next.split_once("/fhir/").unwrap();
        let said = api.get(&format!("/fhir/{below}")).await;
        let mut both = [first, ids(&said)];
        both.sort();
        assert_eq!(both, ["o1", "o3"], "{}", said.body);
    });
}

#[test]
fn each_compartment_that_is_claimed_is_there() {
    on_both(|api| async move {
        let statement = api.get("/fhir/metadata").await.json();
        let claimed = statement["rest"][0]["compartment"]
            .as_array()
            .unwrap()
            .clone();
        assert_eq!(claimed.len(), 5);
        for address in claimed {
            let (_, name) = address.as_str().unwrap().rsplit_once('/').unwrap();
            let (first, rest) = name.split_at(1);
            let said = api
                .get(&format!("/fhir/{}{rest}/nobody/*", first.to_uppercase()))
                .await;
            assert_eq!(
                (said.status.as_u16(), ids(&said).as_str()),
                (200, ""),
                "{name}: {}",
                said.body
            );
        }
    });
}
