//! Every contact of one pregnancy with all that was recorded at it, newest first; of a closed pregnancy the only way in.
//!
//! Invariant: nothing here can be changed; what was struck out is shown as struck out and never as a finding.

use sdk::screen::{
    Card, EmptyState, Fact, Link, Paragraph, Part, Section, SummaryList, SummaryRow, Tag, Tone,
};
use sdk::{Call, Failure, Parameters, Row, Screen, ViewQuery};

use crate::facts;
use crate::field::SYSTEM;
use crate::pregnancy::{self, Pregnancy};

/// Rows of one page at most: some dozens of contacts.
const ROWS: u32 = 400;

/// One contact as the view has it.
struct Contact {
    id: String,
    kind: String,
    status: String,
    when: String,
    rows: Vec<SummaryRow>,
    n: u32,
}

/// Draws it.
///
/// # Errors
/// Any failure of the chart; `invalid` for a parameter that is none; `not-found` for a pregnancy that is not hers.
pub(crate) fn open(call: &Call<'_>, parameters: &Parameters) -> Result<Screen, Failure> {
    let all = pregnancy::all(call)?;
    let asked = parameters.get("pregnancy");
    let shown = match asked {
        Some(asked) => {
            let of_that = all.iter().find(|it| it.reference == asked);
            let what = format!("there is no pregnancy {asked} in this chart");
            Some(of_that.ok_or_else(|| Failure::not_found(what))?)
        }
        None => pregnancy::only_open(&all)?,
    };
    let Some(pregnancy) = shown else {
        let words = "A closed pregnancy is read from the list under Pregnancy.";
        let empty = EmptyState::new("No open pregnancy", words);
        let link = Link::new("All pregnancies", "pregnancy");
        return Ok(Screen::new(Section::new().child(empty).child(link)));
    };
    let from = parameters.get("from").map_or(Ok(0), str::parse::<u32>);
    let from = from.map_err(|_| Failure::invalid("`from` is a whole number"))?;
    let (contacts, next) = page(call, pregnancy, from)?;
    let mut root = Section::new().child(heading(pregnancy));
    for contact in contacts {
        root = root.child(contact.drawn(pregnancy.is_open()));
    }
    if let Some(next) = next {
        let parameters = Parameters::default()
            .with("pregnancy", pregnancy.reference.as_str())
            .with("from", next.to_string());
        root = root.child(Link::new("Earlier contacts", "contacts").parameters(&parameters));
    }
    Ok(Screen::new(root))
}

fn heading(pregnancy: &Pregnancy) -> Paragraph {
    let date = |day: Option<sdk::moment::Day>| {
        day.map_or_else(
            || Fact::text("not recorded"),
            |it| Fact::date(it.to_string()),
        )
    };
    let state = match (pregnancy.is_open(), pregnancy.is_error()) {
        (true, _) => "Open pregnancy",
        (false, false) => "Closed pregnancy, read only",
        (false, true) => "Booked by mistake, read only",
    };
    let mut parts = vec![
        Part::strong(state),
        Part::plain(". Booked "),
        Part::plain(date(pregnancy.started)),
        Part::plain(", expected "),
        Part::plain(date(pregnancy.edd.map(|it| it.day))),
    ];
    if !pregnancy.is_open() {
        parts.push(Part::plain(", ended "));
        parts.push(Part::plain(date(pregnancy.ended)));
    }
    parts.push(Part::plain("."));
    Paragraph::new(parts)
}

/// Whole contacts of one page, newest first, and where the next begins.
fn page(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    from: u32,
) -> Result<(Vec<Contact>, Option<u32>), Failure> {
    let codes: Vec<_> = facts::KINDS
        .iter()
        .map(|(kind, _)| format!("{SYSTEM}|{kind}"))
        .collect();
    let asked = ViewQuery::new()
        .search(format!("code={}&_sort=-date", codes.join(",")))
        .among("pregnancy", [pregnancy.reference.as_str()])
        .offset(from)
        .count(ROWS);
    let rows = call.chart.rows("contacts", &asked)?;
    let mut contacts: Vec<Contact> = Vec::new();
    for row in rows.iter() {
        take(&mut contacts, row);
    }
    // The last contact of a page that is not the last may go on in the next one.
    if rows.more && contacts.len() > 1 {
        contacts.pop();
    }
    let taken: u32 = contacts.iter().map(|it| it.n).sum();
    // The record puts those of one moment in no order: here they always stand in the same one.
    for same in contacts.chunk_by_mut(|one, other| one.when == other.when) {
        same.sort_by(|one, other| one.id.cmp(&other.id));
    }
    Ok((contacts, rows.more.then_some(from + taken)))
}

fn take(contacts: &mut Vec<Contact>, row: Row<'_>) {
    let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
    let id = text("id");
    if contacts.last().is_none_or(|it| it.id != id) {
        contacts.push(Contact {
            id,
            kind: text("kind"),
            status: text("status"),
            when: text("when"),
            rows: Vec::new(),
            n: 0,
        });
    }
    let value = match (row.decimal("number"), row.text("date")) {
        (Some(number), _) => match row.text("unit") {
            Some(unit) => Fact::quantity(number, unit),
            None => Fact::number(number),
        },
        (None, Some(date)) => Fact::date(date),
        (None, None) => Fact::text(row.text("word").or(row.text("text")).unwrap_or_default()),
    };
    if let Some(contact) = contacts.last_mut() {
        contact.n += 1;
        // When it was stands above the rest.
        if !matches!(row.text("key"), Some("on" | "at")) {
            contact.rows.push(SummaryRow::new(text("label"), value));
        }
    }
}

impl Contact {
    fn drawn(self, is_open: bool) -> Card {
        let reference = format!("Observation/{}", self.id);
        let card = Card::new().heading(facts::words(&self.kind));
        let when = Paragraph::new(vec![Part::strong(Fact::date(self.when))]);
        let card = card.child(when);
        match self.status.as_str() {
            "entered-in-error" => {
                card.child(Tag::new("Struck out: recorded in error").tone(Tone::Warning))
            }
            status => {
                let mut card = match self.rows.is_empty() {
                    true => card,
                    false => card.child(SummaryList::new(self.rows)),
                };
                if status == "corrected" {
                    card = card.child(Tag::new("Corrected").tone(Tone::Information));
                }
                if is_open {
                    let parameters = Parameters::default().with("contact", reference);
                    card = card.child(Link::new("Correct", "correction").parameters(&parameters));
                }
                card
            }
        }
    }
}
