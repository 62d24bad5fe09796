//! Each bound at its limit and one past it.

use crate::code::Source;
use crate::shape::check;

fn whats(path: &str, text: &str) -> Vec<String> {
    check(&Source::read(path, text))
        .into_iter()
        .map(|finding| finding.what)
        .collect()
}

fn function(lines_inside: usize) -> String {
    format!(
        "//! Sample.\nfn long() {{\n{}}}\n",
        "    step();\n".repeat(lines_inside)
    )
}

fn handler(arguments: &str, lines_inside: usize) -> String {
    format!(
        "//! Sample.\nasync fn file({arguments}) {{\n    // Why.\n\n{}}}\n",
        "    step();\n".repeat(lines_inside)
    )
}

#[test]
fn a_file_opens_with_a_sentence_about_itself() {
    for (text, findings) in [
        ("//! Beds.\n", 0),
        ("//!\n//! Beds.\n", 1),
        ("use a;\n//! Beds.\n", 1),
        ("", 1),
    ] {
        assert_eq!(whats("host/a.rs", text).len(), findings, "{text:?}");
    }
}

#[test]
fn a_file_has_at_most_400_lines_without_its_tests() {
    let file = |lines: usize| format!("//! Sample.\n{}", "const A: u8 = 1;\n".repeat(lines - 1));
    let tests = "#[cfg(test)]\nmod tests {\n    const B: u8 = 1;\n}\n";
    assert!(whats("host/a.rs", &file(400)).is_empty());
    assert_eq!(
        whats("host/a.rs", &file(401)),
        ["the file has 401 lines without its tests; 400 are allowed"]
    );
    assert!(whats("host/a.rs", &(file(400) + tests)).is_empty());
    assert!(whats("host/a/tests.rs", &file(401)).is_empty());
    assert!(whats("host/a/tests/suite.rs", &file(401)).is_empty());
    assert!(!whats("tests/xtask/src/main.rs", &file(401)).is_empty());
}

#[test]
fn a_function_has_at_most_70_lines() {
    assert!(whats("host/a.rs", &function(68)).is_empty());
    assert_eq!(
        whats("host/a.rs", &function(69)),
        ["`long` has 71 lines; 70 are allowed"]
    );
}

#[test]
fn rows_of_a_table_count_only_outside_tests() {
    let table = format!(
        "//! Sample.\nfn rows() {{\n    check(\"\n{}    \");\n}}\n",
        "row\n".repeat(80)
    );
    assert!(whats("host/a/tests.rs", &table).is_empty());
    assert_eq!(
        whats("host/a.rs", &table),
        ["`rows` has 84 lines; 70 are allowed"]
    );
    let list = format!(
        "//! Sample.\nfn rows() {{\n    for row in [\n{}    ] {{\n{}    }}\n}}\n",
        "[1],\n".repeat(80),
        "check(row);\n".repeat(65)
    );
    assert!(whats("host/a/tests.rs", &list).is_empty());
    assert_eq!(
        whats("host/a.rs", &list),
        ["`rows` has 150 lines; 70 are allowed"]
    );
    let longer = list.replacen("check", "check(row);\ncheck", 1);
    assert_eq!(
        whats("host/a/tests.rs", &longer),
        ["`rows` has 71 lines; 70 are allowed"]
    );
}

#[test]
fn a_handler_has_at_most_10_lines_of_body() {
    let arguments = "State(record): State<Record>, caller: Caller";
    assert!(whats("host/gateway/src/bed.rs", &handler(arguments, 10)).is_empty());
    assert_eq!(
        whats("host/gateway/src/bed.rs", &handler(arguments, 11)),
        ["the body of handler `file` has 11 lines; 10 are allowed"]
    );
    assert!(
        whats(
            "host/gateway/src/bed.rs",
            &handler("caller: &Caller, path: Path", 11)
        )
        .is_empty()
    );
    let layer = "State(record): State<Record>, request: Request, next: Next";
    assert!(whats("host/gateway/src/bed.rs", &handler(layer, 11)).is_empty());
    assert!(whats("host/record/src/bed.rs", &handler(arguments, 11)).is_empty());
    assert!(whats("host/gateway/src/bed/tests.rs", &handler(arguments, 11)).is_empty());
}
