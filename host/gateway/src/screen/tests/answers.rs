//! What is made of what a person typed: doses, numbers, signatures, and questions that follow from other answers.

use serde_json::{Value, json};

use super::{Seals, Typed, drawn, drawn_with, form, of, sealed_of, typed};

/// A form with these inputs, drawn with what was typed before; then sent with what is typed now.
fn sent(inputs: &Value, before: &Typed, now: &Typed) -> (Value, Vec<String>) {
    let seals = Seals::of([7; 32]);
    let inputs = inputs.as_array().unwrap();
    let mut nodes = vec![
        json!({"kind": "form", "action": "send", "children": (1..=inputs.len() + 1).collect::<Vec<_>>()}),
    ];
    nodes.extend(inputs.iter().cloned());
    nodes.push(json!({"kind": "action", "label": "Send"}));
    let page = drawn_with(&of(json!(nodes)), before, &[], &seals).unwrap();
    let carried = seals.open("token", &sealed_of(&page)).unwrap();
    let (form, findings) = form(&carried, "send", now);
    let said = findings.into_iter().map(|it| it.message);
    (form["fields"].clone(), said.collect())
}

fn pairs(text: &str) -> Typed {
    let pairs: Vec<(&str, &str)> = text
        .split(',')
        .filter_map(|it| it.trim().split_once('='))
        .collect();
    typed(&pairs)
}

/// What is typed into one input named `x`; the value taken, and what is said.
const TYPED: &str = r#"
    nhs | f.x=999 112 2338   | "9991122338" |
    nhs | f.x=999-112-2338   | "9991122338" |
    nhs | f.x=9991122339     | "9991122339" | X must be an NHS number: 10 digits
    nhs | f.x=999 112 233    | "999 112 233" | X must be an NHS number: 10 digits
    nhs | f.x=               | null | Enter: X
    dose | f.x.amount=62.5, f.x.unit=micrograms | ["62.5","micrograms"] |
    dose | f.x.amount=0.5, f.x.unit=mg          | ["0.5","mg"] |
    dose | f.x.amount=100, f.x.unit=mg          | ["100","mg"] |
    dose | f.x.amount=5.0, f.x.unit=mg          | ["5.0","mg"] | X: write 5, not 5.0
    dose | f.x.amount=5.50, f.x.unit=mg         | ["5.50","mg"] | X: write 5.5, not 5.50
    dose | f.x.amount=.5, f.x.unit=mg           | [".5","mg"] | X: the amount must be digits, with 0 before a point
    dose | f.x.amount=0, f.x.unit=mg            | ["0","mg"] | X: the amount must be more than 0
    dose | f.x.amount=5mg, f.x.unit=mg          | ["5mg","mg"] | X: the amount must be digits
    dose | f.x.amount=5, f.x.unit=g             | ["5","g"] | X: choose a unit
    dose | f.x.amount=5                         | ["5",""] | X: choose a unit
    dose | f.x.unit=mg                          | ["","mg"] | X: enter how much
    dose | f.y=1                                | null | Enter: X
    volume | f.x.amount=250, f.x.unit=L         | ["250","mL"] |
    volume | f.x.unit=L                         | null | Enter: X
    sign | f.x=yes | "yes" |
    sign | f.x=no  | null  | Confirm first: X
    sign | f.y=1   | null  | Confirm first: X
"#;

#[test]
fn what_is_typed_is_taken_or_said_to_be_wrong() {
    for row in TYPED.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let input = match cells[0] {
            "nhs" => json!({"kind": "input-nhs-number"}),
            "dose" => json!({"kind": "input-dose", "units": ["micrograms", "mg"]}),
            "volume" => json!({"kind": "input-dose", "units": ["mL"]}),
            "sign" => json!({"kind": "attest-sign", "statement": "It is so"}),
            other => panic!("{other}"),
        };
        let mut input = input;
        input["field"] = json!("x");
        input["label"] = json!("X");
        input["required"] = json!(true);
        let (fields, said) = sent(&json!([input]), &Typed::default(), &pairs(cells[1]));
        let taken: Value = serde_json::from_str(cells[2]).unwrap();
        assert_eq!(fields.get("x").cloned().unwrap_or_default(), taken, "{row}");
        let expected = cells.get(3).copied().unwrap_or_default();
        assert_eq!(said.is_empty(), expected.is_empty(), "{row}: {said:?}");
        assert!(said.join(" ").contains(expected), "{row}: {said:?}");
    }
}

fn questions() -> Value {
    let yes = json!([{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]);
    json!([
        {"kind": "input-choice", "field": "kidney", "label": "Kidney disease", "required": true, "options": yes},
        {"kind": "input-number", "field": "egfr", "label": "eGFR", "required": true, "show_if": {"is": {"field": "kidney", "value": "yes"}}},
        {"kind": "input-text", "field": "why", "label": "Why", "show_if": {"below": {"field": "egfr", "value": "30"}}},
    ])
}

/// What was on the page, what is sent, the fields taken, and what is said.
const FOLLOWING: &str = r#"
    -                                | f.kidney=no                        | kidney          |
    -                                | f.kidney=no, f.egfr=12             | kidney          |
    -                                | f.kidney=yes                       | kidney          | This follows from what you answered: eGFR
    -                                | f.kidney=yes, f.egfr=12            | kidney egfr     | This follows from what you answered: eGFR; This follows from what you answered: Why
    f.kidney=yes                     | f.kidney=yes                       | kidney          | Enter: eGFR
    f.kidney=yes                     | f.kidney=yes, f.egfr=60            | kidney egfr     |
    f.kidney=yes                     | f.kidney=yes, f.egfr=12            | kidney egfr     | This follows from what you answered: Why
    f.kidney=yes, f.egfr=12          | f.kidney=yes, f.egfr=12            | kidney egfr     |
    f.kidney=yes, f.egfr=12          | f.kidney=yes, f.egfr=12, f.why=x   | kidney egfr why |
    f.kidney=yes, f.egfr=12          | f.kidney=no, f.egfr=12, f.why=x    | kidney          |
    f.kidney=yes, f.egfr=12          | f.kidney=yes, f.egfr=60, f.why=x   | kidney egfr     |
"#;

#[test]
fn what_is_hidden_is_dropped_and_what_follows_is_asked_first() {
    for row in FOLLOWING
        .lines()
        .map(str::trim)
        .filter(|row| !row.is_empty())
    {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (fields, said) = sent(&questions(), &pairs(cells[0]), &pairs(cells[1]));
        let taken: Vec<&str> = fields
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(taken.join(" "), cells[2], "{row}");
        assert_eq!(
            said.join("; "),
            cells.get(3).copied().unwrap_or_default(),
            "{row}"
        );
    }
}

#[test]
fn words_that_an_answer_calls_for_are_read_before_anything_is_sent() {
    let inputs = json!([
        {"kind": "input-text", "field": "allergy", "label": "Reaction to contrast"},
        {"kind": "section", "children": [], "show_if": {"answered": "allergy"}},
    ]);
    let (_, said) = sent(&inputs, &Typed::default(), &pairs("f.allergy=rash"));
    assert_eq!(
        said,
        ["Your answers add to this form. Read what was added, then send it again."]
    );
    let (_, said) = sent(&inputs, &pairs("f.allergy=rash"), &pairs("f.allergy=rash"));
    assert!(said.is_empty(), "{said:?}");
    let (_, said) = sent(&inputs, &Typed::default(), &pairs("f.allergy= "));
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn a_hidden_question_is_not_on_the_page() {
    let mut nodes = vec![json!({"kind": "form", "action": "send", "children": [1, 2, 3, 4]})];
    nodes.extend(questions().as_array().unwrap().iter().cloned());
    nodes.push(json!({"kind": "action", "label": "Send"}));
    let page =
        |typed: &Typed| drawn_with(&of(json!(nodes)), typed, &[], &Seals::of([7; 32])).unwrap();
    let first = page(&Typed::default());
    assert!(
        !first.contains("eGFR") && first.contains("Further questions may follow"),
        "{first}"
    );
    let second = page(&pairs("f.kidney=yes"));
    assert!(
        second.contains("eGFR") && !second.contains("Why"),
        "{second}"
    );
}

/// Nodes below a form, and with what they are refused.
const REFUSED: &str = r#"
    [{"kind": "paragraph", "text": "x", "show_if": {"answered": "a"}}, {"kind": "input-text", "field": "a", "label": "A"}] | nodes[1].show_if: "a" is no field that comes before
    [{"kind": "input-text", "field": "a", "label": "A", "show_if": {"answered": "a"}}] | nodes[1].show_if: "a" is no field that comes before
    [{"kind": "input-text", "field": "a", "label": "A", "show_if": {"eval": "a"}}] | nodes[1].show_if: unknown variant
    [{"kind": "input-text", "field": "a", "label": "A"}, {"kind": "action", "label": "B", "show_if": {"answered": "a"}}] | nodes[2]: is an action under show_if
    [{"kind": "attest-sign", "field": "a", "label": "A", "statement": "S"}] | nodes[1].required: must be true
    [{"kind": "input-dose", "field": "a", "label": "A", "units": []}] | nodes[1]: has 0 units
    [{"kind": "input-dose", "field": "a", "label": "A", "units": ["mg"], "unit": "g"}] | nodes[1].unit: must be one of units
    [{"kind": "input-dose", "field": "a", "label": "A", "units": ["mg"], "amount": "5e3"}] | nodes[1].amount: must be an amount
"#;

#[test]
fn conditions_and_inputs_that_are_refused() {
    for row in REFUSED.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (inputs, expected) = row.rsplit_once(" | ").unwrap();
        let inputs: Vec<Value> = serde_json::from_str(inputs).unwrap();
        let mut nodes = vec![
            json!({"kind": "form", "action": "send", "children": (1..=inputs.len() + 1).collect::<Vec<_>>()}),
        ];
        nodes.extend(inputs);
        nodes.push(json!({"kind": "action", "label": "Send"}));
        let said = drawn(&of(json!(nodes))).unwrap_err();
        assert!(
            said.contains(expected),
            "{said:?} does not say {expected:?}"
        );
    }
    let outside = of(json!([{"kind": "paragraph", "text": "x", "show_if": {"answered": "a"}}]));
    assert!(
        drawn(&outside)
            .unwrap_err()
            .contains("nodes[0]: has show_if outside a form")
    );
}
