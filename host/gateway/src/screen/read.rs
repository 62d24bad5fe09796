//! A document's JSON into typed nodes.
//!
//! Invariant: a member that is there is read or refused by its place; an unknown kind becomes `Node::Unknown`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::node::Node;
use super::word::Line;
use super::{BYTES_MAX, NODES_MAX, Screen, ScreenError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    screen: u8,
    title: Option<Line>,
    root: usize,
}

pub(super) fn screen(document: &Json) -> Result<Screen, ScreenError> {
    let bytes = size(document);
    if bytes > BYTES_MAX {
        return Err(ScreenError::new(
            "screen",
            format!("is {bytes} bytes, and at most {BYTES_MAX} are drawn"),
        ));
    }
    let mut members = document
        .as_object()
        .cloned()
        .ok_or_else(|| ScreenError::new("screen", "must be an object"))?;
    let nodes = match members.remove("nodes") {
        Some(Json::Array(nodes)) if (1..=NODES_MAX).contains(&nodes.len()) => nodes,
        Some(Json::Array(nodes)) => {
            let what = format!("has {} nodes; a screen has 1 to {NODES_MAX}", nodes.len());
            return Err(ScreenError::new("nodes", what));
        }
        Some(_) | None => return Err(ScreenError::new("nodes", "must be an array")),
    };
    let envelope: Envelope = typed(Json::Object(members), "")?;
    if envelope.screen != 1 {
        return Err(ScreenError::new("screen", "must be 1"));
    }
    let mut read = Vec::with_capacity(nodes.len());
    let mut conditions = BTreeMap::new();
    for (at, mut json) in nodes.into_iter().enumerate() {
        let place = format!("nodes[{at}]");
        let condition = json.as_object_mut().and_then(|it| it.remove("show_if"));
        if let Some(condition) = condition {
            conditions.insert(at, typed(condition, &format!("{place}.show_if"))?);
        }
        read.push(node(json, &place)?);
    }
    Ok(Screen {
        title: envelope.title,
        root: envelope.root,
        nodes: read,
        conditions,
    })
}

pub(super) fn typed<T: DeserializeOwned>(json: Json, at: &str) -> Result<T, ScreenError> {
    serde_path_to_error::deserialize(json).map_err(|why| {
        let path = why.path().to_string();
        let at = match (at, path.as_str()) {
            (at, ".") => at.to_owned(),
            ("", path) => path.to_owned(),
            (at, path) => format!("{at}.{path}"),
        };
        ScreenError::new(at, why.inner().to_string())
    })
}

fn node(json: Json, at: &str) -> Result<Node, ScreenError> {
    let kind = match json.get("kind").and_then(Json::as_str) {
        Some(kind) if is_kind(kind) => kind.to_owned(),
        Some(_) | None => {
            return Err(ScreenError::new(
                format!("{at}.kind"),
                "must be lower-case letters and hyphens, at most 40",
            ));
        }
    };
    Node::read(&kind, json, at)
}

fn is_kind(text: &str) -> bool {
    let right = |it: u8| it.is_ascii_lowercase() || it == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(right) && !text.starts_with('-')
}

/// How long a value is as compact JSON, without writing it down.
fn size(json: &Json) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    match serde_json::to_writer(&mut count, json) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}
