//! The gallery holds every kind, each follows the schema, and is drawn as in `tests/cases/screens`. `UPDATE=1` rewrites.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where its table is wrong"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Exhibit, ROOMS, carried, drawn};
use crate::screen::Screen;
use crate::screen::draw::Desk;
use crate::screen::node::{BandedChart, Node, Observed};
use crate::screen::seal::Seals;
use crate::screen::sent::Typed;

/// Bytes of one page's part that a departmental draws.
const PAGE_BYTES_MAX: usize = 100 * 1024;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema() -> Value {
    let text = std::fs::read_to_string(root().join("wit/schemas/screen-1.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn exhibits() -> impl Iterator<Item = &'static Exhibit> {
    ROOMS.iter().flat_map(|(_, exhibits)| *exhibits)
}

fn page(exhibit: &Exhibit) -> String {
    let (seals, carried, typed) = (Seals::of([7; 32]), carried(exhibit.kind), Typed::default());
    let desk = Desk {
        seals: &seals,
        form_token: "token",
        carried: &carried,
        typed: &typed,
        findings: &[],
        found: None,
    };
    let page = drawn(exhibit, desk)
        .unwrap_or_else(|why| panic!("{}: {why}", exhibit.kind))
        .into_string();
    let lines = page.replace("><", ">\n<");
    let sealed = |line: &str| match line.split_once("name=\"sealed\"") {
        Some((before, _)) => format!("{before}name=\"sealed\" value=\"…\">"),
        None => line.to_owned(),
    };
    lines.lines().map(sealed).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn every_kind_of_the_schema_is_read_drawn_and_in_the_gallery() {
    let schema = schema();
    let of_schema: BTreeSet<&str> = schema["$defs"]["node"]["allOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["if"]["properties"]["kind"]["const"].as_str().unwrap())
        .collect();
    let of_host: BTreeSet<&str> = Node::KINDS.iter().copied().collect();
    let shown: BTreeSet<&str> = exhibits().map(|it| it.kind).collect();
    assert_eq!(of_host, of_schema, "what the host draws and the schema has");
    assert_eq!(
        shown, of_schema,
        "what the gallery shows and the schema has"
    );
    assert_eq!(exhibits().count(), shown.len(), "each is shown once");
}

#[test]
fn every_document_follows_the_schema_and_shows_its_kind() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for exhibit in exhibits() {
        let document: Value = serde_json::from_str(exhibit.document).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&document)
            .map(|wrong| format!("{}: {wrong}", wrong.instance_path()))
            .collect();
        assert_eq!(wrong, [""; 0], "{}", exhibit.kind);
        Screen::parse(&document).unwrap_or_else(|why| panic!("{}: {why}", exhibit.kind));
        let nodes = document["nodes"].as_array().unwrap();
        let there = nodes.iter().any(|node| node["kind"] == exhibit.kind);
        assert!(there, "{} shows another kind", exhibit.kind);
    }
}

#[test]
fn every_kind_is_drawn_as_in_its_file() {
    for exhibit in exhibits() {
        let path = root().join(format!("tests/cases/screens/{}.html", exhibit.kind));
        let page = page(exhibit);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            page,
            kept,
            "{} differs; UPDATE=1 rewrites it, and the diff is to be read",
            path.display()
        );
    }
}

/// Observations at both sides of every boundary of the early warning score, each with its points, as the Royal College of
/// Physicians published it in 2017: the first scale of saturation, for people of 16 and over who are not pregnant.
const NEWS2: &str = "
    Respirations       8 3 | 9 1 | 11 1 | 12 0 | 20 0 | 21 2 | 24 2 | 25 3
    SpO2, scale 1      91 3 | 92 2 | 93 2 | 94 1 | 95 1 | 96 0
    Systolic pressure  90 3 | 91 2 | 100 2 | 101 1 | 110 1 | 111 0 | 219 0 | 220 3
    Pulse              40 3 | 41 1 | 50 1 | 51 0 | 90 0 | 91 1 | 110 1 | 111 2 | 130 2 | 131 3
    Temperature        35.0 3 | 35.1 1 | 36.0 1 | 36.1 0 | 38.0 0 | 38.1 1 | 39.0 1 | 39.1 2
    Air or oxygen      Air 0 | Oxygen 2
    Consciousness      Alert 0 | CVPU 3
";

#[test]
fn the_early_warning_score_of_the_gallery_is_the_published_one() {
    let exhibit = exhibits().find(|it| it.kind == "banded-observation-chart");
    let document: Value = serde_json::from_str(exhibit.unwrap().document).unwrap();
    let chart: BandedChart = serde_json::from_value(document["nodes"][0].clone()).unwrap();
    let rows = NEWS2
        .trim()
        .lines()
        .map(|line| line.trim().split_once("  ").unwrap());
    let mut seen = 0;
    for (label, cases) in rows {
        let row = chart
            .rows
            .iter()
            .find(|row| row.label.as_str() == label)
            .unwrap();
        for case in cases.split('|') {
            let (value, points) = case.trim().split_once(' ').unwrap();
            let member = if value.starts_with(|it: char| it.is_ascii_digit()) {
                "value"
            } else {
                "word"
            };
            let cell: Observed =
                serde_json::from_value(json!({"column": "a", member: value})).unwrap();
            let band = &row.bands[row.band(&cell).unwrap()];
            assert_eq!(band.points.to_string(), points, "{label} {value}");
        }
        seen += 1;
    }
    assert_eq!(seen, chart.rows.len(), "every row is in the table");
}

/// The values of an attribute.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!(" {name}=\"");
    page.split(begin.as_str())
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
        .collect()
}

#[test]
fn every_drawing_is_named_bounded_and_holds_no_script_style_or_foreign_address() {
    for exhibit in exhibits() {
        let (page, kind) = (page(exhibit), exhibit.kind);
        assert!(page.len() <= PAGE_BYTES_MAX, "{kind}: {} bytes", page.len());
        for never in [
            "<script",
            " style=",
            "javascript:",
            " onclick=",
            "<img",
            "<iframe",
        ] {
            assert!(!page.contains(never), "{kind}: {never}");
        }
        let ids = values(&page, "id");
        let unique: BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{kind}: two ids are the same");
        let known = |id: &str| ids.contains(&id);
        for name in ["for", "aria-describedby", "aria-labelledby"] {
            for id in values(&page, name).iter().flat_map(|it| it.split(' ')) {
                assert!(known(id), "{kind}: {name} names {id}, which is not there");
            }
        }
        for address in values(&page, "href") {
            let inside = address
                .strip_prefix('#')
                .map_or_else(|| address.starts_with("/gallery/"), known);
            assert!(inside, "{kind}: {address}");
        }
        for drawing in page.split("<svg").skip(1) {
            let named = drawing.contains("aria-hidden=\"true\"")
                || drawing.contains("role=\"img\"") && drawing.contains("aria-label");
            assert!(named, "{kind}: a drawing without a name");
        }
    }
}
