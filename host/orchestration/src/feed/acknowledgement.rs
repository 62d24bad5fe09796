//! What a sender is told: acknowledgements in original and enhanced mode.
//!
//! Invariant: an answer carries the sender's own control id, uses the sender's delimiters and character set, and
//! nothing that stood in a message can add a segment to it.

use record::clock;
use sha2::{Digest, Sha256};

use crate::feed::header::Header;
use crate::feed::message::delimiters::Delimiters;
use crate::feed::message::escape;
use crate::feed::message::place::Place;
use crate::limits::REASON_CHARACTERS_MAX;

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

fn written(
    header: Option<&Header<'_>>,
    verdict: &Verdict,
    mode: Mode,
    code: Code,
    now_ms: i64,
) -> Vec<u8> {
    let Some(header) = header else {
        return plain(verdict, now_ms);
    };
    let Delimiters {
        field, component, ..
    } = header.delimiters;
    let text = |text: &str| header.set.encode(text);
    let mut out: Vec<u8> = Vec::with_capacity(512);
    let separator = u8::try_from(field).unwrap_or(b'|');
    out.extend_from_slice(b"MSH");
    out.push(separator);
    let kind = match header.raw(9).is_empty() {
        true => b"ACK".to_vec(),
        false => text(&acknowledged_kind(header, component)),
    };
    let own_id = own_id(header, mode, code);
    let moment = match header.version() < (2, 2) {
        true => moment(now_ms).trim_end_matches("+0000").to_owned(),
        false => moment(now_ms),
    };
    let (accept, application): (&[u8], &[u8]) = match mode {
        Mode::Application | Mode::Accept => (b"", b""),
        Mode::Later => (b"AL", b"NE"),
    };
    let parts: [&[u8]; 17] = [
        header.raw(2),
        header.raw(5),
        header.raw(6),
        header.raw(3),
        header.raw(4),
        moment.as_bytes(),
        b"",
        &kind,
        own_id.as_bytes(),
        header.raw(11),
        version(header),
        b"",
        b"",
        accept,
        application,
        b"",
        header.raw(18),
    ];
    out.extend_from_slice(&parts.join(&separator));
    while out.last() == Some(&separator) {
        out.pop();
    }
    out.extend_from_slice(b"\rMSA");
    out.push(separator);
    out.extend_from_slice(format!("{}{}", mode.letter(), code.letter()).as_bytes());
    out.push(separator);
    out.extend_from_slice(header.raw(10));
    if code != Code::Accept {
        let version = header.version();
        let reason_max = if version < (2, 2) {
            80
        } else {
            REASON_CHARACTERS_MAX
        };
        let reason: String = verdict.reason.chars().take(reason_max).collect();
        let reason = text(&escape::write_in(&reason, &header.delimiters));
        // From 2.7 on the reason stands in ERR alone.
        if version < (2, 7) {
            out.push(separator);
            out.extend_from_slice(&reason);
        }
        out.push(b'\r');
        out.extend_from_slice(&text(&error_segment(header, verdict)));
        if version >= (2, 5) {
            out.extend_from_slice(&reason);
        }
    }
    out.push(b'\r');
    out
}

fn version<'a>(header: &Header<'a>) -> &'a [u8] {
    match header.raw(12) {
        [] => b"2.4",
        named => named,
    }
}

/// `ACK`, with the event and structure where the message names them; 2.1 knows the type alone.
fn acknowledged_kind(header: &Header<'_>, component: char) -> String {
    if header.version() < (2, 2) {
        return "ACK".to_owned();
    }
    let event = escape::write_in(&header.text(9, 2), &header.delimiters);
    match (event.is_empty(), header.text(9, 3).is_empty()) {
        (true, _) => "ACK".to_owned(),
        (false, true) => format!("ACK{component}{event}"),
        (false, false) => format!("ACK{component}{event}{component}ACK"),
    }
}

/// ERR up to ERR-7 (from 2.5 on; the reason follows as ERR-8), or ERR-1 of older versions.
fn error_segment(header: &Header<'_>, verdict: &Verdict) -> String {
    let Delimiters {
        field,
        component,
        subcomponent,
        ..
    } = header.delimiters;
    let (code, words) = verdict.condition.code_and_words();
    let place = verdict.place;
    let number = |number: u16| {
        if number == 0 {
            String::new()
        } else {
            number.to_string()
        }
    };
    let segment = place
        .map(|place| place.segment().to_owned())
        .unwrap_or_default();
    let occurrence = place
        .map(|place| place.occurrence().to_string())
        .unwrap_or_default();
    let at = place.map(|place| number(place.field())).unwrap_or_default();
    if header.version() < (2, 5) {
        let inner = if subcomponent == '\0' {
            ' '
        } else {
            subcomponent
        };
        let place = format!("ERR{field}{segment}{component}{occurrence}{component}{at}{component}");
        // Before 2.3 a code has no words and no table.
        return match header.version() < (2, 3) {
            true => format!("{place}{code}"),
            false => format!("{place}{code}{inner}{words}{inner}HL70357"),
        };
    }
    let mut location = vec![segment, occurrence, at];
    location.push(
        place
            .map(|place| number(place.repetition().max(u16::from(place.field() > 0))))
            .unwrap_or_default(),
    );
    location.push(
        place
            .map(|place| number(place.component()))
            .unwrap_or_default(),
    );
    let location = location.join(&component.to_string());
    let location = location.trim_end_matches(component);
    format!(
        "ERR{field}{field}{location}{field}{code}{component}{words}{component}HL70357{field}E{field}{field}{field}{field}"
    )
}

/// The answer to something that is no message: there is nothing to repeat from it.
fn plain(verdict: &Verdict, now_ms: i64) -> Vec<u8> {
    let reason: String = verdict.reason.chars().take(REASON_CHARACTERS_MAX).collect();
    let reason = escape::write_in(&reason, &Delimiters::USUAL);
    let letter = verdict.code.letter();
    let moment = moment(now_ms);
    format!("MSH|^~\\&|PALATINE||||{moment}||ACK|{now_ms}|P|2.4\rMSA|A{letter}||{reason}\r")
        .into_bytes()
}

/// A control id of this host's: the same for the same answer to the same message.
fn own_id(header: &Header<'_>, mode: Mode, code: Code) -> String {
    let mut digest = Sha256::new();
    for number in [3, 4, 10] {
        digest.update(header.raw(number));
        digest.update([0]);
    }
    digest.update([mode.letter() as u8, code.letter() as u8]);
    let mut id = hex::encode(digest.finalize());
    id.truncate(20);
    id
}

/// A moment as HL7 writes it, in UTC.
fn moment(now_ms: i64) -> String {
    let text: String = clock::rfc3339(now_ms)
        .chars()
        .take(19)
        .filter(char::is_ascii_digit)
        .collect();
    format!("{text}+0000")
}

#[cfg(test)]
mod tests;
