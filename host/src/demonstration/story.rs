//! Stories that departmentals bring with them: what one of them would have written about somebody, told of invented people.
//!
//! Invariant: nothing here knows which departmental a story is of; a story is filed once for each person it was given to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fhir::nhs_number;
use fhir::query::Query;
use fhir::resource::Key;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use record::Record;
use record::caller::{Caller, SiteCode};
use record::log::At;
use record::search::Page;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::today;
use super::trusts::{TRUSTS, Trust};
use crate::seed::{Failure, file};

/// Stories of one departmental, and people to whom one story is given at each trust: a screenful.
const STORIES_MAX: usize = 50;
const PEOPLE_MAX: usize = 20;
/// Bytes of one story.
const STORY_BYTES_MAX: u64 = 1024 * 1024;
/// How far away from now anything is, in days, hours or minutes: a minute of somebody's whole life can be named.
const AWAY_MAX: i64 = 99_999_999;
const MINUTES_OF_A_DAY: i64 = 24 * 60;
/// How many people of a trust are looked at for those whom a story fits.
const LOOKED_AT: &str = "200";

/// `demonstration/1`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    demonstration: u64,
    /// What it shows, in words.
    title: String,
    who: Who,
    /// To how many people of each trust it is given.
    how_many: usize,
    /// Resources whose ids hold within the story; every text may have places such as `{patient}` or `{now-28d}`.
    resources: Vec<Value>,
}

/// Whom it can be told of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    #[serde(default)]
    gender: Option<String>,
    #[serde(default)]
    from_age: Option<i16>,
    #[serde(default)]
    to_age: Option<i16>,
}

/// Files the stories of a folder, `NAME.json` each, of people at every trust; answers with whom each is told of at the
/// first of them, a line each.
///
/// # Errors
/// A file that cannot be read or is no story, by name; a resource that the record refuses, with its reason.
pub(crate) async fn tell(record: &Record, folder: &Path) -> Result<String, Failure> {
    let stories = stories(folder)?;
    let mut report = String::new();
    for trust in &TRUSTS {
        let caller = record.operator(&trust.ods.parse::<SiteCode>()?);
        let mut told = BTreeSet::new();
        for (name, digest, story) in &stories {
            let fitting = fitting(record, &caller, trust, &story.who).await?;
            let people = fitting
                .into_iter()
                .filter(|it| !told.contains(&it.reference));
            let people: Vec<Somebody> = people.take(story.how_many).collect();
            for Somebody { reference, words } in people {
                let places = Places::of(&reference, trust, record.now_ms());
                let named = folder.join(name).display().to_string();
                let bundle = bundle(story, &format!("{name}/{reference}"), &places)
                    .map_err(|why| format!("{named}: {why}"))?;
                let cursor = format!("story/{digest}/{reference}");
                file(record, &caller, &named, bundle, &cursor).await?;
                if trust.ods == TRUSTS[0].ods {
                    report.push_str(&format!("  {words}: {}\n", story.title));
                }
                told.insert(reference);
            }
        }
    }
    Ok(report)
}

/// Somebody of whom a story can be told.
struct Somebody {
    /// `Patient/…`.
    reference: String,
    /// By what a person finds them: NHS number and name.
    words: String,
}

impl Somebody {
    fn of(key: &Key, body: Option<&str>) -> Self {
        let patient: Value = body
            .and_then(|it| serde_json::from_str(it).ok())
            .unwrap_or_default();
        let number = patient["identifier"].as_array().and_then(|all| {
            let number = all.iter().find(|it| it["system"] == nhs_number::SYSTEM)?;
            number["value"].as_str()
        });
        let name = &patient["name"][0];
        let words = [number, name["given"][0].as_str(), name["family"].as_str()];
        Self {
            reference: key.to_string(),
            words: words.into_iter().flatten().collect::<Vec<_>>().join(" "),
        }
    }
}

/// Each story of a folder with its file's name and digest, in order of name.
fn stories(folder: &Path) -> Result<Vec<(String, String, Story)>, Failure> {
    let named = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|why| named(folder, &why))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            names.push(name);
        }
    }
    if names.len() > STORIES_MAX {
        return Err(named(folder, &format!("holds more than {STORIES_MAX} stories")).into());
    }
    names.sort();
    let mut stories = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let wrong = |why: &dyn std::fmt::Display| named(&path, why);
        let bytes = std::fs::metadata(&path).map_err(|why| wrong(&why))?.len();
        if bytes > STORY_BYTES_MAX {
            return Err(wrong(&format!("has more than {STORY_BYTES_MAX} bytes")).into());
        }
        let text = std::fs::read_to_string(&path).map_err(|why| wrong(&why))?;
        let story: Story = serde_json::from_str(&text).map_err(|why| wrong(&why))?;
        if story.demonstration != 1 {
            return Err(wrong(&"`demonstration` must be 1").into());
        }
        if !(1..=PEOPLE_MAX).contains(&story.how_many) {
            return Err(wrong(&format!("`how_many` must be 1 to {PEOPLE_MAX}")).into());
        }
        stories.push((name, hex::encode(Sha256::digest(&text)), story));
    }
    Ok(stories)
}

/// People of a trust whom a story fits, always in the same order.
async fn fitting(
    record: &Record,
    caller: &Caller,
    trust: &Trust,
    who: &Who,
) -> Result<Vec<Somebody>, Failure> {
    let mut pairs = vec![
        (
            "organization".to_owned(),
            format!("Organization/{}", trust.organization_id()),
        ),
        ("_sort".to_owned(), "birthdate".to_owned()),
        ("_count".to_owned(), LOOKED_AT.to_owned()),
    ];
    if let Some(gender) = &who.gender {
        pairs.push(("gender".to_owned(), gender.clone()));
    }
    // Somebody is of an age until the day before the next birthday.
    if let Some(from) = who.from_age {
        let latest = today().checked_sub(i32::from(from).years())?;
        pairs.push(("birthdate".to_owned(), format!("le{latest}")));
    }
    if let Some(to) = who.to_age {
        let earliest = today().checked_sub((i32::from(to) + 1).years())?;
        pairs.push(("birthdate".to_owned(), format!("gt{earliest}")));
    }
    let query = Query::parse("Patient".parse()?, &pairs)?;
    let found = record.search(caller, &query, &Page::First(At::Now)).await?;
    let people = found.matches.iter();
    Ok(people
        .map(|one| Somebody::of(&one.key, one.body.as_deref()))
        .collect())
}

/// What stands in the places of a story.
struct Places {
    patient: String,
    organization: String,
    now: Timestamp,
    today: Date,
}

impl Places {
    fn of(patient: &str, trust: &Trust, now_ms: i64) -> Self {
        Self {
            patient: patient.to_owned(),
            organization: format!("Organization/{}", trust.organization_id()),
            now: Timestamp::from_second(now_ms.div_euclid(60_000) * 60).unwrap_or_default(),
            today: today(),
        }
    }

    /// A text with its places filled in. Other braces stay: units have them.
    fn filled(&self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            filled.push_str(before);
            let Some(close) = from.find('}') else {
                filled.push_str(from);
                return Ok(filled);
            };
            let (place, after) = from.split_at(close + 1);
            match self.at(place.trim_matches(['{', '}']))? {
                Some(known) => filled.push_str(&known),
                None => filled.push_str(place),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn at(&self, place: &str) -> Result<Option<String>, String> {
        let beyond = |_| format!("`{{{place}}}` is no moment that can be written");
        if place == "patient" {
            return Ok(Some(self.patient.clone()));
        }
        if place == "organization" {
            return Ok(Some(self.organization.clone()));
        }
        if let Some(away) = place.strip_prefix("now").and_then(away) {
            let moment = self.now.checked_add(away?.minutes()).map_err(beyond)?;
            return Ok(Some(moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()));
        }
        if let Some(away) = place.strip_prefix("today").and_then(away) {
            let day = self
                .today
                .checked_add((away? / MINUTES_OF_A_DAY).days())
                .map_err(beyond)?;
            return Ok(Some(day.to_string()));
        }
        Ok(None)
    }
}

/// How many minutes away from now `""`, `-28d`, `+3h` or `-20m` is; `None`: it is nothing of the kind.
fn away(text: &str) -> Option<Result<i64, String>> {
    if text.is_empty() {
        return Some(Ok(0));
    }
    let sign = match text.as_bytes().first()? {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    let minutes = match text.as_bytes().last()? {
        b'd' => MINUTES_OF_A_DAY,
        b'h' => 60,
        b'm' => 1,
        _ => return Some(Err(format!("`{text}` must end with d, h or m"))),
    };
    let digits = text.get(1..text.len() - 1).unwrap_or_default();
    let count = digits.parse::<i64>().ok();
    let count = count
        .filter(|count| (0..=AWAY_MAX).contains(count))
        .ok_or_else(|| format!("`{text}` must be 0 to {AWAY_MAX} days, hours or minutes"));
    Some(count.map(|count| sign * count * minutes))
}

/// One person's story as a transaction: ids of its own for every resource, and the references between them mended.
fn bundle(story: &Story, of: &str, places: &Places) -> Result<Value, String> {
    let mut ids = BTreeMap::new();
    for (index, resource) in story.resources.iter().enumerate() {
        let of_resource = |member: &str| {
            resource[member]
                .as_str()
                .ok_or_else(|| format!("resources[{index}] has no {member}"))
        };
        let local = format!("{}/{}", of_resource("resourceType")?, of_resource("id")?);
        let id = hex::encode(Sha256::digest(format!("{of}/{local}")));
        let id = id.chars().take(32).collect::<String>();
        if ids.insert(local.clone(), id).is_some() {
            return Err(format!("{local} is there twice"));
        }
    }
    let entries: Result<Vec<Value>, String> = story
        .resources
        .iter()
        .map(|resource| {
            let mut resource = resource.clone();
            let kind = resource["resourceType"].as_str().unwrap_or_default().to_owned();
            let local = format!("{kind}/{}", resource["id"].as_str().unwrap_or_default());
            let id = ids.get(&local).cloned().unwrap_or_default();
            fill(&mut resource, &ids, places)?;
            resource["id"] = json!(id);
            Ok(json!({"request": {"method": "PUT", "url": format!("{kind}/{id}")}, "resource": resource}))
        })
        .collect();
    Ok(json!({"resourceType": "Bundle", "type": "transaction", "entry": entries?}))
}

fn fill(value: &mut Value, ids: &BTreeMap<String, String>, places: &Places) -> Result<(), String> {
    match value {
        Value::String(text) => *text = places.filled(text)?,
        Value::Array(items) => {
            for item in items {
                fill(item, ids, places)?;
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                fill(member, ids, places)?;
                let local = member.as_str().filter(|_| name == "reference");
                if let Some((kind, id)) =
                    local.and_then(|it| Some((it.split_once('/')?.0, ids.get(it)?)))
                {
                    *member = json!(format!("{kind}/{id}"));
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
