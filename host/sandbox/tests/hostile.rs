//! Guests that misbehave, each with what becomes of it: always an ordinary answer, or a refusal to load that names why.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use record::departmental::Question;
use sandbox::testing::{REACTS, names};
use sandbox::{Budget, Place, Sandbox};
use serde_json::json;

use crate::window::{Written, apart, ask, config, config_at, in_words, load, open};

#[path = "written/window.rs"]
mod window;

/// Name of the guest, and how its outcome begins.
const OUTCOMES: [(&str, &str); 52] = [
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
        "failed Timeout: it had no answer after 1000 ms",
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
        "failed Timeout: it had no answer after 1000 ms",
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
    ("bits-of-no-number", r#"screen {"screen":1,"n":"hpmaaaaa"}"#),
    (
        "bulk-memory",
        "failed Timeout: it had no answer after 1000 ms",
    ),
    (
        "bulk-table",
        "failed Timeout: it had no answer after 1000 ms",
    ),
    ("clock-between-calls", r#"screen {"screen":1,"same":"1"}"#),
    (
        "endless-after-answer",
        "failed Timeout: it had no answer after 1000 ms",
    ),
    (
        "endless-realloc",
        "failed Timeout: it had no answer after 1000 ms",
    ),
    (
        "endless-start",
        "failed Timeout: it had no answer after 1000 ms",
    ),
    ("exceptions", "not loaded: "),
    ("handle-bomb.component", "failed "),
    ("host-call-while-handed", "failed "),
    ("memory-of-others", r#"screen {"screen":1,"found":"0"}"#),
    ("note-of-a-megabyte", "screen {"),
    ("realloc-outside", "failed "),
    ("relaxed-vectors", "not loaded: "),
    ("shared-memory.component", "not loaded: "),
    (
        "table-bomb-over-several.component",
        "failed Limit: it wanted more than 20000 elements in its tables",
    ),
    ("tail-call", "not loaded: "),
    ("text-that-lies", "screen {"),
    ("two-memories-in-a-module", "not loaded: "),
    ("wide-memory.component", "not loaded: "),
];

fn component(name: &str) -> Vec<u8> {
    sandbox::testing::component(name).unwrap()
}

fn question(name: &str) -> Question {
    match name {
        REACTS => {
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
        wall_ms: 1_000,
        ..Budget::default()
    }
}

#[tokio::test]
async fn each_guest_has_its_outcome_and_harms_nobody() {
    each_guest_has_its_outcome(Place::Here).await;
}

#[tokio::test]
async fn each_guest_has_the_same_outcome_in_a_process_of_its_own() {
    each_guest_has_its_outcome(apart()).await;
}

async fn each_guest_has_its_outcome(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::new(config_at(place, folder.path(), short())).unwrap();
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
    let there: BTreeSet<String> = names().unwrap().into_iter().collect();
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

/// Endless guests of one departmental, more than there are turns: others are answered meanwhile, and of the flood those
/// who waited too long are told so; the thread stays free for what else it has to do.
#[tokio::test(flavor = "current_thread")]
async fn endless_guests_hold_neither_the_thread_nor_everybodys_turn() {
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
    for _ in 0..200 {
        let (endless, window) = (endless.clone(), window.clone());
        calls.spawn(async move { ask(&endless, &open("any"), &window).await });
    }
    tokio::task::yield_now().await;
    let looping = load(&sandbox, &component("endless-loop")).await.unwrap();
    let started = Instant::now();
    let answer = ask(&good, &open("any"), &window).await;
    assert!(answer.starts_with("screen"), "{answer}");
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "waited {:?}",
        started.elapsed()
    );
    let mut endings = std::collections::BTreeMap::<String, u32>::new();
    while let Some(ended) = calls.join_next().await {
        let ended = ended.unwrap();
        let (how, _) = ended.split_once(';').unwrap_or((&ended, ""));
        *endings.entry(how.to_owned()).or_default() += 1;
    }
    let expected = [
        ("failed Busy: its turn did not come within 2000 ms", 128),
        ("failed Busy: too many of its calls wait for their turn", 56),
        ("failed Timeout: it had no answer after 2500 ms", 16),
    ];
    assert_eq!(endings, expected.map(|(how, n)| (how.to_owned(), n)).into());
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
    assert!(in_words(&answer.answer).starts_with("screen"), "{answer:?}");
}

/// What this process holds in memory, in bytes.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// Each guest is asked as often at once as there are turns for it, while another departmental is asked one call after
/// the other: that one is answered every time, and memory is afterwards what it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_hostile_guests_leave_memory_and_others_as_they_were() {
    const AT_ONCE: usize = 16;
    let folder = tempfile::tempdir().unwrap();
    // Half of what a call has in service: what runs beside these tests takes its share of the processors too.
    let budget = Budget {
        wall_ms: 1_000,
        ..short()
    };
    let sandbox = Sandbox::new(config(folder.path(), budget)).unwrap();
    let good = load(&sandbox, &component("clock-between-calls"))
        .await
        .unwrap();
    let mut guests = Vec::new();
    for (name, _) in OUTCOMES {
        guests.extend(
            load(&sandbox, &component(name))
                .await
                .ok()
                .map(|it| (name, it)),
        );
    }
    let window = Arc::new(Written::default());
    let mut settled_bytes = 0;
    let mut slowest = (Duration::ZERO, "");
    // The first round fills what is kept warm; the second must add nothing to it.
    for _ in 0..2 {
        settled_bytes = resident_bytes();
        for (name, guest) in &guests {
            let mut flood = tokio::task::JoinSet::new();
            for _ in 0..AT_ONCE {
                let (guest, name) = (guest.clone(), *name);
                let window = Arc::new(Written::default());
                flood.spawn(async move { ask(&guest, &question(name), &window).await });
            }
            while !flood.is_empty() {
                let started = Instant::now();
                let answer = ask(&good, &open("any"), &window).await;
                slowest = slowest.max((started.elapsed(), *name));
                assert!(answer.starts_with("screen"), "beside {name}: {answer}");
                while flood.try_join_next().is_some() {}
            }
        }
    }
    let grown = resident_bytes().saturating_sub(settled_bytes);
    assert!(grown < 64 << 20, "grown by {grown} bytes");
    assert!(
        slowest.0 < Duration::from_secs(10),
        "{:?} beside {}",
        slowest.0,
        slowest.1
    );
}
