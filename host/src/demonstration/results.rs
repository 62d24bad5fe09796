//! Plausible series of laboratory results: each test wanders about a person's own usual value.
//!
//! Values are invented and demonstrate the screens only; units and codes are those of UK laboratories and LOINC.

use serde_json::{Value, json};

use super::chance::Chance;

/// One test of a panel.
pub(super) struct Test {
    pub(super) loinc: &'static str,
    pub(super) name: &'static str,
    /// UCUM.
    pub(super) unit: &'static str,
    /// What the laboratory prints beside the value.
    pub(super) range: (f64, f64),
    /// Mean of usual values and their spread between people and, as a share of it, from day to day.
    usual: (f64, f64),
    decimals: usize,
}

/// Tests that are asked for together.
pub(super) struct Panel {
    pub(super) name: &'static str,
    pub(super) tests: &'static [Test],
}

const fn test(
    loinc: &'static str,
    name: &'static str,
    unit: &'static str,
    range: (f64, f64),
    usual: (f64, f64),
    decimals: usize,
) -> Test {
    Test {
        loinc,
        name,
        unit,
        range,
        usual,
        decimals,
    }
}

/// The panels in the order in which a laboratory reports them.
pub(super) const PANELS: [Panel; 5] = [
    Panel {
        name: "Urea and electrolytes",
        tests: &[
            test(
                "2951-2",
                "Sodium",
                "mmol/L",
                (133.0, 146.0),
                (139.5, 2.2),
                0,
            ),
            test("2823-3", "Potassium", "mmol/L", (3.5, 5.3), (4.4, 0.35), 1),
            test("22664-7", "Urea", "mmol/L", (2.5, 7.8), (5.6, 1.4), 1),
            test(
                "14682-9",
                "Creatinine",
                "umol/L",
                (45.0, 104.0),
                (76.0, 13.0),
                0,
            ),
            test(
                "1963-8",
                "Bicarbonate",
                "mmol/L",
                (22.0, 29.0),
                (25.5, 1.8),
                0,
            ),
        ],
    },
    Panel {
        name: "Full blood count",
        tests: &[
            test(
                "718-7",
                "Haemoglobin",
                "g/L",
                (115.0, 165.0),
                (136.0, 12.0),
                0,
            ),
            test(
                "6690-2",
                "White cell count",
                "10*9/L",
                (4.0, 11.0),
                (7.2, 1.6),
                1,
            ),
            test(
                "777-3",
                "Platelets",
                "10*9/L",
                (150.0, 450.0),
                (255.0, 52.0),
                0,
            ),
            test(
                "787-2",
                "Mean cell volume",
                "fL",
                (80.0, 100.0),
                (90.0, 4.5),
                1,
            ),
            test("751-8", "Neutrophils", "10*9/L", (1.7, 7.5), (4.3, 1.2), 1),
        ],
    },
    Panel {
        name: "Liver function tests",
        tests: &[
            test(
                "14631-6",
                "Bilirubin",
                "umol/L",
                (0.0, 21.0),
                (10.0, 4.0),
                0,
            ),
            test(
                "1742-6",
                "Alanine aminotransferase",
                "U/L",
                (0.0, 41.0),
                (24.0, 8.0),
                0,
            ),
            test(
                "6768-6",
                "Alkaline phosphatase",
                "U/L",
                (30.0, 130.0),
                (78.0, 20.0),
                0,
            ),
            test("1751-7", "Albumin", "g/L", (35.0, 50.0), (42.0, 3.2), 0),
        ],
    },
    Panel {
        name: "C reactive protein",
        tests: &[test(
            "1988-5",
            "C reactive protein",
            "mg/L",
            (0.0, 5.0),
            (3.0, 1.6),
            0,
        )],
    },
    Panel {
        name: "Haemoglobin A1c",
        tests: &[test(
            "59261-8",
            "Haemoglobin A1c",
            "mmol/mol",
            (20.0, 41.0),
            (38.0, 4.5),
            0,
        )],
    },
];

/// One person's usual value of each test, by panel.
pub(super) struct Usual(Vec<Vec<f64>>);

impl Usual {
    pub(super) fn of(chance: &mut Chance) -> Self {
        Self(
            PANELS
                .iter()
                .map(|panel| {
                    let middle = |test: &Test| {
                        (test.usual.0 + test.usual.1 * chance.bell() * 0.7).max(test.usual.1 * 0.2)
                    };
                    panel.tests.iter().map(middle).collect()
                })
                .collect(),
        )
    }
}

/// Where and when a sample was taken, and how ill the person was: 0 well, 1 very ill.
pub(super) struct Sample<'a> {
    pub(super) number: &'a str,
    pub(super) taken_at: &'a str,
    pub(super) reported_at: &'a str,
    pub(super) laboratory: &'a str,
    pub(super) strain: f64,
}

/// The report and results of one panel as entries of a transaction; `patient` is a reference within it.
pub(super) fn report(
    panel: usize,
    usual: &Usual,
    sample: &Sample<'_>,
    patient: &str,
    chance: &mut Chance,
) -> Vec<Value> {
    let Panel { name, tests } = &PANELS[panel];
    let mut results = Vec::new();
    let mut entries = Vec::new();
    for (at, test) in tests.iter().enumerate() {
        let full_url = chance.urn();
        let value = value(test, usual.0[panel][at], sample.strain, chance);
        results.push(json!({"reference": full_url}));
        entries.push(json!({
            "fullUrl": full_url,
            "request": {"method": "POST", "url": "Observation"},
            "resource": observation(test, &value, sample, patient, at),
        }));
    }
    entries.push(json!({
        "fullUrl": chance.urn(),
        "request": {"method": "POST", "url": "DiagnosticReport"},
        "resource": {
            "resourceType": "DiagnosticReport",
            "identifier": [{"system": "https://palatine.invalid/demonstration/report", "value": format!("{}-{panel}", sample.number)}],
            "status": "final",
            "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB", "display": "Laboratory"}]}],
            "code": {"text": name},
            "subject": {"reference": patient},
            "effectiveDateTime": sample.taken_at,
            "issued": sample.reported_at,
            "performer": [{"reference": sample.laboratory}],
            "result": results,
        },
    }));
    entries
}

/// A value as a laboratory prints it. Kidney and inflammation tests follow the strain.
fn value(test: &Test, usual: f64, strain: f64, chance: &mut Chance) -> String {
    let drift = match test.loinc {
        "14682-9" => 1.0 + 1.4 * strain,
        "22664-7" => 1.0 + 1.8 * strain,
        "1988-5" => 1.0 + 45.0 * strain,
        "6690-2" | "751-8" => 1.0 + 0.9 * strain,
        "2823-3" => 1.0 + 0.22 * strain,
        "1963-8" => 1.0 - 0.2 * strain,
        _ => 1.0,
    };
    let daily = test.usual.1 * 0.3 * chance.bell();
    let value = (usual * drift + daily).max(test.usual.1 * 0.1);
    format!("{value:.*}", test.decimals)
}

fn observation(test: &Test, value: &str, sample: &Sample<'_>, patient: &str, at: usize) -> Value {
    let number = |text: &str| {
        text.parse::<serde_json::Number>()
            .map_or(Value::Null, Value::Number)
    };
    let measured: f64 = value.parse().unwrap_or(f64::NAN);
    let (low, high) = test.range;
    let (code, display) = match measured {
        value if value < low => ("L", "Low"),
        value if value > high => ("H", "High"),
        _ => ("N", "Normal"),
    };
    let quantity = |value: Value| json!({"value": value, "unit": test.unit, "system": "http://unitsofmeasure.org", "code": test.unit});
    let bound = |bound: f64| quantity(number(&format!("{bound:.*}", test.decimals)));
    json!({
        "resourceType": "Observation",
        "identifier": [{"system": "https://palatine.invalid/demonstration/result", "value": format!("{}-{}-{at}", sample.number, test.loinc)}],
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory", "display": "Laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": test.loinc}], "text": test.name},
        "subject": {"reference": patient},
        "effectiveDateTime": sample.taken_at,
        "issued": sample.reported_at,
        "performer": [{"reference": sample.laboratory}],
        "valueQuantity": quantity(number(value)),
        "interpretation": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "code": code, "display": display}]}],
        "referenceRange": [{"low": bound(low), "high": bound(high), "text": "Adults"}],
    })
}
