//! Evidence that is whole, out of order, or missing.

use crate::evidence::check;
use crate::{File, Tree};

const WHOLE: &str = "/// Sum.\n///\n/// Returns: mmol/L.\n/// Takes: mmol/L. Refuses: below 0.\n/// Not for: x.\n/// Source: y. Reviewed: nobody.\n";

fn whats(files: &[(&str, &str)]) -> String {
    let file = |(path, text): &(&str, &str)| File {
        path: (*path).to_owned(),
        text: (*text).to_owned(),
    };
    let found = check(&Tree {
        files: files.iter().map(file).collect(),
        root_names: vec![],
    });
    found
        .iter()
        .map(|it| format!("{}:{} {}", it.file, it.line, it.what))
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn the_parts_are_there_and_in_order() {
    let table = [
        (WHOLE.to_owned(), ""),
        (WHOLE.replace("/// Not for: x.\n", ""), ""),
        (WHOLE.replace(" Refuses: below 0.", ""), ""),
        (
            WHOLE.replace("/// Returns: mmol/L.\n", ""),
            "lacks `Returns:` in its place",
        ),
        (
            WHOLE.replace("Takes: mmol/L.", ""),
            "lacks `Takes:` in its place",
        ),
        (
            WHOLE.replace(" Refuses: below 0.\n/// Not for: x.", ""),
            "lacks `Refuses: or Not for:` in its place",
        ),
        (
            WHOLE.replace("/// Source: y. Reviewed: nobody.\n", ""),
            "lacks `Source:` in its place",
        ),
        (
            WHOLE.replace(" Reviewed: nobody.", ""),
            "lacks `Reviewed:` in its place",
        ),
        (
            WHOLE.replace("Reviewed: nobody.", "Reviewed:"),
            "lacks `Reviewed:` in its place",
        ),
        (
            "/// Source: y.\n/// Returns: x.\n/// Takes: x. Refuses: z.\n".to_owned(),
            "lacks `Source:` in its place",
        ),
    ];
    for (docs, expected) in table {
        let text = format!("{docs}pub fn sum() {{}}\n");
        let files = [
            ("plugins/p/src/sum.rs", text.as_str()),
            ("plugins/p/cases/sum.txt", ""),
        ];
        let found = whats(&files);
        assert_eq!(found.is_empty(), expected.is_empty(), "{docs}: {found}");
        assert!(found.contains(expected), "{docs}: {found}");
    }
}

#[test]
fn a_rule_and_its_table_come_together() {
    let rule = format!("{WHOLE}pub fn sum() {{}}\n");
    assert_eq!(
        whats(&[("plugins/p/src/sum.rs", &rule)]),
        "plugins/p/src/sum.rs:7 the rule `sum` has no table of cases"
    );
    let lonely = "plugins/p/cases/sum.txt:1 this table belongs to no rule with evidence";
    assert_eq!(whats(&[("plugins/p/cases/sum.txt", "")]), lonely);
    assert_eq!(
        whats(&[
            ("plugins/p/cases/sum.txt", ""),
            ("plugins/p/src/sum.rs", "pub fn sum() {}")
        ]),
        lonely
    );
    assert_eq!(
        whats(&[(
            "plugins/p/src/screen/list.rs",
            "/// Lists.\npub fn list() {}"
        )]),
        ""
    );
}
