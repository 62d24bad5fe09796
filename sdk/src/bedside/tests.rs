//! The bench answers as the host would: grants, compartment, searches, refusals.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use crate::bedside::{Bedside, form};
use crate::screen::{Link, Section};
use crate::{
    Action, Chart as _, Departmental, Event, Failure, Form, Outcome, Parameters, Proposal, Screen,
    ViewQuery,
};

fn bedside(folder: &std::path::Path) -> Bedside {
    let manifest = json!({
        "screens": [{ "id": "one" }],
        "reads": [{ "type": "Observation" }, { "type": "Patient" }],
        "writes": [{ "type": "Task", "actions": ["create"] }],
        "settings": [{ "name": "limit", "default": "5" }],
        "packs": [{ "name": "rule", "file": "rule.json" }],
    });
    std::fs::write(folder.join("departmental.json"), manifest.to_string()).unwrap();
    std::fs::write(folder.join("rule.json"), r#"{"a": 1}"#).unwrap();
    let observation = |id: &str, patient: &str, code: &str, when: &str| {
        json!({
            "resourceType": "Observation", "id": id, "status": "final",
            "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
            "subject": { "reference": patient }, "effectiveDateTime": when,
        })
    };
    Bedside::of(folder)
        .unwrap()
        .patient("Patient/a")
        .with_all([
            json!({ "resourceType": "Patient", "id": "a" }),
            json!({ "resourceType": "Patient", "id": "b" }),
            observation("1", "Patient/a", "2160-0", "2026-01-01T10:00:00Z"),
            observation("2", "Patient/a", "2160-0", "2026-03-01T00:30:00+01:00"),
            observation("3", "Patient/a", "2951-2", "2026-02-01"),
            observation("4", "Patient/b", "2160-0", "2026-02-02"),
            json!({ "resourceType": "Condition", "id": "5", "subject": { "reference": "Patient/a" } }),
        ])
        .unwrap()
}

#[test]
fn searches_by_case() {
    let folder = tempfile::tempdir().unwrap();
    let bedside = bedside(folder.path());
    for (query, expected) in [
        ("Observation", "1 2 3"),
        ("Observation?code=http://loinc.org|2160-0", "1 2"),
        (
            "Observation?code=http://loinc.org%7C2160-0&_sort=-date",
            "2 1",
        ),
        ("Observation?code=2951-2,2160-0&_sort=date", "1 3 2"),
        ("Observation?code:not=2951-2", "1 2"),
        ("Observation?date=ge2026-02-01&_sort=date", "3 2"),
        ("Observation?date=2026-02", "2 3"),
        ("Observation?date=lt2026-02-01", "1"),
        ("Observation?_id=2", "2"),
        ("Observation?subject=Patient/b", ""),
        ("Patient", "a"),
        (
            "Observation?_count=2",
            "1 2 then Observation?_count=2&_offset=2",
        ),
        ("Observation?_count=2&_offset=2", "3"),
        ("Observation?value-quantity=5", "invalid"),
        ("Observation?_count=many", "invalid"),
        ("Observation?code=%4", "invalid"),
        ("Condition", "not-granted"),
    ] {
        let answer = match bedside.search(query) {
            Ok(page) => {
                let ids: Vec<&str> = page
                    .resources
                    .iter()
                    .map(|it| it["id"].as_str().unwrap())
                    .collect();
                let next = page
                    .next
                    .map(|next| format!(" then {next}"))
                    .unwrap_or_default();
                format!("{}{next}", ids.join(" "))
            }
            Err(failure) => failure.code,
        };
        assert_eq!(answer, expected, "{query}");
    }
}

#[test]
fn reads_by_case() {
    let folder = tempfile::tempdir().unwrap();
    let bedside = bedside(folder.path());
    for (reference, expected) in [
        ("Observation/1", "Observation"),
        ("Patient/a", "Patient"),
        ("Patient/b", "not-found"),
        ("Observation/4", "not-found"),
        ("Observation/9", "not-found"),
        ("Condition/5", "not-granted"),
        ("Observation", "invalid"),
    ] {
        let answer = bedside.read(reference);
        let answer = answer.map_or_else(
            |failure| failure.code,
            |it| it["resourceType"].as_str().unwrap().into(),
        );
        assert_eq!(answer, expected, "{reference}");
    }
}

#[test]
fn all_pages_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let bedside = bedside(folder.path());
    assert_eq!(
        bedside.search_all("Observation?_count=1", 3).unwrap().len(),
        3
    );
    assert_eq!(
        bedside
            .search_all("Observation?_count=1", 2)
            .unwrap_err()
            .code,
        "limit"
    );
}

/// Does what its name for a screen or action says.
struct Wayward;

impl Departmental for Wayward {
    fn open(
        &self,
        call: &crate::Call<'_>,
        _: &str,
        parameters: &Parameters,
    ) -> Result<Screen, Failure> {
        call.patient()?;
        Ok(Screen::new(
            Section::new().child(Link::new("there", parameters.required("to")?)),
        ))
    }

    fn submit(
        &self,
        _: &crate::Call<'_>,
        _: &str,
        action: &str,
        _: &Form,
    ) -> Result<Outcome, Failure> {
        let proposal = Proposal::new("x").create(json!({ "resourceType": action }));
        Ok(Outcome::commit(&proposal))
    }

    fn react(&self, call: &crate::Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        assert_eq!(call.packs.get("rule")?, json!({ "a": 1 }));
        assert_eq!(call.setting("limit")?, json!("7"));
        Ok(Proposal::new("x").update(event.resource.clone(), "1"))
    }
}

#[test]
fn what_the_host_would_refuse_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bedside = bedside(folder.path()).setting("limit", "7");
    let open = |to: &str| bedside.open(&Wayward, "one", &Parameters::default().with("to", to));
    assert!(open("one").is_ok());
    assert!(open("two").unwrap_err().detail.contains("`two`"));
    assert_eq!(
        bedside
            .open(&Wayward, "two", &Parameters::default())
            .unwrap_err()
            .code,
        "not-provided"
    );
    assert!(bedside.submit(&Wayward, "one", "Task", &form(&[])).is_ok());
    assert!(
        bedside
            .submit(&Wayward, "one", "Patient", &form(&[]))
            .is_err()
    );
    let task = Event::new(
        1,
        Action::Update,
        json!({ "resourceType": "Task", "id": "1" }),
    );
    assert!(
        bedside
            .react(&Wayward, &task)
            .unwrap_err()
            .detail
            .contains("writes")
    );
}

/// What is asked of the view `results`, and its rows: a cell after the other, rows apart.
#[test]
fn views_by_case() {
    let folder = tempfile::tempdir().unwrap();
    bedside(folder.path());
    let part = |label: &str| {
        json!([
            { "name": "part", "path": label },
            { "name": "value", "path": "value.ofType(Quantity).value", "type": "decimal" },
        ])
    };
    let view = json!({
        "resource": "Observation",
        "where": [{ "path": "status = 'final' or status = 'amended'" }],
        "select": [
            { "column": [
                { "name": "id", "path": "getResourceKey()" },
                { "name": "of", "path": "subject.getReferenceKey(Patient)" },
                { "name": "at", "path": "effective.ofType(dateTime)", "type": "dateTime" },
                { "name": "codes", "path": "code.coding.where(code.exists()).select(system & ' ' & code)", "collection": true },
            ] },
            { "unionAll": [
                { "column": part("'whole'") },
                { "forEach": "component", "column": part("code.text") },
            ] },
        ],
    });
    let manifest = json!({
        "views": [
            { "id": "results", "search": ["code", "date"], "view": view },
            { "id": "list", "scope": "site", "view": view },
            { "id": "deep", "view": { "resource": "Observation", "select": [{ "column": [{ "name": "a", "path": "code.repeat(x)" }] }] } },
        ],
    });
    std::fs::write(
        folder.path().join("departmental.json"),
        manifest.to_string(),
    )
    .unwrap();
    let of = |id: &str, at: &str, value: f64| {
        json!({
            "resourceType": "Observation", "id": id, "status": "final", "subject": { "reference": "Patient/a" },
            "effectiveDateTime": at, "code": { "coding": [{ "system": "s", "code": id }, { "display": "no code" }] },
            "valueQuantity": { "value": value },
        })
    };
    let mut panel = of("2", "2026-01-02T00:30:00+01:00", 5.0);
    panel["component"] = json!([{ "code": { "text": "left" }, "valueQuantity": { "value": 9 } }]);
    let mut draft = of("3", "2026-01-03", 1.0);
    draft["status"] = json!("preliminary");
    let patient = json!({ "resourceType": "Patient", "id": "a" });
    let chart = [patient, of("1", "2026-01-01T23:45:00Z", 7.0), panel, draft];
    let bedside = Bedside::of(folder.path()).unwrap();
    let bedside = bedside.patient("Patient/a").with_all(chart).unwrap();
    let first = r#""Observation/1" "Patient/a" "2026-01-01T23:45:00Z" ["s 1"] "whole" 7.0"#;
    let second = r#""Observation/2" "Patient/a" "2026-01-02T00:30:00+01:00" ["s 2"] "whole" 5.0"#;
    let part = r#""Observation/2" "Patient/a" "2026-01-02T00:30:00+01:00" ["s 2"] "left" 9"#;
    let all = ViewQuery::new;
    for (view, query, expected) in [
        ("results", all(), vec![first, second, part]),
        (
            "results",
            all().search("_sort=-date").count(1),
            vec![first, "more"],
        ),
        ("results", all().offset(1).count(2), vec![second, part]),
        (
            "results",
            all().ascending("at").descending("value"),
            vec![part, second, first],
        ),
        (
            "results",
            all().from("value", 6).until("value", 9),
            vec![first],
        ),
        (
            "results",
            all().among("part", ["left", "right"]),
            vec![part],
        ),
        (
            "results",
            all().from("at", "2026-01-01T23:40:00Z"),
            vec![first],
        ),
        ("results", all().search("status=final"), vec!["not-granted"]),
        ("results", all().ascending("colour"), vec!["invalid"]),
        ("list", all(), vec!["not-granted"]),
        ("deep", all(), vec!["invalid"]),
        ("none", all(), vec!["not-granted"]),
    ] {
        let found = match crate::Chart::rows(&bedside, view, &query) {
            Err(failure) => vec![failure.code],
            Ok(rows) => {
                let cells = |row: crate::Row<'_>| {
                    row.cells()
                        .map(|(_, cell)| cell.to_string())
                        .collect::<Vec<_>>()
                };
                let mut all: Vec<String> = rows.iter().map(|row| cells(row).join(" ")).collect();
                all.extend(rows.more.then(|| "more".to_owned()));
                all
            }
        };
        assert_eq!(found, expected, "{view} {}", query.to_json());
    }
}

#[test]
fn rows_about_a_site_are_written_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    bedside(folder.path());
    let manifest = json!({ "views": [{ "id": "list", "scope": "site", "view": {} }] });
    std::fs::write(
        folder.path().join("departmental.json"),
        manifest.to_string(),
    )
    .unwrap();
    let ask = || ViewQuery::new().count(1);
    let bedside = Bedside::of(folder.path())
        .unwrap()
        .rows_before("0.x", "list", ask(), &["id"], &[json!(["a"])])
        .unwrap()
        .rows("list", ask().page("0.x"), &["id"], &[json!(["b"])])
        .unwrap();
    let first = crate::Chart::rows(&bedside, "list", &ask()).unwrap();
    assert_eq!((first.len(), first.next.as_deref()), (1, Some("0.x")));
    let last = crate::Chart::rows(&bedside, "list", &ask().page("0.x")).unwrap();
    assert_eq!((last.len(), last.more, last.next), (1, false, None));
    let other = crate::Chart::rows(&bedside, "list", &ask().page("0.y"));
    assert_eq!(other.unwrap_err().code, "fault");
    let at_a_bedside = bedside.patient("Patient/a");
    let refused = crate::Chart::rows(&at_a_bedside, "list", &ask());
    assert_eq!(refused.unwrap_err().code, "not-granted");
}

#[test]
fn rows_about_a_site_are_of_whom_it_cares_for() {
    let folder = tempfile::tempdir().unwrap();
    bedside(folder.path());
    let view = json!({
        "resource": "Task", "select": [{ "column": [{ "name": "id", "path": "id" }] }],
    });
    let manifest = json!({ "views": [
        { "id": "list", "scope": "site", "search": ["status"], "view": view },
        { "id": "own", "scope": "own", "view": view },
    ] });
    let file = folder.path().join("departmental.json");
    std::fs::write(file, manifest.to_string()).unwrap();
    let ods = |code: &str| json!({ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": code });
    let label = |code: &str| {
        json!({ "security": [
            { "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": code },
        ] })
    };
    let task = |id: &str, patient: &str| json!({ "resourceType": "Task", "id": id, "for": { "reference": patient } });
    let seen = |id: &str, patient: &str, status: &str| {
        json!({
            "resourceType": "Encounter", "id": id, "status": status, "subject": { "reference": patient },
            "serviceProvider": { "identifier": ods("RXR") },
        })
    };
    let mut chart = vec![
        json!({ "resourceType": "Organization", "id": "o", "identifier": [ods("RXR")] }),
        json!({ "resourceType": "Organization", "id": "q", "identifier": [ods("RX1")] }),
        json!({ "resourceType": "Patient", "id": "managed", "managingOrganization": { "reference": "Organization/o" } }),
        json!({ "resourceType": "Patient", "id": "elsewhere", "managingOrganization": { "reference": "Organization/q" } }),
        json!({ "resourceType": "Patient", "id": "nowhere" }),
        json!({ "resourceType": "Patient", "id": "hidden", "managingOrganization": { "reference": "Organization/o" }, "meta": label("R") }),
        seen("e1", "Patient/seen", "finished"),
        seen("e2", "Patient/cancelled", "cancelled"),
    ];
    for who in [
        "managed",
        "elsewhere",
        "nowhere",
        "hidden",
        "seen",
        "cancelled",
    ] {
        chart.push(task(who, &format!("Patient/{who}")));
    }
    let mut labelled = task("labelled", "Patient/managed");
    labelled["meta"] = label("V");
    let mut open = task("open", "Patient/managed");
    open["meta"] = label("N");
    let of_site = json!({ "resourceType": "Task", "id": "of-site", "meta": { "tag": [
        { "system": "https://fhir.nhs.uk/Id/ods-organization-code", "code": "RXR" },
    ] } });
    let mut of_somebody = of_site.clone();
    of_somebody["id"] = json!("of-somebody");
    of_somebody["for"] = json!({ "reference": "Patient/nowhere" });
    chart.extend([labelled, open, of_site, of_somebody]);
    let bedside = Bedside::of(folder.path()).unwrap().with_all(chart).unwrap();
    for (query, expected) in [
        (ViewQuery::new(), "managed seen open"),
        (ViewQuery::new().count(2), "managed seen then 2"),
        (ViewQuery::new().count(2).page("2"), "open"),
        (ViewQuery::new().page("x"), "invalid"),
        (ViewQuery::new().offset(1), "invalid"),
        (ViewQuery::new().search("code=x"), "not-granted"),
    ] {
        let told = match crate::Chart::rows(&bedside, "list", &query) {
            Err(failure) => failure.code,
            Ok(rows) => {
                let ids: Vec<&str> = rows.iter().filter_map(|it| it.text("id")).collect();
                let next = rows.next.as_ref().map(|it| format!(" then {it}"));
                ids.join(" ") + &next.unwrap_or_default()
            }
        };
        assert_eq!(told, expected, "{}", query.to_json());
    }
    let own = crate::Chart::rows(&bedside, "own", &ViewQuery::new()).unwrap();
    let ids: Vec<&str> = own.iter().filter_map(|it| it.text("id")).collect();
    assert_eq!(ids, ["of-site"]);
    let other = crate::Chart::rows(&bedside.site("RX1"), "list", &ViewQuery::new()).unwrap();
    let ids: Vec<&str> = other.iter().filter_map(|it| it.text("id")).collect();
    assert_eq!(ids, ["elsewhere"]);
}
