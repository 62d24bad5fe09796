//! Messages and the plans they make: `tests/cases/messages/*.hl7` beside what is expected of each. `UPDATE=1` rewrites.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

use std::path::{Path, PathBuf};

use fhir::resource::Resource;
use serde_json::{Value as Json, json};

use super::{Draft, Person, Plan, plan};
use crate::feed::header::Header;
use crate::feed::message::{Message, charset};
use crate::feed::sender::Sender;

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/messages")
}

/// The plan of whatever bytes, as the feed of site RXR would make it, or why there is none.
fn planned(bytes: &[u8]) -> Json {
    let header = Header::read(bytes).unwrap();
    let sender = Sender {
        site: "RXR".to_owned(),
        application: header.named(3),
        facility: header.named(4),
    };
    let (text, set) = match charset::decode(bytes) {
        Ok(decoded) => decoded,
        Err(error) => return json!({"refused": error.to_string()}),
    };
    let plan = Message::parse(&text, set)
        .map_err(Into::into)
        .and_then(|message| plan(&message, &sender));
    match plan {
        Ok(plan) => shown(&plan),
        Err(error) => json!({"refused": error.to_string()}),
    }
}

fn shown(plan: &Plan) -> Json {
    match plan {
        Plan::Admission(admission) => json!({
            "person": person(&admission.person),
            "Patient": draft(&admission.patient),
            "Encounter": admission.visit.as_ref().map(|visit| json!({
                "number": visit.number.json(),
                "draft": draft(&visit.draft),
            })),
        }),
        Plan::Results(results) => {
            let reports = results.reports.iter().map(|report| {
                json!({
                    "identity": identity(&report.identity),
                    "DiagnosticReport": draft(&report.draft),
                    "Observation": report.findings.iter().map(|finding| json!({
                        "identity": identity(&finding.identity),
                        "standing": format!("{:?}", finding.standing),
                        "sample": finding.sample,
                        "draft": draft(&finding.draft),
                    })).collect::<Json>(),
                    "Specimen": report.samples.iter().map(|sample| json!({
                        "identity": identity(&sample.identity),
                        "draft": draft(&sample.draft),
                    })).collect::<Json>(),
                })
            });
            json!({
                "person": person(&results.person),
                "visit": results.visit.as_ref().map(|number| number.json()),
                "reports": reports.collect::<Json>(),
            })
        }
        Plan::Identity(joining) => json!({
            "act": format!("{:?}", joining.act),
            "person": person(&joining.person),
            "other": person(&joining.other),
        }),
    }
}

fn identity(text: &str) -> String {
    text.replace('\u{1f}', " / ")
}

fn person(person: &Person) -> Json {
    json!({
        "nhs_number": person.nhs_number.map(|number| number.digits()),
        "numbers": person.numbers.iter().map(|number| format!("{}|{}", number.system, number.value)).collect::<Json>(),
        "birth_date": person.birth_date,
    })
}

fn draft(draft: &Draft) -> Json {
    json!({"elements": draft.elements, "cleared": draft.cleared, "fields": draft.trace()})
}

#[test]
fn every_message_of_the_cases_has_the_plan_beside_it() {
    let mut count = 0;
    for entry in std::fs::read_dir(cases()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "hl7") {
            continue;
        }
        let found = format!("{:#}\n", planned(&std::fs::read(&path).unwrap()));
        let beside = path.with_extension("json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&beside, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(
            found,
            expected,
            "{}: review the difference, then run again with UPDATE=1",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 8, "only {count} messages in {}", cases().display());
}

/// Every draft of a plan as a resource that the record would check.
fn resources(bytes: &[u8]) -> Vec<Resource> {
    let header = Header::read(bytes).unwrap();
    let sender = Sender {
        site: "RXR".to_owned(),
        application: header.named(3),
        facility: header.named(4),
    };
    let Ok((text, set)) = charset::decode(bytes) else {
        return Vec::new();
    };
    let Ok(plan) = plan(&Message::parse(&text, set).unwrap(), &sender) else {
        return Vec::new();
    };
    let mut drafts: Vec<(&str, &Draft)> = Vec::new();
    match &plan {
        // It has no drafts of its own: what it changes is what the record has.
        Plan::Identity(_) => {}
        Plan::Admission(admission) => {
            drafts.push(("Patient", &admission.patient));
            drafts.extend(
                admission
                    .visit
                    .as_ref()
                    .map(|visit| ("Encounter", &visit.draft)),
            );
        }
        Plan::Results(results) => {
            for report in &results.reports {
                drafts.push(("DiagnosticReport", &report.draft));
                drafts.extend(
                    report
                        .findings
                        .iter()
                        .map(|finding| ("Observation", &finding.draft)),
                );
                drafts.extend(
                    report
                        .samples
                        .iter()
                        .map(|sample| ("Specimen", &sample.draft)),
                );
            }
        }
    }
    let made = drafts.into_iter().map(|(resource_type, draft)| {
        let mut body = json!({"resourceType": resource_type});
        body.as_object_mut().unwrap().extend(draft.elements.clone());
        Resource::from_value(body).unwrap()
    });
    made.collect()
}

#[test]
fn what_is_planned_is_valid() {
    let mut folders = vec![cases()];
    match std::env::var_os("PALATINE_DATA") {
        Some(folder) => folders.push(Path::new(&folder).join("hl7v2")),
        None => {
            println!("left out: PALATINE_DATA is not set, so no real HL7 v2 messages were checked")
        }
    }
    let mut count = 0;
    for entry in folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
    {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "hl7") {
            continue;
        }
        for resource in resources(&std::fs::read(&path).unwrap()) {
            let issues = fhir::validate::check(&resource);
            assert!(
                issues.is_empty(),
                "{}: {issues:#?}\n{}",
                path.display(),
                resource.to_json()
            );
            count += 1;
        }
    }
    assert!(count >= 30, "only {count} resources");
}

const HEADER: &str = "MSH|^~\\&|LIS|RXR-PATH|||20260702||ORU^R01|1|P|2.4";
const PERSON: &str = "PID|1||9434765919^^^NHS^NH||X^Y||19620320|F";
const ORDER: &str = "OBR|1||F1|UE^U^L|||20260702|||||||||||||||20260702||CH|F";

/// Rows of segments, a bar of three, and the start of what is answered.
fn check(rows: &[(&[&str], &str)]) {
    for (segments, expected) in rows {
        let found = planned(segments.join("\r").as_bytes());
        let found = found["refused"].as_str().unwrap_or("planned");
        assert!(
            found.starts_with(expected),
            "{segments:?}\n gives    {found}\n expected {expected}"
        );
    }
}

const REFUSED: &[(&[&str], &str)] = &[
    (&[HEADER, PERSON, ORDER], "planned"),
    (
        &[HEADER, ORDER],
        "PID is missing: it says whom the message is about",
    ),
    (
        &[HEADER, "PID|1||||X", ORDER],
        "PID-3 is missing: a patient is known by an NHS number",
    ),
    (
        &[HEADER, "PID|1||9434765918^^^NHS^NH", ORDER],
        "PID-3.1 is not a valid NHS number",
    ),
    (
        &[HEADER, "PID|1||2222222222^^^NHS^NH", ORDER],
        "PID-3.1 is not a valid NHS number",
    ),
    (
        &[
            HEADER,
            "PID|1||9434765919^^^NHS^NH~9434765870^^^NHS^NH",
            ORDER,
        ],
        "PID-3[2].1 is not the NHS number that stands before it",
    ),
    (
        &[HEADER, "PID|1||1^^^PAS^PI||||19621320", ORDER],
        "PID-7.1 is not a date or time of the form",
    ),
    (
        &[HEADER, PERSON],
        "OBR is missing: results stand under the order (OBR) they answer",
    ),
    (
        &[HEADER, PERSON, "OBX|1|NM|A^B^L||1|||||F"],
        "OBX stands where it has no meaning",
    ),
    (
        &[HEADER, PERSON, "OBR|1|||UE^U^L"],
        "OBR-3 is missing: without an order number",
    ),
    (
        &[HEADER, PERSON, "OBR|1||F1"],
        "OBR-4 is missing: it says what was asked for",
    ),
    (
        &[HEADER, PERSON, "OBR|1||F1|UE|||||||||||||||||||||Z"],
        "OBR-25 is \"Z\", which is not taken here",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1|NM|A||1||||||"],
        "OBX-11 is missing: without a status",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1|NM|A||1||||||Q"],
        "OBX-11 is \"Q\", which is not taken here",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1||A||1||||||F"],
        "OBX-2 is missing: it says what kind of value",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1|XPN|A||1||||||F"],
        "OBX-2 is \"XPN\", which is not taken here",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1|DT|A||1||||||F"],
        "OBX-5.1 is not a date or time of the form",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1|ST|A||x\\X00\\||||||F"],
        "OBX-5 holds the control character 0x00",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1|ED|A||a^b^c^Hex^00||||||F"],
        "OBX-5.4 is \"Hex\", which is not taken here",
    ),
    (
        &[HEADER, PERSON, ORDER, "OBX|1|NM|||1||||||F"],
        "OBX-3 is missing: it says what was measured",
    ),
    (
        &["MSH|^~\\&|A|B|||1||SIU^S12|1|P|2.4", PERSON],
        "MSH-9 is SIU^S12, which is kept but not filed",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A40|1|P|2.4", PERSON],
        "MSH-9 is ADT^A40, which is kept but not filed",
    ),
    (
        &["MSH|^~\\&|A|B|||1|||1|P|2.4", PERSON],
        "MSH-9.1 is missing: it says what the message is",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A01|1|P|2.4", PERSON],
        "PV1 is missing: an admission or registration needs a visit",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A01|1|P|2.4", PERSON, "PV1|1|I|W1"],
        "PV1-19 is missing: without a visit number",
    ),
    (
        &[
            "MSH|^~\\&|A|B|||1||ADT^A01|1|P|2.4",
            PERSON,
            "PV1|1|Q|W1||||||||||||||||V1",
        ],
        "PV1-2.1 is \"Q\", which is not taken here",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A08|1|P|2.4", "PID|1||1|||||Q"],
        "PID-8.1 is \"Q\", which is not taken here",
    ),
    (&["MSH|^~\\&|A|B|||1||ADT^A08|1|P|2.4", PERSON], "planned"),
    (
        &["MSH|^~\\&|A|B|||1||ADT|1|P|2.2", "EVN|A08", PERSON],
        "planned",
    ),
];

#[test]
fn what_cannot_be_planned_says_where_and_what_to_do() {
    let long = "9".repeat(600);
    check(REFUSED);
    check(&[
        (
            &[HEADER, &format!("PID|1||{long}^^^PAS^PI"), ORDER],
            "PID-3.1 has more than 512 bytes",
        ),
        (
            &[HEADER, &format!("PID|1||{}", "1~".repeat(80)), ORDER],
            "PID-3 has more than 64 repetitions",
        ),
    ]);
}

#[test]
fn the_numbers_of_two_trusts_are_never_the_same_number() {
    let message =
        "MSH|^~\\&|PAS|X|||1||ADT^A08|1|P|2.4\rPID|1||1^^^PAS^PI~2^^^^MR~3^^^Z&1.2.3&ISO^PI";
    let (text, set) = charset::decode(message.as_bytes()).unwrap();
    let parsed = Message::parse(&text, set).unwrap();
    let of = |site: &str| {
        let sender = Sender {
            site: site.to_owned(),
            application: "PAS".to_owned(),
            facility: "X".to_owned(),
        };
        let Plan::Admission(admission) = plan(&parsed, &sender).unwrap() else {
            panic!("an update is an admission's kind of plan");
        };
        admission
            .person
            .numbers
            .into_iter()
            .map(|number| number.system)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("RXR"),
        [
            "urn:palatine:RXR:id:PAS",
            "urn:palatine:RXR:id:X%3AMR",
            "urn:oid:1.2.3"
        ]
    );
    assert_eq!(
        of("RXL"),
        [
            "urn:palatine:RXL:id:PAS",
            "urn:palatine:RXL:id:X%3AMR",
            "urn:oid:1.2.3"
        ]
    );
}

/// What becomes of every message of real senders: a plan, or the reason for parking it. Nothing is dropped, nothing panics.
#[test]
fn real_messages_are_planned_or_refused_for_the_right_reason() {
    let Some(folder) = std::env::var_os("PALATINE_DATA") else {
        println!("left out: PALATINE_DATA is not set, so no real HL7 v2 messages were planned");
        return;
    };
    let mut lines: Vec<String> = std::fs::read_dir(Path::new(&folder).join("hl7v2"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let found = planned(&std::fs::read(&path).unwrap());
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            format!(
                "{name:38} {}\n",
                found["refused"].as_str().unwrap_or("planned")
            )
        })
        .collect();
    lines.sort();
    let found = lines.concat();
    let beside = cases().join("real_messages.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&beside, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&beside).unwrap_or_default();
    assert_eq!(
        found, expected,
        "review the difference, then run again with UPDATE=1"
    );
}
