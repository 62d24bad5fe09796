//! Paths, and what they yield.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use proptest::prelude::*;
use serde_json::json;

use super::Expression;
use super::item::Item;
use crate::resource::Resource;

fn example() -> Resource {
    Resource::from_value(json!({
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": { "coding": [{ "system": "a", "code": "1" }, { "system": "b", "code": "2" }], "text": "Text" },
        "subject": { "reference": "Patient/1" },
        "performer": [{ "reference": "Practitioner/1" }, { "reference": "#c" }, { "reference": "urn:x", "type": "CareTeam" }],
        "effectiveDateTime": "2024-05-01",
        "issued": "2024-05-01T10:30:00Z",
        "valueQuantity": { "value": 1.50, "unit": "mg" },
        "component": [
            { "code": { "text": "x" }, "valueInteger": 1 },
            { "code": { "text": "y" }, "valueString": "s" },
            { "code": { "text": "z" }, "valueBoolean": false }
        ],
        "contained": [{ "resourceType": "Organization", "id": "c", "name": "Ward" }],
        "_status": { "extension": [{ "url": "urn:e", "valueCode": "why" }] },
        "note": [{ "text": "one" }, { "text": "two" }]
    }))
    .unwrap()
}

/// Every item as text, or the error.
fn yielded(text: &str) -> String {
    let resource = example();
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return format!("refused: {error}"),
    };
    let shown = |item: &Item<'_>| match item {
        Item::Element(element) => element.value.to_string(),
        Item::Resolved {
            resource_type,
            reference,
        } => format!("{resource_type:?} {reference}"),
        Item::Boolean(value) => value.to_string(),
        Item::Integer(value) => value.to_string(),
        Item::Decimal(value) => value.to_string(),
        Item::Text(text) => format!("{text:?}"),
        Item::Moment(text, _) => format!("@{text}"),
    };
    match expression.evaluate(&resource) {
        Ok(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        Err(error) => format!("error: {error}"),
    }
}

const PATHS: &[(&str, &str)] = &[
    ("Observation.status", "\"final\""),
    ("status", "\"final\""),
    ("Patient.status", ""),
    ("Resource.id", "\"o\""),
    ("DomainResource.id", "\"o\""),
    ("code.coding.code", "\"1\" \"2\""),
    ("code.coding[1].code", "\"2\""),
    ("code.coding[2].code", ""),
    ("`code`.`text`", "\"Text\""),
    ("value.unit", "\"mg\""),
    ("valueQuantity.unit", ""),
    ("value.value", "1.5"),
    ("(Observation.value as Quantity).unit", "\"mg\""),
    ("Observation.value.as(Quantity).unit", "\"mg\""),
    ("value.ofType(FHIR.Quantity).unit", "\"mg\""),
    ("value as Range", ""),
    ("value is Quantity", "true"),
    ("value is Element", "true"),
    ("value is Age", "false"),
    ("effective.as(DateTime)", "\"2024-05-01\""),
    ("effective.as(dateTime)", "\"2024-05-01\""),
    ("effective as Period", ""),
    ("component.value", "1 \"s\" false"),
    ("component.value.ofType(string)", "\"s\""),
    ("component.value.ofType(System.Integer)", "1"),
    ("status is string", "true"),
    ("status is uri", "false"),
    ("component.where(value is boolean).code.text", "\"z\""),
    ("component.where(value = 1).code.text", "\"x\""),
    (
        "component[0].code.text | component[1].code.text | 'x'",
        "\"x\" \"y\"",
    ),
    ("code.coding.where(system = 'b').code", "\"2\""),
    (
        "subject.where(resolve() is Patient)",
        "{\"reference\":\"Patient/1\"}",
    ),
    ("subject.where(resolve() is Group)", ""),
    (
        "performer.resolve()",
        "Some(Practitioner) Practitioner/1 {\"resourceType\":\"Organization\",\"id\":\"c\",\"name\":\"Ward\"} Some(CareTeam) urn:x",
    ),
    ("performer.resolve().ofType(Organization).name", "\"Ward\""),
    ("contained.name", "\"Ward\""),
    ("status.extension.value", "\"why\""),
    ("status.extension('urn:e').value", "\"why\""),
    ("status.extension('urn:f')", ""),
    ("code.exists()", "true"),
    ("note.exists(text = 'two')", "true"),
    ("note.all(text = 'two')", "false"),
    ("bodySite.empty()", "true"),
    ("note.count()", "2"),
    ("note.text.first()", "\"one\""),
    ("note.text.last()", "\"two\""),
    ("note.text.tail()", "\"two\""),
    ("note.text.skip(1)", "\"two\""),
    ("note.text.take(1)", "\"one\""),
    ("note.select(text)", "\"one\" \"two\""),
    ("note.where($index = 1).text", "\"two\""),
    ("note.text.where($this = 'one')", "\"one\""),
    ("note.text.combine(note.text).distinct().count()", "2"),
    (
        "note.text.single()",
        "error: `single` needs one item but was given several",
    ),
    ("status.startsWith('fin') and status.endsWith('al')", "true"),
    ("status.contains('x')", "false"),
    ("status.length()", "5"),
    ("status.upper()", "\"FINAL\""),
    ("%resource.id", "\"o\""),
    ("iif(status = 'final', 'yes', 'no')", "\"yes\""),
    ("status != 'final'", "false"),
    ("bodySite != 'x'", ""),
    ("status in ('a' | 'final')", "true"),
    ("('a' | 'final') contains status", "true"),
    ("value.value = 1.5", "true"),
    ("value.value > 1 and value.value <= 1.50", "true"),
    (
        "status > 1",
        "error: `>` was given an item of a type that it does not take",
    ),
    ("1 + 2 * 3 - 4 div 3", "6"),
    ("-(1 + 2)", "-3"),
    ("- -1", "1"),
    ("5 mod 3", "2"),
    ("5 / 2", "2.5"),
    ("5 / 0", ""),
    ("5 div 0", ""),
    ("9223372036854775807 + 1", ""),
    ("'a' & {} & 'b'", "\"ab\""),
    ("'a' + 'b'", "\"ab\""),
    ("'it\\'s \\u0041'", "\"it's A\""),
    ("{}", ""),
    ("true and {}", ""),
    ("false and {}", "false"),
    ("true or {}", "true"),
    ("false or {}", ""),
    ("true xor {}", ""),
    ("true xor false", "true"),
    ("{} implies true", "true"),
    ("false implies {}", "true"),
    ("true implies false", "false"),
    ("(status = 'final').not()", "false"),
    ("bodySite.not()", ""),
    (
        "note.text and true",
        "error: `and, or` needs one item but was given several",
    ),
    ("Observation.descendants().where($this = 'mg').count()", "1"),
    ("status.hasValue()", "true"),
    ("status.matches('^fin')", "true"),
    ("status.matches('^in')", "false"),
    ("bodySite.text.matches('a')", ""),
    ("status.replaceMatches('[aeiou]', '-')", "\"f-n-l\""),
    ("status.substring(2)", "\"nal\""),
    ("status.substring(2, 1)", "\"n\""),
    ("status.substring(5)", ""),
    ("status.substring(-1)", ""),
    ("status.indexOf('nal')", "2"),
    ("status.indexOf('x')", "-1"),
    ("status.replace('final', 'x')", "\"x\""),
    ("value.value.toString()", "\"1.5\""),
    ("'12'.toInteger() + 1", "13"),
    ("'1x'.toInteger()", ""),
    ("'1.5'.toDecimal()", "1.5"),
    ("status.trace('x')", "\"final\""),
    ("note.text.isDistinct()", "true"),
    ("note.text.combine('one').isDistinct()", "false"),
    ("note.text.intersect('two' | 'three')", "\"two\""),
    ("note.text.exclude('two' | 'three')", "\"one\""),
    ("note.text.subsetOf('one' | 'two' | 'three')", "true"),
    ("note.text.supersetOf('one')", "true"),
    ("note.select(text = 'one').allTrue()", "false"),
    ("note.select(text = 'one').anyTrue()", "true"),
    ("note.select(text = 'x').allFalse()", "true"),
    ("note.select(text = 'x').anyFalse()", "true"),
    ("bodySite.iif(empty(), 'none', 'some')", "\"none\""),
    ("code.iif(empty(), 'none', 'some')", "\"some\""),
    (
        "code.coding.where(system = 'a').select(%context.status)",
        "\"final\"",
    ),
    ("contained.select(%rootResource.status)", "\"final\""),
    ("%ucum", "\"http://unitsofmeasure.org\""),
    ("issued >= issued", "true"),
    ("issued > effective", ""),
    ("status ~ 'FINAL'", "true"),
    ("bodySite ~ {}", "true"),
    ("status !~ 'x'", "true"),
    ("effective = @2024-05-01", "true"),
    ("effective > @2024-04", "true"),
    ("issued < @2024-05-01T10:30:01Z", "true"),
    ("issued < @2024-05-01T10:30:00.001Z", ""),
    ("issued.lowBoundary() = issued.highBoundary()", "false"),
    ("issued.highBoundary()", "@2024-05-01T10:30:00.999Z"),
    ("@2024-02.highBoundary()", "@2024-02-29"),
    ("@2024T.lowBoundary(17)", "@2024-01-01T00:00:00.000+14:00"),
    ("@2024-02-03.highBoundary(6)", "@2024-02"),
    ("@T10:30.highBoundary()", "\"10:30:59.999\""),
    ("1.587.lowBoundary(2)", "1.58"),
    ("1.587.highBoundary(2)", "1.59"),
    ("1.587.lowBoundary(8)", "1.5865"),
    ("1.587.highBoundary(29)", ""),
    ("1.587.highBoundary(-1)", ""),
    ("bodySite.lowBoundary()", ""),
    ("getResourceKey()", "\"Observation/o\""),
    ("code.getResourceKey()", ""),
    ("subject.getReferenceKey()", "\"Patient/1\""),
    ("performer.getReferenceKey()", "\"Practitioner/1\""),
    ("performer.getReferenceKey(Group)", ""),
    ("note.text.join('; ')", "\"one; two\""),
    ("note.text.join()", "\"onetwo\""),
    ("bodySite.text.join(',')", "\"\""),
    ("%rowIndex", "0"),
    ("(1 | 2) ~ (2 | 1)", "true"),
];

#[test]
fn paths_by_case() {
    for &(text, expected) in PATHS {
        assert_eq!(yielded(text), expected, "{text}");
    }
}

#[test]
fn what_is_refused_and_why() {
    for (text, expected) in [
        ("", "the path ends too early at character 1"),
        ("a.", "expected a name after `.` at character 3"),
        ("a..b", "expected a name after `.` at character 3"),
        (
            "a b",
            "something that does not continue the path at character 3",
        ),
        ("(a", "expected `)` at character 3"),
        ("a[1", "expected `]` at character 4"),
        ("a.where()", "`where()` was given 0 arguments"),
        ("a.where(b", "expected `,` at character 10"),
        (
            "a.frobnicate()",
            "`frobnicate()` is not done here at character 3",
        ),
        ("a is Nothing", "`Nothing` is not a type at character 6"),
        ("'a", "a quote that is not closed at character 1"),
        ("'\\x'", "an unknown escape in a quoted text"),
        (
            "a = @2024-13",
            "a malformed date: there is no such month at character 5",
        ),
        ("4 'mg'", "quantities written in a path are not done here"),
        ("99999999999999999999", "an integer out of range"),
        ("a # b", "`#` has no meaning in a path at character 3"),
        ("é", "`é` has no meaning in a path at character 1"),
        ("a and", "the path ends too early"),
        ("%nothing", "`%nothing` is not known here at character 1"),
        (
            "a.matches(b)",
            "`matches()` takes a pattern in quotes at character 11",
        ),
        (
            "a.matches('(')",
            "a pattern that is malformed or too large at character 11",
        ),
        (
            "a.matches('(?=a)')",
            "a pattern that is malformed or too large",
        ),
        (
            "a.matches('(a{1000}){1000}')",
            "a pattern that is malformed or too large",
        ),
    ] {
        let found = yielded(text);
        assert!(
            found.starts_with(&format!("refused: {expected}")),
            "{text}\n  expected: {expected}\n  found: {found}"
        );
    }
    for text in [
        "(".repeat(100_000),
        "a.".repeat(5_000) + "a",
        "-".repeat(10_000) + "1",
        "a.where(".repeat(1_000),
    ] {
        assert!(Expression::parse(&text).is_err());
    }
    assert!(
        Expression::parse(&("a.".repeat(500) + "a"))
            .unwrap()
            .evaluate(&example())
            .unwrap()
            .is_empty()
    );
}

/// Times of different zones and precision, as the elements of a period.
#[test]
fn times_are_compared_as_times() {
    for (start, end, expected) in [
        ("2024-05-01T10:00:00Z", "2024-05-01T11:30:00+01:00", "true"),
        ("2024-05-01T10:00:00Z", "2024-05-01T11:00:00+01:00", "true"),
        ("2024-05-01T10:00:00Z", "2024-05-01T10:30:00+01:00", "false"),
        ("2024-05", "2024-05-01", ""),
        ("2024-06", "2024-05-01", "false"),
        ("2024-05-01", "2024-05-01", "true"),
    ] {
        let period = json!({ "start": start, "end": end });
        let resource =
            Resource::from_value(json!({ "resourceType": "Encounter", "period": period })).unwrap();
        let items = Expression::parse("period.start <= period.end").unwrap();
        let found = match items.evaluate(&resource).unwrap().as_slice() {
            [Item::Boolean(value)] => value.to_string(),
            _ => String::new(),
        };
        assert_eq!(found, expected, "{start} <= {end}");
    }
}

#[test]
fn work_is_bounded() {
    let coding: Vec<_> = (0..5_000)
        .map(|code| json!({ "code": code.to_string() }))
        .collect();
    let resource = Resource::from_value(
        json!({ "resourceType": "Observation", "code": { "coding": coding } }),
    )
    .unwrap();
    let all_in_all =
        Expression::parse("code.coding.code.all($this in %resource.code.coding.code)").unwrap();
    assert_eq!(
        all_in_all.evaluate(&resource).unwrap_err(),
        super::EvaluateError::TooLong
    );
    let each = Expression::parse("code.coding.code.all($this.length() > 0)").unwrap();
    assert!(matches!(
        each.evaluate(&resource).unwrap().as_slice(),
        [Item::Boolean(true)]
    ));
}

#[test]
fn many_items_are_told_apart_quickly() {
    let coding: Vec<_> = (0..50_000)
        .map(|code| json!({ "code": (code % 40_000).to_string() }))
        .collect();
    let resource = Resource::from_value(
        json!({ "resourceType": "Observation", "code": { "coding": coding } }),
    )
    .unwrap();
    let distinct = Expression::parse("code.coding | code.coding")
        .unwrap()
        .evaluate(&resource)
        .unwrap();
    assert_eq!(distinct.len(), 40_000);
}

proptest! {
    #[test]
    fn no_path_is_too_odd(text in "([a-z.()\\[\\]'|=<>0-9 -]|where|value|code|is |as |Patient|\\.first\\(\\)|and ){0,20}|.{0,20}") {
        if let Ok(expression) = Expression::parse(&text) {
            let _ = expression.evaluate(&example());
        }
    }
}
