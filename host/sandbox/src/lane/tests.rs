//! Long calls take turns, and none of them holds the lane while it waits.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::Lanes;

/// Whether what is waited for is there after it was looked at often enough for every turn of the executor.
fn comes(waited: &mut (impl Future<Output = ()> + Unpin)) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    (0..4).any(|_| Pin::new(&mut *waited).poll(&mut context) == Poll::Ready(()))
}

#[tokio::test]
async fn long_calls_take_turns() {
    let lanes = Lanes::of(1);
    let (one, other) = (lanes.call(), lanes.call());
    one.after_the_others().await;
    let mut waits = Box::pin(other.after_the_others());
    assert!(!comes(&mut waits), "the lane is taken");
    let mut again = Box::pin(one.after_the_others());
    assert!(comes(&mut waits), "it was given up");
    assert!(!comes(&mut again), "and is taken by the other");
    drop((waits, other));
    assert!(comes(&mut again), "a call that ends gives its place up");
}

#[tokio::test]
async fn who_waits_for_the_host_holds_up_nobody() {
    let lanes = Lanes::of(1);
    let (one, other) = (lanes.call(), lanes.call());
    one.after_the_others().await;
    let (tell, told) = tokio::sync::oneshot::channel();
    let mut waits = Box::pin(async {
        assert_eq!(one.waiting(told).await, Ok("there"));
    });
    assert!(!comes(&mut waits));
    other.after_the_others().await;
    tell.send("there").unwrap();
    assert!(!comes(&mut waits), "the lane is the other's now");
    drop(other);
    assert!(comes(&mut waits));
}

#[tokio::test]
async fn a_short_call_never_queues() {
    let lanes = Lanes::of(1);
    let (long, short) = (lanes.call(), lanes.call());
    long.after_the_others().await;
    assert_eq!(short.waiting(async { 1 }).await, 1);
}
