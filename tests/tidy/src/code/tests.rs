//! That comments, strings and characters are told from code, and functions are found with their lines and docs.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::code::Source;

#[test]
fn words_in_comments_and_strings_are_not_code() {
    let table = [
        ("// forbidden\nlet a = 1;", false),
        ("/* a /* nested */ forbidden */ let a = 1;", false),
        ("let a = \"forbidden\";", false),
        ("let a = \"\\\"forbidden\";", false),
        ("let a = r#\"say \"forbidden\" \"#;", false),
        ("let a = br\"forbidden\";", false),
        ("let quote = '\"'; forbidden();", true),
        ("let escaped = '\\''; forbidden();", true),
        ("let mu = 'µ'; forbidden();", true),
        ("fn f<'a>(it: &'a str) { forbidden(it) }", true),
        ("let it = \"a string\"; forbidden();", true),
        ("let r = 1; forbidden(r);", true),
        ("unforbidden();", false),
    ];
    for (text, expected) in table {
        let source = Source::read("a.rs", text);
        assert_eq!(source.code.len(), text.len(), "{text}");
        assert_eq!(
            !source.lines_with("forbidden").is_empty(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn functions_are_found_with_their_lines_signature_and_docs() {
    let text = "/// Adds.\n#[expect(\n    clippy::all,\n    reason = \"why\"\n)]\npub fn add(\n    a: u8,\n) -> [u8; 2] {\n    // {\n    [a, 1]\n}\ntrait T { fn none(&self); }\n";
    let functions = Source::read("a.rs", text).functions();
    assert_eq!(functions.len(), 1);
    let add = functions.first().unwrap();
    assert_eq!(
        (add.name.as_str(), add.line, add.body_line, add.line_end),
        ("add", 6, 8, 11)
    );
    assert_eq!(add.docs, "Adds.");
    assert!(add.signature.contains("a: u8"));
}

#[test]
fn literals_keep_their_text_and_lines() {
    let source = Source::read(
        "a.rs",
        "let a = \"one\";\nlet b = r\"two\nthree\"; // \"four\"\n",
    );
    let seen: Vec<_> = source
        .literals
        .iter()
        .map(|l| (l.line, l.line_end, l.text.as_str()))
        .collect();
    assert_eq!(seen, [(1, 1, "one"), (2, 3, "two\nthree")]);
}

#[test]
fn inline_test_modules_are_found_and_declared_ones_are_not() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(test)]\nmod other;\n";
    assert_eq!(Source::read("a.rs", text).test_regions(), [(2, 5)]);
}
