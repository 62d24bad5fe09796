//! What a measurement needs of the evaluation alone: subscriptions in memory, and resources put to them.
//!
//! Invariant: it is the evaluation that the host itself does, with nothing left out but the database.

use fhir::outcome::Issue;
use fhir::resource::Resource;

use super::asked::Asked;
use super::catalogue::{Catalogue, Seen};
use crate::commit::What;

/// Subscriptions in memory.
#[derive(Default)]
pub struct Measured {
    catalogue: Catalogue,
}

impl Measured {
    /// Adds a Subscription, which needs an id.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, subscription: &Resource) -> Result<(), Vec<Issue>> {
        if let Some(key) = subscription.key() {
            self.catalogue.put(Asked::read(&key, subscription)?);
        }
        Ok(())
    }

    /// How many there are.
    pub fn subscriptions(&self) -> usize {
        self.catalogue.len()
    }

    /// How many events a commit batch is that leaves these resources, each new.
    pub fn events_of(&self, written: &[Resource]) -> usize {
        let each = written.iter().map(|is| {
            let candidates = self.catalogue.candidates(is);
            let seen = Seen {
                is: is.clone(),
                was: None,
                what: What::Created,
            };
            Catalogue::concerned(candidates, &seen).len()
        });
        each.sum()
    }
}
