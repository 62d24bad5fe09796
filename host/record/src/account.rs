//! Accounts, sign-in and sessions: the only door through which a `Caller` comes into being.
//!
//! Invariant: passwords are kept as argon2id hashes, session tokens as SHA-256 digests.

mod attempts;
mod certificate;
mod password;
mod session;

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::account::attempts::Attempts;
use crate::account::password::Passwords;
use crate::account::session::Session;
use crate::caller::{Caller, Role, SiteCode};
use crate::limits::{PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use crate::store::StoreError;
use crate::store::shelf::{Item, Shelf};
use crate::{Kind, Record};

/// Longest name of an account, and of the person, in characters.
const NAME_CHARS_MAX: usize = 100;

/// An account to keep.
#[derive(Clone)]
pub struct NewAccount {
    /// The name to sign in with.
    pub account: String,
    /// The person's name as others read it.
    pub name: String,
    /// What the account is here to do.
    pub role: Role,
    /// Where it works.
    pub site: SiteCode,
    /// Its password; kept only as a hash.
    pub password: String,
    /// For feeds: sending application and facility (MSH-3, MSH-4).
    pub feed: Option<(String, String)>,
}

/// An open session.
#[derive(Clone)]
pub struct SignedIn {
    /// What the browser or app sends with every request.
    pub token: String,
    /// Who it is.
    pub caller: Caller,
    /// Until when, RFC 3339 in UTC.
    pub expires_at: String,
}

/// Why somebody could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name and password do not belong together; which of them is wrong is not said.
    #[error("name and password do not belong together")]
    Wrong,
    /// Too many wrong attempts.
    #[error("too many attempts: wait {wait_s} seconds")]
    TooMany {
        /// How long to wait.
        wait_s: u64,
    },
    /// Too many people sign in at this moment.
    #[error("too many people are signing in: try again in a second")]
    Busy,
    /// The session has ended or never was.
    #[error("the session has ended: sign in again")]
    NoSession,
    /// The sender is not known here.
    #[error("no feed is known from {application}|{facility}")]
    UnknownFeed {
        /// MSH-3.
        application: String,
        /// MSH-4.
        facility: String,
    },
    /// The account cannot be kept as written.
    #[error("the account cannot be kept: {what}")]
    NotAnAccount {
        /// What is wrong and what to do.
        what: String,
    },
    /// The machine did not do its part.
    #[error("{doing} failed")]
    Fault {
        /// What was being done.
        doing: &'static str,
    },
    /// The database did not answer.
    #[error("the accounts could not be read")]
    Store {
        /// Why.
        #[from]
        source: StoreError,
    },
}

impl SignInError {
    /// The only thing an edge may branch on.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Wrong | Self::NoSession | Self::UnknownFeed { .. } => Kind::Forbidden,
            Self::TooMany { .. } | Self::Busy => Kind::Busy,
            Self::NotAnAccount { .. } => Kind::Incorrect,
            Self::Fault { .. } => Kind::Fault,
            Self::Store { source } => source.kind(),
        }
    }
}

/// What sign-in keeps in memory.
#[derive(Default)]
pub(crate) struct Accounts {
    passwords: Passwords,
    attempts: Attempts,
    sessions: RwLock<HashMap<[u8; 32], Session>>,
}

/// An account as it lies on its shelf.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptAccount {
    name: String,
    role: String,
    site: String,
    hash: String,
    /// Not written where there is none, so that old binaries read all accounts but those that they could not heed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
}

impl Record {
    /// Creates or replaces an account. Sessions that were opened with another password have ended; a feed stays bound to
    /// its certificate.
    ///
    /// # Errors
    /// `NotAnAccount` with what to change, `Busy`, `Store`.
    pub async fn put_account(&self, account: NewAccount) -> Result<(), SignInError> {
        checked(&account)?;
        let before = self.account(&account.account).await?;
        let kept = KeptAccount {
            name: account.name,
            role: account.role.as_str().to_owned(),
            site: account.site.to_string(),
            hash: self.inner.accounts.passwords.hash(account.password).await?,
            certificate: before
                .filter(|_| account.role == Role::Feed)
                .and_then(|(kept, _)| kept.certificate),
        };
        let mut items = vec![item(
            Shelf::Account,
            account.account.clone(),
            written(&kept)?,
            None,
        )];
        if let Some((application, facility)) = account.feed {
            items.push(item(
                Shelf::Feed,
                sender(&application, &facility),
                account.account,
                None,
            ));
        }
        self.shelve(items).await?;
        self.inner
            .accounts
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        Ok(())
    }

    /// Checks name and password and opens a session. An unknown name takes as long as a wrong password.
    ///
    /// # Errors
    /// `Wrong`, `TooMany`, `Busy`, `Store`.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<SignedIn, SignInError> {
        let accounts = &self.inner.accounts;
        let now_ms = self.now_ms();
        accounts
            .attempts
            .begin(name, now_ms)
            .map_err(|wait_s| SignInError::TooMany { wait_s })?;
        let fits = name.chars().count() <= NAME_CHARS_MAX && password.len() <= PASSWORD_BYTES_MAX;
        let known = if fits {
            self.account(name).await?
        } else {
            None
        };
        let hash = known.as_ref().map(|(kept, _)| kept.hash.clone());
        let password = if fits {
            password.to_owned()
        } else {
            String::new()
        };
        let belongs = accounts.passwords.belongs(password, hash).await?;
        let Some((kept, caller)) = known.filter(|_| belongs) else {
            return Err(SignInError::Wrong);
        };
        accounts.attempts.right(name);
        self.open_session(caller, &kept.hash, now_ms).await
    }

    /// The account of a feed, by sending application and facility (MSH-3, MSH-4).
    ///
    /// # Errors
    /// `UnknownFeed`, `Store`.
    pub async fn feed(&self, application: &str, facility: &str) -> Result<Caller, SignInError> {
        let unknown = || SignInError::UnknownFeed {
            application: application.chars().take(NAME_CHARS_MAX).collect(),
            facility: facility.chars().take(NAME_CHARS_MAX).collect(),
        };
        let feed = self
            .shelved(Shelf::Feed, &sender(application, facility))
            .await?
            .ok_or_else(unknown)?;
        let (_, caller) = self.account(&feed.document).await?.ok_or_else(unknown)?;
        if caller.role() == Role::Feed {
            Ok(caller)
        } else {
            Err(unknown())
        }
    }

    /// Whoever may start this process (seed, import, repair).
    pub fn operator(&self, site: &SiteCode) -> Caller {
        Caller::authenticated(
            "operator".into(),
            "Operator".into(),
            Role::Operator,
            site.clone(),
        )
    }

    /// Whoever an account is for, as it is now, without their signing in: for what they asked to be done later.
    pub(crate) async fn caller_of(&self, name: &str) -> Result<Option<Caller>, StoreError> {
        match self.account(name).await {
            Ok(found) => Ok(found.map(|(_, caller)| caller)),
            Err(SignInError::Store { source }) => Err(source),
            Err(why) => Err(StoreError::Corrupt {
                doing: "reading an account",
                what: why.to_string(),
            }),
        }
    }

    async fn account(&self, name: &str) -> Result<Option<(KeptAccount, Caller)>, SignInError> {
        let Some(found) = self.shelved(Shelf::Account, name).await? else {
            return Ok(None);
        };
        let kept: KeptAccount = read(&found)?;
        let (Ok(role), Ok(site)) = (kept.role.parse(), kept.site.parse()) else {
            return Err(corrupt(&found).into());
        };
        let caller = Caller::authenticated(name.to_owned(), kept.name.clone(), role, site)
            .bound_to(kept.certificate.clone());
        Ok(Some((kept, caller)))
    }
}

fn checked(account: &NewAccount) -> Result<(), SignInError> {
    let wrong = |what: &str| {
        Err(SignInError::NotAnAccount {
            what: what.to_owned(),
        })
    };
    let is_name = |text: &str| {
        (1..=NAME_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    if !is_name(&account.account) || account.account.trim() != account.account {
        return wrong("its name is 1 to 100 characters, with no space before or after");
    }
    if !is_name(&account.name) {
        return wrong("the person's name is 1 to 100 characters");
    }
    if account.password.chars().count() < PASSWORD_CHARS_MIN
        || account.password.len() > PASSWORD_BYTES_MAX
    {
        return wrong("its password is 8 characters at least and 256 bytes at most");
    }
    match (account.role, &account.feed) {
        (Role::Reaction, _) => wrong("the role `reaction` is the host's own"),
        (Role::Feed, Some((application, facility)))
            if is_name(application) && is_name(facility) =>
        {
            Ok(())
        }
        (Role::Feed, Some(_) | None) => wrong("a feed needs its sending application and facility"),
        (Role::Clinician | Role::TrustAdministrator | Role::Operator, Some(_)) => {
            wrong("only a feed sends messages")
        }
        (Role::Clinician | Role::TrustAdministrator | Role::Operator, None) => Ok(()),
    }
}

/// A feed's name on its shelf: no application and facility run into another pair.
fn sender(application: &str, facility: &str) -> String {
    format!("{}:{application}|{facility}", application.len())
}

fn item(shelf: Shelf, name: String, document: String, ends_at_ms: Option<i64>) -> Item {
    Item {
        shelf,
        name,
        document,
        ends_at_ms,
    }
}

fn written<T: Serialize>(kept: &T) -> Result<String, SignInError> {
    serde_json::to_string(kept).map_err(|_| SignInError::Fault {
        doing: "writing an account down",
    })
}

fn read<T: for<'de> Deserialize<'de>>(item: &Item) -> Result<T, SignInError> {
    serde_json::from_str(&item.document).map_err(|_| corrupt(item).into())
}

fn corrupt(item: &Item) -> StoreError {
    StoreError::Corrupt {
        doing: "reading an account or session",
        what: format!("{:?} is not readable", item.shelf),
    }
}

#[cfg(test)]
mod tests;
