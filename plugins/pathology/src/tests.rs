//! The departmental at the bedside: whole screens, forms and reactions over a written chart.
#![expect(clippy::unwrap_used, reason = "tests")]

mod acknowledgement;
mod advice;
mod alerts;
mod calculated;
mod chart;
mod demonstration;
mod golden;
mod hazards;
mod help;
mod laboratory;
mod screens;

use std::path::{Path, PathBuf};

use sdk::Value;
use serde_json::json;

use crate::aki::pack::AkiPack;
use crate::catalogue::Catalogue;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json_of(path: PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All nodes of a kind.
fn nodes<'a>(screen: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = screen["nodes"].as_array().unwrap();
    all.iter().filter(|node| node["kind"] == kind).collect()
}

/// A sentence as it is read.
fn words(node: &Value) -> String {
    if let Some(text) = node["text"].as_str() {
        return text.to_owned();
    }
    let parts = node["parts"].as_array().cloned().unwrap_or_default();
    let said = parts.iter().map(|part| {
        let value = &part["value"];
        value["text"]
            .as_str()
            .or(value["date"].as_str())
            .unwrap_or_default()
            .to_owned()
    });
    said.collect()
}

#[test]
fn the_manifest_reacts_to_the_codes_of_the_pack() {
    let manifest = json_of(folder().join("departmental.json"));
    let pack = AkiPack::read(&json_of(folder().join("packs/aki.json"))).unwrap();
    assert_eq!(
        manifest["reactions"][0]["where"],
        json!(format!("code={}", pack.code_query()))
    );
}

#[test]
fn the_packs_are_marked_unverified_for_as_long_as_a_part_of_them_is() {
    let manifest = json_of(folder().join("departmental.json"));
    for pack in manifest["packs"].as_array().unwrap() {
        let document = json_of(folder().join(pack["file"].as_str().unwrap()));
        let is_verified = document["unverified"].as_array().unwrap().is_empty();
        assert_eq!(pack["verified"], json!(is_verified), "{}", pack["name"]);
    }
}

#[test]
fn creatinine_is_told_by_the_same_codes_in_both_packs() {
    let pack = AkiPack::read(&json_of(folder().join("packs/aki.json"))).unwrap();
    let catalogue = Catalogue::read(&json_of(folder().join("packs/catalogue.json"))).unwrap();
    assert_eq!(catalogue.test("creatinine").unwrap().codes, pack.codes);
}
