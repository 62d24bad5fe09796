//! How amounts and names of medicines are written.
#![expect(clippy::unwrap_used, reason = "a test stops where its table is wrong")]

use serde_json::json;

use super::{Amount, generic, is_portion};

#[test]
fn amounts_as_they_are_written() {
    let table = "
        500     | -   | mg      | 500 mg
        5.0     | -   | mg      | 5 mg
        5.50    | -   | mg      | 5.5 mg
        0.5     | -   | mg      | 0.5 mg
        100     | -   | mg      | 100 mg
        62.500  | -   | mcg     | 62.5 micrograms
        1       | -   | ug      | 1 microgram
        1.0     | -   | U       | 1 unit
        10      | -   | IU      | 10 units
        1000    | -   | units   | 1,000 units
        1200000 | -   | units   | 1,200,000 units
        999     | -   | mL      | 999 mL
        1       | 2   | tablets | 1 to 2 tablets
        250     | -   | mg/5 ml | 250 mg/5 mL
        50      | -   | ng/kg   | 50 nanograms/kg
    ";
    for row in table.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let mut amount = json!({"value": cells[0], "unit": cells[2]});
        if cells[1] != "-" {
            amount["to"] = json!(cells[1]);
        }
        let amount: Amount = serde_json::from_value(amount).unwrap();
        assert_eq!(amount.sound(), Ok(()), "{row}");
        assert_eq!(amount.words(), cells[3], "{row}");
    }
}

#[test]
fn amounts_that_are_none() {
    for text in [
        "",
        ".5",
        "5.",
        "05",
        "-5",
        "+5",
        "5e3",
        "1,000",
        "1.0000001",
        "1000000000",
        "five",
        "٣",
    ] {
        assert!(!is_portion(text), "{text}");
    }
    for text in ["0", "0.5", "5", "999999999", "1.000001"] {
        assert!(is_portion(text), "{text}");
    }
    let backwards: Amount =
        serde_json::from_value(json!({"value": "2", "to": "1", "unit": "tablets"})).unwrap();
    assert!(backwards.sound().is_err());
    let bare: Amount = serde_json::from_value(json!({"value": "2", "unit": " "})).unwrap();
    assert!(bare.sound().is_err());
}

#[test]
fn generic_names_are_small() {
    for (name, written) in [
        ("PARACETAMOL", "paracetamol"),
        ("Co-amoxiclav", "co-amoxiclav"),
        ("Vitamin K", "vitamin K"),
        ("Vitamin B12", "vitamin B12"),
    ] {
        assert_eq!(generic(name), written);
    }
}
