//! One invented person's whole history as a FHIR transaction: who they are, what they have, what was measured.
//!
//! The same number and day give the same bundle, byte for byte.

use jiff::civil::Date;
use jiff::{ToSpan, Zoned};
use serde_json::{Value, json};

use super::chance::Chance;
use super::people::{Person, person};
use super::results::{PANELS, Sample, Usual, report};
use super::trusts::Trust;

const SNOMED: &str = "http://snomed.info/sct";

/// SNOMED CT code, its term, a medicine taken for it as a clinician writes the line, and the share of people over 50.
const PROBLEMS: [(&str, &str, &str, &str, u64); 6] = [
    (
        "59621000",
        "Essential hypertension",
        "ramipril",
        "5 mg capsule, DOSE 5 mg, oral, once a day",
        45,
    ),
    (
        "44054006",
        "Type 2 diabetes mellitus",
        "metformin",
        "500 mg tablet, DOSE 500 mg, oral, twice a day",
        22,
    ),
    (
        "13645005",
        "Chronic obstructive lung disease",
        "tiotropium",
        "2.5 microgram inhaler, DOSE 5 microgram, inhaled, once a day",
        12,
    ),
    (
        "49436004",
        "Atrial fibrillation",
        "apixaban",
        "5 mg tablet, DOSE 5 mg, oral, twice a day",
        11,
    ),
    (
        "195967001",
        "Asthma",
        "salbutamol",
        "100 microgram inhaler, DOSE 200 microgram, inhaled, when needed",
        13,
    ),
    (
        "709044004",
        "Chronic kidney disease",
        "atorvastatin",
        "20 mg tablet, DOSE 20 mg, oral, once a day",
        14,
    ),
];
const ALLERGIES: [(&str, &str, &str); 4] = [
    ("91936005", "Allergy to penicillin", "Anaphylaxis"),
    ("294505008", "Allergy to amoxicillin", "Rash"),
    ("294499007", "Allergy to trimethoprim", "Rash"),
    ("300916003", "Latex allergy", "Contact dermatitis"),
];

/// Where and when a history is written.
pub(super) struct Setting<'a> {
    pub(super) trust: &'a Trust,
    /// The trust's place in `TRUSTS`.
    pub(super) place: usize,
    pub(super) today: Date,
}

/// The history of person `n` as a transaction Bundle.
pub(super) fn history(n: u64, nhs_number: String, setting: &Setting<'_>) -> Value {
    let mut chance = Chance::new(n ^ 0xA5A5_0000);
    let managing = setting.trust.organization_id();
    let person = person(
        n,
        nhs_number,
        setting.place,
        &managing,
        i64::from(setting.today.year()),
    );
    let patient = chance.urn();
    let mut entries = vec![json!({
        "fullUrl": patient,
        "request": {"method": "POST", "url": "Patient",
            "ifNoneExist": format!("identifier=https://fhir.nhs.uk/Id/nhs-number|{}", person.nhs_number)},
        "resource": person.patient,
    })];
    problems(&person, &patient, setting, &mut chance, &mut entries);
    allergies(&patient, &mut chance, &mut entries);
    samples(&person, &patient, setting, &mut chance, &mut entries);
    json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
}

fn add(entries: &mut Vec<Value>, chance: &mut Chance, resource: Value) {
    let url = resource["resourceType"].clone();
    entries.push(json!({"fullUrl": chance.urn(), "request": {"method": "POST", "url": url}, "resource": resource}));
}

fn problems(
    person: &Person,
    patient: &str,
    setting: &Setting<'_>,
    chance: &mut Chance,
    entries: &mut Vec<Value>,
) {
    for (code, term, drug, line, share) in PROBLEMS {
        let share = if person.age_years < 50 {
            share / 5
        } else {
            share
        };
        if chance.below(100) >= share {
            continue;
        }
        let since = setting
            .today
            .saturating_sub((400 + i64::try_from(chance.below(4000)).unwrap_or(0)).days());
        add(
            entries,
            chance,
            json!({
                "resourceType": "Condition",
                "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]},
                "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item"}]}],
                "code": {"coding": [{"system": SNOMED, "code": code, "display": term}], "text": term},
                "subject": {"reference": patient},
                "onsetDateTime": since.to_string(),
            }),
        );
        add(
            entries,
            chance,
            json!({
                "resourceType": "MedicationStatement",
                "status": "active",
                "medicationCodeableConcept": {"text": drug},
                "subject": {"reference": patient},
                "effectivePeriod": {"start": since.to_string()},
                "dosage": [{"text": line}],
            }),
        );
    }
}

fn allergies(patient: &str, chance: &mut Chance, entries: &mut Vec<Value>) {
    match chance.below(10) {
        // Nobody has asked: that is not the same as none known.
        0..=1 => {}
        2..=7 => add(
            entries,
            chance,
            json!({
                "resourceType": "AllergyIntolerance",
                "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
                "code": {"coding": [{"system": SNOMED, "code": "716186003", "display": "No known allergy"}], "text": "No known allergies"},
                "patient": {"reference": patient},
            }),
        ),
        _ => {
            let (code, term, reaction) = chance.pick(&ALLERGIES);
            let resource = json!({
                "resourceType": "AllergyIntolerance",
                "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]},
                "verificationStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification", "code": "confirmed"}]},
                "code": {"coding": [{"system": SNOMED, "code": code, "display": term}], "text": term},
                "patient": {"reference": patient},
                "reaction": [{"manifestation": [{"text": reaction}]}],
            });
            add(entries, chance, resource);
        }
    }
}

/// Blood tests over three years: every few months, and daily during an admission for some.
fn samples(
    person: &Person,
    patient: &str,
    setting: &Setting<'_>,
    chance: &mut Chance,
    entries: &mut Vec<Value>,
) {
    let usual = Usual::of(chance);
    let laboratory = format!("Organization/{}", setting.trust.organization_id());
    let was_admitted = chance.below(100) < 30;
    let mut days_ago: Vec<(i64, f64)> = Vec::new();
    let mut at = 1000 - i64::try_from(chance.below(150)).unwrap_or(0);
    while at > 30 {
        days_ago.push((at, 0.0));
        at -= 60 + i64::try_from(chance.below(160)).unwrap_or(0);
    }
    if was_admitted {
        let illness = 0.15 + 0.55 * chance.share();
        let days = 3 + i64::try_from(chance.below(5)).unwrap_or(0);
        let first = days + 1 + i64::try_from(chance.below(20)).unwrap_or(0);
        for day in 0..days {
            // Worst on the second day, then better.
            let course = [0.7, 1.0, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1];
            days_ago.push((
                first - day,
                illness * course[usize::try_from(day).unwrap_or(0).min(7)],
            ));
        }
        stay(patient, setting, (first, days), chance, entries);
    }
    for (place, (ago, strain)) in days_ago.iter().enumerate() {
        let taken = moment(setting.today, *ago, 6 + chance.below(9), chance.below(60));
        let reported =
            taken.saturating_add((40 + i64::try_from(chance.below(120)).unwrap_or(0)).minutes());
        let sample = Sample {
            number: &format!("{}-{place:02}", person.nhs_number),
            taken_at: &written(&taken),
            reported_at: &written(&reported),
            laboratory: &laboratory,
            strain: *strain,
        };
        for panel in 0..PANELS.len() {
            // Kidney tests and blood counts nearly always, the others sometimes.
            let share = [96, 88, 45, if *strain > 0.0 { 95 } else { 25 }, 22][panel.min(4)];
            if chance.below(100) < share {
                entries.extend(report(panel, &usual, &sample, patient, chance));
            }
        }
    }
}

fn stay(
    patient: &str,
    setting: &Setting<'_>,
    (first, days): (i64, i64),
    chance: &mut Chance,
    entries: &mut Vec<Value>,
) {
    let start = moment(setting.today, first, 3 + chance.below(3), chance.below(60));
    let end = start.saturating_add((days * 24 + 9).hours());
    let id = setting.trust.organization_id();
    let site = 1 + chance.below(setting.trust.sites.len() as u64);
    add(
        entries,
        chance,
        json!({
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP", "display": "inpatient encounter"},
            "subject": {"reference": patient},
            "period": {"start": written(&start), "end": written(&end)},
            "location": [{"location": {"reference": format!("Location/{id}-site-{site}")}}],
            "serviceProvider": {"reference": format!("Organization/{id}")},
        }),
    );
}

fn moment(today: Date, days_ago: i64, hour: u64, minute: u64) -> Zoned {
    let day = today.saturating_sub(days_ago.days());
    let at = day.at(
        i8::try_from(hour).unwrap_or(0),
        i8::try_from(minute).unwrap_or(0),
        0,
        0,
    );
    // The zone is bundled, and every civil time has an instant in it; UTC stands in for neither.
    at.in_tz("Europe/London")
        .unwrap_or_else(|_| Zoned::default())
}

fn written(at: &Zoned) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
