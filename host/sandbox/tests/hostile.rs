//! Guests that misbehave, each with what becomes of it: always an ordinary answer, or a refusal to load that names why.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use record::departmental::Question;
use sandbox::{Budget, Sandbox};
use serde_json::json;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::window::{Written, ask, config, in_words, load, open};

#[path = "written/window.rs"]
mod window;

/// Name of the guest, and how its outcome begins.
const OUTCOMES: [(&str, &str); 32] = [
    (
        "another-document",
        "failed Malformed: its answer is not screen/1",
    ),
    ("answer-outside-memory", "failed Malformed: "),
    (
        "bare-function-import.component",
        "not loaded: it imports `shell`, which is not of the contract",
    ),
    (
        "blocked-in-chart",
        "failed Timeout: it had no answer after 300 ms",
    ),
    (
        "core-module.component",
        "not loaded: it is not a component: it is a core module",
    ),
    ("cyclic-screen", "screen {"),
    (
        "deep-json",
        "failed Malformed: its answer is not JSON: recursion limit exceeded",
    ),
    ("deep-recursion", "failed Limit: "),
    (
        "endless-host-calls",
        "failed Limit: it called the host more than 10000 times",
    ),
    (
        "endless-loop",
        "failed Timeout: it had no answer after 300 ms",
    ),
    (
        "export-of-another-form.component",
        "not loaded: it exports `palatine:departmental/screens@0.1.0` with a `open` of another form",
    ),
    ("failure-of-its-own", "refused weird: why?"),
    (
        "foreign-import.component",
        "not loaded: it imports `wasi:cli/environment@0.2.0`, which is not of the contract",
    ),
    ("function-outside-the-contract.component", "not loaded: "),
    (
        "huge-answer",
        "failed Limit: its answer has more than 2097152 bytes",
    ),
    (
        "interface-outside-the-contract.component",
        "not loaded: it imports `palatine:departmental/secrets@0.1.0`, which is not of the contract",
    ),
    ("journal-flood", "screen {"),
    ("larger-answer", "failed Malformed: "),
    (
        "later-contract.component",
        "not loaded: it is built against `palatine:departmental/context@9.0.0`",
    ),
    (
        "later-format",
        "failed Malformed: its answer is not screen/1",
    ),
    (
        "long-argument",
        "failed Limit: it handed the host an argument of more than 16384 bytes",
    ),
    ("malformed-json", "failed Malformed: its answer is not JSON"),
    (
        "memory-bomb",
        "failed Limit: it wanted more than 67108864 bytes of memory",
    ),
    (
        "memory-bomb-over-several.component",
        "failed Limit: it wanted more than 67108864 bytes of memory, summed over all its memories",
    ),
    ("no-utf8", "failed Malformed: "),
    (
        "nothing-to-ask.component",
        "not loaded: it exports neither screens nor reactions",
    ),
    ("state-across-calls", r#"screen {"screen":1,"n":"s10"}"#),
    (
        "table-bomb",
        "failed Limit: it wanted more than 20000 elements in its tables",
    ),
    ("too-many-instances.component", "not loaded: "),
    ("trap-after-journal", "failed Trap: "),
    ("trap-in-proposal", "failed Trap: "),
    ("undeclared-read", "refused not-granted: "),
];

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

/// A whole component as it is written; a core module with the contract's types put around it.
fn component(name: &str) -> Vec<u8> {
    let wasm = wat::parse_file(folder().join(format!("{name}.wat"))).unwrap();
    if name.ends_with(".component") {
        return wasm;
    }
    let mut module = wasm;
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(workspace().join("wit/released/0.1.0/departmental.wit"))
        .unwrap();
    let world = if name == "trap-in-proposal" {
        "with-reactions"
    } else {
        "with-screens"
    };
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

fn question(name: &str) -> Question {
    match name {
        "trap-in-proposal" => {
            let resource = json!({ "resourceType": "Observation", "id": "1" });
            Question::React {
                event: json!({ "event": 1, "t": 1, "action": "create", "resource": resource }),
            }
        }
        _ => open("any"),
    }
}

fn short() -> Budget {
    Budget {
        wall_ms: 300,
        ..Budget::default()
    }
}

#[tokio::test]
async fn each_guest_has_its_outcome_and_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config(folder.path(), short())).unwrap();
    let good = load(&sandbox, &component("cyclic-screen")).await.unwrap();
    let mut wrong = Vec::new();
    for (name, expected) in OUTCOMES {
        let window = Arc::new(Written::default());
        let outcome = match load(&sandbox, &component(name)).await {
            // The second call must find nothing of the first.
            Ok(guest) => {
                let first = ask(&guest, &question(name), &window).await;
                let second = ask(&guest, &question(name), &window).await;
                assert_eq!(first, second, "{name} answers differently the second time");
                first
            }
            Err(why) => {
                let after_digest = why.split_once(": ").map_or(why.as_str(), |(_, why)| why);
                format!(
                    "not loaded: {}",
                    after_digest.trim_start_matches("refused: ")
                )
            }
        };
        if !outcome.starts_with(expected) {
            wrong.push(format!("{name}: {outcome}"));
        }
        assert!(
            window.notes().len() <= 200,
            "{name} wrote {} notes in two calls",
            window.notes().len()
        );
        let after = ask(&good, &open("any"), &window).await;
        assert!(after.starts_with("screen"), "after {name}: {after}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_guest_of_the_folder_has_an_expected_outcome() {
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .into_string()
                .unwrap()
                .trim_end_matches(".wat")
                .to_owned()
        })
        .collect();
    let expected: BTreeSet<String> = OUTCOMES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(there, expected);
}

#[tokio::test]
async fn notes_before_a_trap_are_kept_and_a_flood_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config(folder.path(), short())).unwrap();
    for (name, expected) in [("trap-after-journal", 1), ("journal-flood", 100)] {
        let guest = load(&sandbox, &component(name)).await.unwrap();
        let window = Arc::new(Written::default());
        ask(&guest, &question(name), &window).await;
        assert_eq!(window.notes().len(), expected, "{name}");
        let first = &window.notes()[0];
        assert!(
            first == "error: half" || first == "information: again",
            "{first}"
        );
    }
}

/// Endless guests in every slot: the others wait for their turn, and are told when there is none; the thread stays
/// free for what else it has to do.
#[tokio::test(flavor = "current_thread")]
async fn endless_guests_hold_neither_the_thread_nor_those_who_wait() {
    let folder = tempfile::tempdir().unwrap();
    let long = Budget {
        wall_ms: 2_500,
        ..Budget::default()
    };
    let sandbox = Sandbox::new(config(folder.path(), long)).unwrap();
    let endless = load(&sandbox, &component("blocked-in-chart"))
        .await
        .unwrap();
    let good = load(&sandbox, &component("cyclic-screen")).await.unwrap();
    let window = Arc::new(Written::default());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (endless, window) = (endless.clone(), window.clone());
        calls.spawn(async move { ask(&endless, &open("any"), &window).await });
    }
    let looping = load(&sandbox, &component("endless-loop")).await.unwrap();
    let started = Instant::now();
    let answer = ask(&good, &open("any"), &window).await;
    assert!(answer.starts_with("refused busy"), "{answer}");
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "waited {:?}",
        started.elapsed()
    );
    while let Some(ended) = calls.join_next().await {
        assert!(ended.unwrap().starts_with("failed Timeout"));
    }
    let loops = {
        let window = window.clone();
        tokio::spawn(async move { ask(&looping, &open("any"), &window).await })
    };
    tokio::task::yield_now().await;
    let meanwhile = Instant::now();
    assert!(
        ask(&good, &open("any"), &window)
            .await
            .starts_with("screen")
    );
    assert!(
        meanwhile.elapsed() < Duration::from_millis(500),
        "waited {:?}",
        meanwhile.elapsed()
    );
    assert!(loops.await.unwrap().starts_with("failed Timeout"));
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config(folder.path(), Budget::default())).unwrap();
    let endless = load(&sandbox, &component("blocked-in-chart"))
        .await
        .unwrap();
    let good = load(&sandbox, &component("cyclic-screen")).await.unwrap();
    let window = Arc::new(Written::default());
    for _ in 0..100 {
        let question = open("any");
        let asked = ask(&endless, &question, &window);
        assert!(
            tokio::time::timeout(Duration::from_millis(1), asked)
                .await
                .is_err()
        );
    }
    let answer = good
        .ask_through(window::facts(), &open("any"), window.clone())
        .await;
    assert!(in_words(&answer).starts_with("screen"), "{answer:?}");
}

/// The root of the workspace.
fn workspace() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
