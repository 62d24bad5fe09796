//! Booking: the form that opens a pregnancy.
//!
//! Invariant: nothing is copied from another pregnancy; what an earlier one says is a suggestion that somebody confirms.

use sdk::moment::Day;
use sdk::screen::{Inset, Paragraph, Section, WarningCallout};
use sdk::{Call, Failure, Finding, Form, Outcome, Screen};

use crate::contact::{self, Filed, Said};
use crate::dating::{Basis, DatingPack, Edd};
use crate::facts;
use crate::field::{Entry, Field, Recorded, entry, read_all};
use crate::lmp::{LastPeriod, expected_by_period};
use crate::pregnancy::{self, Pregnancy};
use crate::sheet::{
    YES_NO, button, commit, dating_pack, form, known_action, read_day, today, unverified,
};
use crate::transfer::{Transfer, expected_by_transfer};

/// What is asked.
pub(crate) fn fields() -> Vec<Field> {
    vec![
        Field::date("on", "Date of booking").required(),
        Field::date("lmp", "First day of last period"),
        Field::whole("cycle", "Length of cycle", "days", [1.0, 99.0])
            .hint("Leave empty when it is not known: the usual length is taken then, and the expected date rests on it."),
        Field::date("transfer", "Day of embryo transfer")
            .hint("After assisted conception. The pregnancy is dated by it, and no scan changes that."),
        Field::whole("embryo", "Age of the embryo", "days", [1.0, 14.0])
            .hint("On the day of the transfer, counted from the collection of the eggs."),
        Field::count("parity", "Births before", [0.0, 30.0]),
        Field::choice("previous-caesarean", "Caesarean before", &YES_NO),
        Field::number("height", "Height", "cm", [100.0, 220.0]),
        Field::number("weight", "Weight", "kg", [25.0, 300.0]),
        Field::choice("smoker", "Smoker", &YES_NO),
        Field::whole("co", "Carbon monoxide", "ppm", [0.0, 100.0]),
    ]
}

const SUGGESTED: &str = "height-suggested";

fn confirmation() -> Field {
    let options = [
        ("confirm", "Confirm for this pregnancy"),
        ("no", "Do not use"),
    ];
    Field::choice(SUGGESTED, "Height of an earlier pregnancy", &options)
}

/// The height that the latest booking of a closed pregnancy holds.
fn suggested(call: &Call<'_>) -> Result<Option<(String, String)>, Failure> {
    let bookings = facts::all(call, &["booking"])?.into_iter().rev();
    let mut heights = bookings
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
            "An earlier pregnancy, booked {}, has a height of {height} cm. It is used only when you confirm it below.",
            sdk::moment::words(on).unwrap_or_default()
        );
        root = root.child(Inset::new(words));
    }
    let mut asked = fields();
    asked.extend(height.is_some().then(confirmation));
    let mut form = form("book", "Booking", &asked, None);
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
        return Ok(Outcome::findings(&[Finding::about_form(what)]));
    }
    let suggested = suggested(call)?.map(|it| it.0);
    let mut asked = fields();
    asked.extend(suggested.is_some().then(confirmation));
    let mut entries = match read_all(&asked, form, &call.context.now()) {
        Ok(entries) => entries,
        Err(findings) => return Ok(Outcome::findings(&findings)),
    };
    let first = today(call)?.plus(-dating_pack(call)?.days_before_booking_max());
    let on = entry(&entries, "on").and_then(|it| Day::of(it.as_text()));
    if let Some((on, first)) = on.zip(first)
        && on < first
    {
        let first = read_day(first);
        let what = format!("Give a day of a pregnancy that may still be open, not before {first}.");
        return Ok(Outcome::findings(&[Finding::on("on", what)]));
    }
    if let Err(finding) = take_suggested(&mut entries, suggested, form.carried("height")) {
        return Ok(Outcome::findings(&[finding]));
    }
    Ok(match filed(call, None, entries)? {
        Ok(filed) => commit(&contact::begin(call, &filed)?, "pregnancy"),
        Err(finding) => Outcome::findings(&[finding]),
    })
}

/// Puts the height of an earlier pregnancy among what was typed, if somebody confirmed the very one that was shown.
fn take_suggested(
    entries: &mut Vec<Entry>,
    suggested: Option<String>,
    shown: Option<&str>,
) -> Result<(), Finding> {
    let is_confirmed = entry(entries, SUGGESTED).map(Entry::as_text) == Some("confirm");
    entries.retain(|it| it.id != SUGGESTED);
    if !is_confirmed {
        return Ok(());
    }
    if entry(entries, "height").is_some() {
        let what = "Give a height or confirm the earlier one, not both.";
        return Err(Finding::on("height", what));
    }
    let Some(height) = suggested.filter(|it| shown == Some(it.as_str())) else {
        let what = "The suggestion has changed. Open the form again.";
        return Err(Finding::on(SUGGESTED, what));
    };
    let value = Recorded::Number(height, "cm".to_owned());
    entries.push(Entry::new("height", "Height", value));
    Ok(())
}

/// What was typed as a booking; of the pregnancy that stands when it is a correction.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn filed(
    call: &Call<'_>,
    standing: Option<&Pregnancy>,
    entries: Vec<Entry>,
) -> Result<Result<Filed, Finding>, Failure> {
    let text = |id: &str| entry(&entries, id).map(Entry::as_text);
    if text("parity") == Some("0") && text("previous-caesarean") == Some("yes") {
        let what = "There was no birth before, so there was no caesarean. Correct one of the two.";
        return Ok(Err(Finding::on("previous-caesarean", what)));
    }
    let when = text("on").unwrap_or_default().to_owned();
    let said = |id: &str| text(id).map(str::to_owned);
    let edd = match expected(&dating_pack(call)?, said, &when) {
        Ok(edd) => edd,
        Err(finding) => return Ok(Err(finding)),
    };
    // A scan that dated the pregnancy stands, whatever the booking says.
    let is_by_scan = standing
        .and_then(|it| it.edd)
        .is_some_and(|it| matches!(it.basis, Basis::Crl | Basis::Head));
    let mut filed = Filed::plain(("booking", "Booking"), when, entries);
    filed.change.edd = match (is_by_scan, edd) {
        (true, _) => Said::AsItIs,
        (false, Some(edd)) => Said::Now(edd),
        (false, None) => Said::NoMore,
    };
    Ok(Ok(filed))
}

/// The expected date by what a booking says: by a transfer where there was one, else by the last period.
pub(crate) fn expected(
    pack: &DatingPack,
    said: impl Fn(&str) -> Option<String>,
    told_on: &str,
) -> Result<Option<Edd>, Finding> {
    let day = |id: &str| Day::of(&said(id)?);
    let whole = |id: &str| said(id)?.parse().ok();
    let Some(told_on) = Day::of(told_on) else {
        return Ok(None);
    };
    let embryo_days = whole("embryo");
    let by_transfer = day("transfer").map(|on| {
        let it = Transfer {
            on,
            embryo_days,
            told_on,
        };
        expected_by_transfer(&pack.transfer, &it)
    });
    match (by_transfer, embryo_days) {
        (Some(Ok(day)), _) => {
            let basis = Basis::Transfer;
            return Ok(Some(Edd { day, basis }));
        }
        (Some(Err(why)), _) => {
            let field = if why.to_string().contains("age") {
                "embryo"
            } else {
                "transfer"
            };
            return Err(Finding::on(field, why.to_string()));
        }
        (None, Some(_)) => {
            return Err(Finding::on("transfer", "Give the day of the transfer too."));
        }
        (None, None) => {}
    }
    let Some(first_day) = day("lmp") else {
        return Ok(None);
    };
    let it = LastPeriod {
        first_day,
        cycle_days: whole("cycle"),
        told_on,
    };
    match expected_by_period(&pack.lmp, &it) {
        Ok(found) => Ok(Some(Edd {
            day: found.day,
            basis: Basis::Lmp,
        })),
        Err(why) => {
            let field = if why.to_string().contains("cycle") {
                "cycle"
            } else {
                "lmp"
            };
            Err(Finding::on(field, why.to_string()))
        }
    }
}
