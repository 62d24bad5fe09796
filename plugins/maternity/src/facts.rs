//! What was found at the contacts of a pregnancy, as the record's view has it.
//!
//! Invariant: a fact is read only under the pregnancy it was written for; what was entered in error is not read.

use std::collections::BTreeMap;

use sdk::{Call, Failure, Parameters, Row, ViewQuery};

use crate::field::SYSTEM;

const ROWS: u32 = 1_000;
const ROWS_MAX: u32 = 20_000;
/// Each kind of contact at which something is found, with its words.
pub(crate) const KINDS: [(&str, &str); 9] = [
    ("booking", "Booking"),
    ("dating", "Dating scan"),
    ("visit", "Antenatal visit"),
    ("scan", "Growth scan"),
    ("vte", "Assessment of the risk of clots"),
    ("labour", "Readings in labour"),
    ("birth", "Birth"),
    ("ending", "Ended without birth"),
    ("closure", "Pregnancy closed"),
];

/// How a kind of contact is read.
pub(crate) fn words(kind: &str) -> &'static str {
    let known = KINDS.iter().find(|(code, _)| *code == kind);
    known.map_or("Contact", |(_, words)| words)
}

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
    /// `Patient/…` of the baby whose birth it is.
    pub(crate) baby: Option<String>,
    /// The moment at which the record took it, which puts those of one day in order.
    recorded: String,
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

    /// What a screen about this contact is opened with.
    pub(crate) fn as_parameter(&self) -> Parameters {
        Parameters::default().with("contact", self.reference.as_str())
    }

    fn place(&self) -> (&str, &str, &str) {
        (&self.when, &self.recorded, &self.reference)
    }

    fn id(&self) -> &str {
        self.reference.rsplit('/').next().unwrap_or_default()
    }

    fn begun(id: &str, row: Row<'_>) -> Self {
        let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
        Self {
            reference: format!("Observation/{id}"),
            kind: text("kind"),
            when: text("when"),
            pregnancy: text("pregnancy"),
            baby: row.text("baby").map(str::to_owned),
            recorded: text("recorded"),
            values: BTreeMap::new(),
        }
    }
}

/// Everything of these kinds that was found in any pregnancy of the woman, oldest first.
///
/// # Errors
/// Any failure of the chart; `limit` beyond 20,000 facts.
pub(crate) fn all(call: &Call<'_>, kinds: &[&str]) -> Result<Vec<Facts>, Failure> {
    let codes: Vec<_> = kinds.iter().map(|it| format!("{SYSTEM}|{it}")).collect();
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
    found.sort_by(|one, other| one.place().cmp(&other.place()));
    Ok(found)
}

/// Those of one pregnancy.
pub(crate) fn of<'a>(all: &'a [Facts], pregnancy: &str, kind: &str) -> Vec<&'a Facts> {
    let wanted = |it: &&Facts| it.pregnancy == pregnancy && it.kind == kind;
    all.iter().filter(wanted).collect()
}

/// Takes a row in: the rows of one contact follow each other.
fn take(found: &mut Vec<Facts>, row: Row<'_>) {
    let Some(id) = row
        .text("id")
        .filter(|_| row.text("status") != Some("entered-in-error"))
    else {
        return;
    };
    if found.last().is_none_or(|it| it.id() != id) {
        found.push(Facts::begun(id, row));
    }
    let columns = ["word", "date", "text"];
    let value = row.decimal("number").or_else(|| {
        let mut said = columns.into_iter().filter_map(|it| row.text(it));
        said.next().map(str::to_owned)
    });
    if let (Some(facts), Some(key), Some(value)) = (found.last_mut(), row.text("key"), value) {
        facts.values.insert(key.to_owned(), value);
    }
}
