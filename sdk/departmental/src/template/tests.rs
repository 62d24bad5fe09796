//! What `new` writes, and what it will not write over. That it builds is shown by the tests of the program.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use serde_json::Value;

use crate::manifest;
use crate::template::{FILES, New, new};

fn made(name: &str, inside: &Path, supplier: &str) -> Result<String, String> {
    let it = New {
        name,
        language: "rust",
        supplier,
        inside,
    };
    new(&it)
        .map(|(folder, _)| folder.display().to_string())
        .map_err(|wrong| wrong.to_string())
}

#[test]
fn every_template_becomes_a_departmental_of_the_name_that_was_given() {
    for language in crate::template::languages() {
        let inside = tempfile::tempdir().unwrap();
        let it = New {
            name: "hearing-clinic",
            language,
            supplier: "Ribble \"Labs\"",
            inside: inside.path(),
        };
        let (folder, own) = new(&it).unwrap();
        let manifest = manifest::read(&folder).unwrap();
        assert_eq!(manifest["id"], "hearing-clinic", "{language}");
        assert_eq!(manifest["name"], "Hearing clinic", "{language}");
        assert_eq!(manifest["supplier"], "Ribble \"Labs\"", "{language}");
        assert!(
            own.contains(&"departmental.json") && own.iter().all(|path| !path.starts_with("kit/"))
        );
        let has_kit = folder.join("kit/wit/departmental.wit").is_file();
        assert_eq!(has_kit, language == "rust", "{language}");
        assert_eq!(
            std::fs::read_dir(inside.path()).unwrap().count(),
            1,
            "{language}"
        );
    }
}

#[test]
fn the_manifest_of_a_crate_is_its_own() {
    let inside = tempfile::tempdir().unwrap();
    made("hearing-clinic", inside.path(), "S").unwrap();
    let text = |path: &str| {
        std::fs::read_to_string(inside.path().join("hearing-clinic").join(path)).unwrap()
    };
    let own = text("Cargo.toml");
    assert!(
        own.contains("name = \"hearing-clinic\"") && own.contains("kit/sdk"),
        "{own}"
    );
    for manifest in [own, text("kit/sdk/Cargo.toml")] {
        assert!(!manifest.contains("workspace = true"), "{manifest}");
    }
    assert!(
        !FILES
            .iter()
            .any(|file| file.path.starts_with("kit/") && file.path.ends_with("tests.rs"))
    );
}

#[test]
fn nothing_is_written_over() {
    let inside = tempfile::tempdir().unwrap();
    let place = inside.path().join("one");
    for make in [
        (|place: &Path| std::fs::create_dir(place)) as fn(&Path) -> std::io::Result<()>,
        |place| std::fs::write(place, "kept"),
        |place| std::os::unix::fs::symlink("/nowhere", place),
    ] {
        make(&place).unwrap();
        let refused = made("one", inside.path(), "S").unwrap_err();
        assert!(
            refused.ends_with("/one: is there already, and nothing is written over"),
            "{refused}"
        );
        assert_eq!(
            std::fs::read_dir(inside.path()).unwrap().count(),
            1,
            "something was left behind"
        );
        drop(std::fs::remove_dir(&place).or_else(|_| std::fs::remove_file(&place)));
    }
}

#[test]
fn names_by_case() {
    let inside = tempfile::tempdir().unwrap();
    for name in [
        "",
        "Ward",
        "1st",
        "a--b",
        "-a",
        "a-",
        "../up",
        "a/b",
        "a b",
        "naïve",
        "sdk",
        "serde-json",
        &"a".repeat(61),
    ] {
        let refused = made(name, inside.path(), "S").unwrap_err();
        assert!(
            refused.contains("cannot be the id of a departmental"),
            "{name}: {refused}"
        );
    }
    assert_eq!(std::fs::read_dir(inside.path()).unwrap().count(), 0);
    for name in ["a", "a1", "ward-2-b", &"a".repeat(60)] {
        made(name, inside.path(), "S").unwrap();
    }
}

#[test]
fn a_language_without_a_template_is_refused_with_those_there_are() {
    let it = New {
        name: "one",
        language: "cobol",
        supplier: "S",
        inside: Path::new("."),
    };
    let refused = new(&it).unwrap_err().to_string();
    assert!(
        refused.contains("without a template in cobol; it has ") && refused.contains("rust"),
        "{refused}"
    );
}

#[test]
fn a_place_that_is_not_there_is_made_and_one_that_cannot_be_is_named() {
    let inside = tempfile::tempdir().unwrap();
    let file = inside.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = made("one", &file, "S").unwrap_err();
    assert!(refused.contains("cannot be written"), "{refused}");
    let deep = inside.path().join("deep/er");
    assert!(made("one", &deep, "S").unwrap().ends_with("deep/er/one"));
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(deep.join("one/departmental.json")).unwrap())
            .unwrap();
    assert_eq!(manifest["id"], "one");
}

#[test]
fn suppliers_by_case() {
    let inside = tempfile::tempdir().unwrap();
    for supplier in ["", "  ", "two\nlines", &"x".repeat(121)] {
        let refused = made("one", inside.path(), supplier).unwrap_err();
        assert!(
            refused.starts_with("the supplier's name must be"),
            "{supplier}: {refused}"
        );
    }
    made("one", inside.path(), &"é".repeat(120)).unwrap();
}

#[test]
fn screens_of_the_templates_follow_their_schema() {
    let schema = include_str!("../../../../wit/schemas/screen-1.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut drawn = std::collections::BTreeMap::new();
    for file in FILES {
        let is_case = file.path.strip_prefix("cases/golden/");
        if is_case.is_none_or(|name| name.contains('/') || name == "budget.json") {
            continue;
        }
        let case: Value = serde_json::from_slice(file.bytes).unwrap();
        if case.get("open").is_none() {
            continue;
        }
        *drawn.entry(file.language).or_insert(0) += 1;
        let wrong: Vec<String> = validator
            .iter_errors(&case["answer"])
            .map(|it| format!("{}: {it}", it.instance_path()))
            .collect();
        assert!(
            wrong.is_empty(),
            "{} {}: {}",
            file.language,
            file.path,
            wrong.join("\n")
        );
    }
    for language in super::languages() {
        assert!(
            drawn.get(language) >= Some(&3),
            "{language}: {:?} screens in golden cases",
            drawn.get(language)
        );
    }
}
