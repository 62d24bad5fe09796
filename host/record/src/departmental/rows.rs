//! `chart.rows`: the rows of a view that the manifest declares and the site granted, about the call's one patient, or, in a
//! call without one, about the patients of its site.
//!
//! Invariant: rows are made of the versions that stood at the call's `t`, and of nothing that the view does not name; a view
//! is asked only of whom it was granted for.

mod asked;
mod found;
pub(crate) mod kept;
mod making;
mod site;

use fhir::resource::Id;
use fhir::view::View;
use serde_json::Value;

use self::asked::Asked;
use self::kept::Row;
use crate::departmental::chart::Window;
use crate::departmental::manifest::{DeclaredView, Scope};
use crate::departmental::{Chart, Failure};
use crate::limits::ROWS_SCANNED_MAX;

/// By how much more is looked at where a view leaves resources out and its rows did not do.
const WIDENED: u32 = 8;
/// So many resources are looked at, or twice as many and so on, whatever a page ends with: the pages after it are told from
/// what is known then.
const LOOKED_AT: u32 = 256;

impl Chart {
    /// Rows of a view, as `rows-1` JSON: `columns`, `values` with one list for each row, `more` where rows follow, and in a
    /// call about a site `next` with where they begin. `parameters` follows `view-1`: a FHIR `search` that an index answers,
    /// `where` and `order` on columns, `count`, and `offset` or `page`. The same parameters give the same rows for the whole
    /// call.
    ///
    /// # Errors
    /// `not-granted`, `invalid` with the place in the parameters, `busy`, `limit`.
    pub async fn rows(&self, view: &str, parameters: &str) -> Result<String, Failure> {
        let window = &self.window;
        let _waited = window.count_call()?;
        let declared = window.view(view)?;
        let asked = Asked::parse(parameters, &declared.view)?;
        let text = match (&window.patient, declared.scope) {
            (Some(patient), Scope::Patient) => window.of_patient(declared, &asked, patient).await?,
            (None, Scope::Site | Scope::Own) => window.of_site(declared, &asked).await?,
            (Some(_), Scope::Site) => {
                return Err(other_scope(view, "the site's patients", "one patient"));
            }
            (Some(_), Scope::Own) => {
                return Err(other_scope(view, "the site itself", "one patient"));
            }
            (None, Scope::Patient) => {
                return Err(other_scope(view, "one patient", "no patient"));
            }
        };
        window.count_bytes(text.len())?;
        Ok(text)
    }
}

fn other_scope(view: &str, of: &str, call: &str) -> Failure {
    let what = format!("the view {view} is of {of}, and this call is about {call}");
    Failure::new("not-granted", what)
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

    /// What the audit says rows were read through.
    fn through(&self, declared: &DeclaredView) -> String {
        format!("{}/{}", self.release.id, declared.id)
    }

    /// Rows about the one patient.
    async fn of_patient(
        &self,
        declared: &DeclaredView,
        asked: &Asked,
        patient: &Id,
    ) -> Result<String, Failure> {
        if asked.page.is_some() {
            let what = "page: in a call about a patient write `offset`";
            return Err(Failure::new("invalid", what));
        }
        let mut n_max = match asked.reads_all() {
            true => ROWS_SCANNED_MAX,
            false => looked_at(asked.last().saturating_add(1)),
        };
        loop {
            let found = self.found(declared, asked, patient, n_max).await?;
            let is_whole = !found.is_cut;
            let rows = asked.chosen(found.made.iter().flat_map(|rows| rows.iter()));
            let place = |n: u32| place_of(n).min(rows.len());
            let (start, end) = (place(asked.offset), place(asked.last()));
            // What is cut may be told from only where the order is the search's own, and enough was found.
            if is_whole || (!asked.reads_all() && rows.len() >= place_of(asked.last())) {
                let more = rows.len() > end || !is_whole;
                return Ok(document(&declared.view, &rows[start..end], more, None));
            }
            if n_max >= ROWS_SCANNED_MAX {
                return Err(too_many(ROWS_SCANNED_MAX));
            }
            // The view leaves resources out.
            n_max = n_max.saturating_mul(WIDENED).min(ROWS_SCANNED_MAX);
        }
    }
}

/// How many resources are looked at for so many rows.
fn looked_at(rows: u32) -> u32 {
    let twice_and_twice = rows.checked_next_power_of_two();
    twice_and_twice.map_or(ROWS_SCANNED_MAX, |n| n.clamp(LOOKED_AT, ROWS_SCANNED_MAX))
}

fn place_of(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// That a column's condition or order would need too much to be looked at.
fn too_many(most: u32) -> Failure {
    let what = format!(
        "more than {most} resources would have to be looked at: add a condition under `search`"
    );
    Failure::new("limit", what)
}

/// The answer.
fn document(view: &View, rows: &[&Row], more: bool, next: Option<&str>) -> String {
    let columns: Vec<&str> = view.columns().iter().map(|it| it.name.as_str()).collect();
    let bytes: usize = rows.iter().map(|row| row.text.len() + 1).sum();
    let mut text = String::with_capacity(256 + 32 * columns.len() + bytes);
    text.push_str(r#"{"rows":1,"columns":"#);
    text.push_str(&Value::from(columns).to_string());
    text.push_str(r#","values":["#);
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&row.text);
    }
    text.push_str(if more {
        r#"],"more":true"#
    } else {
        r#"],"more":false"#
    });
    if let Some(next) = next {
        text.push_str(r#","next":"#);
        text.push_str(&Value::from(next).to_string());
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests;
