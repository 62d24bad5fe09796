//! A screen drawn: every kind of node in the NHS design system's words and shapes.
//!
//! Invariant: every node of the screen is drawn; a kind that is not known says so. All text goes through escaping.

mod banded;
mod body;
mod clinical;
mod coded;
mod collection;
mod course;
mod curve;
mod flow;
mod form;
mod identity;
mod labour;
mod layout;
mod medicine;
mod score;
mod value;

use std::collections::BTreeMap;

use maud::{Markup, html};
use record::departmental::outcome::Finding;

use super::Screen;
use super::coded::Found;
use super::condition::Answers;
use super::node::{
    Absent, Action, ActorRef, Alert, AllergyList, At, AttestSign, BandedChart, BodyMap, Card,
    CheckAnswers, ClinicalValue, CodedConcept, Columns, CurveChart, Datetime, Details, EmptyState,
    Flowsheet, Form, Heading, InputChecks, InputChoice, InputCoded, InputDate, InputDose,
    InputNhsNumber, InputNumber, InputText, Inset, LabourChart, Link, List, MedicationLine,
    Notification, Paragraph, Parameters, PatientRef, Print, ResultGrid, Score, Section, Sparkline,
    SummaryList, Table, Tabs, Tag, TaskSteps, Timeline, Trend, Unknown, WarningCallout, Worklist,
};
use super::seal::{Carried, Seals};
use super::sent::{self, Typed};
use super::word::Line;
use crate::app::moment::with;
use crate::icon::Icon;
use crate::written;

pub(crate) use form::error_summary;

/// What the drawing needs besides the screen.
pub(crate) struct Ink<'a> {
    /// Address of the departmental's screens, without the last slash: `/patients/1/departments/imaging`.
    pub(crate) base: &'a str,
    /// What keeps an earlier moment in an address; `None`: now. Of the past no form is offered.
    pub(crate) kept: Option<&'a str>,
    /// The names of the patients and actors referred to.
    pub(crate) names: &'a BTreeMap<String, Named>,
    /// Who would sign, and about whom.
    pub(crate) signing: Signing<'a>,
    /// What forms need to be sent.
    pub(crate) desk: Desk<'a>,
}

/// A reference put into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A practitioner, an organisation, a device.
    Actor(String),
    /// A patient: the small banner's parts.
    Patient(Vec<(&'static str, String)>),
}

/// What stands above a signature.
pub(crate) struct Signing<'a> {
    pub(crate) signer: &'a str,
    /// The patient's small banner; empty: about no single one.
    pub(crate) about: Vec<(&'static str, String)>,
}

/// What a form is sent with.
pub(crate) struct Desk<'a> {
    pub(crate) seals: &'a Seals,
    pub(crate) form_token: &'a str,
    /// What every form of this drawing carries; each adds its own.
    pub(crate) carried: &'a Carried,
    pub(crate) typed: &'a Typed,
    pub(crate) findings: &'a [Finding],
    /// What was found where words were looked for.
    pub(crate) found: Option<&'a Found>,
}

/// The whole screen, under a heading of level 1 that the page has drawn.
pub(crate) fn screen(screen: &Screen, ink: &Ink<'_>) -> Markup {
    let answers = sent::answers(screen, ink.desk.typed);
    let pen = Pen {
        screen,
        ink,
        answers,
        ids_from: 0,
    };
    pen.node(screen.root, 2)
}

/// A screen among others of one page, under a heading of level 2 that the page has drawn. `number`: which of them it is,
/// from 1.
pub(crate) fn among_others(screen: &Screen, ink: &Ink<'_>, number: usize) -> Markup {
    let answers = sent::answers(screen, ink.desk.typed);
    let pen = Pen {
        screen,
        ink,
        answers,
        ids_from: number.saturating_mul(super::NODES_MAX),
    };
    pen.node(screen.root, 3)
}

/// One drawing in hand.
pub(crate) struct Pen<'a> {
    screen: &'a Screen,
    ink: &'a Ink<'a>,
    /// By which parts of forms are there or not.
    answers: Answers,
    /// What is added to a node's index for its ids: several screens stand on one page.
    ids_from: usize,
}

/// Where in the drawing a node stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    /// The node's index: what makes its ids its own.
    at: At,
    /// Of a heading that it draws.
    level: u8,
}

/// A node that this host can draw.
pub(crate) trait Draw {
    fn draw(&self, pen: &Pen<'_>, spot: Spot) -> Markup;
}

/// How each kind is drawn.
macro_rules! draws {
    ($($name:ident: |$pen:ident, $it:ident, $spot:pat_param| $drawn:expr;)*) => { $(
        impl Draw for $name {
            fn draw(&self, $pen: &Pen<'_>, $spot: Spot) -> Markup {
                let $it = self;
                $drawn
            }
        }
    )* };
}

draws! {
    Section: |pen, it, spot| pen.section(it, spot.level);
    Columns: |pen, it, spot| pen.columns(it, spot.level);
    Card: |pen, it, spot| pen.card(it, spot.level);
    Details: |pen, it, spot| pen.details(it, spot.level);
    Tabs: |pen, it, spot| pen.tabs(it, spot.at, spot.level);
    SummaryList: |pen, it, _| pen.summary_list(it);
    Heading: |_pen, it, spot| title(&it.text, None, spot.level);
    Paragraph: |pen, it, _| html! { p .pal-p { (pen.words(&it.words)) } };
    List: |pen, it, _| pen.list(it);
    Inset: |pen, it, spot| pen.inset(it, spot.level);
    WarningCallout: |pen, it, spot| pen.boxed("pal-alert pal-alert-warning", Icon::Warning, "Warning", &it.callout, spot.level);
    Tag: |_pen, it, _| value::tag(&it.text, it.tone);
    Alert: |pen, it, spot| pen.alert(it, spot.level);
    Notification: |pen, it, _| pen.notification(it);
    EmptyState: |pen, it, spot| pen.empty_state(&it.callout, spot.level);
    ClinicalValue: |pen, it, _| pen.clinical_value(it);
    Datetime: |_pen, it, _| labelled(it.label.as_ref(), value::when(&it.value));
    CodedConcept: |_pen, it, _| labelled(it.label.as_ref(), value::coded(&it.coded));
    PatientRef: |pen, it, _| pen.patient(&it.reference);
    ActorRef: |pen, it, _| labelled(it.label.as_ref(), html! { (pen.actor(&it.reference)) });
    MedicationLine: |_pen, it, _| Pen::medication_line(it);
    AllergyList: |_pen, it, _| Pen::allergy_list(it);
    Score: |pen, it, spot| pen.score(it, spot.level);
    Table: |pen, it, _| pen.table(it);
    ResultGrid: |pen, it, spot| pen.grid(it, spot.at);
    Flowsheet: |pen, it, spot| pen.flowsheet(it, spot.at);
    Timeline: |pen, it, _| pen.timeline(it);
    Worklist: |pen, it, _| pen.worklist(it);
    Sparkline: |_pen, it, _| Pen::sparkline(it);
    Trend: |pen, it, spot| pen.trend(it, spot.at, spot.level);
    BandedChart: |pen, it, spot| pen.banded(it, spot.at, spot.level);
    CurveChart: |pen, it, spot| pen.curves(it, spot.at, spot.level);
    LabourChart: |pen, it, spot| pen.labour(it, spot.at, spot.level);
    BodyMap: |pen, it, spot| pen.body_map(it, spot.at, spot.level);
    Form: |pen, it, spot| pen.form(it, spot.at, spot.level);
    InputText: |pen, it, _| pen.text(it);
    InputNumber: |pen, it, _| pen.number(it);
    InputDate: |pen, it, _| pen.date(it);
    InputChoice: |pen, it, _| pen.choice(it);
    InputChecks: |pen, it, _| pen.checks(it);
    InputNhsNumber: |pen, it, _| pen.nhs_number(it);
    InputDose: |pen, it, _| pen.dose(it);
    InputCoded: |pen, it, _| pen.coded(it);
    AttestSign: |pen, it, _| pen.attest(it);
    TaskSteps: |pen, it, spot| pen.task_steps(it, spot.at);
    CheckAnswers: |pen, it, _| pen.check_answers(it);
    Action: |pen, it, spot| pen.action(it, spot.at);
    Link: |pen, it, _| pen.link(it);
    Print: |pen, it, spot| pen.print(it, spot.level);
    Unknown: |_pen, it, _| Pen::unknown(it);
}

impl Pen<'_> {
    fn children(&self, children: &[At], level: u8) -> Markup {
        html! { @for child in children { (self.node(*child, level)) } }
    }

    fn node(&self, at: At, level: u8) -> Markup {
        match self.screen.node(at) {
            Some(_) if !self.screen.shows(at, &self.answers) => html! {},
            Some(node) => {
                let at = at + self.ids_from;
                node.kind().draw(self, Spot { at, level })
            }
            None => html! {},
        }
    }

    fn link(&self, it: &Link) -> Markup {
        html! { p .pal-p { a href=(self.address(it.screen.as_str(), &it.parameters)) { (it.text.as_str()) } } }
    }

    /// The address of a screen of the same departmental.
    fn address(&self, screen: &str, parameters: &Parameters) -> String {
        with(&address(self.ink.base, screen, parameters), self.ink.kept)
    }
}

/// The address of a screen: its parameters are the query, each name after `p.`.
pub(crate) fn address(base: &str, screen: &str, parameters: &Parameters) -> String {
    let mut text = format!("{base}/{screen}");
    for (at, (name, value)) in parameters.iter().enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        text.push_str("p.");
        text.push_str(&crate::address::encoded(name));
        text.push('=');
        text.push_str(&crate::address::encoded(value));
    }
    text
}

fn labelled(label: Option<&Line>, what: Markup) -> Markup {
    html! { p .pal-p { @if let Some(label) = label { span .pal-label { (label.as_str()) } " " } (what) } }
}

/// A departmental's heading.
fn title(text: &Line, note: Option<&Line>, level: u8) -> Markup {
    heading(text.as_str(), note, level)
}

/// A heading of the level that the host sets, from 2 to 6.
fn heading(text: &str, note: Option<&Line>, level: u8) -> Markup {
    let words =
        html! { (text) @if let Some(note) = note { " " small .pal-note { (note.as_str()) } } };
    match level {
        0..=2 => html! { h2 .pal-h2 { (words) } },
        3 => html! { h3 .pal-h3 { (words) } },
        4 => html! { h4 .pal-h3 { (words) } },
        5 => html! { h5 .pal-h3 { (words) } },
        6.. => html! { h6 .pal-h3 { (words) } },
    }
}

/// Why there is no value, in words.
pub(super) fn absent(why: Absent) -> &'static str {
    match why {
        Absent::NotRecorded => written::NOT_RECORDED,
        Absent::NoneKnown => "None known",
        Absent::Unknown => "Unknown",
        Absent::Unavailable => "Unavailable",
        Absent::Withheld => "Withheld",
        Absent::NotRequested => "Not requested",
        Absent::NotReported => "Not reported",
        Absent::NotApplicable => "Not applicable",
        Absent::Pending => "Pending",
        Absent::Unsuitable => "Specimen unsuitable",
    }
}
