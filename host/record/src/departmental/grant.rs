//! What a departmental may read and write in one call.
//!
//! Invariant: grants are what its manifest asks for, and the site gave, and the caller may do; nothing by default.

use std::collections::{BTreeMap, BTreeSet};

use crate::caller::Role;
use crate::departmental::manifest::{Hook, Manifest, WriteAction};
use crate::permission::{self, Action};

/// What a site gave a departmental.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// Types it may read.
    pub(crate) reads: BTreeSet<String>,
    /// What it may write, by type.
    pub(crate) writes: BTreeMap<String, BTreeSet<WriteAction>>,
    /// Views whose rows it may have.
    pub(crate) views: BTreeSet<String>,
    /// Hooks at which it is asked for advice.
    pub(crate) hooks: BTreeSet<Hook>,
    /// Formats of messages that go to it.
    pub(crate) intake: BTreeSet<String>,
}

/// What holds for one call. It is kept with the call, so a member once written stays readable.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Grants {
    reads: BTreeSet<String>,
    writes: BTreeMap<String, BTreeSet<WriteAction>>,
    views: BTreeSet<String>,
}

impl Grants {
    /// Asked for, and given, and within what the role may do itself.
    pub(crate) fn of(manifest: &Manifest, given: &Given, role: Role) -> Self {
        let reads = manifest
            .reads
            .iter()
            .map(|read| &read.resource_type)
            .filter(|name| {
                given.reads.contains(*name) && permission::allows(role, Action::Read, name)
            })
            .cloned()
            .collect();
        let mut writes: BTreeMap<String, BTreeSet<WriteAction>> = BTreeMap::new();
        for write in &manifest.writes {
            let name = &write.resource_type;
            let actions = write.actions.iter().copied().filter(|action| {
                given
                    .writes
                    .get(name)
                    .is_some_and(|given| given.contains(action))
                    && permission::allows(role, as_permission(*action), name)
                    && permission::departmental_may_write(name)
            });
            let actions: BTreeSet<WriteAction> = actions.collect();
            if !actions.is_empty() {
                writes.insert(name.clone(), actions);
            }
        }
        let views = manifest.views.iter().filter(|view| {
            given.views.contains(&view.id)
                && permission::allows(role, Action::Read, view.resource_type())
        });
        Self {
            reads,
            writes,
            views: views.map(|view| view.id.clone()).collect(),
        }
    }

    /// Whether it is asked for advice at a hook: the manifest asks for it, and the site gave it.
    pub(crate) fn may_advise(manifest: &Manifest, given: &Given, hook: Hook) -> bool {
        manifest.has_hook(hook) && given.hooks.contains(&hook)
    }

    /// Whether messages of a format go to it: the manifest asks for them, and the site gave them.
    pub(crate) fn may_convert(manifest: &Manifest, given: &Given, format: &str) -> bool {
        manifest.intake.iter().any(|it| it.format == format) && given.intake.contains(format)
    }

    /// Whether the rows of a view may be had.
    pub(crate) fn may_view(&self, view: &str) -> bool {
        self.views.contains(view)
    }

    /// Whether resources of a type may be read.
    pub(crate) fn may_read(&self, resource_type: &str) -> bool {
        self.reads.contains(resource_type)
    }

    /// Whether resources of a type may be written so.
    pub(crate) fn may_write(&self, resource_type: &str, action: WriteAction) -> bool {
        self.writes
            .get(resource_type)
            .is_some_and(|actions| actions.contains(&action))
    }
}

fn as_permission(action: WriteAction) -> Action {
    match action {
        WriteAction::Create => Action::Create,
        WriteAction::Update => Action::Update,
    }
}

#[cfg(test)]
mod tests;
