//! The pregnancy at a glance: how far it is, by what it is dated, its risks, and the pregnancies before.
//!
//! Invariant: what is not recorded is said in words; a closed pregnancy is only read.

use sdk::moment::Day;
use sdk::screen::{
    Absent, Card, Columns, Fact, Link, Paragraph, Section, SummaryList, SummaryRow, Table,
    TableColumn, TableRow,
};
use sdk::{Call, Failure, Parameters, Screen};

use crate::clots::{self, Extent};
use crate::dating::{Basis, DatingPack};
use crate::facts::{self, Facts};
use crate::growth;
use crate::pregnancy::{self, Pregnancy};
use crate::sheet::{dating_pack, gestation, no_pregnancy, today, unverified, with};
use crate::vte::VtePack;

/// Draws it.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pregnancies = pregnancy::all(call)?;
    let closed: Vec<_> = pregnancies.iter().filter(|it| !it.is_open()).collect();
    let Some(pregnancy) = pregnancy::only_open(&pregnancies)? else {
        return Ok(match closed.is_empty() {
            true => no_pregnancy(),
            false => Screen::new(
                Section::new()
                    .child(Paragraph::new("No pregnancy is open."))
                    .child(Link::new("Book a pregnancy", "booking"))
                    .child(earlier(&closed)),
            ),
        });
    };
    let dating = dating_pack(call)?;
    let vte = VtePack::read(&call.packs.get("vte")?)?;
    let all = facts::all(call, &["booking", "visit", "vte", "scan", "birth"])?;
    let mut clots_card = Card::new().heading("Risk of clots (VTE)");
    clots_card = match clots::latest(call, &vte, &all, pregnancy)? {
        None => clots_card.child(Paragraph::new("Not assessed in this pregnancy.")),
        Some(it) => clots_card.children(clots::drawn(&vte, &it, Extent::Short)),
    };
    let columns = Columns::new()
        .child(dating_card(call, &dating, pregnancy, &all)?)
        .child(clots_card.child(Link::new("Assess", "clots")))
        .child(needs(call, pregnancy, &all)?);
    let root = Section::new().child(columns);
    let root = with(root, (!closed.is_empty()).then(|| earlier(&closed)));
    let root = unverified(root, "Dating", &dating.unverified);
    Ok(Screen::new(unverified(
        root,
        "Risk of clots",
        &vte.unverified,
    )))
}

fn not_recorded() -> Fact {
    Fact::absent(Absent::NotRecorded)
}

fn dating_card(
    call: &Call<'_>,
    pack: &DatingPack,
    it: &Pregnancy,
    all: &[Facts],
) -> Result<Card, Failure> {
    let far = gestation(pack, it, today(call)?);
    let mut rows = vec![match it.born {
        Some(born) => SummaryRow::new("Birth recorded", Fact::date(born.to_string())),
        None => SummaryRow::new(
            "Gestation today",
            far.map_or_else(not_recorded, |it| Fact::text(it.to_string())),
        ),
    }];
    let date = |day: Option<Day>| day.map_or_else(not_recorded, |it| Fact::date(it.to_string()));
    let expected = SummaryRow::new("Expected date", date(it.edd.map(|it| it.day)));
    rows.push(match it.edd {
        Some(edd) if edd.basis.is_fixed() => expected.note("Fixed. Later scans do not change it."),
        Some(_) | None => expected,
    });
    let basis = it.edd.map(|it| it.basis);
    let dated_by = basis.map_or_else(not_recorded, |it| Fact::text(it.words()));
    rows.push(SummaryRow::new("Dated by", dated_by));
    let booking = facts::of(all, &it.reference, "booking").last().copied();
    if let Some(period) = booking.and_then(|it| it.text("lmp")) {
        let row = SummaryRow::new("Last period", Fact::date(period));
        let is_used = basis == Some(Basis::Lmp);
        rows.push(if is_used {
            row
        } else {
            row.note("Not used for dating.")
        });
    }
    let fetuses = it.fetuses;
    rows.push(SummaryRow::new(
        "Fetuses",
        fetuses.map_or_else(not_recorded, |it| Fact::number(it.to_string())),
    ));
    rows.push(SummaryRow::new("Latest contact", date(it.last_contact)));
    for (fetus, on, words) in growth::latest(call, all, it)? {
        let note = format!("Scan of {}.", sdk::moment::words(&on).unwrap_or_default());
        rows.push(SummaryRow::new(format!("{fetus}, growth"), Fact::text(words)).note(note));
    }
    Ok(Card::new()
        .heading("Pregnancy")
        .child(SummaryList::new(rows))
        .child(Link::new("Dating scan", "dating"))
        .child(Link::new("All contacts", "contacts")))
}

/// What booking and visits hold that decides how she is cared for.
fn needs(call: &Call<'_>, it: &Pregnancy, all: &[Facts]) -> Result<Card, Failure> {
    let booking = facts::of(all, &it.reference, "booking").last().copied();
    let said = |id: &str| match booking.and_then(|it| it.text(id)) {
        Some("yes") => Fact::text("Yes"),
        Some("no") => Fact::text("No"),
        Some("unknown") => Fact::absent(Absent::Unknown),
        Some(_) | None => not_recorded(),
    };
    let parity = booking.and_then(|it| it.text("parity"));
    let index = booking.and_then(clots::body_mass_index);
    let age = clots::age(call, &call.context.now())?;
    let mut rows = vec![
        SummaryRow::new(
            "Age",
            age.map_or_else(not_recorded, |it| Fact::quantity(it.to_string(), "years")),
        ),
        SummaryRow::new(
            "Births before",
            parity.map_or_else(not_recorded, Fact::number),
        ),
        SummaryRow::new("Caesarean before", said("previous-caesarean")),
        SummaryRow::new(
            "Body mass index at booking",
            index.map_or_else(not_recorded, |it| {
                Fact::quantity(format!("{it:.1}"), "kg/m²")
            }),
        ),
        SummaryRow::new("Smoker at booking", said("smoker")),
    ];
    let with_monoxide = all.iter().rev().find_map(|found| {
        let is_of_it = found.pregnancy == it.reference;
        found.text("co").filter(|_| is_of_it).map(|co| (co, found))
    });
    rows.push(match with_monoxide {
        None => SummaryRow::new("Carbon monoxide", not_recorded()),
        Some((co, found)) => {
            SummaryRow::new("Carbon monoxide", Fact::quantity(co, "ppm")).note(format!(
                "{} of {}.",
                facts::words(&found.kind),
                sdk::moment::words(&found.when).unwrap_or_default()
            ))
        }
    });
    Ok(Card::new()
        .heading("Risks and needs")
        .child(SummaryList::new(rows))
        .child(Link::new("Record a visit", "visit")))
}

fn earlier(closed: &[&Pregnancy]) -> Table {
    let rows = closed.iter().map(|it| {
        let day = |day: Option<Day>| day.map_or_else(not_recorded, |it| Fact::date(it.to_string()));
        let ending = match it.is_error() {
            true => Fact::text("Booked by mistake"),
            false => day(it.ended),
        };
        let parameters = Parameters::default().with("pregnancy", it.reference.as_str());
        let look = Fact::link("Read its contacts", "contacts", &parameters);
        TableRow::new(vec![day(it.edd.map(|it| it.day)), ending, look])
    });
    let columns = vec![
        TableColumn::new("edd", "Expected"),
        TableColumn::new("end", "Ended"),
        TableColumn::new("look", "Contacts"),
    ];
    Table::new(
        "Closed pregnancies, read only",
        columns,
        rows.collect::<Vec<_>>(),
    )
}
