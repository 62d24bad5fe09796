//! Documents and answers as somebody hostile would send them: each is refused, or drawn as a page that a browser reads
//! without an error and in which nothing runs, loads or leads elsewhere.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use record::departmental::outcome::Finding;
use serde_json::{Value, json};

use super::markup::{self, Element};
use super::{drawn_with, every_kind, of};
use crate::screen::seal::Seals;
use crate::screen::sent::Typed;
use crate::screen::{BYTES_MAX, DEPTH_MAX, NODES_MAX};

/// What a screen is drawn with. Whatever is not here is nothing that this host writes.
const TAGS: &str = "
    section div span p b small br h2 h3 h4 h5 h6 ul ol li dl dt dd strong time a
    table caption thead tbody tr th td details summary figure figcaption
    form fieldset legend label input textarea select option button
    svg title desc g path rect circle ellipse line polyline text
";

/// What its elements may say of themselves; besides these, what begins with `aria-`.
const ATTRIBUTES: &str = "
    class id role tabindex title datetime href scope colspan open
    method action novalidate type name value for rows maxlength inputmode autocomplete spellcheck checked selected
    viewBox width height x y x1 x2 y1 y2 cx cy r rx ry d points text-anchor transform focusable
";

/// Words that would be markup, an address or a steering of text, if they were let.
const BARBS: [&str; 16] = [
    "<script>alert(1)</script>",
    "</p></div></main><h1>Signed</h1>",
    "\" onfocus=\"alert(1)\" autofocus=\"",
    "' onerror='alert(1)",
    "javascript:alert(1)",
    "</textarea><img src=x onerror=alert(1)>",
    "</title><svg onload=alert(1)>",
    "<!--",
    "]]>",
    "&lt;script&gt;",
    "\u{202E}gnorw",
    "\u{0}\u{1}\u{7F}\u{FFFE}",
    "//evil.example/x",
    "../../../sign-out",
    "f.a\" form=\"x",
    "#\u{2028}\u{2029}\u{FEFF}",
];

/// Every node of the gallery and of the samples.
static NODES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut nodes = every_kind();
    for document in crate::gallery::documents() {
        nodes.extend(document["nodes"].as_array().unwrap().iter().cloned());
    }
    nodes
});

static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| crate::gallery::documents().collect());

fn barb() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(BARBS.as_slice()).prop_map(str::to_owned),
        ".{0,20}",
        (prop::sample::select(BARBS.as_slice()), 1..400_usize).prop_map(|(it, n)| it.repeat(n)),
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => barb().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => (0..20_u64).prop_map(Value::from),
        1 => prop::sample::select(&["1e400", "-0", "1e-400", "0.000000000000000000000000000001", "99999999999999999999"][..])
            .prop_map(|it| json!(it)),
        1 => prop::sample::select(&["9999-12-31T23:59:60Z", "0001-01-01", "2026-02-30", "1969"][..]).prop_map(|it| json!(it)),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        3 => "[a-z]{1,8}",
        3 => prop::sample::select(&["kind", "text", "children", "value", "parts", "show_if", "rows", "columns"][..])
            .prop_map(str::to_owned),
        1 => barb(),
    ];
    leaf().prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|it| Value::Object(it.into_iter().collect())),
        ]
    })
}

/// One change somewhere inside a document.
#[derive(Clone, Debug)]
enum Change {
    Exchanged(Value),
    LeftOut,
    Doubled,
    /// By something of another node.
    Grafted(Index, Index),
}

fn change() -> impl Strategy<Value = (Index, Change)> {
    let change = prop_oneof![
        4 => leaf().prop_map(Change::Exchanged),
        1 => any_json().prop_map(Change::Exchanged),
        1 => Just(Change::LeftOut),
        1 => Just(Change::Doubled),
        2 => any::<(Index, Index)>().prop_map(|(node, part)| Change::Grafted(node, part)),
    ];
    (any::<Index>(), change)
}

/// The places of everything inside a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    let inside: Vec<(String, &Value)> = match value {
        Value::Object(it) => it.iter().map(|(name, it)| (escaped(name), it)).collect(),
        Value::Array(it) => it
            .iter()
            .enumerate()
            .map(|(n, it)| (n.to_string(), it))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    };
    for (name, it) in inside {
        let place = format!("{at}/{name}");
        places(it, &place, found);
        found.push(place);
    }
}

fn changed(document: &mut Value, at: Index, change: &Change) {
    let mut found = Vec::new();
    places(document, "", &mut found);
    if found.is_empty() {
        return;
    }
    let place = at.get(&found);
    let (above, name) = place.rsplit_once('/').unwrap();
    match change {
        Change::Exchanged(other) => *document.pointer_mut(place).unwrap() = other.clone(),
        Change::Grafted(node, part) => {
            let node = node.get(&NODES);
            let mut parts = Vec::new();
            places(node, "", &mut parts);
            let part: &String = part.get(&parts);
            let part = node.pointer(part).unwrap().clone();
            *document.pointer_mut(place).unwrap() = part;
        }
        Change::LeftOut => match document.pointer_mut(above).unwrap() {
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            Value::Object(members) => {
                members.remove(&name.replace("~1", "/").replace("~0", "~"));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        },
        Change::Doubled => {
            if let Value::Array(items) = document.pointer_mut(above).unwrap() {
                let again = items[name.parse::<usize>().unwrap()].clone();
                items.push(again);
            }
        }
    }
}

/// A document of the gallery with some changes.
fn bent() -> impl Strategy<Value = Value> {
    (any::<Index>(), prop::collection::vec(change(), 0..4)).prop_map(|(at, changes)| {
        let mut document = at.get(&DOCUMENTS).clone();
        for (at, change) in changes {
            changed(&mut document, at, &change);
        }
        document
    })
}

/// Nodes of any documents in a form, each bent a little, in a tree of some shape.
fn mixed() -> impl Strategy<Value = Value> {
    let node = (any::<Index>(), prop::option::weighted(0.3, change()));
    prop::collection::vec(node, 1..8).prop_map(|wanted| {
        let sound = |node: &&Value| node.get("children").is_none() && node.get("labels").is_none();
        let single: Vec<&Value> = NODES.iter().filter(sound).collect();
        let mut nodes = vec![json!({"kind": "form", "action": "send", "children": []})];
        for (n, (at, change)) in wanted.into_iter().enumerate() {
            let mut node = (*at.get(&single)).clone();
            if node.get("field").is_some() {
                node["field"] = json!(format!("field-{n}"));
            }
            if let Some((at, change)) = change {
                changed(&mut node, at, &change);
            }
            nodes.push(node);
        }
        nodes.push(json!({"kind": "action", "label": "Send"}));
        nodes[0]["children"] = json!((1..nodes.len()).collect::<Vec<_>>());
        of(json!(nodes))
    })
}

/// What somebody sent into the form, and what a departmental answered to it.
fn answers() -> impl Strategy<Value = (Vec<(String, String)>, Vec<Finding>)> {
    let names: Vec<String> = [
        "bleep", "note", "weight", "next", "reports", "number", "signed", "kidney", "egfr",
        "field-0", "field-1",
    ]
    .iter()
    .flat_map(|field| ["", ".day", ".amount", ".unit"].map(|part| format!("f.{field}{part}")))
    .collect();
    let name = prop_oneof![4 => prop::sample::select(names), 1 => barb()];
    let finding = (
        prop::option::of(prop_oneof!["field-[0-3]", "[a-z]{1,9}"]),
        barb(),
    )
        .prop_map(|(field, message)| Finding { field, message });
    (
        prop::collection::vec((name, barb()), 0..6),
        prop::collection::vec(finding, 0..3),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn whatever_is_sent_is_drawn_safely_or_refused(
        document in prop_oneof![4 => bent(), 3 => mixed(), 1 => any_json(), 1 => any_json().prop_map(|node| of(json!([node])))],
        (typed, findings) in answers(),
    ) {
        let drawn = drawn_with(&document, &Typed::new(typed), &findings, &Seals::of([7; 32]));
        match drawn {
            Ok(page) => {
                let right = within_caps(&document).and_then(|()| follows_schema(&document));
                if let Err(why) = right.and_then(|()| safe(&page)) {
                    return Err(TestCaseError::fail(format!("{why}\n{page}")));
                }
            }
            Err(why) => prop_assert!(why.len() < 2_000 && !why.is_empty(), "{}", why),
        }
    }
}

/// Whether the schema that suppliers are given says the same of a document that was drawn. null is as good as left out.
fn follows_schema(document: &Value) -> Result<(), String> {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../wit/schemas/screen-1.json"
        );
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    });
    let found: Vec<String> = SCHEMA
        .iter_errors(&without_nulls(document))
        .map(|wrong| format!("{}: {wrong}", wrong.instance_path()))
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(format!("it was drawn against the schema: {found:?}"))
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, it)| !it.is_null());
            Value::Object(
                kept.map(|(name, it)| (name.clone(), without_nulls(it)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// What is drawn keeps the caps of screen/1, counted anew.
fn within_caps(document: &Value) -> Result<(), String> {
    let nodes = document["nodes"].as_array().ok_or("no nodes")?;
    let bytes = document.to_string().len();
    let root = document["root"].as_u64().ok_or("no root")?;
    let mut level = vec![usize::try_from(root).unwrap()];
    let mut depth = 0;
    while !level.is_empty() {
        depth += 1;
        let children = level
            .iter()
            .flat_map(|at| nodes[*at]["children"].as_array().into_iter().flatten());
        level = children
            .map(|it| usize::try_from(it.as_u64().unwrap()).unwrap())
            .collect();
    }
    if nodes.len() > NODES_MAX || bytes > BYTES_MAX || depth > DEPTH_MAX {
        return Err(format!(
            "{} nodes, {bytes} bytes, {depth} levels were drawn",
            nodes.len()
        ));
    }
    Ok(())
}

/// Whether a browser reads the page without an error, and finds in it only what this host writes.
fn safe(page: &str) -> Result<(), String> {
    let (elements, errors) = markup::read(page);
    if !errors.is_empty() {
        return Err(format!("a browser's parser says {errors:?}"));
    }
    let (tags, names): (BTreeSet<&str>, BTreeSet<&str>) = (
        TAGS.split_whitespace().collect(),
        ATTRIBUTES.split_whitespace().collect(),
    );
    let mut ids = BTreeSet::new();
    for it in &elements {
        if !tags.contains(it.tag.as_str()) {
            return Err(format!("<{}> is none of this host's", it.tag));
        }
        for (name, value) in &it.attributes {
            if !names.contains(name.as_str()) && !name.starts_with("aria-") {
                return Err(format!("the attribute {name} is none of this host's"));
            }
            if matches!(name.as_str(), "href" | "action") {
                leads_inside(value)?;
            }
            if name == "id" && !ids.insert(value.as_str()) {
                return Err(format!("two elements are {value}"));
            }
        }
        words(it)?;
    }
    Ok(())
}

/// Only this departmental's screens, and places of this page.
fn leads_inside(address: &str) -> Result<(), String> {
    let here = "/patients/p1/departments/pathology/";
    let right = match address.strip_prefix(here) {
        Some(rest) => rest
            .split_once('?')
            .map_or(rest, |(screen, _)| screen)
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-'),
        None => address.starts_with('#'),
    };
    let plain = address
        .bytes()
        .all(|it| it.is_ascii_graphic() && !b"\"'<>\\`".contains(&it));
    if right && plain {
        Ok(())
    } else {
        Err(format!("{address} leads elsewhere"))
    }
}

/// No character that steers or hides text.
fn words(it: &Element) -> Result<(), String> {
    let hidden = |it: &char| matches!(it, '\u{0}'..='\u{8}' | '\u{B}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    let values = it.attributes.iter().map(|(_, value)| value);
    match values
        .chain([&it.text])
        .flat_map(|text| text.chars())
        .find(hidden)
    {
        Some(found) => Err(format!("{found:?} is written in <{}>", it.tag)),
        None => Ok(()),
    }
}
