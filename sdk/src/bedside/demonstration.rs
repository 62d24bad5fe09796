//! Stories of a departmental's demonstration data, read as the host reads them when it seeds a region of invented people.
//!
//! Invariant: a text in braces that looks like a moment and is none is a failure, never a text that stays in the record.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{read_json, reference_of};
use crate::Failure;
use crate::moment::{DAY_MS, HOUR_MS, Moment};

/// Resources of a story at most.
const RESOURCES_MAX: usize = 500;
/// People of a trust whom one story may be told about.
const HOW_MANY_MAX: u32 = 20;
/// Days by which a moment of a story may be away from now.
const DAYS_MAX: i64 = 40_000;
/// What stands for the trust that manages the patient.
const ORGANIZATION: &str = "Organization/demonstration";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    demonstration: u64,
    title: String,
    who: Who,
    how_many: u32,
    resources: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    gender: Option<String>,
    from_age: Option<u32>,
    to_age: Option<u32>,
}

/// The resources of the story of a file, as they would be in this patient's chart at this moment: for
/// [`Bedside::with_all`](super::Bedside::with_all).
///
/// `{patient}` becomes the reference, `{organization}` becomes `Organization/demonstration`; `{now-28d}`, `{now-3h}`,
/// `{now+20m}`, `{today-28d}` and `{today+7d}` become moments and days. Ids become `FILE-id`, and references between the
/// resources of the file follow.
///
/// # Errors
/// `invalid`, with the file, what is wrong and where.
///
/// # Example
/// ```
/// # let folder = std::env::temp_dir().join(format!("story-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let file = folder.join("first-visit.json");
/// std::fs::write(&file, r#"{
///     "demonstration": 1, "title": "A first visit", "who": { "from_age": 18 }, "how_many": 2,
///     "resources": [{
///         "resourceType": "Encounter", "id": "visit", "subject": { "reference": "{patient}" },
///         "period": { "start": "{now-3h}" }
///     }]
/// }"#)?;
/// let chart = sdk::bedside::demonstration(&file, "Patient/asha", "2026-11-22T12:00:00Z")?;
/// assert_eq!(chart[0]["id"], "first-visit-visit");
/// assert_eq!(chart[0]["subject"]["reference"], "Patient/asha");
/// assert_eq!(chart[0]["period"]["start"], "2026-11-22T09:00:00Z");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn demonstration(
    file: impl AsRef<Path>,
    patient_reference: &str,
    now: &str,
) -> Result<Vec<Value>, Failure> {
    let file = file.as_ref();
    let wrong = |what: String| Failure::invalid(format!("{}: {what}", file.display()));
    let now_ms = Moment::parse(now)
        .filter(|it| it.has_time)
        .map(|it| it.epoch_ms)
        .ok_or_else(|| Failure::invalid(format!("`{now}` is no moment: 2026-11-22T12:00:00Z")))?;
    let document = read_json(file)?;
    let story = Story::deserialize(&document)
        .map_err(|it| wrong(format!("is no demonstration/1: {it}")))?;
    story.whole().map_err(wrong)?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let local: BTreeSet<String> = story.resources.iter().filter_map(reference_of).collect();
    let telling = Telling {
        stem: &stem,
        patient: patient_reference,
        now_ms,
        local: &local,
    };
    story
        .resources
        .into_iter()
        .enumerate()
        .map(|(at, mut resource)| {
            telling
                .tell(&mut resource)
                .map_err(|what| wrong(format!("resources[{at}]{what}")))?;
            if let Some(id) = resource.get("id").and_then(Value::as_str) {
                resource["id"] = Value::from(format!("{stem}-{id}"));
            }
            Ok(resource)
        })
        .collect()
}

impl Story {
    /// What is wrong with it besides its form.
    fn whole(&self) -> Result<(), String> {
        if self.demonstration != 1 {
            let known = self.demonstration;
            return Err(format!("`demonstration` is {known}; 1 is what is known"));
        }
        if !(1..=120).contains(&self.title.chars().count()) {
            return Err("`title` must say in 1 to 120 characters what the story is".to_owned());
        }
        if !(1..=HOW_MANY_MAX).contains(&self.how_many) {
            return Err(format!("`how_many` must be 1 to {HOW_MANY_MAX}"));
        }
        if let Some(gender) = &self.who.gender
            && !["male", "female", "other", "unknown"].contains(&gender.as_str())
        {
            return Err(format!(
                "`who.gender` is `{gender}`; FHIR has male, female, other, unknown"
            ));
        }
        let (from, to) = (self.who.from_age, self.who.to_age);
        if from.unwrap_or(0) > to.unwrap_or(u32::MAX) {
            return Err("`who.from_age` is above `who.to_age`; nobody would fit".to_owned());
        }
        if !(1..=RESOURCES_MAX).contains(&self.resources.len()) {
            return Err(format!(
                "`resources` must hold 1 to {RESOURCES_MAX} resources"
            ));
        }
        let mut seen = BTreeSet::new();
        for (at, resource) in self.resources.iter().enumerate() {
            let reference = reference_of(resource)
                .filter(|it| !it.starts_with("Patient/"))
                .ok_or(format!(
                    "resources[{at}] needs `resourceType` and `id`, and may be no Patient: the host chooses the person"
                ))?;
            let id = reference.rsplit('/').next().unwrap_or_default();
            let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.');
            if !(1..=64).contains(&id.len()) || !id.chars().all(plain) {
                return Err(format!(
                    "resources[{at}] has the id `{id}`; write 1 to 64 letters, digits, hyphens and full stops"
                ));
            }
            if !seen.insert(reference.clone()) {
                return Err(format!("{reference} is there twice"));
            }
        }
        Ok(())
    }
}

/// A story about somebody, at a moment.
struct Telling<'a> {
    stem: &'a str,
    patient: &'a str,
    now_ms: i64,
    local: &'a BTreeSet<String>,
}

impl Telling<'_> {
    /// Replaces what stands in braces in every text; where and what, when it cannot.
    fn tell(&self, value: &mut Value) -> Result<(), String> {
        match value {
            Value::String(text) => {
                *text = self.text(text).map_err(|what| format!(": {what}"))?;
                Ok(())
            }
            Value::Array(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.tell(item).map_err(|what| format!("[{at}]{what}"))?;
                }
                Ok(())
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.tell(member).map_err(|what| format!(".{name}{what}"))?;
                    let local = member.as_str().filter(|_| name == "reference");
                    if let Some((of, id)) = local
                        .filter(|it| self.local.contains(*it))
                        .and_then(|it| it.split_once('/'))
                    {
                        *member = Value::from(format!("{of}/{}-{id}", self.stem));
                    }
                }
                Ok(())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn text(&self, text: &str) -> Result<String, String> {
        let mut told = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            told.push_str(before);
            let end = from.find('}').map_or(from.len(), |at| at + 1);
            let (word, after) = from.split_at(end);
            told.push_str(&self.word(word)?);
            rest = after;
        }
        told.push_str(rest);
        Ok(told)
    }

    /// What a text in braces stands for; itself, when it is none of ours: UCUM writes `{score}`.
    fn word(&self, word: &str) -> Result<String, String> {
        let inner = word.strip_prefix('{').unwrap_or(word);
        // Without its end it is no word of ours, and no moment.
        let plain = inner.strip_suffix('}').unwrap_or("");
        if plain == "patient" {
            return Ok(self.patient.to_owned());
        }
        if plain == "organization" {
            return Ok(ORGANIZATION.to_owned());
        }
        let wrong =
            || format!("`{word}` is no moment; write {{now-28d}}, {{now+20m}}, {{today-1d}}");
        if plain.is_empty() && (inner.starts_with("now") || inner.starts_with("today")) {
            return Err(wrong());
        }
        if let Some(offset) = plain.strip_prefix("now") {
            return Ok(Moment::text(
                self.now_ms + offset_ms(offset, "dhm").ok_or_else(wrong)?,
            ));
        }
        if let Some(offset) = plain.strip_prefix("today") {
            return Ok(Moment::day_text(
                self.now_ms + offset_ms(offset, "d").ok_or_else(wrong)?,
            ));
        }
        Ok(word.to_owned())
    }
}

/// The milliseconds of `-28d`, `+20m` or nothing, in one of these units.
fn offset_ms(text: &str, units: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (sign, amount) = match text.split_at_checked(1)? {
        ("-", amount) => (-1, amount),
        ("+", amount) => (1, amount),
        _ => return None,
    };
    let unit = amount.chars().last().filter(|it| units.contains(*it))?;
    let digits = amount.strip_suffix(unit)?;
    let number: i64 = digits
        .bytes()
        .all(|it| it.is_ascii_digit())
        .then(|| digits.parse().ok())??;
    let unit_ms = match unit {
        'd' => DAY_MS,
        'h' => HOUR_MS,
        _ => 60_000,
    };
    let offset = number.checked_mul(unit_ms)?;
    (offset <= DAYS_MAX * DAY_MS).then_some(sign * offset)
}

#[cfg(test)]
mod tests;
