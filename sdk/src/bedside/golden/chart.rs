//! The chart of a golden case: resources in the case itself, and files of them that several cases share.
//!
//! Invariant: nothing outside the folder of the cases is read, and nothing beyond the bounds.

use std::fs;
use std::path::{Component, Path};

use serde_json::Value;

/// Bytes of a file of a case or of a chart at most.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Resources of the chart of a case at most.
const RESOURCES_MAX: usize = 10_000;

/// The resources of a case, with those of the files that it names.
pub(super) fn chart(folder: &Path, written: Vec<Value>) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    for item in written {
        match item {
            Value::Object(_) => all.push(item),
            Value::String(name) => all.append(&mut file_of_chart(folder, &name)?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                return Err("`chart` holds something that is neither a resource nor the name of a file of resources".to_owned());
            }
        }
        if all.len() > RESOURCES_MAX {
            return Err(format!("`chart` has more than {RESOURCES_MAX} resources"));
        }
    }
    Ok(all)
}

fn file_of_chart(folder: &Path, name: &str) -> Result<Vec<Value>, String> {
    let relative = Path::new(name);
    let is_below = relative
        .components()
        .all(|it| matches!(it, Component::Normal(_)));
    if !is_below || !name.ends_with(".json") || !name.contains('/') {
        return Err(format!(
            "`chart` names `{name}`; write a .json file in a folder below cases/golden: charts/ward.json"
        ));
    }
    let bytes = bytes(&folder.join("cases/golden").join(relative))
        .map_err(|what| format!("`chart` names `{name}`, which {what}"))?;
    serde_json::from_slice(&bytes)
        .map_err(|it| format!("`chart` names `{name}`, which is no array of resources: {it}"))
}

/// A file that is not too large to be one of a case.
pub(super) fn bytes(place: &Path) -> Result<Vec<u8>, String> {
    let wrong = |it: std::io::Error| format!("cannot be read: {it}");
    let length = fs::metadata(place).map_err(wrong)?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!(
            "has {length} bytes; {FILE_BYTES_MAX} are allowed, so make the chart smaller"
        ));
    }
    fs::read(place).map_err(wrong)
}
