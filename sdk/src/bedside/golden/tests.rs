//! Golden cases: what holds, what differs and how it is told, what is written, and what is no case.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::run;
use crate::screen::{Form as FormNode, Link, Paragraph, Section};
use crate::{
    Advice, Call, Departmental, Event, Failure, Form, Hook, Outcome, Parameters, Proposal, Screen,
};

/// Says what is in the chart of the call.
#[derive(Default)]
struct Counting {
    opened: Cell<u32>,
}

impl Departmental for Counting {
    fn open(&self, call: &Call<'_>, screen: &str, it: &Parameters) -> Result<Screen, Failure> {
        self.opened.set(self.opened.get() + 1);
        let found = call.chart.search("Observation")?.resources.len();
        let section = Section::new().child(Paragraph::new(format!(
            "{found} at {}, {} of {}, {}, limit {}",
            call.context.now(),
            call.context.role(),
            call.context.site(),
            call.context.encounter().unwrap_or_default(),
            call.setting("limit")?,
        )));
        Ok(Screen::new(match it.get("do").unwrap_or(screen) {
            "fail" => return Err(Failure::not_found("there is none")),
            "stray" => section.child(Link::new("there", "nowhere")),
            "count" => section.child(Paragraph::new(self.opened.get().to_string())),
            "form" => section.child(FormNode::new("save")),
            _ => section,
        }))
    }

    fn submit(&self, _: &Call<'_>, _: &str, action: &str, _: &Form) -> Result<Outcome, Failure> {
        let task = json!({ "resourceType": "Task", "description": action });
        Ok(Outcome::commit(&Proposal::new("x").create(task)))
    }

    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        let id = event.resource["id"].as_str().unwrap_or_default();
        call.chart.read(&format!("Observation/{id}"))?;
        Ok(Proposal::none())
    }

    fn advise(&self, _: &Call<'_>, _: &Hook) -> Result<Advice, Failure> {
        Ok(Advice::none())
    }

    fn convert(&self, _: &Call<'_>, _: &str, message: &[u8]) -> Result<Proposal, Failure> {
        if message.starts_with(b"MSH") {
            return Ok(Proposal::none());
        }
        Err(Failure::invalid("line 1: no MSH"))
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifest = json!({
            "screens": [
                { "id": "one", "place": "patient" }, { "id": "help", "place": "help" }, { "id": "form", "place": "help" },
            ],
            "reads": [{ "type": "Observation" }],
            "writes": [{ "type": "Task", "actions": ["create"] }],
            "hooks": [{ "hook": "patient-view" }],
            "intake": [{ "format": "hl7v2:ORU^R30" }],
            "settings": [{ "name": "limit", "kind": "integer", "default": 5 }],
        });
        let it = Self(folder);
        it.write("departmental.json", &manifest);
        it.write(
            "cases/golden/charts/two.json",
            &json!([
                { "resourceType": "Observation", "id": "1", "subject": { "reference": "Patient/p" } },
                { "resourceType": "Observation", "id": "2", "subject": { "reference": "Patient/other" } },
            ]),
        );
        it.one_help();
        it
    }

    /// The manifest without its second help.
    fn one_help(&self) {
        let mut manifest = self.read("departmental.json");
        manifest["screens"].as_array_mut().unwrap().pop();
        self.write("departmental.json", &manifest);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) {
        let place = self.path(name);
        std::fs::create_dir_all(place.parent().unwrap_or(Path::new(""))).unwrap();
        std::fs::write(place, value.to_string()).unwrap();
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    fn run(&self, update: bool) -> Result<usize, String> {
        let counting = Counting::default();
        run(self.0.path(), &counting, update).map_err(|it| it.to_string())
    }
}

/// A case at a patient's bedside with this call.
fn case(ask: &str, it: Value) -> Value {
    let mut case = json!({
        "golden": 1, "title": "It shows something",
        "chart": ["charts/two.json", { "resourceType": "Patient", "id": "p" }],
        "at": { "patient": "Patient/p", "now": "2026-11-22T12:00:00Z" },
    });
    case[ask] = it;
    case
}

#[test]
fn a_new_case_is_written_and_holds_from_then_on() {
    let folder = Folder::new();
    let event = json!({ "event": 1, "t": 7, "action": "create", "resource": { "resourceType": "Observation", "id": "1" } });
    let hook = json!({ "hook": "patient-view", "input": { "hook": 1, "name": "patient-view" } });
    let form = json!({ "screen": "one", "action": "keep", "form": { "form": 1, "fields": {} } });
    let message = |text: &str| json!({ "format": "hl7v2:ORU^R30", "message": text });
    let cases = [
        ("opened", case("open", json!({ "screen": "one" }))),
        (
            "failed",
            case(
                "open",
                json!({ "screen": "one", "parameters": { "do": "fail" } }),
            ),
        ),
        ("submitted", case("submit", form)),
        ("reacted", case("react", event)),
        ("advised", case("advise", hook)),
        ("converted", case("convert", message("MSH|"))),
        ("not-converted", case("convert", message("PID|"))),
    ];
    for (name, case) in &cases {
        folder.write(&format!("cases/golden/{name}.json"), case);
    }
    let refused = folder.run(false).unwrap_err();
    assert_eq!(
        refused.matches("neither `answer` nor `failure`").count(),
        cases.len(),
        "{refused}"
    );
    // What cases cost is kept beside them.
    folder.write("cases/golden/budget.json", &json!({}));
    assert_eq!(folder.run(true), Ok(cases.len()));
    assert_eq!(folder.run(false), Ok(cases.len()));
    let text = |name: &str| folder.read(&format!("cases/golden/{name}.json"));
    assert_eq!(
        text("opened")["answer"]["nodes"][1]["text"],
        "1 at 2026-11-22T12:00:00Z, clinician of RXR, , limit 5"
    );
    assert_eq!(
        text("failed")["failure"],
        json!({ "code": "not-found", "detail": "there is none" })
    );
    assert_eq!(text("not-converted")["failure"]["code"], "invalid");
    assert_eq!(
        text("submitted")["answer"]["proposal"]["changes"][0]["resource"]["description"],
        "keep"
    );
}

#[test]
fn where_and_when_are_the_cases() {
    let folder = Folder::new();
    let mut it = case("open", json!({ "screen": "one" }));
    it["at"] = json!({
        "site": "RX1", "patient": "Patient/p", "encounter": "Encounter/e", "role": "operator",
        "now": "2026-11-23T12:00:00Z", "settings": { "limit": 7 },
    });
    it["chart"] = json!([{ "resourceType": "Patient", "id": "p" }, { "resourceType": "Encounter", "id": "e" }]);
    folder.write("cases/golden/there.json", &it);
    folder.run(true).unwrap();
    assert_eq!(
        folder.read("cases/golden/there.json")["answer"]["nodes"][1]["text"],
        "0 at 2026-11-23T12:00:00Z, operator of RX1, Encounter/e, limit 7"
    );
}

#[test]
fn what_differs_is_told_by_place_then_and_now() {
    let folder = Folder::new();
    folder.write(
        "cases/golden/a.json",
        &case("open", json!({ "screen": "one" })),
    );
    folder.run(true).unwrap();
    let mut a = folder.read("cases/golden/a.json");
    a["answer"]["nodes"][1]["text"] = json!("2 at noon");
    a["answer"]["odd/one"] = json!(1.50);
    folder.write("cases/golden/a.json", &a);
    let told = folder.run(false).unwrap_err();
    for part in [
        "1 golden cases do not hold\n\ncases/golden/a.json: It shows something\n",
        "\n  /answer/nodes/1/text\n    then \"2 at noon\"\n    now  \"1 at 2026-11-22",
        "\n  /answer/odd~1one\n    then 1.5\n    now  nothing",
        "UPDATE=1",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let mut failed = folder.read("cases/golden/a.json");
    failed["failure"] = json!({ "code": "invalid", "detail": "x" });
    failed.as_object_mut().unwrap().remove("answer");
    folder.write("cases/golden/a.json", &failed);
    let told = folder.run(false).unwrap_err();
    assert!(
        told.contains("/failure\n    then {\"code\":\"invalid\""),
        "{told}"
    );
    folder.run(true).unwrap();
    assert_eq!(folder.read("cases/golden/a.json").get("failure"), None);
}

#[test]
fn what_the_host_would_refuse_is_never_written() {
    let folder = Folder::new();
    for (ask, it, expected) in [
        (
            "open",
            json!({ "screen": "one", "parameters": { "do": "stray" } }),
            "`nowhere`",
        ),
        (
            "open",
            json!({ "screen": "none" }),
            "declares no screen `none`",
        ),
        ("open", json!({ "screen": "help" }), "opened about nobody"),
        (
            "open",
            json!({ "screen": "one", "parameters": { "do": "count" } }),
            "answered in two ways",
        ),
        (
            "convert",
            json!({ "format": "hl7v2:ORM^O01", "message": "MSH|" }),
            "add it to `intake`",
        ),
    ] {
        let written = case(ask, it);
        folder.write("cases/golden/a.json", &written);
        let told = folder.run(true).unwrap_err();
        assert!(told.contains(expected), "{expected}\n{told}");
        assert_eq!(folder.read("cases/golden/a.json"), written);
    }
    let mut help = case(
        "open",
        json!({ "screen": "help", "parameters": { "do": "form" } }),
    );
    help["at"].as_object_mut().unwrap().remove("patient");
    folder.write("cases/golden/a.json", &help);
    assert!(folder.run(true).unwrap_err().contains("holds a form"));
    help["open"]["parameters"] = json!({});
    folder.write("cases/golden/a.json", &help);
    assert_eq!(folder.run(true), Ok(1));
    let mut manifest = folder.read("departmental.json");
    manifest["screens"][0]["place"] = json!("help");
    folder.write("departmental.json", &manifest);
    assert!(
        folder
            .run(true)
            .unwrap_err()
            .contains("2 screens with the place `help`")
    );
}

#[test]
fn what_is_no_case_is_refused_by_name() {
    let folder = Folder::new();
    let open = || case("open", json!({ "screen": "one" }));
    let with = |member: &str, value: Value| {
        let mut case = open();
        case[member] = value;
        case
    };
    let at = |member: &str, value: Value| {
        let mut case = open();
        case["at"][member] = value;
        case
    };
    let without = |member: &str| {
        let mut case = open();
        case.as_object_mut().unwrap().remove(member);
        case
    };
    let twice = json!(["charts/two.json", { "resourceType": "Observation", "id": "1" }]);
    for (written, expected) in [
        (with("golden", json!(2)), "1 is what is known"),
        (with("title", json!("")), "`title` has 0 characters"),
        (without("title"), "missing field `title`"),
        (without("open"), "exactly one of `open`"),
        (
            with("convert", json!({ "format": "x", "message": "y" })),
            "exactly one of `open`",
        ),
        (with("answr", json!({})), "unknown field `answr`"),
        (
            with("chart", json!(["charts/none.json"])),
            "`charts/none.json`, which cannot be read",
        ),
        (
            with("chart", json!(["../../departmental.json"])),
            "in a folder below cases/golden",
        ),
        (
            with("chart", json!(["/etc/passwd.json"])),
            "in a folder below cases/golden",
        ),
        (
            with("chart", json!(["a.json"])),
            "in a folder below cases/golden",
        ),
        (with("chart", json!([7])), "neither a resource nor the name"),
        (with("chart", json!([{ "id": "x" }])), "no `resourceType`"),
        (with("chart", twice), "Observation/1 is twice"),
        (at("now", json!("2026-11-22")), "write a moment in UTC"),
        (
            at("now", json!("2026-11-22T12:00:00+01:00")),
            "write a moment in UTC",
        ),
        (
            at("patient", json!("Patient/q")),
            "`at.patient` is `Patient/q`, which is not in `chart`",
        ),
        (at("patient", json!("Observation/1")), "`at.patient`"),
        (at("encounter", json!("Encounter/e")), "`at.encounter`"),
        (at("role", json!("wizard")), "the host knows clinician"),
        (at("when", json!("x")), "unknown field `when`"),
        (
            at("settings", json!({ "colour": "red" })),
            "does not declare",
        ),
        (at("settings", json!({ "limit": "7" })), "no integer"),
        (
            case(
                "react",
                json!({ "event": 1, "t": 1, "action": "create", "resource": { "resourceType": "Task", "id": "9" } }),
            ),
            "`react.resource` is `Task/9`",
        ),
        (
            case("react", json!({ "event": 2 })),
            "the event cannot be read",
        ),
        (
            case(
                "advise",
                json!({ "hook": "other", "input": { "hook": 1, "name": "patient-view" } }),
            ),
            "write the same in both",
        ),
        (
            case(
                "submit",
                json!({ "screen": "one", "action": "a", "form": { "fields": {} } }),
            ),
            "the form cannot be read",
        ),
    ] {
        folder.write("cases/golden/a.json", &written);
        let told = folder.run(true).unwrap_err();
        assert!(
            told.contains("cases/golden/a.json: ") && told.contains(expected),
            "{expected}\n{told}"
        );
    }
    let mut both = open();
    both["answer"] = json!({});
    both["failure"] = json!({ "code": "x", "detail": "y" });
    folder.write("cases/golden/a.json", &both);
    assert!(folder.run(true).unwrap_err().contains("keep one"));
    std::fs::write(folder.path("cases/golden/a.json"), "{").unwrap();
    assert!(folder.run(true).unwrap_err().contains("line 1"));
    std::fs::remove_file(folder.path("cases/golden/a.json")).unwrap();
    assert!(folder.run(true).unwrap_err().contains("holds 0 cases"));
    std::fs::write(folder.path("cases/golden/A case.jsn"), "{}").unwrap();
    assert!(
        folder
            .run(true)
            .unwrap_err()
            .contains("is no name of a case")
    );
    std::fs::remove_dir_all(folder.path("cases")).unwrap();
    assert!(folder.run(true).unwrap_err().contains("make the folder"));
}
