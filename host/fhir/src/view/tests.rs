//! Views: what they make of resources, and what is refused.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![expect(clippy::print_stderr, reason = "what was left out is said in one line")]

use serde_json::{Value, json};

use super::View;
use crate::resource::Resource;

/// The rows of every resource as objects; what is wrong as text.
fn rows(view: &Value, resources: &[Value]) -> Result<Vec<Value>, String> {
    let view = View::parse(view).map_err(|why| why.to_string())?;
    let mut all = Vec::new();
    for resource in resources {
        let resource = Resource::from_value(resource.clone()).unwrap();
        for row in view.rows(&resource).map_err(|why| why.to_string())? {
            assert_eq!(row.len(), view.columns().len());
            let names = view.columns().iter().map(|column| column.name.clone());
            all.push(Value::Object(names.zip(row).collect()));
        }
    }
    Ok(all)
}

/// Numbers by their size, and members in any order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("{}", number.as_f64().unwrap()),
        Value::Array(items) => format!("{:?}", items.iter().map(canonical).collect::<Vec<_>>()),
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", canonical(value)))
                .collect();
            members.sort();
            format!("{members:?}")
        }
        plain => plain.to_string(),
    }
}

fn in_any_order(rows: &[Value]) -> Vec<String> {
    let mut all: Vec<String> = rows.iter().map(canonical).collect();
    all.sort();
    all
}

#[test]
fn published_cases() {
    let Ok(data) = std::env::var("PALATINE_DATA") else {
        eprintln!("left out: the cases of SQL on FHIR, since PALATINE_DATA is not set");
        return;
    };
    let mut ran = 0;
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(format!("{data}/sql-on-fhir")).unwrap() {
        let suite: Value =
            serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        let (Some(resources), Some(cases)) =
            (suite["resources"].as_array(), suite["tests"].as_array())
        else {
            continue;
        };
        for case in cases {
            ran += 1;
            let found = rows(&case["view"], resources);
            let right = match &found {
                Err(_) => case["expectError"] == json!(true),
                Ok(found) => {
                    let expected = case["expect"].as_array().map(|rows| in_any_order(rows));
                    let count = case["expectCount"]
                        .as_u64()
                        .map(|count| count == found.len() as u64);
                    let names = case["expectColumns"].as_array().map(|names| {
                        View::parse(&case["view"])
                            .unwrap()
                            .columns()
                            .iter()
                            .map(|column| json!(column.name))
                            .eq(names.iter().cloned())
                    });
                    case["expectError"] != json!(true)
                        && expected.is_none_or(|expected| expected == in_any_order(found))
                        && count.unwrap_or(true)
                        && names.unwrap_or(true)
                }
            };
            if !right {
                wrong.push(format!("{} / {}: {found:?}", suite["title"], case["title"]));
            }
        }
    }
    assert!(ran >= 72, "{ran} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn questionnaire() -> Value {
    json!({
        "resourceType": "QuestionnaireResponse", "id": "q", "status": "completed",
        "item": [
            { "linkId": "1", "item": [{ "linkId": "1.1" }, { "linkId": "1.2", "item": [{ "linkId": "1.2.1" }] }] },
            { "linkId": "2", "answer": [{ "valueString": "x", "item": [{ "linkId": "2.1" }] }] }
        ]
    })
}

fn patient() -> Value {
    json!({
        "resourceType": "Patient", "id": "p", "active": true, "birthDate": "1945-07",
        "name": [{ "family": "Jones", "given": ["Ann", "Bea"] }, { "family": "Smith" }],
        "telecom": [{ "system": "phone", "value": "1" }, { "system": "email", "value": "2" }],
        "managingOrganization": { "reference": "https://other.example/fhir/Organization/o/_history/3" },
        "multipleBirthInteger": 2
    })
}

fn observation() -> Value {
    json!({
        "resourceType": "Observation", "id": "o", "status": "final", "code": { "text": "x" },
        "effectiveDateTime": "2010-10-10", "valueQuantity": { "value": 1.0 },
        "component": [{ "code": { "text": "y" }, "valueTime": "12:34" }]
    })
}

/// A selection, and what it makes of the resource.
fn selections() -> Vec<(Value, Value, Value)> {
    let column = |name: &str, path: &str| json!({ "name": name, "path": path });
    vec![
        (
            questionnaire(),
            json!([{ "repeat": ["item", "answer.item"], "column": [column("link", "linkId")] }]),
            json!([{ "link": "1" }, { "link": "1.1" }, { "link": "1.2" }, { "link": "1.2.1" }, { "link": "2" }, { "link": "2.1" }]),
        ),
        (
            patient(),
            json!([{ "forEach": "name", "column": [column("row", "%rowIndex"), column("family", "family"),
                column("given", "given.join(' ')")] }]),
            json!([{ "row": 0, "family": "Jones", "given": "Ann Bea" }, { "row": 1, "family": "Smith", "given": "" }]),
        ),
        (
            patient(),
            json!([{ "column": [column("key", "getResourceKey()"),
                column("organisation", "managingOrganization.getReferenceKey(Organization)"),
                column("practitioner", "managingOrganization.getReferenceKey(Practitioner)")] }]),
            json!([{ "key": "Patient/p", "organisation": "Organization/o", "practitioner": null }]),
        ),
        (
            patient(),
            json!([{ "column": [column("low", "birthDate.lowBoundary()"), column("high", "birthDate.highBoundary()"),
                column("old", "birthDate < @1950-01-01"), column("later", "birthDate >= @1950"),
                column("first", "multipleBirth.ofType(integer).lowBoundary()")] }]),
            json!([{ "low": "1945-07-01", "high": "1945-07-31", "old": true, "later": false, "first": 1.5 }]),
        ),
        (
            observation(),
            json!([{ "column": [column("low", "value.ofType(Quantity).value.lowBoundary()"),
                column("high", "value.ofType(Quantity).value.highBoundary()"),
                column("from", "effective.ofType(dateTime).lowBoundary()"),
                column("to", "effective.ofType(dateTime).highBoundary()"),
                column("clock", "component.value.ofType(time).highBoundary()"),
                column("sum", "0.1 + 0.2")] }]),
            json!([{ "low": 0.95, "high": 1.05, "from": "2010-10-10T00:00:00.000+14:00",
                "to": "2010-10-10T23:59:59.999-12:00", "clock": "12:34:59.999", "sum": 0.3 }]),
        ),
        (
            patient(),
            json!([{ "unionAll": [
                { "forEach": "telecom", "column": [column("v", "value")] },
                { "forEachOrNull": "contact", "column": [column("v", "name.family")] },
            ] }]),
            json!([{ "v": "1" }, { "v": "2" }, { "v": null }]),
        ),
        (
            patient(),
            json!([{ "column": [{ "name": "all", "path": "name.given", "collection": true },
                { "name": "none", "path": "contact.name.family", "collection": true }] }]),
            json!([{ "all": ["Ann", "Bea"], "none": [] }]),
        ),
    ]
}

#[test]
fn selections_make_rows_in_order() {
    for (resource, select, expected) in selections() {
        let view = json!({ "resource": resource["resourceType"], "select": select });
        let found = rows(&view, &[resource]).map(Value::Array);
        let found = found.as_ref().map(canonical);
        assert_eq!(found, Ok(canonical(&expected)), "{select}");
    }
}

/// A view, and why it is none or has no rows of the patient.
fn refused() -> Vec<(Value, &'static str)> {
    let of = |select: Value| json!({ "resource": "Patient", "select": select });
    let id = json!({ "name": "id", "path": "id" });
    let constant = |kind: &str, value: Value| json!({ "resource": "Patient", "select": [{ "column": [id] }], "constant": [{ "name": "c", kind: value }] });
    vec![
        (json!(3), "ViewDefinition: write an object"),
        (
            json!({ "resourceType": "Patient" }),
            "ViewDefinition: it is a Patient",
        ),
        (
            json!({ "resource": "Person2", "select": [] }),
            "ViewDefinition.resource: Person2 is no type",
        ),
        (
            json!({ "resource": "Patient" }),
            "ViewDefinition: `select` is missing",
        ),
        (
            of(json!([{ "forEach": "name" }])),
            "ViewDefinition.select[0]: it has no column",
        ),
        (
            of(json!([{ "column": [id, id] }])),
            "ViewDefinition: two columns are called `id`",
        ),
        (
            of(json!([{ "column": [{ "name": "1d", "path": "id" }] }])),
            "ViewDefinition.select[0].column[0].name: write a letter",
        ),
        (
            of(json!([{ "column": [{ "name": "d", "path": "id(" }] }])),
            "ViewDefinition.select[0].column[0].path: ",
        ),
        (
            of(json!([{ "forEech": "name", "column": [id] }])),
            "ViewDefinition.select[0]: `forEech` has no meaning here",
        ),
        (
            of(json!([{ "forEach": "name", "forEachOrNull": "name", "column": [id] }])),
            "ViewDefinition.select[0]: write one of forEach and forEachOrNull",
        ),
        (
            of(
                json!([{ "unionAll": [{ "column": [id] }, { "column": [{ "name": "x", "path": "id" }] }] }]),
            ),
            "ViewDefinition.select[0].unionAll[1]: the branches of a union have the same columns",
        ),
        (
            of(json!([{ "column": [{ "name": "n", "path": "name.family" }] }])),
            "column `n` takes one value and found 2",
        ),
        (
            of(json!([{ "column": [{ "name": "n", "path": "name.first()" }] }])),
            "column `n` found HumanName",
        ),
        (
            of(json!([{ "column": [{ "name": "n", "path": "name.single()" }] }])),
            "column `n`: ",
        ),
        (
            json!({ "resource": "Patient", "select": [{ "column": [id] }], "where": [{ "path": "birthDate" }] }),
            "`where` must give true, false or nothing: `birthDate`",
        ),
        (
            constant("valueInteger", json!("x")),
            "ViewDefinition.constant[0].valueInteger: it is no value",
        ),
        (
            constant("valueDate", json!("2026-02-30")),
            "ViewDefinition.constant[0].valueDate: there is no such day",
        ),
        (
            constant("valueDate", json!("2026-02-28T10:00:00Z")),
            "ViewDefinition.constant[0].valueDate: not a date; write 2024,",
        ),
        (
            constant("valueDateTime", json!("yesterday")),
            "ViewDefinition.constant[0].valueDateTime: not a date; write 2024,",
        ),
        (
            constant("valueInstant", json!("2026-02-28")),
            "ViewDefinition.constant[0].valueInstant: not a date; write 2024-05-01T",
        ),
        (
            constant("valuePositiveInt", json!(0)),
            "ViewDefinition.constant[0].valuePositiveInt: write 1 or more",
        ),
        (
            constant("valueUnsignedInt", json!(-1)),
            "ViewDefinition.constant[0].valueUnsignedInt: write 0 or more",
        ),
    ]
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (view, why) in refused() {
        let found = rows(&view, &[patient()]).unwrap_err();
        assert!(found.starts_with(why), "{view}: {found}");
    }
}

#[test]
fn rows_do_not_multiply_without_end() {
    let many: Vec<Value> = (0..200)
        .map(|n| json!({ "family": n.to_string() }))
        .collect();
    let patient = json!({ "resourceType": "Patient", "id": "p", "name": many });
    let each =
        |name: &str| json!({ "forEach": "name", "column": [{ "name": name, "path": "family" }] });
    let view = json!({ "resource": "Patient", "select": [each("a"), each("b")] });
    let found = rows(&view, &[patient]).unwrap_err();
    assert_eq!(found, "one resource gives more than 10000 rows");
}

#[test]
fn a_number_of_endless_digits_has_no_boundary() {
    let text = format!(
        r#"{{"resourceType":"Observation","id":"o","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":1.{}}}}}"#,
        "5".repeat(70_000)
    );
    let resource = Resource::parse(text.as_bytes()).unwrap();
    let view = json!({ "resource": "Observation", "select": [{ "column": [
        { "name": "low", "path": "value.ofType(Quantity).value.lowBoundary()" },
    ] }] });
    let rows = View::parse(&view).unwrap().rows(&resource).unwrap();
    assert_eq!(rows, [[Value::Null]]);
}

#[test]
fn repeat_goes_down_so_far_only() {
    let mut item = json!({ "linkId": "last" });
    for _ in 0..20 {
        item = json!({ "linkId": "x", "item": [item] });
    }
    let response = json!({ "resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "item": [item] });
    let view = json!({ "resource": "QuestionnaireResponse",
        "select": [{ "repeat": ["item"], "column": [{ "name": "link", "path": "linkId" }] }] });
    let found = rows(&view, &[response]).unwrap_err();
    assert_eq!(found, "`repeat` goes down more than 12 levels");
}

/// The views of a departmental of this workspace, by their names.
fn views_of(manifest: &str) -> Vec<(String, Value)> {
    let file = format!("{}/../../{manifest}", env!("CARGO_MANIFEST_DIR"));
    let manifest: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let views = manifest["views"].as_array().unwrap().iter();
    views
        .map(|it| (it["id"].as_str().unwrap().to_owned(), it["view"].clone()))
        .collect()
}

#[test]
fn the_views_of_our_departmentals_compile() {
    for manifest in [
        "plugins/pathology/departmental.json",
        "sdk/example/departmental.json",
    ] {
        for (id, view) in views_of(manifest) {
            let view = View::parse(&view);
            assert!(view.is_ok(), "{manifest} {id}: {:?}", view.err());
        }
    }
}

#[test]
fn a_laboratory_result_gives_what_was_written() {
    let views = views_of("plugins/pathology/departmental.json");
    let (_, view) = views.iter().find(|(id, _)| id == "results").unwrap();
    let text = r#"{"resourceType":"Observation","id":"o","meta":{"versionId":"3"},"status":"final",
        "code":{"coding":[{"system":"http://loinc.org","code":"2160-0","display":"Creatinine"},{"display":"Cr"}],"text":"Creatinine"},
        "effectivePeriod":{"start":"2026-11-20T08:00:00Z"},"encounter":{"reference":"Encounter/e"},
        "note":[{"text":"Haemolysed"},{"text":"Repeat"}],
        "valueQuantity":{"value":5.10,"comparator":"<","unit":"umol/L","code":"umol/L"},
        "interpretation":[{"coding":[{"code":"H"},{"code":"HH"}]}],
        "referenceRange":[{"type":{"coding":[{"code":"critical"}]},"low":{"value":1}},{"low":{"value":3.50,"unit":"umol/L"},"text":"of adults"}],
        "component":[{"code":{"text":"Part"},"dataAbsentReason":{"coding":[{"code":"masked"}]}}]}"#;
    let found = rows(view, &[serde_json::from_str(text).unwrap()]).unwrap();
    let with_value = |row: &Value| {
        let cells = row.as_object().unwrap().iter();
        let cells = cells.filter(|(_, cell)| {
            let is_empty = cell.as_array().is_some_and(Vec::is_empty);
            !cell.is_null() && !is_empty && **cell != json!(false)
        });
        let mut cells: Vec<String> = cells.map(|(name, cell)| format!("{name}={cell}")).collect();
        cells.sort();
        cells.join(" ")
    };
    let both = r#"encounter="Encounter/e" has_parts=true"#;
    let notes = r#"notes=["Haemolysed","Repeat"]"#;
    let rest = r#"status="final" taken_from="2026-11-20T08:00:00Z""#;
    let expected = [
        format!(
            r#"codings=["http://loinc.org  2160-0  Creatinine","    Cr"] comparator="<" {both} has_quantity=true id="o" interpretations=["H","HH"] name="Creatinine" {notes} quantity=5.10 range_low=3.50 range_low_unit="umol/L" range_text="of adults" {rest} unit="umol/L" unit_code="umol/L" version="3""#
        ),
        format!(
            r#"absent="masked" {both} id="o" is_part=true name="Part" {notes} {rest} version="3""#
        ),
    ];
    assert_eq!(found.iter().map(with_value).collect::<Vec<_>>(), expected);
}
