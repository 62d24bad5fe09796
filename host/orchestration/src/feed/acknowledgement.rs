//! What a sender is told: acknowledgements in original and enhanced mode.
//!
//! Invariant: an answer carries the sender's own control id, uses the sender's delimiters and character set, and
//! nothing that stood in a message can add a segment to it.

mod segment;

use crate::feed::acknowledgement::segment::{own_id, written};
use crate::feed::header::Header;
use crate::feed::message::place::Place;

/// The three answers of HL7 (table 0008).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Filed.
    Accept,
    /// Not filed: something in the message, or in the record, prevents it.
    Error,
    /// Not filed: it should not have been sent here.
    Reject,
}

impl Code {
    fn letter(self) -> char {
        match self {
            Self::Accept => 'A',
            Self::Error => 'E',
            Self::Reject => 'R',
        }
    }
}

/// What is wrong (table 0357).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// 0.
    Accepted,
    /// 100.
    SegmentSequence,
    /// 101.
    FieldMissing,
    /// 102.
    DataType,
    /// 103.
    TableValue,
    /// 200.
    MessageType,
    /// 201.
    EventCode,
    /// 204.
    UnknownKey,
    /// 205.
    DuplicateKey,
    /// 207.
    Internal,
}

impl Condition {
    fn code_and_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Accepted => ("0", "Message accepted"),
            Self::SegmentSequence => ("100", "Segment sequence error"),
            Self::FieldMissing => ("101", "Required field missing"),
            Self::DataType => ("102", "Data type error"),
            Self::TableValue => ("103", "Table value not found"),
            Self::MessageType => ("200", "Unsupported message type"),
            Self::EventCode => ("201", "Unsupported event code"),
            Self::UnknownKey => ("204", "Unknown key identifier"),
            Self::DuplicateKey => ("205", "Duplicate key identifier"),
            Self::Internal => ("207", "Application internal error"),
        }
    }
}

/// Which acknowledgement an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Original mode, or the application's in enhanced mode.
    Application,
    /// The accept acknowledgement of enhanced mode.
    Accept,
    /// The application's, sent as a message of its own: it asks for an accept acknowledgement itself.
    Later,
}

impl Mode {
    fn letter(self) -> char {
        match self {
            Self::Application | Self::Later => 'A',
            Self::Accept => 'C',
        }
    }
}

/// What became of a message, for its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which answer.
    pub code: Code,
    /// What is wrong.
    pub condition: Condition,
    /// Why, and what to do. Empty for an acceptance.
    pub reason: String,
    /// The place at fault.
    pub place: Option<Place>,
    /// The accept acknowledgement of enhanced mode: a message that is kept safely is accepted, filed or not.
    pub accept: Code,
}

impl Verdict {
    /// The message is filed.
    #[must_use]
    pub fn filed() -> Self {
        Self {
            code: Code::Accept,
            condition: Condition::Accepted,
            reason: String::new(),
            place: None,
            accept: Code::Accept,
        }
    }
}

/// The answer to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// What became of the message.
    pub verdict: Verdict,
    /// MSH-10 of the message, empty where it has none.
    pub control_id: String,
    /// The messages to send back, in order; none where the sender asked for none.
    pub answers: Vec<Vec<u8>>,
    /// Whether the last of them is the application acknowledgement of enhanced mode.
    pub application: bool,
}

/// Writes the answer to a message at a moment: in original mode where MSH-15 and MSH-16 say nothing, else in enhanced
/// mode as each of them says.
#[must_use]
pub fn answer(header: Option<&Header<'_>>, verdict: Verdict, now_ms: i64) -> Acknowledgement {
    let mut modes = Vec::new();
    let conditions = header
        .map(|header| (header.text(15, 1), header.text(16, 1)))
        .filter(|(accept, application)| is_said(accept) || is_said(application));
    let is_enhanced = conditions.is_some();
    match conditions {
        Some((accept, application)) => {
            let accepts = wanted(&accept, verdict.accept);
            if accepts {
                modes.push((Mode::Accept, verdict.accept));
            }
            // What was not accepted was not given to any application, and its sender knows so already.
            let was_given = verdict.accept == Code::Accept || !accepts;
            if was_given && wanted(&application, verdict.code) {
                modes.push((Mode::Application, verdict.code));
            }
        }
        None => modes.push((Mode::Application, verdict.code)),
    }
    let application = is_enhanced
        && modes
            .last()
            .is_some_and(|(mode, _)| *mode == Mode::Application);
    let answers = modes
        .into_iter()
        .map(|(mode, code)| written(header, &verdict, mode, code, now_ms))
        .collect();
    Acknowledgement {
        control_id: header.map(Header::control_id).unwrap_or_default(),
        verdict,
        answers,
        application,
    }
}

/// The application acknowledgement as a message of its own, and its control id.
#[must_use]
pub fn later(header: &Header<'_>, verdict: &Verdict, now_ms: i64) -> (String, Vec<u8>) {
    let control_id = own_id(header, Mode::Later, verdict.code);
    let written = written(Some(header), verdict, Mode::Later, verdict.code, now_ms);
    (control_id, written)
}

/// Whether a field that asks for an acknowledgement says anything: `""` is no word of table 0155.
fn is_said(condition: &str) -> bool {
    !matches!(condition, "" | "\"\"")
}

/// Whether an answer is wanted under a condition of table 0155. A word that is none of it asks for something, so there is
/// an answer: silence would be taken for a lost message.
fn wanted(condition: &str, code: Code) -> bool {
    match condition {
        "" | "\"\"" | "NE" => false,
        "ER" => code != Code::Accept,
        "SU" => code == Code::Accept,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
