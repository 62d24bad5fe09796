//! The birth of each baby: the form, its score of Apgar and its group of Robson, and the closing of the pregnancy.
//!
//! Invariant: a score without all its parts and a group without all that decides it are said to be so, never guessed.

use sdk::moment::Day;
use sdk::pack::Part as Pack;
use sdk::screen::{
    Absent, ActionButton, Card, Fact, Link, Paragraph, Section, SummaryList, SummaryRow,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen, Value};

use crate::apgar::{ApgarPack, apgar};
use crate::baby::Newborn;
use crate::contact::{self, Closure, Filed, Said};
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, Recorded, entry};
use crate::gestation::Gestation;
use crate::loss::{Loss, LossPack, named_rightly};
use crate::pregnancy::{self, Pregnancy};
use crate::robson::{Lie, Onset, RobsonInput, robson};
use crate::sheet::{
    Typed, button, commit, dating_pack, form, gestation, no_pregnancy, none_open, today, typed,
    unverified, wrong,
};

const LIES: [(&str, &str); 3] = [
    ("cephalic", "Head first"),
    ("breech", "Breech"),
    ("across", "Transverse or oblique"),
];
const ONSETS: [(&str, &str); 3] = [
    ("spontaneous", "Spontaneous"),
    ("induced", "Induced"),
    ("caesarean", "Caesarean before labour"),
];
const OUTCOMES: [(&str, &str); 2] = [("live", "Live birth"), ("stillbirth", "Stillbirth")];

const SEXES: [(&str, &str); 3] = [
    ("female", "Female"),
    ("male", "Male"),
    ("indeterminate", "Indeterminate"),
];

struct Mode {
    id: String,
    label: String,
    is_caesarean: bool,
}

fn modes(document: &Value) -> Result<Vec<Mode>, Failure> {
    Pack::of("birth", document).each("/modes", |it| {
        Ok(Mode {
            id: it.text("/id")?,
            label: it.text("/label")?,
            is_caesarean: it.flag("/is_caesarean")?,
        })
    })
}

/// What is asked only once, since the baby's own record rests on it.
pub(crate) const OF_THE_BABY: [&str; 4] = ["at", "fetus", "outcome", "sex"];

/// What is asked.
///
/// # Errors
/// `fault` with the part of the pack that is missing.
pub(crate) fn fields(document: &Value, pregnancy: &Pregnancy) -> Result<Vec<Field>, Failure> {
    let (pack, modes) = (ApgarPack::read(document)?, modes(document)?);
    let modes: Vec<_> = modes
        .iter()
        .map(|it| (it.id.as_str(), it.label.as_str()))
        .collect();
    let mut fields = vec![
        Field::moment("at", "Time of birth").required(),
        Field::choice("fetus", "Which baby", &pregnancy.fetus_options()).required(),
        Field::choice("outcome", "Outcome", &OUTCOMES).required(),
        Field::choice("sex", "Sex", &SEXES),
        Field::choice("lie", "Presentation", &LIES),
        Field::choice("onset", "Onset of labour", &ONSETS),
        Field::choice("mode", "Mode of birth", &modes),
        Field::whole("weight", "Weight at birth", "g", [200.0, 7000.0]),
        Field::whole("blood-loss", "Blood loss", "mL", [0.0, 20_000.0]),
    ];
    for minute in &pack.minutes {
        for (id, label, words) in &pack.parts {
            let options: Vec<_> = words
                .iter()
                .enumerate()
                .map(|(points, words)| (points.to_string(), format!("{points}: {words}")))
                .collect();
            let label = format!("Apgar at {minute} min: {}", label.to_lowercase());
            let id = format!("apgar-{minute}-{id}");
            fields.push(Field::choice(&id, &label, &options));
        }
    }
    Ok(fields)
}

/// Draws what was recorded, and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let Some(pregnancy) = pregnancy::open_one(call)? else {
        return Ok(no_pregnancy());
    };
    let document = call.packs.get("birth")?;
    let all = facts::all(call, &["booking", "birth"])?;
    let births = facts::of(&all, &pregnancy.reference, "birth");
    let mut root = Section::new();
    for birth in &births {
        root = root.child(card(call, &document, &pregnancy, &all, birth)?);
    }
    let form_of_birth = form(
        "birth",
        "Birth of a baby",
        &fields(&document, &pregnancy)?,
        Some(&pregnancy),
    );
    let words = "A baby born alive gets a record of its own, linked to this one. Leave empty what you did not assess.";
    let form_of_birth = form_of_birth.child(Paragraph::new(words));
    root = root.child(form_of_birth.child(button("Record the birth")));
    root = match births.is_empty() {
        true => root.child(Link::new("Ended without birth", "ending")),
        false => {
            let words = "A closed pregnancy is read only from then on: record the score for clots after birth first.";
            let close = ActionButton::new("Close the pregnancy")
                .action("close")
                .confirm("Every baby is recorded, and this pregnancy is over.");
            let form = form("close", "Close the pregnancy", &[], Some(&pregnancy));
            root.child(form.child(Paragraph::new(words)).child(close))
        }
    };
    let parts = Pack::of("birth", &document).texts("/unverified")?;
    let root = unverified(root, "Birth", &parts);
    let dating = dating_pack(call)?;
    Ok(Screen::new(unverified(root, "Dating", &dating.unverified)))
}

/// A birth as it is read.
fn card(
    call: &Call<'_>,
    document: &Value,
    pregnancy: &Pregnancy,
    all: &[Facts],
    birth: &Facts,
) -> Result<Card, Failure> {
    let pack = ApgarPack::read(document)?;
    let one_of = |of: &[(&str, &str)], id: &str| {
        let said = birth.text(id)?;
        let found = of.iter().find(|(code, _)| *code == said);
        Some(found.map_or_else(|| said.to_owned(), |(_, words)| (*words).to_owned()))
    };
    let modes = modes(document)?;
    let modes: Vec<_> = modes
        .iter()
        .map(|it| (it.id.as_str(), it.label.as_str()))
        .collect();
    let or_absent =
        |words: Option<String>| words.map_or_else(|| Fact::absent(Absent::NotRecorded), Fact::text);
    let amount = |id: &str, unit: &str| {
        let absent = || Fact::absent(Absent::NotRecorded);
        birth
            .text(id)
            .map_or_else(absent, |it| Fact::quantity(it, unit))
    };
    let mut rows = vec![
        SummaryRow::new("Born", Fact::date(birth.when.as_str())),
        SummaryRow::new("Outcome", or_absent(one_of(&OUTCOMES, "outcome"))),
        SummaryRow::new("Sex", or_absent(one_of(&SEXES, "sex"))),
        SummaryRow::new("Mode of birth", or_absent(one_of(&modes, "mode"))),
        SummaryRow::new("Weight", amount("weight", "g")),
        SummaryRow::new("Blood loss", amount("blood-loss", "mL")),
    ];
    let own = "The baby's own record";
    match (&birth.baby, birth.text("outcome")) {
        (Some(baby), _) => rows.push(SummaryRow::new(own, Fact::patient(baby.as_str()))),
        (None, Some("live")) => {
            let words =
                "None is linked to this birth. If the baby has none, register it by itself.";
            rows.push(SummaryRow::new(own, Fact::text(words)));
        }
        (None, _) => {}
    }
    for minute in &pack.minutes {
        let points = |(id, _, _): &(String, String, Vec<String>)| {
            birth.whole(&format!("apgar-{minute}-{id}"))
        };
        let points: Vec<_> = pack.parts.iter().map(points).collect();
        let score = apgar(&pack, *minute, &points);
        let score = score.map_or_else(|it| it.to_string(), |it| it.to_string());
        let label = format!("Apgar at {minute} min");
        rows.push(SummaryRow::new(label, Fact::text(score)));
    }
    let group = match group(call, document, pregnancy, all, birth)? {
        Ok(words) => words,
        Err(refusal) => format!("Unclassified; {refusal}"),
    };
    rows.push(SummaryRow::new("Robson group", Fact::text(group)));
    let heading = format!("Baby {}", birth.text("fetus").unwrap_or("not named"));
    let look = Link::new("Look or correct", "correction").parameters(&birth.as_parameter());
    let list = SummaryList::new(rows);
    Ok(Card::new().heading(heading).child(list).child(look))
}

/// The group of Robson with its words, from what the birth, the booking and the dating hold.
fn group(
    call: &Call<'_>,
    document: &Value,
    pregnancy: &Pregnancy,
    all: &[Facts],
    birth: &Facts,
) -> Result<Result<String, String>, Failure> {
    let document = Pack::of("birth", document);
    let booking = facts::of(all, &pregnancy.reference, "booking")
        .last()
        .copied();
    let dating = dating_pack(call)?;
    let it = RobsonInput {
        fetuses: pregnancy.fetuses,
        lie: match birth.text("lie") {
            Some("cephalic") => Some(Lie::Cephalic),
            Some("breech") => Some(Lie::Breech),
            Some("across") => Some(Lie::Across),
            Some(_) | None => None,
        },
        parity: booking.and_then(|it| it.whole("parity")),
        gestation: Day::of(&birth.when).and_then(|on| gestation(&dating, pregnancy, on)),
        previous_caesarean: booking.and_then(|it| it.yes("previous-caesarean")),
        onset: match birth.text("onset") {
            Some("spontaneous") => Some(Onset::Spontaneous),
            Some("induced") => Some(Onset::Induced),
            Some("caesarean") => Some(Onset::Caesarean),
            Some(_) | None => None,
        },
    };
    let found = match robson(Gestation(document.whole("/term_from_days")?), &it) {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal.to_string())),
    };
    let groups = document.each("/groups", |it| Ok((it.text("/id")?, it.text("/label")?)))?;
    let words = groups.into_iter().find(|(id, _)| id == found);
    let words = words.map_or_else(String::new, |(_, label)| format!(": {label}"));
    Ok(Ok(format!("{found}{words}")))
}

/// Answers the forms.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action == "close" {
        return close(call, form);
    }
    let Some(open) = pregnancy::open_one(call)? else {
        return Ok(none_open());
    };
    let document = call.packs.get("birth")?;
    let asked = fields(&document, &open)?;
    let (pregnancy, entries) = match typed(call, [action, "birth"], form, &asked)? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    let text = |id: &str| entry(&entries, id).map(Entry::as_text).unwrap_or_default();
    let births = facts::all(call, &["birth"])?;
    let mut births = facts::of(&births, &pregnancy.reference, "birth").into_iter();
    if births.any(|it| it.text("fetus") == Some(text("fetus"))) {
        let what = "The birth of this baby is recorded already.";
        return Ok(wrong("fetus", what));
    }
    let on = Day::of(text("at"));
    let within = Pack::of("birth", &document).whole("/registered_within_days")?;
    let today = today(call)?;
    let is_new = on.is_some_and(|on| today.since(on) <= within);
    let newborn = match is_new && text("outcome") == "live" {
        true => Some(newborn(call, &pregnancy, text)?),
        false => None,
    };
    let mut filed = match filed(call, &document, &pregnancy, entries)? {
        Ok(filed) => filed,
        Err(finding) => return Ok(Outcome::findings(&[finding])),
    };
    filed.contact.newborn = newborn;
    filed.change.born = on.map_or(Said::AsItIs, |on| {
        Said::Now(pregnancy.born.map_or(on, |born| born.max(on)))
    });
    Ok(commit(&contact::file(call, &pregnancy, &filed)?, "birth"))
}

/// The baby who was born alive.
fn newborn<'a>(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    text: impl Fn(&str) -> &'a str,
) -> Result<Newborn, Failure> {
    let gender = match text("sex") {
        "male" => "male",
        "female" => "female",
        "indeterminate" => "other",
        _ => "unknown",
    };
    let is_multiple = pregnancy.fetuses.map(|it| it > 1);
    Newborn::of(call, text("fetus"), gender, text("at"), is_multiple)
}

/// What was typed as a birth, with the scores of Apgar that are complete.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn filed(
    call: &Call<'_>,
    document: &Value,
    pregnancy: &Pregnancy,
    mut entries: Vec<Entry>,
) -> Result<Result<Filed, Finding>, Failure> {
    let text = |id: &str| entry(&entries, id).map(Entry::as_text);
    let when = text("at").unwrap_or_default().to_owned();
    let is_caesarean = modes(document)?
        .into_iter()
        .find(|it| Some(it.id.as_str()) == text("mode"))
        .map(|it| it.is_caesarean);
    if text("onset") == Some("caesarean") && is_caesarean == Some(false) {
        let what =
            "A caesarean before labour and this mode cannot both be true. Correct one of the two.";
        return Ok(Err(Finding::on("mode", what)));
    }
    if text("outcome") == Some("stillbirth") {
        let dating = dating_pack(call)?;
        let at = Day::of(&when).and_then(|on| gestation(&dating, pregnancy, on));
        if let Err(why) = named_rightly(LossPack::read(document)?, Loss::Stillbirth, at) {
            return Ok(Err(Finding::on("outcome", format!("{why}."))));
        }
    }
    let pack = ApgarPack::read(document)?;
    for minute in &pack.minutes {
        let given = |id: &str| {
            let it = entry(&entries, &format!("apgar-{minute}-{id}"))?;
            it.as_text().parse().ok()
        };
        let points: Vec<_> = pack.parts.iter().map(|(id, _, _)| given(id)).collect();
        if let Ok(total) = apgar(&pack, *minute, &points) {
            let value = Recorded::Number(total.to_string(), "points".to_owned());
            let label = format!("Apgar at {minute} min");
            entries.push(Entry::new(&format!("apgar-{minute}"), &label, value));
        }
    }
    Ok(Ok(Filed::plain(("birth", "Birth"), when, entries)))
}

fn close(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let pregnancy = match pregnancy::of_form(call, form)? {
        Ok(pregnancy) => pregnancy,
        Err(finding) => return Ok(Outcome::findings(&[finding])),
    };
    let all = facts::all(call, &["birth"])?;
    let births = facts::of(&all, &pregnancy.reference, "birth");
    let n = i64::try_from(births.len()).unwrap_or(i64::MAX);
    let refuse = |what: String| Ok(Outcome::findings(&[Finding::about_form(what)]));
    let last = births.iter().filter_map(|it| Day::of(&it.when)).max();
    let Some(ended) = last else {
        return refuse("No birth is recorded in this pregnancy.".to_owned());
    };
    if let Some(fetuses) = pregnancy.fetuses.filter(|fetuses| *fetuses > n) {
        return refuse(format!(
            "{n} of {fetuses} babies are recorded. Record every birth first."
        ));
    }
    let babies = Recorded::Number(n.to_string(), String::new());
    let entries = vec![Entry::new("babies", "Babies recorded", babies)];
    let kind = ("closure", "Pregnancy closed");
    let mut filed = Filed::plain(kind, today(call)?.to_string(), entries);
    filed.change.closed = Some(Closure::Over(ended));
    let proposal = contact::file(call, &pregnancy, &filed)?;
    Ok(commit(&proposal, "pregnancy"))
}
