//! Who a number, link or bookmark of somebody who was merged leads to.
//!
//! Invariant: it leads to exactly one person who stands, through a bounded number of merges, or to nobody else at all.

use fhir::resource::Key;

use super::PersonError;
use super::gather::Somebody;
use super::rewrite;
use crate::log::At;
use crate::{Record, limits};

/// Who stands for somebody who was merged.
#[derive(Clone, Debug)]
pub struct Survivor {
    /// Who stands.
    pub person: Key,
    /// Through whom it leads to them, the one who was asked for first. Empty: they stand for themselves.
    pub through: Vec<Key>,
}

impl Record {
    /// Who stands at a moment for this patient: they themselves, unless they were merged. It tells nothing but that, so it
    /// is for whoever has read the patient.
    ///
    /// # Errors
    /// `NotFound`, `Read`, `Store`.
    pub async fn survivor(&self, key: &Key, at: &At) -> Result<Survivor, PersonError> {
        let t = self.moment(at).await?;
        let mut through = Vec::new();
        let mut person: Somebody = self.somebody(key, t).await?;
        while let Some(into) = rewrite::merged_to(&person.body()) {
            if through.len() >= limits::IDENTITY_STEPS_MAX || through.contains(&into) {
                break;
            }
            through.push(person.key.clone());
            person = self.somebody(&into, t).await?;
        }
        Ok(Survivor {
            person: person.key,
            through,
        })
    }
}
