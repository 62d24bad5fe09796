//! The conditions written a second time as a list of yes and no, and compared on random results.

use super::{Change, VerifyInput, autoverify};
use crate::delta::Delta;
use crate::flag::Ends;
use crate::random::Random;
use crate::westgard::{Action, Judged, Rule};
use sdk::decimal::Decimal;

/// Whole numbers stand for everything; -1 for what is not known.
struct Drawn {
    qc: i64,
    flags: i64,
    value: i64,
    release: (i64, i64),
    critical: (i64, i64),
    delta: i64,
    hil: i64,
    age: i64,
    allowed: i64,
    signed: i64,
}

/// 1 for each condition that does not hold, in the order of the rule's own text.
fn failed(it: &Drawn) -> [bool; 8] {
    let known = |end: i64| end >= 0;
    let outside = it.value < it.release.0 || it.value > it.release.1;
    let low = known(it.critical.0) && it.value < it.critical.0;
    let high = known(it.critical.1) && it.value > it.critical.1;
    [
        // 0 passed, 1 warned, 2 rejected.
        !(it.qc == 0 || it.qc == 1),
        it.flags != 0,
        !known(it.value) || !known(it.release.0) || !known(it.release.1) || outside,
        !known(it.value) || low || high,
        // 0 below, 1 first and let through, 2 above, 3 first and held, 4 not comparable.
        it.delta > 1,
        it.hil != 0,
        !known(it.age) || !known(it.allowed) || it.age > it.allowed,
        it.signed != 1,
    ]
}

fn decimal(value: i64) -> Option<Decimal> {
    u32::try_from(value).ok().map(Decimal::from)
}

fn drawn(random: &mut Random) -> Drawn {
    // Mostly well, so that results with nothing wrong and with one thing wrong both come often.
    let mut mostly = |good: i64, low: i64, high: i64| match random.below(8) {
        0 => random.between(low, high),
        _ => good,
    };
    Drawn {
        qc: mostly(0, -1, 2),
        flags: mostly(0, -1, 2),
        value: mostly(50, -1, 100),
        release: (mostly(40, -1, 60), mostly(60, -1, 60)),
        critical: (mostly(30, -1, 60), mostly(70, -1, 70)),
        delta: mostly(0, 0, 4),
        hil: mostly(0, -1, 1),
        age: mostly(100, -1, 500),
        allowed: mostly(480, -1, 500),
        signed: mostly(1, 0, 1),
    }
}

#[test]
fn two_implementations_agree_on_100_000_results() {
    let (mut random, mut released) = (Random::new(0x6a09_e667_f3bc_c909), 0);
    for n in 0..100_000 {
        let it = drawn(&mut random);
        let action = [None, Some(Action::Warn), Some(Action::Reject)];
        let judged = usize::try_from(it.qc).ok().map(|at| Judged {
            action: action[at],
            violated: action[at]
                .map(|action| (Rule::One3s, action))
                .into_iter()
                .collect(),
        });
        let list = |many: i64| {
            usize::try_from(many)
                .ok()
                .map(|many| vec!["x".to_owned(); many])
        };
        let (flags, hil) = (list(it.flags), list(it.hil));
        let verified = autoverify(&VerifyInput {
            quality_control: judged.as_ref(),
            analyser_flags: flags.as_deref(),
            value: decimal(it.value),
            release: Some(Ends {
                low: decimal(it.release.0),
                high: decimal(it.release.1),
            }),
            critical: Some(Ends {
                low: decimal(it.critical.0),
                high: decimal(it.critical.1),
            }),
            change: match it.delta {
                0 | 2 => Change::Compared(Delta {
                    change_percent: Decimal::ZERO,
                    rcv_percent: 1.0,
                    is_below: it.delta == 0,
                }),
                1 | 3 => Change::First {
                    is_let_through: it.delta == 1,
                },
                _ => Change::NotComparable("x"),
            },
            interference: hil.as_deref(),
            specimen_minutes: Some(it.age).filter(|age| *age >= 0),
            specimen_minutes_max: Some(it.allowed).filter(|allowed| *allowed >= 0),
            is_signed: it.signed == 1,
        });
        let found: Vec<bool> = verified.0.iter().map(|it| it.why_not.is_some()).collect();
        assert_eq!(found, failed(&it), "result {n}");
        assert_eq!(
            verified.is_released(),
            failed(&it) == [false; 8],
            "result {n}"
        );
        released += u32::from(verified.is_released());
    }
    assert!((20_000..80_000).contains(&released), "{released}");
}
