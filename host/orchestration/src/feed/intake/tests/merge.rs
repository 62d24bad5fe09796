//! Merges, changes of numbers and links by message: filed, parked where a person has to look, and what comes after them.

use record::log::At;
use serde_json::{Value as Json, json};

use super::refused;
use crate::feed::acknowledgement::Code;
use crate::feed::tests::{Region, case, changed, on_both_databases};

on_both_databases![
    a_merge_moves_what_was_filed_and_the_old_number_leads_on,
    what_a_person_has_to_look_at_is_parked,
    a_feed_ends_no_record_that_it_has_no_number_of,
    a_change_of_number_keeps_the_prior_one_as_old,
    a_link_is_made_and_taken_back,
];

/// The same person registered a second time, under a number of the same hospital.
fn second(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut all = vec![
        ("9434765919^^^NHS^NH~A1001", "A2002"),
        ("ADT-1|", "ADT-2002|"),
        ("V77001", "V2002"),
    ];
    all.extend_from_slice(changes);
    changed("admission.hl7", &all)
}

async fn patient(region: &Region, number: &str) -> Json {
    let all = region.all("Patient").await;
    let has = |one: &Json| {
        let numbers = one["identifier"].as_array().unwrap();
        one["active"] == true && numbers.iter().any(|it| it["value"] == number)
    };
    let mut found: Vec<Json> = all.into_iter().filter(has).collect();
    assert_eq!(found.len(), 1, "{number}: {found:?}");
    found.pop().unwrap()
}

async fn two(region: &Region) {
    region.filed(case("admission.hl7")).await;
    region.filed(second(&[])).await;
    assert_eq!(region.all("Patient").await.len(), 2);
}

async fn a_merge_moves_what_was_filed_and_the_old_number_leads_on(region: Region) {
    two(&region).await;
    let result = changed(
        "creatinine.hl7",
        &[("9434765919^^^NHS^NH~A1001", "A2002"), ("V77001", "V2002")],
    );
    region.filed(result).await;
    let before = region.observation("14682-9").await;
    region.filed(case("merge.hl7")).await;
    let t = region.t();
    region.filed(case("merge.hl7")).await;
    assert_eq!(region.t(), t, "a repeat has no effect");
    let kept = patient(&region, "A2002").await;
    assert_eq!(kept, patient(&region, "A1001").await);
    let subject = json!({ "reference": format!("Patient/{}", kept["id"].as_str().unwrap()) });
    let after = region.observation("14682-9").await;
    assert_eq!((&after["subject"], &after["id"]), (&subject, &before["id"]));
    for stay in region.all("Encounter").await {
        assert_eq!(stay["subject"], subject);
    }
    // A correction under the old number changes what was filed under it.
    let correction = changed(
        "creatinine_corrected.hl7",
        &[("9434765919^^^NHS^NH~A1001", "A2002")],
    );
    region.filed(correction).await;
    let corrected = region.observation("14682-9").await;
    assert_eq!(
        (&corrected["id"], &corrected["status"]),
        (&before["id"], &json!("corrected"))
    );
    assert_eq!(corrected["subject"], subject);
    let old = format!(
        "Patient/{}",
        region
            .all("Patient")
            .await
            .iter()
            .find(|it| it["active"] == false)
            .unwrap()["id"]
            .as_str()
            .unwrap()
    );
    let survivor = region
        .record
        .survivor(&old.parse().unwrap(), &At::Now)
        .await
        .unwrap();
    assert_eq!(json!({ "reference": survivor.person.to_string() }), subject);
}

async fn what_a_person_has_to_look_at_is_parked(region: Region) {
    let unknown = "nobody in the record has this number";
    let of_nobody = changed(
        "merge.hl7",
        &[
            ("A2002", "A9009"),
            ("A1001", "A9001"),
            ("9434765919^^^NHS^NH~", ""),
        ],
    );
    refused(&region, of_nobody, Code::Error, "PID-3", unknown).await;
    region.filed(case("admission.hl7")).await;
    region.filed(second(&[("19620320", "19710101")])).await;
    let born = "the date of birth differs: look at both records";
    refused(
        &region,
        changed("merge.hl7", &[("ADT-40", "ADT-41")]),
        Code::Error,
        "MRG-1",
        born,
    )
    .await;
    let other = changed(
        "merge.hl7",
        &[("ADT-40", "ADT-42"), ("19620320", "19710101")],
    );
    refused(
        &region,
        other,
        Code::Error,
        "PID-7",
        "the number is in the record with another date of birth",
    )
    .await;
    let several = changed(
        "merge.hl7",
        &[
            ("ADT-40", "ADT-43"),
            ("MRG|A2002", "MRG|A9^^^RXR^PI\rMRG|A2002"),
        ],
    );
    let verdict = region.send(&several).await.verdict;
    assert_eq!(verdict.code, Code::Error, "{}", verdict.reason);
    assert!(
        verdict
            .reason
            .contains("each pair of records in a message of its own"),
        "{}",
        verdict.reason
    );
    assert!(
        verdict
            .place
            .is_some_and(|place| place.to_string().starts_with("MRG"))
    );
}

async fn a_feed_ends_no_record_that_it_has_no_number_of(region: Region) {
    two(&region).await;
    let foreign = changed(
        "merge.hl7",
        &[
            ("ADT-40", "ADT-44"),
            ("|PAS|RXR|", "|PAS|RXL|"),
            ("~A1001^^^RXR^PI", ""),
            ("A2002^^^RXR^PI", "A2002^^^&urn:palatine:RXR:id:RXR&URI^PI"),
        ],
    );
    refused(
        &region,
        foreign,
        Code::Error,
        "MRG-1",
        "the record to be merged has no number of this sender's own",
    )
    .await;
    assert!(
        region
            .all("Patient")
            .await
            .iter()
            .all(|it| it["active"] == true)
    );
}

async fn a_change_of_number_keeps_the_prior_one_as_old(region: Region) {
    region.filed(case("admission.hl7")).await;
    region.filed(case("change_of_number.hl7")).await;
    let patient = region.one("Patient").await;
    let numbers: Vec<(&Json, &Json)> = patient["identifier"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["value"], &it["use"]))
        .collect();
    let (none, old) = (Json::Null, json!("old"));
    let expected = [
        (json!("9434765919"), &none),
        (json!("A1001"), &old),
        (json!("A3003"), &none),
    ];
    let expected: Vec<(&Json, &Json)> = expected
        .iter()
        .map(|(value, used)| (value, *used))
        .collect();
    assert_eq!(numbers, expected);
    // Where both are in the record it is no change of a number.
    region.filed(second(&[])).await;
    let merge = changed(
        "change_of_number.hl7",
        &[("ADT-47", "ADT-48"), ("MRG|A1001", "MRG|A2002")],
    );
    refused(
        &region,
        merge,
        Code::Error,
        "MRG-1",
        "both numbers are in the record, of two people",
    )
    .await;
}

async fn a_link_is_made_and_taken_back(region: Region) {
    two(&region).await;
    let before = region.all("Patient").await;
    let unlinked = |all: Vec<Json>| {
        let each = all.into_iter().map(|mut it| {
            it.as_object_mut().unwrap().shift_remove("meta");
            it
        });
        let mut all: Vec<Json> = each.collect();
        all.sort_by_key(|it| it["id"].to_string());
        all
    };
    region.filed(case("link.hl7")).await;
    for person in region.all("Patient").await {
        assert_eq!(person["link"][0]["type"], "seealso");
    }
    let apart = changed(
        "link.hl7",
        &[("ADT^A24^ADT_A24", "ADT^A37^ADT_A37"), ("ADT-24", "ADT-37")],
    );
    region.filed(apart).await;
    assert_eq!(unlinked(region.all("Patient").await), unlinked(before));
    region.filed(case("merge.hl7")).await;
    let apart = changed(
        "link.hl7",
        &[("ADT^A24^ADT_A24", "ADT^A37^ADT_A37"), ("ADT-24", "ADT-38")],
    );
    refused(
        &region,
        apart,
        Code::Error,
        "PID-3",
        "these two records were merged",
    )
    .await;
}
