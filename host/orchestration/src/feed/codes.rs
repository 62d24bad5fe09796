//! The code maps: what a code of an HL7 table, or one that senders use beside it, is in FHIR. Tables, not code.
//!
//! Invariant: a map never guesses; a code that stands in no row has no meaning here, and whoever asks says what follows.
//! Later rows win: first HL7's own tables (`maps/hl7.tsv`, from HL7's Version 2 to FHIR guide, Apache-2.0, written by
//! `maps/generate.mjs`), then what the NHS Data Dictionary and senders have beside them (`maps/palatine.tsv`), then a
//! table that is tried out.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::limits::{CODE_ROWS_MAX, MAP_BYTES_MAX};

/// The version of the whole mapping, of its tables and of its rules. Whoever changes what a message becomes raises it.
pub const MAP_VERSION: &str = "2";

/// One code map. Its name is that of HL7's concept map where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeMap {
    /// Table 0001 and the NHS's person gender codes, to `administrative-gender`.
    Gender,
    /// Table 0004 to `v3-ActCode`.
    PatientClass,
    /// Table 0127 to `allergy-intolerance-category`.
    AllergyCategory,
    /// Table 0127 to `allergy-intolerance-type`.
    AllergyType,
    /// Table 0128 to `allergy-intolerance-criticality`.
    AllergyCriticality,
    /// Table 0128 to `reaction-event-severity`.
    ReactionSeverity,
    /// Table 0438 to `allergyintolerance-verification`.
    AllergyVerification,
    /// Table 0436 to `allergy-intolerance-type`.
    AllergySensitivity,
    /// Table 0119 to `request-status`.
    OrderControl,
    /// Table 0038 to `request-status`.
    OrderStatus,
    /// Tables 0027 and 0485 to `request-priority`.
    Priority,
    /// Table 0278 to `appointmentstatus`.
    AppointmentStatus,
    /// Table 0322 to `event-status`.
    Completion,
    /// Table 0063 to `v3-RoleCode`.
    Relationship,
    /// Table 0131.
    ContactRole,
    /// Table 0162 to `v3-RouteOfAdministration`.
    Route,
    /// Table 0271 to `composition-status`.
    DocumentCompletion,
    /// Table 0272 to `v3-Confidentiality`.
    DocumentConfidentiality,
    /// PRB-14 to `condition-clinical`.
    ProblemState,
    /// PRB-13 to `condition-ver-status`.
    ProblemVerification,
    /// Table 0283 to `request-status`.
    ReferralStatus,
}

/// Every map with its name in the tables.
const NAMES: [(CodeMap, &str); 21] = [
    (CodeMap::Gender, "AdministrativeSex"),
    (CodeMap::PatientClass, "PatientClass[EncounterClass]"),
    (
        CodeMap::AllergyCategory,
        "AllergenType[AllergyIntoleranceCategory]",
    ),
    (CodeMap::AllergyType, "AllergyType"),
    (
        CodeMap::AllergyCriticality,
        "AllergySeverity[AllergyIntolerance.criticality]",
    ),
    (
        CodeMap::ReactionSeverity,
        "AllergySeverity[AllergyIntolerance.reaction.severity]",
    ),
    (CodeMap::AllergyVerification, "AllergyVerification"),
    (CodeMap::AllergySensitivity, "AllergySensitivity"),
    (
        CodeMap::OrderControl,
        "OrderControlCode[ServiceRequest.status]",
    ),
    (CodeMap::OrderStatus, "OrderStatus"),
    (CodeMap::Priority, "ExtendedPriorityCodes"),
    (CodeMap::AppointmentStatus, "FillerStatusCodes[Appointment]"),
    (CodeMap::Completion, "CompletionStatus"),
    (CodeMap::Relationship, "Relationship"),
    (CodeMap::ContactRole, "ContactRole"),
    (CodeMap::Route, "RouteOfAdministration"),
    (CodeMap::DocumentCompletion, "DocumentCompletion"),
    (CodeMap::DocumentConfidentiality, "DocumentConfidentiality"),
    (CodeMap::ProblemState, "ProblemState"),
    (CodeMap::ProblemVerification, "ProblemVerification"),
    (CodeMap::ReferralStatus, "ReferralStatus"),
];

/// What a code is in FHIR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The code.
    pub code: String,
    /// Its display.
    pub display: String,
    /// Its system.
    pub system: String,
}

impl Target {
    /// As FHIR's `Coding`.
    #[must_use]
    pub fn coding(&self) -> Json {
        json!({"system": self.system, "code": self.code, "display": self.display})
    }
    /// As FHIR's `CodeableConcept`.
    #[must_use]
    pub fn concept(&self) -> Json {
        json!({"coding": [self.coding()]})
    }
}

/// Why a table of codes cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodesError {
    /// The table is longer than any table of codes.
    #[error("the table of codes has more than {MAP_BYTES_MAX} bytes or {CODE_ROWS_MAX} rows")]
    TooLong,
    /// A line is not a row.
    #[error(
        "line {line} of the table of codes is not a row of map, from, to, display and system with tabs between them"
    )]
    Row {
        /// Counted from 1.
        line: usize,
    },
    /// A row names a map that is not there.
    #[error(
        "line {line} of the table of codes names the map {map:?}, which is not one; they are {known}"
    )]
    Map {
        /// Counted from 1.
        line: usize,
        /// The name, shortened.
        map: String,
        /// All names.
        known: String,
    },
}

type Tables = HashMap<(CodeMap, String), Target>;

/// The code maps by which messages are read. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    version: String,
    tables: Arc<Tables>,
}

static CURRENT: LazyLock<Codes> = LazyLock::new(|| {
    let mut tables = Tables::new();
    for text in [
        include_str!("../../maps/hl7.tsv"),
        include_str!("../../maps/palatine.tsv"),
    ] {
        let read = read_into(&mut tables, text);
        assert!(
            read.is_ok(),
            "the tables of this program are tables of codes: {read:?}"
        );
    }
    Codes {
        version: MAP_VERSION.to_owned(),
        tables: Arc::new(tables),
    }
});

impl Codes {
    /// The maps of this program.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.clone()
    }
    /// These maps with the rows of a table over them, to be tried out: same form as `maps/palatine.tsv`.
    ///
    /// # Errors
    /// [`CodesError`], with the line.
    pub fn with(&self, text: &str) -> Result<Self, CodesError> {
        let mut tables = Tables::clone(&self.tables);
        read_into(&mut tables, text)?;
        let digest = hex::encode(Sha256::digest(text));
        Ok(Self {
            version: format!("{}+{}", self.version, digest.get(..12).unwrap_or_default()),
            tables: Arc::new(tables),
        })
    }
    /// The version, as Provenance names it: a number, and for a table over it the beginning of its digest.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
    /// What a code is, whatever its case.
    #[must_use]
    pub fn of(&self, map: CodeMap, code: &str) -> Option<&Target> {
        self.tables.get(&(map, code.to_ascii_uppercase()))
    }
}

fn read_into(tables: &mut Tables, text: &str) -> Result<(), CodesError> {
    if text.len() > MAP_BYTES_MAX {
        return Err(CodesError::TooLong);
    }
    for (index, row) in text.lines().enumerate() {
        let line = index + 1;
        if line > CODE_ROWS_MAX {
            return Err(CodesError::TooLong);
        }
        if row.trim().is_empty() || row.starts_with('#') || row.starts_with("map\t") {
            continue;
        }
        let cells: Vec<&str> = row.split('\t').map(str::trim).collect();
        let [map, from, to, display, system] = cells.as_slice() else {
            return Err(CodesError::Row { line });
        };
        if from.is_empty() || to.is_empty() || system.is_empty() {
            return Err(CodesError::Row { line });
        }
        let Some((known, _)) = NAMES.iter().find(|(_, name)| name == map) else {
            return Err(CodesError::Map {
                line,
                map: map.chars().take(60).collect(),
                known: NAMES.map(|(_, name)| name).join(", "),
            });
        };
        let target = Target {
            code: (*to).to_owned(),
            display: (*display).to_owned(),
            system: (*system).to_owned(),
        };
        tables.insert((*known, from.to_ascii_uppercase()), target);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
