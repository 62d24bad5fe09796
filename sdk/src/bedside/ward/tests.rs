//! A ward keeps what the host would keep, whole, and nothing else.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::{Filled, Ward};
use crate::bedside::Bedside;
use crate::screen::{ActionButton, Choice, Form as Fields, InputChecks, InputText, Section};
use crate::{
    Action, Call, Departmental, Event, Failure, Form, Outcome, Parameters, Proposal, Screen, Seen,
};

/// A task with a name; `save` writes it, `end` ends it.
struct Errands;

impl Departmental for Errands {
    fn open(&self, call: &Call<'_>, _: &str, _: &Parameters) -> Result<Screen, Failure> {
        let known = call.chart.search("Task")?.resources;
        let name = InputText::new("name", "Name").value("Tea");
        let boxes = vec![Choice::new("now", "Now"), Choice::new("hot", "Hot")];
        let how = InputChecks::new("how", "How", boxes).value(vec!["hot".to_owned()]);
        let mut form = Fields::new("save").child(Section::new().child(name).child(how));
        if let Some(task) = known.last() {
            let text = |pointer: &str| task.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            form = form.seen(&[Seen {
                resource: format!("Task/{}", text("/id")),
                version: text("/meta/versionId"),
            }]);
        }
        let form = form.child(ActionButton::new("End").action("end"));
        Ok(Screen::new(Section::new().child(form)))
    }

    fn submit(&self, call: &Call<'_>, _: &str, it: &str, form: &Form) -> Result<Outcome, Failure> {
        let proposal = Proposal::new("x");
        Ok(Outcome::commit(&match it {
            "save" => proposal.create(json!({
                "resourceType": "Task", "for": { "reference": call.patient()? },
                "description": format!("{} {}", form.text("name").unwrap_or("-"), form.ticked("how").join("+")),
            })),
            "end" => {
                let seen = &form.all_seen()[0];
                let mut task = call.chart.read(&seen.resource)?;
                task["status"] = json!("completed");
                proposal.update(task, seen.version.as_str())
            }
            other => return Err(Failure::not_provided(other)),
        }))
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        assert_eq!(call.context.role(), "reaction");
        let mut proposal = Proposal::new("x");
        let first = proposal.temporary();
        let of = json!({ "reference": call.patient()? });
        let about =
            json!({ "reference": format!("Task/{}", event.resource["id"].as_str().unwrap()) });
        Ok(proposal
            .create(
                json!({ "resourceType": "Task", "for": of, "partOf": [{ "reference": first }] }),
            )
            .create_as(
                &first,
                json!({ "resourceType": "Specimen", "subject": of, "request": [about] }),
            )
            .identified("accession-number"))
    }
}

fn ward() -> (tempfile::TempDir, Ward<Errands>) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = json!({
        "screens": [{ "id": "errand", "place": "patient" }],
        "reads": [{ "type": "Task" }],
        "writes": [
            { "type": "Task", "actions": ["create", "update"] }, { "type": "Specimen", "actions": ["create"] },
        ],
    });
    std::fs::write(
        folder.path().join("departmental.json"),
        manifest.to_string(),
    )
    .unwrap();
    let bedside = Bedside::of(folder.path())
        .unwrap()
        .with_all([
            json!({ "resourceType": "Patient", "id": "a" }),
            json!({ "resourceType": "Task", "id": "made-2", "for": { "reference": "Patient/b" } }),
        ])
        .unwrap()
        .patient("Patient/a");
    (folder, Ward::new(bedside, Errands))
}

#[test]
fn a_form_is_filled_as_a_person_finds_it() {
    let (_folder, ward) = ward();
    let none: [(&str, &str); 0] = [];
    let fields = |it: Result<Filled, Failure>| it.unwrap().form["fields"].clone();
    assert_eq!(
        fields(ward.filled("errand", "save", none)),
        json!({ "name": "Tea", "how": ["hot"] })
    );
    assert_eq!(
        fields(ward.filled(
            "errand",
            "end",
            [("name", json!("")), ("how", json!(["now"]))]
        )),
        json!({ "how": ["now"] })
    );
    let refused = |it: Result<Filled, Failure>| it.unwrap_err().detail;
    assert!(
        refused(ward.filled("errand", "burn", none)).contains("no form with the action `burn`")
    );
    assert!(refused(ward.filled("errand", "save", [("size", "1")])).contains("no field `size`"));
}

#[test]
fn what_is_proposed_is_there_for_the_next_call() {
    let (_folder, mut ward) = ward();
    let save = ward.filled("errand", "save", [("name", "Milk")]).unwrap();
    ward.submit(&save).unwrap();
    let task = ward.get("Task/made-1").unwrap();
    assert_eq!(task["description"], "Milk hot");
    assert_eq!(
        task["meta"],
        json!({ "versionId": "1", "lastUpdated": "2026-11-22T12:00:00Z" })
    );
    let none: [(&str, &str); 0] = [];
    let end = ward.filled("errand", "end", none).unwrap();
    ward.change(|it| it.now("2026-11-23T12:00:00Z"));
    ward.submit(&end).unwrap();
    let task = ward.get("Task/made-1").unwrap();
    assert_eq!(
        (&task["status"], &task["meta"]["versionId"]),
        (&json!("completed"), &json!("2"))
    );
    // The same form again shows a version that is no longer the current one.
    let before = ward.bedside().resources.clone();
    let refused = ward.submit(&end).unwrap_err();
    assert_eq!(refused.code, "conflict", "{refused}");
    assert_eq!(ward.bedside().resources, before);
}

#[test]
fn a_reaction_is_kept_with_ids_that_nothing_else_has() {
    let (_folder, mut ward) = ward();
    ward.submit(&ward.filled("errand", "save", [("name", "Milk")]).unwrap())
        .unwrap();
    ward.react(Action::Create, "Task/made-1").unwrap();
    // `Task/made-2` was there before.
    let task = ward.get("Task/made-3").unwrap();
    let specimen = ward.all("Specimen")[0];
    assert_eq!(
        task["partOf"][0]["reference"],
        format!("Specimen/{}", specimen["id"].as_str().unwrap())
    );
    assert_eq!(specimen["request"][0]["reference"], "Task/made-1");
    assert!(specimen["accessionIdentifier"]["value"].is_string());
    assert_eq!(
        ward.react(Action::Create, "Task/none").unwrap_err().code,
        "invalid"
    );
}

#[test]
fn what_the_host_would_refuse_leaves_the_chart_as_it_was() {
    let (_folder, mut ward) = ward();
    let good = json!({ "action": "create", "resource": { "resourceType": "Task", "for": { "reference": "Patient/a" } } });
    let with = |changes: &[(&str, Value)]| {
        let mut change = good.clone();
        for (pointer, value) in changes {
            match pointer.strip_prefix("resource.") {
                Some(member) => change["resource"][member] = value.clone(),
                None => change[*pointer] = value.clone(),
            }
        }
        change
    };
    let urn = "urn:uuid:00000000-0000-4000-8000-000000000001";
    let other = json!({ "reference": "Patient/b" });
    for (change, expected) in [
        (
            vec![with(&[("resource.id", json!("x"))])],
            "leave out the id",
        ),
        (
            vec![with(&[("resource.for", other.clone())])],
            "not about the patient",
        ),
        (
            vec![with(&[("resource.requester", other)])],
            "refers to another patient",
        ),
        (
            vec![with(&[("resource.partOf", json!([{ "reference": urn }]))])],
            "no `temporary` of this proposal",
        ),
        (
            vec![
                with(&[("temporary", json!(urn))]),
                with(&[("temporary", json!(urn))]),
            ],
            "changes[2]: its temporary id is used twice",
        ),
        (
            vec![with(&[("identifiers", json!(["accession-number"]))])],
            "is given to: DiagnosticReport",
        ),
        (
            vec![with(&[("identifiers", json!(["name"]))])],
            "gives no identifier",
        ),
        (
            vec![with(&[("action", json!("update")), ("seen", json!("1"))])],
            "needs the id",
        ),
        (
            vec![with(&[
                ("action", json!("update")),
                ("resource.id", json!("made-2")),
                ("seen", json!("1")),
            ])],
            "not in this patient's chart",
        ),
        (vec![good.clone(); 100], "101 changes"),
    ] {
        let mut changes = vec![good.clone()];
        changes.extend(change);
        let before = ward.bedside().resources.clone();
        let refused = ward
            .commit(&json!({ "changes": changes }))
            .unwrap_err()
            .detail;
        assert!(refused.contains(expected), "{expected}: {refused}");
        assert_eq!(ward.bedside().resources, before);
    }
}

#[test]
fn what_is_proposed_about_nobody_is_the_sites_own() {
    let (_folder, mut ward) = ward();
    ward.change(|it| Bedside {
        patient: None,
        ..it
    });
    let commit = |ward: &mut Ward<Errands>, change: Value| {
        let proposal = json!({ "changes": [change] });
        ward.commit(&proposal).map_err(|it| it.detail)
    };
    let run = json!({ "resourceType": "Observation", "status": "final" });
    commit(&mut ward, json!({ "action": "create", "resource": run })).unwrap();
    let made = ward.all("Observation")[0].clone();
    let label = json!({ "system": "https://fhir.nhs.uk/Id/ods-organization-code", "code": "RXR" });
    assert_eq!(made["meta"]["tag"], json!([label]));
    let update = json!({ "action": "update", "seen": "1", "resource": made });
    commit(&mut ward, update.clone()).unwrap();
    assert_eq!(ward.all("Observation")[0]["meta"]["versionId"], "2");
    assert_eq!(ward.all("Observation")[0]["meta"]["tag"], json!([label]));
    ward.change(|it| it.site("RX1"));
    assert!(
        commit(&mut ward, update)
            .unwrap_err()
            .contains("the site's own")
    );
    for about in [
        json!({ "resourceType": "Patient" }),
        json!({ "resourceType": "Task", "for": { "reference": "Patient/a" } }),
    ] {
        let refused = commit(&mut ward, json!({ "action": "create", "resource": about }));
        assert!(
            refused
                .unwrap_err()
                .contains("in a call that is about none")
        );
    }
}

#[test]
fn a_newborn_is_kept_with_its_mother_or_not_at_all() {
    let urn = "urn:uuid:00000000-0000-4000-8000-000000000001";
    let changes = |pointer: &str, value: Value| {
        let mut changes = json!([
            { "action": "create", "temporary": urn, "resource": {
                "resourceType": "Patient", "birthDate": "2026-11-22",
                "managingOrganization": { "identifier": {
                    "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RXR",
                } },
            } },
            { "action": "create", "resource": {
                "resourceType": "RelatedPerson", "patient": { "reference": urn }, "identifier": [],
                "relationship": [{ "coding": [
                    { "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH" },
                ] }],
            } },
            { "action": "create", "resource": { "resourceType": "Observation", "subject": { "reference": urn } } },
            { "action": "create", "resource": {
                "resourceType": "Task", "for": { "reference": "Patient/a" }, "focus": { "reference": urn },
            } },
        ]);
        if let Some((member, name)) = pointer.rsplit_once('/') {
            changes.pointer_mut(member).unwrap()[name] = value;
        }
        json!({ "changes": changes })
    };
    let (_folder, mut kept) = ward();
    kept.commit(&changes("", Value::Null)).unwrap();
    let baby = format!("Patient/{}", kept.all("Patient")[1]["id"].as_str().unwrap());
    assert_eq!(
        kept.all("Observation")[0]["subject"]["reference"],
        baby.as_str()
    );
    // An update keeps the reference to the baby that was there, and gains none to anybody else.
    let mut task = kept.all("Task")[1].clone();
    let update = |task: &Value| json!({ "changes": [{ "action": "update", "resource": task, "seen": "1" }] });
    task["owner"] = json!({ "reference": "Patient/b" });
    assert!(kept.commit(&update(&task)).is_err());
    task["owner"] = json!({ "reference": baby });
    kept.commit(&update(&task)).unwrap();
    for (pointer, value, expected) in [
        ("/0/temporary", Value::Null, "`temporary`"),
        ("/0/resource/birthDate", json!("2026-11-23"), "`birthDate`"),
        ("/0/resource/birthDate", json!("2026-10-10"), "`birthDate`"),
        ("/0/resource/birthDate", json!("2026-11"), "`birthDate`"),
        (
            "/0/resource/managingOrganization/identifier/value",
            json!("RX1"),
            "`managingOrganization`",
        ),
        ("/0/resource/identifier", json!([]), "`identifier`"),
        (
            "/1/resource/relationship/0/coding/0/code",
            json!("FTH"),
            "who is the mother",
        ),
        (
            "/1/resource/patient/reference",
            json!("Patient/a"),
            "who is the mother",
        ),
        (
            "/2/resource/subject/reference",
            json!("Patient/b"),
            "not about the patient",
        ),
    ] {
        let (_folder, mut ward) = ward();
        let before = ward.bedside().resources.clone();
        let refused = ward.commit(&changes(pointer, value)).unwrap_err().detail;
        assert!(refused.contains(expected), "{pointer}: {refused}");
        assert_eq!(ward.bedside().resources, before);
    }
    let (_folder, mut ward) = ward();
    ward.commit(&changes("/0/resource/birthDate", json!("2026-10-11")))
        .unwrap();
}
