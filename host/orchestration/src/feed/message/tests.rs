//! Messages cut and read, one row each; and whatever bytes come, no panic.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

use std::fmt::Write as _;

use proptest::prelude::{ProptestConfig, any, prop, proptest};

use super::charset::{self, CharacterSet};
use super::delimiters::Delimiters;
use super::error::MessageError;
use super::place::Place;
use super::{Message, Segment, Value};
use crate::feed::codes::Codes;
use crate::feed::sender::Sender;
use crate::plan;

fn sender() -> Sender {
    Sender {
        site: "RXR".to_owned(),
        application: "LIS".to_owned(),
        facility: "LAB".to_owned(),
        codes: Codes::current(),
    }
}

/// Rows: what to read, a bar, what it says. `~` is not a separator of rows.
fn check(bytes: &[u8], table: &str) {
    let (text, set) = charset::decode(bytes).unwrap();
    let message = Message::parse(&text, set).unwrap();
    for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let (path, expected) = row
            .split_once(" =>")
            .unwrap_or_else(|| panic!("no answer in {row}"));
        let value = at(&message, path.trim());
        let found = value
            .text()
            .map_or_else(|error| error.to_string(), |text| text.replace('\n', "⏎"));
        assert_eq!(found, expected.trim(), "{row}");
        assert_eq!(
            value.place().to_string(),
            path.trim(),
            "a value knows its place"
        );
        let again: Place = path.trim().parse().unwrap();
        assert_eq!(again.to_string(), path.trim(), "a place can be read again");
    }
}

/// Reads `PID[2]-3[2].4.1` off a message.
fn at<'a>(message: &Message<'a>, path: &str) -> Value<'a> {
    let (segment, rest) = path.split_once('-').unwrap();
    let (name, occurrence) = indexed(segment);
    let mut parts = rest.split('.');
    let (field, repetition) = indexed(parts.next().unwrap());
    let numbered: Vec<&Segment<'a>> = message
        .segments()
        .iter()
        .filter(|one| one.name() == name)
        .collect();
    let mut value = numbered[occurrence - 1].field(field.parse().unwrap());
    if rest.contains('[') {
        value = value.repetitions().unwrap()[repetition - 1];
    }
    if let Some(component) = parts.next() {
        value = value.component(component.parse().unwrap());
    }
    if let Some(subcomponent) = parts.next() {
        value = value.subcomponent(subcomponent.parse().unwrap());
    }
    value
}

fn indexed(text: &str) -> (&str, usize) {
    match text.trim_end_matches(']').split_once('[') {
        Some((name, index)) => (name, index.parse().unwrap()),
        None => (text, 1),
    }
}

#[test]
fn values_by_place() {
    check(
        b"MSH|^~\\&|LIS|LAB^1.2.3^ISO|||20260101||ORU^R01^ORU_R01|1|P|2.4\r\nPID|1||A^^^PAS&1.2.3&ISO^PI~B^^^NHS^NH\n\
          OBX|1|ST\rOBX|2|TX||x|one~two\r\r\n",
        "
        MSH-1          => |
        MSH-2          => ^~\\&
        MSH-3          => LIS
        MSH-4.2        => 1.2.3
        MSH-9.3        => ORU_R01
        MSH-12         => 2.4
        MSH-30         =>
        PID-3.1        => A
        PID-3[2].1     => B
        PID-3[2].5     => NH
        PID-3.4.2      => 1.2.3
        PID-3.4.9      =>
        OBX[2]-2       => TX
        OBX[2]-5[2]    => two
    ",
    );
}

#[test]
fn escapes_are_written_out_after_the_cut() {
    check(
        b"MSH|^~\\&|A|B|||1||ORU^R01|1|P|2.4\r\
          NTE|1|x|\\F\\ \\S\\ \\T\\ \\R\\ \\E\\|a\\.br\\b|\\H\\bold\\N\\|\\X41C3A9\\|\\Zsender\\|C:\\temp|\\.sp99\\x|\\X0D\\OBX\\F\\1|\\X|\\\\|\\.xx\\|\\.in+4\\y|\\P\\|\\X00\\|\\X4\\|\\XFF\\|\\C2842\\",
        "
        NTE-3  => | ^ & ~ \\
        NTE-4  => a⏎b
        NTE-5  => bold
        NTE-6  => Aé
        NTE-7  => \\Zsender\\
        NTE-8  => C:\\temp
        NTE-9  => ⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎x
        NTE-10 => ⏎OBX|1
        NTE-11 => \\X
        NTE-12 => \\\\
        NTE-13 => \\.xx\\
        NTE-14 => y
        NTE-15 => #
        NTE-16 => NTE-16 holds the control character 0x00; send line breaks as \\.br\\ and leave others out
        NTE-17 => NTE-17 has an escape sequence that cannot be read: \\X…\\ must hold whole bytes of a text in the set of MSH-18
        NTE-18 => NTE-18 has an escape sequence that cannot be read: \\X…\\ must hold whole bytes of a text in the set of MSH-18
        NTE-19 => NTE-19 has an escape sequence that cannot be read: it switches the character set; send the whole message in the set of MSH-18
    ",
    );
}

#[test]
fn a_sender_may_choose_its_delimiters() {
    check(
        b"MSH#*!?%#A#B###1##ORU*R01#1#P#2.4\rPID#1##A*x%y!B?F??S??T??R??E?^~\\&|",
        "
        PID-3.1    => A
        PID-3.2.2  => y
        PID-3[2]   => B#*%!?^~\\&|
    ",
    );
}

#[test]
fn character_sets_by_msh_18() {
    let named = |set: &str, name: &[u8]| {
        let mut bytes =
            format!("MSH|^~\\&|A|B|||1||ADT^A01|1|P|2.4||||||{set}\rPID|1||1||").into_bytes();
        bytes.extend_from_slice(name);
        bytes
    };
    let rows: [(&str, &[u8], &str); 25] = [
        ("8859/1", b"Jos\xE9", "José"),
        ("8859/1", b"O\x92Brien \x96 \x80", "O’Brien – €"),
        ("8859/2", b"\xA3ukasz", "Łukasz"),
        ("8859/3", b"\xA9ule", "İule"),
        ("8859/4", b"\xC7dolfs", "Įdolfs"),
        ("8859/5", b"\xB8\xD2\xD0\xDD", "Иван"),
        ("8859/6", b"\xC7", "ا"),
        ("8859/7", b"\xC3\xE9", "Γι"),
        ("8859/8", b"\xE0", "א"),
        ("8859/9", b"\xDEule", "Şule"),
        ("UNICODE", "Łukasz".as_bytes(), "Łukasz"),
        ("\"\"", "Łukasz".as_bytes(), "Łukasz"),
        (
            "8859/1",
            b"Jos\x81",
            "byte 59 of the message (0x81, in PID-5) is not 8859/1; MSH-18 must name the character set that is used",
        ),
        (
            "8859/15",
            b"O\x92Brien",
            "byte 58 of the message (0x92, in PID-5) is not 8859/15; MSH-18 must name the character set that is used",
        ),
        (
            "UNICODE UTF-16",
            b"x",
            "MSH-18 names the character set UNICODE UTF-16; send ASCII, UNICODE UTF-8, 8859/1 to 8859/9 or 8859/15",
        ),
        ("8859/1~UNICODE UTF-8", b"Jos\xE9", "José"),
        ("8859/15", b"\xA4", "€"),
        ("UNICODE UTF-8", "Łukasz".as_bytes(), "Łukasz"),
        ("", "Łukasz".as_bytes(), "Łukasz"),
        ("ASCII", b"Jose", "Jose"),
        (
            "ASCII",
            b"Jos\xE9",
            "byte 58 of the message (0xE9, in PID-5) is not ASCII; MSH-18 must name the character set that is used",
        ),
        (
            "",
            b"Jos\xE9",
            "byte 53 of the message (0xE9, in PID-5) is not UNICODE UTF-8; MSH-18 must name the character set that is used",
        ),
        (
            "UNICODE UTF-8",
            b"Jos\xE9",
            "byte 66 of the message (0xE9, in PID-5) is not UNICODE UTF-8; MSH-18 must name the character set that is used",
        ),
        (
            "ISO IR87",
            b"x",
            "MSH-18 names the character set ISO IR87; send ASCII, UNICODE UTF-8, 8859/1 to 8859/9 or 8859/15",
        ),
        (
            "KS\x00C 5601",
            b"x",
            "MSH-18 names the character set KS?C 5601; send ASCII, UNICODE UTF-8, 8859/1 to 8859/9 or 8859/15",
        ),
    ];
    for (set, name, expected) in rows {
        let bytes = named(set, name);
        let found = charset::decode(&bytes).and_then(|(text, set)| {
            let message = Message::parse(&text, set)?;
            Ok(message.field("PID", 5).text()?.into_owned())
        });
        assert_eq!(
            found.unwrap_or_else(|error| error.to_string()),
            expected,
            "{set}"
        );
    }
}

#[test]
fn what_is_no_message_says_so() {
    let long = format!(
        "MSH|^~\\&|A\r{}",
        "ZZZ\r".repeat(crate::limits::SEGMENTS_MAX)
    );
    let rows: [(&[u8], &str); 15] = [
        (
            b"MSH|^~\\&|A|||||||||||17\rPID|1",
            "MSH-14 says that this is a part of a message that goes on elsewhere; send the message whole, it may have 10485760 bytes",
        ),
        (
            b"MSH|^~\\&|A\rPID|1\rADD|rest",
            "ADD says that this is a part of a message that goes on elsewhere; send the message whole, it may have 10485760 bytes",
        ),
        (
            b"MSH|^~\\&|A\rPID|1\rDSC|17|F",
            "DSC-1 says that this is a part of a message that goes on elsewhere; send the message whole, it may have 10485760 bytes",
        ),
        (
            b"",
            "the message does not start with an MSH segment; send one HL7 v2 message, or one batch, in a frame",
        ),
        (
            b"GET / HTTP/1.1",
            "the message does not start with an MSH segment; send one HL7 v2 message, or one batch, in a frame",
        ),
        (
            b"BHS|^~\\&|",
            "the message does not start with an MSH segment; send one HL7 v2 message, or one batch, in a frame",
        ),
        (
            b"MSH",
            "the message does not start with an MSH segment; send one HL7 v2 message, or one batch, in a frame",
        ),
        (
            b"MSH|",
            "MSH-1 and MSH-2 must name different punctuation characters, as in |^~\\&: MSH-2 has one to five characters",
        ),
        (
            b"MSH|^~\\&#$|A",
            "MSH-1 and MSH-2 must name different punctuation characters, as in |^~\\&: MSH-2 has one to five characters",
        ),
        (
            b"MSH|^^\\&|A",
            "MSH-1 and MSH-2 must name different punctuation characters, as in |^~\\&: one of them is named twice",
        ),
        (
            b"MSHA^~\\&A",
            "MSH-1 and MSH-2 must name different punctuation characters, as in |^~\\&: one of them is not punctuation",
        ),
        (
            b"MSH|^~\\&|A\rPID|1\rsecond line of a comment|x",
            "segment 3 of the message does not begin with a segment name such as PID; a line break inside a value must be sent as \\.br\\",
        ),
        (
            b"MSH|^~\\&|A\rPID|1\rMSH|^~\\&|B",
            "segment 3 of the message is another MSH; send one message in a frame",
        ),
        (
            b"MSH|^~\\&|A\rPIDX|1",
            "segment 2 of the message does not begin with a segment name such as PID; a line break inside a value must be sent as \\.br\\",
        ),
        (
            long.as_bytes(),
            "the message has more than 20000 segments; send it in parts",
        ),
    ];
    for (bytes, expected) in rows {
        let found =
            charset::decode(bytes).and_then(|(text, set)| Message::parse(&text, set).map(|_| ()));
        assert_eq!(found.unwrap_err().to_string(), expected);
    }
    let huge = vec![b'A'; crate::limits::MESSAGE_BYTES_MAX + 1];
    assert!(matches!(
        charset::decode(&huge),
        Err(MessageError::TooLong { .. })
    ));
}

#[test]
fn empty_null_and_valued_are_three_things() {
    let text = "MSH|^~\\&|A\rPID||\"\"|^^|x|  |\"\"^\"\"";
    let message = Message::parse(text, CharacterSet::Utf8).unwrap();
    let mut found = String::new();
    for field in 1..=6 {
        let value = message.field("PID", field);
        write!(
            found,
            "{}{}{} ",
            u8::from(value.is_empty()),
            u8::from(value.is_null()),
            u8::from(value.is_valued())
        )
        .unwrap();
    }
    assert_eq!(found, "100 010 000 001 000 001 ");
}

#[test]
fn an_escape_bomb_is_refused() {
    let bomb = "\\.sp99\\".repeat(700_000);
    let text = format!("MSH|^~\\&|A\rNTE|1||{bomb}");
    let message = Message::parse(&text, CharacterSet::Utf8).unwrap();
    let refused = message.field("NTE", 3).text().unwrap_err();
    assert!(
        matches!(refused, MessageError::ValueTooLong { .. }),
        "{refused}"
    );
}

#[test]
fn a_value_that_was_cut_short_says_so() {
    let text = "MSH|^~\\&#|A\rPID|1||A12#^^^PAS|B\\P\\";
    let message = Message::parse(text, CharacterSet::Utf8).unwrap();
    let (number, whole) = (message.field("PID", 3), message.field("PID", 4));
    assert!(number.component(1).is_truncated());
    assert!(!whole.is_truncated());
    assert_eq!(whole.text().as_deref(), Ok("B#"));
    let refused = crate::feed::datatype::number(number, &sender(), "PI").unwrap_err();
    assert_eq!(refused.place().unwrap().to_string(), "PID-3");
}

#[test]
fn what_is_written_in_can_be_written_out_and_adds_no_segment() {
    let hostile = "a|b^c~d\\e&f\rPID|evil\n";
    let written = super::escape::write_in(hostile, &Delimiters::USUAL);
    assert_eq!(written, "a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f PID\\F\\evil ");
}

/// Reads everything that can be read of whatever bytes.
fn read_all(bytes: &[u8]) {
    if let Some(header) = crate::feed::header::Header::read(bytes) {
        let _ = (
            header.control_id(),
            header.kind(),
            header.version(),
            header.named(3),
        );
    }
    let Ok((text, set)) = charset::decode(bytes) else {
        return;
    };
    let Ok(message) = Message::parse(&text, set) else {
        return;
    };
    let _ = plan::plan(&message, &sender());
    for segment in message.segments().iter().take(50) {
        for field in 0..20 {
            let value = segment.field(field);
            let _ = (
                value.text().is_ok(),
                value.line().is_ok(),
                value.component(2).subcomponent(2).text().is_ok(),
            );
            let _ = value.lowered().component(1).line().is_ok();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
        let mut message = b"MSH|^~\\&|A|B|||1||ORU^R01|1|P|2.4\rPID|||1\rOBR|1|1|1|1\rOBX|1|".to_vec();
        message.extend_from_slice(&bytes);
        read_all(&message);
    }

    #[test]
    fn no_likely_text_makes_it_panic(
        kind in "(ORU\\^R01|ADT\\^A01|ADT\\^A08)",
        body in "((PID|PV1|OBR|OBX|NTE|SPM|ORC|PD1)(\\|[ -~é]{0,12}|\\||\\|NM|\\|F|\\|1|\\|\\\\X[0-9A-F]{0,4}\\\\|\\|20260[0-9]{0,9}){0,30}\r){0,12}",
    ) {
        read_all(format!("MSH|^~\\&|A|B|||1||{kind}|1|P|2.4\r{body}").as_bytes());
    }
}

/// The 72 messages of real senders, whole and cut anywhere.
#[test]
fn real_messages_are_read() {
    let Some(folder) = std::env::var_os("PALATINE_DATA") else {
        println!("left out: PALATINE_DATA is not set, so no real HL7 v2 messages were read");
        return;
    };
    let folder = std::path::Path::new(&folder).join("hl7v2");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let (text, set) =
            charset::decode(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Message::parse(&text, set).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for length in (0..bytes.len()).step_by(97) {
            read_all(&bytes[..length]);
        }
        count += 1;
    }
    assert!(count >= 72, "only {count} messages in {}", folder.display());
}
