//! Whose numbers and codes a message uses: the systems behind identifiers and codes.
//!
//! Invariant: a number that is unique only within one sender gets a system of that sender's own, under the site of
//! its account, so that two trusts' numbers can never be taken for one another.

use crate::feed::codes::Codes;
use crate::feed::message::Value;
use crate::feed::message::error::MessageError;

/// LOINC.
pub const LOINC: &str = "http://loinc.org";
/// SNOMED CT.
pub const SNOMED: &str = "http://snomed.info/sct";
/// The Unified Code for Units of Measure.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// Organisations by ODS code.
pub const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
/// The object identifier of NHS numbers.
const NHS_NUMBER_OID: &str = "2.16.840.1.113883.2.1.4.1";

/// Who sent a message, as far as its numbers and codes depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The ODS code of the site to which the feed's account belongs.
    pub site: String,
    /// MSH-3.
    pub application: String,
    /// MSH-4.
    pub facility: String,
    /// By which maps its codes are read.
    pub codes: Codes,
}

impl Sender {
    /// A system of this sender's own for one kind of thing, for example `urn:palatine:RXR:LIS:order`.
    #[must_use]
    pub fn own(&self, kind: &str) -> String {
        format!(
            "urn:palatine:{}:{}:{}",
            encoded(&self.site),
            encoded(&self.application),
            encoded(kind)
        )
    }
    /// The system that an assigning authority (HD) stands for. `None`: none is named.
    ///
    /// # Errors
    /// A value that cannot be read.
    pub fn authority(&self, authority: Authority<'_>) -> Result<Option<String>, MessageError> {
        let universal = authority.universal.line()?;
        let kind = authority.kind.line()?.unwrap_or_default();
        let system = match (universal, kind.as_str()) {
            (Some(id), _) if is_oid(&id) => Some(format!("urn:oid:{id}")),
            (Some(id), _)
                if id.starts_with("http://")
                    || id.starts_with("https://")
                    || id.starts_with("urn:") =>
            {
                Some(id)
            }
            (Some(id), "GUID" | "UUID") => Some(format!("urn:uuid:{}", id.to_ascii_lowercase())),
            (Some(id), _) => Some(self.shared(&id)),
            (None, _) => authority.namespace.line()?.map(|name| self.shared(&name)),
        };
        Ok(system)
    }
    /// A system that the systems of one site share, for example `urn:palatine:RXR:id:PAS`.
    #[must_use]
    pub fn shared(&self, name: &str) -> String {
        format!("urn:palatine:{}:id:{}", encoded(&self.site), encoded(name))
    }
    /// Whether a system is one of the sender's site, and of nobody else.
    #[must_use]
    pub fn is_own(&self, system: &str) -> bool {
        system.starts_with(&format!("urn:palatine:{}:", encoded(&self.site)))
    }
    /// The system of a coding, by the name that messages use for it.
    #[must_use]
    pub fn coding_system(&self, name: &str) -> String {
        let upper = name.to_ascii_uppercase();
        match upper.as_str() {
            "LN" | "LOINC" => LOINC.to_owned(),
            "SCT" | "SNM" | "SNOMED" | "SNOMEDCT" | "SNOMED-CT" | "SCT2" => SNOMED.to_owned(),
            "UCUM" => UCUM.to_owned(),
            "I10" | "ICD10" => "http://hl7.org/fhir/sid/icd-10".to_owned(),
            "DMD" | "DM+D" => "https://dmd.nhs.uk".to_owned(),
            "CDCREC" => "urn:oid:2.16.840.1.113883.6.238".to_owned(),
            _ => match upper
                .strip_prefix("HL7")
                .filter(|table| table.len() == 4 && is_digits(table))
            {
                Some(table) => format!("http://terminology.hl7.org/CodeSystem/v2-{table}"),
                None if is_oid(name) => format!("urn:oid:{name}"),
                None if name.starts_with("http://")
                    || name.starts_with("https://")
                    || name.starts_with("urn:") =>
                {
                    name.to_owned()
                }
                None => self.own(&format!("code:{name}")),
            },
        }
    }
}

/// The three parts of an HD: namespace, universal id and what kind of id that is.
#[derive(Clone, Copy, Debug)]
pub struct Authority<'a> {
    /// A name that means something to this sender.
    pub namespace: Value<'a>,
    /// An id that means the same to everybody.
    pub universal: Value<'a>,
    /// `ISO`, `UUID`, `DNS` …
    pub kind: Value<'a>,
}

impl<'a> Authority<'a> {
    /// The authority written in the subcomponents of a component.
    #[must_use]
    pub fn within(component: Value<'a>) -> Self {
        Self {
            namespace: component.subcomponent(1),
            universal: component.subcomponent(2),
            kind: component.subcomponent(3),
        }
    }
    /// The authority written in the components of a field, from this one on.
    #[must_use]
    pub fn from_component(field: Value<'a>, first: u16) -> Self {
        Self {
            namespace: field.component(first),
            universal: field.component(first + 1),
            kind: field.component(first + 2),
        }
    }
    /// Whether it is the authority that gives NHS numbers.
    #[must_use]
    pub fn is_nhs(&self) -> bool {
        let universal = self.universal.raw().trim();
        let namespace = self.namespace.raw().trim();
        [universal, namespace].contains(&fhir::nhs_number::SYSTEM)
            || universal == NHS_NUMBER_OID
            || namespace.eq_ignore_ascii_case("NHS")
            || namespace.eq_ignore_ascii_case("NH")
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// At least two arcs of digits.
fn is_oid(text: &str) -> bool {
    text.contains('.') && text.split('.').all(is_digits)
}

/// What may not stand in a part of a URN, as `%XX`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
