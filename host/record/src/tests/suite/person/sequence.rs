//! Merges of merges, undone in any order.
//!
//! Invariant: once every merge is undone, what nobody touched is as it was, byte for byte, and what was written meanwhile is
//! in exactly one place.

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use fhir::resource::Key;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use super::{
    all, clinician, everything, ids, key, measured, merged, person, put, text_of, to, two_records,
    undo, whole_on_both, wish,
};
use crate::Record;
use crate::clock::Written;
use crate::log::At;
use crate::person::{PersonError, Settle, Side, Unmerge, Was};
use crate::store::Place;
use crate::tests::suite::{Ground, NOON_MS, commit, grounds, runtime};
use crate::verify::verify;

#[test]
fn two_merges_into_one_are_undone_in_either_order() {
    whole_on_both(|record, _| async move {
        two_records(&record).await;
        let before = all(&record).await;
        for first in [0, 1] {
            let one = merged(&record, "Patient/anne", "Patient/ben").await;
            let other = merged(&record, "Patient/ann", "Patient/ben").await;
            assert_eq!(
                everything(&record, "ben", At::Now).await,
                "ben c1 e1 o1 o2 o3 p1 q1"
            );
            let events = [&one.event, &other.event];
            for event in [events[first], events[1 - first]] {
                let parting = record.parting(&clinician(), event).await.unwrap();
                assert!(parting.later.is_empty(), "{:?}", parting.later);
                record
                    .unmerge(&clinician(), &undo(event, &[]))
                    .await
                    .unwrap();
            }
            assert_eq!(all(&record).await, before, "the first undone is {first}");
        }
    });
}

#[test]
fn a_chain_is_undone_from_its_end() {
    whole_on_both(|record, clock| async move {
        two_records(&record).await;
        let before = all(&record).await;
        let one = merged(&record, "Patient/anne", "Patient/ann").await;
        clock.advance_ms(1_000);
        let other = merged(&record, "Patient/ann", "Patient/ben").await;
        assert_eq!(
            everything(&record, "ben", At::Now).await,
            "ben c1 e1 o1 o2 o3 p1 q1"
        );
        assert_eq!(
            ids(&record, "Patient?identifier=urn:pas|A1", At::Now).await,
            "ann anne ben"
        );
        let survivor = record
            .survivor(&key("Patient/anne"), &At::Now)
            .await
            .unwrap();
        assert_eq!(survivor.person, key("Patient/ben"));
        assert_eq!(survivor.through, [key("Patient/anne"), key("Patient/ann")]);
        let early = record.unmerge(&clinician(), &undo(&one.event, &[])).await;
        let into = early.unwrap_err().to_string();
        assert_eq!(
            into,
            "Patient/ann was merged into Patient/ben: use Patient/ben, or undo that merge first"
        );
        record
            .unmerge(&clinician(), &undo(&other.event, &[]))
            .await
            .unwrap();
        assert_eq!(
            everything(&record, "ann", At::Now).await,
            "ann c1 e1 o1 o2 q1"
        );
        record
            .unmerge(&clinician(), &undo(&one.event, &[]))
            .await
            .unwrap();
        assert_eq!(all(&record).await, before);
        // Once more, the other way round.
        let again = merged(&record, "Patient/ann", "Patient/anne").await;
        record
            .unmerge(&clinician(), &undo(&again.event, &[]))
            .await
            .unwrap();
        assert_eq!(all(&record).await, before);
    });
}

#[test]
fn what_was_given_to_one_is_not_taken_by_the_undoing_of_another_merge() {
    whole_on_both(|record, _| async move {
        two_records(&record).await;
        let of = |it: &Value| [it["subject"].clone(), it["author"].clone()];
        let one = merged(&record, "Patient/anne", "Patient/ben").await;
        let other = merged(&record, "Patient/ann", "Patient/ben").await;
        let mut amended = text_of(&record, "QuestionnaireResponse/q1").await;
        assert_eq!(of(&amended), [to("Patient/ben"), to("Patient/ben")]);
        amended["status"] = json!("amended");
        commit(&record, vec![put(amended)]).await;
        let mine = [("QuestionnaireResponse/q1", Side::Source)];
        for (merge, was) in [(&one, Was::OfSource), (&other, Was::Elsewhere)] {
            let parting = record.parting(&clinician(), &merge.event).await.unwrap();
            let later: Vec<Was> = parting.later.iter().map(|it| it.was).collect();
            assert_eq!(later, [was]);
            let wish = undo(&merge.event, &mine);
            let undone = record.unmerge(&clinician(), &wish).await;
            assert_eq!(undone.unwrap().task, None);
        }
        let told = text_of(&record, "QuestionnaireResponse/q1").await;
        assert_eq!(of(&told), [to("Patient/anne"), to("Patient/ann")]);
    });
}

/// What happens: of whom, to whom, with which number.
#[derive(Clone, Debug)]
enum Step {
    /// One record is merged into another.
    Merge(u8, u8),
    /// A result of a person, by whatever record stands for them.
    New(u8, u8),
    /// Somebody corrects a result.
    Amend(u8, u8),
    /// A merge is undone; later things are given to the side that the number says, or to nobody yet.
    Undo(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let two = || (any::<u8>(), any::<u8>());
    prop_oneof![
        4 => two().prop_map(|(a, b)| Step::Merge(a, b)),
        2 => two().prop_map(|(a, b)| Step::New(a, b)),
        2 => two().prop_map(|(a, b)| Step::Amend(a, b)),
        3 => two().prop_map(|(a, b)| Step::Undo(a, b)),
    ]
}

const PEOPLE: u8 = 4;

/// Facts of one of a few people; the numbers say who else is referred to.
fn fact(n: usize, [a, b, c]: [u8; 3]) -> Value {
    let who = |n: u8| format!("Patient/p{}", n % PEOPLE);
    match n % 5 {
        0 => {
            json!({ "resourceType": "QuestionnaireResponse", "id": format!("r{n}"), "status": "completed",
            "questionnaire": "urn:palatine:pathology:form|1", "subject": to(&who(a)), "author": to(&who(b)),
            "item": [{ "linkId": "1", "answer": [{ "valueReference": to(&who(c)) }] }] })
        }
        1 => {
            json!({ "resourceType": "List", "id": format!("r{n}"), "status": "current", "mode": "working",
            "entry": [{ "item": to(&who(a)) }, { "item": to(&who(b)) }, { "item": to(&who(a)) }] })
        }
        2 => {
            json!({ "resourceType": "Procedure", "id": format!("r{n}"), "status": "completed", "subject": to(&who(a)),
            "performer": [{ "actor": to(&who(b)) }], "meta": { "tag": [{ "system": "urn:t", "code": "x" }] } })
        }
        3 => {
            json!({ "resourceType": "Condition", "id": format!("r{n}"), "subject": to(&who(a)), "asserter": to(&who(b)), "encounter": to("#in"),
            "contained": [{ "resourceType": "Encounter", "id": "in", "status": "planned", "class": { "code": "AMB" }, "subject": to(&who(c)) }] })
        }
        _ => {
            let mut measured = measured(&format!("r{n}"), &who(a), &format!("{}.{c:03}0", b));
            measured["performer"] = json!([to(&who(b)), to(&who(c))]);
            measured
        }
    }
}

/// A story on its way: the merges that hold, and what somebody wrote since the beginning.
struct Story<'r> {
    record: &'r Record,
    merges: Vec<(Key, u8, u8)>,
    touched: HashSet<String>,
    tasks: Vec<Key>,
}

impl Story<'_> {
    async fn take(&mut self, n: usize, step: &Step) {
        match step {
            Step::Merge(a, b) => self.merge(a % PEOPLE, b % PEOPLE).await,
            Step::New(a, b) => {
                let who = key(&format!("Patient/p{}", a % PEOPLE));
                let who = self.record.survivor(&who, &At::Now).await.unwrap().person;
                let id = format!("new{n}");
                commit(
                    self.record,
                    vec![put(measured(&id, &who.to_string(), &b.to_string()))],
                )
                .await;
            }
            Step::Amend(a, b) => {
                let name = format!("Observation/r{}", 4 + 5 * usize::from(a % 4));
                let mut body = text_of(self.record, &name).await;
                body["valueQuantity"]["value"] = json!(b);
                commit(self.record, vec![put(body)]).await;
                self.touched.insert(name);
            }
            Step::Undo(a, b) if !self.merges.is_empty() => {
                let at = usize::from(*a) % self.merges.len();
                self.undo(at, *b).await;
            }
            Step::Undo(..) => {}
        }
    }

    async fn merge(&mut self, a: u8, b: u8) {
        let wish = wish(&format!("Patient/p{a}"), &format!("Patient/p{b}"));
        match self.record.merge(&clinician(), &wish).await {
            Ok(done) => self.merges.push((done.event, a, b)),
            Err(PersonError::Itself { .. } | PersonError::MergedAlready { .. }) => {}
            Err(why) => panic!("{why:?}"),
        }
    }

    /// Whether it could be undone now.
    async fn undo(&mut self, at: usize, seed: u8) -> bool {
        let event = self.merges[at].0.clone();
        let parting = match self.record.parting(&clinician(), &event).await {
            Ok(parting) => parting,
            Err(PersonError::MergedAlready { .. }) => return false,
            Err(why) => panic!("{why:?}"),
        };
        let mut decisions = BTreeMap::new();
        for (at, later) in parting.later.iter().enumerate() {
            self.touched.insert(later.key.to_string());
            match (usize::from(seed) + at) % 3 {
                0 => drop(decisions.insert(later.key.clone(), Side::Source)),
                1 => drop(decisions.insert(later.key.clone(), Side::Target)),
                _ => {}
            }
        }
        let wish = Unmerge {
            event,
            reason: "two people".to_owned(),
            decisions,
            seen: Some(parting.t),
        };
        let done = self.record.unmerge(&clinician(), &wish).await.unwrap();
        self.tasks.extend(done.task);
        self.merges.remove(at);
        true
    }

    /// Undoes what still holds, from wherever it can be begun, and decides what is open.
    async fn end(&mut self, seed: u8) {
        while !self.merges.is_empty() {
            let n = self.merges.len();
            let mut undone = false;
            for at in 0..n {
                if self.undo((at + usize::from(seed)) % n, seed).await {
                    undone = true;
                    break;
                }
            }
            assert!(undone, "one of the merges can always be undone");
        }
        for task in std::mem::take(&mut self.tasks) {
            let (_, open) = self.record.unsettled(&clinician(), &task).await.unwrap();
            let sides = [Side::Source, Side::Target];
            let each = open.into_iter().enumerate();
            let decisions = each
                .map(|(at, it)| (it.key, sides[(at + usize::from(seed)) % 2]))
                .collect();
            let settle = Settle {
                task: task.clone(),
                reason: None,
                decisions,
            };
            self.record.settle(&clinician(), &settle).await.unwrap();
            assert_eq!(
                text_of(self.record, &task.to_string()).await["status"],
                "completed"
            );
        }
    }
}

/// What somebody's name leads to is what their results' own references say, as of now and as of every earlier commit.
async fn searches_agree(record: &Record) {
    let now = all(record).await;
    for n in 0..PEOPLE {
        let mut own: Vec<&str> = now
            .iter()
            .filter(|(name, body)| {
                name.starts_with("Observation/")
                    && body.contains(&format!("\"subject\":{{\"reference\":\"Patient/p{n}\"}}"))
            })
            .filter_map(|(name, _)| name.split('/').nth(1))
            .collect();
        own.sort_unstable();
        assert_eq!(
            ids(
                record,
                &format!("Observation?patient=p{n}&_count=1000"),
                At::Now
            )
            .await,
            own.join(" ")
        );
    }
}

async fn carry_out(place: &Place, facts: &[[u8; 3]], steps: &[Step], seed: u8) {
    let clock = Arc::new(Written::at_ms(NOON_MS));
    let record = Record::open(place, clock.clone()).await.unwrap();
    let people = (0..PEOPLE).map(|n| person(&format!("p{n}"), &format!("N{}", n / 2)));
    let facts = facts
        .iter()
        .enumerate()
        .map(|(n, numbers)| fact(n, *numbers));
    commit(&record, people.chain(facts).map(put).collect()).await;
    let before = all(&record).await;
    let then = record.current();
    let mut story = Story {
        record: &record,
        merges: Vec::new(),
        touched: HashSet::new(),
        tasks: Vec::new(),
    };
    for (n, step) in steps.iter().enumerate() {
        clock.advance_ms(1_000);
        story.take(n, step).await;
        searches_agree(&record).await;
    }
    story.end(seed).await;
    searches_agree(&record).await;
    let now = all(&record).await;
    for (name, body) in before
        .iter()
        .filter(|(name, _)| !story.touched.contains(*name))
    {
        assert_eq!(now.get(name), Some(body), "{name} after {steps:?}");
    }
    for (n, step) in steps.iter().enumerate() {
        if matches!(step, Step::New(..)) {
            assert!(
                now.contains_key(&format!("Observation/new{n}")),
                "nothing is lost"
            );
        }
    }
    for (name, body) in &now {
        assert!(
            !body.contains("urn:palatine:identity\",\"code\":\"undecided"),
            "{name} is decided"
        );
    }
    assert_eq!(
        ids(&record, "Observation?_count=1000", At::Commit(then)).await,
        "r14 r19 r4 r9"
    );
    record.close().await;
    let verdict = verify(place, &mut |_| {}).await.unwrap();
    assert_eq!(verdict.findings, [], "{steps:?}");
}

/// A place that nothing was written to yet.
fn fresh(ground: &Ground, case: u32) -> Place {
    ground.another(&format!("case{case}"))
}

#[test]
fn whatever_was_merged_in_whatever_order_comes_back_byte_for_byte() {
    let runtime = runtime();
    for ground in grounds() {
        let cases = std::sync::atomic::AtomicU32::new(0);
        let mut runner = TestRunner::new(Config {
            cases: 16,
            max_shrink_iters: 100,
            failure_persistence: None,
            ..Config::default()
        });
        let facts = proptest::collection::vec(any::<[u8; 3]>(), 20);
        let steps = proptest::collection::vec(step(), 1..14);
        let done = runner.run(&(facts, steps, any::<u8>()), |(facts, steps, seed)| {
            let case = cases.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let place = fresh(&ground, case);
            let story = || runtime.block_on(carry_out(&place, &facts, &steps, seed));
            // Caught, so that the story that fails is made short and told.
            catch_unwind(AssertUnwindSafe(story)).map_err(|_| TestCaseError::fail("see above"))
        });
        if let Err(why) = done {
            panic!("on {}: {why}", ground.name);
        }
    }
}
