//! The same messages in any order, over several connections at once, make the same record.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value as Json;

use crate::feed::intake::Intake;
use crate::feed::tests::{NOW_MS, Region};

/// Connections that send at once.
const CONNECTIONS: usize = 3;
/// Orders tried in one region, each about patients of its own.
const ORDERS: usize = 6;

fn adt(event: &str, n: usize, at: &str, rest: &str) -> String {
    format!(
        "MSH|^~\\&|PAS|RXR|||{at}15||ADT^{event}|{event}-{n}-PID|P|2.4\rEVN|{event}|{at}00\r{rest}\r"
    )
}

fn oru(n: usize, at: &str, lines: &str) -> String {
    format!(
        "MSH|^~\\&|LIS|RXR-PATH|||{at}30||ORU^R01|LAB-{n}-PID|P|2.4\rPID|1||PID^^^RXR^PI||WRIGHT^Ann||19620320|F\r\
         PV1|1|I|||||||||||||||||VPID^^^RXR^VN\rOBR|1||F-PID|UE^Urea^W|||20260702083000|||||||||||||||{at}00||CH|F\r{lines}"
    )
}

fn order(control: &str, at: &str) -> String {
    format!(
        "MSH|^~\\&|PAS|RXR|||{at}15||ORM^O01|{control}-1-PID|P|2.4\rPID|1||PID^^^RXR^PI||WRIGHT^Ann||19620320|F\r\
         ORC|{control}|F-PID^OCS|||||||{at}00\rOBR|1|F-PID^OCS||26604-9^Full blood count^LN\r"
    )
}

/// What is sent about one patient, in the order in which it happened; `PID` stands for their number.
fn story() -> Vec<String> {
    let pid = |rest: &str| format!("PID|1||PID^^^RXR^PI||{rest}");
    let stay = |class: &str, ward: &str, times: &str| {
        format!("PV1|1|{class}|{ward}||||||||||||||||VPID^^^RXR^VN|||||||||||||||||||||||||{times}")
    };
    let line = |id: &str, value: &str, status: &str| {
        format!("OBX|1|NM|{id}^Test {id}^W||{value}|mmol/L|||||{status}\r")
    };
    vec![
        adt(
            "A04",
            1,
            "202607021000",
            &format!(
                "{}\r{}",
                pid("WRIGHT^Ann||19620320|F|||12 Mill Lane||01282 555010"),
                stay("O", "OPD", "20260702100000")
            ),
        ),
        order("NW", "202607021005"),
        oru(1, "202607021010", &line("CRE", "186", "P")),
        order("CA", "202607021045"),
        adt(
            "A01",
            2,
            "202607021100",
            &format!(
                "{}\r{}",
                pid("WRIGHT^Ann^Mary||19620320|F|||12 Mill Lane"),
                stay("I", "W12^Bay 3^2", "20260702104500")
            ),
        ),
        oru(
            2,
            "202607021130",
            &format!(
                "{}{}{}",
                line("CRE", "186", "F"),
                line("URE", "9.10", "F"),
                line("POT", "6.1", "P")
            ),
        ),
        adt(
            "A08",
            3,
            "202607021200",
            &format!(
                "{}\rPV1|1|N",
                pid("WRIGHT^Ann^Mary||19620320|F|||14 Mill Lane||\"\"")
            ),
        ),
        oru(3, "202607021230", &line("CRE", "168", "C")),
        oru(4, "202607021240", &line("POT", "", "U")),
        adt(
            "A08",
            4,
            "202607021300",
            &format!(
                "{}\r{}",
                pid("WRIGHT^Annie||19620320|F"),
                stay("I", "W14^Bay 1^9", "")
            ),
        ),
        oru(5, "202607021330", &line("URE", "", "W")),
        adt(
            "A01",
            5,
            "202607021400",
            &format!(
                "{}\r{}",
                pid("WRIGHT^Annie||19620320|F|||||||M"),
                stay("I", "W14^Bay 1^9", "|20260702140000")
            ),
        ),
        adt(
            "A08",
            6,
            "202607021500",
            &format!(
                "{}\r{}",
                pid("WRIGHT^Annie||19620320|F|||14 Mill Lane||||M"),
                stay("I", "W14^Bay 1^9", "")
            ),
        ),
    ]
}

/// Sends a patient's messages over several connections at once, in this order as far as each connection goes.
async fn sent(region: &Region, order: &[String]) {
    let mut connections = Vec::new();
    for connection in 0..CONNECTIONS {
        let intake = region.intake.clone();
        let own = order.iter().skip(connection).step_by(CONNECTIONS);
        let own: Vec<String> = own.cloned().collect();
        connections.push(tokio::spawn(async move {
            for message in own {
                intake.handle(message.as_bytes()).await;
            }
        }));
    }
    for connection in connections {
        connection.await.unwrap();
    }
}

/// Everything about a patient, with names instead of ids, without versions and times.
async fn chart(region: &Region, number: &str) -> Vec<Json> {
    let mut all = Vec::new();
    for kind in [
        "Patient",
        "Encounter",
        "DiagnosticReport",
        "Observation",
        "ServiceRequest",
        "Specimen",
    ] {
        all.extend(region.all(kind).await);
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut own = Vec::new();
    let mut whose = String::new();
    for resource in all {
        let subject = resource["subject"]["reference"]
            .as_str()
            .unwrap_or_default();
        let is_them = resource["identifier"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|it| it["value"] == number);
        if resource["resourceType"] == "Patient" && is_them {
            whose = format!("Patient/{}", resource["id"].as_str().unwrap());
        } else if whose.is_empty() || subject != whose {
            continue;
        }
        let name = format!(
            "{} {}",
            resource["resourceType"], resource["code"]["coding"][0]["code"]
        );
        names.insert(
            resource["id"].as_str().unwrap().to_owned(),
            name.replace('"', ""),
        );
        own.push(resource);
    }
    let mut told: Vec<String> = own
        .into_iter()
        .map(|mut resource| {
            resource.as_object_mut().unwrap().shift_remove("meta");
            let mut text = resource.to_string().replace(number, "NUMBER");
            for (id, name) in &names {
                text = text.replace(id, name);
            }
            text
        })
        .collect();
    told.sort();
    let mut chart: Vec<Json> = told
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    for resource in &mut chart {
        // A report's lines are a set: each was added by the message that had it first.
        if let Some(lines) = resource["result"].as_array_mut() {
            lines.sort_by_key(Json::to_string);
        }
    }
    chart
}

pub(super) async fn any_interleaving_makes_the_same_record(region: Region) {
    let story = story();
    let of = |number: &str, order: &[String]| -> Vec<String> {
        order
            .iter()
            .map(|message| {
                message
                    .replace("PID^^^", &format!("{number}^^^"))
                    .replace("F-PID", &format!("F-{number}"))
                    .replace("-PID|", &format!("-{number}|"))
            })
            .collect()
    };
    for message in of("P000", &story) {
        region.intake.handle(message.as_bytes()).await;
    }
    assert!(
        region.waiting().await.is_empty(),
        "in the order in which it happened, all is filed"
    );
    let expected = chart(&region, "P000").await;
    assert_eq!(expected.len(), 7, "{expected:#?}");
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let mut orders = vec![story.iter().rev().cloned().collect::<Vec<String>>()];
    while orders.len() < ORDERS {
        let shuffled = Just(story.clone())
            .prop_shuffle()
            .new_tree(&mut runner)
            .unwrap();
        orders.push(shuffled.current());
    }
    for (index, order) in orders.iter().enumerate() {
        let number = format!("P{:03}", index + 1);
        sent(&region, &of(&number, order)).await;
        // A host that begins looks at everything that waits.
        let clock = std::sync::Arc::new(record::clock::Written::at_ms(NOW_MS));
        Intake::new(region.record.clone(), clock)
            .file_waiting()
            .await;
        assert!(
            region.waiting().await.is_empty(),
            "{order:#?}: {:?}",
            region.waiting().await
        );
        assert_eq!(chart(&region, &number).await, expected, "{order:#?}");
    }
}
