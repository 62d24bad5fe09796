//! A baby who is born alive: a patient of its own, and its mother as somebody related to it.
//!
//! Invariant: every fact of the birth stays in the mother's record; the baby's own begins with who it is and whose it is.

use sdk::{Call, Failure, Proposal, Value, ViewQuery, json};

const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
const ROLES: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";

/// Who was born.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Newborn {
    mother: Mother,
    /// The letter by which it was known before birth.
    pub(crate) letter: String,
    /// FHIR's word for its sex.
    pub(crate) gender: &'static str,
    /// Day or moment of its birth.
    pub(crate) born: String,
    /// Whether there was more than one; None when nobody counted.
    pub(crate) is_multiple: Option<bool>,
}

/// What of the mother tells whose baby it is.
#[derive(Debug, Clone, PartialEq)]
struct Mother {
    nhs_number: Option<String>,
    family: Option<String>,
}

impl Newborn {
    /// The baby of the patient of the call.
    ///
    /// # Errors
    /// Any failure of the chart.
    pub(crate) fn of(
        call: &Call<'_>,
        letter: &str,
        gender: &'static str,
        born: &str,
        is_multiple: Option<bool>,
    ) -> Result<Self, Failure> {
        let rows = call.chart.rows("person", &ViewQuery::new())?;
        let text = |column: &str| Some(rows.iter().next()?.text(column)?.to_owned());
        Ok(Self {
            mother: Mother {
                nhs_number: text("nhs_number"),
                family: text("family"),
            },
            letter: letter.to_owned(),
            gender,
            born: born.to_owned(),
            is_multiple,
        })
    }

    /// Proposes the baby and its mother's relation to it; and by what other changes refer to the baby.
    pub(crate) fn proposed(&self, mut proposal: Proposal, site: &Value) -> (Proposal, String) {
        let baby = proposal.temporary();
        let given = format!("Baby {}", self.letter);
        let mut name = json!({ "use": "temp", "given": [given] });
        if let Some(family) = &self.mother.family {
            name["family"] = json!(family);
        }
        let mut patient = json!({
            "resourceType": "Patient", "active": true, "name": [name], "gender": self.gender,
            "birthDate": self.born.get(..10).unwrap_or(&self.born),
            "managingOrganization": site
        });
        if self.born.len() > 10 {
            let born = [
                json!({ "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": self.born }),
            ];
            patient["_birthDate"] = json!({ "extension": born });
        }
        if let Some(is_multiple) = self.is_multiple {
            patient["multipleBirthBoolean"] = json!(is_multiple);
        }
        let mut mother = json!({
            "resourceType": "RelatedPerson", "active": true, "patient": { "reference": baby },
            "relationship": [{ "coding": [{ "system": ROLES, "code": "MTH", "display": "mother" }] }]
        });
        if let Some(number) = &self.mother.nhs_number {
            mother["identifier"] = json!([{ "system": NHS_NUMBER, "value": number }]);
        }
        if let Some(family) = &self.mother.family {
            mother["name"] = json!([{ "use": "official", "family": family }]);
        }
        let proposal = proposal.create_as(&baby, patient).create(mother);
        (proposal, baby)
    }
}
