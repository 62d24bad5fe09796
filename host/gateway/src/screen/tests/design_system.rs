//! What the design system publishes of its parts, against how this host draws the same: tags, classes, roles, and what
//! describes what. `UPDATE=1` makes the file of fixtures anew from the package that npm fetched.

use std::collections::BTreeMap;
use std::path::PathBuf;

use record::departmental::outcome::Finding;
use serde_json::{Value, json};

use super::markup::{self, Element};
use super::{drawn_with, of};
use crate::screen::draw::error_summary;
use crate::screen::seal::Seals;
use crate::screen::sent::Typed;

/// Component, name of its fixture, which one of that name, the class at which the comparison begins, and the same as a node of
/// a form, or for a summary of errors as findings.
const PARTS: &str = r#"
    button        | default | 1 | nhsuk-button | {"kind": "action", "label": "a"}
    button        | secondary | 1 | nhsuk-button | {"kind": "action", "label": "a", "secondary": true}
    details       | default | 1 | nhsuk-details | {"kind": "details", "summary": "a", "children": []}
    tag           | default | 3 | nhsuk-tag | {"kind": "tag", "text": "a"}
    tag           | default | 4 | nhsuk-tag | {"kind": "tag", "text": "a", "tone": "success"}
    tag           | default | 6 | nhsuk-tag | {"kind": "tag", "text": "a", "tone": "information"}
    tag           | default | 9 | nhsuk-tag | {"kind": "tag", "text": "a", "tone": "critical"}
    tag           | default | 11 | nhsuk-tag | {"kind": "tag", "text": "a", "tone": "warning"}
    input         | example address line 1 | 1 | nhsuk-form-group | {"kind": "input-text", "field": "a", "label": "a", "required": true}
    input         | without heading | 1 | nhsuk-form-group | {"kind": "input-nhs-number", "field": "a", "label": "a", "required": true}
    input         | with error message, without heading | 1 | nhsuk-form-group | {"kind": "input-nhs-number", "field": "a", "label": "a", "required": true, "error": "e"}
    input         | with error message and hint, without heading | 1 | nhsuk-form-group | {"kind": "input-nhs-number", "field": "a", "label": "a", "required": true, "hint": "h", "error": "e"}
    input         | with suffix | 1 | nhsuk-input-wrapper | {"kind": "input-number", "field": "a", "label": "a", "required": true, "unit": "kg"}
    textarea      | without heading | 1 | nhsuk-form-group | {"kind": "input-text", "field": "a", "label": "a", "required": true, "lines": 5, "hint": "h"}
    textarea      | with error message, without heading | 1 | nhsuk-form-group | {"kind": "input-text", "field": "a", "label": "a", "required": true, "lines": 5, "error": "e"}
    radios        | without heading | 1 | nhsuk-form-group | {"kind": "input-choice", "field": "a", "label": "a", "required": true, "options": [{"value": "a", "label": "a"}, {"value": "b", "label": "b"}, {"value": "c", "label": "c"}]}
    radios        | with error message, without heading | 1 | nhsuk-form-group | {"kind": "input-choice", "field": "a", "label": "a", "required": true, "error": "e", "options": [{"value": "a", "label": "a"}, {"value": "b", "label": "b"}, {"value": "c", "label": "c"}]}
    radios        | with hints on items | 1 | nhsuk-radios | {"kind": "input-choice", "field": "a", "label": "a", "required": true, "options": [{"value": "a", "label": "a", "hint": "h"}, {"value": "b", "label": "b", "hint": "h"}]}
    checkboxes    | without heading | 1 | nhsuk-form-group | {"kind": "input-checks", "field": "a", "label": "a", "required": true, "options": [{"value": "a", "label": "a"}, {"value": "b", "label": "b"}, {"value": "c", "label": "c"}]}
    checkboxes    | with error message and hint, without heading | 1 | nhsuk-form-group | {"kind": "input-checks", "field": "a", "label": "a", "required": true, "hint": "h", "error": "e", "options": [{"value": "a", "label": "a"}, {"value": "b", "label": "b"}, {"value": "c", "label": "c"}]}
    checkboxes    | with hints on items | 1 | nhsuk-checkboxes | {"kind": "input-checks", "field": "a", "label": "a", "required": true, "options": [{"value": "a", "label": "a"}, {"value": "b", "label": "b"}, {"value": "c", "label": "c"}, {"value": "d", "label": "d", "hint": "h"}]}
    date-input    | without heading | 1 | nhsuk-form-group | {"kind": "input-date", "field": "a", "label": "a", "required": true}
    date-input    | with error message and hint, without heading | 1 | nhsuk-form-group | {"kind": "input-date", "field": "a", "label": "a", "required": true, "hint": "h", "error": "e"}
    select        | with selected value | 1 | nhsuk-select | {"kind": "input-dose", "field": "a", "label": "a", "required": true, "units": ["mg", "g", "mL"], "unit": "mg"}
    summary-list  | default | 1 | nhsuk-summary-list | {"kind": "check-answers", "rows": [{"label": "a", "value": {"number": "1"}}, {"label": "a", "value": {"number": "1"}}, {"label": "a", "value": {"number": "1"}}, {"label": "a", "value": {"number": "1"}}]}
    summary-list  | with actions | 1 | nhsuk-summary-list | {"kind": "check-answers", "rows": [{"label": "a", "value": {"number": "1"}, "change": {"screen": "s"}}, {"label": "a", "value": {"number": "1"}, "change": {"screen": "s"}}, {"label": "a", "value": {"number": "1"}, "change": {"screen": "s"}}, {"label": "a", "value": {"number": "1"}, "change": {"screen": "s"}}]}
    task-list     | default | 1 | nhsuk-task-list | {"kind": "task-steps", "caption": "c", "steps": [{"label": "a", "state": "done", "link": {"screen": "s"}}, {"label": "a", "state": "done", "link": {"screen": "s"}}, {"label": "a", "state": "to-do", "note": "n", "link": {"screen": "s"}}, {"label": "a", "state": "to-do", "link": {"screen": "s"}}, {"label": "a", "state": "cannot-start"}]}
    error-message | default | 1 | nhsuk-error-message | {"kind": "input-text", "field": "a", "label": "a", "error": "e"}
    error-summary | default | 1 | nhsuk-error-summary | [{"field": "a", "message": "m"}]
    error-summary | with multiple errors | 1 | nhsuk-error-summary | [{"field": "a", "message": "m"}, {"field": "b", "message": "m"}]
    error-summary | without error link | 1 | nhsuk-error-summary | [{"message": "m"}]
"#;

/// Where this host draws otherwise on purpose: component, the line of the fixture, the line here (empty: left out), and why.
/// Not compared at all: what only scripts read (`data-module`), since no page here has any; the shapes that stand beside a
/// status, which are hidden from who hears the page; classes of this host's own, which begin with `pal-`. The design system's
/// tabs, table, card, inset text and warning callout are not drawn: a ward's screen is denser than a public page, and what
/// warns carries a shape and a word of the four that clinicians know.
const OTHERWISE: [[&str; 4]; 7] = [
    [
        "input",
        "div.nhsuk-input-wrapper__suffix aria-hidden=true",
        "div.nhsuk-input-wrapper__suffix",
        "there the label says the unit in words; here the label comes from a departmental, and who hears it must hear the unit",
    ],
    [
        "input",
        "input.nhsuk-input.nhsuk-input--width-5 type=text",
        "input.nhsuk-input.nhsuk-input--width-10 aria-describedby=div.nhsuk-input-wrapper__suffix inputmode=decimal type=text",
        "the unit describes the number; a telephone shows digits; a result may have ten of them",
    ],
    [
        "input",
        "span.nhsuk-u-nowrap",
        "",
        "words of the sample, which writes an NHS number in its hint",
    ],
    [
        "task-list",
        "strong.nhsuk-tag.nhsuk-tag--no-border.nhsuk-tag--no-colour.nhsuk-u-font-weight-normal",
        "strong.nhsuk-tag.nhsuk-tag--green",
        "done looks the same wherever a screen says it: a tick and a word",
    ],
    [
        "task-list",
        "strong.nhsuk-tag.nhsuk-tag--no-border.nhsuk-tag--no-colour.nhsuk-u-font-weight-normal.nhsuk-u-secondary-text-colour",
        "strong.nhsuk-tag.nhsuk-tag--grey",
        "a status is a tag on every row, so that rows can be read down",
    ],
    [
        "summary-list",
        "br",
        "",
        "words of the sample, which has an address there",
    ],
    [
        "summary-list",
        "p",
        "",
        "words of the sample, which has two paragraphs there",
    ],
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// An element as one line, with what it points to named by tag and class, since ids differ.
fn line(it: &Element, at: usize, all: &[Element]) -> String {
    let named = |it: &Element| {
        let mut classes: Vec<&str> = it.classes().filter(|it| !it.starts_with("pal-")).collect();
        classes.sort_unstable();
        classes
            .iter()
            .fold(it.tag.clone(), |line, class| line + "." + class)
    };
    let target = |id: &str| {
        let found = all.iter().find(|it| it.attribute("id") == Some(id));
        found.map_or_else(|| "nothing".to_owned(), named)
    };
    let mut said = BTreeMap::new();
    for (name, value) in &it.attributes {
        let value = match name.as_str() {
            "aria-describedby" | "aria-labelledby" | "for" => {
                value.split(' ').map(target).collect::<Vec<_>>().join("+")
            }
            "role" | "type" | "inputmode" | "spellcheck" | "scope" | "open" | "checked"
            | "selected" | "disabled" => value.clone(),
            other if other.starts_with("aria-") => value.clone(),
            _ => continue,
        };
        said.insert(name.as_str(), value);
    }
    let said: String = said
        .iter()
        .map(|(name, value)| format!(" {name}={value}"))
        .collect();
    let depth = it.depth - all[at].depth;
    format!("{}{}{said}", "  ".repeat(depth), named(it))
}

/// The part of a page that begins with a class, element by element.
fn structure(page: &str, class: &str) -> String {
    let (all, errors) = markup::read(page);
    assert_eq!(errors, [""; 0], "{page}");
    let at = all.iter().position(|it| it.classes().any(|it| it == class));
    let at = at.unwrap_or_else(|| panic!("no {class} in {page}"));
    let inside = all[at + 1..]
        .iter()
        .take_while(|it| it.depth > all[at].depth);
    let mut shape_depth = None;
    let mut lines = String::new();
    for it in all[at..=at].iter().chain(inside) {
        if shape_depth.is_some_and(|depth| it.depth > depth) {
            continue;
        }
        shape_depth = (it.tag == "svg").then_some(it.depth);
        if shape_depth.is_none() {
            lines += &line(it, at, &all);
            lines.push('\n');
        }
    }
    lines
}

fn parts() -> impl Iterator<Item = [&'static str; 5]> {
    PARTS.trim().lines().map(|row| {
        let cells: Vec<&str> = row.splitn(5, '|').map(str::trim).collect();
        cells.try_into().unwrap()
    })
}

fn version() -> String {
    let lock =
        std::fs::read_to_string(root().join("host/gateway/assets/package-lock.json")).unwrap();
    let lock: Value = serde_json::from_str(&lock).unwrap();
    lock["packages"]["node_modules/nhsuk-frontend"]["version"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The fixtures of the table as the package has them, without their words.
fn published() -> String {
    let mut kept = format!(
        "Structure of some fixtures of nhsuk-frontend {}, which NHS England publishes under the MIT licence, without their words.\n",
        version()
    );
    for [component, name, nth, class, _] in parts() {
        let path = format!(
            "host/gateway/assets/node_modules/nhsuk-frontend/dist/nhsuk/components/{component}/fixtures.json"
        );
        let text =
            std::fs::read_to_string(root().join(path)).expect("fetched by `cargo xtask build`");
        let file: Value = serde_json::from_str(&text).unwrap();
        let mut named = file["fixtures"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["name"] == name);
        let one = named.nth(nth.parse::<usize>().unwrap() - 1);
        let html = one.unwrap_or_else(|| panic!("{component}: {name}"))["html"]
            .as_str()
            .unwrap();
        kept += &format!(
            "\n= {component} | {name} | {nth} | {class}\n{}",
            structure(html, class)
        );
    }
    kept
}

fn here(node: &str, class: &str) -> String {
    let node: Value = serde_json::from_str(node).unwrap();
    let page = match &node {
        Value::Array(findings) => {
            let findings = findings
                .iter()
                .map(|it| serde_json::from_value::<Finding>(it.clone()).unwrap());
            error_summary(&findings.collect::<Vec<_>>()).into_string()
        }
        _ => {
            let button = node["kind"] == "action";
            let mut nodes = vec![
                json!({"kind": "form", "action": "send", "children": [1]}),
                node,
            ];
            if !button {
                nodes[0]["children"] = json!([1, 2]);
                nodes.push(json!({"kind": "action", "label": "Send"}));
            }
            drawn_with(
                &of(json!(nodes)),
                &Typed::default(),
                &[],
                &Seals::of([7; 32]),
            )
            .unwrap()
        }
    };
    structure(&page, class)
}

#[test]
fn each_part_is_drawn_as_the_design_system_publishes_it() {
    let path = root().join("tests/cases/design-system/nhsuk-frontend.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, published()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(
        kept.contains(&format!(" {},", version())),
        "the fixtures are of another version: UPDATE=1"
    );
    let fixtures: BTreeMap<&str, &str> = kept
        .split("\n= ")
        .skip(1)
        .map(|it| it.split_once('\n').unwrap())
        .collect();
    let mut used = [false; OTHERWISE.len()];
    let mut wrong = Vec::new();
    for [component, name, nth, class, node] in parts() {
        let head = format!("{component} | {name} | {nth} | {class}");
        let mut expected = String::new();
        for line in fixtures[head.as_str()].trim_end().lines() {
            let bare = line.trim_start();
            let other = OTHERWISE
                .iter()
                .position(|[of, theirs, ..]| *of == component && *theirs == bare);
            used = std::array::from_fn(|at| used[at] || other == Some(at));
            match other.map(|at| OTHERWISE[at][2]) {
                Some("") => continue,
                Some(ours) => expected += &line.replace(bare, ours),
                None => expected += line,
            }
            expected.push('\n');
        }
        let ours = here(node, class);
        if ours != expected {
            wrong.push(format!("= {head}\n{expected}here it is\n{ours}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        used,
        [true; OTHERWISE.len()],
        "a difference that is none any more"
    );
}
