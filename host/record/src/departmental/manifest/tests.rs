//! Manifests that are read and manifests that are refused, each naming the member at fault.
//!
//! Invariant: each row changes one member of a manifest that is right.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::{Value, json};

use super::{Manifest, Scope};

/// A manifest that is right and has one of everything.
pub(crate) fn whole() -> Value {
    json!({
        "manifest": 1,
        "id": "pathology",
        "name": "Pathology",
        "version": "1.2.3",
        "supplier": "Lune Laboratory Systems",
        "contract": "0.1",
        "screens": [{ "id": "results", "title": "Results", "place": "patient", "audience": ["clinician"], "parameters": { "code": "Which test" } }],
        "reads": [
            { "type": "Observation", "reason": "To draw the grid of results" },
            { "type": "Practitioner", "reason": "To name who asked for a test" },
            { "type": "Patient", "reason": "Age and sex choose the reference range" },
        ],
        "writes": [{ "type": "Task", "actions": ["create", "update"], "reason": "To ask somebody to look at it" }],
        "reactions": [{ "type": "Observation", "on": ["create"], "where": "code=http://loinc.org|2160-0" }],
        "hooks": [{ "hook": "patient-view", "reason": "To say what waits for somebody" }],
        "intake": [{ "format": "hl7v2:ORU^R30", "reason": "To file what the analyser on the ward measured" }],
        "settings": [{ "name": "days", "kind": "integer", "default": 7, "min": "1", "max": "30", "level": "site", "reason": "How far back the grid goes" }],
        "packs": [{ "name": "aki", "version": "1", "source": "NHS England", "in_force_from": "2026-04-01", "verified": false, "document": { "ratio": "1.50", "days": 7 } }],
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut manifest = whole();
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    match manifest.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.insert(member.to_owned(), value)),
        Value::Array(items) if member == "-" => items.push(value),
        Value::Array(items) => items[member.parse::<usize>().unwrap()] = value,
        other => *other = value,
    }
    manifest
}

#[test]
fn a_whole_manifest_is_read_whole() {
    let manifest = Manifest::parse(&whole()).unwrap();
    assert_eq!(manifest.screens[0].title, "Results");
    assert!(manifest.screens[0].menu);
    assert_eq!(manifest.writes[0].actions.len(), 2);
    assert_eq!(
        manifest.packs[0].document["days"].to_string(),
        "7",
        "numbers keep what was written"
    );
    assert_eq!(manifest.document, whole());
}

/// What is put where, where the error is, and some of its words. `&/reads/0` puts a copy of that.
const WRONG: &str = r#"
    /manifest              | 2                          | manifest                | manifest 1, not 2
    /extra                 | 1                          | extra                   | unknown field
    /id                    | "Pathology"                | id                      | lower-case
    /name                  | ""                         | name                    | 1 to 120
    /name                  | "Patho\u202elogy"          | name                    | U+202E
    /version               | "1.2"                      | version                 | 1.2.3
    /version               | "01.2.3"                   | version                 | 1.2.3
    /version               | "1.2.3+build"              | version                 | 1.2.3
    /contract              | "1"                        | contract                | 0.1
    /contract              | "0.3"                      | contract                | it needs contract 0.3, and this host answers 0.1 and 0.2
    /screens/0/place       | "ward"                     | screens[0].place        | unknown variant
    /screens/0/audience    | []                         | screens[0].audience     | 1 to 20
    /screens/-             | &/screens/0                | screens[1].id           | twice
    /screens/0/parameters  | {"code": ""}               | screens[0].parameters   | 1 to 120
    /reads/0/type          | "Observations"             | reads[0].type           | not a FHIR R4 resource type
    /reads/0/reason        | "short"                    | reads[0].reason         | 10 to 500
    /reads/-               | &/reads/0                  | reads[3].type           | twice
    /writes/0/type         | "Basic"                    | writes[0].type          | no departmental may write Basic
    /writes/0/type         | "Provenance"               | writes[0].type          | no departmental may write Provenance
    /writes/0/type         | "Organization"             | writes[0].type          | no departmental may write Organization
    /writes/0/actions      | ["delete"]                 | writes[0].actions       | unknown variant
    /writes/0/actions      | ["create", "create"]       | writes[0].actions       | each once
    /reactions/0/type      | "Condition"                | reactions[0].type       | ask to read Condition
    /reactions/0/where     | "colour=red"               | reactions[0].where      | colour
    /reactions/0/where     | "_sort=date"               | reactions[0].where      | conditions only
    /hooks/0/hook          | "order-sign"               | hooks[0].hook           | it has: patient-view
    /hooks/0/reason        | "short"                    | hooks[0].reason         | 10 to 500
    /hooks/0/when          | "now"                      | hooks[0].when           | unknown field
    /hooks/-               | &/hooks/0                  | hooks[1].hook           | twice
    /intake/0/format       | "hl7v2:ORU"                | intake[0].format        | hl7v2:ORU^R30
    /intake/0/format       | "hl7v2:oru^r30"            | intake[0].format        | hl7v2:ORU^R30
    /intake/0/format       | "ORU^R30"                  | intake[0].format        | hl7v2:ORU^R30
    /intake/-              | &/intake/0                 | intake[1].format        | twice
    /settings/0/default    | 31                         | settings[0]             | between 1 and 30
    /settings/0/kind       | "choice"                   | settings[0]             | options
    /packs/0/in_force_from | "1 April"                  | packs[0].in_force_from  | 2026-04-01
    /packs/0/file          | "aki.json"                 | packs[0].file           | unknown field
    /packs/0/source        | "NHS"                      | packs[0].source         | 5 to 1000
    /packs/-               | &/packs/0                  | packs[1].in_force_from  | twice
"#;

#[test]
fn what_is_wrong_is_named_by_its_place() {
    for row in WRONG.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        let [pointer, value, at, what] = cells[..] else {
            unreachable!("{row}")
        };
        let value = match value.strip_prefix('&') {
            Some(copied) => whole().pointer(copied).unwrap().clone(),
            None => serde_json::from_str(value).unwrap(),
        };
        let error = Manifest::parse(&with(pointer, value)).unwrap_err();
        assert!(
            error.at.starts_with(at),
            "{row}: at {}: {}",
            error.at,
            error.what
        );
        assert!(error.what.contains(what), "{row}: {}", error.what);
    }
}

#[test]
fn of_whom_a_view_is_asked_by_case() {
    for (scope, of, expected) in [
        (json!("patient"), "Observation", Ok(Scope::Patient)),
        (json!("site"), "Observation", Ok(Scope::Site)),
        (json!("site"), "Patient", Ok(Scope::Site)),
        (json!("site"), "Location", Ok(Scope::Site)),
        (json!("patient"), "CodeSystem", Ok(Scope::Patient)),
        (json!("site"), "CodeSystem", Err("views[0].scope")),
        (json!("own"), "Observation", Ok(Scope::Own)),
        (json!("own"), "Location", Err("views[0].scope")),
        (json!("region"), "Observation", Err("views[0].scope")),
        (json!(null), "Observation", Err("views[0].scope")),
    ] {
        let view = json!({
            "id": "v", "title": "V", "reason": "To try of whom it is", "scope": scope,
            "view": { "resource": of, "select": [{ "column": [{ "name": "id", "path": "id" }] }] },
        });
        let found = Manifest::parse(&with("/views", json!([view])));
        let found = found.map(|it| it.views[0].scope);
        let found = found.map_err(|error| error.at);
        assert_eq!(found, expected.map_err(str::to_owned), "{scope} {of}");
    }
}

#[test]
fn lists_and_lines_have_a_last_place() {
    for (pointer, fits, too_many) in [("/name", 120, 121), ("/packs/0/version", 120, 121)] {
        assert!(
            Manifest::parse(&with(pointer, json!("x".repeat(fits)))).is_ok(),
            "{pointer}"
        );
        assert!(
            Manifest::parse(&with(pointer, json!("x".repeat(too_many)))).is_err(),
            "{pointer}"
        );
    }
    let screens = |n: usize| -> Vec<Value> {
        let screen = |n: usize| json!({ "id": format!("s{n}"), "title": "S", "place": "site", "audience": ["clinician"] });
        (0..n).map(screen).collect()
    };
    assert!(Manifest::parse(&with("/screens", json!(screens(50)))).is_ok());
    assert_eq!(
        Manifest::parse(&with("/screens", json!(screens(51))))
            .unwrap_err()
            .at,
        "screens"
    );
}

#[test]
fn the_pack_in_force_is_the_latest_that_has_begun() {
    let later = json!({ "name": "aki", "version": "2", "source": "NHS England", "in_force_from": "2026-10-01", "verified": true, "document": {} });
    let manifest = Manifest::parse(&with("/packs/-", later)).unwrap();
    for (moment, version) in [
        ("2026-03-31T23:59:59Z", None),
        ("2026-04-01T00:00:00Z", Some("1")),
        ("2026-09-30", Some("1")),
        ("2026-10-01", Some("2")),
        ("", None),
    ] {
        assert_eq!(
            manifest
                .pack("aki", moment)
                .map(|pack| pack.version.as_str()),
            version,
            "{moment}"
        );
    }
    assert!(manifest.pack("other", "2026-10-01").is_none());
}
