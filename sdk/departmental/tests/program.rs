//! The program as a supplier runs it: what it makes builds and tests, what is broken is told, and how it ends.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn departmental(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_departmental"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn new(folder: &Path) {
    let made = departmental(&["new", "ward-round", "--lang", "rust"], folder);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
}

#[test]
fn a_new_departmental_tests_at_once() {
    let folder = tempfile::tempdir().unwrap();
    new(folder.path());
    let project = folder.path().join("ward-round");
    // What was fetched for this workspace is all that it needs.
    let tested = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--quiet"])
        .current_dir(&project)
        .env(
            "CARGO_TARGET_DIR",
            Path::new(env!("CARGO_TARGET_TMPDIR")).join("new"),
        )
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .unwrap();
    let said = text(&tested.stdout);
    let rules = std::fs::read_to_string(project.join("src/news2/tests.rs")).unwrap();
    let least = rules.matches("#[test]").count();
    let passed = said
        .split("test result: ok. ")
        .filter_map(|it| it.split(' ').next()?.parse::<usize>().ok())
        .sum::<usize>();
    assert!(
        tested.status.success() && passed > least,
        "{said}{}",
        text(&tested.stderr)
    );
}

/// Changes one value of the manifest by its pointer; `null` takes a member out.
fn with(manifest: &str, pointer: &str, value: Value) -> String {
    let mut it: Value = serde_json::from_str(manifest).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = it.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(members), Value::Null) => drop(members.shift_remove(name)),
        (Value::Object(members), value) => drop(members.insert(name.to_owned(), value)),
        (list, value) => list[name.parse::<usize>().unwrap()] = value,
    }
    serde_json::to_string_pretty(&it).unwrap()
}

#[test]
fn broken_projects_by_case() {
    let folder = tempfile::tempdir().unwrap();
    new(folder.path());
    let project = folder.path().join("ward-round");
    let whole = |file: &str| std::fs::read_to_string(project.join(file)).unwrap();
    let manifest = whole("departmental.json");
    let crate_toml = whole("Cargo.toml");
    let m = |pointer: &str, value: Value| with(&manifest, pointer, value);
    // File, its broken text (none: it is not there), exit code, and what must be said: the place, what, how to mend it.
    #[rustfmt::skip] // One case, one line.
    let cases: Vec<(&str, Option<String>, i32, &[&str])> = vec![
        ("departmental.json", None, 2, &["departmental.json: cannot be read", "departmental new NAME"]),
        ("departmental.json", Some(manifest.replacen(',', "", 1)), 1, &["departmental.json: is not JSON", "line 3 column", "a comma"]),
        ("departmental.json", Some("[]".into()), 1, &["line 1, /: ", "is not of type", "write a value of that type"]),
        ("departmental.json", Some(m("/supplier", Value::Null)), 1, &["line 1, /: \"supplier\" is a required property", "add it"]),
        ("departmental.json", Some(m("/version", json!("1.0"))), 1, &["line 5, /version: ", "does not match", "in that form"]),
        ("departmental.json", Some(m("/screeens", json!([]))), 1, &["'screeens' was unexpected", "correct its spelling, or take it out"]),
        ("departmental.json", Some(m("/screens/1/id", json!("chart"))), 1, &["/screens/1: `chart` is there twice", "keep one"]),
        ("departmental.json", Some(m("/screens/0/place", json!("ward"))), 1, &["/screens/0/place: ", "\"patient\"", "one of the words"]),
        ("departmental.json", Some(m("/screens/0/audience", json!([]))), 1, &["/screens/0/audience: ", "write more"]),
        ("departmental.json", Some(m("/writes/0/reason", Value::Null)), 1, &["/writes/0: \"reason\" is a required property", "add it"]),
        ("departmental.json", Some(m("/reactions", json!([{ "type": "Task", "on": ["create"] }]))), 1, &["/reactions/0: reacts to \"Task\"", "add it there"]),
        ("departmental.json", Some(m("/packs/0/file", json!("packs/gone.json"))), 1, &["packs/gone.json: the pack `news2` cannot be read", "correct the pack's file"]),
        ("departmental.json", Some(m("/packs/0/file", json!("packs/../../x.json"))), 1, &["must lie below the departmental's folder", "without `..`"]),
        ("departmental.json", Some(m("/packs/0/document", json!({}))), 1, &["/packs/0: ", "exactly one of `file` and `document`"]),
        ("packs/news2.json", Some("{".into()), 1, &["packs/news2.json: the pack `news2` is not JSON", "correct the pack's file"]),
        ("packs/news2.json", Some("[]".into()), 1, &["the pack `news2` must be a JSON object"]),
        ("Cargo.toml", None, 1, &["ward-round: there is no Cargo.toml", "compare the folder with a new one"]),
        ("Cargo.toml", Some("[package".into()), 1, &["cargo metadata did not succeed", "mend what the program says"]),
        ("Cargo.toml", Some(crate_toml.replace("\"cdylib\", ", "")), 1, &["the crate is no cdylib", "crate-type = [\"cdylib\", \"rlib\"]"]),
    ];
    for (file, broken, code, expected) in cases {
        let kept = whole(file);
        match &broken {
            Some(text) => std::fs::write(project.join(file), text).unwrap(),
            None => std::fs::remove_file(project.join(file)).unwrap(),
        }
        let ended = departmental(&["build", "ward-round", "--json"], folder.path());
        std::fs::write(project.join(file), kept).unwrap();
        let said = text(&ended.stderr);
        let case = format!("{file} {expected:?}");
        assert_eq!(ended.status.code(), Some(code), "{case}: {said}");
        for words in expected {
            assert!(said.contains(words), "{case} does not say {words}: {said}");
        }
        assert!(said.contains("\n  help: "), "{case}: {said}");
        let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!(
            (&json["done"], &json["exit"]),
            (&json!(false), &json!(code)),
            "{case}"
        );
        assert!(json["error"]["help"].is_string(), "{case}: {json}");
    }
}

#[test]
fn endings_by_case() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.wasm"), b"\0asm\x01\0\0\0").unwrap();
    #[rustfmt::skip] // One case, one line.
    let cases: [(&[&str], i32, &str); 11] = [
        (&[], 2, "Usage"),
        (&["fly"], 2, "unrecognized subcommand"),
        (&["new", "a"], 2, "--lang"),
        (&["new", "a", "--lang", "cobol"], 2, "possible values"),
        (&["new", "A", "--lang", "rust"], 2, "cannot be the id"),
        (&["check", "gone.wasm"], 2, "gone.wasm: cannot be read"),
        (&["check", "x.wasm"], 1, "x.wasm: is not a departmental"),
        (&["inspect", "x.wasm"], 1, "because: this is a core module"),
        (&["sign", "x.wasm", "--key", "k", "--namespace", "a"], 1, "is not a departmental"),
        (&["build", "."], 2, "departmental.json: cannot be read"),
        (&["--help"], 0, ""),
    ];
    for (arguments, code, expected) in cases {
        let ended = departmental(arguments, folder.path());
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn every_command_tells_its_exit_codes() {
    let here = Path::new(".");
    for command in [
        "new",
        "build",
        "check",
        "inspect",
        "doctor",
        "keygen",
        "sign",
        "publish",
        "completions",
    ] {
        let help = departmental(&[command, "--help"], here);
        let said = text(&help.stdout);
        assert!(
            said.contains("Exit codes: 0 ") && said.contains("--json"),
            "{command}: {said}"
        );
    }
}

#[test]
fn a_missing_tool_is_exit_code_3_with_what_installs_it() {
    let ended = Command::new(env!("CARGO_BIN_EXE_departmental"))
        .args(["doctor", "--lang", "javascript", "--json"])
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(3));
    let said = text(&ended.stderr);
    assert!(
        said.contains("missing  node") && said.contains("apt-get install nodejs"),
        "{said}"
    );
    let json: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(json["exit"], 3);
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&departmental(&["completions", shell], Path::new(".")).stdout);
        for command in [
            "new", "build", "check", "inspect", "doctor", "sign", "publish",
        ] {
            assert!(script.contains(command), "{shell} {command}");
        }
    }
}
