//! Messages through the whole intake into a real record: filed, repeated, corrected, parked.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

mod merge;

use serde_json::{Value as Json, json};

use crate::feed::acknowledgement::Code;
use crate::feed::codes::MAP_VERSION;
use crate::feed::filing::provenance::SOURCE_FIELD;
use crate::feed::tests::{Region, case, changed, on_both_databases};

mod interleaving;
mod order;

use interleaving::any_interleaving_makes_the_same_record;
use order::{
    a_backlog_is_told_once_and_cleared_once, a_corrected_copy_takes_the_place_of_its_original,
    a_message_is_decided_once, a_parked_message_holds_back_its_patient_and_nobody_else,
    what_waits_goes_on_after_a_restart,
};

on_both_databases![
    an_admission_makes_patient_stay_and_provenance,
    a_repeat_has_the_earlier_answer_and_no_effect,
    another_message_under_the_same_control_id_is_parked_by_itself,
    an_update_changes_what_it_carries_and_nothing_else,
    a_second_admission_continues_the_stay,
    results_of_nobody_are_parked_until_somebody_is_known,
    a_correction_changes_what_it_corrects,
    a_withdrawn_result_keeps_what_it_said_and_an_earlier_state_does_not_return,
    nobody_is_mistaken_for_somebody_else,
    the_same_number_at_another_trust_is_another_person,
    what_is_not_to_be_filed_is_answered_and_parked,
    names_keep_their_letters_and_add_no_segment,
    messages_about_one_person_at_once_make_one_person,
    every_kind_of_value_is_valid_in_the_record,
    a_parked_message_holds_back_its_patient_and_nobody_else,
    a_corrected_copy_takes_the_place_of_its_original,
    what_waits_goes_on_after_a_restart,
    a_message_is_decided_once,
    any_interleaving_makes_the_same_record,
    a_backlog_is_told_once_and_cleared_once,
];

/// The answer to a message, as a sender reads it: code, condition's place and the start of the reason.
async fn refused(region: &Region, bytes: Vec<u8>, code: Code, at: &str, reason: &str) {
    let before: Vec<Json> = region.all("Observation").await;
    let answer = region.send(&bytes).await;
    let verdict = &answer.verdict;
    assert_eq!(
        (verdict.code, verdict.reason.starts_with(reason)),
        (code, true),
        "{reason}: {}",
        verdict.reason
    );
    assert_eq!(
        verdict
            .place
            .map(|place| place.to_string())
            .unwrap_or_default(),
        at
    );
    let row = region.parked().await.pop().unwrap();
    assert_eq!(
        (row.bytes, row.reason, row.at.unwrap_or_default()),
        (bytes, verdict.reason.clone(), at.to_owned())
    );
    assert_eq!(
        region.all("Observation").await,
        before,
        "nothing of it was filed"
    );
    region.drop_parked().await;
}

async fn an_admission_makes_patient_stay_and_provenance(region: Region) {
    region.filed(case("admission.hl7")).await;
    let patient = region.one("Patient").await;
    assert_eq!(
        patient["identifier"],
        json!([
            {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9434765919"},
            {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"}]},
             "system": "urn:palatine:RXR:id:RXR", "value": "A1001"},
        ])
    );
    assert_eq!(patient["name"][0]["family"], "WRIGHT");
    let stay = region.one("Encounter").await;
    let subject = format!("Patient/{}", patient["id"].as_str().unwrap());
    assert_eq!(
        (&stay["subject"]["reference"], &stay["class"]["code"]),
        (&json!(subject), &json!("IMP"))
    );
    let provenance = region.one("Provenance").await;
    let targets = provenance["target"].as_array().unwrap();
    assert_eq!(targets[0]["reference"], subject);
    assert_eq!(
        targets[1]["reference"],
        format!("Encounter/{}", stay["id"].as_str().unwrap())
    );
    let of = |element: &str, field: &str| {
        json!({"url": SOURCE_FIELD, "extension": [
            {"url": "element", "valueString": element}, {"url": "field", "valueString": field},
        ]})
    };
    let fields = targets[0]["extension"].as_array().unwrap();
    for (element, field) in [
        ("identifier", "PID-3"),
        ("name", "PID-5"),
        ("birthDate", "PID-7"),
    ] {
        assert!(
            fields.contains(&of(element, field)),
            "{element} {field}: {fields:#?}"
        );
    }
    assert_eq!(
        provenance["policy"],
        json!([format!("urn:palatine:feed-map:{MAP_VERSION}")])
    );
    assert_eq!(
        provenance["entity"][0]["what"]["identifier"]["value"],
        "ADT-1"
    );
    assert!(region.parked().await.is_empty());
}

async fn a_repeat_has_the_earlier_answer_and_no_effect(region: Region) {
    let first = region.send(case("admission.hl7")).await;
    let t = region.t();
    let again = region.send(case("admission.hl7")).await;
    assert_eq!((first, t), (again, region.t()));
    let unknown = changed(
        "creatinine.hl7",
        &[
            ("9434765919", "9434765870"),
            ("A1001", "Z9"),
            ("19620320", "19500101"),
        ],
    );
    let first = region.send(&unknown).await;
    let t = region.t();
    let again = region.send(&unknown).await;
    assert_eq!((&first, t), (&again, region.t()));
    assert_eq!(first.verdict.code, Code::Error);
}

async fn another_message_under_the_same_control_id_is_parked_by_itself(region: Region) {
    region.filed(case("admission.hl7")).await;
    let other = changed("admission.hl7", &[("WRIGHT^Ann", "WRONG^Ann")]);
    refused(
        &region,
        other,
        Code::Error,
        "MSH-10",
        "another message was kept under this control id",
    )
    .await;
    assert_eq!(region.one("Patient").await["name"][0]["family"], "WRIGHT");
}

async fn an_update_changes_what_it_carries_and_nothing_else(region: Region) {
    region.filed(case("admission.hl7")).await;
    let before = region.one("Patient").await;
    region.filed(case("update.hl7")).await;
    let after = region.one("Patient").await;
    assert_eq!(after["meta"]["versionId"], "2");
    assert_eq!(after["address"][0]["line"][0], "14 Mill Lane");
    assert_eq!(after["telecom"], Json::Null, "\"\" deletes");
    assert_eq!(after["deceasedDateTime"], "2026-07-02");
    for kept in [
        "id",
        "identifier",
        "maritalStatus",
        "communication",
        "generalPractitioner",
        "extension",
        "birthDate",
    ] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!(region.one("Encounter").await["meta"]["versionId"], "1");
}

async fn a_second_admission_continues_the_stay(region: Region) {
    region.filed(case("admission.hl7")).await;
    region
        .filed(changed(
            "admission.hl7",
            &[
                ("|ADT-1|", "|ADT-1b|"),
                ("W12^Bay 3^2", "W14^Bay 1^9"),
                ("|20260702104500", "|"),
            ],
        ))
        .await;
    let stay = region.one("Encounter").await;
    assert_eq!(
        stay["location"][0]["location"]["display"],
        "W14, Bay 1, 9, RXR20"
    );
    assert_eq!(
        stay["period"]["start"], "2026-07-02T10:45:00+01:00",
        "what it does not carry stays"
    );
    let ended = format!(
        "{}|20260704120000\r",
        String::from_utf8(case("admission.hl7")).unwrap().trim_end()
    );
    region.filed(ended.replace("|ADT-1|", "|ADT-1c|")).await;
    region
        .filed(changed("admission.hl7", &[("|ADT-1|", "|ADT-1d|")]))
        .await;
    let stay = region.one("Encounter").await;
    assert_eq!(
        (&stay["status"], &stay["period"]["end"]),
        (&json!("finished"), &json!("2026-07-04T12:00:00+01:00"))
    );
}

async fn results_of_nobody_are_parked_until_somebody_is_known(region: Region) {
    refused(
        &region,
        case("creatinine.hl7"),
        Code::Error,
        "PID-3",
        "nobody in the record has this number",
    )
    .await;
    assert_eq!(region.waiting().await, ["LAB-1 waiting for its patient"]);
    region.filed(case("admission.hl7")).await;
    assert!(region.waiting().await.is_empty());
    assert_eq!(
        region.all("Observation").await.len(),
        4,
        "filed by themselves"
    );
    region.filed(case("creatinine.hl7")).await;
    region
        .filed(changed("creatinine.hl7", &[("|LAB-1|", "|LAB-1b|")]))
        .await;
    assert_eq!(region.all("Observation").await.len(), 4);
}

async fn a_correction_changes_what_it_corrects(region: Region) {
    region.filed(case("admission.hl7")).await;
    region.filed(case("creatinine.hl7")).await;
    let urea = region.observation("22664-7").await;
    assert_eq!(
        urea["valueQuantity"]["value"].to_string(),
        "9.10",
        "digits are kept"
    );
    let stay = region.one("Encounter").await;
    assert_eq!(
        urea["encounter"]["reference"],
        format!("Encounter/{}", stay["id"].as_str().unwrap())
    );
    region.filed(case("creatinine_corrected.hl7")).await;
    let creatinine = region.observation("14682-9").await;
    assert_eq!(creatinine["meta"]["versionId"], "2");
    assert_eq!(
        (&creatinine["status"], &creatinine["valueQuantity"]["value"]),
        (&json!("corrected"), &json!(168))
    );
    assert_eq!(
        creatinine["note"],
        Json::Null,
        "the comment was about the wrong value"
    );
    assert_eq!(region.observation("22664-7").await, urea);
    let report = region.one("DiagnosticReport").await;
    assert_eq!(
        (
            &report["status"],
            report["result"].as_array().unwrap().len()
        ),
        (&json!("corrected"), 4)
    );
    assert_eq!(
        region.one("Specimen").await["receivedTime"],
        "2026-07-02T09:12:00+01:00"
    );
}

async fn a_withdrawn_result_keeps_what_it_said_and_an_earlier_state_does_not_return(
    region: Region,
) {
    region.filed(case("admission.hl7")).await;
    region.filed(case("creatinine.hl7")).await;
    let earlier = changed(
        "creatinine_corrected.hl7",
        &[("|LAB-2|", "|LAB-5|"), ("|||C|||", "|||P|||")],
    );
    refused(
        &region,
        earlier,
        Code::Error,
        "OBX-11",
        "a verified result is in the record",
    )
    .await;
    let wrong = changed(
        "creatinine_corrected.hl7",
        &[
            ("|LAB-2|", "|LAB-6|"),
            ("|||C|||", "|||W|||"),
            ("|168|umol/L|60-120|H|", "|||||"),
        ],
    );
    region.filed(wrong).await;
    let creatinine = region.observation("14682-9").await;
    assert_eq!(
        (&creatinine["status"], &creatinine["valueQuantity"]["value"]),
        (&json!("entered-in-error"), &json!(186))
    );
    let unseen = changed(
        "creatinine_corrected.hl7",
        &[
            ("|LAB-2|", "|LAB-7|"),
            ("|||C|||", "|||U|||"),
            ("14682-9", "99999-9"),
        ],
    );
    refused(
        &region,
        unseen,
        Code::Error,
        "OBX-11",
        "OBX-11 is U, but no earlier result",
    )
    .await;
}

/// A message of the cases, what is changed in it, the place at fault and the reason.
type Row = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    &'static str,
);

async fn nobody_is_mistaken_for_somebody_else(region: Region) {
    region.filed(case("admission.hl7")).await;
    region.filed(case("emergency_registration.hl7")).await;
    let t = region.t();
    let rows: [Row; 5] = [
        (
            "creatinine.hl7",
            &[("19620320", "19620321")],
            "PID-7",
            "the number is in the record with another date of birth",
        ),
        (
            "creatinine.hl7",
            &[("A1001", "B2002")],
            "PID-3",
            "the numbers belong to different people",
        ),
        (
            "update.hl7",
            &[("9434765919", "4146515092")],
            "PID-3",
            "the sender's own number is in the record with another NHS number",
        ),
        (
            "creatinine.hl7",
            &[("9434765919", "9434765918")],
            "PID-3.1",
            "PID-3.1 is not a valid NHS number",
        ),
        (
            "creatinine.hl7",
            &[
                ("9434765919", "9434765870"),
                ("A1001", "B2002"),
                ("19620320", "19850814"),
            ],
            "PV1-19",
            "this visit number belongs to another patient",
        ),
    ];
    for (index, (name, changes, at, reason)) in rows.into_iter().enumerate() {
        let (own, id) = if name == "update.hl7" {
            ("ADT-3", format!("D-{index}"))
        } else {
            ("LAB-1", format!("D-{index}"))
        };
        let mut changes = changes.to_vec();
        changes.push((own, &id));
        refused(&region, changed(name, &changes), Code::Error, at, reason).await;
    }
    assert_eq!(
        region.t(),
        t + 10,
        "five commits that only park, and five that drop"
    );
    assert_eq!(region.all("Patient").await.len(), 2);
}

async fn the_same_number_at_another_trust_is_another_person(region: Region) {
    let local = [("9434765919^^^NHS^NH~", "")];
    region.filed(changed("admission.hl7", &local)).await;
    let elsewhere = [
        ("9434765919^^^NHS^NH~", ""),
        ("PAS|RXR|", "PAS|RXL|"),
        ("WRIGHT", "SINGH"),
    ];
    region.filed(changed("admission.hl7", &elsewhere)).await;
    assert_eq!(region.all("Patient").await.len(), 2);
}

async fn what_is_not_to_be_filed_is_answered_and_parked(region: Region) {
    let rows: [(Vec<u8>, Code, &str, &str); 9] = [
        (
            changed("admission.hl7", &[("PAS|RXR|", "XXX|RXR|")]),
            Code::Reject,
            "MSH-3",
            "MSH-3 and MSH-4 name no feed that is known here",
        ),
        (
            changed(
                "admission.hl7",
                &[("|ADT-1|", "|N-0|"), ("ADT^A01^ADT_A01", "ADT^A41^ADT_A39")],
            ),
            Code::Reject,
            "MSH-9",
            "MSH-9 is ADT^A41, which is kept but not filed",
        ),
        (
            changed("admission.hl7", &[("|ADT-1|", "||")]),
            Code::Error,
            "MSH-10",
            "MSH-10 is missing",
        ),
        (
            changed(
                "admission.hl7",
                &[("|ADT-1|", "|N-1|"), ("PV1|1|I", "PV1|1|Q")],
            ),
            Code::Error,
            "PV1-2.1",
            "PV1-2.1 is \"Q\"",
        ),
        (
            changed(
                "admission.hl7",
                &[("|ADT-1|", "|N-2|"), ("Ann", "A\\X00\\")],
            ),
            Code::Error,
            "PID-5.2",
            "PID-5.2 holds the control character",
        ),
        // A character set that nobody knows, and letters of another set than the one named.
        (
            with(&case("latin1.hl7"), b"8859/1", b"KLINGON"),
            Code::Error,
            "MSH-18",
            "MSH-18",
        ),
        (
            with(
                &with(&case("latin1.hl7"), b"8859/1", b"UNICODE UTF-8"),
                b"|ADT-4|",
                b"|N-9|",
            ),
            Code::Error,
            "PID-5",
            "",
        ),
        (
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            Code::Error,
            "",
            "the message does not start with an MSH segment",
        ),
        (
            b"\xFF\xFE\x00\x01".to_vec(),
            Code::Error,
            "",
            "the message does not start with an MSH segment",
        ),
    ];
    for (bytes, code, at, reason) in rows {
        refused(&region, bytes, code, at, reason).await;
    }
    assert!(region.parked().await.is_empty());
    assert!(region.all("Patient").await.is_empty());
    region.filed(case("admission.hl7")).await;
}

/// A message that is no text, with some of its bytes changed.
fn with(message: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = message
        .windows(from.len())
        .position(|it| it == from)
        .unwrap();
    [&message[..at], to, &message[at + from.len()..]].concat()
}

async fn names_keep_their_letters_and_add_no_segment(region: Region) {
    region.filed(case("latin1.hl7")).await;
    assert_eq!(
        region.one("Patient").await["name"],
        json!([{"family": "SÁNCHEZ", "given": ["José"]}])
    );
    let injected = changed(
        "update.hl7",
        &[("WRIGHT^Ann", "X\\X0D\\PV1\\F\\1\\F\\I\\X0A\\Y^Ann")],
    );
    region.filed(injected).await;
    let all = region.all("Patient").await;
    let found = all
        .iter()
        .find(|one| one["identifier"][0]["value"] == "9434765919")
        .unwrap();
    assert_eq!(found["name"][0]["family"], "X PV1|1|I Y");
    assert_eq!(
        region.all("Encounter").await.len(),
        1,
        "only the first message has a stay"
    );
}

async fn messages_about_one_person_at_once_make_one_person(region: Region) {
    let mut sent = Vec::new();
    for number in 0..20 {
        let intake = region.intake.clone();
        let own_number = format!("A1001^^^RXR^PI~M{number}^^^RXR^PI");
        let id = format!("|C-{number}|");
        let bytes = changed(
            "admission.hl7",
            &[("|ADT-1|", &id), ("A1001^^^RXR^PI", &own_number)],
        );
        sent.push(tokio::spawn(
            async move { intake.handle(&bytes).await.verdict },
        ));
    }
    for answer in sent {
        let verdict = answer.await.unwrap();
        assert_eq!(verdict.code, Code::Accept, "{}", verdict.reason);
    }
    let patient = region.one("Patient").await;
    assert_eq!(
        patient["identifier"].as_array().unwrap().len(),
        22,
        "no number was lost"
    );
    assert_eq!(region.all("Encounter").await.len(), 1);
}

async fn every_kind_of_value_is_valid_in_the_record(region: Region) {
    region.filed(case("admission.hl7")).await;
    region.filed(case("value_types.hl7")).await;
    assert_eq!(region.all("Observation").await.len(), 16);
    assert_eq!(
        region.one("DiagnosticReport").await["presentedForm"][0]["contentType"],
        "application/pdf"
    );
}
