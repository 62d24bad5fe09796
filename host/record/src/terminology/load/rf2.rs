//! SNOMED CT in release format 2: the snapshot files of one module or of several together.
//!
//! Invariant: of a component that several files have, the version with the latest date counts.

mod sets;

use std::collections::HashMap;
use std::io::BufRead;

use self::sets::Modules;
use super::base_name;
use super::draft::Draft;
use super::files::Files;
use super::identifier::{self, Component};
use super::lines::{Faults, Line, Wrong, each};
use super::refusal::LoadError;
use crate::terminology::snomed::{DEFINED, FULLY_SPECIFIED, IN_WORDS, IS_A, SYNONYM};

/// A release as it was read.
pub(super) struct ReadRelease {
    pub(super) draft: Draft,
    /// The module that the edition goes by.
    pub(super) edition: String,
    /// The latest date in the names of the files.
    pub(super) newest: Option<String>,
}

/// Which language reference sets say which of several names is preferred, the first before the others.
const LANGUAGES: [(&str, &str); 5] = [
    // NHS realm, clinical and pharmacy parts.
    ("999001261000000100", "en-GB"),
    ("999000691000001104", "en-GB"),
    // Great Britain, then the United States.
    ("900000000000508004", "en-GB"),
    ("900000000000509007", "en-US"),
    ("999000671000001103", "en-GB"),
];
const PREFERRED: &str = "900000000000548007";
/// Rank of a name that no reference set prefers; fully specified names and definitions come after it.
const NOT_PREFERRED: u8 = 10;

struct Reading<'f> {
    files: &'f mut Files,
    faults: Faults,
    draft: Draft,
    /// What went wrong for good while a line was read.
    stopped: Option<LoadError>,
}

/// Whether a file is the snapshot of a kind: names are like `sct2_Concept_UKEDSnapshot_GB_20261021.txt`.
fn is_snapshot(name: &str, kind: &str) -> bool {
    let name = name.strip_prefix('x').unwrap_or(name);
    name.ends_with(".txt") && name.contains("Snapshot") && name.starts_with(kind)
}

/// Reads the snapshot files.
pub(super) fn read(files: &mut Files, edition: Option<&str>) -> Result<ReadRelease, LoadError> {
    let mut reading = Reading {
        files,
        faults: Faults::default(),
        draft: Draft::default(),
        stopped: None,
    };
    let concepts = reading.of_kind("sct2_Concept_");
    if concepts.is_empty() {
        return Err(LoadError::Incomplete {
            what: "there is no file sct2_Concept_…Snapshot….txt: give the folder or zip file of a release in format 2"
                .to_owned(),
        });
    }
    reading.concepts(&concepts)?;
    let relationships = reading.of_kind("sct2_Relationship_");
    reading.relationships(&relationships)?;
    let mut preferred = HashMap::new();
    let sets = reading.reference_sets()?;
    for (file, columns) in &sets {
        if columns.iter().any(|own| own == "acceptabilityId") {
            reading.languages(file, &mut preferred)?;
        }
    }
    let mut names = reading.of_kind("sct2_Description_");
    names.extend(reading.of_kind("sct2_TextDefinition_"));
    reading.names(&names, &preferred)?;
    drop(preferred);
    let mut modules = Modules::default();
    for (file, columns) in &sets {
        reading.reference_set(file, columns, &mut modules)?;
    }
    let Reading { faults, draft, .. } = reading;
    faults.none()?;
    let edition = match edition {
        Some(edition) => edition.to_owned(),
        None => modules.edition()?,
    };
    identifier::read(&edition, Component::Concept)
        .map_err(|why| LoadError::Incomplete { what: why })?;
    let newest = concepts.iter().filter_map(|name| date_of(name)).max();
    Ok(ReadRelease {
        draft,
        edition,
        newest,
    })
}

/// The date in a file's name.
fn date_of(name: &str) -> Option<String> {
    let (_, date) = base_name(name).strip_suffix(".txt")?.rsplit_once('_')?;
    (date.len() == 8 && date.bytes().all(|it| it.is_ascii_digit())).then(|| date.to_owned())
}

fn id(line: &Line<'_>, which: usize, component: Component) -> Result<u64, Wrong> {
    identifier::read(line.column(which), component).map_err(|why| (which, why))
}

/// Takes a line into the draft: a wrong column, or a reason to stop.
type Take<'t> = &'t mut dyn FnMut(&mut Draft, &Line<'_>) -> Result<Result<(), LoadError>, Wrong>;

impl Reading<'_> {
    fn of_kind(&self, kind: &str) -> Vec<String> {
        self.files.named(|name| is_snapshot(name, kind))
    }

    /// Reads a file line by line.
    fn each(&mut self, file: &str, wanted: &[&str], take: Take<'_>) -> Result<(), LoadError> {
        let Self {
            files,
            faults,
            draft,
            stopped,
        } = self;
        let read = |from: &mut dyn BufRead| {
            each(file, from, wanted, faults, &mut |line| {
                if stopped.is_none()
                    && let Err(why) = take(draft, line)?
                {
                    *stopped = Some(why);
                }
                Ok(())
            })
        };
        files.read(file, read)?;
        match self.stopped.take() {
            None => Ok(()),
            Some(why) => Err(why),
        }
    }

    fn concepts(&mut self, files: &[String]) -> Result<(), LoadError> {
        const COLUMNS: [&str; 5] = [
            "id",
            "effectiveTime",
            "active",
            "moduleId",
            "definitionStatusId",
        ];
        let mut newest: HashMap<u64, u32> = HashMap::new();
        // What is said of a concept by an older line is taken back by the newer one.
        let mut said: Vec<(u32, u32, String, bool)> = Vec::new();
        for file in files {
            self.each(file, &COLUMNS, &mut |draft, line| {
                let (code, date) = (id(line, 0, Component::Concept)?, line.date(1)?);
                let active = line.flag(2)?;
                let module = id(line, 3, Component::Concept)?.to_string();
                id(line, 4, Component::Concept)?;
                if newest.get(&code).is_some_and(|own| *own >= date) {
                    return Ok(Ok(()));
                }
                newest.insert(code, date);
                Ok(draft.concept(code, !active).map(|place| {
                    said.push((place, date, module, line.column(4) == DEFINED));
                }))
            })?;
        }
        said.sort();
        let mut said = said.into_iter().peekable();
        while let Some((place, date, module, defined)) = said.next() {
            if said.peek().is_some_and(|next| next.0 == place) {
                continue;
            }
            self.draft
                .say(place, ('s', "effectiveTime"), &date.to_string())?;
            self.draft.say(place, ('c', "moduleId"), &module)?;
            self.draft.say(
                place,
                ('b', "sufficientlyDefined"),
                if defined { "true" } else { "false" },
            )?;
        }
        Ok(())
    }

    fn relationships(&mut self, files: &[String]) -> Result<(), LoadError> {
        const COLUMNS: [&str; 6] = [
            "id",
            "effectiveTime",
            "active",
            "sourceId",
            "destinationId",
            "typeId",
        ];
        let mut all: Vec<(u64, u32, bool, u32, u32, u64)> = Vec::new();
        for file in files {
            self.each(file, &COLUMNS, &mut |draft, line| {
                let (own, date) = (id(line, 0, Component::Relationship)?, line.date(1)?);
                let active = line.flag(2)?;
                let ends = [3, 4, 5].map(|which| id(line, which, Component::Concept));
                let [source, destination, kind] = ends;
                let (source, destination, kind) = (source?, destination?, kind?);
                let place = |which: usize, code: u64| {
                    draft
                        .place(code)
                        .ok_or_else(|| (which, format!("there is no concept `{code}`")))
                };
                all.push((
                    own,
                    date,
                    active,
                    place(3, source)?,
                    place(4, destination)?,
                    kind,
                ));
                Ok(super::draft::bounded(all.len()))
            })?;
        }
        all.sort_unstable();
        let is_a: u64 = IS_A.parse().unwrap_or(0);
        for (at, (own, _, active, source, destination, kind)) in all.iter().enumerate() {
            let is_last = all.get(at + 1).is_none_or(|next| next.0 != *own);
            if !is_last || !active {
                continue;
            }
            if *kind == is_a {
                self.draft.parent(*source, *destination)?;
            } else {
                let value = self.draft.codes[*destination as usize].to_string();
                self.draft.say(*source, ('c', &kind.to_string()), &value)?;
            }
        }
        Ok(())
    }

    fn names(&mut self, files: &[String], preferred: &HashMap<u64, u8>) -> Result<(), LoadError> {
        const COLUMNS: [&str; 7] = [
            "id",
            "effectiveTime",
            "active",
            "conceptId",
            "languageCode",
            "typeId",
            "term",
        ];
        let mut newest: HashMap<u64, u32> = HashMap::new();
        // Files come in no order of time, so the newest date of each description is found first.
        for file in files {
            self.each(file, &COLUMNS, &mut |draft, line| {
                let (own, date) = (id(line, 0, Component::Description)?, line.date(1)?);
                line.flag(2)?;
                let concept = id(line, 3, Component::Concept)?;
                if !matches!(line.column(5), FULLY_SPECIFIED | SYNONYM | IN_WORDS) {
                    let kind = super::super::shown(line.column(5));
                    return Err((5, format!("`{kind}` is no type of description")));
                }
                let newest = newest.entry(own).or_default();
                *newest = (*newest).max(date);
                let known = draft.place(concept).map(drop);
                known
                    .map(Ok)
                    .ok_or_else(|| (3, format!("there is no concept `{concept}`")))
            })?;
        }
        // What is wrong was said above, so it is passed over here.
        for file in files {
            self.each(file, &COLUMNS, &mut |draft, line| {
                let own = line.column(0).parse().unwrap_or(0);
                let concept = draft.place(line.column(3).parse().unwrap_or(0));
                let is_newest = newest
                    .get(&own)
                    .is_some_and(|date| line.date(1).as_ref() == Ok(date));
                let (Some(concept), true, Ok(true)) = (concept, is_newest, line.flag(2)) else {
                    return Ok(Ok(()));
                };
                // Once only, should two files have the same line.
                newest.remove(&own);
                let kind = match line.column(5) {
                    FULLY_SPECIFIED => 'f',
                    SYNONYM => 's',
                    _in_words => 'd',
                };
                let bits = preferred.get(&own).copied().unwrap_or(0);
                let name = (kind, language(line.column(4), bits), rank(kind, bits));
                Ok(draft.name(concept, name, line.column(6)))
            })?;
        }
        Ok(())
    }
}

/// How good a name is as a display: the lowest is shown.
fn rank(kind: char, bits: u8) -> u8 {
    let preferred = u8::try_from(bits.trailing_zeros()).unwrap_or(NOT_PREFERRED);
    match kind {
        's' => preferred.min(NOT_PREFERRED),
        'f' => NOT_PREFERRED + 1,
        _definition => NOT_PREFERRED + 2,
    }
}

/// The language of a name, with the country where only one prefers it.
fn language(written: &str, bits: u8) -> &'static str {
    let in_set = |country: &str| {
        let mut sets = (0..).zip(LANGUAGES);
        sets.any(|(bit, (_, language))| language == country && bits & (1 << bit) != 0)
    };
    match (written, in_set("en-GB"), in_set("en-US")) {
        ("en", true, false) => "en-GB",
        ("en", false, true) => "en-US",
        ("en", _, _) => "en",
        ("cy", _, _) => "cy",
        (_, _, _) => "und",
    }
}
