//! Answers, one row for each header and verdict.

#![expect(clippy::panic, reason = "a test stops where it is wrong")]

use super::{Code, Condition, Verdict, answer};
use crate::feed::header::Header;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, charset};

const NOW_MS: i64 = 1_782_988_200_000;

fn refused() -> Verdict {
    Verdict {
        code: Code::Error,
        condition: Condition::TableValue,
        reason: "PID-8.1 is \"Q\" | not ^ taken\r\nMSA|AA|9".to_owned(),
        place: Some(Place::of("PID", 8)),
        accept: Code::Accept,
    }
}

/// The answers to a header, segments joined by a line break, messages by a blank line.
fn answered(header: &[u8], verdict: Verdict) -> String {
    let header = Header::read(header);
    let found = answer(header.as_ref(), verdict, NOW_MS);
    let texts: Vec<String> = found
        .answers
        .iter()
        .map(|bytes| {
            String::from_utf8_lossy(bytes)
                .trim_end()
                .replace('\r', "\n")
        })
        .collect();
    texts.join("\n\n")
}

fn without_own_id(answer: &str) -> String {
    answer
        .split('\n')
        .map(|line| {
            let mut fields: Vec<&str> = line.split('|').collect();
            if fields[0] == "MSH" && fields.len() > 9 {
                fields[9] = "…";
            }
            fields.join("|")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn answers_by_version_and_mode() {
    let head = |version: &str, rest: &str| {
        format!(
            "MSH|^~\\&|LIS^1.2^ISO|LAB|PAL|LSC|1||ORU^R01^ORU_R01|ID-7|P|{version}{rest}\rPID|1"
        )
    };
    let rows = [
        (
            head("2.4", ""),
            Verdict::filed(),
            "MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000+0000||ACK^R01^ACK|…|P|2.4\nMSA|AA|ID-7",
        ),
        (
            head("2.4", ""),
            refused(),
            "MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000+0000||ACK^R01^ACK|…|P|2.4\n\
             MSA|AE|ID-7|PID-8.1 is \"Q\" \\F\\ not \\S\\ taken  MSA\\F\\AA\\F\\9\n\
             ERR|PID^1^8^103&Table value not found&HL70357",
        ),
        (
            head("2.5.1", ""),
            refused(),
            "MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000+0000||ACK^R01^ACK|…|P|2.5.1\n\
             MSA|AE|ID-7|PID-8.1 is \"Q\" \\F\\ not \\S\\ taken  MSA\\F\\AA\\F\\9\n\
             ERR||PID^1^8^1|103^Table value not found^HL70357|E||||PID-8.1 is \"Q\" \\F\\ not \\S\\ taken  MSA\\F\\AA\\F\\9",
        ),
        (
            head("2.5.1", "|||AL|NE"),
            refused(),
            "MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000+0000||ACK^R01^ACK|…|P|2.5.1\nMSA|CA|ID-7",
        ),
        (
            head("2.5.1", "|||AL|AL"),
            Verdict::filed(),
            "MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000+0000||ACK^R01^ACK|…|P|2.5.1\nMSA|CA|ID-7\n\n\
             MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000+0000||ACK^R01^ACK|…|P|2.5.1\nMSA|AA|ID-7",
        ),
        (
            head("2.1", ""),
            refused(),
            "MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000||ACK|…|P|2.1\n\
             MSA|AE|ID-7|PID-8.1 is \"Q\" \\F\\ not \\S\\ taken  MSA\\F\\AA\\F\\9\n\
             ERR|PID^1^8^103",
        ),
        (
            head("2.8", ""),
            refused(),
            "MSH|^~\\&|PAL|LSC|LIS^1.2^ISO|LAB|20260702103000+0000||ACK^R01^ACK|…|P|2.8\n\
             MSA|AE|ID-7\n\
             ERR||PID^1^8^1|103^Table value not found^HL70357|E||||PID-8.1 is \"Q\" \\F\\ not \\S\\ taken  MSA\\F\\AA\\F\\9",
        ),
        (head("2.5.1", "|||NE|NE"), refused(), ""),
        (head("2.5.1", "|||ER|ER"), Verdict::filed(), ""),
    ];
    for (header, verdict, expected) in rows {
        assert_eq!(
            without_own_id(&answered(header.as_bytes(), verdict)),
            expected,
            "{header}"
        );
    }
}

#[test]
fn acknowledgements_by_condition() {
    let kept_and_not_filed = refused();
    let not_kept = Verdict {
        accept: Code::Error,
        ..refused()
    };
    // MSH-15, MSH-16, and the MSA-1 of the answers when the message is filed, kept but not filed, not kept.
    let rows = [
        ("", "", "AA", "AE", "AE"),
        ("\"\"", "\"\"", "AA", "AE", "AE"),
        ("AL", "", "CA", "CA", "CE"),
        ("AL", "NE", "CA", "CA", "CE"),
        ("AL", "AL", "CA AA", "CA AE", "CE"),
        ("AL", "ER", "CA", "CA AE", "CE"),
        ("AL", "SU", "CA AA", "CA", "CE"),
        ("NE", "AL", "AA", "AE", "AE"),
        ("", "AL", "AA", "AE", "AE"),
        ("ER", "AL", "AA", "AE", "CE"),
        ("ER", "ER", "", "AE", "CE"),
        ("SU", "SU", "CA AA", "CA", ""),
        ("SU", "ER", "CA", "CA AE", "AE"),
        ("NE", "NE", "", "", ""),
        ("XX", "NE", "CA", "CA", "CE"),
    ];
    for (accept, application, filed, kept, refused) in rows {
        let header = format!(
            "MSH|^~\\&|LIS|LAB|PAL|LSC|1||ORU^R01|ID-7|P|2.5|||{accept}|{application}\rPID|1"
        );
        let codes = |verdict: &Verdict| {
            let all = answered(header.as_bytes(), verdict.clone());
            let codes = all.lines().filter_map(|line| line.strip_prefix("MSA|"));
            codes.map(|rest| &rest[..2]).collect::<Vec<_>>().join(" ")
        };
        let found = (
            codes(&Verdict::filed()),
            codes(&kept_and_not_filed),
            codes(&not_kept),
        );
        let expected = (filed.to_owned(), kept.to_owned(), refused.to_owned());
        assert_eq!(found, expected, "{accept} {application}");
    }
}

#[test]
fn an_answer_uses_the_senders_delimiters_and_character_set() {
    let header = b"MSH#*!?%#LIS#LAB###1##ADT*A01#\xC9-1#P#2.4######8859/1\r";
    let read = Header::read(header);
    let mut verdict = refused();
    verdict.reason = "é # *".to_owned();
    let found = answer(read.as_ref(), verdict, NOW_MS);
    let (text, set) = charset::decode(&found.answers[0]).unwrap_or_else(|error| panic!("{error}"));
    let message = Message::parse(&text, set).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.control_id, "É-1");
    assert_eq!(message.field("MSA", 2).text().as_deref(), Ok("É-1"));
    assert_eq!(message.field("MSA", 3).text().as_deref(), Ok("é # *"));
    assert_eq!(
        message.field("ERR", 1).raw(),
        "PID*1*8*103%Table value not found%HL70357"
    );
    assert_eq!(message.segments().len(), 3);
}

#[test]
fn what_is_no_message_gets_an_answer_too() {
    let found = answered(b"GET / HTTP/1.1", refused());
    assert!(
        found.starts_with("MSH|^~\\&|PALATINE||||20260702103000+0000||ACK|"),
        "{found}"
    );
    assert!(found.contains("\nMSA|AE||PID-8.1"), "{found}");
    assert_eq!(found.lines().count(), 2, "{found}");
}

#[test]
fn a_repeat_gets_the_same_bytes() {
    let header = b"MSH|^~\\&|LIS|LAB|||1||ORU^R01|ID-7|P|2.4";
    assert_eq!(answered(header, refused()), answered(header, refused()));
    assert_ne!(
        answered(header, refused()),
        answered(header, Verdict::filed())
    );
}
