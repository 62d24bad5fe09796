//! Past calls made again: on the release that answered them, or on another one before it is enabled.
//!
//! Invariant: a call is made again with everything it rested on then, what is read for it is audited as the asker's own
//! reading, and nothing that is answered again is committed.

mod difference;
mod trial;
mod watch;

use std::sync::Arc;

use serde_json::Value;

pub use self::difference::{Difference, Differences, Of};
pub use self::trial::{LeftOut, Trial};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role};
use crate::departmental::call_log::{self, Known, Part, PastCall};
use crate::departmental::cost::{Answered, Cost};
use crate::departmental::setting::complete;
use crate::departmental::{Answer, Call, Digest, FailureKind, LibraryError, Release};
use crate::store::StoreError;
use crate::store::call::CallRow;
use crate::{Kind, ReadError, Record};

/// A call that was made again.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The call as it was made then.
    pub call: PastCall,
    /// The release that answered now.
    pub release: Arc<Release>,
    /// In what the answer differs; nothing: it is the same.
    pub differences: Differences,
    /// Whether one of the answers is a failure that may come from how busy a host is: a timeout, or not being loaded.
    pub by_load: bool,
    /// What it cost now.
    pub cost: Cost,
}

/// Why a call could not be made again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// This caller may not.
    #[error("{account} may not make calls again: sign in as an operator")]
    Forbidden {
        /// Who asked.
        account: String,
    },
    /// No such call is kept.
    #[error("no call {id} is kept: it may have been pruned, or was made before calls were kept")]
    NoCall {
        /// Which.
        id: String,
    },
    /// The call is not what its audit leaf says.
    #[error(
        "call {id} was changed after it was kept: it is not what leaf {leaf} of the audit says; run `palatine verify`"
    )]
    Edited {
        /// Which.
        id: String,
        /// Its leaf.
        leaf: u64,
    },
    /// What is kept of the call cannot be read by this program.
    #[error("call {id} is kept in a form that this program does not know: use a newer one")]
    Unreadable {
        /// Which.
        id: String,
    },
    /// What was asked was too large to be kept.
    #[error(
        "call {id} was asked with {bytes} bytes, of which only the digest is kept: it cannot be made again"
    )]
    InputNotKept {
        /// Which.
        id: String,
        /// How long the question was.
        bytes: u64,
    },
    /// The release that answered it is published no longer.
    #[error(
        "call {id} was answered by {digest}, which is published no longer: publish those bytes again, or try another release with --with"
    )]
    Withdrawn {
        /// Which call.
        id: String,
        /// The release.
        digest: Digest,
    },
    /// Its settings are not what the release takes.
    #[error("the settings of call {id} do not fit the release: {setting} {what}")]
    Settings {
        /// Which call.
        id: String,
        /// Which setting.
        setting: String,
        /// What is wrong with it.
        what: String,
    },
    /// The release could not be had.
    #[error("the release could not be had")]
    Library {
        /// Why.
        #[from]
        source: LibraryError,
    },
    /// The record could not be read.
    #[error("the record could not be read")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
}

impl From<StoreError> for ReplayError {
    fn from(source: StoreError) -> Self {
        ReadError::from(source).into()
    }
}

impl ReplayError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::NoCall { .. } => Kind::NotFound,
            Self::InputNotKept { .. } | Self::Settings { .. } | Self::Withdrawn { .. } => {
                Kind::Refused
            }
            Self::Edited { .. } | Self::Unreadable { .. } | Self::Library { .. } => Kind::Fault,
            Self::Read { source } => source.kind(),
        }
    }
}

impl Replayed {
    /// Whether the answer is the same.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Record {
    /// Makes a call again: the same release, patient, encounter, role, site, moment, settings and grants, the chart as of
    /// the same commit. Of several calls of one id, which a form has that was sent again, the newest.
    ///
    /// # Errors
    /// Every variant of [`ReplayError`] says what to do about it.
    pub async fn replay(&self, caller: &Caller, id: &str) -> Result<Replayed, ReplayError> {
        permitted(caller)?;
        let row = self.store().call(id.to_owned()).await?;
        let row = row.ok_or_else(|| ReplayError::NoCall {
            id: id.chars().take(64).collect(),
        })?;
        let known = self.known_call(&row).await?;
        let release = self.release(&known.call.digest).await?;
        self.make_again(caller, known, &release).await
    }

    /// What is kept of a call, if its leaf says the same.
    async fn known_call(&self, row: &CallRow) -> Result<Known, ReplayError> {
        let leaf = self.store().leaves(row.n - 1, 1).await?.pop();
        if !leaf.is_some_and(|leaf| call_log::is_as_noted(row, &leaf)) {
            return Err(ReplayError::Edited {
                id: row.kept.id.clone(),
                leaf: row.n.unsigned_abs(),
            });
        }
        call_log::read(row).ok_or_else(|| ReplayError::Unreadable {
            id: row.kept.id.clone(),
        })
    }

    /// Puts a known call's question to a release, and holds the answer against the one that is kept.
    async fn make_again(
        &self,
        caller: &Caller,
        known: Known,
        release: &Arc<Release>,
    ) -> Result<Replayed, ReplayError> {
        let Known {
            call,
            settings,
            grants,
            question,
            answer: then,
        } = known;
        let question = match question {
            Part::Whole(question) => question,
            Part::Beyond(beyond) => {
                let (id, bytes) = (call.id, beyond.bytes);
                return Err(ReplayError::InputNotKept { id, bytes });
            }
        };
        let again = Call {
            settings: fitted(&call, settings, release)?,
            release: Arc::clone(release),
            site: call.site.clone(),
            patient: call.patient.clone(),
            encounter: call.encounter.clone(),
            role: call.role,
            now: call.now.clone(),
            t: call.t,
            id: call.id.clone(),
        };
        self.keep_leaf(replay_leaf(caller, &call, &release.digest))
            .await?;
        // Whoever makes it again reads as themselves, at the site where the call was made.
        let reader = Caller::authenticated(
            caller.account().to_owned(),
            caller.name().to_owned(),
            caller.role(),
            call.site.clone(),
        );
        let Answered { answer: now, cost } =
            self.answered(&reader, &again, question, &grants).await?;
        let (differences, by_load) = match &then {
            Part::Whole(then) => (
                Differences::between(then, &now),
                may_be_load(then) || may_be_load(&now),
            ),
            Part::Beyond(then) => {
                let sum = call_log::answer_sum(&now);
                let found = Differences::of_digests(&then.sha256, then.bytes, &sum);
                (found, may_be_load(&now))
            }
        };
        Ok(Replayed {
            call,
            release: Arc::clone(release),
            differences,
            by_load,
            cost,
        })
    }
}

/// Making a call again reads whatever it read, so it is for operators.
fn permitted(caller: &Caller) -> Result<(), ReplayError> {
    if caller.role() == Role::Operator {
        return Ok(());
    }
    Err(ReplayError::Forbidden {
        account: caller.account().to_owned(),
    })
}

/// The settings for a release: the call's own for the one that answered it; for another, those that it has too, and its
/// own defaults.
fn fitted(call: &PastCall, settings: Value, release: &Release) -> Result<Value, ReplayError> {
    if call.digest == release.digest {
        return Ok(settings);
    }
    let Value::Object(mut kept) = settings else {
        return Ok(settings);
    };
    let known = &release.manifest.settings;
    kept.retain(|name, _| known.iter().any(|setting| setting.name == *name));
    complete(known, &Value::Object(kept)).map_err(|(setting, what)| ReplayError::Settings {
        id: call.id.clone(),
        setting,
        what,
    })
}

/// The leaf that says why its asker reads what the following leaves say.
fn replay_leaf(caller: &Caller, call: &PastCall, by: &Digest) -> NewLeaf {
    let about = format!("{} call {} by {by}", call.departmental, call.id);
    NewLeaf {
        t: i64::try_from(call.t.0).unwrap_or(i64::MAX),
        ..NewLeaf::by(caller, "replay", about)
    }
}

fn may_be_load(answer: &Answer) -> bool {
    match answer {
        Answer::Failed { kind, .. } => match kind {
            FailureKind::Timeout
            | FailureKind::Load
            | FailureKind::Busy
            | FailureKind::Resting
            | FailureKind::HeldBack => true,
            FailureKind::Trap | FailureKind::Limit | FailureKind::Malformed => false,
        },
        Answer::Screen(_)
        | Answer::Outcome(_)
        | Answer::Proposal(_)
        | Answer::Advice(_)
        | Answer::Refused(_) => false,
    }
}

#[cfg(test)]
mod tests;
