//! The clients' own list of what they did in a drill, and the judgement of a record by it.
//!
//! Every act has a number, and whatever it writes carries that number; the host is believed in nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use record::Record;
use record::audit::Verified;
use record::log::T;
use record::store::Place;
use serde_json::{Value, json};

use crate::versions::{Versions, each_commit};

/// What marks everything that a drill writes.
pub(crate) const SYSTEM: &str = "urn:palatine:drill";
/// Observations in each transaction: all of them are there or none.
pub(crate) const RESULTS: usize = 8;

/// What clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// A patient with `RESULTS` observations, as one transaction.
    Transaction,
    /// A patient.
    Create,
    /// A patient, on the condition that there is none with this number; several clients want the same.
    CreateOnce,
    /// A new version of the client's own patient, with `If-Match`.
    Update,
    /// An admission over MLLP.
    Message,
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Self::Transaction => "transactions",
            Self::Create => "creates",
            Self::CreateOnce => "conditional_creates",
            Self::Update => "updates",
            Self::Message => "messages",
        }
    }
}

/// How an act ended, as its client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It was acknowledged: it must be there, once.
    Acknowledged,
    /// It was refused: it must not be there.
    Refused,
    /// There was no answer, or one that says that nobody knows: it may be there, once and whole.
    Unanswered,
}

/// What the clients did.
#[derive(Default)]
pub(crate) struct Ledger {
    next: AtomicU64,
    acts: Mutex<HashMap<u64, (Act, End)>>,
}

impl Ledger {
    /// A number that no act has had.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes how an act ended. What several clients wanted is acknowledged when it was to one of them.
    pub(crate) fn note(&self, n: u64, act: Act, end: End) {
        let mut acts = self.acts.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = acts.entry(n).or_insert((act, end));
        noted.1 = match (noted.1, end) {
            (End::Acknowledged, _) | (_, End::Acknowledged) => End::Acknowledged,
            (End::Unanswered, _) | (_, End::Unanswered) => End::Unanswered,
            (End::Refused, End::Refused) => End::Refused,
        };
    }

    /// How many acts were acknowledged until now.
    pub(crate) fn acknowledged(&self) -> usize {
        let acts = self.acts.lock().unwrap_or_else(PoisonError::into_inner);
        acts.values()
            .filter(|(_, end)| *end == End::Acknowledged)
            .count()
    }

    /// Reads every version of the record, with no host running, and compares it with what the clients noted.
    pub(crate) async fn judge(&self, place: &Place) -> Result<Value, String> {
        let record = Record::open(place, std::sync::Arc::new(record::clock::System))
            .await
            .map_err(|why| why.to_string())?;
        let there = There::read(&record).await?;
        let acts = self
            .acts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (mut lost, mut doubled, mut half, mut lies) = (0, 0, 0, 0);
        let (mut unanswered, mut came_through, mut refused) = (0, 0, 0);
        let mut by_act: HashMap<&str, u64> = HashMap::new();
        for (n, (act, end)) in &acts {
            let patients = there.patients.get(n).copied().unwrap_or(0);
            let results = there.results.get(n).copied().unwrap_or(0);
            let whole = if *act == Act::Transaction { RESULTS } else { 0 };
            match end {
                End::Acknowledged => *by_act.entry(act.name()).or_default() += 1,
                End::Refused => refused += 1,
                End::Unanswered => unanswered += 1,
            }
            match (patients, results) {
                (0, 0) => lost += usize::from(*end == End::Acknowledged),
                (1, results) if results == whole => match end {
                    End::Acknowledged => {}
                    End::Refused => lies += 1,
                    End::Unanswered => came_through += 1,
                },
                (1, results) if results < whole => half += 1,
                _ => doubled += 1,
            }
        }
        let strangers = there
            .patients
            .keys()
            .filter(|n| !acts.contains_key(n))
            .count();
        let gaps = gaps(&record).await?;
        let audit = match record.verify_audit().await.map_err(|why| why.to_string())? {
            Verified::Whole { leaves, .. } => json!({ "leaves": leaves, "whole": true }),
            Verified::Broken { n } => json!({ "broken_at": n, "whole": false }),
        };
        record.close().await;
        Ok(json!({
            "acknowledged": by_act, "refused": refused, "unanswered": unanswered,
            "unanswered_but_kept_whole": came_through, "lost": lost, "doubled": doubled, "half_done": half,
            "refused_but_kept": lies, "in_no_ledger": strangers, "gaps_in_t": gaps, "audit": audit,
        }))
    }
}

/// Refuses a judgement with anything lost, doubled, half done or untrue.
pub(crate) fn passes(judged: &Value) -> Result<(), String> {
    let faults = [
        "lost",
        "doubled",
        "half_done",
        "refused_but_kept",
        "in_no_ledger",
        "gaps_in_t",
    ];
    let is_sound = faults.iter().all(|fault| judged[fault] == json!(0))
        && judged["audit"]["whole"] == json!(true);
    let has_acts = judged["acknowledged"]
        .as_object()
        .is_some_and(|acts| !acts.is_empty());
    match is_sound && has_acts {
        true => Ok(()),
        false => Err(format!("the drill failed: {judged}")),
    }
}

/// What is in a record: how many versions carry each number.
#[derive(Default)]
struct There {
    patients: HashMap<u64, usize>,
    results: HashMap<u64, usize>,
}

impl There {
    async fn read(record: &Record) -> Result<Self, String> {
        let mut there = Self::default();
        for (of, counts) in [
            ("Patient", &mut there.patients),
            ("Observation", &mut there.results),
        ] {
            let mut versions = Versions::of_type(record, of)?;
            while let Some(version) = versions.next().await? {
                if let Some(n) = version.body.as_deref().and_then(number_in) {
                    *counts.entry(n).or_default() += 1;
                }
            }
        }
        Ok(there)
    }
}

/// The number that a resource carries; none for what no drill wrote.
fn number_in(body: &str) -> Option<u64> {
    let body: Value = serde_json::from_str(body).ok()?;
    let mut identifiers = body["identifier"].as_array()?.iter();
    let ours = identifiers.find(|identifier| identifier["system"] == SYSTEM)?;
    ours["value"].as_str()?.parse().ok()
}

/// How many numbers are missing between 1 and the newest commit.
async fn gaps(record: &Record) -> Result<u64, String> {
    let (mut gaps, mut last) = (0, 0);
    each_commit(record, T(0), |commit| {
        gaps += commit.t.0 - last - 1;
        last = commit.t.0;
    })
    .await?;
    Ok(gaps)
}
