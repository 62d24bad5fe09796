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
