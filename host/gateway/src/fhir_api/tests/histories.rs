//! Whole histories through the record: what is read back is what was sent.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use bzip2::read::BzDecoder;
use serde_json::Value;

use super::{Api, on_both};

/// Resources asked for at once.
const AT_ONCE: usize = 200;

/// What each name of a bundle became: `urn:uuid:…` to `Patient/…`.
type Names = HashMap<String, String>;

/// The files in the order in which they must be filed: what others refer to first.
fn files(data: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(format!("{data}/synthea")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort_by_key(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (!name.starts_with("0-"), name)
    });
    files
}

fn unpacked(path: &Path) -> String {
    let mut text = String::new();
    let mut file = BzDecoder::new(File::open(path).unwrap());
    file.read_to_string(&mut text).unwrap();
    text
}

/// Files a bundle, and gives what it held under the names that it got.
async fn filed(api: &Api, text: String) -> (Names, Vec<(String, Value)>) {
    let bundle: Value = serde_json::from_str(&text).unwrap();
    let said = api.operator("POST /fhir", text).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let said = said.json();
    let answers = said["entry"].as_array().unwrap().iter();
    let sent = bundle["entry"].as_array().unwrap().iter();
    let (mut names, mut held) = (Names::new(), Vec::new());
    for (sent, answer) in sent.zip(answers) {
        let location = answer["response"]["location"].as_str();
        let location = location.unwrap_or_else(|| panic!("{answer}"));
        let key: Vec<&str> = location.split('/').take(2).collect();
        let name = sent["fullUrl"].as_str().unwrap().to_owned();
        names.insert(name, key.join("/"));
        held.push((key.join("/"), sent["resource"].clone()));
    }
    (names, held)
}

/// Where what came out is not what went in, `id` and `meta` apart; a name of the bundle is what it became.
fn difference(sent: &Value, got: &Value, names: &Names, place: &str) -> Option<String> {
    let differs = || Some(format!("{place}: {sent} came back as {got}"));
    match (sent, got) {
        (Value::Object(sent), Value::Object(got)) => {
            let kept =
                |name: &&String| !place.is_empty() || !["id", "meta"].contains(&name.as_str());
            let (before, after) = (sent.keys().filter(kept), got.keys().filter(kept));
            if before.count() != after.count() {
                return differs();
            }
            sent.iter()
                .filter(|(name, _)| kept(name))
                .find_map(|(name, value)| {
                    let got = got.get(name).unwrap_or(&Value::Null);
                    difference(value, got, names, &format!("{place}.{name}"))
                })
        }
        (Value::Array(sent), Value::Array(got)) if sent.len() == got.len() => sent
            .iter()
            .zip(got)
            .enumerate()
            .find_map(|(at, (sent, got))| difference(sent, got, names, &format!("{place}[{at}]"))),
        (Value::String(sent), Value::String(got)) if place.ends_with(".reference") => {
            let is_right = match (names.get(sent), sent.split_once('?')) {
                (Some(name), _) => got == name,
                (None, Some((of, _))) => got.starts_with(&format!("{of}/")) && !got.contains('?'),
                (None, None) => got == sent,
            };
            if is_right { None } else { differs() }
        }
        (sent, got) if sent == got => None,
        _ => differs(),
    }
}

/// Compares what stands with what was sent; how many resources.
async fn compared(api: &Api, names: &Names, held: &[(String, Value)]) -> usize {
    let mut by_type: HashMap<&str, Vec<(&str, &Value)>> = HashMap::new();
    for (key, sent) in held {
        let (of, id) = key.split_once('/').unwrap();
        by_type.entry(of).or_default().push((id, sent));
    }
    let mut count = 0;
    for (of, all) in by_type {
        for some in all.chunks(AT_ONCE) {
            let ids: Vec<&str> = some.iter().map(|(id, _)| *id).collect();
            let line = format!("GET /fhir/{of}?_count={AT_ONCE}&_id={}", ids.join(","));
            let page = api.operator(&line, "").await.json();
            let found = page["entry"].as_array().unwrap_or_else(|| panic!("{page}"));
            let found: HashMap<&str, &Value> = found
                .iter()
                .map(|entry| {
                    (
                        entry["resource"]["id"].as_str().unwrap(),
                        &entry["resource"],
                    )
                })
                .collect();
            for (id, sent) in some {
                let got = found
                    .get(id)
                    .unwrap_or_else(|| panic!("{of}/{id} is not there"));
                let differs = difference(sent, got, names, "");
                assert_eq!(differs, None, "{of}/{id}");
                count += 1;
            }
        }
    }
    count
}

#[test]
fn published_histories_through_the_record() {
    let Ok(data) = std::env::var("PALATINE_DATA") else {
        eprintln!(
            "left out: Synthea's histories through the record, since PALATINE_DATA is not set"
        );
        return;
    };
    on_both(|api| {
        let files = files(&data);
        async move {
            let mut count = 0;
            for path in files {
                let (names, held) = filed(&api, unpacked(&path)).await;
                count += compared(&api, &names, &held).await;
            }
            assert!(count > 20_000, "{count}");
        }
    });
}
