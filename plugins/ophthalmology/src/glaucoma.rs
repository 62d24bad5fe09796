//! Follow-up of glaucoma: risk and target of each eye, when they are seen again, and the task that says so.
//!
//! Invariant: both eyes of a visit have one day, the sooner; a new visit closes the task of the one before.

use sdk::screen::{
    Absent, ActionButton, Card, Choice, Columns, Fact, Form as FormNode, InputChoice, InputText,
    Node, Section, SummaryList, SummaryRow,
};
use sdk::{Call, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen, Seen, Value, json};

use crate::examination::draft::{Draft, concept, site};
use crate::examination::{Examination, Examinations, Kind, SYSTEM, read, read_newest};
use crate::eye::Eye;
use crate::follow_up::{FollowUpPack, due};
use crate::notes::{day, left_out, unverified};
use crate::pack::in_force;
use crate::pressure::{PressurePack, pressure};
use crate::target::{Against, against, target};

/// Code of the task by which somebody is seen again.
pub(crate) const FOLLOW_UP: &str = "glaucoma-follow-up";
/// Open tasks of one patient that are looked at.
const TASKS: usize = 20;

/// Draws both eyes and the form.
///
/// # Errors
/// Any failure of the chart or the packs.
pub(crate) fn open(call: &Call<'_>) -> Result<Screen, Failure> {
    let pack = in_force(call, "glaucoma", FollowUpPack::read)?;
    let risks = read(call, Kind::GlaucomaRisk)?;
    let pressures = read_newest(call, Kind::Pressure)?;
    let tasks = open_tasks(call)?;
    let cards = Eye::BOTH.map(|eye| card(&pack, &risks, &pressures, eye));
    let appointments = tasks.iter().map(|task| {
        let fact = due_by(task).map_or_else(|| Fact::absent(Absent::NotRecorded), Fact::date);
        SummaryRow::new("To be seen by", fact)
    });
    let mut appointments: Vec<_> = appointments.collect();
    if appointments.is_empty() {
        appointments.push(SummaryRow::new(
            "To be seen by",
            Fact::absent(Absent::NotRecorded),
        ));
    }
    Ok(Screen::new(
        Section::new()
            .children(left_out(&[&risks]))
            .child(SummaryList::new(appointments))
            .child(Columns::new().children(cards))
            .child(form(&pack, &tasks))
            .children(unverified(&[("Follow-up", &pack.unverified)])),
    ))
}

fn card(pack: &FollowUpPack, risks: &Examinations, pressures: &Examinations, eye: Eye) -> Node {
    let newest = risks.newest(eye);
    let fact = |code: &str| match newest.and_then(|it| it.part_words(code)) {
        Some(words) => Fact::text(words),
        None => Fact::absent(Absent::NotRecorded),
    };
    let mmhg = |code: &str| {
        newest.map_or_else(
            || Fact::absent(Absent::NotRecorded),
            |it| it.fact(code, "mmHg"),
        )
    };
    let when = newest.map_or_else(
        || Fact::absent(Absent::NotRecorded),
        |it| Fact::date(it.when.as_str()),
    );
    let next = newest.map(|it| due(pack, Some(it.day()), it.part("risk")));
    let next = match next {
        None => Fact::absent(Absent::NotRecorded),
        Some(Ok(day)) => Fact::date(day),
        Some(Err(refusal)) => Fact::text(format!("Cannot be calculated: {}", refusal.words())),
    };
    let mut rows = vec![
        SummaryRow::new("Risk of glaucoma", fact("risk")),
        SummaryRow::new("Target pressure, from", mmhg("target-low")),
        SummaryRow::new("Target pressure, to", mmhg("target-high")),
        SummaryRow::new("Decided", when),
        SummaryRow::new("Next, by this risk", next),
    ];
    rows.extend(newest_pressure(newest, pressures, eye));
    Card::new()
        .heading(format!("{} eye", eye.title()))
        .child(SummaryList::new(rows))
        .into()
}

fn newest_pressure(
    risk: Option<&Examination>,
    pressures: &Examinations,
    eye: Eye,
) -> [SummaryRow; 2] {
    let Some(newest) = pressures.newest(eye) else {
        let none = || Fact::absent(Absent::NotRecorded);
        return [
            SummaryRow::new("Newest pressure", none()),
            SummaryRow::new(
                "Against the target",
                Fact::text("Cannot be told: no pressure of this eye is recorded"),
            ),
        ];
    };
    let against = risk
        .and_then(target)
        .and_then(|target| against(newest.part("value")?, target));
    let against = against.map_or_else(
        || Fact::text("Cannot be told: no target of this eye is recorded, or the pressure is in another unit"),
        Against::fact,
    );
    [
        SummaryRow::new("Newest pressure", newest.fact("value", "mmHg")).note(day(&newest.when)),
        SummaryRow::new("Against the target", against),
    ]
}

fn form(pack: &FollowUpPack, tasks: &[Value]) -> FormNode {
    let eye_fields = |eye: Eye| {
        let options = pack.risks.iter().map(|it| {
            Choice::new(it.risk.as_str(), it.label.as_str())
                .hint(format!("Again after {}", it.words()))
        });
        let side = eye.title();
        Section::new()
            .heading(format!("{side} eye"))
            .child(InputChoice::new(
                eye.field("risk"),
                format!("{side}: risk of glaucoma"),
                options.collect::<Vec<_>>(),
            ))
            .child(
                InputText::new(
                    eye.field("target-low"),
                    format!("{side}: target from, mmHg"),
                )
                .length_max(20_u32),
            )
            .child(
                InputText::new(eye.field("target-high"), format!("{side}: target to, mmHg"))
                    .length_max(20_u32),
            )
    };
    let seen: Vec<_> = tasks.iter().filter_map(seen_of).collect();
    FormNode::new("record")
        .title("Decide the follow-up")
        .seen(&seen)
        .child(Columns::new().children(Eye::BOTH.map(eye_fields)))
        .child(ActionButton::new("Record and ask for the appointment"))
}

fn seen_of(task: &Value) -> Option<Seen> {
    let id = task.get("id")?.as_str()?;
    Some(Seen {
        resource: format!("Task/{id}"),
        version: task.pointer("/meta/versionId")?.as_str()?.to_owned(),
    })
}

/// The day by which a task asks that somebody is seen.
pub(crate) fn due_by(task: &Value) -> Option<&str> {
    task.pointer("/restriction/period/end")?.as_str()
}

/// The open tasks of this patient, the newest first.
pub(crate) fn open_tasks(call: &Call<'_>) -> Result<Vec<Value>, Failure> {
    let query = format!(
        "Task?code={SYSTEM}|{FOLLOW_UP}&status=requested&_sort=-authored-on&_count={TASKS}"
    );
    Ok(call.chart.search(&query)?.resources)
}

/// Answers the form: findings on its fields, or an Observation for each eye and one task.
///
/// # Errors
/// Any failure of the chart or the packs; `not-provided` for another action.
pub(crate) fn submit(call: &Call<'_>, action: &str, form: &Form) -> Result<Outcome, Failure> {
    if action != "record" {
        return Err(Failure::not_provided(format!(
            "the form has no action `{action}`; it has `record`"
        )));
    }
    let pack = in_force(call, "glaucoma", FollowUpPack::read)?;
    let pressures = in_force(call, "pressure", PressurePack::read)?;
    let now = call.context.now();
    let risks = read(call, Kind::GlaucomaRisk)?;
    let (mut findings, mut drafts, mut soonest) = (Vec::new(), Vec::new(), None::<String>);
    let mut earlier_days = Vec::new();
    for eye in Eye::BOTH {
        let targets = targets(&pressures, form, eye, &mut findings);
        let field = eye.field("risk");
        let Some(risk) = form.text(&field) else {
            if !targets.is_empty() {
                findings.push(Finding::on(
                    field,
                    "A target is filed with a risk: select the risk.",
                ));
            } else if let Some(earlier) = risks.newest(eye) {
                // What was decided for this eye before still holds, and may be sooner.
                match due(&pack, Some(earlier.day()), earlier.part("risk")) {
                    Ok(day) => earlier_days.push(day),
                    Err(_) => findings.push(Finding::on(
                        field,
                        "The risk on record for this eye cannot be read: select it again.",
                    )),
                }
            }
            continue;
        };
        let (words, day) = match (
            pack.risks.iter().find(|it| it.risk == risk),
            due(&pack, now.get(..10), Some(risk)),
        ) {
            (Some(known), Ok(day)) => (known.label.as_str(), day),
            (_, Err(refusal)) => {
                findings.push(Finding::on(field, refusal.sentence()));
                continue;
            }
            (None, Ok(_)) => continue,
        };
        let mut draft = Draft::new(call, Kind::GlaucomaRisk, eye)?.coded("risk", risk, words);
        for (code, digits) in targets {
            draft = draft.number(code, &digits, "mmHg");
        }
        drafts.push(draft);
        soonest = Some(soonest.map_or(day.clone(), |other| other.min(day)));
    }
    let Some(soonest) = soonest.filter(|_| findings.is_empty()) else {
        if findings.is_empty() {
            findings.push(Finding::about_form("Select the risk of one eye at least."));
        }
        return Ok(Outcome::findings(&findings));
    };
    let soonest = earlier_days
        .into_iter()
        .fold(soonest, |one, other| one.min(other));
    propose(call, form, drafts, &soonest)
}

fn propose(
    call: &Call<'_>,
    form: &Form,
    drafts: Vec<Draft>,
    soonest: &str,
) -> Result<Outcome, Failure> {
    let summary = format!("Decides the follow-up of glaucoma, by {soonest}.");
    let mut proposal = Proposal::new(summary);
    for draft in drafts {
        proposal = proposal.create(draft.resource());
    }
    let Some(proposal) = close_earlier(call, form, proposal)? else {
        let text = "The follow-up has changed since this form was opened. Open it again.";
        return Ok(Outcome::findings(&[Finding::about_form(text)]));
    };
    let proposal = proposal.create(task(call, soonest)?);
    Ok(Outcome::commit(&proposal).then("glaucoma", &Parameters::default()))
}

/// With every open task closed; nothing when the form was drawn without one of them.
fn close_earlier(
    call: &Call<'_>,
    form: &Form,
    mut proposal: Proposal,
) -> Result<Option<Proposal>, Failure> {
    for mut task in open_tasks(call)? {
        let version = seen_of(&task).and_then(|it| form.seen(&it.resource).map(str::to_owned));
        let Some(version) = version else {
            return Ok(None);
        };
        task["status"] = json!("completed");
        task["lastModified"] = json!(call.context.now());
        if let Some(members) = task.as_object_mut() {
            members.remove("meta");
        }
        proposal = proposal.update(task, version);
    }
    Ok(Some(proposal))
}

/// The ends of a target that were typed: both or none.
fn targets(
    pack: &PressurePack,
    form: &Form,
    eye: Eye,
    findings: &mut Vec<Finding>,
) -> Vec<(&'static str, String)> {
    let mut read = Vec::new();
    for code in ["target-low", "target-high"] {
        let field = eye.field(code);
        match form.text(&field).map(|text| pressure(pack, text)) {
            None => {}
            Some(Ok(found)) => read.push((code, found.mmhg)),
            Some(Err(refusal)) => findings.push(Finding::on(field, refusal.sentence())),
        }
    }
    if let [(_, low), (_, high)] = &read[..]
        && low.value > high.value
    {
        findings.push(Finding::on(
            eye.field("target-high"),
            "The target ends below where it begins.",
        ));
    }
    if read.len() == 1 && findings.is_empty() {
        findings.push(Finding::on(
            eye.field("target-low"),
            "Write both ends of the target, or neither.",
        ));
    }
    read.into_iter()
        .map(|(code, typed)| (code, typed.digits))
        .collect()
}

fn task(call: &Call<'_>, by: &str) -> Result<Value, Failure> {
    let mut task = json!({
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": concept(FOLLOW_UP, "Follow-up of glaucoma"),
        "description": "Glaucoma clinic",
        "for": { "reference": call.patient()? },
        "authoredOn": call.context.now(),
        "lastModified": call.context.now(),
        "owner": site(call),
        "restriction": { "period": { "end": by } }
    });
    if let Some(encounter) = call.context.encounter() {
        task["encounter"] = json!({ "reference": encounter });
    }
    Ok(task)
}
