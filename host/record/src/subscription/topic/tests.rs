//! Which changes are events of which topic.

use fhir::resource::ResourceType;
use serde_json::{Value, json};

use super::{Changed, TOPICS, find};
use crate::commit::What;

/// A short way to write a resource: its type, and what matters of it.
fn resource(text: &str) -> Option<Value> {
    let (of, rest) = text.split_once(' ').unwrap_or((text, ""));
    let words = |name: &str| {
        rest.split(' ')
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    };
    let mut it = json!({ "resourceType": of });
    if let Some(status) = words("status") {
        it["status"] = json!(status);
    }
    if let Some(places) = words("at") {
        let each = places
            .split(',')
            .map(|place| match place.strip_prefix('-') {
                Some(left) => json!({ "location": { "reference": left }, "status": "completed" }),
                None => json!({ "location": { "reference": place } }),
            });
        it["location"] = each.collect();
    }
    if let Some(link) = words("link") {
        it["link"] = json!([{ "type": link, "other": { "reference": "Patient/b" } }]);
    }
    (text != "-").then_some(it)
}

fn check(rows: &str) {
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [before, after, expected] = cells[..] else {
            assert!(row.is_empty(), "three columns are wanted: {row}");
            continue;
        };
        let (was, is) = (resource(before), resource(after));
        let what = match (&was, &is) {
            (_, None) => What::Deleted,
            (None, Some(_)) => What::Created,
            (Some(_), Some(_)) => What::Updated,
        };
        let shown = is.as_ref().or(was.as_ref()).unwrap_or(&Value::Null);
        let changed = Changed {
            is: shown,
            was: was.as_ref(),
            what,
        };
        let of: ResourceType = shown["resourceType"]
            .as_str()
            .unwrap_or_default()
            .parse()
            .unwrap_or(ResourceType::BASIC);
        let happen = TOPICS
            .iter()
            .filter(|topic| topic.resource_type == of && (topic.happens)(&changed));
        let names: Vec<&str> = happen
            .map(|topic| topic.url.rsplit(':').next().unwrap_or_default())
            .collect();
        assert_eq!(names.join(" "), expected, "{row}");
    }
}

#[test]
fn topics_by_change() {
    check(
        "
        -                                          | Patient                                      | patient-changed
        Patient                                    | Patient                                      | patient-changed
        Patient                                    | -                                            | patient-changed
        Patient                                    | Patient link=seealso                         | patient-changed
        Patient                                    | Patient link=replaced-by                     | identity-merged patient-changed
        Patient link=replaced-by                   | Patient link=replaced-by                     | patient-changed
        -                                          | Encounter status=planned                     |
        -                                          | Encounter status=in-progress                 | encounter-admitted
        Encounter status=planned                   | Encounter status=in-progress                 | encounter-admitted
        Encounter status=in-progress               | Encounter status=in-progress                 |
        Encounter status=in-progress at=A          | Encounter status=in-progress at=A            |
        Encounter status=in-progress at=A          | Encounter status=in-progress at=B            | encounter-transferred
        Encounter status=in-progress at=A          | Encounter status=in-progress at=-A,B         | encounter-transferred
        Encounter status=in-progress at=A,B        | Encounter status=in-progress at=B,A          |
        Encounter status=planned at=A              | Encounter status=planned at=B                |
        Encounter status=in-progress at=A          | Encounter status=finished at=B               | encounter-discharged
        Encounter status=finished                  | Encounter status=finished                    |
        Encounter status=in-progress               | -                                            |
        -                                          | DiagnosticReport status=registered           |
        -                                          | DiagnosticReport status=preliminary          |
        DiagnosticReport status=preliminary        | DiagnosticReport status=final                | result-available
        DiagnosticReport status=final              | DiagnosticReport status=corrected            | result-available
        DiagnosticReport status=final              | DiagnosticReport status=entered-in-error     |
        DiagnosticReport status=final              | -                                            |
        -                                          | Appointment status=booked                    | appointment-changed
        Appointment status=booked                  | Appointment status=cancelled                 | appointment-changed
        Appointment status=booked                  | -                                            |
        -                                          | DocumentReference status=current             | document-available
        DocumentReference status=current           | DocumentReference status=superseded          |
        ",
    );
}

#[test]
fn a_topic_is_found_by_its_url_whatever_its_version() {
    let found = |url| find(url).map(|topic| topic.title);
    assert_eq!(
        found("urn:palatine:topic:encounter-admitted"),
        Some("Admitted")
    );
    assert_eq!(
        found("urn:palatine:topic:encounter-admitted|2.0"),
        Some("Admitted")
    );
    assert_eq!(found("urn:palatine:topic:encounter"), None);
}

#[test]
fn what_a_topic_is_narrowed_by_is_a_search_parameter_of_its_type() {
    for topic in &TOPICS {
        for name in topic.filters {
            let found = fhir::search_parameter::find(topic.resource_type, name);
            assert!(found.is_some(), "{}: {name}", topic.url);
        }
    }
}
