//! A pregnancy that ended without a birth, or that was booked by mistake: the form that closes it.
//!
//! Invariant: how it ended is in the list of contacts alone; every card and list says only that it ended.

use sdk::moment::Day;
use sdk::pack::Part as Pack;
use sdk::screen::{ActionButton, Link, Paragraph, Section};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen, Value};

use crate::contact::{self, Closure, Filed};
use crate::facts;
use crate::field::{Entry, Field, entry};
use crate::loss::{Loss, LossPack, named_rightly};
use crate::pregnancy::{self, Pregnancy};
use crate::sheet::{
    Typed, commit, dating_pack, form, gestation, no_pregnancy, none_open, typed, unverified,
};

/// A choice of this form, beside those of the pack: there was no such pregnancy.
const IN_ERROR: &str = "in-error";

struct Ending {
    id: String,
    label: String,
    is_by_itself: bool,
}

fn endings(pack: &Value) -> Result<Vec<Ending>, Failure> {
    Pack::of("birth", pack).each("/endings", |it| {
        Ok(Ending {
            id: it.text("/id")?,
            label: it.text("/label")?,
            is_by_itself: it.flag("/is_by_itself")?,
        })
    })
}

fn fields(endings: &[Ending]) -> Vec<Field> {
    let mut options: Vec<_> = endings
        .iter()
        .map(|it| (it.id.as_str(), it.label.as_str()))
        .collect();
    options.push((IN_ERROR, "Booked by mistake: there was no such pregnancy"));
    vec![
        Field::date("on", "Date").required(),
        Field::choice("ending", "What happened", &options).required(),
        Field::text("note", "Note for the team that cares for her"),
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
    let pack = call.packs.get("birth")?;
    let words = "For a pregnancy that ended before a birth. It closes the pregnancy, so that nobody asks her about it again; other departments read only that it ended.";
    let close = ActionButton::new("Record and close the pregnancy")
        .confirm("This pregnancy is over. It is read only from then on.");
    let form = form(
        "end",
        "Ended without birth",
        &fields(&endings(&pack)?),
        Some(&pregnancy),
    );
    let root = Section::new()
        .child(Paragraph::new(words))
        .child(form.child(close))
        .child(Link::new("Record a birth instead", "birth"));
    let parts = Pack::of("birth", &pack).texts("/unverified")?;
    Ok(Screen::new(unverified(root, "Birth", &parts)))
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if pregnancy::open_one(call)?.is_none() {
        return Ok(none_open());
    }
    let pack = call.packs.get("birth")?;
    let endings = endings(&pack)?;
    let (pregnancy, entries) = match typed(call, [action, "end"], form, &fields(&endings))? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    if let Some(finding) = refused(call, &pack, &endings, &pregnancy, &entries)? {
        return Ok(Outcome::findings(&[finding]));
    }
    let text = |id: &str| entry(&entries, id).map(Entry::as_text).unwrap_or_default();
    let Some(on) = Day::of(text("on")) else {
        return Ok(Outcome::findings(&[Finding::on("on", "Give a real date.")]));
    };
    let closure = match text("ending") {
        IN_ERROR => Closure::InError(on),
        _ => Closure::Over(on),
    };
    let mut filed = Filed::plain(("ending", "Ended without birth"), on.to_string(), entries);
    filed.change.closed = Some(closure);
    Ok(commit(
        &contact::file(call, &pregnancy, &filed)?,
        "pregnancy",
    ))
}

fn refused(
    call: &Call<'_>,
    pack: &Value,
    endings: &[Ending],
    pregnancy: &Pregnancy,
    entries: &[Entry],
) -> Result<Option<Finding>, Failure> {
    let births = facts::all(call, &["birth"])?;
    if !facts::of(&births, &pregnancy.reference, "birth").is_empty() {
        let what = "A birth is recorded in this pregnancy: close it under Birth.";
        return Ok(Some(Finding::about_form(what)));
    }
    let text = |id: &str| entry(entries, id).map(Entry::as_text);
    let (ending, on) = (text("ending"), text("on").and_then(Day::of));
    let is_by_itself = endings
        .iter()
        .any(|it| it.is_by_itself && Some(it.id.as_str()) == ending);
    if !is_by_itself {
        return Ok(None);
    }
    let dating = dating_pack(call)?;
    let at = on.and_then(|on| gestation(&dating, pregnancy, on));
    let named = named_rightly(LossPack::read(pack)?, Loss::Miscarriage, at);
    Ok(named
        .err()
        .map(|why| Finding::on("ending", format!("{why}."))))
}
