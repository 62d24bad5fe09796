//! What a site does with resources that break the profiles they declare: refuse them, or file those of its feeds and say so.
//!
//! Invariant: what R4 itself forbids is refused at every site; what is filed although it breaks a profile is marked and its
//! findings are kept in the same commit. The choice is a resource in the log (`Basic`, code `profile-policy`).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fhir::query::Query;
use fhir::resource::{Id, Key, Resource, ResourceType};
use serde_json::{Value, json};

use crate::caller::{Caller, Role, SiteCode};
use crate::commit::Receipt;
use crate::enablement::{CODES, EnableError};
use crate::log::At;
use crate::permission::{self, Action};
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::store::StoreError;
use crate::{ReadError, Record, Stored};

/// What marks a resource that was filed although it breaks a profile, and the provenance that keeps its findings. The code
/// is the site's.
pub const FINDINGS: &str = "urn:palatine:profile-findings";
const CODE: &str = "profile-policy";
const EXTENSION: &str = "urn:palatine:profile-policy";
/// Longest reason for a choice, in characters.
const REASON_CHARS_MAX: usize = 500;
/// For how long what was read is taken to hold, in milliseconds.
const FRESH_MS: i64 = 1_000;
/// Of how many sites it is kept.
const SITES_MAX: usize = 1_000;
/// How many commits with findings are listed.
const LISTED_MAX: u32 = 50;

/// What becomes of a feed's resource that breaks a profile which it declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Broken {
    /// It is refused, as everybody's is.
    #[default]
    Refuse,
    /// It is filed, marked, with its findings beside it.
    Warn,
}

/// What becomes of anybody's resource that declares a profile which is not known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// It is filed; the profile was not checked.
    #[default]
    Accept,
    /// It is refused.
    Refuse,
}

/// What a site chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProfilePolicy {
    /// For its feeds.
    pub feeds: Broken,
    /// For profiles that are not known.
    pub unknown: Unknown,
}

/// A commit that filed what breaks a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// When, RFC 3339 in UTC.
    pub recorded: String,
    /// The versions that were filed, for example `Observation/1/_history/2`.
    pub targets: Vec<String>,
    /// What each breaks, where and what to do.
    pub findings: Vec<String>,
}

impl Broken {
    /// The word by which it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Warn => "warn",
        }
    }
}

impl Unknown {
    /// The word by which it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
        }
    }
}

impl ProfilePolicy {
    /// Whether this caller's resource is filed although it breaks a profile.
    pub(crate) fn files(self, caller: &Caller) -> bool {
        self.feeds == Broken::Warn && caller.role() == Role::Feed
    }

    fn read(body: Option<&str>) -> Self {
        let value: Value = body
            .and_then(|body| serde_json::from_str(body).ok())
            .unwrap_or_default();
        let parts = value
            .pointer("/extension/0/extension")
            .and_then(Value::as_array);
        let has = |name: &str, word: &str| {
            parts.into_iter().flatten().any(|part| {
                part.get("url").and_then(Value::as_str) == Some(name)
                    && part.get("valueCode").and_then(Value::as_str) == Some(word)
            })
        };
        Self {
            feeds: if has("feeds", Broken::Warn.as_str()) {
                Broken::Warn
            } else {
                Broken::Refuse
            },
            unknown: if has("unknown", Unknown::Refuse.as_str()) {
                Unknown::Refuse
            } else {
                Unknown::Accept
            },
        }
    }

    fn written(self, key: &Key, caller: &Caller, reason: &str) -> Option<Resource> {
        let part = |name: &str, word: &str| json!({ "url": name, "valueCode": word });
        let mut parts = vec![
            part("site", caller.site().as_str()),
            part("feeds", self.feeds.as_str()),
            part("unknown", self.unknown.as_str()),
            json!({ "url": "by", "valueString": caller.account() }),
        ];
        let reason: String = reason
            .trim()
            .chars()
            .filter(|c| !c.is_control())
            .take(REASON_CHARS_MAX)
            .collect();
        if !reason.is_empty() {
            parts.push(json!({ "url": "reason", "valueString": reason }));
        }
        let value = json!({
            "resourceType": "Basic",
            "id": key.id.as_str(),
            "extension": [{ "url": EXTENSION, "extension": parts }],
            "code": { "coding": [{ "system": CODES, "code": CODE }] },
        });
        Resource::from_value(value).ok()
    }
}

/// What was read lately, so that a flood of small writes does not ask the database the same again and again. Every host
/// follows a choice within `FRESH_MS`.
#[derive(Debug, Default)]
pub(crate) struct Policies(Mutex<HashMap<SiteCode, (i64, ProfilePolicy)>>);

impl Policies {
    fn fresh(&self, site: &SiteCode, now_ms: i64) -> Option<ProfilePolicy> {
        let (read_ms, policy) = *self.lock().get(site)?;
        (0..FRESH_MS)
            .contains(&(now_ms - read_ms))
            .then_some(policy)
    }

    fn keep(&self, site: &SiteCode, now_ms: i64, policy: ProfilePolicy) {
        let mut kept = self.lock();
        if kept.len() >= SITES_MAX {
            kept.clear();
        }
        kept.insert(site.clone(), (now_ms, policy));
    }

    fn forget(&self, site: &SiteCode) {
        self.lock().remove(site);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SiteCode, (i64, ProfilePolicy)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one resource that says what a site chose.
pub(crate) fn key(site: &SiteCode) -> Option<Key> {
    let id: Id = format!("profile-policy-{site}").parse().ok()?;
    Some(Key::new(ResourceType::BASIC, id))
}

impl Record {
    /// What a site chose, as of the last commit; to refuse, where it chose nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn profile_policy(&self, site: &SiteCode) -> Result<ProfilePolicy, StoreError> {
        let now_ms = self.now_ms();
        if let Some(policy) = self.inner.policies.fresh(site, now_ms) {
            return Ok(policy);
        }
        let Some(key) = key(site) else {
            return Ok(ProfilePolicy::default());
        };
        let standing = self.standing_of(&[key], self.current_t()).await?;
        let row = standing.into_iter().next().flatten();
        let policy = ProfilePolicy::read(row.as_ref().and_then(|row| row.body.as_deref()));
        self.inner.policies.keep(site, now_ms, policy);
        Ok(policy)
    }

    /// Chooses for the caller's own site.
    ///
    /// # Errors
    /// `Forbidden` for all but trust administrators, `Commit`.
    pub async fn choose_profile_policy(
        &self,
        caller: &Caller,
        wanted: ProfilePolicy,
        reason: &str,
    ) -> Result<Receipt, EnableError> {
        may_choose(caller)?;
        let written =
            key(caller.site()).and_then(|key| Some((wanted.written(&key, caller, reason)?, key)));
        let Some((resource, key)) = written else {
            return Err(EnableError::Setting {
                setting: CODE.to_owned(),
                what: "cannot be kept for this site".to_owned(),
            });
        };
        let change = Change::Update {
            key,
            resource,
            seen: None,
            temporary: None,
        };
        let receipt = self
            .commit_granted(caller, Proposal::direct(vec![change]))
            .await?;
        self.inner.policies.forget(caller.site());
        Ok(receipt)
    }

    /// The last commits at the caller's own site that filed what breaks a profile, newest first.
    ///
    /// # Errors
    /// `Forbidden` for all but trust administrators, `Read`.
    pub async fn filed_with_findings(&self, caller: &Caller) -> Result<Vec<Filed>, EnableError> {
        may_choose(caller)?;
        let pairs = [
            ("_tag", format!("{FINDINGS}|{}", caller.site())),
            ("_sort", "-_lastUpdated".to_owned()),
            ("_count", LISTED_MAX.to_string()),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value));
        let query = Query::parse(ResourceType::PROVENANCE, &pairs).map_err(|error| {
            ReadError::Unreadable {
                what: error.to_string(),
            }
        })?;
        let found = self
            .search(&Caller::host(), &query, &Page::First(At::Now))
            .await?;
        Ok(found.matches.iter().filter_map(filed).collect())
    }
}

fn may_choose(caller: &Caller) -> Result<(), EnableError> {
    permission::check(caller, Action::Enable, "Basic").map_err(|_| EnableError::Forbidden {
        account: caller.account().to_owned(),
    })
}

fn filed(stored: &Stored) -> Option<Filed> {
    let value: Value = serde_json::from_str(stored.body.as_deref()?).ok()?;
    let texts = |at: &str, name: &str| -> Vec<String> {
        let all = value
            .pointer(at)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        all.filter_map(|one| Some(one.get(name)?.as_str()?.to_owned()))
            .collect()
    };
    Some(Filed {
        recorded: value.get("recorded")?.as_str()?.to_owned(),
        targets: texts("/target", "reference"),
        findings: texts("/contained/0/issue", "diagnostics"),
    })
}
