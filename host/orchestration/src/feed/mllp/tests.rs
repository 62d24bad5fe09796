//! Frames on a stream, one row each, and any split of the stream.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it is wrong"
)]

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

use super::{Decoder, Event, framed};

const BYTES_MAX: usize = 40;

/// Every event of a stream that comes in these packets, then what is left inside.
fn events(packets: &[&[u8]]) -> (Vec<Event>, bool, usize) {
    let mut decoder = Decoder::new(BYTES_MAX);
    let mut found = Vec::new();
    for packet in packets {
        let mut rest = *packet;
        while !rest.is_empty() {
            let (taken, event) = decoder.take(rest);
            assert!(taken > 0 || event.is_some(), "it goes on");
            rest = &rest[taken..];
            found.extend(event);
        }
    }
    (found, decoder.is_inside(), decoder.stray_bytes())
}

fn check(table: &[(&[u8], &str)]) {
    for (stream, expected) in table {
        let (found, inside, stray) = events(&[stream]);
        let mut words: Vec<String> = found
            .iter()
            .map(|event| {
                let (name, bytes) = match event {
                    Event::Message(bytes) => ("message", bytes),
                    Event::Unfinished(bytes) => ("unfinished", bytes),
                    Event::TooLong(bytes) => ("too long", bytes),
                };
                format!("{name} {}", String::from_utf8_lossy(bytes).escape_debug())
            })
            .collect();
        words.extend(inside.then(|| "inside".to_owned()));
        words.extend((stray > 0).then(|| format!("{stray} stray")));
        assert_eq!(words.join(", "), *expected, "{stream:?}");
    }
}

#[test]
fn frames_on_a_stream() {
    check(&[
        (b"\x0bA\x1c\r", "message A"),
        (b"\x0bA\x1c\r\x0bB\x1c\r", "message A, message B"),
        (b"hello\x0bA\x1c\r\n\n", "message A, 2 stray"),
        (b"\x0b\x1c\r", "message "),
        (b"\x0bA", "inside"),
        (b"\x0bA\x1c", "inside"),
        (b"\x0bA\x1cB\x1c\r", "message A\\u{1c}B"),
        (b"\x0bA\x1c\x1c\r", "message A\\u{1c}"),
        (b"\x0bA\x0bB\x1c\r", "unfinished A, message B"),
        (b"\x0bA\x1c\x0bB\x1c\r", "unfinished A, message B"),
        (
            b"\x0b0123456789012345678901234567890123456789\x1c\r",
            "message 0123456789012345678901234567890123456789",
        ),
        (
            b"\x0b01234567890123456789012345678901234567890\x1c\r\x0bB\x1c\r",
            "too long 0123456789012345678901234567890123456789",
        ),
        (b"", ""),
    ]);
}

#[test]
fn what_is_framed_comes_back() {
    let (found, inside, _) = events(&[&framed(b"MSH|")]);
    assert_eq!(
        (found, inside),
        (vec![Event::Message(b"MSH|".to_vec())], false)
    );
}

#[test]
fn a_frame_that_will_not_end_is_given_up_with_what_there_is() {
    let mut decoder = Decoder::new(BYTES_MAX);
    decoder.take(b"\x0bMSH|half");
    assert_eq!(decoder.cut(), b"MSH|half");
    assert!(!decoder.is_inside());
    assert_eq!(
        decoder
            .take(b"\x0bA\x1c\r")
            .1
            .unwrap_or_else(|| panic!("no message")),
        Event::Message(b"A".to_vec())
    );
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => Just(super::START), 3 => Just(super::END), 3 => Just(super::RETURN), 5 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..200)
}

proptest! {
    #[test]
    fn any_split_gives_the_same_events(stream in stream(), mut cuts in prop::collection::vec(0_usize..200, 0..12)) {
        cuts.retain(|cut| *cut <= stream.len());
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let packets: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        assert_eq!(events(&packets), events(&[&stream]));
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(events(&single), events(&[&stream]));
    }

    #[test]
    fn framed_messages_all_come_back(messages in prop::collection::vec(prop::collection::vec(0x20_u8..0x7F, 0..BYTES_MAX), 0..8)) {
        let stream: Vec<u8> = messages.iter().flat_map(|message| framed(message)).collect();
        let found = events(&[&stream]).0;
        let expected: Vec<Event> = messages.into_iter().map(Event::Message).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn no_more_is_held_than_one_message(stream in stream()) {
        let mut decoder = Decoder::new(BYTES_MAX);
        let mut rest = stream.as_slice();
        while !rest.is_empty() {
            let (taken, _) = decoder.take(rest);
            rest = &rest[taken..];
            assert!(decoder.frame.len() <= BYTES_MAX + 1);
        }
        let _: usize = decoder.take(b"x").0.checked_sub(1).unwrap();
    }
}
