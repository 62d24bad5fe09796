//! What an administrator wishes to enable, and with which grants.
//!
//! Invariant: no more is granted than the manifest asks for.

use serde_json::Value;

use super::EnableError;
use crate::departmental::manifest::{self, Manifest};
use crate::departmental::{DepartmentalId, Digest, Release};

/// A wish to enable a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Enable {
    /// Which departmental.
    pub departmental: DepartmentalId,
    /// Which bytes of it.
    pub digest: Digest,
    /// The resource types it may read: a subset of those its manifest asks for.
    pub reads: Vec<String>,
    /// The resource types it may write, each with the interactions: a subset likewise.
    pub writes: Vec<(String, Vec<String>)>,
    /// The views whose rows it may have: a subset likewise.
    pub views: Vec<String>,
    /// The hooks at which it is asked for advice: a subset likewise.
    pub hooks: Vec<String>,
    /// The formats of messages that go to it: a subset likewise.
    pub intake: Vec<String>,
    /// Its settings here.
    pub settings: Value,
}

impl Enable {
    /// Everything that a release asks for, with every setting at its default.
    pub fn all_that(release: &Release) -> Self {
        let write = |write: &manifest::Write| {
            let actions = write
                .actions
                .iter()
                .map(|action| action.as_str().to_owned());
            (write.resource_type.clone(), actions.collect())
        };
        Self {
            departmental: release.id.clone(),
            digest: release.digest.clone(),
            reads: release
                .manifest
                .reads
                .iter()
                .map(|read| read.resource_type.clone())
                .collect(),
            writes: release.manifest.writes.iter().map(write).collect(),
            views: release
                .manifest
                .views
                .iter()
                .map(|view| view.id.clone())
                .collect(),
            hooks: release
                .manifest
                .hooks
                .iter()
                .map(|it| it.hook.to_string())
                .collect(),
            intake: release
                .manifest
                .intake
                .iter()
                .map(|it| it.format.clone())
                .collect(),
            settings: Value::Object(serde_json::Map::new()),
        }
    }

    /// Nothing is granted that the manifest does not ask for.
    pub(super) fn within(&self, manifest: &Manifest) -> Result<(), EnableError> {
        for name in &self.reads {
            if !manifest
                .reads
                .iter()
                .any(|read| read.resource_type == *name)
            {
                return Err(EnableError::NotAskedFor {
                    what: format!("reading {name}"),
                });
            }
        }
        for id in &self.views {
            if manifest.view(id).is_none() {
                return Err(EnableError::NotAskedFor {
                    what: format!("the view {id}"),
                });
            }
        }
        for hook in &self.hooks {
            if !manifest.hooks.iter().any(|it| it.hook.as_str() == hook) {
                return Err(EnableError::NotAskedFor {
                    what: format!("the hook {hook}"),
                });
            }
        }
        for format in &self.intake {
            if !manifest.intake.iter().any(|it| it.format == *format) {
                return Err(EnableError::NotAskedFor {
                    what: format!("the intake of {format}"),
                });
            }
        }
        for (name, actions) in &self.writes {
            let asked = manifest
                .writes
                .iter()
                .find(|write| write.resource_type == *name);
            for action in actions {
                if !asked
                    .is_some_and(|write| write.actions.iter().any(|asked| asked.as_str() == action))
                {
                    return Err(EnableError::NotAskedFor {
                        what: format!("{action} of {name}"),
                    });
                }
            }
        }
        Ok(())
    }
}
