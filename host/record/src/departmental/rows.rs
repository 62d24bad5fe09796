//! `chart.rows`: the rows of a view that the manifest declares and the site granted, about the call's one patient.
//!
//! Invariant: rows are made of the versions that stood at the call's `t`, and of nothing that the view does not name.

mod asked;
pub(crate) mod kept;

use std::sync::Arc;

use fhir::resource::Resource;
use fhir::view::View;
use serde_json::Value;

use self::asked::Asked;
use self::kept::{Made, ViewNumber};
use crate::Record;
use crate::departmental::chart::{Window, as_failure};
use crate::departmental::manifest::DeclaredView;
use crate::departmental::{Chart, Failure, search};
use crate::limits::{ROWS_MADE_AT_ONCE, ROWS_SCANNED_MAX};
use crate::store::row::VersionRow;

impl Chart {
    /// Rows of a view, as `rows-1` JSON: `columns`, `values` with one list for each row, and `more` where rows follow.
    /// `parameters` follows `view-1`: a FHIR `search` that an index answers, `where` and `order` on columns, `offset` and
    /// `count`. The same parameters give the same rows for the whole call.
    ///
    /// # Errors
    /// `not-granted`, `invalid` with the place in the parameters, `busy`, `limit`.
    pub async fn rows(&self, view: &str, parameters: &str) -> Result<String, Failure> {
        let window = &self.window;
        window.count_call()?;
        let declared = window.view(view)?;
        let asked = Asked::parse(parameters, &declared.view)?;
        let patient = window.patient.as_ref().ok_or_else(|| {
            Failure::new(
                "not-granted",
                "this call is about no patient, so it has no rows",
            )
        })?;
        let query = search::of_view(&asked.search, declared, patient)?;
        let reads_all = asked.reads_all() || !declared.view.is_one_row_each();
        let n_max = match reads_all {
            true => ROWS_SCANNED_MAX,
            false => asked.last().saturating_add(1).min(ROWS_SCANNED_MAX),
        };
        let through = format!("{}/{}", window.release.id, declared.id);
        let at = (window.t, patient);
        let found = window
            .record
            .all_within(&window.caller, &query, at, n_max, &through);
        let found = found.await.map_err(|error| as_failure(&error))?;
        if found.is_cut && reads_all {
            let what = format!(
                "more than {ROWS_SCANNED_MAX} resources would have to be looked at: add a condition under `search`"
            );
            return Err(Failure::new("limit", what));
        }
        let kept = window.record.rows_kept();
        let number = kept.number(&window.release.digest, &declared.id);
        let made = window.record.made(&declared.view, number, &found.rows);
        let made = made.await.map_err(|what| Failure::new("invalid", what))?;
        let text = written(&declared.view, &asked, &made, found.is_cut);
        window.count_bytes(text.len())?;
        Ok(text)
    }
}

impl Window {
    /// The view of that name, if it is granted. One that is not declared and one that is not granted answer alike.
    fn view(&self, id: &str) -> Result<&DeclaredView, Failure> {
        let declared = self.release.manifest.view(id);
        declared
            .filter(|_| self.grants.may_view(id))
            .ok_or_else(|| {
                let id: String = id.chars().take(64).collect();
                let what =
                    format!("the view {id} is not in the manifest, or not granted to it here");
                Failure::new("not-granted", what)
            })
    }
}

impl Record {
    /// The rows of each version: those that were made before, and the others made now.
    async fn made(
        &self,
        view: &View,
        number: ViewNumber,
        versions: &[Arc<VersionRow>],
    ) -> Result<Vec<Made>, String> {
        let mut made = self
            .rows_kept()
            .get(number, versions.iter().map(|row| row.v));
        let missing: Vec<usize> = (0..made.len()).filter(|at| made[*at].is_none()).collect();
        for some in missing.chunks(ROWS_MADE_AT_ONCE) {
            let mut new = Vec::with_capacity(some.len());
            for at in some {
                let rows = rows_of(view, &versions[*at])?;
                made[*at] = Some(Arc::clone(&rows));
                new.push((versions[*at].v, rows));
            }
            self.rows_kept().put(number, new);
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
    Ok(rows.into())
}

/// The answer: what the conditions leave, in the order asked for, from the offset on.
fn written(view: &View, asked: &Asked, made: &[Made], is_cut: bool) -> String {
    let mut rows: Vec<&Vec<Value>> = made
        .iter()
        .flat_map(|rows| rows.iter())
        .filter(|row| asked.holds(row))
        .collect();
    if asked.is_ordered() {
        rows.sort_by(|one, other| asked.compare(one, other));
    }
    let place = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).min(rows.len());
    let (start, end) = (place(asked.offset), place(asked.last()));
    let more = rows.len() > end || is_cut;
    let columns: Vec<&str> = view.columns().iter().map(|it| it.name.as_str()).collect();
    let mut text = String::with_capacity(64 + 64 * (end - start));
    text.push_str(r#"{"rows":1,"columns":"#);
    text.push_str(&Value::from(columns).to_string());
    text.push_str(r#","values":["#);
    for (at, row) in rows[start..end].iter().enumerate() {
        text.push_str(if at == 0 { "[" } else { ",[" });
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            push(&mut text, cell);
        }
        text.push(']');
    }
    text.push_str(if more {
        r#"],"more":true}"#
    } else {
        r#"],"more":false}"#
    });
    text
}

/// A cell as JSON.
fn push(text: &mut String, cell: &Value) {
    match cell {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(number.as_str()),
        Value::String(_) | Value::Array(_) | Value::Object(_) => text.push_str(&cell.to_string()),
    }
}

#[cfg(test)]
mod tests;
