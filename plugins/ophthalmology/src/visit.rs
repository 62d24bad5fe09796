//! The form of a clinic visit: acuity, pressure and refraction of both eyes, the right eye on the left.
//!
//! Invariant: an empty field proposes nothing, and one thing that cannot be right holds back the whole form.

use sdk::screen::{
    ActionButton, Choice, Columns, Form as FormNode, Heading, InputChoice, InputText, Paragraph,
    Section,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen};

use crate::acuity::{AcuityInput, AcuityPack, Low, Scale, acuity};
use crate::examination::Kind;
use crate::examination::draft::Draft;
use crate::eye::Eye;
use crate::notes::unverified;
use crate::pack::in_force;
use crate::pressure::{PressurePack, pressure, thickness};
use crate::refraction::{RefractionInput, RefractionPack, refraction};

/// How an acuity was read: field, code and words.
pub(crate) const METHODS: [(&str, &str); 3] = [
    ("unaided", "Unaided"),
    ("corrected", "With glasses or lenses"),
    ("pinhole", "Pinhole"),
];

/// What the form needs of the packs.
struct Packs {
    acuity: AcuityPack,
    pressure: PressurePack,
    refraction: RefractionPack,
}

impl Packs {
    fn read(call: &Call<'_>) -> Result<Self, Failure> {
        Ok(Self {
            acuity: in_force(call, "acuity", AcuityPack::read)?,
            pressure: in_force(call, "pressure", PressurePack::read)?,
            refraction: in_force(call, "refraction", RefractionPack::read)?,
        })
    }
}

/// Draws the form.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let packs = Packs::read(call)?;
    let form = FormNode::new("record")
        .title("Record a visit")
        .child(measured_how(&packs))
        .child(
            Columns::new()
                .child(eye_fields(Eye::Right))
                .child(eye_fields(Eye::Left)),
        )
        .child(ActionButton::new("Record the visit"));
    let notes = [
        ("Acuity", &packs.acuity.unverified),
        ("Pressure", &packs.pressure.unverified),
        ("Refraction", &packs.refraction.unverified),
    ];
    Ok(Screen::new(
        Section::new()
            .child(Paragraph::new(
                "Leave empty what was not examined. Each value is filed for its own eye, as it was typed.",
            ))
            .child(form)
            .children(unverified(&notes)),
    ))
}

fn measured_how(packs: &Packs) -> Section {
    let scales = [Scale::Snellen, Scale::LogMar, Scale::Letters];
    let scales: Vec<_> = scales
        .into_iter()
        .map(|scale| Choice::new(scale.code(), scale.words()))
        .collect();
    let corrections = packs.acuity.corrections.iter().map(|it| {
        let label = format!("Read at {} m, counted as at 1 m", it.metres);
        Choice::new(it.metres.as_str(), label)
    });
    let distances = [Choice::new(
        "allowed-for",
        "The score allows for the distance",
    )];
    let distances: Vec<_> = distances.into_iter().chain(corrections).collect();
    let instruments: Vec<_> = packs
        .pressure
        .instruments
        .iter()
        .map(|(code, words)| Choice::new(code.as_str(), words.as_str()))
        .collect();
    Section::new()
        .heading("How it was measured")
        .child(
            InputChoice::new("acuity-scale", "Scale of the acuities", scales)
                .hint("CF, HM, PL and NPL may be written whatever the scale."),
        )
        .child(
            InputChoice::new("acuity-at", "Distance of logMAR or letters", distances)
                .hint("Not for Snellen, which says its own distance: 3/60."),
        )
        .child(InputChoice::new(
            "pressure-instrument",
            "Pressure measured by",
            instruments,
        ))
}

fn eye_fields(eye: Eye) -> Section {
    let text =
        |name: &str, label: String| InputText::new(eye.field(name), label).length_max(20_u32);
    let side = eye.title();
    let mut section = Section::new()
        .heading(format!("{side} eye"))
        .child(Heading::new(format!("{side} visual acuity")));
    for (method, words) in METHODS {
        section = section.child(text(method, format!("{side}: {}", words.to_lowercase())));
    }
    section
        .child(Heading::new(format!("{side} pressure")))
        .child(text("pressure", format!("{side} pressure, mmHg")))
        .child(text("thickness", format!("{side} corneal thickness, µm")))
        .child(Heading::new(format!("{side} refraction")))
        .child(
            text("sphere", format!("{side} sphere, D"))
                .hint("With its sign: -2.25. Plano or 0 without one."),
        )
        .child(text("cylinder", format!("{side} cylinder, D")).hint("With its sign."))
        .child(text("axis", format!("{side} axis, degrees")).hint("1 to 180."))
}

/// Answers the form: findings on its fields, or an Observation for each thing that was examined.
///
/// # Errors
/// Any failure of the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "record" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `record`"
        )));
    }
    let packs = Packs::read(call)?;
    let mut visit = Visit {
        call,
        packs: &packs,
        form,
        findings: Vec::new(),
        drafts: Vec::new(),
    };
    for eye in Eye::BOTH {
        visit.acuities(eye)?;
        visit.pressure(eye)?;
        visit.refraction(eye)?;
    }
    let Visit {
        mut findings,
        drafts,
        ..
    } = visit;
    if findings.is_empty() && drafts.is_empty() {
        findings.push(Finding::about_form(
            "Write what was examined, of one eye at least.",
        ));
    }
    if !findings.is_empty() {
        findings.dedup();
        return Ok(Outcome::findings(&findings));
    }
    let mut proposal = Proposal::new("Records an examination of the eyes.");
    for draft in drafts {
        proposal = proposal.create(draft.resource());
    }
    Ok(Outcome::commit(&proposal).then("trends", &Parameters::default()))
}

struct Visit<'a> {
    call: &'a Call<'a>,
    packs: &'a Packs,
    form: &'a Form,
    findings: Vec<Finding>,
    drafts: Vec<Draft>,
}

impl Visit<'_> {
    fn find(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.findings.push(Finding::on(field, message));
    }

    fn acuities(&mut self, eye: Eye) -> Result<(), Failure> {
        for (method, words) in METHODS {
            let field = eye.field(method);
            let Some(text) = self.form.text(&field) else {
                continue;
            };
            let is_low = Low::ALL.iter().any(|low| low.code() == text);
            let chosen = self.form.text("acuity-scale").and_then(Scale::of);
            let Some(scale) = is_low.then_some(Scale::Low).or(chosen) else {
                self.find("acuity-scale", "Select the scale of the acuities.");
                continue;
            };
            let at = match (self.form.text("acuity-at"), scale) {
                (_, Scale::Low) | (Some("allowed-for"), Scale::LogMar | Scale::Letters) => None,
                (Some(at), _) => Some(at),
                (None, Scale::LogMar | Scale::Letters) => {
                    self.find(
                        "acuity-at",
                        "Say whether the score allows for the distance.",
                    );
                    continue;
                }
                (None, Scale::Snellen) => None,
            };
            let given = AcuityInput {
                scale,
                text,
                read_at_m: at,
            };
            match acuity(&self.packs.acuity, &given) {
                Err(refusal) if at.is_some() && scale == Scale::Snellen => {
                    self.find("acuity-at", refusal.sentence());
                }
                Err(refusal) => self.find(field, refusal.sentence()),
                Ok(_) => {
                    let mut draft = Draft::new(self.call, Kind::Acuity, eye)?
                        .coded("method", method, words)
                        .coded("scale", scale.code(), scale.words())
                        .text("as-read", text);
                    if let Some(at) = at {
                        draft = draft.number("read-at", at, "m");
                    }
                    self.drafts.push(draft);
                }
            }
        }
        Ok(())
    }

    fn pressure(&mut self, eye: Eye) -> Result<(), Failure> {
        let fields = [eye.field("pressure"), eye.field("thickness")];
        let found = self
            .form
            .text(&fields[0])
            .map(|it| pressure(&self.packs.pressure, it));
        let thick = self
            .form
            .text(&fields[1])
            .map(|it| thickness(&self.packs.pressure, it));
        if let Some(Err(refusal)) = &found {
            self.find(fields[0].as_str(), refusal.sentence());
        }
        if let Some(Err(refusal)) = &thick {
            self.find(fields[1].as_str(), refusal.sentence());
        }
        let Some(Ok(found)) = found else {
            if thick.is_some_and(|it| it.is_ok()) && self.form.text(&fields[0]).is_none() {
                self.find(
                    fields[0].as_str(),
                    "A corneal thickness is filed with a pressure: write the pressure.",
                );
            }
            return Ok(());
        };
        let chosen = self.form.text("pressure-instrument");
        let instruments = &self.packs.pressure.instruments;
        let Some((code, words)) = instruments
            .iter()
            .find(|(code, _)| Some(code.as_str()) == chosen)
        else {
            self.find(
                "pressure-instrument",
                "Select by what the pressure was measured.",
            );
            return Ok(());
        };
        let mut draft = Draft::new(self.call, Kind::Pressure, eye)?
            .value(&found.mmhg.digits, "mmHg")
            .coded("instrument", code, words);
        if let Some(Ok(thick)) = thick {
            draft = draft.number("corneal-thickness", &thick.digits, "µm");
        }
        self.drafts.push(draft);
        Ok(())
    }

    fn refraction(&mut self, eye: Eye) -> Result<(), Failure> {
        let fields = ["sphere", "cylinder", "axis"].map(|name| eye.field(name));
        let [sphere, cylinder, axis] = fields.each_ref().map(|field| self.form.text(field));
        if (sphere, cylinder, axis) == (None, None, None) {
            return Ok(());
        }
        let given = RefractionInput {
            sphere,
            cylinder,
            axis,
        };
        match refraction(&self.packs.refraction, &given) {
            Err(refusal) => {
                let words = refusal.words();
                let about = ["sphere", "axis", "cylinder"]
                    .into_iter()
                    .find(|name| words.starts_with(&format!("the {name}")))
                    .unwrap_or("cylinder");
                self.find(eye.field(about), refusal.sentence());
            }
            Ok(it) => {
                let mut draft = Draft::new(self.call, Kind::Refraction, eye)?.number(
                    "sphere",
                    &plain(it.sphere_milli),
                    "D",
                );
                if let Some((cylinder, axis)) = it.cylinder {
                    draft = draft.number("cylinder", &plain(cylinder), "D").number(
                        "axis",
                        &axis.to_string(),
                        "deg",
                    );
                }
                self.drafts.push(draft);
            }
        }
        Ok(())
    }
}

fn plain(milli: i32) -> String {
    crate::refraction::dioptres(milli)
        .trim_start_matches('+')
        .to_owned()
}
