//! Names that are refused, and the nearest that are not.

use crate::names::check;
use crate::{File, Tree};

fn whats(root: &[&str], files: &[(&str, &str)]) -> Vec<String> {
    let file = |(path, text): &(&str, &str)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    let tree = Tree {
        files: files.iter().map(file).collect(),
        root_names: root.iter().map(|name| (*name).to_owned()).collect(),
    };
    check(&tree)
        .iter()
        .map(|it| format!("{}:{} {}", it.file, it.line, it.what))
        .collect()
}

#[test]
fn the_root_holds_eight_names_and_dotfiles() {
    let fine = [
        "Cargo.toml",
        "Cargo.lock",
        "host",
        "wit",
        "plugins",
        "sdk",
        "registry",
        "tests",
        "README.md",
        ".ci",
        "target",
    ];
    assert!(whats(&fine, &[]).is_empty());
    assert_eq!(whats(&["docs"], &[]), ["docs:1 `docs` stands at the root"]);
}

#[test]
fn files_and_modules_have_names_that_say_something() {
    let table = [
        ("host/care/src/bed.rs", "mod ward;", ""),
        (
            "host/care/src/bed/mod.rs",
            "",
            "host/care/src/bed/mod.rs:1 a file is called `mod.rs`",
        ),
        (
            "host/care/src/utils.rs",
            "",
            "host/care/src/utils.rs:1 `utils` says nothing of what it holds",
        ),
        (
            "host/common/src/bed.rs",
            "",
            "host/common/src/bed.rs:1 `common` says nothing of what it holds",
        ),
        (
            "host/care/src/bed.rs",
            "\nmod helpers {}",
            "host/care/src/bed.rs:2 `helpers` says nothing of what it holds",
        ),
        ("host/care/src/bed.rs", "// mod helpers", ""),
        ("host/care/src/uncommon.rs", "", ""),
    ];
    for (path, text, expected) in table {
        assert_eq!(
            whats(&[], &[(path, text)]).join("; "),
            expected,
            "{path} {text}"
        );
    }
}

#[test]
fn the_host_names_no_departmental() {
    let table = [
        (
            "host/src/main.rs",
            "let id = \"audiology\";",
            "host/src/main.rs:1 the host names the departmental `audiology`",
        ),
        (
            "host/src/main.rs",
            "\n// as Audiology does",
            "host/src/main.rs:2 the host names the departmental `audiology`",
        ),
        ("host/src/main.rs", "let id = \"audiologyx\";", ""),
        ("host/src/bed/tests.rs", "let id = \"audiology\";", ""),
        (
            "host/src/bed.rs",
            "#[cfg(test)]\nmod tests {\n    const A: &str = \"audiology\";\n}",
            "",
        ),
        ("tests/xtask/src/main.rs", "let id = \"audiology\";", ""),
    ];
    for (path, text, expected) in table {
        let files = [("plugins/audiology/departmental.json", "{}"), (path, text)];
        assert_eq!(whats(&[], &files).join("; "), expected, "{path} {text}");
    }
}

#[test]
fn package_registries_are_not_named() {
    let host = concat!("pypi", ".org");
    let text = format!("\nfetch https://{host}/simple");
    assert_eq!(
        whats(&[], &[("README.md", &text)]),
        [format!(
            "README.md:2 the package registry `{host}` is named"
        )]
    );
    assert!(whats(&[], &[("Cargo.lock", &text)]).is_empty());
    assert!(whats(&[], &[("README.md", "the registry of the region")]).is_empty());
}
