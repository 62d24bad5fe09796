//! Rows of a view: those that it makes of the written chart, or those that a test writes in their place.
//!
//! A view that the manifest does not declare, or of another scope than the call, and a question for which nothing was
//! written where something was for the view, are failures. Rows about a site are of the patients whom the written chart says
//! that it cares for.

use serde_json::{Value, json};

use super::{Bedside, each, view};
use crate::{Failure, Rows, ViewQuery};

impl Bedside {
    /// With these rows as the answer to what is asked of a view: its columns, and a cell for each in every row.
    ///
    /// # Errors
    /// `invalid` when the manifest declares no such view, or a row has another number of cells.
    pub fn rows(
        self,
        view: &str,
        query: ViewQuery,
        columns: &[&str],
        values: &[Value],
    ) -> Result<Self, Failure> {
        let document = json!({ "rows": 1, "columns": columns, "values": values, "more": false });
        self.with_rows(view, query, document)
    }

    /// The same for a page of a call about a site, behind which others follow from `next` on.
    ///
    /// # Errors
    /// As [`Bedside::rows`].
    pub fn rows_before(
        self,
        next: &str,
        view: &str,
        query: ViewQuery,
        columns: &[&str],
        values: &[Value],
    ) -> Result<Self, Failure> {
        let document =
            json!({ "rows": 1, "columns": columns, "values": values, "more": true, "next": next });
        self.with_rows(view, query, document)
    }

    fn with_rows(mut self, view: &str, query: ViewQuery, document: Value) -> Result<Self, Failure> {
        self.viewed(view)?;
        let rows = Rows::from_json(document)
            .map_err(|_| Failure::invalid("every row is a list with a cell for each column"))?;
        self.rows.push((view.into(), query, rows));
        Ok(self)
    }

    /// The rows that were written for this question.
    pub(super) fn written_rows(&self, view: &str, query: &ViewQuery) -> Result<Rows, Failure> {
        let declared = self.viewed(view)?;
        let scope = declared.get("scope").and_then(Value::as_str);
        let is_of_site = matches!(scope, Some("site" | "own"));
        if is_of_site == self.patient.is_some() {
            return Err(Failure::new(
                "not-granted",
                "a view of scope `site` or `own` is asked for in a call without a patient, and any other in a call about one",
            ));
        }
        let mut written = self.rows.iter().filter(|(of, _, _)| of == view).peekable();
        if written.peek().is_none() {
            return match is_of_site {
                true => self.made_rows_of_site(declared, query),
                false => self.made_rows(declared, query),
            };
        }
        let found = written.find(|(_, asked, _)| asked == query);
        found.map(|(_, _, rows)| rows.clone()).ok_or_else(|| {
            Failure::fault(format!(
                "the test wrote no rows of `{view}` for {}; add them with `Bedside::rows`",
                query.to_json()
            ))
        })
    }

    fn made_rows(&self, declared: &Value, query: &ViewQuery) -> Result<Rows, Failure> {
        let in_chart = self.resources.iter().filter(|it| self.in_chart(it));
        let in_chart: Vec<&Value> = in_chart.collect();
        let made = view::answer(declared, query, &in_chart)?;
        Rows::from_json(json!({
            "rows": 1, "columns": made.columns, "values": made.rows, "more": made.more,
        }))
    }

    /// A page of them is named by how many rows are before it.
    fn made_rows_of_site(&self, declared: &Value, query: &ViewQuery) -> Result<Rows, Failure> {
        let asked = query.to_json();
        let page = asked.get("page").and_then(Value::as_str);
        if asked.get("offset").is_some() {
            return Err(Failure::invalid(
                "offset: in a call about a site write `page`",
            ));
        }
        let before: u32 = page.map_or(Ok(0), str::parse).map_err(|_| {
            Failure::invalid("page: write what an answer to the same question gave as `next`")
        })?;
        let resources = match declared.get("scope").and_then(Value::as_str) {
            Some("own") => self.own(),
            _ => self.of_site(),
        };
        let made = view::answer(declared, &query.clone().offset(before), &resources)?;
        let mut document = json!({
            "rows": 1, "columns": made.columns, "values": made.rows, "more": made.more,
        });
        if made.more {
            let given = u32::try_from(made.rows.len()).unwrap_or(u32::MAX);
            document["next"] = Value::from(before.saturating_add(given).to_string());
        }
        Rows::from_json(document)
    }

    fn viewed(&self, view: &str) -> Result<&Value, Failure> {
        let mut declared = each(&self.manifest, "views");
        let found = declared.find(|it| it.get("id").and_then(Value::as_str) == Some(view));
        found.ok_or_else(|| {
            Failure::new(
                "not-granted",
                format!(
                    "departmental.json declares no view `{view}`; add it to `views` with a reason"
                ),
            )
        })
    }
}
