//! What was found at the contacts of a pregnancy, as the record's view has it.
//!
//! Invariant: a fact is read only under the pregnancy it was written for; what was entered in error is not read.

use std::collections::BTreeMap;

use sdk::{Call, Failure, Row, Value, ViewQuery};

use crate::field::SYSTEM;

const ROWS: u32 = 1_000;
const ROWS_MAX: u32 = 20_000;
/// Each kind of contact.
pub(crate) const KINDS: [&str; 7] = [
    "booking", "dating", "visit", "scan", "vte", "labour", "birth",
];

/// What was found at one contact.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facts {
    /// `Observation/…`.
    pub(crate) reference: String,
    /// One of [`KINDS`].
    pub(crate) kind: String,
    /// Day or moment.
    pub(crate) when: String,
    /// `EpisodeOfCare/…`.
    pub(crate) pregnancy: String,
    /// Decimals as typed, codes, days and words, by name.
    values: BTreeMap<String, String>,
}

impl Facts {
    /// What was recorded under a name.
    pub(crate) fn text(&self, id: &str) -> Option<&str> {
        self.values.get(id).map(String::as_str)
    }

    /// The number that was recorded under a name.
    pub(crate) fn number(&self, id: &str) -> Option<f64> {
        self.text(id)?.parse().ok()
    }

    /// The whole number that was recorded under a name.
    pub(crate) fn whole(&self, id: &str) -> Option<i64> {
        self.text(id)?.parse().ok()
    }

    /// What was recorded of a yes or no.
    pub(crate) fn yes(&self, id: &str) -> Option<bool> {
        match self.text(id)? {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }

    fn begun(row: Row<'_>) -> Self {
        let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
        Self {
            reference: format!("Observation/{}", text("id")),
            kind: text("kind"),
            when: text("when"),
            pregnancy: text("pregnancy"),
            values: BTreeMap::new(),
        }
    }
}

/// Everything that was found in any pregnancy of the woman, oldest first.
///
/// # Errors
/// Any failure of the chart; `limit` beyond 20,000 facts.
pub(crate) fn all(call: &Call<'_>) -> Result<Vec<Facts>, Failure> {
    let codes: Vec<_> = KINDS.iter().map(|it| format!("{SYSTEM}|{it}")).collect();
    let asked = ViewQuery::new().search(format!("code={}", codes.join(",")));
    let mut found: Vec<Facts> = Vec::new();
    let mut offset = 0;
    loop {
        let rows = call
            .chart
            .rows("facts", &asked.clone().count(ROWS).offset(offset))?;
        for row in rows.iter() {
            take(&mut found, row);
        }
        offset += ROWS;
        if !rows.more {
            break;
        }
        if offset >= ROWS_MAX {
            let what = format!("this woman has more than {ROWS_MAX} facts of maternity");
            return Err(Failure::new("limit", what));
        }
    }
    found.sort_by(|one, other| (&one.when, &one.reference).cmp(&(&other.when, &other.reference)));
    Ok(found)
}

/// Those of one pregnancy.
pub(crate) fn of<'a>(all: &'a [Facts], pregnancy: &str, kind: &str) -> Vec<&'a Facts> {
    let wanted = |it: &&Facts| it.pregnancy == pregnancy && it.kind == kind;
    all.iter().filter(wanted).collect()
}

fn take(found: &mut Vec<Facts>, row: Row<'_>) {
    if row.text("status") == Some("entered-in-error") {
        return;
    }
    let begun = Facts::begun(row);
    let at = found.iter().position(|it| it.reference == begun.reference);
    let at = at.unwrap_or_else(|| {
        found.push(begun);
        found.len() - 1
    });
    let value = row.decimal("number").or_else(|| {
        let columns = ["word", "date", "text"];
        columns
            .into_iter()
            .find_map(|it| row.text(it))
            .map(str::to_owned)
    });
    if let (Some(facts), Some(key), Some(value)) = (found.get_mut(at), row.get("key"), value) {
        let key = Value::as_str(key).unwrap_or_default();
        facts.values.insert(key.to_owned(), value);
    }
}
