//! Departmentals' advice as services that other systems call (CDS Hooks): which there are, one asked, what became of a card.
//!
//! Invariant: feedback is kept only about a card that a kept call of this site gave; the card's number leads to that call.

use fhir::resource::{Id, Key, ResourceType};

use super::{Advised, AskError};
use crate::caller::Caller;
use crate::commit::{CommitError, Receipt};
use crate::departmental::DepartmentalId;
use crate::departmental::grant::Grants;
use crate::departmental::manifest::Hook;
use crate::limits::{CARDS_MAX, FEEDBACK_CHARS_MAX};
use crate::log::moment::Moment;
use crate::note::Note;
use crate::proposal::Proposal;
use crate::store::StoreError;
use crate::{Kind, ReadError, Record};

/// What marks a note as feedback.
const CODE: &str = "advice-feedback";
/// The digits of ids, five bits each.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A departmental that speaks at a hook where the caller works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Which departmental.
    pub departmental: DepartmentalId,
    /// Its name as people read it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// At which hook.
    pub hook: Hook,
    /// Why it asks to be heard, in its supplier's words.
    pub reason: String,
}

/// The number of a card, by which its reader says what became of it: the call that gave it, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber(u128);

impl CardNumber {
    /// The number of a card by its place in the answer of a call; `None` for what is no call's id.
    pub fn of(call: &str, place: usize) -> Option<Self> {
        let place = u128::try_from(place).ok().filter(|it| *it < 16)?;
        let digit = |byte| DIGITS.iter().position(|it| *it == byte);
        let bits = call.bytes().try_fold(0_u128, |bits, byte| {
            let digit = u128::try_from(digit(byte)?).ok()?;
            bits.checked_mul(32).map(|bits| bits | digit)
        });
        let bits = bits.filter(|_| call.len() == 26)?;
        Some(Self((bits & !15) | place))
    }

    /// A UUID as it is written; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<&str> = text.split('-').collect();
        let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && groups.concat().bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = is_uuid.then(|| u128::from_str_radix(&groups.concat(), 16).ok());
        bits.flatten().map(Self)
    }

    /// The ids of the calls that may have given the card: all but the last four bits of one are in it.
    fn calls(self) -> impl Iterator<Item = String> {
        (0..16).map(move |low| {
            let bits = (self.0 & !15) | low;
            let digit =
                |place: u32| DIGITS[usize::try_from((bits >> (place * 5)) & 31).unwrap_or(0)];
            (0..26)
                .rev()
                .map(|place| char::from(digit(place)))
                .collect()
        })
    }
}

impl std::fmt::Display for CardNumber {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hex = format!("{:032x}", self.0);
        let groups =
            [0..8, 8..12, 12..16, 16..20, 20..32].map(|of| hex.get(of).unwrap_or_default());
        to.write_str(&groups.join("-"))
    }
}

/// What became of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// Which card.
    pub card: CardNumber,
    /// Whether its reader did as it says.
    pub outcome: Outcome,
    /// The reader's reason, coded as `system|code`, if there is one.
    pub reason: Option<String>,
    /// The reader's own words, if there are any.
    pub comment: Option<String>,
    /// When, as the reader's system says it.
    pub at: String,
}

/// Whether a card's reader did as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They did.
    Accepted,
    /// They did not.
    Overridden,
}

impl Outcome {
    /// The word of CDS Hooks.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Overridden => "overridden",
        }
    }
}

/// Why feedback was not kept.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// No call of this departmental at the caller's site gave such a card.
    #[error("{departmental} gave no card {card} at {site}")]
    NoSuchCard {
        /// The departmental.
        departmental: DepartmentalId,
        /// The card.
        card: CardNumber,
        /// The site.
        site: String,
    },
    /// A text is too long.
    #[error(
        "{member} of the feedback about card {card} has more than {FEEDBACK_CHARS_MAX} characters"
    )]
    TooLong {
        /// Which member.
        member: &'static str,
        /// The card.
        card: CardNumber,
    },
    /// It could not be looked up.
    #[error("the card could not be looked up")]
    Read {
        /// Why.
        #[from]
        source: ReadError,
    },
    /// It could not be committed.
    #[error("the feedback could not be kept")]
    Commit {
        /// Why.
        #[from]
        source: CommitError,
    },
}

impl FeedbackError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoSuchCard { .. } => Kind::NotFound,
            Self::TooLong { .. } => Kind::Incorrect,
            Self::Read { source } => source.kind(),
            Self::Commit { source } => source.kind(),
        }
    }
}

impl From<StoreError> for FeedbackError {
    fn from(source: StoreError) -> Self {
        ReadError::from(source).into()
    }
}

impl Record {
    /// The departmentals that speak where the caller works, per hook; in order of name. One whose release cannot be had
    /// now is left out.
    ///
    /// # Errors
    /// When it cannot be told what is enabled.
    pub async fn advice_services(&self, caller: &Caller) -> Result<Vec<Service>, ReadError> {
        let mut services = Vec::new();
        for enablement in self.enablements(caller.site()).await? {
            let given = enablement.given();
            let Ok(release) = self.release(&enablement.digest).await else {
                tracing::warn!(departmental = %enablement.departmental, "no service of {}: its release cannot be had", enablement.departmental);
                continue;
            };
            for declared in &release.manifest.hooks {
                if Grants::may_advise(&release.manifest, &given, declared.hook) {
                    services.push(Service {
                        departmental: enablement.departmental.clone(),
                        name: release.manifest.name.clone(),
                        version: enablement.version.clone(),
                        hook: declared.hook,
                        reason: declared.reason.clone(),
                    });
                }
            }
        }
        services.sort_by(|one, other| (&one.name, one.hook).cmp(&(&other.name, other.hook)));
        Ok(services)
    }

    /// As [`Record::advice`], of one departmental. `None`: it does not speak at that hook here.
    ///
    /// # Errors
    /// Those of [`Record::advice`].
    pub async fn advice_from(
        &self,
        caller: &Caller,
        (departmental, hook): (&DepartmentalId, Hook),
        patient: &Id,
        moment: &Moment,
    ) -> Result<Option<Advised>, AskError> {
        let mut enabled = self.enablements(caller.site()).await?;
        enabled.retain(|it| it.departmental == *departmental);
        let mut advised = self
            .advice_of(caller, hook, (patient, moment), enabled)
            .await?;
        Ok(advised.pop())
    }

    /// Keeps what became of cards that a departmental gave at the caller's site, all of it or nothing. Said again, it takes
    /// the place of what was said before, which stays in its history.
    ///
    /// # Errors
    /// Every variant of [`FeedbackError`].
    pub async fn keep_feedback(
        &self,
        caller: &Caller,
        departmental: &DepartmentalId,
        feedback: &[Feedback],
    ) -> Result<Option<Receipt>, FeedbackError> {
        let mut changes = Vec::with_capacity(feedback.len());
        for one in feedback {
            let call = self.call_of_card(caller, departmental, one.card).await?;
            changes.push(note(caller, departmental, one, call)?.change(None)?);
        }
        if changes.is_empty() {
            return Ok(None);
        }
        let proposal = Proposal::direct(changes);
        Ok(Some(self.commit_granted(caller, proposal).await?))
    }

    async fn call_of_card(
        &self,
        caller: &Caller,
        departmental: &DepartmentalId,
        card: CardNumber,
    ) -> Result<String, FeedbackError> {
        for id in card.calls() {
            let Some(row) = self.store().call(id.clone()).await? else {
                continue;
            };
            if row.kept.departmental == departmental.as_str() && row.site == caller.site().as_str()
            {
                return Ok(id);
            }
        }
        Err(FeedbackError::NoSuchCard {
            departmental: departmental.clone(),
            card,
            site: caller.site().to_string(),
        })
    }
}

fn note(
    caller: &Caller,
    departmental: &DepartmentalId,
    one: &Feedback,
    call: String,
) -> Result<Note, FeedbackError> {
    let bounded = |member, text: &Option<String>| {
        let text = text.clone().unwrap_or_default();
        match text.chars().count() <= FEEDBACK_CHARS_MAX {
            true => Ok(text),
            false => Err(FeedbackError::TooLong {
                member,
                card: one.card,
            }),
        }
    };
    let id = format!("feedback-{}", one.card);
    let id: Id = id.parse().map_err(|_| StoreError::Closed)?;
    Ok(Note {
        key: Key::new(ResourceType::BASIC, id),
        code: CODE,
        texts: vec![
            ("departmental", departmental.to_string()),
            ("call", call),
            ("card", one.card.to_string()),
            ("outcome", one.outcome.as_str().to_owned()),
            ("reason", bounded("reason", &one.reason)?),
            ("comment", bounded("comment", &one.comment)?),
            ("at", bounded("outcomeTimestamp", &Some(one.at.clone()))?),
            ("by", caller.account().to_owned()),
        ],
    })
}

const _: () = assert!(
    CARDS_MAX <= 16,
    "four bits of a card's number are its place"
);
