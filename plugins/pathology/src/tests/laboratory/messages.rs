//! Messages of devices at the bedside: what is filed of them, and what each fault is told as.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::Record;
use crate::Pathology;

const MESSAGE: &str = "MSH|^~\\&|POCT|RXR|PALATINE|RXR|20261124123100+0000||ORU^R30|m1|P|2.5.1\rPID|1||9434765919^^^NHS^NH\rOBR|1||GAS-77^POCT|24321-2^Gas^LN|||20261124122500+0000\rOBX|1|NM|2823-3^Potassium^LN||6.80|mmol/L^^UCUM|3.5-5.3|HH|||F|||20261124122600+0000\rOBX|2|NM|X1^Sodium^L^2951-2^Sodium^LN||131|mmol/L||L|||F";

fn convert(message: &str) -> Result<sdk::Value, sdk::Failure> {
    let record = Record::new();
    record
        .bedside()
        .convert(&Pathology, "hl7v2:ORU^R30", message.as_bytes())
}

#[test]
fn results_of_a_device_are_held_like_those_that_were_typed() {
    let mut record = Record::new();
    let proposal = record.convert(MESSAGE);
    let changes = proposal["changes"].as_array().unwrap();
    let of = changes
        .iter()
        .map(|it| it["resource"]["resourceType"].clone());
    let of: Vec<_> = of.collect();
    assert_eq!(
        of,
        ["Observation", "Observation"],
        "a feed may propose no task"
    );
    for change in changes {
        assert_eq!(change["resource"]["status"], "preliminary");
    }
    assert_eq!(
        changes[0]["resource"]["valueQuantity"]["value"].to_string(),
        "6.80"
    );
    assert_eq!(
        changes[0]["resource"]["effectiveDateTime"],
        "2026-11-24T12:25:00+00:00"
    );
    for at in [1, 2, 1] {
        record.react_to_new(&format!("Observation/made-{at}"));
    }
    let tasks = record.tasks("authorise-result");
    assert_eq!(tasks.len(), 2, "one for each, however often it is told of");
    let said = tasks.iter().map(|it| {
        (
            it["description"].as_str().unwrap(),
            it["priority"].as_str().unwrap(),
        )
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            ("Potassium 6.80 mmol/L, specimen GAS-77", "stat"),
            ("Sodium 131 mmol/L, specimen GAS-77", "routine")
        ]
    );
    let failed = tasks[1]["input"].to_string();
    for condition in [
        "quality control",
        "analyser flags",
        "delta check",
        "interference",
        "signed rules",
    ] {
        assert!(failed.contains(condition), "{condition}");
    }
    let task = format!("Task/{}", tasks[0]["id"].as_str().unwrap());
    let decided = sdk::json!({ "results": [task], "decision": "authorise" });
    record.submit("authorise", "authorise", decided);
    assert_eq!(
        record.tasks("telephone-critical-result").len(),
        1,
        "6.80 is critical"
    );
}

#[test]
fn each_fault_is_told_by_its_place_and_nothing_is_filed() {
    let table = [
        (
            "MSH|^~\\&",
            "MSH|^~&\\",
            "the message cannot be read: its separators are not |^~\\&",
        ),
        (
            "ORU^R30",
            "ORU^R01",
            "the message cannot be read: MSH-9 does not say ORU^R30",
        ),
        (
            "|NM|2823-3",
            "|ST|2823-3",
            "segment 4, OBX-2: write NM: a number is read here and nothing else",
        ),
        (
            "|6.80|",
            "|<6.80|",
            "segment 4, OBX-5: write a plain decimal, as 4.2",
        ),
        (
            "|6.80|",
            "||",
            "segment 4, OBX-5: write a plain decimal, as 4.2",
        ),
        (
            "|6.80|",
            "|68.0|",
            "segment 4, OBX-5: 68.0 mmol/L is not possible: check the unit",
        ),
        (
            "|mmol/L^^UCUM|",
            "|mg/dL^^UCUM|",
            "segment 4, OBX-6: the unit is `mg/dL`; mmol/L is read",
        ),
        (
            "|mmol/L^^UCUM|",
            "||",
            "segment 4, OBX-6: the unit is ``; mmol/L is read",
        ),
        (
            "2823-3^Potassium^LN",
            "K^Potassium^L",
            "segment 4, OBX-3: give a LOINC code, with LN beside it",
        ),
        (
            "2823-3^Potassium^LN",
            "1-1^Potassium^LN",
            "segment 4, OBX-3: LOINC 1-1 is none of the laboratory's tests",
        ),
        (
            "HH|||F|",
            "HH|||C|",
            "segment 4, OBX-11: write F or P: corrections are not read here",
        ),
        (
            "20261124122500+0000",
            "20261124122500",
            "segment 3, OBR-7: write a moment with its offset, as 20261124113000+0000",
        ),
        (
            "20261124122500+0000",
            "20261324122500+0000",
            "segment 3, OBR-7: write a moment with its offset, as 20261124113000+0000",
        ),
        (
            "20261124122600+0000",
            "20261124122600+00é",
            "segment 4, OBX-14: write a moment with its offset, as 20261124113000+0000",
        ),
        (
            "20261124122600+0000",
            "20261124122400+0000",
            "segment 4, OBX-14: the times are out of order: collected, measured, received",
        ),
        (
            "20261124122600+0000",
            "20261124150000+0000",
            "segment 4, OBX-14: the times are out of order: collected, measured, received",
        ),
        (
            "GAS-77^POCT",
            "",
            "segment 3, OBR-3: the device's own number is missing",
        ),
        (
            "\rOBR|",
            "\rZBR|",
            "segment 4, OBX-1: no OBR stands before it",
        ),
        ("\rOBX|", "\rZBX|", "the message has no OBX: send a result"),
        (
            "MSH",
            "",
            "the message cannot be read: it does not begin with MSH",
        ),
    ];
    for (from, to, expected) in table {
        let message = MESSAGE.replace(from, to);
        assert_ne!(message, MESSAGE, "{from}");
        let failure = convert(&message).unwrap_err();
        assert_eq!(
            (failure.code.as_str(), failure.detail.as_str()),
            ("invalid", expected),
            "{to}"
        );
    }
    let record = Record::new();
    let failure = record
        .bedside()
        .convert(&Pathology, "hl7v2:ORU^R30", b"MSH|^~\\&|\xff")
        .unwrap_err();
    assert_eq!(
        failure.detail,
        "the message cannot be read: it is not UTF-8"
    );
}

#[test]
fn a_message_about_another_patient_is_refused() {
    let identified = |number: &str| {
        let nhs = "https://fhir.nhs.uk/Id/nhs-number";
        let number = sdk::json!([{ "system": nhs, "value": number }]);
        Record::of(sdk::json!({ "resourceType": "Patient", "id": "maureen", "identifier": number }))
    };
    let convert = |number: &str, message: &str| {
        identified(number)
            .bedside()
            .convert(&Pathology, "hl7v2:ORU^R30", message.as_bytes())
    };
    assert!(convert("9434765919", MESSAGE).is_ok());
    let failure = convert("9434765870", MESSAGE).unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.detail.as_str()),
        (
            "invalid",
            "segment 2, PID-3: this NHS number is not that of the chart: the results are of another patient, and nothing is filed"
        )
    );
    let local = MESSAGE.replace("9434765919^^^NHS^NH", "H1^^^RXR^MR");
    assert!(
        convert("9434765870", &local).is_ok(),
        "matched in another way"
    );
    let both = MESSAGE.replace("9434765919^^^NHS^NH", "H1^^^RXR^MR~943 476 5870^^^NHS^NH");
    assert!(convert("9434765870", &both).is_ok());
    assert!(convert("9434765919", &both).is_err());
    let nobody = MESSAGE.replace("\rPID|", "\rZID|");
    assert!(
        convert("9434765919", &nobody)
            .unwrap_err()
            .detail
            .contains("no PID")
    );
    let two = MESSAGE.replace("\rOBR|", "\rPID|1||4146515092^^^NHS^NH\rOBR|");
    assert!(
        convert("9434765919", &two)
            .unwrap_err()
            .detail
            .contains("a second")
    );
}
