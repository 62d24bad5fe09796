//! Messages that a departmental reads, from the sender's side: filed, parked with the module's name, repeated.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

use std::sync::Arc;

use record::account::NewAccount;
use record::caller::{Caller, Role};
use record::departmental::scripted::{Scripted, ScriptedLibrary};
use record::departmental::{Answer, Departmental, Failure, FailureKind, Question};
use record::enablement::Enable;
use record::store::postgres::cluster::Cluster;
use serde_json::{Value as Json, json};

use crate::feed::acknowledgement::Code;
use crate::feed::tests::{Region, case};

#[tokio::test]
async fn on_sqlite() {
    by_case(Region::open().await).await;
}

#[tokio::test]
async fn on_postgresql() {
    let cluster = Cluster::start().unwrap();
    println!("by_case");
    by_case(Region::on_postgresql(&cluster).await).await;
}

fn measured(control_id: &str, nhs_number: &str, value: &str) -> Vec<u8> {
    let segments = [
        format!(
            r"MSH|^~\&|POC|RXR-WARD|PALATINE|LSC|20260702113015||ORU^R30^ORU_R30|{control_id}|P|2.5"
        ),
        format!("PID|1||{nhs_number}^^^NHS^NH||WRIGHT^Ann||19620320|F"),
        "ORC|NW|||F1".to_owned(),
        "OBR|1||F1|WT^Weight".to_owned(),
        format!("OBX|1|NM|29463-7^Body weight^LN||{value}|kg|||||F"),
    ];
    segments.join("\r").into_bytes()
}

/// Files the value of OBX-5; stops in the middle of `trap`, and refuses what is no number.
fn reads() -> Arc<dyn Departmental> {
    Scripted::saying(|call, question| {
        let Question::Convert { message, .. } = question else {
            return Answer::Screen(json!({}));
        };
        let text = String::from_utf8(message).unwrap();
        let value = text.split("LN||").nth(1).unwrap_or_default();
        let value = value.split('|').next().unwrap_or_default();
        if value == "trap" {
            return Answer::Failed {
                kind: FailureKind::Trap,
                what: "unreachable".to_owned(),
            };
        }
        let Ok(value) = value.parse::<f64>() else {
            return Answer::Refused(Failure::new("invalid", "OBX-5 is no number"));
        };
        let patient = call.patient.as_ref().unwrap();
        let weight = json!({
            "resourceType": "Observation", "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "subject": {"reference": format!("Patient/{patient}")},
            "effectiveDateTime": "2026-07-02",
            "valueQuantity": {"value": value, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
        });
        let changes = json!([{"action": "create", "resource": weight}]);
        Answer::Proposal(json!({"proposal": 1, "summary": "A weight", "changes": changes}))
    })
}

fn manifest(id: &str) -> Json {
    json!({
        "manifest": 1, "id": id, "name": "Scales", "version": "1.0.0", "supplier": "Lune", "contract": "0.2",
        "writes": [{"type": "Observation", "actions": ["create"], "reason": "To file what was measured"}],
        "intake": [{"format": "hl7v2:ORU^R30", "reason": "The scales of the wards send it"}],
    })
}

/// The NHS number of somebody in the record.
const KNOWN: &str = "9434765919";

async fn by_case(region: Region) {
    let record = &region.record;
    let administrator = NewAccount {
        account: "grace".to_owned(),
        name: "Grace".to_owned(),
        role: Role::TrustAdministrator,
        site: "RXR".parse().unwrap(),
        password: "a long enough password".to_owned(),
        feed: None,
    };
    record.put_account(administrator).await.unwrap();
    let signed_in = record.sign_in("grace", "a long enough password").await;
    let grace = signed_in.unwrap().caller;
    let library = Arc::new(ScriptedLibrary::default());
    record.with_library(library.clone());
    region.feed("POC", "RXR-WARD", "RXR").await;
    region.filed(case("admission.hl7")).await;

    let answer = region.send(measured("W-0", KNOWN, "70.5")).await;
    assert_eq!(answer.verdict.code, Code::Reject);
    assert!(
        answer
            .verdict
            .reason
            .starts_with("MSH-9 is ORU^R30, which is kept but not filed")
    );

    let release = library.publish(&manifest("scales"), reads()).unwrap();
    record
        .enable(&grace, Enable::all_that(&release))
        .await
        .unwrap();
    region.filed(measured("W-1", KNOWN, "70.5")).await;
    let t = region.t();
    region.filed(measured("W-1", KNOWN, "70.5")).await;
    assert_eq!(region.t(), t, "a repeat has no effect");
    let weight = region.one("Observation").await;
    assert_eq!(weight["valueQuantity"]["value"].to_string(), "70.5");

    let rows = [
        ("W-2", KNOWN, "heavy", "scales refuses: OBX-5 is no number"),
        ("W-3", KNOWN, "trap", "scales 1.0.0 failed: unreachable"),
        (
            "W-4",
            "9434765870",
            "70.5",
            "nobody in the record has this number",
        ),
    ];
    for (control_id, number, value, reason) in rows {
        let message = measured(control_id, number, value);
        let first = region.send(&message).await;
        assert_eq!(first.verdict.code, Code::Error, "{}", first.verdict.reason);
        assert!(
            first.verdict.reason.starts_with(reason),
            "{}",
            first.verdict.reason
        );
        let row = region.parked().await.pop().unwrap();
        assert_eq!(
            (row.bytes, row.reason),
            (message.clone(), first.verdict.reason.clone())
        );
        let t = region.t();
        let again = region.send(&message).await;
        assert_eq!((again, region.t()), (first, t), "{control_id}");
    }

    given_to_two(&region, &library, &grace).await;
}

/// A format of two departmentals at one site is nobody's.
async fn given_to_two(region: &Region, library: &ScriptedLibrary, grace: &Caller) {
    let record = &region.record;
    let other = library.publish(&manifest("other-scales"), reads()).unwrap();
    record
        .enable(grace, Enable::all_that(&other))
        .await
        .unwrap();
    let answer = region.send(measured("W-5", KNOWN, "70.5")).await;
    let both = "ORU^R30 is given to other-scales and scales at this site";
    assert!(
        answer.verdict.reason.starts_with(both),
        "{}",
        answer.verdict.reason
    );
    assert_eq!(region.all("Observation").await.len(), 1);
}
