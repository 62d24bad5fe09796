//! The segments of a message with results, one after the other: which line belongs to which order and specimen.
//!
//! Invariant: no line is left out; a line under no order is about the person, or about the specimen that stands before it.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use crate::feed::datatype;
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, Segment};
use crate::feed::result::specimen::{self, Sample};
use crate::feed::result::{Alone, Layout, Report, observation, report};
use crate::feed::sender::Sender;
use crate::limits::{ORDERS_MAX, RESULTS_MAX};
use crate::plan::Draft;

const NOTE: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note";

/// Where the reading of a message stands.
pub(super) struct Reading<'a> {
    layout: Layout,
    /// What stands for the order of a specimen that comes before its orders and has no number.
    unnumbered: String,
    /// The ORC of the order that comes next.
    order: Option<Segment<'a>>,
    /// The specimen in which the orders that come next were done.
    sample: Option<Sample>,
    /// Whether lines that come next belong to the last order.
    is_under_order: bool,
    pub(super) reports: Vec<Report>,
    pub(super) alone: Vec<Alone>,
    /// How often an identity was met, so that a repeated one is told apart.
    met: HashMap<String, u32>,
    /// What the next comment is about.
    about: About,
    lines: usize,
}

/// What a comment is about.
#[derive(Clone, Copy)]
enum About {
    Person,
    Report,
    Finding,
    Sample,
    Alone,
}

impl<'a> Reading<'a> {
    /// The beginning of a message.
    pub(super) fn of(
        message: &Message<'_>,
        sender: &Sender,
        layout: Layout,
    ) -> Result<Self, MessageError> {
        let control_id = message.field("MSH", 10).line()?.unwrap_or_default();
        Ok(Self {
            layout,
            unnumbered: format!("{}\u{1f}{control_id}", sender.own("message")),
            order: None,
            sample: None,
            is_under_order: false,
            reports: Vec::new(),
            alone: Vec::new(),
            met: HashMap::new(),
            about: About::Person,
            lines: 0,
        })
    }
    pub(super) fn take(
        &mut self,
        segment: &Segment<'a>,
        sender: &Sender,
    ) -> Result<(), MessageError> {
        match segment.name() {
            "ORC" if self.layout == Layout::OrderFirst => self.order = Some(*segment),
            "OBR" => self.ordered(segment, sender)?,
            "OBX" => {
                self.count(segment)?;
                match self.is_under_order {
                    true => self.line(segment, sender)?,
                    false => self.line_alone(segment, sender)?,
                }
            }
            "SPM" => {
                self.count(segment)?;
                self.specimen(segment, sender)?;
            }
            "NTE" => self.comment(segment)?,
            _ => {}
        }
        Ok(())
    }
    fn ordered(&mut self, obr: &Segment<'a>, sender: &Sender) -> Result<(), MessageError> {
        if self.reports.len() >= ORDERS_MAX {
            return Err(too_many(obr, "orders", ORDERS_MAX));
        }
        let order = self.order.take();
        let mut report = report(obr, order.as_ref(), sender)?;
        report.identity = self.distinct(report.identity);
        if let Some(sample) = &self.sample {
            specimen::add(&mut report, sample.clone());
        }
        self.reports.push(report);
        self.is_under_order = true;
        self.about = About::Report;
        Ok(())
    }
    fn line(&mut self, obx: &Segment<'a>, sender: &Sender) -> Result<(), MessageError> {
        let report = self.reports.last_mut().ok_or_else(|| out_of_place(obx))?;
        let mut finding = observation::finding(obx, report, sender)?;
        finding.sample = report.samples.len().checked_sub(1);
        if let Some(document) = finding.document.take() {
            attach(&mut report.draft, document, obx);
            self.about = About::Report;
            return Ok(());
        }
        let identity = format!("{}\u{1f}{}", report.identity, finding.identity);
        finding.identity = self.distinct(identity);
        let report = self.reports.last_mut().ok_or_else(|| out_of_place(obx))?;
        report.findings.push(finding);
        self.about = About::Finding;
        Ok(())
    }
    /// A line before the first order is about the person, one behind a specimen that comes first about the specimen.
    fn line_alone(&mut self, obx: &Segment<'a>, sender: &Sender) -> Result<(), MessageError> {
        let nothing = Report {
            identity: String::new(),
            draft: Draft::default(),
            findings: Vec::new(),
            samples: Vec::new(),
        };
        let mut finding = observation::finding(obx, &nothing, sender)?;
        if finding.document.is_some() {
            return Err(MessageError::Sequence {
                at: obx.place(),
                expected: "a document that belongs to no order (OBR) is sent in a message about documents (MDM)",
            });
        }
        let Some(at) = finding.draft.elements.get("effectiveDateTime").cloned() else {
            return Err(MessageError::Missing {
                at: obx.field(14).place(),
                why: "a result that stands under no order (OBR) is known by its test and its time",
            });
        };
        if self.sample.is_none() {
            finding.draft.elements.shift_remove("category");
        }
        let sample = self
            .sample
            .as_ref()
            .map_or("", |sample| sample.identity.as_str());
        let identity = format!(
            "{}\u{1f}{sample}\u{1f}{at}\u{1f}{}",
            sender.own("observation"),
            finding.identity
        );
        finding.identity = self.distinct(identity);
        self.alone.push(Alone {
            finding,
            sample: self.sample.clone(),
        });
        self.about = About::Alone;
        Ok(())
    }
    fn specimen(&mut self, spm: &Segment<'a>, sender: &Sender) -> Result<(), MessageError> {
        if self.layout == Layout::SpecimenFirst {
            self.sample = Some(specimen::sample(spm, &self.unnumbered, sender)?);
            self.is_under_order = false;
            self.about = About::Person;
            return Ok(());
        }
        let report = self.reports.last_mut().ok_or_else(|| out_of_place(spm))?;
        specimen::take(spm, report, sender)?;
        self.about = About::Sample;
        Ok(())
    }
    fn count(&mut self, segment: &Segment<'_>) -> Result<(), MessageError> {
        self.lines += 1;
        if self.lines > RESULTS_MAX {
            return Err(too_many(segment, "results and specimens", RESULTS_MAX));
        }
        Ok(())
    }
    /// The identity itself the first time, with a number behind it each further time in this message.
    fn distinct(&mut self, identity: String) -> String {
        let met = self.met.entry(identity.clone()).or_default();
        *met += 1;
        match *met {
            1 => identity,
            again => format!("{identity}\u{1f}#{again}"),
        }
    }
    fn comment(&mut self, segment: &Segment<'_>) -> Result<(), MessageError> {
        let Some(note) = datatype::comment(segment)? else {
            return Ok(());
        };
        let about = self.about;
        if let (About::Alone, Some(alone)) = (about, self.alone.last_mut()) {
            append(
                &mut alone.finding.draft,
                "note",
                note,
                segment.field(3).place(),
            );
            return Ok(());
        }
        let Some(report) = self.reports.last_mut() else {
            return Ok(());
        };
        let (draft, element, note) = match about {
            About::Person | About::Alone => return Ok(()),
            About::Report => (
                Some(&mut report.draft),
                "extension",
                json!({"url": NOTE, "valueAnnotation": note}),
            ),
            About::Finding => (
                report.findings.last_mut().map(|finding| &mut finding.draft),
                "note",
                note,
            ),
            About::Sample => (
                report.samples.last_mut().map(|sample| &mut sample.draft),
                "note",
                note,
            ),
        };
        if let Some(draft) = draft {
            append(draft, element, note, segment.field(3).place());
        }
        Ok(())
    }
}

fn append(draft: &mut Draft, element: &'static str, item: Json, from: Place) {
    match draft.elements.get_mut(element).and_then(Json::as_array_mut) {
        Some(items) => items.push(item),
        None => draft.put(element, json!([item]), from),
    }
}

/// A document (OBX of type ED or RP) is a form in which the report is presented, not an observation.
fn attach(draft: &mut Draft, document: Json, segment: &Segment<'_>) {
    append(draft, "presentedForm", document, segment.field(5).place());
}

fn too_many(segment: &Segment<'_>, of: &'static str, max: usize) -> MessageError {
    MessageError::ValueTooLong {
        at: segment.place(),
        of,
        max,
    }
}

fn out_of_place(segment: &Segment<'_>) -> MessageError {
    MessageError::Sequence {
        at: segment.place(),
        expected: "results and specimens follow the OBR of the order they belong to",
    }
}
