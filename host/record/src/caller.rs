//! Who asks, in which role and at which site.
//!
//! Invariant: a `Caller` exists only if authentication passed; nothing outside this package can build one.

use std::fmt;
use std::str::FromStr;

/// Longest ODS code, in characters.
const SITE_CODE_CHARS_MAX: usize = 12;

/// An organisation's ODS code, for example `RXR`: 1 to 12 upper-case letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteCode(String);

/// A text that is not an ODS code.
#[derive(Debug, thiserror::Error)]
#[error("a site's code is 1 to {SITE_CODE_CHARS_MAX} upper-case letters and digits, not {0:?}")]
pub struct NotASiteCode(String);

impl SiteCode {
    /// The system by which identifiers say that they are ODS codes.
    pub const SYSTEM: &str = "https://fhir.nhs.uk/Id/ods-organization-code";

    /// The code as written, for example `RXR`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteCode {
    type Err = NotASiteCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let well_formed = (1..=SITE_CODE_CHARS_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotASiteCode(
                text.chars().take(SITE_CODE_CHARS_MAX * 2).collect(),
            ))
        }
    }
}

impl fmt::Display for SiteCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a person or a machine is here to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads and writes clinical facts about patients.
    Clinician,
    /// Decides which departmentals run at their own site; sees no clinical facts.
    TrustAdministrator,
    /// A machine that sends messages.
    Feed,
    /// Somebody who can start the process: seeds, imports, repairs.
    Operator,
    /// Nobody: the host itself, while a departmental reacts to a change. No account can have this role.
    Reaction,
}

/// A word that names no role.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown role {0:?}; the roles are clinician, trust-administrator, feed, operator, reaction"
)]
pub struct NotARole(String);

impl Role {
    /// Every role, in the order in which tables print them.
    pub const ALL: [Self; 5] = [
        Self::Clinician,
        Self::TrustAdministrator,
        Self::Feed,
        Self::Operator,
        Self::Reaction,
    ];

    /// The word by which accounts, manifests and audit name the role.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clinician => "clinician",
            Self::TrustAdministrator => "trust-administrator",
            Self::Feed => "feed",
            Self::Operator => "operator",
            Self::Reaction => "reaction",
        }
    }
}

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or_else(|| NotARole(word.chars().take(40).collect()))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Somebody who has been authenticated.
#[derive(Clone, Debug)]
pub struct Caller {
    account: String,
    name: String,
    role: Role,
    site: SiteCode,
    certificate: Option<String>,
}

impl Caller {
    /// Only `account` (after authentication) and `reaction` (the host itself) call this.
    pub(crate) fn authenticated(account: String, name: String, role: Role, site: SiteCode) -> Self {
        Self {
            account,
            name,
            role,
            site,
            certificate: None,
        }
    }

    /// The same, with the name that the certificate of its connections has to have.
    pub(crate) fn bound_to(self, certificate: Option<String>) -> Self {
        Self {
            certificate,
            ..self
        }
    }

    /// The host itself, where it reads its own decisions.
    pub(crate) fn host() -> Self {
        Self::authenticated(
            "host".into(),
            "Host".into(),
            Role::Operator,
            SiteCode("HOST".into()),
        )
    }

    /// The host itself, where it says how a subscription stands. No account can be this.
    pub(crate) fn of_subscriptions() -> Self {
        Self::authenticated(
            "subscriptions".into(),
            "Subscriptions".into(),
            Role::Reaction,
            SiteCode("HOST".into()),
        )
    }

    /// Whether it is the host itself, as [`Caller::of_subscriptions`].
    pub(crate) fn is_of_subscriptions(&self) -> bool {
        self.role == Role::Reaction && self.account == "subscriptions"
    }

    /// Nobody: who sent a message that names no sender known here. It may do nothing but have it kept.
    pub(crate) fn unknown_sender() -> Self {
        Self::authenticated(
            "unknown".into(),
            "Unknown sender".into(),
            Role::Feed,
            SiteCode("UNKNOWN".into()),
        )
    }

    /// The same, where what they do is another site's: only an operator sees another one than their own.
    pub(crate) fn at(&self, site: SiteCode) -> Self {
        Self {
            site,
            ..self.clone()
        }
    }

    /// The account's name, as it is written in the audit.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The person's name as others read it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role in which they ask.
    pub fn role(&self) -> Role {
        self.role
    }

    /// For feeds: the name that the certificate of every connection with its messages has to have; `None` where its
    /// account is bound to no certificate.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The site at which they ask.
    pub fn site(&self) -> &SiteCode {
        &self.site
    }
}

#[cfg(test)]
mod tests;
