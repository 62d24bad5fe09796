//! Adjusted calcium by its table of cases, and against a second implementation.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod second;

use sdk::json;

use crate::adjusted_calcium::{
    CalciumInput, CalciumPack, Regression, adjusted_calcium, refusal_text,
};
use crate::quantity::exact;
use crate::result::LabResult;
use sdk::decimal::Decimal;

fn pack() -> CalciumPack {
    let document = include_str!("../../packs/adjusted-calcium.json");
    CalciumPack::read(&serde_json::from_str(document).unwrap()).unwrap()
}

pub(super) fn published() -> Regression {
    pack().regression(None).unwrap().clone()
}

fn reported(value: &str, unit: &str) -> LabResult {
    let (comparator, digits) = match value.strip_prefix('<') {
        Some(digits) => (Some("<"), digits),
        None => (None, value),
    };
    let number: serde_json::Value = serde_json::from_str(digits).unwrap();
    let mut quantity = json!({ "value": number });
    if !unit.is_empty() {
        quantity["unit"] = json!(unit);
    }
    if let Some(comparator) = comparator {
        quantity["comparator"] = json!(comparator);
    }
    let observation = json!({
        "resourceType": "Observation", "id": "c", "status": "final", "valueQuantity": quantity
    });
    LabResult::read(&observation).remove(0)
}

fn regression(text: &str) -> Regression {
    let Some((times, albumin)) = text.split_once(',') else {
        return published();
    };
    Regression {
        laboratory: Some("RXR".to_owned()),
        times: Decimal::parse(times.trim()).unwrap(),
        albumin_g_l: Decimal::parse(albumin.trim()).unwrap(),
        source: "the laboratory".to_owned(),
    }
}

#[test]
fn adjusted_calcium_by_case() {
    let rows: Vec<_> = include_str!("../../cases/adjusted_calcium.txt")
        .lines()
        .filter(|row| row.contains('|') && !row.starts_with('#'))
        .collect();
    assert!(rows.len() > 20);
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [calcium, calcium_unit, albumin, albumin_unit, by, expected] = cells[..] else {
            panic!("six cells in {row}")
        };
        let pack = pack();
        let calcium = exact(&reported(calcium, calcium_unit), &pack.calcium_units);
        let albumin = exact(&reported(albumin, albumin_unit), &pack.albumin_units);
        let said = calcium
            .map_err(|why| format!("calcium: {why}"))
            .and_then(|calcium| Ok((calcium, albumin.map_err(|why| format!("albumin: {why}"))?)))
            .and_then(|(calcium_mmol_l, albumin_g_l)| {
                let input = CalciumInput {
                    calcium_mmol_l,
                    albumin_g_l,
                };
                adjusted_calcium(&regression(by), &input).map_err(|it| refusal_text(it).to_owned())
            });
        let said = match said {
            Ok(adjusted) => adjusted.with_places(pack.places),
            Err(why) => format!("refused: {why}"),
        };
        assert_eq!(said, expected, "{row}");
    }
}

#[test]
fn a_laboratory_is_adjusted_by_its_own_regression_and_the_others_by_the_published_one() {
    let mut document: serde_json::Value =
        serde_json::from_str(include_str!("../../packs/adjusted-calcium.json")).unwrap();
    let own =
        json!({ "laboratory": "RXR", "times": "0.018", "albumin_g_l": "42", "source": "own" });
    document["regressions"].as_array_mut().unwrap().push(own);
    let pack = CalciumPack::read(&document).unwrap();
    let slope = |laboratory| pack.regression(laboratory).unwrap().times.to_string();
    assert_eq!(slope(Some("RXR")), "0.018");
    assert_eq!(slope(Some("RXN")), "0.02");
    assert_eq!(slope(None), "0.02");
    document["regressions"].as_array_mut().unwrap().remove(0);
    let only_own = CalciumPack::read(&document).unwrap();
    assert_eq!(only_own.regression(None), None);
    assert_eq!(only_own.regression(Some("RXN")), None);
}

#[test]
fn a_pack_without_a_part_says_which() {
    let whole: serde_json::Value =
        serde_json::from_str(include_str!("../../packs/adjusted-calcium.json")).unwrap();
    for part in [
        "regressions",
        "places",
        "calcium",
        "albumin_units",
        "unverified",
    ] {
        let mut pack = whole.clone();
        pack.as_object_mut().unwrap().remove(part);
        let failure = CalciumPack::read(&pack).unwrap_err();
        assert!(failure.detail.contains(part), "{part}: {}", failure.detail);
    }
}
