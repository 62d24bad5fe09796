//! Golden cases: the files of `cases/golden/`, and the section of a component that carries them.
//!
//! Invariant: a section that leaves here holds each chart once, and asks nothing that the manifest does not declare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use registry::limits::GOLDEN_BYTES_MAX;
use serde_json::{Map, Value, json};

use crate::manifest::each;
use crate::schema;

const SCHEMA: &str = include_str!("../../../wit/schemas/golden-1.json");
/// Where the schema has alternatives, but for what is asked: an entry of a chart.
const ONE_OF: &str = "write a resource with its `id`, or the name of a file below cases/golden/";
/// Where cases are, below a departmental's folder.
pub(crate) const FOLDER: &str = "cases/golden";
/// A file of a case or a chart larger than this is not read, in bytes: all of them together have no more room.
const FILE_BYTES_MAX: u64 = GOLDEN_BYTES_MAX as u64;

/// What a case can ask.
const ASKS: [&str; 5] = ["open", "submit", "react", "advise", "convert"];

/// Why golden cases cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GoldenError {
    /// A file cannot be read.
    #[error("{}: cannot be read", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {what}", file.display())]
    Wrong {
        /// Which file, or the component.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A case does not follow the schema, or asks what is not there.
    #[error("{}: {}is no golden/1 (wit/schemas/golden-1.json):\n  {}", file.display(), case(.name), findings.join("\n  "))]
    Case {
        /// Which file, or the component.
        file: PathBuf,
        /// Of a component, the case.
        name: Option<String>,
        /// What is wrong where.
        findings: Vec<String>,
    },
    /// All of them together are too large.
    #[error(
        "{}: the golden cases and their charts have {bytes} bytes, more than the {GOLDEN_BYTES_MAX} allowed: let cases share charts by their file's name, and leave out of a chart what the case does not need",
        folder.display()
    )]
    TooLarge {
        /// Where they are.
        folder: PathBuf,
        /// How many bytes they have.
        bytes: usize,
    },
    /// The schema that this tool brings is broken.
    #[error("this tool's own schema of golden cases cannot be used: {0}")]
    Schema(String),
}

fn case(name: &Option<String>) -> String {
    match name {
        Some(name) => format!("its golden case {name} "),
        None => String::new(),
    }
}

/// The section of a component for the cases of a departmental's folder; none when it has no cases.
pub(crate) fn section(folder: &Path, manifest: &Value) -> Result<Option<Vec<u8>>, GoldenError> {
    let folder = folder.join(FOLDER);
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut charts = BTreeMap::new();
    let mut cases = Vec::new();
    for file in files(&folder)? {
        let mut case = read(&file)?;
        follows(&case, manifest).map_err(|wrong| wrong.at(&file, None))?;
        for name in chart_names(&case) {
            if !charts.contains_key(name) {
                charts.insert(name.to_owned(), chart(&folder, name)?);
            }
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        case["name"] = Value::from(name.as_ref());
        cases.push(case);
    }
    if cases.is_empty() {
        return Ok(None);
    }
    let section = json!({ "golden": 1, "charts": charts, "cases": cases }).to_string();
    match section.len() {
        bytes if bytes > GOLDEN_BYTES_MAX => Err(GoldenError::TooLarge { folder, bytes }),
        _ => Ok(Some(section.into_bytes())),
    }
}

/// Whether the section of a component is one that a host will run; `file` is for what is said about it.
pub(crate) fn check(section: &Value, manifest: &Value, file: &Path) -> Result<(), GoldenError> {
    let wrong = |what: &str| GoldenError::Wrong {
        file: file.to_owned(),
        what: format!("the section golden-cases.json {what}; build it with `departmental build`"),
    };
    let members: BTreeSet<&str> = section
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    if section.get("golden") != Some(&json!(1))
        || members != BTreeSet::from(["cases", "charts", "golden"])
    {
        return Err(wrong("must have `golden` 1, `charts` and `cases`"));
    }
    let charts = section.get("charts").and_then(Value::as_object);
    let charts = charts.ok_or_else(|| wrong("must hold its charts in an object"))?;
    let cases = section.get("cases").and_then(Value::as_array);
    let cases = cases.ok_or_else(|| wrong("must hold its cases in a list"))?;
    let mut names = BTreeSet::new();
    for case in cases {
        let mut case = case.clone();
        let name = case
            .as_object_mut()
            .and_then(|members| members.shift_remove("name"));
        let Some(Value::String(name)) = name else {
            return Err(wrong("has a case without a name"));
        };
        follows(&case, manifest).map_err(|it| it.at(file, Some(&name)))?;
        for chart in chart_names(&case) {
            if !charts.get(chart).is_some_and(Value::is_array) {
                return Err(wrong(&format!(
                    "does not hold the chart {chart}, which {name} names"
                )));
            }
        }
        if !names.insert(name) {
            return Err(wrong("has two cases of one name"));
        }
    }
    Ok(())
}

/// The names of a component's cases that have no answer yet.
pub(crate) fn new_cases(section: &Value) -> Vec<String> {
    let is_new = |case: &&Value| case.get("answer").is_none() && case.get("failure").is_none();
    let new = each(section, "cases").filter(is_new);
    new.filter_map(|case| Some(case.get("name")?.as_str()?.to_owned()))
        .collect()
}

/// The files of cases, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>, GoldenError> {
    let cannot = |source| GoldenError::Unreadable {
        file: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let file = entry.map_err(cannot)?.path();
        if file.is_file() && file.extension().is_some_and(|it| it == "json") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> Result<Value, GoldenError> {
    let unreadable = |source| GoldenError::Unreadable {
        file: file.to_owned(),
        source,
    };
    let wrong = |what: String| GoldenError::Wrong {
        file: file.to_owned(),
        what,
    };
    let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
    if bytes > FILE_BYTES_MAX {
        return Err(wrong(format!(
            "has {bytes} bytes, more than the {FILE_BYTES_MAX} allowed; make the chart smaller"
        )));
    }
    let text = std::fs::read(file).map_err(unreadable)?;
    serde_json::from_slice(&text).map_err(|why| wrong(format!("is not JSON: {why}")))
}

/// A file of a chart: an array of resources.
fn chart(folder: &Path, name: &str) -> Result<Value, GoldenError> {
    let file = folder.join(name);
    let chart = read(&file)?;
    let is_chart = chart.as_array().is_some_and(|resources| {
        let mut all = resources.iter();
        all.all(|it| it.get("resourceType").is_some() && it.get("id").is_some())
    });
    if is_chart {
        return Ok(chart);
    }
    Err(GoldenError::Wrong {
        file,
        what: "must be an array of resources, each with `resourceType` and `id`".to_owned(),
    })
}

/// Names of files in the chart of a case.
fn chart_names(case: &Value) -> impl Iterator<Item = &str> {
    each(case, "chart").filter_map(Value::as_str)
}

/// What is wrong with a case, without where it is.
enum Unfit {
    Findings(Vec<String>),
    Schema(String),
}

impl Unfit {
    fn at(self, file: &Path, name: Option<&str>) -> GoldenError {
        match self {
            Self::Findings(findings) => GoldenError::Case {
                file: file.to_owned(),
                name: name.map(str::to_owned),
                findings,
            },
            Self::Schema(what) => GoldenError::Schema(what),
        }
    }
}

/// Whether a case follows its schema and asks what the manifest declares.
fn follows(case: &Value, manifest: &Value) -> Result<(), Unfit> {
    let mut findings = schema::findings(SCHEMA, case, ONE_OF).map_err(Unfit::Schema)?;
    let asked = ASKS.iter().filter(|ask| case.get(**ask).is_some()).count();
    if asked != 1 {
        // The schema's own words would show the whole case.
        findings.retain(|finding| !finding.contains("'oneOf' keyword"));
        findings.push(format!("/: ask exactly one of {}", ASKS.join(", ")));
    }
    for (asked, list, member) in [
        ("/open/screen", "screens", "id"),
        ("/submit/screen", "screens", "id"),
        ("/advise/hook", "hooks", "hook"),
        ("/convert/format", "intake", "format"),
    ] {
        let Some(name) = case.pointer(asked).and_then(Value::as_str) else {
            continue;
        };
        if !each(manifest, list).any(|it| it.get(member).and_then(Value::as_str) == Some(name)) {
            findings.push(format!(
                "{asked}: departmental.json declares no `{name}` in `{list}`; add it there, or correct the name"
            ));
        }
    }
    if case.get("react").is_some() {
        let of = case.pointer("/react/resource/resourceType");
        if !each(manifest, "reactions").any(|it| it.get("type") == of) {
            let of = of.and_then(Value::as_str).unwrap_or("resources of no type");
            findings.push(format!(
                "/react/resource: departmental.json declares no reaction to {of} in `reactions`; add it there"
            ));
        }
    }
    let settings = case.pointer("/at/settings").and_then(Value::as_object);
    for name in settings.into_iter().flat_map(Map::keys) {
        if !each(manifest, "settings")
            .any(|it| it.get("name").and_then(Value::as_str) == Some(name))
        {
            findings.push(format!(
                "/at/settings/{name}: departmental.json declares no such setting"
            ));
        }
    }
    match findings.is_empty() {
        true => Ok(()),
        false => Err(Unfit::Findings(findings)),
    }
}

#[cfg(test)]
mod tests;
