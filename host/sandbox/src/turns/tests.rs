//! Who gets a turn, told as stories of who asks in which order.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use super::{Asked, Bounds, NoTurn, Turn, Turns, Waits, Whose};
use crate::budget::Weight;
use tokio::sync::oneshot;

/// Four turns, three of a departmental, two of these at a site, one of a heavy one; three may wait, two of these for one departmental at a
/// site, for an hour.
fn turns() -> Turns {
    Turns::new(Bounds {
        calls: 4,
        departmental: 3,
        post: 2,
        heavy: 1,
        waiting: 3,
        post_waiting: 2,
        wait: Duration::from_secs(3_600),
    })
}

/// `pathology@RXR` as who asks.
fn whose(written: &str) -> Whose {
    let (departmental, site) = written.split_once('@').unwrap();
    Whose {
        departmental: departmental.into(),
        site: site.into(),
    }
}

fn given(turns: &Turns, who: &str) -> Turn {
    match turns.ask(&whose(who), Weight::Light).unwrap() {
        Asked::Given(turn) => turn,
        Asked::Waits(..) => unreachable!("{who} has to wait"),
    }
}

fn waiting(turns: &Turns, who: &str) -> (Waits, oneshot::Receiver<Turn>) {
    match turns.ask(&whose(who), Weight::Light).unwrap() {
        Asked::Given(_) => unreachable!("{who} does not have to wait"),
        Asked::Waits(waits, given) => (waits, given),
    }
}

#[test]
fn a_flood_leaves_turns_to_others() {
    let turns = turns();
    let held = [
        given(&turns, "flood@RXR"),
        given(&turns, "flood@RXR"),
        given(&turns, "flood@RXN"),
    ];
    let more = [waiting(&turns, "flood@RXR"), waiting(&turns, "flood@RTX")];
    let other = given(&turns, "pathology@RXR");
    drop((other, more, held));
    let state = turns.lock();
    assert_eq!((state.running, state.waiting), (0, 0));
    assert!(state.by_post.is_empty() && state.by_departmental.is_empty());
}

#[test]
fn who_holds_fewest_turns_is_next() {
    let turns = turns();
    let first = given(&turns, "a@RXR");
    let held = [
        given(&turns, "a@RXN"),
        given(&turns, "b@RXR"),
        given(&turns, "c@RXR"),
    ];
    let (_again, mut again) = waiting(&turns, "a@RXR");
    let (_second, mut second) = waiting(&turns, "b@RXN");
    let (_new, mut new) = waiting(&turns, "d@RXR");
    drop(first);
    let turn = new.try_recv().unwrap();
    assert!(again.try_recv().is_err() && second.try_recv().is_err());
    // a and b hold one each: the one that waits longer is next.
    drop(turn);
    let turn = again.try_recv().unwrap();
    assert!(second.try_recv().is_err());
    drop(turn);
    drop(second.try_recv().unwrap());
    drop(held);
    let state = turns.lock();
    assert_eq!((state.running, state.waiting), (0, 0));
}

#[test]
fn heavy_calls_leave_turns_to_the_others() {
    let turns = turns();
    let heavy = |who: &str| turns.ask(&whose(who), Weight::Heavy).unwrap();
    let Asked::Given(held) = heavy("a@RXR") else {
        unreachable!("nobody else is there");
    };
    let Asked::Waits(_waits, mut waited) = heavy("b@RXR") else {
        unreachable!("one heavy call goes on already");
    };
    // There are turns, and others get them.
    drop(given(&turns, "c@RXR"));
    assert!(waited.try_recv().is_err());
    drop(held);
    drop(waited.try_recv().unwrap());
    let state = turns.lock();
    assert_eq!((state.running, state.heavy, state.waiting), (0, 0, 0));
}

#[test]
fn those_who_wait_are_bounded() {
    let turns = turns();
    let held = ["a@RXR", "a@RXR", "b@RXR", "b@RXR"].map(|who| given(&turns, who));
    let queue = ["a@RXR", "a@RXR"].map(|who| waiting(&turns, who));
    assert!(matches!(
        turns.ask(&whose("a@RXR"), Weight::Light),
        Err(NoTurn::PostFull)
    ));
    let last = waiting(&turns, "c@RXR");
    assert!(matches!(
        turns.ask(&whose("d@RXR"), Weight::Light),
        Err(NoTurn::Full)
    ));
    // Whoever leaves makes room.
    drop(last);
    let last = waiting(&turns, "d@RXR");
    drop((queue, last, held));
    let state = turns.lock();
    assert_eq!((state.running, state.waiting), (0, 0));
}

#[test]
fn a_turn_for_who_has_left_goes_to_the_next() {
    let turns = turns();
    let mut held: Vec<Turn> = ["a@RXR", "a@RXR", "b@RXR", "b@RXR"]
        .map(|who| given(&turns, who))
        .into();
    let (gone, gone_given) = waiting(&turns, "c@RXR");
    let (_stays, mut stays) = waiting(&turns, "d@RXR");
    // It is in the queue still, but nobody listens.
    drop(gone_given);
    held.pop();
    let turn = stays.try_recv().unwrap();
    drop((gone, turn, held));
    let state = turns.lock();
    assert_eq!((state.running, state.waiting), (0, 0));
}

#[tokio::test]
async fn a_wait_ends_with_a_turn_or_without() {
    let bounds = Bounds {
        calls: 1,
        wait: Duration::from_millis(20),
        ..Bounds::default()
    };
    let turns = Turns::new(bounds);
    let turn = turns.take(&whose("a@RXR"), Weight::Light).await.unwrap();
    assert_eq!(turn.waited, Duration::ZERO);
    let late = turns
        .take(&whose("b@RXR"), Weight::Light)
        .await
        .unwrap_err();
    assert_eq!(late, NoTurn::Waited(20));
    let mut next = Box::pin({
        let turns = turns.clone();
        async move { turns.take(&whose("b@RXR"), Weight::Light).await }
    });
    tokio::select! {
        biased;
        _ = &mut next => unreachable!("there is no turn yet"),
        () = std::future::ready(()) => drop(turn),
    }
    let turn = next.await.unwrap();
    assert!(turn.waited > Duration::ZERO);
    drop(turn);
    let state = turns.lock();
    assert_eq!((state.running, state.waiting), (0, 0));
}
