//! Invented people of an English region: names, addresses and NHS numbers that cannot be in use.
//!
//! Every number begins 999, a range that is kept for tests and never issued.

use serde_json::{Value, json};

use super::chance::Chance;

const WOMEN: [&str; 24] = [
    "Maureen",
    "Aisha",
    "Jean",
    "Susan",
    "Fatima",
    "Margaret",
    "Olivia",
    "Zofia",
    "Patricia",
    "Nasreen",
    "Emily",
    "Dorothy",
    "Karen",
    "Lucy",
    "Hannah",
    "Sana",
    "Joan",
    "Alison",
    "Grace",
    "Mary",
    "Priya",
    "Beth",
    "Agnieszka",
    "Ruth",
];
const MEN: [&str; 24] = [
    "Alan", "Imran", "Peter", "John", "Mohammed", "Thomas", "Harry", "Piotr", "Brian", "Yusuf",
    "George", "Derek", "Stephen", "Jack", "Daniel", "Bilal", "Kenneth", "Neil", "Samuel",
    "William", "Arjun", "Luke", "Tomasz", "Frank",
];
const FAMILIES: [&str; 40] = [
    "Hargreaves",
    "Patel",
    "Ashworth",
    "Khan",
    "Entwistle",
    "Hussain",
    "Pilkington",
    "Nowak",
    "Duckworth",
    "Ahmed",
    "Whittaker",
    "Rigby",
    "Ali",
    "Holden",
    "Fielding",
    "Bibi",
    "Cartmell",
    "Singleton",
    "Iqbal",
    "Aspinall",
    "Catterall",
    "Mahmood",
    "Rushton",
    "Bleasdale",
    "Shah",
    "Kirkham",
    "Postlethwaite",
    "Begum",
    "Crook",
    "Ormerod",
    "Wilson",
    "Kowalski",
    "Parkinson",
    "Gardner",
    "Miah",
    "Threlfall",
    "Braithwaite",
    "O'Connor",
    "Fairclough",
    "Yates",
];
const STREETS: [&str; 16] = [
    "Mill Lane",
    "Victoria Street",
    "Station Road",
    "Chapel Brow",
    "Bleasdale Avenue",
    "Canal Street",
    "Moorside Road",
    "Albert Terrace",
    "Weavers Row",
    "St John's Close",
    "Ribble View",
    "Fell Road",
    "Church Street",
    "Garstang Road",
    "Bowland Drive",
    "Promenade",
];
/// Town and outward part of its postcode, by trust in the order of `TRUSTS`.
const TOWNS: [[(&str, &str); 2]; 5] = [
    [("Blackpool", "FY1"), ("Lytham St Annes", "FY8")],
    [("Blackburn", "BB1"), ("Burnley", "BB11")],
    [("Preston", "PR5"), ("Accrington", "BB5")],
    [("Preston", "PR1"), ("Chorley", "PR7")],
    [("Lancaster", "LA1"), ("Barrow-in-Furness", "LA14")],
];

/// One invented person.
pub(super) struct Person {
    pub(super) nhs_number: String,
    pub(super) patient: Value,
    pub(super) age_years: u64,
}

/// NHS numbers of the test range in a scattered order, none twice; about 909,000 of the million have a check digit.
pub(super) fn nhs_numbers() -> impl Iterator<Item = String> {
    // 7919 has no factor in common with a million, so no number comes twice.
    (0..1_000_000_u64).filter_map(|step| {
        let nine = format!("999{:06}", (step * 7919 + 12_345) % 1_000_000);
        let sum: u64 = nine
            .bytes()
            .zip((2..=10).rev())
            .map(|(digit, weight)| u64::from(digit - b'0') * weight)
            .sum();
        match 11 - sum % 11 {
            10 => None,
            11 => Some(format!("{nine}0")),
            check => Some(format!("{nine}{check}")),
        }
    })
}

/// Person `n` with this NHS number, who lives near the trust at place `trust` of `TRUSTS`, whose Organization is `managing`.
pub(super) fn person(
    n: u64,
    nhs_number: String,
    trust: usize,
    managing: &str,
    this_year: i64,
) -> Person {
    let mut chance = Chance::new(n + 1);
    let is_female = chance.below(100) < 52;
    let age_years = 19 + chance.below(74);
    let given = if is_female {
        chance.pick(&WOMEN)
    } else {
        chance.pick(&MEN)
    };
    let family = chance.pick(&FAMILIES);
    let (town, outward) = chance.pick(&TOWNS[trust % TOWNS.len()]);
    let birth_date = format!(
        "{}-{:02}-{:02}",
        this_year - i64::try_from(age_years).unwrap_or(0) - 1,
        1 + chance.below(12),
        1 + chance.below(28)
    );
    let postcode = format!(
        "{outward} {}{}{}",
        chance.below(10),
        chance.pick(&["X", "Z", "Y"]),
        chance.pick(&["X", "Z", "Y"])
    );
    let title = match (is_female, chance.below(10)) {
        (true, 0..=4) => "Mrs",
        (true, 5..=6) => "Miss",
        (true, _) => "Ms",
        (false, _) => "Mr",
    };
    let patient = json!({
        "resourceType": "Patient",
        "identifier": [
            {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": nhs_number,
             "extension": [{"url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
                "valueCodeableConcept": {"coding": [{"system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland",
                    "code": "01", "display": "Number present and verified"}]}}]},
        ],
        "active": true,
        "name": [{"use": "official", "family": family, "given": [given], "prefix": [title]}],
        "telecom": [{"system": "phone", "use": "mobile", "value": format!("07700 900{:03}", chance.below(1000))}],
        "gender": if is_female { "female" } else { "male" },
        "birthDate": birth_date,
        "address": [{"use": "home", "line": [format!("{} {}", 1 + chance.below(180), chance.pick(&STREETS))],
            "city": town, "postalCode": postcode, "country": "GBR"}],
        "managingOrganization": {"reference": format!("Organization/{managing}")},
    });
    Person {
        nhs_number,
        patient,
        age_years,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_valid_different_and_of_the_test_range() {
        let numbers: Vec<String> = nhs_numbers().take(500).collect();
        for number in &numbers {
            assert!(
                number.starts_with("999") && number.parse::<fhir::nhs_number::NhsNumber>().is_ok(),
                "{number}"
            );
        }
        let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
        assert_eq!(distinct.len(), numbers.len());
    }

    #[test]
    fn a_person_is_the_same_every_time() {
        let person = |n| person(n, String::from("9990000018"), 1, "trust-rxr", 2026).patient;
        assert_eq!(person(7), person(7));
        assert_ne!(person(7), person(8));
    }
}
