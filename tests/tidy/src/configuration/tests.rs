//! Variables with and without their row, and reads in the wrong place.

use crate::code::Source;
use crate::configuration::{check_reads, check_rows};
use crate::{File, Tree};

fn whats(config: &str, readme: &str) -> String {
    let file = |path: &str, text: &str| File {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let tree = Tree {
        files: vec![
            file("README.md", readme),
            file("host/src/config.rs", config),
        ],
        root_names: vec![],
    };
    check_rows(&tree)
        .iter()
        .map(|it| format!("{}:{} {}", it.file, it.line, it.what))
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn each_variable_is_a_row_and_each_row_a_variable() {
    let table = [
        (
            "text(\"PALATINE_DATABASE\")",
            "| `PALATINE_DATABASE` | where |",
            "",
        ),
        (
            "\ntext(\"PALATINE_DATABASE\")",
            "It reads PALATINE_DATABASE.",
            "host/src/config.rs:2 `PALATINE_DATABASE` has no row in README.md",
        ),
        ("// \"PALATINE_OLD\"", "", ""),
        (
            "",
            "\n| `PALATINE_OLD` | gone |",
            "README.md:2 `PALATINE_OLD` is not read in host/src/config.rs",
        ),
        (
            "text(\"PALATINE_A\")",
            "| `PALATINE_AB` | x |",
            "host/src/config.rs:1 `PALATINE_A` has no row in README.md; README.md:1 `PALATINE_AB` is not read in host/src/config.rs",
        ),
        (
            "#[cfg(test)]\nmod tests {\n    const A: &str = \"PALATINE_TRY\";\n}",
            "",
            "",
        ),
    ];
    for (config, readme, expected) in table {
        assert_eq!(whats(config, readme), expected, "{config} / {readme}");
    }
}

#[test]
fn twenty_five_variables_are_allowed() {
    let config = |n: usize| {
        (0..n)
            .map(|i| format!("\"PALATINE_{i}\"\n"))
            .collect::<String>()
    };
    let readme = |n: usize| {
        (0..n)
            .map(|i| format!("| `PALATINE_{i}` | x |\n"))
            .collect::<String>()
    };
    assert_eq!(whats(&config(25), &readme(25)), "");
    assert_eq!(
        whats(&config(26), &readme(26)),
        "host/src/config.rs:1 26 environment variables are read; 25 are allowed"
    );
}

#[test]
fn the_environment_is_read_in_one_file() {
    let table = [
        (
            "host/gateway/src/auth.rs",
            "let a = std::env::var(\"A\");",
            1,
        ),
        ("host/src/config.rs", "let a = std::env::var(\"A\");", 0),
        (
            "host/gateway/src/auth/tests.rs",
            "let a = std::env::var(\"A\");",
            0,
        ),
        (
            "tests/xtask/src/main.rs",
            "let a = std::env::var(\"A\");",
            0,
        ),
        (
            "host/gateway/src/auth.rs",
            "let a = env!(\"CARGO_PKG_VERSION\");",
            0,
        ),
    ];
    for (path, text, findings) in table {
        assert_eq!(
            check_reads(&Source::read(path, text)).len(),
            findings,
            "{path}"
        );
    }
}
