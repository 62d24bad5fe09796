//! The segments of an acknowledgement: MSH, MSA and ERR, as the sender's version has them.
//!
//! Invariant: what is repeated from a message is repeated byte for byte, and what is told in words is escaped.

use record::clock;
use sha2::{Digest, Sha256};

use crate::feed::acknowledgement::{Code, Mode, Verdict};
use crate::feed::header::Header;
use crate::feed::message::delimiters::Delimiters;
use crate::feed::message::escape;
use crate::limits::REASON_CHARACTERS_MAX;

/// A whole answer: MSH and MSA, and ERR where something is wrong.
pub(super) fn written(
    header: Option<&Header<'_>>,
    verdict: &Verdict,
    mode: Mode,
    code: Code,
    now_ms: i64,
) -> Vec<u8> {
    let Some(header) = header else {
        return plain(verdict, now_ms);
    };
    let separator = separator(header);
    let mut out = message_header(header, mode, code, now_ms);
    out.extend_from_slice(b"\rMSA");
    out.push(separator);
    out.extend_from_slice(format!("{}{}", mode.letter(), code.letter()).as_bytes());
    out.push(separator);
    out.extend_from_slice(header.raw(10));
    if code != Code::Accept {
        add_reason(&mut out, header, verdict);
    }
    out.push(b'\r');
    out
}

/// MSH, without the empty fields at its end.
fn message_header(header: &Header<'_>, mode: Mode, code: Code, now_ms: i64) -> Vec<u8> {
    let separator = separator(header);
    let mut out: Vec<u8> = Vec::with_capacity(512);
    out.extend_from_slice(b"MSH");
    out.push(separator);
    let kind = match header.raw(9).is_empty() {
        true => b"ACK".to_vec(),
        false => header.set.encode(&acknowledged_kind(header)),
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
    out
}

/// Why it was not filed: as MSA-3 before 2.7, and as ERR.
fn add_reason(out: &mut Vec<u8>, header: &Header<'_>, verdict: &Verdict) {
    let text = |text: &str| header.set.encode(text);
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
        out.push(separator(header));
        out.extend_from_slice(&reason);
    }
    out.push(b'\r');
    out.extend_from_slice(&text(&error_segment(header, verdict)));
    if version >= (2, 5) {
        out.extend_from_slice(&reason);
    }
}

fn separator(header: &Header<'_>) -> u8 {
    u8::try_from(header.delimiters.field).unwrap_or(b'|')
}

fn version<'a>(header: &Header<'a>) -> &'a [u8] {
    match header.raw(12) {
        [] => b"2.4",
        named => named,
    }
}

/// `ACK`, with the event and structure where the message names them; 2.1 knows the type alone.
fn acknowledged_kind(header: &Header<'_>) -> String {
    let component = header.delimiters.component;
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
pub(super) fn own_id(header: &Header<'_>, mode: Mode, code: Code) -> String {
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
