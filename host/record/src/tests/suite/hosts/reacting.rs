//! Leases on both databases, and reactions that are taken over from a host that is gone.
//!
//! Invariant: however often a lease changes hands, an event has one effect.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{check_whole, host};
use crate::Record;
use crate::departmental::scripted::{Scripted, ScriptedLibrary};
use crate::departmental::tests::{Ward, create, manifest, observation, put, task};
use crate::departmental::{Answer, Call};
use crate::store::Wanted;
use crate::store::postgres::cluster::Cluster;
use crate::tests::suite::{on_both, runtime};

#[test]
fn leases_by_case() {
    on_both(|record, _| async move {
        let ask = async |holder: &str, for_ms: i64| {
            let wanted = Wanted {
                name: "work".to_owned(),
                holder: holder.to_owned(),
                for_ms,
                now_ms: record.now_ms(),
            };
            record.store().lease(wanted).await.unwrap()
        };
        let let_go = async |holder: &str| {
            let done = record.store().let_go("work".to_owned(), holder.to_owned());
            done.await.unwrap();
        };
        assert_eq!(ask("a", 60_000).await, Some(1));
        assert_eq!(ask("b", 60_000).await, None);
        assert_eq!(ask("a", 60_000).await, Some(1), "it is renewed");
        let_go("b").await;
        assert_eq!(ask("b", 60_000).await, None, "only its holder lets go");
        let_go("a").await;
        assert_eq!(ask("b", 60_000).await, Some(2));
        assert_eq!(ask("a", 60_000).await, None);
        assert_eq!(ask("b", -1).await, Some(2));
        assert_eq!(ask("a", 60_000).await, Some(3), "its time had passed");
        assert_eq!(ask("a", 60_000_000).await, Some(3));
        assert_eq!(
            ask("b", 60_000).await,
            Some(4),
            "no lease lasts so long: the clock was put back"
        );
    });
}

fn reacting() -> Value {
    let mut manifest = manifest("pathology", "1.0.0");
    manifest["reactions"] = json!([{ "type": "Observation", "on": ["create"], "where": "code=http://loinc.org|2160-0" }]);
    manifest
}

fn a_task(call: &Call) -> Answer {
    Answer::Proposal(create(task(call.patient.as_ref().unwrap().as_str())))
}

#[test]
fn reactions_are_taken_over_from_a_host_that_is_killed() {
    let cluster = Cluster::start().unwrap();
    let url = cluster.database().unwrap();
    let (killed, survivor) = (runtime(), runtime());
    let a = killed.block_on(host(&url, 0));
    let b = survivor.block_on(host(&url, 0));
    let (asked, heard) = std::sync::mpsc::channel();
    let stuck = Scripted::new(move |_, _, _| {
        let asked = asked.clone();
        Box::pin(async move {
            asked.send(()).unwrap();
            std::future::pending().await
        })
    });
    let ward = killed.block_on(async {
        let ward = Ward::on(&a).await;
        ward.install(&reacting(), stuck).await;
        ward.write(vec![put(observation("c1", "p1", 1.0))]).await;
        ward
    });
    let reacting_at_a = a.clone();
    killed.spawn(async move { reacting_at_a.react(std::future::pending()).await });
    heard.recv().unwrap();
    let library = Arc::new(ScriptedLibrary::default());
    let well = Scripted::saying(|call, _| a_task(call));
    library.publish(&reacting(), well).unwrap();
    b.with_library(library);
    let there = Ward {
        record: b.clone(),
        ..ward
    };
    survivor.block_on(async {
        assert_eq!(
            b.react_once().await.unwrap(),
            0,
            "the other host is at work"
        );
        assert_eq!(there.count("Task").await, 0);
    });
    killed.shutdown_background();
    survivor.block_on(async {
        assert_eq!(b.react_once().await.unwrap(), 0, "its lease has not ended");
        expire(&b, &a).await;
        assert_eq!(b.react_once().await.unwrap(), 1);
        assert_eq!(b.react_once().await.unwrap(), 0);
        assert_eq!(there.count("Task").await, 1);
        check_whole(&b).await;
    });
}

/// As if the time of the other host's lease had passed.
async fn expire(record: &Record, gone: &Record) {
    let name = "reaction/RXR/pathology".to_owned();
    let done = record.store().let_go(name, gone.inner.host.clone());
    done.await.unwrap();
}
