//! Documents that partners hold: who holds them, as an operator declares it, and looking at one that a pointer leads to.
//!
//! Invariant: nobody is asked but a holder that is declared, at an address below its own; no document leaves before its
//! audit leaf is kept.

mod address;
mod codec;
mod freshness;
mod heard;
mod look;
mod pointer;
mod shown;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

pub use self::address::{Address, NotAnAddress};
pub use self::heard::HolderHeard;
pub use self::shown::{Content, How, Looked, NotShown};
pub use crate::adviser::DeclareError;
use crate::adviser::{NotAnAdviserId, incorrect, is_short_name, may_declare, sound_name};
use crate::caller::{Caller, SiteCode};
use crate::commit::Receipt;
use crate::limits::document::{
    DOCUMENTS_AT_ONCE, DOCUMENTS_OF_HOLDER_AT_ONCE, HOLDERS_MAX, OLD_COPY_HOURS_MAX,
};
use crate::{ReadError, Record};

/// The name of a holder: 1 to 40 lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderId(String);

impl FromStr for HolderId {
    type Err = NotAnAdviserId;

    fn from_str(text: &str) -> Result<Self, NotAnAdviserId> {
        is_short_name(text)
            .then(|| Self(text.to_owned()))
            .ok_or(NotAnAdviserId)
    }
}

impl fmt::Display for HolderId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

/// Who holds documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its name here.
    pub id: HolderId,
    /// Its name as people read it.
    pub name: String,
    /// Its documents lie here or below.
    pub base: Address,
    /// Whose clinicians it is asked for; none: those of every site.
    pub sites: Vec<SiteCode>,
    /// Whether it is asked.
    pub runs: bool,
    /// How old a copy may be that is shown when it cannot be asked, in hours; 0: none is.
    pub old_copy_hours: u32,
}

/// Every holder, with the version of the note that says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// In order of their names here.
    pub all: Vec<Holder>,
    /// What whoever changes them saw.
    pub version: u64,
}

/// What a record keeps about holders in memory.
pub(crate) struct Doings {
    turns: Arc<Semaphore>,
    turns_of: Mutex<BTreeMap<HolderId, Arc<Semaphore>>>,
    heard: heard::Known,
}

impl Default for Doings {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(DOCUMENTS_AT_ONCE)),
            turns_of: Mutex::default(),
            heard: heard::Known::default(),
        }
    }
}

impl Doings {
    fn turns_of(&self, id: &HolderId) -> Arc<Semaphore> {
        let mut all = self.turns_of.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = all.entry(id.clone());
        let new = || Arc::new(Semaphore::new(DOCUMENTS_OF_HOLDER_AT_ONCE));
        Arc::clone(turns.or_insert_with(new))
    }
}

impl Record {
    /// Every holder, for an operator.
    ///
    /// # Errors
    /// `Forbidden` for everybody else, `Read`.
    pub async fn holders(&self, caller: &Caller) -> Result<Holders, DeclareError> {
        may_declare(caller)?;
        Ok(self.known_holders().await?)
    }

    /// How many copies of each holder's documents are kept, for an operator.
    ///
    /// # Errors
    /// `Forbidden` for everybody else, `Read`.
    pub async fn copies(&self, caller: &Caller) -> Result<Vec<(String, u64)>, DeclareError> {
        may_declare(caller)?;
        let counts = self.store().copies().await?.into_iter();
        let counts = counts.map(|(id, count)| (id, u64::try_from(count).unwrap_or(0)));
        Ok(counts.collect())
    }

    /// Declares a holder, or another one in its place; `seen` is the version of [`Holders`] that was looked at.
    ///
    /// # Errors
    /// Every variant of [`DeclareError`].
    pub async fn declare_holder(
        &self,
        caller: &Caller,
        holder: Holder,
        seen: u64,
    ) -> Result<Receipt, DeclareError> {
        may_declare(caller)?;
        let known = self.known_holders().await?;
        if known.version != seen {
            return Err(DeclareError::Changed);
        }
        let mut all = known.all;
        all.retain(|it| it.id != holder.id);
        sound(&holder, &all)?;
        let doings = &self.inner.locator;
        doings
            .heard
            .keep(|id| *id == holder.id || all.iter().any(|it| it.id == *id));
        all.push(holder);
        all.sort_by(|one, other| one.id.cmp(&other.id));
        if all.len() > HOLDERS_MAX {
            let what = format!("{HOLDERS_MAX} are declared already");
            return Err(incorrect("holders", what));
        }
        self.declare_note(caller, codec::written(&all, caller)?, seen)
            .await
    }

    /// Has a declared holder asked from now on, or asked no longer; `seen` is the version of [`Holders`] that was looked at.
    ///
    /// # Errors
    /// `Incorrect` when no such holder is declared, and every other variant of [`DeclareError`].
    pub async fn ask_holder(
        &self,
        caller: &Caller,
        id: &HolderId,
        runs: bool,
        seen: u64,
    ) -> Result<Receipt, DeclareError> {
        let all = self.holders(caller).await?.all;
        let found = all.into_iter().find(|it| it.id == *id);
        let holder =
            found.ok_or_else(|| incorrect("holder", format!("none is declared as {id}")))?;
        let holder = Holder { runs, ..holder };
        self.declare_holder(caller, holder, seen).await
    }

    /// What is declared now. It is the host's own note, and kept in memory: looking at it leaves no leaf.
    async fn known_holders(&self) -> Result<Holders, ReadError> {
        let Some(stored) = self.note_outside(codec::key()?).await? else {
            return Ok(Holders::default());
        };
        let all = codec::read(&stored)?;
        let version = stored.version;
        Ok(Holders { all, version })
    }

    /// Whose an address is: of several holders above it, the nearest.
    async fn holder_of(&self, address: &Address) -> Result<Option<Holder>, ReadError> {
        let all = self.known_holders().await?.all.into_iter();
        let above = all.filter(|it| address.is_below(&it.base));
        Ok(above.max_by_key(|it| it.base.depth()))
    }
}

/// Whether a holder can be declared so beside the others. What its host's name leads to is looked at whenever it is asked.
fn sound(holder: &Holder, others: &[Holder]) -> Result<(), DeclareError> {
    sound_name(&holder.name)?;
    if !holder.base.is_base() {
        let what = "write https://HOST/… without a user, query or fragment";
        return Err(incorrect("base", what));
    }
    if let Some(other) = others.iter().find(|it| it.base == holder.base) {
        return Err(incorrect("base", format!("it is {}'s already", other.id)));
    }
    if holder.old_copy_hours > OLD_COPY_HOURS_MAX {
        let what = format!("write at most {OLD_COPY_HOURS_MAX}");
        return Err(incorrect("old_copy_hours", what));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
