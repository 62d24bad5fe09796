//! Accounts, sign-in and sessions: the only door through which a `Caller` comes into being.
//!
//! Invariant: passwords are kept as argon2id hashes, session tokens as SHA-256 digests.

use crate::caller::{Caller, Role, SiteCode};
use crate::store::StoreError;
use crate::{Kind, Record};

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
            Self::TooMany { .. } => Kind::Busy,
            Self::NotAnAccount { .. } => Kind::Incorrect,
            Self::Store { source } => source.kind(),
        }
    }
}

impl Record {
    /// Creates or replaces an account.
    ///
    /// # Errors
    /// `NotAnAccount` with what to change, `Store`.
    pub async fn put_account(&self, account: NewAccount) -> Result<(), SignInError> {
        let _ = account;
        todo!()
    }

    /// Checks name and password and opens a session.
    ///
    /// # Errors
    /// `Wrong`, `TooMany`, `Store`.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<SignedIn, SignInError> {
        let _ = (name, password);
        todo!()
    }

    /// The caller behind a session token; cached, so that it costs no query on a hot path.
    ///
    /// # Errors
    /// `NoSession`, `Store`.
    pub async fn caller(&self, token: &str) -> Result<Caller, SignInError> {
        let _ = token;
        todo!()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// `Store`.
    pub async fn sign_out(&self, token: &str) -> Result<(), SignInError> {
        let _ = token;
        todo!()
    }

    /// The account of a feed, by sending application and facility (MSH-3, MSH-4).
    ///
    /// # Errors
    /// `UnknownFeed`, `Store`.
    pub async fn feed(&self, application: &str, facility: &str) -> Result<Caller, SignInError> {
        let _ = (application, facility);
        todo!()
    }

    /// Whoever may start this process (seed, import, the reaction loop).
    pub fn operator(&self, site: &SiteCode) -> Caller {
        Caller::authenticated(
            "operator".into(),
            "Operator".into(),
            Role::Operator,
            site.clone(),
        )
    }
}
