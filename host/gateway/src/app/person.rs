//! Who a patient is, as a banner and a list of search results say it.
//!
//! Invariant: what is missing is said in words; the order is name, born, gender, NHS number.

use fhir::nhs_number::{self, NhsNumber};
use fhir::resource::text_in;
use jiff::civil::Date;
use serde_json::Value;

use crate::written::{self, NOT_RECORDED, plain};

/// A patient's identity in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) id: String,
    /// `FAMILY, Given (Title)`.
    pub(crate) name: String,
    /// `14-Jul-1945 (61y)`.
    pub(crate) born: String,
    pub(crate) gender: String,
    /// `999 123 4567`.
    pub(crate) nhs_number: String,
    pub(crate) address: String,
    /// `12-Mar-2024`, or that a death is recorded without its day.
    pub(crate) died: Option<String>,
    /// The id of the record into which this one was merged.
    pub(crate) merged_to: Option<String>,
}

impl Person {
    /// Reads a Patient, on a day.
    pub(crate) fn of(patient: &Value, today: Date) -> Self {
        let text = |path: &str| text_in(patient, path);
        let died = text("deceasedDateTime").map(str::to_owned);
        let dead =
            died.is_some() || patient.get("deceasedBoolean").and_then(Value::as_bool) == Some(true);
        let until = died
            .as_deref()
            .and_then(|died| died.get(..10))
            .and_then(|day| day.parse().ok())
            .unwrap_or(today);
        let age = if dead && died.is_none() {
            None
        } else {
            text("birthDate").and_then(|born| written::age(born, until))
        };
        let born = match (text("birthDate"), age) {
            (Some(born), Some(age)) => format!("{} ({age})", written::day(born)),
            (Some(born), None) => written::day(born),
            (None, _) => NOT_RECORDED.to_owned(),
        };
        Self {
            id: text("id").unwrap_or_default().to_owned(),
            name: name(patient),
            born: plain(&born),
            gender: gender(text("gender")),
            nhs_number: number(patient),
            address: address(patient),
            died: dead.then(|| {
                died.map_or_else(
                    || "date not recorded".to_owned(),
                    |died| written::day(&died),
                )
            }),
            merged_to: record::person::merged_to(patient).map(|into| into.id.to_string()),
        }
    }

    /// In one line, so that two people of one name are told apart.
    pub(crate) fn line(&self) -> String {
        format!(
            "{}, born {}, NHS No. {}",
            self.name,
            self.born,
            self.nhs_number.to_lowercase()
        )
    }

    /// The parts of the small banner, in their order.
    pub(crate) fn parts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("", self.name.clone()),
            ("Born", self.born.clone()),
            ("Gender", self.gender.clone()),
            ("NHS No.", self.nhs_number.clone()),
        ]
    }
}

fn members<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The name in use: the usual one, then the official, then any that is not old.
fn name(patient: &Value) -> String {
    let is = |wanted: &'static str| move |it: &&Value| text_in(it, "use") == Some(wanted);
    let in_use = |it: &&Value| {
        !matches!(text_in(it, "use"), Some("old" | "maiden" | "temp"))
            && text_in(it, "period.end").is_none()
    };
    let found = members(patient, "name")
        .find(is("usual"))
        .or_else(|| members(patient, "name").find(is("official")));
    match found
        .or_else(|| members(patient, "name").find(in_use))
        .or_else(|| members(patient, "name").next())
    {
        Some(name) => human(name).unwrap_or_else(|| "NAME NOT RECORDED".to_owned()),
        None => "NAME NOT RECORDED".to_owned(),
    }
}

/// A HumanName as `FAMILY, Given (Title)`.
pub(crate) fn human(name: &Value) -> Option<String> {
    let words = |member: &str| {
        members(name, member)
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (given, title) = (words("given"), words("prefix"));
    let family = text_in(name, "family").map(str::to_uppercase);
    let mut text = match (family, given.is_empty()) {
        (Some(family), false) => format!("{family}, {given}"),
        (Some(family), true) => family,
        (None, false) => given,
        (None, true) => text_in(name, "text")?.to_owned(),
    };
    if !title.is_empty() {
        text = format!("{text} ({title})");
    }
    Some(plain(&text))
}

fn gender(code: Option<&str>) -> String {
    match code {
        Some("female") => "Female".to_owned(),
        Some("male") => "Male".to_owned(),
        Some("other") => "Not specified".to_owned(),
        Some("unknown") => "Not known".to_owned(),
        Some(other) => plain(other),
        None => NOT_RECORDED.to_owned(),
    }
}

fn number(patient: &Value) -> String {
    let is_nhs = |it: &&Value| text_in(it, "system") == Some(nhs_number::SYSTEM);
    let is_old = |it: &&Value| text_in(it, "use") == Some("old");
    let current = members(patient, "identifier").find(|it| is_nhs(it) && !is_old(it));
    match current
        .or_else(|| members(patient, "identifier").find(is_nhs))
        .and_then(|it| text_in(it, "value"))
    {
        Some(text) => text.parse::<NhsNumber>().map_or_else(
            |_| format!("{} (not valid)", plain(text)),
            |it| it.to_string(),
        ),
        None => NOT_RECORDED.to_owned(),
    }
}

fn address(patient: &Value) -> String {
    let is_old =
        |it: &&Value| text_in(it, "use") != Some("old") && text_in(it, "period.end").is_none();
    let Some(address) = members(patient, "address").find(is_old) else {
        return NOT_RECORDED.to_owned();
    };
    let lines = members(address, "line").filter_map(Value::as_str);
    let rest = ["city", "postalCode"]
        .into_iter()
        .filter_map(|part| text_in(address, part));
    let parts: Vec<&str> = lines.chain(rest).collect();
    if parts.is_empty() {
        text_in(address, "text").map_or_else(|| NOT_RECORDED.to_owned(), plain)
    } else {
        plain(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests;
