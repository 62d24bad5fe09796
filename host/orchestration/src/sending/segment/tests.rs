//! What is written is read back equal, whatever stands in it.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use proptest::prelude::{Just, ProptestConfig, Strategy, prop, prop_oneof, proptest};

use super::{Field, Segment, written};
use crate::feed::message::charset::CharacterSet;
use crate::feed::message::delimiters::Delimiters;
use crate::feed::message::{Message, Value};

const ODD: Delimiters = Delimiters {
    field: '#',
    component: '*',
    repetition: '!',
    escape: '?',
    subcomponent: '%',
    truncation: '$',
};

/// A value that holds something: delimiters, escapes, lines and letters in any order.
fn value() -> impl Strategy<Value = String> {
    "[|^~\\\\&#*!?%$a-zé€\n .X0-9]{0,8}[a-z]"
}

fn field() -> impl Strategy<Value = Field> {
    let component = prop::collection::vec(value(), 1..3);
    let repetition = prop::collection::vec(component, 1..4);
    prop::collection::vec(repetition, 1..3).prop_map(Field)
}

/// A field as it is read: every repetition, component and subcomponent with its escapes written out.
fn read(value: Value<'_>) -> Field {
    let repetitions = value.repetitions().unwrap();
    let parts = |value: &Value<'_>, part: fn(&Value<'_>, u16) -> String| -> Vec<String> {
        let mut all: Vec<String> = (1..=6).map(|number| part(value, number)).collect();
        while all.last().is_some_and(String::is_empty) {
            all.pop();
        }
        all
    };
    Field(
        repetitions
            .iter()
            .map(|repetition| {
                (1..=6)
                    .map(|number| repetition.component(number))
                    .map(|component| {
                        parts(&component, |it, number| {
                            it.subcomponent(number).text().unwrap().into_owned()
                        })
                    })
                    .take_while(|component| !component.is_empty())
                    .collect()
            })
            .collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_is_read_back(
        fields in prop::collection::vec(field(), 1..30),
        delimiters in prop_oneof![Just(Delimiters::USUAL), Just(ODD)],
    ) {
        let mut header = Segment::new("MSH");
        header.put(3, Field::one("A"));
        let mut segment = Segment::new("ZZZ");
        for (number, field) in (1..).zip(&fields) {
            segment.put(number, field.clone());
        }
        let text = written(&[header, segment.clone(), segment], &delimiters);
        let message = Message::parse(&text, CharacterSet::Utf8).unwrap();
        assert_eq!(message.segments().len(), 3, "{text}");
        for (number, field) in (1..).zip(&fields) {
            assert_eq!(&read(message.segments()[2].field(number)), field, "{text}");
        }
    }

    #[test]
    fn what_was_cut_is_put_together_again(text in "MSH\\|\\^~\\\\&\\|A(\rZ[A-Z][0-9](\\|[ -{}~é]{0,20}){0,40}){0,9}") {
        let message = Message::parse(&text, CharacterSet::Utf8).unwrap();
        let lines: Vec<&str> = message.segments().iter().map(|it| it.raw()).collect();
        assert_eq!(lines.join("\r"), text);
        for segment in &message.segments()[1..] {
            let count = segment.raw().split('|').count();
            let fields: Vec<&str> = (1..count)
                .map(|number| segment.field(u16::try_from(number).unwrap()).raw())
                .collect();
            let again = [vec![segment.name()], fields].concat().join("|");
            assert_eq!(again, segment.raw());
        }
    }
}
