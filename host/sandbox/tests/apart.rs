//! Departmentals in processes of their own: what such a process has of the host, and what becomes of calls when it dies.
//!
//! The processes are looked at as the system sees them, each told apart by a word of its test on its command line.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sandbox::testing::component;
use sandbox::{Budget, Loaded, Place, Program, Sandbox};
use tempfile::TempDir;

use crate::window::{Written, apart, ask, config, config_at, load, open};

#[path = "written/window.rs"]
mod window;

/// A sandbox whose processes carry a word.
struct Marked {
    sandbox: Sandbox,
    word: &'static str,
    _folder: TempDir,
}

impl Marked {
    fn new(word: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Place::Apart(program) = apart() else {
            unreachable!("it is")
        };
        let place = Place::Apart(Program {
            arguments: vec![word.into()],
            ..program
        });
        let budget = Budget {
            wall_ms: 300,
            ..Budget::default()
        };
        Self {
            sandbox: Sandbox::new(config_at(place, folder.path(), budget)).unwrap(),
            word,
            _folder: folder,
        }
    }

    async fn load(&self, name: &str) -> Loaded {
        load(&self.sandbox, &component(name).unwrap())
            .await
            .unwrap()
    }

    /// The folders of its processes under `/proc`.
    fn processes(&self) -> Vec<PathBuf> {
        let all = std::fs::read_dir("/proc")
            .unwrap()
            .map(|entry| entry.unwrap().path());
        all.filter(|process| {
            let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
            let mut words = line.split(|byte| *byte == 0);
            words
                .next()
                .is_some_and(|it| it.ends_with(b"run-departmental"))
                && words.next() == Some(self.word.as_bytes())
        })
        .collect()
    }
}

fn kill(process: &Path) {
    let id = process.file_name().unwrap();
    let killed = std::process::Command::new("kill")
        .arg("-9")
        .arg(id)
        .status();
    assert!(killed.unwrap().success());
}

#[tokio::test]
async fn a_process_has_nothing_of_the_host() {
    // Whoever started this test may have left it descriptors, which a process inherits and cannot use.
    let inherited = descriptors(Path::new("/proc/self"));
    let marked = Marked::new("nothing-of-the-host");
    marked.load("cyclic-screen").await;
    let processes = marked.processes();
    assert_eq!(processes.len(), 1);
    let of = |file: &str| std::fs::read_to_string(processes[0].join(file)).unwrap();
    assert_eq!(of("environ"), "");
    assert_eq!(
        std::fs::read_link(processes[0].join("cwd")).unwrap(),
        Path::new("/")
    );
    let status = of("status");
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "{line}: {status}");
    }
    for thread in std::fs::read_dir(processes[0].join("task")).unwrap() {
        let status = std::fs::read_to_string(thread.unwrap().path().join("status")).unwrap();
        assert!(status.contains("Seccomp:\t2"), "{status}");
    }
    let limits = of("limits");
    for bound in ["Max core file size", "Max file size"] {
        let line = limits.lines().find(|line| line.starts_with(bound)).unwrap();
        let words: Vec<&str> = line[bound.len()..].split_whitespace().collect();
        assert_eq!(words[..2], ["0", "0"], "{line}");
    }
    for file in descriptors(&processes[0]) {
        let (number, leads_to) = &file;
        let is_own = match number.as_str() {
            "0" => leads_to.starts_with("socket:"),
            "1" | "2" => leads_to == "/dev/null",
            _other => leads_to.starts_with("/memfd:") || inherited.contains(&file),
        };
        assert!(is_own, "{number} leads to {leads_to}");
    }
}

/// The descriptors of a process, each with what it leads to.
fn descriptors(process: &Path) -> Vec<(String, String)> {
    let all = std::fs::read_dir(process.join("fd")).unwrap();
    all.filter_map(|file| {
        let path = file.unwrap().path();
        let leads_to = std::fs::read_link(&path).ok()?;
        let number = path.file_name()?.to_str()?.to_owned();
        Some((number, leads_to.to_str()?.to_owned()))
    })
    .collect()
}

#[tokio::test]
async fn a_process_that_died_is_replaced_and_the_call_answered() {
    let marked = Marked::new("died-and-replaced");
    let guest = marked.load("state-across-calls").await;
    let window = Arc::new(Written::default());
    for _ in 0..3 {
        let before = marked.processes();
        assert_eq!(before.len(), 1);
        kill(&before[0]);
        let answer = ask(&guest, &open("any"), &window).await;
        assert_eq!(answer, r#"screen {"screen":1,"n":"s10"}"#);
        assert_ne!(marked.processes(), before);
    }
    assert!(window.notes().is_empty());
}

#[tokio::test]
async fn a_process_that_dies_in_a_call_is_told_as_a_failure_of_its_departmental() {
    let marked = Marked::new("dies-in-a-call");
    let blocked = marked.load("blocked-in-chart").await;
    let window = Arc::new(Written::default());
    let call = tokio::spawn(async move { ask(&blocked, &open("any"), &window).await });
    // The call is made anew when the first process is gone, since it might have died before it.
    for _ in 0..2 {
        let mut found = marked.processes();
        while found.is_empty() {
            tokio::task::yield_now().await;
            found = marked.processes();
        }
        tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>())
            .await
            .unwrap_err();
        kill(&found[0]);
        while found[0].join("exe").exists() {
            tokio::task::yield_now().await;
        }
    }
    let answer = call.await.unwrap();
    assert!(
        answer.starts_with("failed Trap: its process ended: signal: 9"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_at_once_are_answered_by_a_bounded_number_of_processes() {
    let marked = Marked::new("many-at-once");
    let guest = marked.load("cyclic-screen").await;
    let window = Arc::new(Written::default());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (guest, window) = (guest.clone(), window.clone());
        calls.spawn(async move { ask(&guest, &open("any"), &window).await });
    }
    while let Some(answer) = calls.join_next().await {
        let answer = answer.unwrap();
        assert!(answer.starts_with("screen"), "{answer}");
        assert!(marked.processes().len() <= 32);
    }
    assert!((1..=4).contains(&marked.processes().len()));
}

#[tokio::test]
async fn a_call_that_is_given_up_ends_its_process() {
    let marked = Marked::new("given-up");
    let blocked = marked.load("blocked-in-chart").await;
    let before = marked.processes();
    let window = Arc::new(Written::default());
    let question = open("any");
    let asked = ask(&blocked, &question, &window);
    tokio::time::timeout(Duration::from_millis(50), asked)
        .await
        .unwrap_err();
    while before[0].join("exe").exists() {
        tokio::task::yield_now().await;
    }
    let answer = ask(&blocked, &open("any"), &window).await;
    assert!(answer.starts_with("failed Timeout"), "{answer}");
}

#[tokio::test]
async fn without_the_program_it_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), Budget::default());
    config.place = Place::Apart(Program {
        program: "/nowhere/program".into(),
        arguments: Vec::new(),
    });
    let sandbox = Sandbox::new(config).unwrap();
    let refused = load(&sandbox, &component("cyclic-screen").unwrap()).await;
    let why = refused.err().unwrap();
    assert!(why.contains("its process could not be started"), "{why}");
}
