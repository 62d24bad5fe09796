//! What the host looks at in a screen besides its schema: the tree, its size, its fields and its links.
//!
//! The bounds are those of screen/1; over one of them the whole screen is refused.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Failure;

/// Nodes of a screen at most.
pub const NODES_MAX: usize = 2_000;
/// Levels of a screen at most.
pub const DEPTH_MAX: usize = 12;
/// Bytes of a screen at most.
pub const BYTES_MAX: usize = 512 * 1024;
/// Cells, rows times columns, of all grids of a screen at most.
pub const CELLS_MAX: usize = 12_000;

/// Looks at a screen/1 document; `screens` are those of the manifest.
///
/// # Errors
/// `fault`, with the first thing that the host would refuse.
pub fn screen(screen: &Value, screens: &[&str]) -> Result<(), Failure> {
    let refuse = |what: String| Err(Failure::fault(format!("the screen {what}")));
    let bytes = screen.to_string().len();
    if bytes > BYTES_MAX {
        return refuse(format!(
            "has {bytes} bytes, more than {BYTES_MAX}; show less, or link to a second screen"
        ));
    }
    let nodes = screen
        .get("nodes")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if nodes.is_empty() || nodes.len() > NODES_MAX {
        return refuse(format!(
            "has {} nodes; 1 to {NODES_MAX} are allowed",
            nodes.len()
        ));
    }
    let root = index(screen.get("root"));
    let mut seen = vec![false; nodes.len()];
    let mut level: Vec<usize> = root.into_iter().collect();
    let mut depth = 0;
    while !level.is_empty() {
        depth += 1;
        if depth > DEPTH_MAX {
            return refuse(format!("has more than {DEPTH_MAX} levels"));
        }
        let mut below = Vec::new();
        for at in level {
            match seen.get_mut(at) {
                None => return refuse(format!("names node {at}, which does not exist")),
                Some(true) => {
                    return refuse(format!("has node {at} in two places, or in a circle"));
                }
                Some(new) => *new = true,
            }
            let children = nodes[at]
                .get("children")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            for child in children {
                let Some(child) = index(Some(child)) else {
                    return refuse(format!("has a child of node {at} that is no index"));
                };
                below.push(child);
            }
        }
        level = below;
    }
    if let Some(alone) = seen.iter().position(|seen| !seen) {
        return refuse(format!("has node {alone} below no other"));
    }
    cells(nodes)?;
    fields(nodes).and_then(|()| links(screen, screens))
}

/// Every grid draws a cell for each row and column, whether it is given or not.
fn cells(nodes: &[Value]) -> Result<(), Failure> {
    let list = |it: &Value, name: &str| it.get(name).and_then(Value::as_array).cloned();
    let of_grid = |node: &Value| {
        let groups = list(node, "groups").unwrap_or_default();
        let rows: usize = groups
            .iter()
            .map(|group| list(group, "rows").map_or(0, |rows| rows.len()))
            .sum();
        rows * list(node, "columns").map_or(0, |columns| columns.len())
    };
    let cells: usize = nodes.iter().map(of_grid).sum();
    if cells > CELLS_MAX {
        return Err(Failure::fault(format!(
            "the screen has {cells} cells in its grids, more than {CELLS_MAX}; show fewer columns, or link to a second screen"
        )));
    }
    Ok(())
}

fn fields(nodes: &[Value]) -> Result<(), Failure> {
    let mut fields = BTreeSet::new();
    for field in nodes.iter().filter_map(|node| node.get("field")?.as_str()) {
        if !fields.insert(field) {
            return Err(Failure::fault(format!(
                "the screen has two inputs with the field `{field}`"
            )));
        }
    }
    Ok(())
}

/// Every `screen` member that is a word names a screen of the manifest.
fn links(value: &Value, screens: &[&str]) -> Result<(), Failure> {
    match value {
        Value::Object(members) => {
            if let Some(to) = members.get("screen").and_then(Value::as_str)
                && !screens.contains(&to)
            {
                return Err(Failure::fault(format!(
                    "the screen links to `{to}`, which departmental.json does not declare"
                )));
            }
            members
                .iter()
                .filter(|(name, _)| *name != "parameters")
                .try_for_each(|(_, it)| links(it, screens))
        }
        Value::Array(items) => items.iter().try_for_each(|it| links(it, screens)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn index(value: Option<&Value>) -> Option<usize> {
    usize::try_from(value?.as_u64()?).ok()
}
