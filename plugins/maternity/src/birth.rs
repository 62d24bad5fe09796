//! The birth of each baby: the form, its score of Apgar and its group of Robson, and the closing of the pregnancy.
//!
//! Invariant: a score without all its parts and a group without all that decides it are said to be so, never guessed.

use sdk::screen::{ActionButton, Card, Fact, Paragraph, Section, SummaryList, SummaryRow};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen, Value};

use crate::apgar::{ApgarPack, apgar};
use crate::day::{Day, Gestation};
use crate::document::Document;
use crate::facts::{self, Facts};
use crate::field::{Entry, Field, Recorded, entry};
use crate::pregnancy::{self, Change, Contact, Pregnancy};
use crate::robson::{Lie, Onset, RobsonInput, robson};
use crate::sheet::{
    Typed, button, commit, dating_pack, form, gestation, no_pregnancy, today, typed, unverified,
    wrong,
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

fn fields(pack: &ApgarPack, pregnancy: &Pregnancy) -> Vec<Field> {
    let mut fields = vec![
        Field::moment("at", "Time of birth").required(),
        Field::choice("fetus", "Which baby", &pregnancy.fetus_options()).required(),
        Field::choice("outcome", "Outcome", &OUTCOMES).required(),
        Field::choice("lie", "Presentation", &LIES),
        Field::choice("onset", "Onset of labour", &ONSETS),
        Field::whole("weight", "Weight at birth", "g", [200.0, 7000.0]),
    ];
    for minute in &pack.minutes {
        for (id, label, words) in &pack.parts {
            let options: Vec<_> = words
                .iter()
                .enumerate()
                .map(|(points, words)| (points.to_string(), format!("{points}: {words}")))
                .collect();
            let label = format!("Apgar at {minute} min: {}", label.to_lowercase());
            fields.push(Field::choice(
                &format!("apgar-{minute}-{id}"),
                &label,
                &options,
            ));
        }
    }
    fields
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
    let pack = ApgarPack::read(&document)?;
    let all = facts::all(call)?;
    let births = facts::of(&all, &pregnancy.reference, "birth");
    let mut root = Section::new();
    for birth in &births {
        root = root.child(card(call, &document, &pack, &pregnancy, &all, birth)?);
    }
    let form_of_birth = form(
        "birth",
        "Birth of a baby",
        &fields(&pack, &pregnancy),
        Some(&pregnancy),
    );
    root = root.child(form_of_birth.child(button("Record the birth")));
    if !births.is_empty() {
        let words = "A closed pregnancy is read only from then on.";
        let close = ActionButton::new("Close the pregnancy")
            .action("close")
            .confirm("Every baby is recorded, and this pregnancy is over.");
        let form = form("close", "Close the pregnancy", &[], Some(&pregnancy));
        root = root.child(form.child(Paragraph::new(words)).child(close));
    }
    let parts = Document::of("birth", &document).texts("/unverified")?;
    Ok(Screen::new(unverified(root, "Birth", &parts)))
}

fn card(
    call: &Call<'_>,
    document: &Value,
    pack: &ApgarPack,
    pregnancy: &Pregnancy,
    all: &[Facts],
    birth: &Facts,
) -> Result<Card, Failure> {
    let mut rows = Vec::new();
    for minute in &pack.minutes {
        let points: Vec<_> = pack
            .parts
            .iter()
            .map(|(id, _, _)| birth.whole(&format!("apgar-{minute}-{id}")))
            .collect();
        let score = apgar(pack, *minute, &points);
        let score = score.map_or_else(|it| it.to_string(), |it| it.to_string());
        rows.push(SummaryRow::new(
            format!("Apgar at {minute} min"),
            Fact::text(score),
        ));
    }
    let group = match group(call, document, pregnancy, all, birth)? {
        Ok(words) => words,
        Err(refusal) => format!("Unclassified; {refusal}"),
    };
    rows.push(SummaryRow::new("Robson group", Fact::text(group)));
    let heading = format!("Baby {}", birth.text("fetus").unwrap_or("not named"));
    Ok(Card::new().heading(heading).child(SummaryList::new(rows)))
}

/// The group of Robson with its words, from what the birth, the booking and the dating hold.
fn group(
    call: &Call<'_>,
    document: &Value,
    pregnancy: &Pregnancy,
    all: &[Facts],
    birth: &Facts,
) -> Result<Result<String, String>, Failure> {
    let document = Document::of("birth", document);
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
        gestation: Day::parse(&birth.when).and_then(|on| gestation(&dating, pregnancy, on)),
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
        let what = "There is no open pregnancy: a closed one cannot be changed.";
        return Ok(Outcome::findings(&[Finding::about_form(what)]));
    };
    let pack = ApgarPack::read(&call.packs.get("birth")?)?;
    let fields = fields(&pack, &open);
    let (pregnancy, mut entries) = match typed(call, [action, "birth"], form, &fields)? {
        Typed::Wrong(outcome) => return Ok(outcome),
        Typed::Facts(pregnancy, entries) => (pregnancy, entries),
    };
    let all = facts::all(call)?;
    let births = facts::of(&all, &pregnancy.reference, "birth");
    let fetus = entry(&entries, "fetus")
        .map(Entry::as_text)
        .unwrap_or_default();
    if births.iter().any(|it| it.text("fetus") == Some(fetus)) {
        return Ok(wrong(
            "fetus",
            "The birth of this baby is recorded already.",
        ));
    }
    for minute in &pack.minutes {
        let points: Vec<_> = pack
            .parts
            .iter()
            .map(|(id, _, _)| {
                entry(&entries, &format!("apgar-{minute}-{id}"))
                    .and_then(|it| it.as_text().parse().ok())
            })
            .collect();
        if let Ok(total) = apgar(&pack, *minute, &points) {
            let value = Recorded::Number(total.to_string(), "points".to_owned());
            let label = format!("Apgar at {minute} min");
            entries.push(Entry::new(&format!("apgar-{minute}"), &label, value));
        }
    }
    let when = entry(&entries, "at")
        .map(Entry::as_text)
        .unwrap_or_default();
    let contact = Contact {
        kind: ("birth", "Birth"),
        when: when.to_owned(),
        entries,
    };
    let proposal = pregnancy::file(call, &pregnancy, &contact, &Change::default())?;
    Ok(commit(&proposal, "birth"))
}

fn close(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let pregnancy = match pregnancy::of_form(call, form)? {
        Ok(pregnancy) => pregnancy,
        Err(finding) => return Ok(Outcome::findings(&[finding])),
    };
    let all = facts::all(call)?;
    let births = facts::of(&all, &pregnancy.reference, "birth");
    let n = i64::try_from(births.len()).unwrap_or(i64::MAX);
    let refuse = |what: String| Ok(Outcome::findings(&[Finding::about_form(what)]));
    let last = births.iter().filter_map(|it| Day::parse(&it.when)).max();
    let Some(ended) = last else {
        return refuse("No birth is recorded in this pregnancy.".to_owned());
    };
    if let Some(fetuses) = pregnancy.fetuses.filter(|fetuses| *fetuses > n) {
        return refuse(format!(
            "{n} of {fetuses} babies are recorded. Record every birth first."
        ));
    }
    let contact = Contact {
        kind: ("closure", "Pregnancy closed"),
        when: today(call)?.to_string(),
        entries: vec![Entry::new(
            "babies",
            "Babies recorded",
            Recorded::Number(n.to_string(), "babies".to_owned()),
        )],
    };
    let change = Change {
        closed_on: Some(ended),
        ..Change::default()
    };
    let proposal = pregnancy::file(call, &pregnancy, &contact, &change)?;
    Ok(commit(&proposal, "pregnancy"))
}
