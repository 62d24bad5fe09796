//! Grading of diabetic retinopathy: signs of one eye, a suggested grade with its reasons, and its confirmation.
//!
//! Invariant: a grade is a suggestion until somebody confirms the version they saw; nothing is graded on what was not looked for.

use sdk::screen::{
    Absent, ActionButton, AttestSign, Card, Choice, Columns, EmptyState, Fact, Form as FormNode,
    InputChoice, Node, Paragraph, Section, SummaryList, SummaryRow, Tag, Tone,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, Seen, json};

use crate::acuity::{Acuity, AcuityPack};
use crate::examination::draft::Draft;
use crate::examination::{Examination, Examinations, Kind, read};
use crate::eye::Eye;
use crate::notes::{day, left_out, unverified};
use crate::pack::in_force;
use crate::reading::best_of_last_day;
use crate::retinopathy::{Grade, GradingInput, GradingPack, Sign, grade};
use sdk::moment::{DAY_MS, Day, Moment};

/// Draws both grades and the form for a new one.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pack = in_force(call, "retinopathy", GradingPack::read)?;
    let acuities = in_force(call, "acuity", AcuityPack::read)?;
    let grades = read(call, Kind::Retinopathy)?;
    let seen = read(call, Kind::Acuity)?;
    let cards = Eye::BOTH.map(|eye| card(&grades, eye));
    let oldest_ms = oldest_ms(call, &pack)?;
    let form = form(&acuities, &seen, oldest_ms);
    let notes = [
        ("Grading", &pack.unverified),
        ("Acuity", &acuities.unverified),
    ];
    Ok(Screen::new(
        Section::new()
            .children(left_out(&[&grades, &seen]))
            .child(Columns::new().children(cards))
            .child(form)
            .children(unverified(&notes)),
    ))
}

fn card(grades: &Examinations, eye: Eye) -> Node {
    let heading = format!("{} eye", eye.title());
    let Some(newest) = grades.newest(eye) else {
        let text = format!("No grade of the {} eye is in the record.", eye.word());
        return Card::new()
            .heading(heading)
            .child(EmptyState::new("Not graded", text))
            .into();
    };
    let fact = |code: &str| {
        let words = newest.part_words(code).map(Fact::text);
        words.unwrap_or_else(|| Fact::absent(Absent::NotRecorded))
    };
    let mut rows = vec![
        SummaryRow::new("Retina", fact("retina")),
        SummaryRow::new("Macula", fact("macula")),
        SummaryRow::new("Best acuity that was used", fact("best-acuity")),
        SummaryRow::new("Graded", Fact::date(newest.when.as_str())),
    ];
    rows.push(seen_again(newest));
    for sign in Sign::ALL {
        rows.push(SummaryRow::new(sign.words(), fact(sign.code())));
    }
    let is_confirmed = newest.status != "preliminary";
    let tag = if is_confirmed {
        Tag::new("Confirmed").tone(Tone::Success)
    } else {
        Tag::new("Suggested, not confirmed").tone(Tone::Warning)
    };
    let card = Card::new()
        .heading(heading)
        .child(tag)
        .child(SummaryList::new(rows));
    if is_confirmed {
        return card.into();
    }
    card.child(confirmation(newest)).into()
}

fn seen_again(newest: &Examination) -> SummaryRow {
    let label = "Seen again after";
    let Some(weeks) = newest.part("weeks") else {
        let none = "Not available here: the pack has no interval for this grade";
        return SummaryRow::new(label, Fact::text(none));
    };
    let row = SummaryRow::new(label, Fact::quantity(weeks, "weeks"));
    let graded = newest.when.get(..10).and_then(Day::parse);
    let by = graded
        .zip(weeks.parse::<i64>().ok())
        .and_then(|(graded, weeks)| graded.plus(7 * weeks));
    match by {
        Some(by) => row.note(format!("By {}", day(&by.text()))),
        None => row,
    }
}

fn confirmation(newest: &Examination) -> FormNode {
    let side = newest.eye;
    let seen = [Seen {
        resource: newest.reference.clone(),
        version: newest.version.clone(),
    }];
    let carried = Parameters::default().with("grade", newest.reference.as_str());
    let statement = format!(
        "I have looked at the {} eye and confirm the grade {} {}.",
        side.word(),
        newest.part("retina").unwrap_or("not recorded"),
        newest.part("macula").unwrap_or("not recorded"),
    );
    FormNode::new("confirm")
        .title(format!("Confirm the {} eye", side.word()))
        .carries(&carried)
        .seen(&seen)
        .child(AttestSign::new(
            side.field("confirmed"),
            "Confirm and sign",
            statement,
        ))
        .child(ActionButton::new(format!(
            "Confirm the {} eye",
            side.word()
        )))
}

/// Before which an acuity is not that of the eye any more.
fn oldest_ms(call: &Call<'_>, pack: &GradingPack) -> Result<i64, Failure> {
    let now = Moment::parse(&call.context.now());
    let now = now.ok_or_else(|| Failure::fault("the moment of the call cannot be read"))?;
    Ok(now.epoch_ms - i64::from(pack.acuity_days) * DAY_MS)
}

fn form(pack: &AcuityPack, acuities: &Examinations, oldest_ms: i64) -> FormNode {
    let best = Eye::BOTH.map(|eye| {
        let best = best_of_last_day(pack, acuities, eye);
        let words = best.map_or_else(
            || "not recorded".to_owned(),
            |(best, of)| {
                let too_old = if of.at_ms() < oldest_ms {
                    ", too old to decide"
                } else {
                    ""
                };
                format!("{}, {}{too_old}", best.snellen_text(pack), day(&of.when))
            },
        );
        format!("{} eye: {words}.", eye.title())
    });
    let eyes = Eye::BOTH.map(|eye| Choice::new(eye.word(), format!("{} eye", eye.title())));
    let yes_no = || vec![Choice::new("yes", "Yes"), Choice::new("no", "No")];
    let signs = Sign::ALL.map(|sign| {
        let options = vec![
            Choice::new("seen", "Seen"),
            Choice::new("not-seen", "Looked for, not seen"),
        ];
        InputChoice::new(sign.code(), sign.words(), options)
    });
    FormNode::new("grade")
        .title("Grade an eye")
        .child(Paragraph::new(format!("Best acuity of the last visit, which decides with haemorrhages near the fovea. {}", best.join(" "))))
        .child(InputChoice::new("eye", "Which eye", eyes.to_vec()).required(true))
        .child(InputChoice::new("gradable", "Can the retina be seen well enough to be graded?", yes_no()).required(true))
        .child(
            InputChoice::new("treated", "Was proliferative retinopathy treated, by laser or otherwise?", yes_no()),
        )
        .child(InputChoice::new("stable", "If so, is it stable?", yes_no()))
        .child(Paragraph::new("Answer for each sign that was looked for. What has no answer was not looked for, and is never taken as absent."))
        .children(signs)
        .child(ActionButton::new("Suggest a grade"))
}

/// Answers the forms: a suggested grade, or the confirmation of one.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    match action {
        "grade" => suggest(call, form),
        "confirm" => confirm(call, form),
        other => Err(Failure::not_provided(format!(
            "the screen has no action `{other}`; it has `grade` and `confirm`"
        ))),
    }
}

fn suggest(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let pack = in_force(call, "retinopathy", GradingPack::read)?;
    let acuities = in_force(call, "acuity", AcuityPack::read)?;
    let eye = match Eye::parse(form.text("eye")) {
        Ok(eye) => eye,
        Err(refusal) => return Ok(Outcome::findings(&[Finding::on("eye", refusal.sentence())])),
    };
    let seen = read(call, Kind::Acuity)?;
    let oldest_ms = oldest_ms(call, &pack)?;
    // An older acuity is not that of this eye any more: it counts as not recorded.
    let best = best_of_last_day(&acuities, &seen, eye).filter(|(_, of)| of.at_ms() >= oldest_ms);
    let input = answered(form, best.map(|(best, _)| best));
    let found = grade(&pack, &input);
    let (Ok(retina), Ok(macula)) = (&found.retina, &found.macula) else {
        return Ok(Outcome::findings(&missing(&found)));
    };
    let with_words = |code: &str, words: &str| format!("{code}: {}", words.to_lowercase());
    let mut draft = Draft::new(call, Kind::Retinopathy, eye)?
        .preliminary()
        .coded(
            "retina",
            retina.code(),
            &with_words(retina.code(), retina.words()),
        )
        .coded(
            "macula",
            macula.code(),
            &with_words(macula.code(), macula.words()),
        );
    if let Some((best, of)) = best {
        let words = format!("{}, {}", best.snellen_text(&acuities), day(&of.when));
        draft = draft.text("best-acuity", &words);
    }
    if let Some(weeks) = pack.weeks(&found) {
        draft = draft.number("weeks", &weeks.to_string(), "weeks");
    }
    for (sign, is_seen) in &input.signs {
        let (code, words) = if *is_seen {
            ("seen", "Seen")
        } else {
            ("not-seen", "Looked for, not seen")
        };
        draft = draft.coded(sign.code(), code, words);
    }
    let summary = format!(
        "Suggests a grade of retinopathy for the {} eye.",
        eye.word()
    );
    let mut resource = draft.resource();
    if let Some((_, of)) = best {
        resource["derivedFrom"] = json!([{ "reference": of.reference }]);
    }
    let proposal = Proposal::new(summary).create(resource);
    Ok(Outcome::commit(&proposal).then("retinopathy", &Parameters::default()))
}

/// What the form says was found.
fn answered(form: &Form, best: Option<Acuity>) -> GradingInput {
    let yes = |field: &str| match form.text(field) {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        Some(_) | None => None,
    };
    let seen = |sign: Sign| match form.text(sign.code()) {
        Some("seen") => Some((sign, true)),
        Some("not-seen") => Some((sign, false)),
        Some(_) | None => None,
    };
    GradingInput {
        is_gradable: yes("gradable"),
        signs: Sign::ALL.into_iter().filter_map(seen).collect(),
        is_treated: yes("treated"),
        is_stable: yes("stable"),
        best,
    }
}

/// What is not recorded, each on its field.
fn missing(found: &Grade) -> Vec<Finding> {
    let none = Vec::new();
    let of_retina = found.retina.as_ref().err().unwrap_or(&none);
    let of_macula = found.macula.as_ref().err().unwrap_or(&none);
    let mut words: Vec<&str> = of_retina.iter().chain(of_macula).copied().collect();
    words.dedup();
    let each = words.into_iter().map(|words| {
        let sign = Sign::ALL.into_iter().find(|sign| sign.words() == words);
        match (sign, words) {
            (Some(sign), _) => Finding::on(sign.code(), "Cannot be graded: say whether this was seen."),
            (None, "Whether the retina can be graded") => {
                Finding::on("gradable", "Say whether the retina can be graded.")
            }
            (None, "Whether proliferative retinopathy was treated") => {
                Finding::on("treated", "Cannot be graded: say whether it was treated.")
            }
            (None, "Best visual acuity of this eye") => Finding::about_form(
                "Cannot be graded: no recent visual acuity of this eye is recorded, and with a haemorrhage near the fovea it decides. Record it as a visit first.",
            ),
            (None, other) => Finding::on("stable", format!("Cannot be graded: {} is not recorded.", other.to_lowercase())),
        }
    });
    each.collect()
}

fn confirm(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let Some(reference) = form.carried("grade") else {
        return Err(Failure::invalid("the form carries no grade"));
    };
    let grades = read(call, Kind::Retinopathy)?;
    let shown = grades.all.iter().find(|it| it.reference == reference);
    let changed =
        Finding::about_form("This grade has changed since the form was opened. Open it again.");
    let Some(shown) = shown.filter(|it| it.status == "preliminary") else {
        return Ok(Outcome::findings(&[changed]));
    };
    if form.seen(reference) != Some(shown.version.as_str()) {
        return Ok(Outcome::findings(&[changed]));
    }
    let field = shown.eye.field("confirmed");
    if form.text(&field) != Some("yes") {
        return Ok(Outcome::findings(&[Finding::on(
            field,
            "Confirm the statement, or grade the eye again.",
        )]));
    }
    let mut resource = call.chart.read(reference)?;
    resource["status"] = json!("final");
    if let Some(members) = resource.as_object_mut() {
        members.remove("meta");
    }
    let summary = format!(
        "Confirms the grade of retinopathy of the {} eye.",
        shown.eye.word()
    );
    let proposal = Proposal::new(summary).update(resource, shown.version.as_str());
    Ok(Outcome::commit(&proposal).then("retinopathy", &Parameters::default()))
}
