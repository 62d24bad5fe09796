//! Rows that a test writes, in the place of those that the host makes of a view.
//!
//! A view that the manifest does not declare, and a question for which nothing was written, are failures.

use serde_json::{Value, json};

use super::{Bedside, each};
use crate::{Failure, Rows, ViewQuery};

impl Bedside {
    /// With these rows as the answer to what is asked of a view: its columns, and a cell for each in every row.
    ///
    /// # Errors
    /// `invalid` when the manifest declares no such view, or a row has another number of cells.
    pub fn rows(
        mut self,
        view: &str,
        query: ViewQuery,
        columns: &[&str],
        values: &[Value],
    ) -> Result<Self, Failure> {
        self.viewed(view)?;
        let document = json!({ "rows": 1, "columns": columns, "values": values, "more": false });
        let rows = Rows::from_json(document)
            .map_err(|_| Failure::invalid("every row is a list with a cell for each column"))?;
        self.rows.push((view.into(), query, rows));
        Ok(self)
    }

    /// The rows that were written for this question.
    pub(super) fn written_rows(&self, view: &str, query: &ViewQuery) -> Result<Rows, Failure> {
        self.viewed(view)?;
        let mut written = self.rows.iter();
        let found = written.find(|(of, asked, _)| of == view && asked == query);
        found.map(|(_, _, rows)| rows.clone()).ok_or_else(|| {
            Failure::fault(format!(
                "the test wrote no rows of `{view}` for {}; add them with `Bedside::rows`",
                query.to_json()
            ))
        })
    }

    fn viewed(&self, view: &str) -> Result<(), Failure> {
        if each(&self.manifest, "views")
            .any(|it| it.get("id").and_then(Value::as_str) == Some(view))
        {
            return Ok(());
        }
        Err(Failure::new(
            "not-granted",
            format!("departmental.json declares no view `{view}`; add it to `views` with a reason"),
        ))
    }
}
