//! What is said of somebody who was merged into another.
//!
//! Invariant: nothing is recorded of a person who does not stand, and such a person is changed by nothing but the undoing of
//! the merge; what is written meanwhile is refused with the name of who stands.

use std::collections::BTreeMap;

use fhir::compartment;
use fhir::resource::{Key, ResourceType};

use super::Preparing;
use crate::commit::CommitError;
use crate::memory::Mark;
use crate::permission;
use crate::person::{self, MERGED};

impl Preparing<'_> {
    /// Refuses what is about somebody who was merged away.
    pub(super) async fn of_nobody_merged(&mut self) -> Result<(), CommitError> {
        if self.identity.is_some() {
            return Ok(());
        }
        let mut about: BTreeMap<Key, usize> = BTreeMap::new();
        for draft in &self.drafts {
            let of = draft.key.resource_type;
            // Evidence says what was done to whom at its time.
            if permission::is_evidence(of.as_str()) {
                continue;
            }
            let patient = match (&draft.resource, of) {
                (_, ResourceType::PATIENT) => (!draft.fresh).then(|| draft.key.clone()),
                (Some(resource), _) => compartment::patient_of(resource).map(person::person),
                (None, _) => None,
            };
            if let Some(patient) = patient {
                about.entry(patient).or_insert(draft.change);
            }
        }
        let keys: Vec<Key> = about.keys().cloned().collect();
        let standing = self.record.standing_of(&keys, self.t).await?;
        for ((who, change), row) in about.into_iter().zip(standing) {
            let Some(row) = row else {
                continue;
            };
            let body = row.body.as_deref().unwrap_or_default();
            if body.contains(MERGED)
                && let Ok(body) = serde_json::from_str(body)
                && let Some(into) = person::merged_to(&body)
            {
                return Err(CommitError::Merged { change, who, into });
            }
            self.rests_on.push(Mark::Merged(row.r));
        }
        Ok(())
    }
}
