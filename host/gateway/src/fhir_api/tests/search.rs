//! Searches over HTTP: what is left out and told, what is used, several types, and no way around permissions.

use fhir::resource::Resource;
use record::proposal::{Change, Proposal};
use serde_json::{Value, json};

use super::{Api, Said, on_both};

async fn ward(api: &Api) {
    for (id, family) in [("anne", "Oldroyd"), ("ben", "Smythe")] {
        api.put(json!({ "resourceType": "Patient", "id": id, "name": [{ "family": family }] }))
            .await;
        api.put(json!({ "resourceType": "Observation", "id": format!("o-{id}"), "status": "final", "code": { "text": "x" },
            "subject": { "reference": format!("Patient/{id}") } }))
            .await;
    }
}

fn link(said: &Said, relation: &str) -> String {
    let bundle = said.json();
    let links = bundle["link"].as_array().cloned().unwrap_or_default();
    let found = links.iter().find(|link| link["relation"] == relation);
    found.map_or(String::new(), |link| {
        link["url"].as_str().unwrap().to_owned()
    })
}

fn modes(said: &Said) -> Vec<String> {
    let bundle = said.json();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| entry["search"]["mode"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_not_known_is_refused_or_left_out_and_told() {
    on_both(|api| async move {
        ward(&api).await;
        let asked = "GET /fhir/Patient?family=old&colour=red&gender:exact=a&_sort=nothing";
        for strict in [&[][..], &[("prefer", "handling=strict")][..]] {
            let said = api.ask(asked, strict, "").await;
            assert_eq!(said.status.as_u16(), 400, "{}", said.body);
            assert!(said.words().contains("colour"), "{}", said.body);
        }
        let said = api.ask(asked, &[("prefer", "handling=lenient")], "").await;
        assert_eq!(said.status.as_u16(), 200, "{}", said.body);
        assert_eq!(modes(&said), ["match", "outcome"]);
        let outcome = &said.json()["entry"][1]["resource"];
        assert_eq!(outcome["resourceType"], "OperationOutcome");
        assert_eq!(outcome["issue"].as_array().map(Vec::len), Some(3));
        assert!(
            outcome["issue"]
                .as_array()
                .unwrap()
                .iter()
                .all(|issue| issue["severity"] == "warning")
        );
        assert!(
            link(&said, "self").ends_with("/Patient?family=old"),
            "{}",
            link(&said, "self")
        );
        // What is written wrongly is refused however it is preferred.
        let said = api
            .ask(
                "GET /fhir/Patient?birthdate=soon",
                &[("prefer", "handling=lenient")],
                "",
            )
            .await;
        assert_eq!(said.status.as_u16(), 400, "{}", said.body);
    });
}

#[test]
fn the_self_link_says_what_was_used() {
    on_both(|api| async move {
        ward(&api).await;
        let said = api
            .get("/fhir/Patient?_count=1000000000&_sort=family")
            .await;
        assert_eq!(said.status.as_u16(), 200, "{}", said.body);
        let own = link(&said, "self");
        assert!(
            own.contains("_count=1000&") && own.contains("_sort=family"),
            "{own}"
        );
        for (asked, total, entries) in [
            ("/fhir/Patient?_count=0", Some(2), 0),
            ("/fhir/Patient?_summary=count", Some(2), 0),
            ("/fhir/Patient?_total=accurate&_count=1", Some(2), 1),
            ("/fhir/Patient?_total=estimate&_count=1", Some(2), 1),
            ("/fhir/Patient?_total=none", None, 2),
            ("/fhir/Patient", None, 2),
        ] {
            let said = api.get(asked).await;
            assert_eq!(
                said.json()["total"].as_u64(),
                total,
                "{asked}: {}",
                said.body
            );
            assert_eq!(modes(&said).len(), entries, "{asked}");
        }
        let many = vec!["a"; 10_000].join(",");
        let said = api
            .ask(
                "POST /fhir/Patient/_search",
                &[("content-type", "application/x-www-form-urlencoded")],
                format!("family={many}"),
            )
            .await;
        assert_eq!(said.status.as_u16(), 400, "{}", said.body);
        assert!(said.words().contains("at most 1000"), "{}", said.body);
    });
}

#[test]
fn several_types_are_one_search() {
    on_both(|api| async move {
        ward(&api).await;
        let mut next = "/fhir?_type=Patient,Observation&_count=3".to_owned();
        let mut found: Vec<String> = Vec::new();
        while !next.is_empty() {
            let said = api.get(&next).await;
            assert_eq!(said.status.as_u16(), 200, "{}", said.body);
            let bundle = said.json();
            for entry in bundle["entry"].as_array().unwrap() {
                found.push(entry["resource"]["id"].as_str().unwrap().to_owned());
            }
            next = link(&said, "next");
        }
        found.sort();
        assert_eq!(found, ["anne", "ben", "o-anne", "o-ben"]);
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let said = api
            .ask("POST /fhir/_search", &form, "_type=Patient&_id=ben")
            .await;
        assert_eq!(modes(&said).len(), 1, "{}", said.body);
        let said = api.get("/fhir?_id=ben").await;
        assert_eq!(modes(&said).len(), 1, "{}", said.body);
        for (asked, status) in [
            ("/fhir?_type=Nothing", 400),
            ("/fhir?_type=Patient,Observation&family=a", 400),
            ("/fhir?_type=Patient,Observation&_sort=_id", 400),
            ("/fhir?_type=Patient&_sort=family", 200),
        ] {
            assert_eq!(api.get(asked).await.status.as_u16(), status, "{asked}");
        }
        // An administrator reads no patient, by name or by leaving the types out.
        let said = api.administrator("GET /fhir?_type=Patient", "").await;
        assert_eq!(said.status.as_u16(), 403, "{}", said.body);
        let said = api.administrator("GET /fhir?_id=ben", "").await;
        assert!(modes(&said).is_empty(), "{}", said.body);
    });
}

#[test]
fn a_cursor_is_its_owner_s_and_cannot_be_changed() {
    on_both(|api| async move {
        for name in ["A", "B", "C"] {
            let change = Change::Create {
                resource: Resource::from_value(
                    json!({ "resourceType": "Organization", "name": name }),
                )
                .unwrap(),
                temporary: None,
                if_none_exist: None,
            };
            let record = &api.door.record;
            let operator = record.operator(&"RXR".parse().unwrap());
            record
                .commit(&operator, Proposal::direct(vec![change]))
                .await
                .unwrap();
        }
        let first = api.get("/fhir/Organization?_count=1").await;
        let next = link(&first, "next");
        assert!(!next.is_empty(), "{}", first.body);
        assert_eq!(api.get(&next).await.status.as_u16(), 200);
        let stolen = api.administrator(&format!("GET {next}"), "").await;
        assert_eq!(stolen.status.as_u16(), 400, "{}", stolen.body);
        for changed in [
            next.replace("_count=1", "_count=1&name=A"),
            format!("{next}A"),
            next.replace("_page=", "_page=A"),
        ] {
            assert_eq!(api.get(&changed).await.status.as_u16(), 400, "{changed}");
        }
    });
}

#[test]
fn nobody_finds_out_by_searching_through_what_is_not_theirs() {
    on_both(|api| async move {
        ward(&api).await;
        for asked in [
            "/fhir/Organization?_has:Patient:organization:family=oldroyd",
            "/fhir/Practitioner?_has:Patient:general-practitioner:_id=anne",
            "/fhir/Organization?_filter=_has:Patient:organization:family%20eq%20oldroyd",
            "/fhir/Organization?_list=any",
            "/fhir/Patient?family=oldroyd",
        ] {
            let said = api.administrator(&format!("GET {asked}"), "").await;
            assert_eq!(said.status.as_u16(), 403, "{asked}: {}", said.body);
        }
        let said = api
            .administrator("GET /fhir/Organization?_revinclude=*", "")
            .await;
        let found: Value = said.json();
        assert!(!found.to_string().contains("Oldroyd"), "{}", said.body);
    });
}
