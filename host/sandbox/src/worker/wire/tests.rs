//! Every message there and back, and what is made of anything else.
#![expect(clippy::unwrap_used, reason = "tests")]

use record::departmental::cost::Cost;
use record::departmental::{Failure, FailureKind, Question};
use serde_json::json;

use super::{
    Begin, FromWorker, HEAD_BYTES, Said, Wanted, ask_frame, given_frame, read_ask, read_given,
};
use crate::budget::Budget;
use crate::contract::{Facts, Version};

/// A frame without its length, which has to be right.
fn body(frame: &[u8]) -> &[u8] {
    let (length, body) = frame.split_first_chunk::<HEAD_BYTES>().unwrap();
    assert_eq!(u32::from_le_bytes(*length) as usize, body.len());
    body
}

fn from_worker() -> Vec<FromWorker> {
    let cost = Cost {
        memory_bytes: 65_536,
        host_calls: 7,
        ..Cost::default()
    };
    let failure = Failure::new("weird", "wh\u{e4}t?");
    let failed = |kind| Said::Failed {
        kind,
        what: "so".into(),
    };
    let mut all = vec![
        FromWorker::Ready,
        FromWorker::Unfit("it lacks an export".into()),
        FromWorker::Wants(Wanted::Read("Patient/1".into())),
        FromWorker::Wants(Wanted::Search("Observation?code=1".into())),
        FromWorker::Wants(Wanted::Rows {
            view: "weights".into(),
            parameters: "{}".into(),
        }),
        FromWorker::Wants(Wanted::Pack(String::new())),
        FromWorker::Note {
            level: "error".into(),
            message: "half".into(),
        },
        FromWorker::Ended(Said::Document("{}".into()), cost),
        FromWorker::Ended(Said::Refused(failure), cost),
        FromWorker::Ended(Said::NotProvided, cost),
    ];
    all.extend(
        [
            FailureKind::Trap,
            FailureKind::Timeout,
            FailureKind::Limit,
            FailureKind::Malformed,
        ]
        .map(|kind| FromWorker::Ended(failed(kind), cost)),
    );
    all
}

#[test]
fn what_a_worker_says_arrives_as_it_was_said() {
    for said in from_worker() {
        assert_eq!(FromWorker::read(body(&said.frame())), Ok(said));
    }
}

#[test]
fn what_a_worker_is_told_arrives_as_it_was_told() {
    let budget = Budget::default();
    let begin = Begin::read(body(&Begin::frame(&budget, Version::V0_1, b"code"))).unwrap();
    let expected = Begin {
        budget,
        version: Version::V0_1,
        code: b"code".to_vec(),
    };
    assert_eq!(begin, expected);
    let facts = Facts {
        site: "RXR".into(),
        patient: Some("Patient/a".into()),
        encounter: None,
        role: "clinician".into(),
        now: "2026-11-22T12:00:00Z".into(),
        settings: "{}".into(),
    };
    for question in [
        Question::Open {
            screen: "any".into(),
            parameters: json!({ "weight": 71.50 }),
        },
        Question::Submit {
            screen: "any".into(),
            action: "sign".into(),
            form: json!({ "form": 1 }),
        },
        Question::React {
            event: json!({ "event": 1 }),
        },
        Question::Advise {
            hook: "patient-view".into(),
            input: json!({ "hook": 1 }),
        },
        Question::Convert {
            format: "hl7v2:ORU^R30".into(),
            message: vec![0, 0xff, b'\r'],
        },
        Question::Convert {
            format: String::new(),
            message: Vec::new(),
        },
    ] {
        let read = read_ask(body(&ask_frame(&facts, &question))).unwrap();
        assert_eq!(read, (facts.clone(), question));
    }
    for given in [Ok("{}".to_owned()), Err(Failure::new("not-found", ""))] {
        assert_eq!(read_given(body(&given_frame(&given))), Ok(given));
    }
}

#[test]
fn anything_else_is_refused() {
    for said in from_worker() {
        let frame = said.frame();
        let body = body(&frame);
        for end in 0..body.len() {
            assert!(
                FromWorker::read(&body[..end]).is_err(),
                "{said:?} cut at {end}"
            );
        }
        let longer = [body, &[0, 0, 0, 0]].concat();
        assert!(FromWorker::read(&longer).is_err(), "{said:?} and more");
        let mut other = body.to_vec();
        other[0] = b'?';
        assert!(FromWorker::read(&other).is_err(), "{said:?} of another tag");
    }
    let endless = [b"u".as_slice(), &[255; 4], b"no"].concat();
    assert!(FromWorker::read(&endless).is_err());
    let no_text = [b"u".as_slice(), &[1, 0, 0, 0], &[0xff]].concat();
    assert!(FromWorker::read(&no_text).is_err());
}
