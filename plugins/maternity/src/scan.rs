//! The dating scan: the form that fixes the expected date.
//!
//! Invariant: once a scan dated a pregnancy, this form dates it no more.

use sdk::screen::{Inset, Section};
use sdk::{Call, Failure, Form, Outcome, Screen};

use crate::crl::gestation_by_crl;
use crate::dating::{Basis, Edd, settled};
use crate::day::Day;
use crate::field::{Entry, Field, entry};
use crate::head::gestation_by_head;
use crate::pregnancy::{self, Change, Contact};
use crate::refusal::Refusal;
use crate::sheet::{
    Typed, button, commit, dating_pack, form, no_pregnancy, typed, unverified, wrong,
};

fn fields() -> Vec<Field> {
    vec![
        Field::date("on", "Date of scan").required(),
        Field::whole("fetuses", "Fetuses", "fetuses", [1.0, 4.0]).required(),
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
        let words = format!("Expected {}, by {}.", edd.day, edd.basis.words());
        root = root.child(Inset::new(words));
        if matches!(edd.basis, Basis::Crl | Basis::Head) {
            let words = "Fixed. Later scans do not change it; record them under growth.";
            return Ok(Screen::new(root.child(Inset::new(words))));
        }
    }
    let form = form("date", "Dating scan", &fields(), Some(&pregnancy));
    let root = root.child(form.child(button("Date the pregnancy")));
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
    let number = |id: &str| entry(&entries, id).and_then(Entry::as_number);
    let pack = dating_pack(call)?;
    let on = entry(&entries, "on").map(|it| it.as_text().to_owned());
    let Some((when, day)) = on.and_then(|it| Some((it.clone(), Day::parse(&it)?))) else {
        return Ok(wrong("on", "Give the date of the scan."));
    };
    let (crl, hc) = (number("crl"), number("hc"));
    let found = match (crl, hc) {
        (Some(crl), None) => gestation_by_crl(&pack.crl, crl).map(|it| (it, Basis::Crl)),
        (Some(crl), Some(_)) if gestation_by_crl(&pack.crl, crl).is_ok() => {
            gestation_by_crl(&pack.crl, crl).map(|it| (it, Basis::Crl))
        }
        (crl, Some(hc)) => gestation_by_head(&pack.head, hc, crl).map(|it| (it, Basis::Head)),
        (None, None) => Err(Refusal::Missing("a length that dates".to_owned())),
    };
    let field = if crl.is_none() && hc.is_some() {
        "hc"
    } else {
        "crl"
    };
    let dated = found.and_then(|(gestation, basis)| {
        settled(pregnancy.edd, Edd::of_scan(&pack, day, gestation, basis))
    });
    let edd = match dated {
        Ok(edd) => edd,
        Err(refusal) => return Ok(wrong(field, &refusal.to_string())),
    };
    let fetuses = entry(&entries, "fetuses").and_then(|it| it.as_text().parse().ok());
    let contact = Contact {
        kind: ("dating", "Dating scan"),
        when,
        entries,
    };
    let change = Change {
        edd: Some(edd),
        fetuses,
        closed_on: None,
    };
    let proposal = pregnancy::file(call, &pregnancy, &contact, &change)?;
    Ok(commit(&proposal, "pregnancy"))
}
