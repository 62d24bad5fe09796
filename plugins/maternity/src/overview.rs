//! The pregnancy at a glance: how far it is, by what it is dated, its risk of clots, and the pregnancies before.
//!
//! Invariant: what is not recorded is said in words; a closed pregnancy is only read.

use sdk::advice::{Card, Indicator};
use sdk::screen::{
    Absent, Card as CardNode, Columns, Fact, Link, Paragraph, Section, SummaryList, SummaryRow,
    Table, TableColumn, TableRow,
};
use sdk::{Advice, Call, Failure, Hook, Parameters, Screen};

use crate::clots;
use crate::dating::DatingPack;
use crate::facts;
use crate::pregnancy::{self, Pregnancy};
use crate::sheet::{dating_pack, gestation, no_pregnancy, today, unverified, with};
use crate::vte::VtePack;

/// Days after birth in which other departments have to know.
const RECENT_DAYS: i64 = 28;

/// Draws it.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pregnancies = pregnancy::all(call)?;
    let closed: Vec<_> = pregnancies.iter().filter(|it| !it.is_open()).collect();
    let Some(pregnancy) = pregnancy::open_one(call)? else {
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
    let all = facts::all(call)?;
    let mut clots_card = CardNode::new().heading("Risk of clots (VTE)");
    clots_card = match clots::latest(call, &vte, &all, &pregnancy)? {
        None => clots_card.child(Paragraph::new("Not assessed in this pregnancy.")),
        Some((when, phase, Ok(score))) => {
            clots_card.child(clots::drawn(&vte, phase, &when, &score))
        }
        Some((_, _, Err(why))) => clots_card.child(Paragraph::new(why)),
    };
    let columns = Columns::new()
        .child(dating_card(call, &dating, &pregnancy)?)
        .child(clots_card.child(Link::new("Assess", "clots")));
    let root = Section::new().child(columns);
    let root = with(root, (!closed.is_empty()).then(|| earlier(&closed)));
    let root = unverified(root, "Dating", &dating.unverified);
    Ok(Screen::new(unverified(
        root,
        "Risk of clots",
        &vte.unverified,
    )))
}

fn dating_card(call: &Call<'_>, pack: &DatingPack, it: &Pregnancy) -> Result<CardNode, Failure> {
    let today = today(call)?;
    let not_recorded = || Fact::absent(Absent::NotRecorded);
    let far = gestation(pack, it, today);
    let rows = vec![
        SummaryRow::new(
            "Gestation today",
            far.map_or_else(not_recorded, |it| Fact::text(it.to_string())),
        ),
        SummaryRow::new(
            "Expected date",
            it.edd
                .map_or_else(not_recorded, |it| Fact::date(it.day.to_string())),
        ),
        SummaryRow::new(
            "Dated by",
            it.edd
                .map_or_else(not_recorded, |it| Fact::text(it.basis.words())),
        ),
        SummaryRow::new(
            "Fetuses",
            it.fetuses
                .map_or_else(not_recorded, |it| Fact::number(it.to_string())),
        ),
    ];
    Ok(CardNode::new()
        .heading("Pregnancy")
        .child(SummaryList::new(rows))
        .child(Link::new("Dating scan", "dating")))
}

fn earlier(closed: &[&Pregnancy]) -> Table {
    let rows: Vec<_> = closed
        .iter()
        .map(|it| {
            let day = |day: Option<crate::day::Day>| {
                day.map_or_else(
                    || Fact::absent(Absent::NotRecorded),
                    |it| Fact::date(it.to_string()),
                )
            };
            TableRow::new(vec![day(it.edd.map(|it| it.day)), day(it.ended)])
        })
        .collect();
    let columns = vec![
        TableColumn::new("edd", "Expected"),
        TableColumn::new("end", "Closed"),
    ];
    Table::new("Closed pregnancies, read only", columns, rows)
}

/// Says beside the core chart that the patient is pregnant, or was within four weeks.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another hook.
pub(crate) fn advise(call: &Call<'_>, hook: &Hook) -> Result<Advice, Failure> {
    if hook.name != "patient-view" {
        let what = format!("maternity has nothing to do with the hook `{}`", hook.name);
        return Err(Failure::not_provided(what));
    }
    let (pack, today) = (dating_pack(call)?, today(call)?);
    let source = "Maternity record of this region";
    let mut advice = Advice::none();
    for it in pregnancy::all(call)? {
        let summary = match (it.is_open(), gestation(&pack, &it, today), it.edd) {
            (true, Some(far), Some(edd)) => {
                format!("Pregnant, {far} weeks today. Expected {}.", edd.day)
            }
            (true, _, _) => "Pregnant. Not dated yet.".to_owned(),
            (false, _, _) => match it.ended.map(|end| today.since(end)) {
                Some(days @ 0..=RECENT_DAYS) => format!("Pregnancy ended {days} days ago."),
                Some(_) | None => continue,
            },
        };
        let card = Card::new(Indicator::Info, summary, source);
        advice = advice.card(card.link("Open the pregnancy", "pregnancy", &Parameters::default()));
    }
    Ok(advice)
}
