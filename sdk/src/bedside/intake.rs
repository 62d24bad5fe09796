//! Messages at the bedside: read as the host has them read, with what is proposed held against the manifest.
//!
//! A format that the manifest does not ask for is not provided, since no host would hand it on.

use serde_json::Value;

use super::{Bedside, each};
use crate::{Departmental, Failure};

impl Bedside {
    /// Has a message read: proposal/1, every change inside what the manifest asks for.
    ///
    /// # Errors
    /// What the departmental answers; `not-provided` when the manifest has no such format; `fault` when the host would
    /// refuse the proposal.
    pub fn convert(
        &self,
        it: &impl Departmental,
        format: &str,
        message: &[u8],
    ) -> Result<Value, Failure> {
        if !each(&self.manifest, "intake").any(|asked| asked.get("format") == Some(&format.into()))
        {
            return Err(Failure::not_provided(format!(
                "departmental.json asks for no `{format}`; add it to `intake` with a reason"
            )));
        }
        let proposal = self
            .call(|call| it.convert(call, format, message))?
            .to_json();
        self.allowed(&proposal)?;
        Ok(proposal)
    }
}
