//! What the region and the site have set for the laboratory.
//!
//! Invariant: a setting of another kind than the manifest says is a failure; no number stands here in its place.

use sdk::{Call, Failure};

/// The settings in force at the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// A specimen that was collected more days ago is not received.
    pub(crate) specimen_days: i64,
    /// So many minutes after a critical result was to be told, the next person is asked.
    pub(crate) escalate_minutes: i64,
    /// Whom to ask then.
    pub(crate) escalation_contact: Option<String>,
    /// Whom to ask about anything else.
    pub(crate) laboratory_contact: Option<String>,
    /// The laboratory's analysers, as the site calls them.
    pub(crate) analysers: Vec<String>,
}

impl Settings {
    /// Reads the settings of the call.
    ///
    /// # Errors
    /// `fault` with the setting that is missing or of another kind.
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Failure> {
        let whole = |name: &str| {
            let found = call.setting(name)?.as_i64();
            found.ok_or_else(|| wrong(name, "whole number"))
        };
        let words = |name: &str| {
            let found = call.setting(name)?;
            let text = found.as_str().ok_or_else(|| wrong(name, "text"))?.trim();
            Ok::<_, Failure>((!text.is_empty()).then(|| text.to_owned()))
        };
        Ok(Self {
            specimen_days: whole("specimen-days-max")?,
            escalate_minutes: whole("escalate-after-minutes")?,
            escalation_contact: words("escalation-contact")?,
            laboratory_contact: words("laboratory-contact")?,
            analysers: names(&words("analysers")?.unwrap_or_default()),
        })
    }
}

/// Names between commas, each once.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(crate::result::line) {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn wrong(name: &str, kind: &str) -> Failure {
    Failure::fault(format!("the setting `{name}` is no {kind}; set it again"))
}
