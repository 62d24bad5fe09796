//! What the manifest asks for, held against what a departmental answers: its screens, what it reads and what it writes.
//!
//! Invariant: what is not declared is refused in the words by which it is mended.

use serde_json::Value;

use super::{Bedside, each};
use crate::Failure;
use crate::screen::check;

/// Looks at what no single call would show: a departmental has one help at most.
pub(super) fn whole(manifest: &Value) -> Result<(), Failure> {
    let of_help = |it: &&Value| it.get("place").and_then(Value::as_str) == Some("help");
    let helps = each(manifest, "screens").filter(of_help).count();
    if helps > 1 {
        return Err(Failure::invalid(format!(
            "departmental.json declares {helps} screens with the place `help`; keep one, and link from it to others"
        )));
    }
    Ok(())
}

impl Bedside {
    /// A screen that may be opened in this call.
    pub(super) fn declared(&self, screen: &str) -> Result<(), Failure> {
        if !self.screens().contains(&screen) {
            return Err(Failure::not_provided(format!(
                "departmental.json declares no screen `{screen}`; add it to `screens`"
            )));
        }
        if self.place(screen) == Some("help") && self.patient.is_some() {
            return Err(Failure::invalid(format!(
                "`{screen}` has the place `help`, which is opened about nobody; leave out the patient"
            )));
        }
        Ok(())
    }

    /// What the host looks at before it draws a screen.
    pub(super) fn drawable(&self, screen: &str, drawn: &Value) -> Result<(), Failure> {
        check::screen(drawn, &self.screens())?;
        let place = self.place(screen).unwrap_or_default();
        let is_form = |it: &Value| it.get("kind").and_then(Value::as_str) == Some("form");
        if matches!(place, "help" | "summary") && each(drawn, "nodes").any(is_form) {
            return Err(Failure::fault(format!(
                "`{screen}` has the place `{place}` and holds a form; put the form on a screen of its own and link to it"
            )));
        }
        Ok(())
    }

    /// Every change of a proposal is one that the manifest asks for.
    pub(super) fn allowed(&self, proposal: &Value) -> Result<(), Failure> {
        for change in each(proposal, "changes") {
            let action = change.get("action").cloned().unwrap_or_default();
            let of = change
                .pointer("/resource/resourceType")
                .cloned()
                .unwrap_or_default();
            let asked = each(&self.manifest, "writes").any(|write| {
                write.get("type") == Some(&of)
                    && each(write, "actions").any(|asked| *asked == action)
            });
            if !asked {
                return Err(Failure::fault(format!(
                    "the proposal would {action} a {of}, which departmental.json does not ask for; add it to `writes`"
                )));
            }
        }
        Ok(())
    }

    /// Resources of this type may be read.
    pub(super) fn may_read(&self, of: &str) -> Result<(), Failure> {
        if each(&self.manifest, "reads")
            .any(|it| it.get("type").and_then(Value::as_str) == Some(of))
        {
            return Ok(());
        }
        Err(Failure::new(
            "not-granted",
            format!("departmental.json does not ask to read {of}; add it to `reads` with a reason"),
        ))
    }

    fn screens(&self) -> Vec<&str> {
        each(&self.manifest, "screens")
            .filter_map(|it| it.get("id")?.as_str())
            .collect()
    }

    fn place(&self, screen: &str) -> Option<&str> {
        each(&self.manifest, "screens")
            .find(|it| it.get("id").and_then(Value::as_str) == Some(screen))?
            .get("place")?
            .as_str()
    }
}
