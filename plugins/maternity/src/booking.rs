//! Booking: the form that opens a pregnancy.
//!
//! Invariant: nothing is copied from another pregnancy; what an earlier one says is a suggestion that somebody confirms.

use sdk::screen::{Inset, Paragraph, Section, WarningCallout};
use sdk::{Call, Failure, Form, Outcome, Screen};

use crate::dating::{Basis, Edd};
use crate::day::Day;
use crate::facts;
use crate::field::{Entry, Field, Recorded, entry, read_all};
use crate::lmp::{LastPeriod, expected_by_period};
use crate::pregnancy::{self, Change, Contact};
use crate::sheet::{YES_NO, button, commit, dating_pack, form, known_action, unverified, wrong};

fn fields(suggested: Option<&str>) -> Vec<Field> {
    let mut fields = vec![
        Field::date("on", "Date of booking").required(),
        Field::date("lmp", "First day of last period"),
        Field::whole("cycle", "Length of cycle", "days", [1.0, 99.0])
            .hint("Leave empty when it is not known: the usual length is taken then, and the expected date rests on it."),
        Field::whole("parity", "Births before", "births", [0.0, 30.0]),
        Field::choice("previous-caesarean", "Caesarean before", &YES_NO),
        Field::number("height", "Height", "cm", [100.0, 220.0]),
        Field::number("weight", "Weight", "kg", [25.0, 300.0]),
        Field::choice("smoker", "Smoker", &YES_NO),
        Field::whole("co", "Carbon monoxide", "ppm", [0.0, 100.0]),
    ];
    if suggested.is_some() {
        let options = [
            ("confirm", "Confirm for this pregnancy"),
            ("no", "Do not use"),
        ];
        fields.push(Field::choice(
            "height-suggested",
            "Height of an earlier pregnancy",
            &options,
        ));
    }
    fields
}

/// The height that the latest booking of a closed pregnancy holds.
fn suggested(call: &Call<'_>) -> Result<Option<(String, String)>, Failure> {
    let bookings = facts::all(call)?.into_iter().rev();
    let mut heights = bookings
        .filter(|it| it.kind == "booking")
        .filter_map(|it| Some((it.text("height")?.to_owned(), it.when.get(..10)?.to_owned())));
    Ok(heights.next())
}

/// Draws the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let mut root = Section::new();
    if pregnancy::open_one(call)?.is_some() {
        let words = "A booking would open a second one. Record a visit instead, or close the open one first.";
        return Ok(Screen::new(
            root.child(WarningCallout::new("A pregnancy is open", words)),
        ));
    }
    let suggested = suggested(call)?;
    let height = suggested.as_ref().map(|it| it.0.as_str());
    if let Some((height, on)) = &suggested {
        let words = format!(
            "An earlier pregnancy, booked {on}, has a height of {height} cm. It is used only when you confirm it below."
        );
        root = root.child(Inset::new(words));
    }
    let mut form = form("book", "Booking", &fields(height), None);
    if let Some(height) = height {
        form = form.carries(&sdk::Parameters::default().with("height", height));
    }
    let form = form
        .child(Paragraph::new(
            "What is left empty stays not recorded: it is never taken for a no.",
        ))
        .child(button("Open the pregnancy"));
    let root = unverified(root.child(form), "Dating", &dating_pack(call)?.unverified);
    Ok(Screen::new(root))
}

/// Answers the form: findings, or a new pregnancy with its first contact.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    known_action(action, "book")?;
    if pregnancy::open_one(call)?.is_some() {
        let what = "A pregnancy is open already. Close it before another is booked.";
        return Ok(Outcome::findings(&[sdk::Finding::about_form(what)]));
    }
    let suggested = suggested(call)?.map(|it| it.0);
    let mut entries = match read_all(&fields(suggested.as_deref()), form, &call.context.now()) {
        Ok(entries) => entries,
        Err(findings) => return Ok(Outcome::findings(&findings)),
    };
    let is_confirmed = entry(&entries, "height-suggested").map(Entry::as_text) == Some("confirm");
    let has_height = entry(&entries, "height").is_some();
    entries.retain(|it| it.id != "height-suggested");
    match (is_confirmed, suggested) {
        (true, _) if has_height => {
            return Ok(wrong(
                "height",
                "Give a height or confirm the earlier one, not both.",
            ));
        }
        (true, Some(height)) if form.carried("height") == Some(height.as_str()) => {
            let value = Recorded::Number(height, "cm".to_owned());
            entries.push(Entry::new("height", "Height", value));
        }
        (true, _) => {
            let what = "The suggestion has changed. Open the form again.";
            return Ok(wrong("height-suggested", what));
        }
        (false, _) => {}
    }
    let Some(on) = entry(&entries, "on").map(|it| it.as_text().to_owned()) else {
        return Ok(wrong("on", "Give the date of booking."));
    };
    let edd = match by_period(call, &entries, &on)? {
        Ok(edd) => edd,
        Err((field, what)) => return Ok(wrong(field, &what)),
    };
    let contact = Contact {
        kind: ("booking", "Booking"),
        when: on,
        entries,
    };
    let change = Change {
        edd,
        ..Change::default()
    };
    Ok(commit(
        &pregnancy::begin(call, &contact, &change)?,
        "pregnancy",
    ))
}

type OnField = (&'static str, String);

fn by_period(
    call: &Call<'_>,
    entries: &[Entry],
    on: &str,
) -> Result<Result<Option<Edd>, OnField>, Failure> {
    let day = |text: &str| Day::parse(text);
    let cycle_days = entry(entries, "cycle").and_then(|it| it.as_text().parse().ok());
    let lmp = entry(entries, "lmp").and_then(|it| day(it.as_text()));
    let (Some(first_day), Some(told_on)) = (lmp, day(on)) else {
        return Ok(Ok(None));
    };
    let it = LastPeriod {
        first_day,
        cycle_days,
        told_on,
    };
    let answer = expected_by_period(&dating_pack(call)?.lmp, &it);
    Ok(match answer {
        Ok(found) => Ok(Some(Edd {
            day: found.day,
            basis: Basis::Lmp,
        })),
        Err(refusal) => {
            let text = refusal.to_string();
            let field = if text.contains("cycle") {
                "cycle"
            } else {
                "lmp"
            };
            Err((field, text))
        }
    })
}
