//! What is asked of a view as a document, and rows read back.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::rows::{Rows, ViewQuery};

#[test]
fn queries_by_case() {
    for (query, document) in [
        (ViewQuery::new(), json!({})),
        (
            ViewQuery::new()
                .search("code=x&_sort=-date")
                .offset(50)
                .count(25),
            json!({ "search": "code=x&_sort=-date", "offset": 50, "count": 25 }),
        ),
        (
            ViewQuery::new()
                .among("status", ["final", "amended"])
                .from("at", "2026-01-01")
                .until("value", 5)
                .page("0.abc")
                .present("unit")
                .descending("at")
                .ascending("id"),
            json!({
                "where": [
                    { "column": "status", "in": ["final", "amended"] }, { "column": "at", "from": "2026-01-01" },
                    { "column": "value", "until": 5 }, { "column": "unit", "absent": false },
                ],
                "order": [{ "column": "at", "descending": true }, { "column": "id" }],
                "page": "0.abc",
            }),
        ),
    ] {
        let found = query.to_json();
        assert_eq!(found, document);
        let file = format!("{}/../wit/schemas/view-1.json", env!("CARGO_MANIFEST_DIR"));
        let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert!(jsonschema::is_valid(&schema, &found), "{found}");
    }
}

#[test]
fn rows_are_read_with_their_digits() {
    let text =
        r#"{"rows":1,"columns":["id","value"],"values":[["a",1.50],["b",null]],"more":true}"#;
    let rows = Rows::from_json(serde_json::from_str(text).unwrap()).unwrap();
    assert!(rows.more && !rows.is_empty() && rows.len() == 2);
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.text("id"), row.decimal("value"), row.get("colour")))
        .collect();
    assert_eq!(
        found,
        [
            (Some("a"), Some("1.50".to_owned()), None),
            (Some("b"), None, None)
        ]
    );
}

#[test]
fn the_cells_of_a_row_are_those_with_a_value() {
    let document =
        json!({ "columns": ["a", "b", "c"], "values": [["x", null, [1]]], "more": false });
    let rows = Rows::from_json(document).unwrap();
    let cells: Vec<_> = rows.iter().flat_map(|row| row.cells()).collect();
    assert_eq!(cells, [("a", &json!("x")), ("c", &json!([1]))]);
}

#[test]
fn what_is_no_rows_is_refused() {
    for document in [
        json!(3),
        json!({ "columns": ["a"], "values": [[1]] }),
        json!({ "columns": ["a"], "values": [[1, 2]], "more": false }),
        json!({ "columns": [1], "values": [], "more": false }),
        json!({ "columns": ["a"], "values": [1], "more": false }),
        json!({ "columns": ["a"], "values": [], "more": true, "next": 3 }),
    ] {
        assert_eq!(
            Rows::from_json(document.clone()).unwrap_err().code,
            "fault",
            "{document}"
        );
    }
}

#[test]
fn cells_by_case() {
    for (written, read) in [
        ("null", Some("nothing")),
        ("true", Some("true")),
        ("false", Some("false")),
        ("0", Some("digits 0")),
        ("0.50", Some("digits 0.50")),
        ("12.0", Some("digits 12.0")),
        ("-3.10", Some("digits -3.10")),
        ("1.2e3", Some("digits 1.2e+3")),
        (" 7 ", Some("digits 7")),
        (r#""""#, Some("text ")),
        (r#""µmol/L""#, Some("text µmol/L")),
        (r#""a \"b\" \u00b5""#, Some("text a \"b\" µ")),
        (r#"["a", "b\n", 3, null]"#, Some("texts a|b\n")),
        ("[]", Some("texts ")),
        (r#"[["a"]]"#, Some("texts ")),
        (r#"{"a":1}"#, Some("document")),
        ("012", None),
        ("1.", None),
        ("1.2.3", None),
        ("+1", None),
        ("nul", None),
        ("\"a\nb\"", None),
        (r#""a"#, None),
        (r#"["a",]"#, None),
        (r#"["a" "b"]"#, None),
        ("", None),
    ] {
        let page = format!(
            r#"{{ "rows":1,"columns":["before","it","behind"],"values":[["x",{written},"y"]],"more":false }}"#
        );
        let rows = Rows::from_text(page);
        let found = rows.as_ref().ok().map(|rows| {
            let row = rows.iter().next().unwrap();
            assert_eq!(
                (row.text("behind"), row.text("before")),
                (Some("y"), Some("x"))
            );
            // What is told of a cell in the quick way is what its document says.
            let document: Value = serde_json::from_str(written).unwrap();
            assert_eq!(
                row.get("it").cloned().unwrap_or_default(),
                document,
                "{written}"
            );
            match (row.flag("it"), row.digits("it"), row.text("it"), &document) {
                (Some(flag), None, None, _) => flag.to_string(),
                (None, Some(digits), None, _) => format!("digits {digits}"),
                (None, None, Some(text), _) => format!("text {text}"),
                (None, None, None, Value::Array(_)) => {
                    format!("texts {}", row.texts("it").collect::<Vec<_>>().join("|"))
                }
                (None, None, None, Value::Object(_)) => "document".to_owned(),
                other => {
                    assert_eq!(other, (None, None, None, &Value::Null), "{written}");
                    "nothing".to_owned()
                }
            }
        });
        assert_eq!(found.as_deref(), read, "{written}");
    }
}
