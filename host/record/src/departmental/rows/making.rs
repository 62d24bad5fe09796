//! Making rows of versions: those that were made before, and the others now.
//!
//! Invariant: a version's rows are what the view of that very release makes of it, each with the text that crosses.

use std::sync::Arc;

use fhir::resource::Resource;
use fhir::view::View;
use serde_json::Value;

use super::kept::{Made, Row};
use crate::departmental::Failure;
use crate::departmental::chart::Window;
use crate::departmental::manifest::DeclaredView;
use crate::limits::ROWS_MADE_AT_ONCE;
use crate::store::row::VersionRow;

impl Window {
    /// The rows of each version, in the order of the versions.
    pub(super) async fn made(
        &self,
        declared: &DeclaredView,
        versions: &[Arc<VersionRow>],
    ) -> Result<Vec<Made>, Failure> {
        let kept = self.record.rows_kept();
        let number = kept.number(&self.release.digest, &declared.id);
        let mut made = kept.get(number, versions.iter().map(|row| row.v));
        let missing: Vec<usize> = (0..made.len()).filter(|at| made[*at].is_none()).collect();
        for some in missing.chunks(ROWS_MADE_AT_ONCE) {
            let mut new = Vec::with_capacity(some.len());
            for at in some {
                let rows = rows_of(&declared.view, &versions[*at]);
                let rows = rows.map_err(|what| Failure::new("invalid", what))?;
                made[*at] = Some(Arc::clone(&rows));
                new.push((versions[*at].v, rows));
            }
            kept.put(number, new);
            tokio::task::yield_now().await;
        }
        Ok(made.into_iter().flatten().collect())
    }
}

fn rows_of(view: &View, version: &VersionRow) -> Result<Made, String> {
    let Some(body) = version.body.as_deref() else {
        return Ok(Arc::from([]));
    };
    let resource = Resource::parse(body.as_bytes()).map_err(|why| why.to_string())?;
    let rows = view
        .rows(&resource)
        .map_err(|why| format!("{}: {why}", version.key))?;
    Ok(rows.into_iter().map(row).collect())
}

/// A row with its text.
fn row(cells: Vec<Value>) -> Row {
    let mut text = String::with_capacity(2 + 24 * cells.len());
    text.push('[');
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        match cell {
            Value::Null => text.push_str("null"),
            Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => text.push_str(number.as_str()),
            Value::String(_) | Value::Array(_) | Value::Object(_) => {
                text.push_str(&cell.to_string());
            }
        }
    }
    text.push(']');
    Row {
        cells: cells.into_boxed_slice(),
        text: text.into_boxed_str(),
    }
}
