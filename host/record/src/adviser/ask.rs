//! Asking services outside beside an opened chart, all in one time.
//!
//! Invariant: what leaves was noted down before it left; whoever was to be asked is named with what came of it.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use fhir::resource::Id;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout_at};

use super::{Adviser, AdviserId, Errand, OutsideCard, OutsideError, answer, token};
use crate::audit::NewLeaf;
use crate::caller::Caller;
use crate::departmental::manifest::Hook;
use crate::limits::{
    ADVICE_MS_MAX, ADVISER_ANSWER_BYTES_MAX, ADVISER_BODY_BYTES_MAX, ADVISER_REST_MS,
    ADVISER_STRIKES_MAX,
};
use crate::log::moment::Moment;
use crate::{ReadError, Record};

/// What a service outside had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideAdvice {
    /// Its name here.
    pub id: AdviserId,
    /// Its name as people read it.
    pub name: String,
    /// What came of asking it.
    pub heard: Heard,
}

/// What came of asking a service outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Its cards; none: it has nothing to say.
    Cards(Vec<OutsideCard>),
    /// It did not answer in time.
    Late,
    /// It failed so often that it is not asked before a moment, RFC 3339.
    Resting(String),
    /// It was not asked, and why.
    Unsent(String),
    /// It was asked and gave no answer that can be shown, and why.
    Failed(String),
}

/// How a service has done of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strikes {
    in_a_row: u32,
    until_ms: i64,
}

impl Strikes {
    /// Until when it is left alone, if it is.
    fn rests_until(self, now_ms: i64) -> Option<i64> {
        let left_ms = self.until_ms.saturating_sub(now_ms);
        (1..=ADVISER_REST_MS)
            .contains(&left_ms)
            .then_some(self.until_ms)
    }

    /// Counts an answer. After a rest it is tried once; it rests again if it fails.
    fn answered(&mut self, now_ms: i64, well: bool) {
        if well {
            *self = Self::default();
            return;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row >= ADVISER_STRIKES_MAX {
            self.until_ms = now_ms.saturating_add(ADVISER_REST_MS);
        }
    }
}

/// At what, about whom and as of when.
#[derive(Clone)]
struct Occasion {
    hook: Hook,
    patient: Id,
    moment: Moment,
    deadline: Instant,
}

impl Record {
    /// Asks every service outside that is declared for the caller's site and this hook, at once, and waits for
    /// `limits::ADVICE_MS_MAX` milliseconds; in order of name. They are sent the record as of the moment.
    ///
    /// # Errors
    /// When it cannot be told whom to ask; what one of them does is in its [`Heard`].
    pub async fn outside_advice(
        &self,
        caller: &Caller,
        hook: Hook,
        patient: &Id,
        moment: &Moment,
    ) -> Result<Vec<OutsideAdvice>, ReadError> {
        let occasion = Occasion {
            hook,
            patient: patient.clone(),
            moment: moment.clone(),
            deadline: Instant::now() + Duration::from_millis(ADVICE_MS_MAX),
        };
        let here = |it: &Adviser| it.sites.is_empty() || it.sites.contains(caller.site());
        let known = self.known_advisers().await?.all.into_iter();
        let mut asked = Vec::new();
        for adviser in known.filter(|it| it.runs && it.hook == hook && here(it)) {
            let turn = Arc::clone(&self.abroad().turns).acquire_owned();
            let task = match timeout_at(occasion.deadline, turn).await {
                Ok(Ok(turn)) => {
                    let (record, caller) = (self.clone(), caller.clone());
                    let (adviser, occasion) = (adviser.clone(), occasion.clone());
                    // On its own, since what was sent is noted to its end, whether or not somebody still waits for it.
                    Some(tokio::spawn(async move {
                        record.heard(&caller, &adviser, &occasion, turn).await
                    }))
                }
                Ok(Err(_)) | Err(_) => None,
            };
            asked.push((adviser, task));
        }
        let mut advice = Vec::with_capacity(asked.len());
        for (adviser, task) in asked {
            let heard = match task {
                Some(task) => match timeout_at(occasion.deadline, task).await {
                    Ok(Ok(heard)) => heard,
                    Ok(Err(broken)) => {
                        tracing::error!(adviser = %adviser.id, "asking a service outside ended without an answer: {broken}");
                        Heard::Failed("it could not be asked".to_owned())
                    }
                    Err(_) => Heard::Late,
                },
                None => Heard::Unsent("too many charts are being opened".to_owned()),
            };
            advice.push(OutsideAdvice {
                id: adviser.id,
                name: adviser.name,
                heard,
            });
        }
        advice.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(advice)
    }

    /// Until when each service is left alone, RFC 3339: those that failed too often of late, at this host.
    pub fn resting_advisers(&self) -> Vec<(AdviserId, String)> {
        let now_ms = self.now_ms();
        let strikes = self
            .abroad()
            .strikes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let resting = strikes.iter().filter_map(|(id, it)| {
            Some((id.clone(), crate::clock::rfc3339(it.rests_until(now_ms)?)))
        });
        resting.collect()
    }

    async fn heard(
        &self,
        caller: &Caller,
        adviser: &Adviser,
        occasion: &Occasion,
        _turn: OwnedSemaphorePermit,
    ) -> Heard {
        let Some(way) = self.abroad().way.get() else {
            return Heard::Unsent("this host was started without a way outside".to_owned());
        };
        if let Some(until_ms) = self.strikes_of(&adviser.id).rests_until(self.now_ms()) {
            return Heard::Resting(crate::clock::rfc3339(until_ms));
        }
        let errand = match self.errand(caller, adviser, occasion).await {
            Ok(errand) => errand,
            Err(heard) => return heard,
        };
        let said = way.send(errand).await;
        let (heard, leaf) = match said {
            Ok(bytes) => {
                let digest = hex::encode(Sha256::digest(&bytes));
                match answer::cards(&bytes) {
                    Ok(cards) => (Heard::Cards(cards), format!("answered, sha256:{digest}")),
                    Err(why) => {
                        tracing::warn!(adviser = %adviser.id, "{} answered what cannot be shown: {why}", adviser.id);
                        let what = "it answered what cannot be shown".to_owned();
                        (Heard::Failed(what), format!("unreadable, sha256:{digest}"))
                    }
                }
            }
            Err(OutsideError::Late) => (Heard::Late, "no answer in time".to_owned()),
            Err(why) => {
                tracing::warn!(adviser = %adviser.id, ?why, "{} was not heard: {why}", adviser.id);
                (Heard::Failed(why.to_string()), why.to_string())
            }
        };
        let well = matches!(heard, Heard::Cards(_));
        self.abroad()
            .strikes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(adviser.id.clone())
            .or_default()
            .answered(self.now_ms(), well);
        match self
            .keep_leaf(leaf_of(caller, adviser, occasion, "advice-heard", &leaf))
            .await
        {
            Ok(()) => heard,
            Err(why) => {
                tracing::error!(
                    "what {} answered could not be noted down: {why}",
                    adviser.id
                );
                Heard::Failed("its answer could not be noted down".to_owned())
            }
        }
    }

    /// What is sent, once it is noted down that it is.
    async fn errand(
        &self,
        caller: &Caller,
        adviser: &Adviser,
        occasion: &Occasion,
    ) -> Result<Errand, Heard> {
        let Occasion {
            hook,
            patient,
            moment,
            deadline,
        } = occasion;
        let fetched = self.fetched(caller, adviser, patient, moment.t).await;
        let number = uuid().map_err(|why| Heard::Unsent(why.to_string()))?;
        let body = json!({
            "hook": hook.as_str(),
            "hookInstance": number,
            "context": { "userId": pseudonym(caller), "patientId": patient.as_str() },
            "prefetch": fetched.values,
        });
        let body = body.to_string();
        if body.len() > ADVISER_BODY_BYTES_MAX {
            let what = "the patient's record is longer than may be sent";
            return Err(Heard::Unsent(what.to_owned()));
        }
        let keys: Vec<&str> = fetched.values.keys().map(String::as_str).collect();
        let what = format!(
            "{}, sha256:{}",
            keys.join(" "),
            hex::encode(Sha256::digest(&body))
        );
        let leaf = NewLeaf {
            count: i64::try_from(fetched.count).unwrap_or(i64::MAX),
            ..leaf_of(caller, adviser, occasion, "advice-sent", &what)
        };
        if let Err(why) = self.keep_leaf(leaf).await {
            tracing::error!("nothing is sent to {}: {why}", adviser.id);
            return Err(Heard::Unsent("it could not be noted down".to_owned()));
        }
        let within = deadline.saturating_duration_since(Instant::now());
        if within.is_zero() {
            return Err(Heard::Unsent("the record was not read in time".to_owned()));
        }
        let key = &self.abroad().key;
        Ok(Errand {
            bearer: token::token(key, &adviser.address, self.now_ms(), &number, json!({})),
            address: adviser.address.clone(),
            body,
            within,
            answer_bytes_max: ADVISER_ANSWER_BYTES_MAX,
        })
    }

    fn strikes_of(&self, id: &AdviserId) -> Strikes {
        let strikes = self
            .abroad()
            .strikes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        strikes.get(id).copied().unwrap_or_default()
    }
}

fn leaf_of(
    caller: &Caller,
    adviser: &Adviser,
    occasion: &Occasion,
    what: &str,
    more: &str,
) -> NewLeaf {
    let about = format!(
        "Patient/{} {} {}: {more}",
        occasion.patient, adviser.id, adviser.address
    );
    NewLeaf {
        t: i64::try_from(occasion.moment.t.0).unwrap_or(i64::MAX),
        ..NewLeaf::by(caller, what, about)
    }
}

/// Who looks, by a name that says nothing outside and is the same each time.
fn pseudonym(caller: &Caller) -> String {
    let digest = hex::encode(Sha256::digest(format!(
        "palatine user {}",
        caller.account()
    )));
    format!("Practitioner/{}", digest.get(..32).unwrap_or(&digest))
}

/// A UUID of version 4.
pub(super) fn uuid() -> Result<String, ReadError> {
    let mut bytes = crate::chance::<16>()?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|of| hex.get(of).unwrap_or_default());
    Ok(groups.join("-"))
}
