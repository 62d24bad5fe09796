//! Drawings of both eyes, front and fundus, made of marks that each say what they are.
//!
//! Invariant: a drawing shows the marks of the last day on which this eye was drawn; a mark outside it is refused.

use sdk::pack::Part;
use sdk::screen::{
    Absent, ActionButton, BodyImage, BodyMap, Choice, Columns, Form as FormNode, InputChoice,
    InputText, Mark, MarkShape, Node, Paragraph, Section, Tabs,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen};

use crate::bounds::Bounds;
use crate::examination::draft::Draft;
use crate::examination::{Examination, Examinations, Kind, read, read_newest};
use crate::eye::Eye;
use crate::notes::{day as written, left_out, unverified};
use crate::pack::{self, in_force};
use crate::retinopathy::Sign;
use crate::typed::{plain_number, typed};

/// The drawing of the back of an eye; every other is of its front.
const FUNDUS: &str = "fundus";
/// The shapes of the host by the words of the pack.
const SHAPES: [(&str, MarkShape); 7] = [
    ("dot", MarkShape::Dot),
    ("blot", MarkShape::Blot),
    ("cloud", MarkShape::Cloud),
    ("diamond", MarkShape::Diamond),
    ("ring", MarkShape::Ring),
    ("cross", MarkShape::Cross),
    ("square", MarkShape::Square),
];
/// Marks of one drawing.
const MARKS_MAX: usize = 300;

/// A drawing that the pack knows.
struct Drawing {
    id: String,
    label: String,
    x: Bounds,
    y: Bounds,
    /// Id, words and shape of what can be marked on it.
    findings: Vec<(String, String, MarkShape)>,
}

fn drawings(document: Part<'_>) -> Result<Vec<Drawing>, Failure> {
    let finding = |it: Part<'_>| {
        let shape = it.one_of("/shape", &SHAPES)?;
        Ok((it.text("/id")?, it.text("/label")?, shape))
    };
    document.each_of_some("/drawings", |it| {
        Ok(Drawing {
            id: it.text("/id")?,
            label: it.text("/label")?,
            x: Bounds::read(it, "/x")?,
            y: Bounds::read(it, "/y")?,
            findings: it.each("/findings", finding)?,
        })
    })
}

fn image(drawing: &Drawing, eye: Eye) -> BodyImage {
    match (drawing.id == FUNDUS, eye) {
        (true, Eye::Right) => BodyImage::FundusRight,
        (true, Eye::Left) => BodyImage::FundusLeft,
        (false, Eye::Right) => BodyImage::EyeRight,
        (false, Eye::Left) => BodyImage::EyeLeft,
    }
}

/// Draws both eyes and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let drawings = in_force(call, "drawing", drawings)?;
    let marks = read(call, Kind::Mark)?;
    let grades = read_newest(call, Kind::Retinopathy)?;
    let panel = |drawing: &Drawing| {
        let eyes = Eye::BOTH.map(|eye| {
            Section::new()
                .heading(format!(
                    "{} eye, {}",
                    eye.title(),
                    drawing.label.to_lowercase()
                ))
                .child(map(drawing, &marks, &grades, eye))
        });
        Columns::new().children(eyes)
    };
    let mut panels = drawings.iter();
    let first = panels
        .next()
        .ok_or_else(|| Failure::fault("the pack `drawing` has no drawing"))?;
    let tabs = Tabs::new(first.label.as_str(), panel(first));
    let tabs = panels.fold(tabs, |tabs, it| tabs.panel(it.label.as_str(), panel(it)));
    Ok(Screen::new(
        Section::new()
            .children(left_out(&[&marks]))
            .child(tabs)
            .child(form(&drawings))
            .children(unverified(&[(
                "Drawing",
                &pack::unverified(call, "drawing")?,
            )])),
    ))
}

fn map(drawing: &Drawing, marks: &Examinations, grades: &Examinations, eye: Eye) -> Node {
    let of_drawing = |it: &&Examination| it.part("drawing") == Some(drawing.id.as_str());
    let Some(day) = marks.of(eye).find(of_drawing).map(Examination::day) else {
        return BodyMap::new(image(drawing, eye))
            .absent(Absent::NotRecorded)
            .into();
    };
    let of_day: Vec<_> = marks
        .of(eye)
        .filter(of_drawing)
        .filter(|it| it.day() == day)
        .collect();
    let drawn: Vec<_> = of_day
        .iter()
        .filter_map(|it| mark(drawing, it))
        .take(MARKS_MAX)
        .collect();
    let not_drawn = of_day.len() - drawn.len();
    let mut note = format!("Drawn {}", written(day));
    if not_drawn > 0 {
        note = format!("{note}; {not_drawn} marks that are not drawn here");
    }
    let map = BodyMap::new(image(drawing, eye)).marks(drawn).note(note);
    let not_seen = not_seen(drawing, grades.newest(eye), day);
    if not_seen.is_empty() {
        map.into()
    } else {
        map.not_seen(not_seen).into()
    }
}

/// Signs of the fundus that were looked for on the day of the drawing and not seen, as the grade of that day has them.
fn not_seen(drawing: &Drawing, grade: Option<&Examination>, day: &str) -> Vec<String> {
    let grade = grade.filter(|it| drawing.id == FUNDUS && it.day() == day);
    let signs = Sign::ALL.into_iter();
    signs
        .filter(|sign| grade.and_then(|it| it.part(sign.code())) == Some("not-seen"))
        .map(|sign| sign.words().to_owned())
        .collect()
}

fn mark(drawing: &Drawing, it: &Examination) -> Option<Mark> {
    let (_, label, shape) = drawing
        .findings
        .iter()
        .find(|(id, _, _)| Some(id.as_str()) == it.part("finding"))?;
    let (x, y) = (it.part("x")?, it.part("y")?);
    drawing.x.hold("x", plain_number(x)?).ok()?;
    drawing.y.hold("y", plain_number(y)?).ok()?;
    let mark = Mark::new(label.as_str(), *shape, x, y);
    Some(match it.part("note") {
        Some(note) => mark.note(note),
        None => mark,
    })
}

fn form(drawings: &[Drawing]) -> FormNode {
    let eyes = Eye::BOTH.map(|eye| Choice::new(eye.word(), format!("{} eye", eye.title())));
    let findings = drawings.iter().flat_map(|drawing| {
        drawing.findings.iter().map(move |(id, label, _)| {
            Choice::new(
                format!("{}:{id}", drawing.id),
                format!("{}: {label}", drawing.label),
            )
        })
    });
    FormNode::new("mark")
        .title("Add a mark")
        .child(Paragraph::new("On the fundus, diameters of the disc from the fovea; on the front of the eye, radii of the cornea from its middle. x runs towards the nose, y up."))
        .child(InputChoice::new("eye", "Which eye", eyes.to_vec()).required(true))
        .child(InputChoice::new("finding", "What was found", findings.collect::<Vec<_>>()).required(true))
        .child(InputText::new("x", "Towards the nose (x)").length_max(12_u32).required(true))
        .child(InputText::new("y", "Up (y)").length_max(12_u32).required(true))
        .child(InputText::new("note", "Note").length_max(100_u32))
        .child(ActionButton::new("Add the mark"))
}

/// Answers the form: findings on its fields, or one mark.
///
/// # Errors
/// Any failure of the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "mark" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `mark`"
        )));
    }
    let drawings = in_force(call, "drawing", drawings)?;
    let mut findings = Vec::new();
    let eye = Eye::parse(form.text("eye"));
    if let Err(refusal) = &eye {
        findings.push(Finding::on("eye", refusal.sentence()));
    }
    let chosen = form.text("finding").and_then(|it| it.split_once(':'));
    let found = chosen.and_then(|(drawing, finding)| {
        let drawing = drawings.iter().find(|it| it.id == drawing)?;
        let (id, label, _) = drawing.findings.iter().find(|(id, _, _)| id == finding)?;
        Some((drawing, id, label))
    });
    let Some((drawing, id, label)) = found else {
        findings.push(Finding::on("finding", "Select what was found."));
        return Ok(Outcome::findings(&findings));
    };
    let mut places = Vec::new();
    for (field, what, bounds) in [
        ("x", "the place towards the nose", &drawing.x),
        ("y", "the height", &drawing.y),
    ] {
        let text = form.text(field).unwrap_or_default();
        match typed(what, text, &[]).and_then(|it| bounds.hold(what, it.value).map(|_| it)) {
            Ok(it) => places.push((field, it.digits)),
            Err(refusal) => findings.push(Finding::on(field, refusal.sentence())),
        }
    }
    let note = form.text("note");
    if note.is_some_and(|it| it.chars().count() > 100 || it.contains(char::is_control)) {
        findings.push(Finding::on(
            "note",
            "Write one line of 100 characters or fewer.",
        ));
    }
    let (Ok(eye), true) = (eye, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let mut draft = Draft::new(call, Kind::Mark, eye)?
        .coded("drawing", &drawing.id, &drawing.label)
        .coded("finding", id, label);
    for (code, digits) in places {
        draft = draft.number(code, &digits, "1");
    }
    if let Some(note) = note {
        draft = draft.text("note", note);
    }
    let summary = format!("Marks a finding on the drawing of the {} eye.", eye.word());
    let proposal = Proposal::new(summary).create(draft.resource());
    Ok(Outcome::commit(&proposal).then("drawing", &Parameters::default()))
}
