//! Rows about a site: whose patients they are of, how pages are turned, and what is refused.
//!
//! Invariant: nothing of a patient whom the site does not care for, and nothing restricted, is in any answer.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::{Value, json};

use crate::Record;
use crate::caller::{Caller, Role, SiteCode};
use crate::departmental::Chart;
use crate::departmental::grant::{Given, Grants};
use crate::departmental::tests::{Ward, caller, manifest, put};
use crate::limits::SITE_ROWS_SCANNED_MAX;
use crate::permission::CONFIDENTIALITY;
use crate::proposal::Change;
use crate::tests::on_both_databases;

on_both_databases! {
    a_site_sees_the_patients_it_cares_for_and_no_others,
    what_was_cared_for_when_the_call_began_counts,
    what_is_a_sites_own_is_about_nobody_and_bears_its_label,
    pages_by_case,
    a_page_goes_on_after_the_record_has_changed,
    one_page_looks_at_so_many,
    what_is_refused_by_case,
    what_is_looked_at_is_audited,
}

fn view(id: &str, scope: &str, columns: Value) -> Value {
    json!({
        "id": id, "title": id, "reason": "To list what waits", "scope": scope, "search": ["code", "date", "patient", "status"],
        "view": { "resource": "Observation", "select": columns },
    })
}

fn with_views() -> Value {
    let columns = json!({ "column": [
        { "name": "id", "path": "getResourceKey()" },
        { "name": "patient", "path": "subject.getReferenceKey(Patient)" },
        { "name": "code", "path": "code.coding.first().code", "type": "code" },
        { "name": "at", "path": "effective.ofType(dateTime)", "type": "dateTime" },
    ] });
    let parts =
        json!({ "forEach": "component", "column": [{ "name": "part", "path": "code.text" }] });
    let mut manifest = manifest("pathology", "1.0.0");
    manifest["views"] = json!([
        view("worklist", "site", json!([columns])),
        view("parts", "site", json!([columns, parts])),
        view("chart", "patient", json!([columns])),
        view("own", "own", json!([columns])),
        { "id": "people", "title": "People", "reason": "To list who is here", "scope": "site",
          "view": { "resource": "Patient", "select": [{ "column": [{ "name": "id", "path": "getResourceKey()" }] }] } },
        { "id": "places", "title": "Places", "reason": "To list where they are", "scope": "site",
          "view": { "resource": "Organization", "select": [{ "column": [{ "name": "id", "path": "getResourceKey()" }] }] } },
    ]);
    manifest
}

fn at(site: &str) -> Caller {
    caller("ada", Role::Clinician, site)
}

/// The chart of a call of this person about a patient, or about the site.
fn chart(ward: &Ward, who: &Caller, patient: Option<&str>) -> Chart {
    let mut call = ward.call(&with_views(), patient);
    call.site = who.site().clone();
    Chart::with_everything_given(&ward.record, who, &call)
}

fn organisation(code: &str) -> Change {
    put(json!({
        "resourceType": "Organization", "id": code.to_lowercase(), "name": code,
        "identifier": [{ "system": SiteCode::SYSTEM, "value": code }],
    }))
}

fn patient(id: &str, cared_for_at: Option<&str>) -> Value {
    let mut patient = json!({ "resourceType": "Patient", "id": id, "name": [{ "family": id }] });
    if let Some(site) = cared_for_at {
        patient["managingOrganization"] = json!({ "reference": format!("Organization/{site}") });
    }
    patient
}

fn encounter(id: &str, patient: &str, status: &str, at: Value) -> Change {
    put(json!({
        "resourceType": "Encounter", "id": id, "status": status, "class": { "code": "IMP" },
        "subject": { "reference": format!("Patient/{patient}") }, "serviceProvider": at,
    }))
}

fn observation(id: &str, patient: &str, code: &str, day: usize) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final",
        "code": { "coding": [{ "system": "http://loinc.org", "code": code }] },
        "subject": { "reference": format!("Patient/{patient}") },
        "effectiveDateTime": format!("2026-11-{day:02}T08:00:00Z"),
        "component": [{ "code": { "text": "a" }, "valueString": "1" }, { "code": { "text": "b" }, "valueString": "2" }],
    })
}

fn labelled(mut resource: Value, label: &str) -> Value {
    resource["meta"] = json!({ "security": [{ "system": CONFIDENTIALITY, "code": label }] });
    resource
}

/// Two sites, and patients of one, of the other, of neither, and such as are in no list; each with an observation.
async fn region(record: &Record) -> Ward {
    let ward = Ward::on(record).await;
    ward.write(vec![organisation("RXR"), organisation("RTX")])
        .await;
    let literal = || json!({ "reference": "Organization/rxr" });
    let by_code = json!({ "type": "Organization", "identifier": { "system": SiteCode::SYSTEM, "value": "RXR" } });
    let people = [
        patient("managed", Some("rxr")),
        patient("seen", Some("rtx")),
        patient("fed", None),
        patient("nearly", Some("rtx")),
        patient("elsewhere", Some("rtx")),
        patient("nobodys", None),
        labelled(patient("hidden", Some("rxr")), "R"),
        patient("gone", Some("rxr")),
    ];
    let names: Vec<String> = people
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect();
    ward.write(people.into_iter().map(put).collect()).await;
    let mut facts = vec![
        encounter("e1", "seen", "finished", literal()),
        encounter("e2", "fed", "in-progress", by_code),
        encounter("e3", "nearly", "cancelled", literal()),
        encounter("e4", "gone", "finished", literal()),
        put(labelled(observation("withheld", "managed", "x", 9), "V")),
        put(labelled(observation("normal", "managed", "x", 8), "N")),
    ];
    for (day, name) in names.iter().enumerate() {
        facts.push(put(observation(&format!("o-{name}"), name, "x", day + 10)));
    }
    ward.write(facts).await;
    ward.write(vec![Change::Delete {
        key: "Patient/gone".parse().unwrap(),
        seen: None,
    }])
    .await;
    ward
}

async fn asked(chart: &Chart, view: &str, parameters: &Value) -> Value {
    let answer = chart.rows(view, &parameters.to_string()).await.unwrap();
    serde_json::from_str(&answer).unwrap()
}

/// The first cell of every row.
fn first(answer: &Value) -> Vec<String> {
    let rows = answer["values"].as_array().unwrap().iter();
    rows.map(|row| {
        let text = row[0].as_str().unwrap();
        text.rsplit('/').next().unwrap().to_owned()
    })
    .collect()
}

/// The same in the order of the alphabet, as one text.
fn sorted(answer: &Value) -> String {
    let mut all = first(answer);
    all.sort();
    all.join(" ")
}

async fn a_site_sees_the_patients_it_cares_for_and_no_others(record: Record) {
    let ward = region(&record).await;
    for (site, view, rows) in [
        ("RXR", "worklist", "normal o-fed o-managed o-seen"),
        ("RTX", "worklist", "o-elsewhere o-nearly o-seen"),
        ("RQX", "worklist", ""),
        ("RXR", "people", "fed managed seen"),
        ("RTX", "people", "elsewhere nearly seen"),
        ("RQX", "people", ""),
        ("RQX", "places", "rtx rxr"),
    ] {
        let chart = chart(&ward, &at(site), None);
        let answer = asked(&chart, view, &json!({})).await;
        assert_eq!(sorted(&answer), rows, "{view} at {site}");
        assert_eq!(answer["more"], json!(false), "{view} at {site}");
        assert!(answer.get("next").is_none(), "{view} at {site}");
    }
    let chart = chart(&ward, &at("RXR"), None);
    for search in [
        "code=http://loinc.org|x",
        "_sort=-date",
        "date=ge2026-11-01",
        "status=final&_sort=date",
        "code:not=y",
    ] {
        let answer = asked(&chart, "worklist", &json!({ "search": search })).await;
        assert_eq!(sorted(&answer), "normal o-fed o-managed o-seen", "{search}");
    }
}

async fn what_is_a_sites_own_is_about_nobody_and_bears_its_label(record: Record) {
    let ward = region(&record).await;
    let of = |id: &str, site: Option<&str>, mut resource: Value| {
        resource["id"] = json!(id);
        if let Some(site) = site {
            resource["meta"] = json!({ "tag": [{ "system": SiteCode::SYSTEM, "code": site }] });
        }
        put(resource)
    };
    let control = || {
        let mut control = observation("x", "nobody", "x", 1);
        control["subject"] = json!({ "display": "Analyser 3" });
        control
    };
    ward.write(vec![
        of("own", Some("RXR"), control()),
        of("theirs", Some("RTX"), control()),
        of("unlabelled", None, control()),
        of("forged", Some("RXR"), observation("x", "managed", "x", 2)),
    ])
    .await;
    for (site, rows) in [("RXR", "own"), ("RTX", "theirs"), ("RQX", "")] {
        let chart = chart(&ward, &at(site), None);
        let answer = asked(&chart, "own", &json!({})).await;
        assert_eq!(sorted(&answer), rows, "{site}");
        let found = asked(&chart, "own", &json!({ "search": "code=x" })).await;
        assert_eq!(sorted(&found), rows, "{site}, by code");
    }
    let about = chart(&ward, &at("RXR"), Some("managed"));
    let refused = about.rows("own", "{}").await.unwrap_err();
    assert_eq!(refused.code, "not-granted", "{}", refused.detail);
}

async fn what_was_cared_for_when_the_call_began_counts(record: Record) {
    let ward = region(&record).await;
    let before = chart(&ward, &at("RXR"), None);
    ward.write(vec![
        put(patient("elsewhere", Some("rxr"))),
        put(patient("managed", Some("rtx"))),
        put(labelled(patient("fed", None), "R")),
        encounter(
            "e1",
            "seen",
            "entered-in-error",
            json!({ "reference": "Organization/rxr" }),
        ),
    ])
    .await;
    let answer = asked(&before, "worklist", &json!({})).await;
    assert_eq!(sorted(&answer), "normal o-fed o-managed o-seen");
    let now = chart(&ward, &at("RXR"), None);
    assert_eq!(
        sorted(&asked(&now, "worklist", &json!({})).await),
        "o-elsewhere"
    );
}

/// Seven observations of two patients of the site, on days that are not those of their names.
async fn list(record: &Record) -> Ward {
    let ward = Ward::on(record).await;
    ward.write(vec![organisation("RXR")]).await;
    ward.write(vec![
        put(patient("p1", Some("rxr"))),
        put(patient("p2", Some("rxr"))),
        put(observation("o1", "p1", "a", 3)),
        put(observation("o2", "p2", "b", 3)),
    ])
    .await;
    let of = [
        ("o3", "a", 7),
        ("o4", "b", 1),
        ("o5", "a", 5),
        ("o6", "c", 2),
        ("o7", "a", 4),
    ];
    let each = of.into_iter().enumerate();
    let each =
        each.map(|(n, (id, code, day))| put(observation(id, ["p1", "p2"][n % 2], code, day)));
    ward.write(each.collect()).await;
    ward
}

/// All pages, the first cells of one apart from those of the next.
async fn pages(chart: &Chart, view: &str, parameters: &Value) -> String {
    let mut parameters = parameters.clone();
    let mut all = Vec::new();
    loop {
        let answer = asked(chart, view, &parameters).await;
        all.push(first(&answer).join(" "));
        assert_eq!(answer["more"], json!(answer.get("next").is_some()));
        match answer.get("next") {
            None => return all.join(" | "),
            Some(next) => parameters["page"] = next.clone(),
        }
        assert!(all.len() < 50, "the pages have no end: {all:?}");
    }
}

async fn pages_by_case(record: Record) {
    let ward = list(&record).await;
    let chart = chart(&ward, &at("RXR"), None);
    let by_code = json!([{ "column": "code" }, { "column": "at", "descending": true }]);
    for (view, parameters, rows) in [
        (
            "worklist",
            json!({ "search": "_sort=date", "count": 3 }),
            "o4 o6 o1 | o2 o7 o5 | o3",
        ),
        (
            "worklist",
            json!({ "search": "_sort=-date", "count": 4 }),
            "o3 o5 o7 o2 | o1 o6 o4",
        ),
        (
            "worklist",
            json!({ "search": "_sort=date", "count": 7 }),
            "o4 o6 o1 o2 o7 o5 o3",
        ),
        (
            "worklist",
            json!({ "search": "_sort=date", "count": 2, "where": [{ "column": "code", "in": ["a"] }] }),
            "o1 o7 | o5 o3",
        ),
        (
            "worklist",
            json!({ "search": "code=http://loinc.org|a&_sort=-date", "count": 3 }),
            "o3 o5 o7 | o1",
        ),
        (
            "worklist",
            json!({ "search": "_sort=code,-date", "count": 3 }),
            "o3 o5 o7 | o1 o2 o4 | o6",
        ),
        (
            "worklist",
            json!({ "order": by_code, "count": 3 }),
            "o3 o5 o7 | o1 o2 o4 | o6",
        ),
        (
            "worklist",
            json!({ "order": by_code, "count": 1, "where": [{ "column": "at", "until": "2026-11-03" }] }),
            "o4 | o6",
        ),
        (
            "worklist",
            json!({ "where": [{ "column": "code", "in": ["z"] }] }),
            "",
        ),
        // A resource of several rows is told on two pages.
        (
            "parts",
            json!({ "search": "_sort=date&date=le2026-11-02", "count": 3 }),
            "o4 o4 o6 | o6",
        ),
        (
            "parts",
            json!({ "search": "_sort=date&date=le2026-11-02", "count": 1, "where": [{ "column": "part", "in": ["b"] }] }),
            "o4 | o6",
        ),
    ] {
        assert_eq!(
            pages(&chart, view, &parameters).await,
            rows,
            "{view} {parameters}"
        );
    }
}

async fn a_page_goes_on_after_the_record_has_changed(record: Record) {
    let ward = list(&record).await;
    let by_date = json!({ "search": "_sort=date", "count": 3 });
    let by_column = json!({ "order": [{ "column": "at" }], "count": 3 });
    let in_parts = json!({ "search": "_sort=date", "count": 3 });
    let before = chart(&ward, &at("RXR"), None);
    let mut next = Vec::new();
    for (view, parameters) in [
        ("worklist", &by_date),
        ("worklist", &by_column),
        ("parts", &in_parts),
    ] {
        let mut parameters = parameters.clone();
        parameters["page"] = asked(&before, view, &parameters).await["next"].clone();
        next.push((view, parameters));
    }
    ward.write(vec![
        put(observation("o0", "p1", "a", 1)),
        put(observation("o8", "p1", "a", 6)),
    ])
    .await;
    let after = chart(&ward, &at("RXR"), None);
    let mut answers = Vec::new();
    for (view, parameters) in &next {
        let answer = after.rows(view, &parameters.to_string()).await;
        answers.push(match answer {
            Ok(text) => first(&serde_json::from_str(&text).unwrap()).join(" "),
            Err(failure) => format!("{}: {}", failure.code, failure.detail),
        });
        // In the call that gave it, it stands still.
        let same = first(&asked(&before, view, parameters).await);
        assert!(!same.contains(&"o8".to_owned()), "{same:?}");
    }
    assert_eq!(answers[0], "o2 o7 o5");
    let changed = "invalid: the record has changed since this page was given";
    assert!(answers[1].starts_with(changed), "{}", answers[1]);
    assert!(answers[2].starts_with(changed), "{}", answers[2]);
}

async fn one_page_looks_at_so_many(record: Record) {
    let ward = list(&record).await;
    let many = usize::try_from(SITE_ROWS_SCANNED_MAX).unwrap() + 40;
    let each = (0..many).map(|n| put(observation(&format!("many-{n}"), "p1", "many", 20)));
    ward.write(each.collect()).await;
    let chart = chart(&ward, &at("RXR"), None);
    let rare = json!({ "search": "_sort=-date", "where": [{ "column": "code", "in": ["a"] }], "count": 3 });
    let mut parameters = rare.clone();
    let answer = asked(&chart, "worklist", &parameters).await;
    assert_eq!((first(&answer).len(), &answer["more"]), (0, &json!(true)));
    parameters["page"] = answer["next"].clone();
    let answer = asked(&chart, "worklist", &parameters).await;
    assert_eq!(first(&answer), ["o3", "o5", "o7"]);
    let failure = chart
        .rows("worklist", r#"{"order":[{"column":"at"}]}"#)
        .await;
    assert_eq!(failure.unwrap_err().code, "limit");
}

async fn what_is_refused_by_case(record: Record) {
    let ward = region(&record).await;
    let here = chart(&ward, &at("RXR"), None);
    let ask = json!({ "search": "_sort=date", "count": 1 });
    let next = asked(&here, "worklist", &ask).await["next"].clone();
    let with = |member: &str, value: Value| {
        let mut asked = ask.clone();
        asked[member] = value;
        asked["page"] = next.clone();
        asked
    };
    let not_of = "invalid: `_page` is not a page of this search";
    for (view, asked, refusal) in [
        (
            "chart",
            json!({}),
            "not-granted: the view chart is of one patient",
        ),
        (
            "nothing",
            json!({}),
            "not-granted: the view nothing is not in the manifest",
        ),
        (
            "worklist",
            json!({ "offset": 1 }),
            "invalid: in a call about a site leave `offset` out",
        ),
        (
            "worklist",
            json!({ "count": 0 }),
            "invalid: in a call about a site",
        ),
        ("worklist", json!({ "page": 3 }), "invalid: page: "),
        ("worklist", json!({ "page": "x" }), not_of),
        ("worklist", json!({ "page": "0.AAAA" }), not_of),
        (
            "worklist",
            json!({ "search": "_sort=date", "page": next }),
            "rows",
        ),
        ("worklist", with("search", json!("_sort=-date")), not_of),
        (
            "worklist",
            with("where", json!([{ "column": "code", "absent": true }])),
            not_of,
        ),
        ("parts", with("count", json!(1)), not_of),
        (
            "worklist",
            json!({ "search": "patient=Patient/elsewhere" }),
            "not-granted: `patient` names a patient other than that of the call",
        ),
        (
            "worklist",
            json!({ "search": "subject:Patient.name=x" }),
            "invalid: search: write conditions and `_sort` only",
        ),
    ] {
        let answer = here.rows(view, &asked.to_string()).await;
        let said = answer.map_or_else(
            |why| format!("{}: {}", why.code, why.detail),
            |_| "rows".to_owned(),
        );
        assert!(said.starts_with(refusal), "{view} {asked}: {said}");
    }
    let tampered = next.as_str().unwrap().replacen("0.", "1.", 1);
    let others = caller("eve", Role::Clinician, "RXR");
    for (who, patient, view, page, refusal) in [
        (at("RXR"), None, "worklist", tampered.as_str(), "invalid"),
        (others, None, "worklist", next.as_str().unwrap(), "invalid"),
        (
            at("RTX"),
            None,
            "worklist",
            next.as_str().unwrap(),
            "invalid",
        ),
        (
            at("RXR"),
            Some("managed"),
            "worklist",
            next.as_str().unwrap(),
            "not-granted",
        ),
        (
            at("RXR"),
            Some("managed"),
            "chart",
            next.as_str().unwrap(),
            "invalid",
        ),
    ] {
        let mut asked = ask.clone();
        asked["page"] = json!(page);
        let failure = chart(&ward, &who, patient)
            .rows(view, &asked.to_string())
            .await;
        assert_eq!(
            failure.unwrap_err().code,
            refusal,
            "{view} {page} {patient:?}"
        );
    }
    for (role, given) in [
        (Role::TrustAdministrator, true),
        (Role::Feed, false),
        (Role::Clinician, false),
    ] {
        let call = ward.call(&with_views(), None);
        let mut all = Given::default();
        if given {
            all.views.insert("worklist".to_owned());
        }
        let grants = Grants::of(&call.release.manifest, &all, role);
        let who = caller("ada", role, "RXR");
        let failure = Chart::new(&ward.record, &who, &call, grants)
            .rows("worklist", "{}")
            .await;
        assert_eq!(failure.unwrap_err().code, "not-granted", "{role}");
    }
}

async fn what_is_looked_at_is_audited(record: Record) {
    let ward = region(&record).await;
    let chart = chart(&ward, &at("RXR"), None);
    asked(
        &chart,
        "worklist",
        &json!({ "search": "_sort=date", "count": 2 }),
    )
    .await;
    chart.settled().await.unwrap();
    let leaf = record
        .store()
        .leaves(0, 1_000)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (leaf.what.as_str(), leaf.account.as_str(), leaf.count),
        ("search", "ada", 4)
    );
    let about = "Observation&_sort=date of the patients of RXR through pathology/worklist";
    assert_eq!(leaf.about, about);
}
