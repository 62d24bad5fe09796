//! The dating scan: the form that fixes the expected date.
//!
//! Invariant: once a scan dated a pregnancy, this form dates it no more.

use sdk::moment::Day;
use sdk::screen::{Fact, Inset, Part, Section};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen};

use crate::contact::{self, Filed, Said};
use crate::crl::gestation_by_crl;
use crate::dating::{Basis, DatingPack, Edd, settled};
use crate::facts;
use crate::field::{Entry, Field, entry};
use crate::head::gestation_by_head;
use crate::pregnancy;
use crate::refusal::Refusal;
use crate::sheet::{Typed, button, commit, dating_pack, form, no_pregnancy, typed, unverified};

/// What is asked.
pub(crate) fn fields() -> Vec<Field> {
    vec![
        Field::date("on", "Date of scan").required(),
        Field::count("fetuses", "Fetuses", [1.0, 4.0]).required(),
        Field::number("crl", "Crown-rump length", "mm", [1.0, 200.0])
            .hint("Of the largest fetus. Dates from 45 to 84 mm."),
        Field::number("hc", "Head circumference", "mm", [1.0, 400.0])
            .hint("Only when the crown-rump length is above 84 mm."),
    ]
}

/// Draws the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let pack = dating_pack(call)?;
    let mut root = Section::new();
    if let Some(edd) = pregnancy.edd {
        let parts = vec![
            Part::plain("Expected "),
            Part::strong(Fact::date(edd.day.to_string())),
            Part::plain(format!(", by {}.", edd.basis.words())),
        ];
        root = root.child(Inset::new(parts));
    }
    let scans = facts::all(call, &["dating"])?;
    let is_fixed = pregnancy.edd.is_some_and(|it| it.basis.is_fixed());
    if is_fixed {
        let words = "Fixed. Later scans do not change it; record them under growth.";
        root = root.child(Inset::new(words));
    }
    let is_done = !facts::of(&scans, &pregnancy.reference, "dating").is_empty();
    if !(is_fixed && is_done) {
        let form = form("date", "Dating scan", &fields(), Some(&pregnancy));
        let label = match is_fixed {
            true => "Record the scan",
            false => "Date the pregnancy",
        };
        root = root.child(form.child(button(label)));
    }
    Ok(Screen::new(unverified(root, "Dating", &pack.unverified)))
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    let (pregnancy, entries) = match typed(call, [action, "date"], form, &fields())? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    Ok(match filed(call, pregnancy.edd, entries)? {
        Ok(filed) => commit(&contact::file(call, &pregnancy, &filed)?, "pregnancy"),
        Err(finding) => Outcome::findings(&[finding]),
    })
}

/// What was typed as a dating scan, where this expected date stands so far.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn filed(
    call: &Call<'_>,
    held: Option<Edd>,
    entries: Vec<Entry>,
) -> Result<Result<Filed, Finding>, Failure> {
    let number = |id: &str| entry(&entries, id).and_then(Entry::as_number);
    let when = entry(&entries, "on").map(|it| it.as_text().to_owned());
    let when = when.unwrap_or_default();
    let Some(on) = Day::of(&when) else {
        return Ok(Err(Finding::on("on", "Give the date of the scan.")));
    };
    let edd = match (
        held.map(|it| it.basis),
        Lengths {
            crl: number("crl"),
            hc: number("hc"),
        },
    ) {
        (Some(Basis::Transfer), _) => Said::AsItIs,
        (_, lengths) => match dated(&dating_pack(call)?, held, on, lengths) {
            Ok(edd) => Said::Now(edd),
            Err((field, why)) => return Ok(Err(Finding::on(field, why.to_string()))),
        },
    };
    let fetuses = entry(&entries, "fetuses").and_then(|it| it.as_text().parse().ok());
    let mut filed = Filed::plain(("dating", "Dating scan"), when, entries);
    filed.change.edd = edd;
    filed.change.fetuses = fetuses.map_or(Said::AsItIs, Said::Now);
    Ok(Ok(filed))
}

/// What was measured, in mm.
#[derive(Clone, Copy)]
struct Lengths {
    crl: Option<f64>,
    hc: Option<f64>,
}

/// The expected date by a scan: by the crown-rump length where that dates, else by the head; or the field that is in the way.
fn dated(
    pack: &DatingPack,
    held: Option<Edd>,
    on: Day,
    Lengths { crl, hc }: Lengths,
) -> Result<Edd, (&'static str, Refusal)> {
    let by_crl = crl.map(|it| gestation_by_crl(&pack.crl, it));
    let (field, found) = match (by_crl, hc) {
        (Some(Ok(found)), _) => ("crl", Ok((found, Basis::Crl))),
        (_, Some(hc)) => {
            let found = gestation_by_head(&pack.head, hc, crl);
            ("hc", found.map(|it| (it, Basis::Head)))
        }
        (Some(Err(why)), None) => ("crl", Err(why)),
        (None, None) => (
            "crl",
            Err(Refusal::Missing("a length that dates".to_owned())),
        ),
    };
    let (gestation, basis) = found.map_err(|why| (field, why))?;
    let proposed = Edd::of_scan(pack, on, gestation, basis);
    proposed
        .and_then(|proposed| settled(held, proposed))
        .map_err(|why| (field, why))
}
