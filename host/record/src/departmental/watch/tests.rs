//! What is counted, and that what is kept stays within its bounds.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use serde_json::json;

use super::{Figures, Post, Times, Watch, class, upper_us};
use crate::departmental::cost::{Answered, Cost};
use crate::departmental::{Answer, Failure, FailureKind};
use crate::enablement::Enablement;
use crate::limits::{STRIKES_MAX, WATCHED_MAX};
use crate::log::T;

const NOW_MS: i64 = 1_795_356_120_000;

fn post(departmental: &str) -> Post {
    Post {
        site: "RXR".parse().unwrap(),
        departmental: departmental.parse().unwrap(),
        digest: format!("sha256:{}", "0".repeat(64)).parse().unwrap(),
    }
}

fn failed(kind: FailureKind) -> Answer {
    Answer::Failed {
        kind,
        what: String::new(),
    }
}

#[test]
fn each_ending_is_counted_as_what_it_is() {
    let of = |count: fn(&mut Figures)| {
        let mut figures = Figures {
            calls: 1,
            ..Figures::default()
        };
        count(&mut figures);
        figures
    };
    for (answer, strikes, expected) in [
        (Answer::Screen(json!({})), false, of(|_| {})),
        (
            Answer::Refused(Failure::new("no", "")),
            false,
            of(|it| it.refused = 1),
        ),
        (failed(FailureKind::Trap), true, of(|it| it.traps = 1)),
        (failed(FailureKind::Timeout), true, of(|it| it.timeouts = 1)),
        (failed(FailureKind::Limit), true, of(|it| it.limits = 1)),
        (
            failed(FailureKind::Malformed),
            false,
            of(|it| it.malformed = 1),
        ),
        (
            failed(FailureKind::Busy),
            false,
            of(|it| it.turned_away = 1),
        ),
    ] {
        let mut figures = Figures::default();
        let is_strike = figures.count(&Answered::from(answer.clone()));
        assert_eq!((is_strike, figures), (strikes, expected), "{answer:?}");
    }
}

#[test]
fn costs_are_summed_or_the_largest_is_kept() {
    let watch = Watch::default();
    for (micros, cost) in [(10, 1_000), (20, 900)] {
        let cost = Cost {
            micros,
            waited_us: 5,
            memory_bytes: cost,
            host_calls: 3,
            read_bytes: cost,
            answer_bytes: cost,
            ..Cost::default()
        };
        let answer = Answer::Screen(json!({}));
        watch.answered(&post("a"), NOW_MS, &Answered { answer, cost });
    }
    let all = watch.all(NOW_MS);
    assert_eq!(all.len(), 1);
    let expected = Figures {
        calls: 2,
        p50_us: 5,
        p99_us: 15,
        waited_us_max: 5,
        memory_bytes_max: 1_000,
        answer_bytes_max: 1_000,
        host_calls: 6,
        read_bytes: 1_900,
        ..Figures::default()
    };
    assert_eq!(all[0].figures, expected);
}

#[test]
fn a_quantile_is_right_to_an_eighth() {
    let mut times = Times::default();
    assert_eq!(times.quantile_us(50), 0, "no answers");
    for us in 1..=10_000 {
        times.count(us);
    }
    for (of_hundred, exact) in [(1, 100), (50, 5_000), (99, 9_900), (100, 10_000)] {
        let found = times.quantile_us(of_hundred);
        assert!(
            (exact..=exact + exact / 8).contains(&found),
            "{of_hundred} of 100: {found} for {exact}"
        );
    }
    times.count(u64::MAX);
    assert_eq!(times.counted, 10_001, "however long it took");
}

#[test]
fn classes_follow_each_other_without_gaps() {
    for us in 0..100_000 {
        let class = class(us);
        assert!(us <= upper_us(class), "{us} above class {class}");
        if class > 0 {
            assert!(us > upper_us(class - 1), "{us} belongs below {class}");
        }
    }
}

#[test]
fn a_rest_is_of_one_post_and_ends_when_it_is_forgiven() {
    let watch = Watch::default();
    let trap = Answered::from(failed(FailureKind::Trap));
    for _ in 0..STRIKES_MAX {
        watch.answered(&post("bad"), NOW_MS, &trap);
    }
    assert!(watch.rests_until(&post("bad"), NOW_MS).is_some());
    assert_eq!(watch.rests_until(&post("other"), NOW_MS), None);
    let figures = &watch.all(NOW_MS)[0].figures;
    assert_eq!(
        (figures.calls, figures.turned_away),
        (u64::from(STRIKES_MAX) + 1, 1)
    );
    let decision = |site: &str, held_back: Option<&str>| Enablement {
        site: site.parse().unwrap(),
        departmental: post("bad").departmental,
        version: "1.0.0".to_owned(),
        digest: post("bad").digest,
        manifest_digest: String::new(),
        reads: Vec::new(),
        writes: Vec::new(),
        views: Vec::new(),
        hooks: Vec::new(),
        intake: Vec::new(),
        settings: json!({}),
        enabled: true,
        held_back: held_back.map(str::to_owned),
        since: T(1),
        by: "grace".to_owned(),
    };
    for (site, held_back, rests) in [
        ("RXN", None, true),
        ("RXR", Some("it failed"), true),
        ("RXR", None, false),
    ] {
        watch.decided(&decision(site, held_back));
        let found = watch.rests_until(&post("bad"), NOW_MS).is_some();
        assert_eq!(found, rests, "{site} {held_back:?}");
    }
}

#[test]
fn who_was_not_asked_for_longest_gives_way() {
    let watch = Watch::default();
    let answer = Answered::from(Answer::Screen(json!({})));
    let ask = |departmental: &str| {
        watch.answered(&post(departmental), NOW_MS, &answer);
    };
    for number in 0..WATCHED_MAX {
        ask(&format!("d{number}"));
    }
    ask("d0");
    ask("one-more");
    let all = watch.all(NOW_MS);
    assert_eq!(all.len(), WATCHED_MAX);
    let watched = |wanted: &str| all.iter().any(|it| it.post.departmental.as_str() == wanted);
    assert!(watched("d0") && watched("one-more") && !watched("d1"));
}
