//! One message from its bytes to its answer: keep, read, plan, file or park, acknowledge.
//!
//! Invariant: a message is filed at most once for its sender and control id, whatever comes twice or at once; whatever
//! cannot be filed is parked with its bytes and its reason before it is answered, and holds back what comes after it of the
//! same patient, and nobody else's.

mod arrived;
mod batch;
mod certificate;
mod departmental;
mod lanes;
mod later;
mod task;
mod turn;
mod verdict;
mod work;

use std::sync::Arc;

use record::caller::Caller;
use record::clock::{self, Clock};
use record::commit::CommitError;
use record::log::At;
use record::message::{Arrival, KeptBefore, State};
use record::person;
use record::proposal::{Basis, Change, Proposal};
use record::{Kind, Record};
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use crate::feed::acknowledgement::{self, Acknowledgement, Code, Condition, Verdict};
use crate::feed::codes::Codes;
use crate::feed::filing::provenance::{self, Told};
use crate::feed::filing::{Desk, FileError, Work};
use crate::feed::header::Header;
use crate::feed::intake::arrived::Arrived;
use crate::feed::intake::lanes::Lanes;
use crate::feed::intake::task::{Task, Undone};
use crate::feed::intake::verdict::{earlier, not_kept, refused, unfiled, unknown_sender};
use crate::feed::message::error::MessageError;
use crate::feed::message::place::Place;
use crate::feed::message::{Message, charset};
use crate::feed::sender::Sender;
use crate::feed::whose;
use crate::limits::{CUT_BYTES_MAX, TRIES_MAX};
use crate::plan::{self, Plan, PlanError};

/// Where messages are taken in. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct Intake {
    record: Record,
    clock: Arc<dyn Clock>,
    lanes: Lanes,
    /// The names of the certificate that the connection showed; `None` where it came without TLS.
    shown: Option<Arc<[String]>>,
}

impl Intake {
    /// An intake into a record.
    #[must_use]
    pub fn new(record: Record, clock: Arc<dyn Clock>) -> Self {
        Self {
            record,
            clock,
            lanes: Lanes::new(),
            shown: None,
        }
    }

    /// Takes what stood in a frame, one message or a batch, to its end.
    pub async fn handle(&self, bytes: &[u8]) -> Acknowledgement {
        match crate::feed::batch::read(bytes) {
            Some(batch) => self.handle_batch(bytes, batch).await,
            None => self.handle_one(bytes).await,
        }
    }

    async fn handle_one(&self, bytes: &[u8]) -> Acknowledgement {
        let header = Header::read(bytes);
        let arrived = self.arrived(header.as_ref(), bytes);
        let verdict = self.verdict(header.as_ref(), &arrived).await;
        let answered = acknowledgement::answer(header.as_ref(), verdict, arrived.now_ms);
        self.agreed(header.as_ref(), answered, arrived.now_ms).await
    }

    /// Parks the beginning of a message that did not come whole. It does not use up its control id, so that the sender
    /// can send it again.
    pub async fn handle_cut(&self, beginning: &[u8], why: &str) -> Acknowledgement {
        let header = Header::read(beginning);
        let mut arrived = self.arrived(header.as_ref(), beginning);
        arrived.control_id = format!("cut:{}", short(&arrived.digest));
        let caller = match &header {
            Some(header) => self
                .record
                .feed(&header.named(3), &header.named(4))
                .await
                .ok()
                .filter(|caller| self.is_theirs(caller)),
            None => None,
        };
        let reason = format!(
            "{why}; the first {} bytes are kept (at most {CUT_BYTES_MAX})",
            beginning.len()
        );
        let broken = Verdict {
            code: Code::Error,
            condition: Condition::DataType,
            reason,
            place: None,
            accept: Code::Error,
        };
        let verdict = self.park(caller.as_ref(), &arrived, broken).await;
        acknowledgement::answer(header.as_ref(), verdict, arrived.now_ms)
    }

    fn arrived<'a>(&self, header: Option<&Header<'_>>, bytes: &'a [u8]) -> Arrived<'a> {
        let digest = Sha256::digest(bytes).to_vec();
        let source = header.map(|header| {
            let part = |number| header.named(number).replace('|', "%7C");
            format!("{}|{}", part(3), part(4))
        });
        let control_id = header.map(Header::control_id).filter(|id| !id.is_empty());
        Arrived {
            bytes,
            source: source.unwrap_or_else(|| "|".to_owned()),
            control_id: control_id.unwrap_or_else(|| format!("none:{}", short(&digest))),
            kind: header.map(Header::kind).unwrap_or_default(),
            digest,
            now_ms: self.clock.now_ms(),
            numbers: Vec::new(),
            arrival: Arrival::New,
            place: None,
            was: None,
        }
    }

    async fn verdict(&self, header: Option<&Header<'_>>, arrived: &Arrived<'_>) -> Verdict {
        let Some(header) = header else {
            return self
                .park(None, arrived, refused(&MessageError::NoHeader))
                .await;
        };
        let (application, facility) = (header.named(3), header.named(4));
        let caller = match self.record.feed(&application, &facility).await {
            Ok(caller) => caller,
            Err(error) if passes(error.kind()) => return not_kept(),
            Err(_) => return self.park(None, arrived, unknown_sender()).await,
        };
        if !self.is_theirs(&caller) {
            return self.not_theirs(&caller, arrived).await;
        }
        let sender = Sender {
            site: caller.site().to_string(),
            application,
            facility,
            codes: Codes::current(),
        };
        if header.control_id().is_empty() {
            let missing = MessageError::Missing {
                at: Place::of("MSH", 10),
                why: "without a control id a repeat could not be told from a new message",
            };
            let arrived = arrived.about(whose::of_bytes(arrived.bytes, &sender));
            return self.park(Some(&caller), &arrived, refused(&missing)).await;
        }
        let digest = hex::encode(&arrived.digest);
        let before = self
            .record
            .kept(&arrived.source, &arrived.control_id, &digest);
        match before.await {
            Ok(None) => {}
            Ok(Some(before)) => return self.repeated(&caller, &sender, arrived, before).await,
            Err(error) => {
                warn!(error = %error, "could not look for an earlier message");
                return not_kept();
            }
        }
        self.read_and_file(&caller, &sender, arrived).await
    }

    /// Files what is not kept yet, or waits; parks what cannot be filed.
    async fn read_and_file(
        &self,
        caller: &Caller,
        sender: &Sender,
        arrived: &Arrived<'_>,
    ) -> Verdict {
        match read(arrived.bytes, sender) {
            Ok(plan) => {
                let arrived = arrived.about(whose::of_persons(&plan.persons()));
                let _lanes = self.lanes.taken(&arrived.numbers).await;
                self.in_turn(caller, sender, &arrived, &plan).await
            }
            Err(PlanError::Message(error)) => {
                let arrived = arrived.about(whose::of_bytes(arrived.bytes, sender));
                let _lanes = self.lanes.taken(&arrived.numbers).await;
                self.park(Some(caller), &arrived, refused(&error)).await
            }
            Err(kind @ PlanError::Kind { .. }) => {
                self.hand_on(caller, sender, arrived, &kind).await
            }
        }
    }

    /// The answer that the same message had before; other bytes under its control id are parked by themselves.
    async fn repeated(
        &self,
        caller: &Caller,
        sender: &Sender,
        arrived: &Arrived<'_>,
        before: KeptBefore,
    ) -> Verdict {
        if before.digest.trim_start_matches("sha256:") != hex::encode(&arrived.digest) {
            let other = Verdict {
                code: Code::Error,
                condition: Condition::DuplicateKey,
                reason: "another message was kept under this control id: send each message under its own".to_owned(),
                place: Some(Place::of("MSH", 10)),
                accept: Code::Error,
            };
            let arrived = arrived.about(whose::of_bytes(arrived.bytes, sender));
            return self.park(Some(caller), &arrived, other).await;
        }
        earlier(before.state, || read(arrived.bytes, sender))
    }

    async fn file(
        &self,
        caller: &Caller,
        sender: &Sender,
        arrived: &Arrived<'_>,
        plan: &Plan,
    ) -> Verdict {
        for _ in 0..TRIES_MAX {
            let task = match self.task(caller, sender, arrived, plan).await {
                Ok(task) => task,
                Err(FileError::Read(error)) if passes(error.kind()) => {
                    warn!(error = %error, "could not read the record for a message");
                    return not_kept();
                }
                // Another host may have made them known a moment ago.
                Err(error) if error.waits() => match self.record.catches_up().await {
                    Ok(true) => continue,
                    Ok(false) => return self.await_patient(caller, arrived, &error).await,
                    Err(_) => return not_kept(),
                },
                Err(error) => return self.park(Some(caller), arrived, unfiled(&error)).await,
            };
            match self.carried_out(caller, task).await {
                Ok(t) => {
                    info!(t = t.0, site = %sender.site, "filed a message");
                    return Verdict::filed();
                }
                Err(Undone::Again) => {}
                Err(Undone::Kept(before)) => {
                    return Box::pin(self.repeated(caller, sender, arrived, before)).await;
                }
                Err(Undone::NotNow) => return not_kept(),
                Err(Undone::Refused(verdict)) => {
                    return self.park(Some(caller), arrived, verdict).await;
                }
            }
        }
        not_kept()
    }

    /// The record as it stands now, for one message.
    fn desk<'r>(&'r self, caller: &'r Caller, arrived: &'r Arrived<'_>) -> Desk<'r> {
        Desk {
            record: &self.record,
            caller,
            digest: &arrived.digest,
            at: At::Now,
        }
    }

    async fn task(
        &self,
        caller: &Caller,
        sender: &Sender,
        arrived: &Arrived<'_>,
        plan: &Plan,
    ) -> Result<Task, FileError> {
        let desk = self.desk(caller, arrived);
        let parts = match desk.work(plan).await? {
            Work::Parts(parts) => parts,
            Work::Merge(wish) => {
                let message = person::Told {
                    source: arrived.source.clone(),
                    control_id: arrived.control_id.clone(),
                    kept: arrived.filed(None),
                };
                let message = Some(message);
                return Ok(Task::Merge(Box::new(person::Merge { message, ..*wish })));
            }
        };
        let received_at = clock::rfc3339(arrived.now_ms);
        let told = Told {
            sender,
            control_id: &arrived.control_id,
            kind: &arrived.kind,
            digest: &arrived.digest,
            received_at: &received_at,
        };
        let loose = turn::loose(plan, &parts);
        let provenance = match parts.is_empty() {
            true => None,
            false => Some(provenance::provenance(&parts, told)?),
        };
        let changes: Vec<Change> = parts
            .into_iter()
            .map(|part| part.change)
            .chain(provenance)
            .collect();
        let proposal = Proposal {
            changes,
            basis: Basis::Message {
                source: arrived.source.clone(),
                control_id: arrived.control_id.clone(),
            },
            message: Some(arrived.filed(loose)),
            cursor: None,
        };
        Ok(Task::Propose(Box::new(proposal)))
    }

    /// Keeps what cannot be filed. The verdict is the given one once it is kept, and *not kept* when it could not be.
    async fn park(
        &self,
        caller: Option<&Caller>,
        arrived: &Arrived<'_>,
        verdict: Verdict,
    ) -> Verdict {
        let state = State::Parked {
            reason: verdict.reason.clone(),
            at: verdict.place.map(|place| place.to_string()),
        };
        self.keep(caller, arrived, state, verdict).await
    }

    /// Keeps a message that is not filed now.
    async fn keep(
        &self,
        caller: Option<&Caller>,
        arrived: &Arrived<'_>,
        state: State,
        verdict: Verdict,
    ) -> Verdict {
        if arrived.was.as_ref() == Some(&state) {
            return verdict;
        }
        let word = state.as_str();
        match self.record.park(caller, arrived.kept(state)).await {
            Ok(receipt) => {
                info!(t = receipt.t.0, at = ?verdict.place.map(|place| place.to_string()), "kept a message: {word}");
                verdict
            }
            Err(CommitError::AlreadyKept { .. }) => verdict,
            Err(error) => {
                warn!(error = %error, "could not keep a message");
                not_kept()
            }
        }
    }
}

/// Whether it may go better when the same message is sent again.
fn passes(kind: Kind) -> bool {
    match kind {
        Kind::Busy | Kind::Full | Kind::Fault | Kind::Conflict => true,
        Kind::Incorrect | Kind::Forbidden | Kind::NotFound | Kind::Refused => false,
    }
}

fn no_header() -> Verdict {
    refused(&MessageError::NoHeader)
}

fn short(digest: &[u8]) -> String {
    hex::encode(digest.get(..10).unwrap_or_default())
}

fn read(bytes: &[u8], sender: &Sender) -> Result<Plan, PlanError> {
    let (text, set) = charset::decode(bytes)?;
    let message = Message::parse(&text, set)?;
    plan::plan(&message, sender)
}

#[cfg(test)]
mod tests;
