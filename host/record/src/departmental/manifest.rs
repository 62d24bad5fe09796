//! What a departmental says of itself and asks for: its `departmental.json`, read strictly.
//!
//! Invariant: a `Manifest` follows `wit/schemas/manifest-1.json` and asks for nothing that no departmental may have.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

use crate::departmental::DepartmentalId;
use crate::departmental::setting::Setting;

/// The versions of the contract that this host answers, as manifests name them.
pub const CONTRACTS: [&str; 2] = ["0.1", "0.2"];

/// Why a manifest or a name in it is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct ManifestError {
    /// Where in the manifest, for example `reads[2].type`.
    pub at: String,
    /// What is wrong and what to do.
    pub what: String,
}

/// What a departmental says of itself: the component's `departmental.json`.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Its name.
    pub id: DepartmentalId,
    /// Its title, as people read it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who supplies it.
    pub supplier: String,
    /// The version of the contract it is built against, one of [`CONTRACTS`].
    pub contract: String,
    /// Its screens.
    pub screens: Vec<Screen>,
    /// What it asks to read.
    pub reads: Vec<Read>,
    /// What it asks to write.
    pub writes: Vec<Write>,
    /// The changes it reacts to.
    pub reactions: Vec<Reaction>,
    /// When it asks to be heard.
    pub hooks: Vec<DeclaredHook>,
    /// The formats of messages that it asks to be given.
    pub intake: Vec<Format>,
    /// The views through which it asks for rows.
    pub views: Vec<DeclaredView>,
    /// What a site or the region can set.
    pub settings: Vec<Setting>,
    /// Its rule packs.
    pub packs: Vec<Pack>,
    /// The whole manifest as published.
    pub document: Value,
}

/// A type it asks to read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The FHIR type.
    #[serde(rename = "type", deserialize_with = "known_type")]
    pub resource_type: String,
    /// Why, in a trust administrator's words.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
}

/// A type it asks to write.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// The FHIR type.
    #[serde(rename = "type", deserialize_with = "writable_type")]
    pub resource_type: String,
    /// What it wants to do with them.
    #[serde(deserialize_with = "write_actions")]
    pub actions: Vec<WriteAction>,
    /// Why, in a trust administrator's words.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
}

/// A change that a departmental may make or react to. It never deletes.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum WriteAction {
    /// A new resource.
    Create,
    /// A new version of one that was there.
    Update,
}

impl WriteAction {
    /// The word in manifests, proposals and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

impl FromStr for WriteAction {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, ManifestError> {
        [Self::Create, Self::Update]
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| ManifestError {
                at: "action".to_owned(),
                what: format!(
                    "write `create` or `update`, not {:?}",
                    text.chars().take(40).collect::<String>()
                ),
            })
    }
}

/// A kind of change it reacts to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reaction {
    /// The FHIR type that changed; one of those it reads.
    #[serde(rename = "type", deserialize_with = "known_type")]
    pub resource_type: String,
    /// What happened to it.
    #[serde(deserialize_with = "write_actions")]
    pub on: Vec<WriteAction>,
    /// The search that the changed resource must match, without the type.
    #[serde(default, rename = "where")]
    pub condition: Option<String>,
}

/// The manifest's members as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    manifest: u64,
    #[serde(deserialize_with = "departmental_id")]
    id: DepartmentalId,
    #[serde(deserialize_with = "line")]
    name: String,
    #[serde(deserialize_with = "semantic_version")]
    version: String,
    #[serde(deserialize_with = "line")]
    supplier: String,
    #[serde(deserialize_with = "contract_version")]
    contract: String,
    #[serde(default, deserialize_with = "at_most::<_, _, 50>")]
    screens: Vec<Screen>,
    #[serde(default, deserialize_with = "at_most::<_, _, 50>")]
    reads: Vec<Read>,
    #[serde(default, deserialize_with = "at_most::<_, _, 50>")]
    writes: Vec<Write>,
    #[serde(default, deserialize_with = "at_most::<_, _, 50>")]
    reactions: Vec<Reaction>,
    #[serde(default, deserialize_with = "at_most::<_, _, 10>")]
    hooks: Vec<DeclaredHook>,
    #[serde(default, deserialize_with = "at_most::<_, _, 20>")]
    intake: Vec<Format>,
    #[serde(default, deserialize_with = "at_most::<_, _, 50>")]
    views: Vec<view::Written>,
    #[serde(default, deserialize_with = "at_most::<_, _, 100>")]
    settings: Vec<Setting>,
    #[serde(default, deserialize_with = "at_most::<_, _, 50>")]
    packs: Vec<Pack>,
}

impl Manifest {
    /// Reads a manifest, which must follow `wit/schemas/manifest-1.json`.
    ///
    /// # Errors
    /// The first member that is wrong, and what to do about it.
    pub fn parse(document: &Value) -> Result<Self, ManifestError> {
        // Before all else: what a later contract adds would be no member that is known here.
        let contract = document.get("contract").and_then(Value::as_str);
        if let Some(needed) = contract.filter(|it| is_contract(it) && !CONTRACTS.contains(it)) {
            let known = CONTRACTS.join(" and ");
            let what = format!("it needs contract {needed}, and this host answers {known}");
            return Err(refused("contract", what));
        }
        let read: Document = serde_path_to_error::deserialize(document)
            .map_err(|error| refused(error.path().to_string(), error.inner().to_string()))?;
        if read.manifest != 1 {
            return Err(refused(
                "manifest",
                format!("this host reads manifest 1, not {}", read.manifest),
            ));
        }
        let views = read.views.into_iter().enumerate();
        let views = views.map(|(index, written)| written.compiled(index));
        let manifest = Self {
            id: read.id,
            name: read.name,
            version: read.version,
            supplier: read.supplier,
            contract: read.contract,
            screens: read.screens,
            reads: read.reads,
            writes: read.writes,
            reactions: read.reactions,
            hooks: read.hooks,
            intake: read.intake,
            views: views.collect::<Result<_, _>>()?,
            settings: read.settings,
            packs: read.packs,
            document: document.clone(),
        };
        manifest.each_once()?;
        manifest.bounded_words()?;
        for (index, reaction) in manifest.reactions.iter().enumerate() {
            manifest.check_reaction(index, reaction)?;
        }
        for (index, setting) in manifest.settings.iter().enumerate() {
            setting
                .check()
                .map_err(|what| refused(format!("settings[{index}]"), what))?;
        }
        Ok(manifest)
    }

    /// The screen of a name.
    pub fn screen(&self, id: &str) -> Option<&Screen> {
        self.screens.iter().find(|screen| screen.id == id)
    }

    /// The view of a name.
    pub fn view(&self, id: &str) -> Option<&DeclaredView> {
        self.views.iter().find(|view| view.id == id)
    }

    fn each_once(&self) -> Result<(), ManifestError> {
        once(
            "screens",
            "id",
            self.screens.iter().map(|screen| screen.id.clone()),
        )?;
        once(
            "screens",
            "place",
            self.screens
                .iter()
                .filter(|screen| screen.place == Place::Help)
                .map(|_| "help".to_owned()),
        )?;
        once(
            "reads",
            "type",
            self.reads.iter().map(|read| read.resource_type.clone()),
        )?;
        once(
            "writes",
            "type",
            self.writes.iter().map(|write| write.resource_type.clone()),
        )?;
        once(
            "hooks",
            "hook",
            self.hooks.iter().map(|it| it.hook.to_string()),
        )?;
        once(
            "intake",
            "format",
            self.intake.iter().map(|it| it.format.clone()),
        )?;
        once("views", "id", self.views.iter().map(|view| view.id.clone()))?;
        once(
            "settings",
            "name",
            self.settings.iter().map(|setting| setting.name.clone()),
        )?;
        once(
            "packs",
            "in_force_from",
            self.packs
                .iter()
                .map(|pack| format!("{} from {}", pack.name, pack.in_force_from)),
        )
    }

    fn bounded_words(&self) -> Result<(), ManifestError> {
        for (index, screen) in self.screens.iter().enumerate() {
            let at = |what: &str| refused(format!("screens[{index}].parameters"), what);
            if screen.parameters.len() > 20 {
                return Err(at("at most 20 parameters"));
            }
            for meaning in screen.parameters.values() {
                checked_line(meaning).map_err(|what| at(&what))?;
            }
        }
        for (index, pack) in self.packs.iter().enumerate() {
            if !(5..=1000).contains(&pack.source.chars().count()) {
                return Err(refused(
                    format!("packs[{index}].source"),
                    "write 5 to 1000 characters",
                ));
            }
        }
        Ok(())
    }

    /// A reaction is to something it reads, and its search is one that this record can do.
    fn check_reaction(&self, index: usize, reaction: &Reaction) -> Result<(), ManifestError> {
        let mut read = self.reads.iter().map(|read| &read.resource_type);
        if !read.any(|it| *it == reaction.resource_type) {
            let what = format!(
                "it reacts to {0}, so ask to read {0} under `reads`",
                reaction.resource_type
            );
            return Err(refused(format!("reactions[{index}].type"), what));
        }
        reaction
            .query()
            .map(drop)
            .map_err(|what| refused(format!("reactions[{index}].where"), what))
    }
}

pub(super) fn refused(at: impl Into<String>, what: impl Into<String>) -> ManifestError {
    ManifestError {
        at: at.into(),
        what: what.into(),
    }
}

fn once(
    list: &str,
    member: &str,
    names: impl Iterator<Item = String>,
) -> Result<(), ManifestError> {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        let what = format!("{name} is there twice; write it once");
        if !seen.insert(name) {
            return Err(refused(format!("{list}[{index}].{member}"), what));
        }
    }
    Ok(())
}

mod format;
mod hook;
pub(in crate::departmental) mod member;
mod pack;
mod reaction;
mod screen;
mod view;
pub use format::{Format, HL7V2};
pub use hook::{DeclaredHook, Hook};
use member::{
    at_most, checked_line, contract_version, departmental_id, is_contract, known_type, line,
    reason, semantic_version, writable_type, write_actions,
};
pub use pack::Pack;
pub use screen::{Place, Screen};
pub use view::{DeclaredView, Scope};

#[cfg(test)]
pub(crate) mod tests;
