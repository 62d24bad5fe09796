//! Interfaces declared, and read back: each a resource in the log (`Basic`), kept in memory as of a moment.
//!
//! Invariant: what is known is what the log said at most a second ago; whoever decides reads the log itself.

use fhir::query::Query;
use fhir::resource::{Resource, ResourceType};
use serde_json::{Value, json};

use super::{Declaration, Interface, PREFIX, SendingError, key};
use crate::caller::{Caller, Role};
use crate::commit::Receipt;
use crate::enablement::CODES;
use crate::limits::{INTERFACES_KNOWN_MS, INTERFACES_MAX};
use crate::log::At;
use crate::proposal::{Change, Proposal};
use crate::search::Page;
use crate::store::sending::Filled;
use crate::{Kind, ReadError, Record, Stored};

/// What marks a `Basic` as an interface.
const CODE: &str = "hl7v2-interface";
const EXTENSION: &str = "urn:palatine:hl7v2-interface";

/// The interfaces that this host knows of, and when it looked.
#[derive(Default)]
pub(crate) struct Known {
    looked_ms: Option<i64>,
    all: Vec<Interface>,
}

impl Record {
    /// Declares an interface, or changes how it is declared. What is sent begins behind this commit.
    ///
    /// # Errors
    /// Every variant of [`SendingError`] says what to do about it.
    pub async fn declare_interface(
        &self,
        caller: &Caller,
        declaration: Declaration,
    ) -> Result<Receipt, SendingError> {
        declaration.checked()?;
        may_decide(caller, declaration.site.as_str())?;
        let key = key(&declaration.id)?;
        let before = match self.read(&Caller::host(), &key, &At::Now).await {
            Ok(stored) => Some(stored),
            Err(error) if error.kind() == Kind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        if let Some(before) = before.as_ref().and_then(read) {
            // An id that another site uses is not free.
            may_decide(caller, before.declaration.site.as_str())?;
        } else if self.declared().await?.len() >= INTERFACES_MAX {
            return Err(SendingError::Declaration {
                member: "id",
                what: format!("would be one of more than {INTERFACES_MAX} interfaces"),
            });
        }
        let text = serde_json::to_string(&declaration).map_err(unreadable)?;
        let resource = Resource::from_value(json!({
            "resourceType": "Basic",
            "id": key.id.as_str(),
            "extension": [{ "url": EXTENSION, "extension": [
                { "url": "declaration", "valueString": text },
                { "url": "by", "valueString": caller.account() },
            ] }],
            "code": { "coding": [{ "system": CODES, "code": CODE }] },
        }))
        .map_err(unreadable)?;
        let id = declaration.id;
        let change = Change::Update {
            key,
            resource,
            seen: before.map(|stored| stored.version),
            temporary: None,
        };
        let proposal = Proposal::direct(vec![change]);
        let receipt = self.commit_granted(caller, proposal).await?;
        self.inner.interfaces.lock().await.looked_ms = None;
        if self.store().sending_place(id.clone()).await?.is_none() {
            let begun = Filled {
                under: None,
                interface: id,
                to: i64::try_from(receipt.t.0).ok(),
                rows: Vec::new(),
            };
            self.store().sending_fill(begun).await?;
        }
        Ok(receipt)
    }

    /// The interfaces of the whole region, as of at most a second ago.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn interfaces(&self) -> Result<Vec<Interface>, ReadError> {
        let now_ms = self.now_ms();
        let mut known = self.inner.interfaces.lock().await;
        let is_fresh = known
            .looked_ms
            .is_some_and(|looked| (0..INTERFACES_KNOWN_MS).contains(&(now_ms - looked)));
        if !is_fresh {
            known.all = self.declared().await?;
            known.looked_ms = Some(now_ms);
        }
        Ok(known.all.clone())
    }

    /// The interface through which a sender gets its application acknowledgements, where it is agreed so.
    ///
    /// # Errors
    /// `Store` when the database cannot be asked.
    pub async fn acknowledged_through(
        &self,
        application: &str,
        facility: &str,
    ) -> Result<Option<Interface>, ReadError> {
        let all = self.interfaces().await?;
        Ok(all.into_iter().find(|it| {
            let it = &it.declaration;
            it.active
                && it.sends("ACK")
                && it.receiving_application == application
                && it.receiving_facility == facility
        }))
    }

    /// The interfaces about which a caller decides.
    pub(super) async fn own_interfaces(
        &self,
        caller: &Caller,
    ) -> Result<Vec<Interface>, SendingError> {
        let mut all = self.declared().await?;
        all.retain(|it| may_decide(caller, it.declaration.site.as_str()).is_ok());
        match (all.is_empty(), caller.role()) {
            (true, Role::Clinician | Role::Feed | Role::Reaction) => {
                Err(forbidden(caller, caller.site().as_str()))
            }
            _ => Ok(all),
        }
    }

    /// An interface about which a caller decides.
    pub(super) async fn own_interface(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Interface, SendingError> {
        let all = self.own_interfaces(caller).await?;
        let found = all.into_iter().find(|it| it.declaration.id == id);
        found.ok_or_else(|| SendingError::NotFound {
            what: format!("interface {:?}", id.chars().take(40).collect::<String>()),
        })
    }

    async fn declared(&self) -> Result<Vec<Interface>, ReadError> {
        let pairs = [
            ("code".to_owned(), format!("{CODES}|{CODE}")),
            ("_count".to_owned(), INTERFACES_MAX.to_string()),
        ];
        let query = Query::parse(ResourceType::BASIC, &pairs).map_err(unreadable)?;
        let page = Page::First(At::Now);
        let found = self.search(&Caller::host(), &query, &page).await?;
        let is_ours = |stored: &&Stored| stored.key.id.as_str().starts_with(PREFIX);
        let mut all: Vec<Interface> = found
            .matches
            .iter()
            .filter(is_ours)
            .filter_map(read)
            .collect();
        all.sort_by(|one, other| one.declaration.id.cmp(&other.declaration.id));
        Ok(all)
    }
}

/// An interface from its resource; `None` for what this program did not write.
fn read(stored: &Stored) -> Option<Interface> {
    let value: Value = serde_json::from_str(stored.body.as_deref()?).ok()?;
    let parts = value.pointer("/extension/0/extension")?.as_array()?;
    let text = |name: &str| {
        let part = parts.iter().find(|part| part["url"] == name)?;
        part["valueString"].as_str()
    };
    let declaration: Declaration = serde_json::from_str(text("declaration")?).ok()?;
    declaration.checked().ok()?;
    Some(Interface {
        declaration,
        since: stored.t,
        by: text("by")?.to_owned(),
    })
}

/// Operators decide about all sites, a trust administrator about their own.
fn may_decide(caller: &Caller, site: &str) -> Result<(), SendingError> {
    match caller.role() {
        Role::Operator => Ok(()),
        Role::TrustAdministrator if caller.site().as_str() == site => Ok(()),
        Role::TrustAdministrator | Role::Clinician | Role::Feed | Role::Reaction => {
            Err(forbidden(caller, site))
        }
    }
}

fn forbidden(caller: &Caller, site: &str) -> SendingError {
    SendingError::Forbidden {
        account: caller.account().to_owned(),
        site: site.to_owned(),
    }
}

fn unreadable(why: impl std::fmt::Display) -> ReadError {
    ReadError::Unreadable {
        what: why.to_string(),
    }
}
