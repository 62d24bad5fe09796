//! The form for a set of observations: findings on its fields, or a proposal that files the set.
//!
//! Invariant: nothing is chosen in advance; what was left empty is not filed, and a score is filed with a complete set alone.

use sdk::moment::{Moment, age_years};
use sdk::screen::{
    ActionButton, Choice, Form as FormNode, InputChecks, InputChoice, InputDate, InputNumber,
    InputText, Inset, Section,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, Value, json};

use crate::codes::Code;
use crate::news2::{Parameter, Points, Reading, Scale, Set, in_bounds, news2};
use crate::pack::{Number, Pack, Words};
use crate::sets::{self, CONFIRMED};

/// Characters of a name.
const NAME_CHARS_MAX: usize = 120;
const MINUTE_MS: i64 = 60_000;

/// Draws the form.
///
/// # Errors
/// Any failure of the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pack = Pack::of(call)?;
    let scale_two = Choice::new("2", "Use SpO2 scale 2").hint(
        "Only when hypercapnic respiratory failure is confirmed and 88 to 92 % is the target. Otherwise scale 1 is used.",
    );
    let form = FormNode::new("file")
        .title("Enter observations")
        .child(
            InputDate::new("when", "When they were taken")
                .time(true)
                .required(true),
        )
        .child(number_input("respiration", &pack.respiration))
        .child(number_input("saturation", &pack.saturation).hint("By pulse oximetry."))
        .child(InputChecks::new("scale", "SpO2 scale", vec![scale_two]))
        .child(
            InputText::new("confirmed-by", "Who confirmed scale 2")
                .hint("Name and role. Needed when scale 2 is used.")
                .length_max(u32::try_from(NAME_CHARS_MAX).unwrap_or(u32::MAX)),
        )
        .child(word_input("oxygen", &pack.oxygen))
        .child(number_input("systolic", &pack.systolic))
        .child(number_input("pulse", &pack.pulse))
        .child(word_input("consciousness", &pack.consciousness))
        .child(number_input("temperature", &pack.temperature))
        .child(ActionButton::new("File observations"));
    let said = "Leave empty what was not observed. Without every parameter there is no score.";
    let mut root = Section::new().child(Inset::new(said));
    if !pack.unverified.is_empty() {
        let text = format!(
            "Unverified, compared with its source by nobody answerable yet: {}.",
            pack.unverified.join("; ")
        );
        root = root.child(Inset::new(text));
    }
    Ok(Screen::new(root.child(form)))
}

fn number_input(field: &str, number: &Number) -> InputNumber {
    let label = number.label.split(',').next().unwrap_or_default();
    let (least, most) = number.possible;
    InputNumber::new(field, label)
        .unit(number.unit.as_str())
        .min(number.text(least))
        .max(number.text(most))
}

fn word_input(field: &str, words: &Words) -> InputChoice {
    let options: Vec<_> = words
        .words
        .iter()
        .map(|word| Choice::new(word.id.as_str(), word.code.display.as_str()))
        .collect();
    InputChoice::new(field, words.label.as_str(), options)
}

/// Answers the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn submit(call: &Call<'_>, form: &Form) -> Result<Outcome, Failure> {
    let pack = Pack::of(call)?;
    let mut findings = Vec::new();
    let when = when(call, form, &mut findings);
    let mut number = |field: &str, of: &Number| match form.text(field) {
        None => Reading::NotRecorded,
        Some(text) => {
            if let Err(why) = in_bounds(of, text) {
                let label = of.label.split(',').next().unwrap_or_default();
                findings.push(Finding::on(field, format!("{label} {why}.")));
            }
            Reading::Number(text.to_owned())
        }
    };
    let respiration = number("respiration", &pack.respiration);
    let saturation = number("saturation", &pack.saturation);
    let systolic = number("systolic", &pack.systolic);
    let pulse = number("pulse", &pack.pulse);
    let temperature = number("temperature", &pack.temperature);
    let set = Set {
        respiration,
        saturation,
        scale: scale(form, &mut findings),
        oxygen: chosen(form, "oxygen", &pack.oxygen, &mut findings),
        systolic,
        pulse,
        consciousness: chosen(form, "consciousness", &pack.consciousness, &mut findings),
        temperature,
        age_years: None,
    };
    let filed = filed(&pack, &set);
    if filed.is_empty() && findings.is_empty() {
        findings.push(Finding::about_form(
            "Enter at least one observation; nothing was filed.",
        ));
    }
    let (Some(when), true) = (when, findings.is_empty()) else {
        return Ok(Outcome::findings(&findings));
    };
    let birth = sets::birth(call)?;
    let set = Set {
        age_years: birth.and_then(|birth| age_years(&birth, &when)),
        ..set
    };
    let about = About {
        patient: call.patient()?,
        encounter: call.context.encounter(),
        when,
    };
    let proposal = proposal(&pack, &about, filed, &set, form.text("confirmed-by"));
    Ok(Outcome::commit(&proposal).then("chart", &Parameters::default()))
}

/// A moment with its time of day, not later than now.
fn when(call: &Call<'_>, form: &Form, findings: &mut Vec<Finding>) -> Option<String> {
    let Some(text) = form.text("when") else {
        findings.push(Finding::on("when", "Say when the observations were taken."));
        return None;
    };
    let now = Moment::timed(&call.context.now());
    let why = match (Moment::timed(text), now) {
        (None, _) => "Write the day and the time of day, such as 22 11 2026 at 14:05.",
        // The clocks of a ward and of the host differ by less than a minute.
        (Some(at), Some(now)) if at > now + MINUTE_MS => {
            "This time has not come yet. Write when the observations were taken."
        }
        (Some(_), _) => return Some(text.to_owned()),
    };
    findings.push(Finding::on("when", why));
    None
}

fn scale(form: &Form, findings: &mut Vec<Finding>) -> Scale {
    let is_two = form.ticked("scale").contains(&"2");
    match (is_two, form.text("confirmed-by")) {
        (false, None) => Scale::One,
        (true, Some(name)) => {
            if name.chars().count() > NAME_CHARS_MAX {
                let what = format!("Write at most {NAME_CHARS_MAX} characters.");
                findings.push(Finding::on("confirmed-by", what));
            }
            if form.text("saturation").is_none() {
                findings.push(Finding::on(
                    "saturation",
                    "Enter the SpO2 that scale 2 is for.",
                ));
            }
            Scale::Two
        }
        (true, None) => {
            let what = "Say who confirmed hypercapnic respiratory failure, or use scale 1.";
            findings.push(Finding::on("confirmed-by", what));
            Scale::Two
        }
        (false, Some(_)) => {
            let what = "Tick scale 2, or leave out who confirmed it.";
            findings.push(Finding::on("scale", what));
            Scale::One
        }
    }
}

fn chosen(form: &Form, field: &str, words: &Words, findings: &mut Vec<Finding>) -> Reading {
    let Some(id) = form.text(field) else {
        return Reading::NotRecorded;
    };
    if !words.words.iter().any(|word| word.id == id) {
        findings.push(Finding::on(
            field,
            "Choose one of the words that are listed.",
        ));
    }
    Reading::Word(id.to_owned())
}

/// About whom, where and when.
struct About {
    patient: String,
    encounter: Option<String>,
    when: String,
}

/// One thing to be filed: its code and its value.
struct Filed {
    code: Code,
    member: &'static str,
    value: Value,
}

fn filed(pack: &Pack, set: &Set) -> Vec<Filed> {
    let numbers = [
        (&pack.respiration, &set.respiration),
        (&pack.saturation, &set.saturation),
        (&pack.systolic, &set.systolic),
        (&pack.pulse, &set.pulse),
        (&pack.temperature, &set.temperature),
    ];
    let words = [
        (&pack.oxygen, &set.oxygen),
        (&pack.consciousness, &set.consciousness),
    ];
    let numbers = numbers
        .into_iter()
        .filter_map(|(of, reading)| match reading {
            Reading::Number(text) => quantity(of, text),
            Reading::NotRecorded | Reading::Unusable(_) | Reading::Word(_) => None,
        });
    let words = words.into_iter().filter_map(|(of, reading)| match reading {
        Reading::Word(id) => concept(of, id),
        Reading::NotRecorded | Reading::Unusable(_) | Reading::Number(_) => None,
    });
    numbers.chain(words).collect()
}

/// With the digits that were typed.
fn quantity(of: &Number, text: &str) -> Option<Filed> {
    let value: Value = text.parse().ok().filter(Value::is_number)?;
    Some(Filed {
        code: of.codes.first()?.clone(),
        member: "valueQuantity",
        value: json!({
            "value": value,
            "unit": of.unit,
            "system": "http://unitsofmeasure.org",
            "code": of.units.first()?,
        }),
    })
}

fn concept(of: &Words, id: &str) -> Option<Filed> {
    let word = of.words.iter().find(|word| word.id == id)?;
    Some(Filed {
        code: of.codes.first()?.clone(),
        member: "valueCodeableConcept",
        value: word.code.concept(),
    })
}

fn proposal(
    pack: &Pack,
    about: &About,
    filed: Vec<Filed>,
    set: &Set,
    confirmed_by: Option<&str>,
) -> Proposal {
    let mut proposal = Proposal::new("Files a set of vital signs.");
    let mut from = Vec::new();
    for it in filed {
        let temporary = proposal.temporary();
        let mut resource = observation(about, &it.code);
        resource[it.member] = it.value;
        proposal = proposal.create_as(&temporary, resource);
        from.push(json!({ "reference": temporary }));
    }
    if let Some(who) = confirmed_by {
        let mut resource = observation(about, &pack.scale_code);
        resource["valueCodeableConcept"] = pack.scales.1.concept();
        resource["note"] = json!([{ "text": format!("{CONFIRMED}{who}") }]);
        proposal = proposal.create(resource);
    }
    let score = news2(pack, set);
    let Ok((total, response)) = score.total else {
        return proposal;
    };
    let mut resource = observation(about, &pack.total_code);
    resource["valueInteger"] = total.into();
    resource["interpretation"] = json!([{ "text": response.label }]);
    resource["method"] = json!({ "text": pack.rule });
    resource["derivedFrom"] = Value::Array(from);
    resource["component"] = score
        .parts
        .iter()
        .filter_map(|it| part(pack, &set.scale, it))
        .collect();
    proposal.create(resource)
}

/// The points of one parameter.
fn part(pack: &Pack, scale: &Scale, (parameter, points): &(Parameter, Points)) -> Option<Value> {
    let code = match (parameter, scale) {
        // The pack has no code for the points of scale 2; that of scale 1 would say something else.
        (Parameter::Saturation, Scale::Two) => {
            json!({ "text": "NEWS2 oxygen saturation scale 2 score" })
        }
        (parameter, _) => pack.score_code(*parameter).concept(),
    };
    match points {
        Points::Given { points, .. } => Some(json!({ "code": code, "valueInteger": points })),
        Points::Missing | Points::Unusable(_) => None,
    }
}

fn observation(about: &About, code: &Code) -> Value {
    let mut observation = json!({
        "resourceType": "Observation",
        "status": "final",
        "category": [{ "coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "vital-signs",
            "display": "Vital Signs",
        }] }],
        "code": code.concept(),
        "subject": { "reference": about.patient },
        "effectiveDateTime": about.when,
    });
    if let Some(encounter) = &about.encounter {
        observation["encounter"] = json!({ "reference": encounter });
    }
    observation
}
