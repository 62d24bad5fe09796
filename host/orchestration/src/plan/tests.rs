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
use crate::feed::admission::Admission;
use crate::feed::codes::Codes;
use crate::feed::entry::{Effect, Entry, Identity};
use crate::feed::header::Header;
use crate::feed::message::{Message, charset};
use crate::feed::result::observation::Finding;
use crate::feed::result::specimen::Sample;
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
        codes: Codes::current(),
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
        Plan::Admission(one) => admission(one),
        Plan::Swap(both) => both.iter().map(admission).collect(),
        Plan::Entries(entries) => json!({
            "person": person(&entries.person),
            "visit": entries.visit.as_ref().map(|number| number.json()),
            "entries": entries.entries.iter().map(entry).collect::<Json>(),
        }),
        Plan::Results(results) => {
            let reports = results.reports.iter().map(|report| {
                json!({
                    "identity": identity(&report.identity),
                    "DiagnosticReport": draft(&report.draft),
                    "Observation": report.findings.iter().map(finding).collect::<Json>(),
                    "Specimen": report.samples.iter().map(sample).collect::<Json>(),
                })
            });
            let mut shown = json!({
                "person": person(&results.person),
                "visit": results.visit.as_ref().map(|number| number.json()),
                "reports": reports.collect::<Json>(),
            });
            if !results.alone.is_empty() {
                let alone = results.alone.iter().map(|alone| {
                    json!({
                        "Observation": finding(&alone.finding),
                        "Specimen": alone.sample.as_ref().map(sample),
                    })
                });
                shown["alone"] = alone.collect();
            }
            shown
        }
        Plan::Identity(joining) => json!({
            "act": format!("{:?}", joining.act),
            "person": person(&joining.person),
            "other": person(&joining.other),
        }),
    }
}

fn admission(admission: &Admission) -> Json {
    let mut shown = json!({
        "person": person(&admission.person),
        "Patient": draft(&admission.patient),
        "Encounter": admission.visit.as_ref().map(|visit| json!({
            "number": visit.number.json(),
            "movement": format!("{:?}", visit.movement),
            "at": visit.at,
            "draft": draft(&visit.draft),
        })),
    });
    if !admission.entries.is_empty() {
        shown["entries"] = admission.entries.iter().map(entry).collect();
    }
    shown
}

fn entry(entry: &Entry) -> Json {
    let known = match &entry.identity {
        Identity::Within(words) => identity(words),
        Identity::Numbers(numbers) => {
            let each = numbers
                .iter()
                .map(|number| format!("{}|{}", number.system, number.value));
            each.collect::<Vec<_>>().join(" or ")
        }
    };
    let links = entry
        .links
        .iter()
        .map(|link| format!("{}={}", link.element, link.from));
    json!({
        entry.resource_type: draft(&entry.draft),
        "known as": known,
        "effect": format!("{:?}", entry.effect),
        "links": links.collect::<Vec<_>>(),
    })
}

fn finding(finding: &Finding) -> Json {
    json!({
        "identity": identity(&finding.identity),
        "standing": format!("{:?}", finding.standing),
        "sample": finding.sample,
        "draft": draft(&finding.draft),
    })
}

fn sample(sample: &Sample) -> Json {
    json!({"identity": identity(&sample.identity), "draft": draft(&sample.draft)})
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
        codes: Codes::current(),
    };
    let Ok((text, set)) = charset::decode(bytes) else {
        return Vec::new();
    };
    let Ok(message) = Message::parse(&text, set) else {
        return Vec::new();
    };
    let Ok(plan) = plan(&message, &sender) else {
        return Vec::new();
    };
    let mut drafts: Vec<(&str, Draft)> = Vec::new();
    let of_entry = |entry: &Entry| {
        // What is not told whole is only ever put over what is there.
        (entry.effect == Effect::Tells).then(|| (entry.resource_type, entry.draft.clone()))
    };
    let of_admission = |one: &Admission| {
        let visit = one
            .visit
            .as_ref()
            .map(|visit| ("Encounter", visit.draft.clone()));
        let entries = one.entries.iter().filter_map(of_entry);
        let all = [("Patient", one.patient.clone())].into_iter().chain(visit);
        all.chain(entries).collect::<Vec<_>>()
    };
    match &plan {
        // It has no drafts of its own: what it changes is what the record has.
        Plan::Identity(_) => {}
        Plan::Admission(one) => drafts.extend(of_admission(one)),
        Plan::Swap(both) => drafts.extend(both.iter().flat_map(of_admission)),
        Plan::Entries(entries) => drafts.extend(entries.entries.iter().filter_map(of_entry)),
        Plan::Results(results) => {
            for report in &results.reports {
                drafts.push(("DiagnosticReport", report.draft.clone()));
                let lines = report.findings.iter();
                drafts.extend(lines.map(|line| ("Observation", line.draft.clone())));
                let samples = report.samples.iter();
                drafts.extend(samples.map(|sample| ("Specimen", sample.draft.clone())));
            }
        }
    }
    let made = drafts.into_iter().map(|(resource_type, draft)| {
        let mut body = json!({"resourceType": resource_type});
        body.as_object_mut().unwrap().extend(draft.elements);
        framed(&mut body, resource_type);
        Resource::from_value(body).unwrap()
    });
    made.collect()
}

/// The patient, as filing puts them in.
fn framed(body: &mut Json, resource_type: &str) {
    let patient = json!({"reference": "Patient/p"});
    match resource_type {
        "Patient" => {}
        "Appointment" => body["participant"][0]["actor"] = patient,
        "AllergyIntolerance" | "Immunization" => body["patient"] = patient,
        _ => body["subject"] = patient,
    }
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
        "OBX-11 is missing: without a status",
    ),
    (
        &[HEADER, PERSON, "OBX|1|NM|A^B^L||1||||||F"],
        "OBX-14 is missing: a result that stands under no order",
    ),
    (
        &[HEADER, PERSON, "OBX|1|RP|A^B^L||http://x||||||F"],
        "OBX stands where it has no meaning: a document that belongs to no order",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A17|1|P|2.4", PERSON],
        "PID is missing: two people change places",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A45|1|P|2.4", PERSON],
        "MSH-9 is ADT^A45, which is kept but not filed: moves of visits",
    ),
    (
        &["MSH|^~\\&|A|B|||1||DFT^P03|1|P|2.4", PERSON],
        "MSH-9 is DFT^P03, which is kept but not filed: it is about money",
    ),
    (
        &["MSH|^~\\&|A|B|||1||SIU^S12|1|P|2.4", "SCH|1", PERSON],
        "SCH-11.4 is missing: a booked appointment has a time",
    ),
    (
        &[
            "MSH|^~\\&|A|B|||1||SIU^S12|1|P|2.4",
            "SCH||||||||||",
            PERSON,
        ],
        "SCH-2 is missing: without a number",
    ),
    (
        &["MSH|^~\\&|A|B|||1||MDM^T02|1|P|2.4", PERSON, "TXA|1|CN"],
        "TXA-12 is missing: without its unique number",
    ),
    (
        &[
            "MSH|^~\\&|A|B|||1||ORM^O01|1|P|2.4",
            PERSON,
            "ORC|ZZ|1",
            "OBR|1|||A^B^L",
        ],
        "ORC-1.1 is \"ZZ\", which is not taken here",
    ),
    (
        &[
            "MSH|^~\\&|A|B|||1||RDE^O11|1|P|2.4",
            PERSON,
            "ORC|NW|1",
            "RXE||A^B^L|ten",
        ],
        "RXE-3 is not a number",
    ),
    (
        &[
            "MSH|^~\\&|A|B|||1||VXU^V04|1|P|2.5.1",
            PERSON,
            "RXA|0|1||||A^B^L",
        ],
        "RXA-5 is missing: it says what was given",
    ),
    (
        &[
            "MSH|^~\\&|A|B|||1||PPR^PC1|1|P|2.4",
            PERSON,
            "PRB|AD||A^B^L",
        ],
        "PRB-4 is missing: without its number a problem",
    ),
    (
        &["MSH|^~\\&|A|B|||1||REF^I12|1|P|2.4", PERSON],
        "RF1 is missing: it says which referral",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A60|1|P|2.4", PERSON],
        "IAM is missing: it says to what the patient is allergic",
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
        &["MSH|^~\\&|A|B|||1||SIU^S23|1|P|2.4", PERSON],
        "MSH-9 is SIU^S23, which is kept but not filed: kinds that are filed",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A40|1|P|2.4", PERSON],
        "MRG is missing: it names the prior numbers",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A24|1|P|2.4", PERSON],
        "PID is missing: a second PID names the other record",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A18|1|P|2.4", PERSON],
        "MSH-9 is ADT^A18, which is kept but not filed: of merges A34",
    ),
    (
        &["MSH|^~\\&|A|B|||1|||1|P|2.4", PERSON],
        "MSH-9.1 is missing: it says what the message is",
    ),
    (
        &["MSH|^~\\&|A|B|||1||ADT^A01|1|P|2.4", PERSON],
        "PV1 is missing: an admission, registration or movement needs a visit",
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
            codes: Codes::current(),
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

/// Bytes of a message with one stretch of it cut out, doubled, or written over.
fn mutated(bytes: &[u8], at: usize, length: usize, with: &[u8]) -> Vec<u8> {
    let at = at % (bytes.len() + 1);
    let end = (at + length).min(bytes.len());
    [&bytes[..at], with, &bytes[end..]].concat()
}

/// Every message of the cases, and those of real senders where they are there.
fn every_message() -> Vec<Vec<u8>> {
    let data = std::env::var_os("PALATINE_DATA").map(|folder| Path::new(&folder).join("hl7v2"));
    let folders = [cases()].into_iter().chain(data);
    let paths = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut paths: Vec<_> = paths.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "hl7"));
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2_000))]
    #[test]
    fn no_message_however_damaged_stops_the_plan(
        which in 0_usize..10_000,
        at in 0_usize..20_000,
        length in 0_usize..40,
        with in proptest::collection::vec(
            proptest::sample::select(&b"|^~&\\\r\n\"AZ09.-+\xC3\xA9 \x00"[..]), 0..12),
    ) {
        static MESSAGES: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(every_message);
        let bytes = mutated(&MESSAGES[which % MESSAGES.len()], at, length, &with);
        if Header::read(&bytes).is_some() {
            let shown = planned(&bytes);
            proptest::prop_assert!(shown["refused"].is_null() || shown["refused"].is_string());
            // What is planned can be made a resource: what is there is objects and lists, not words about them.
            let _ = resources(&bytes);
        }
    }
}
