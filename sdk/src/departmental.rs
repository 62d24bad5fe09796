//! The one trait that a departmental implements.
//!
//! Each answer is a function of the call and nothing else: the same call gives the same answer on every site.

use crate::{Advice, Call, Event, Failure, Form, Hook, Outcome, Parameters, Proposal, Screen};

/// A departmental. Each function may be left out; the host then answers that this part is not provided.
pub trait Departmental {
    /// Draws a screen of the manifest.
    ///
    /// # Errors
    /// `not-provided` when the screen is unknown; any failure of the chart, handed on.
    fn open(
        &self,
        call: &Call<'_>,
        screen: &str,
        parameters: &Parameters,
    ) -> Result<Screen, Failure> {
        let _ = (call, parameters);
        Err(Failure::not_provided(format!(
            "this departmental draws no screen `{screen}`"
        )))
    }

    /// Answers a form: findings on its fields, or a proposal, the next screen, or both.
    ///
    /// # Errors
    /// `not-provided` when the action is unknown; any failure of the chart, handed on. What a person can mend is not a
    /// failure: answer it as findings.
    fn submit(
        &self,
        call: &Call<'_>,
        screen: &str,
        action: &str,
        form: &Form,
    ) -> Result<Outcome, Failure> {
        let _ = (call, form);
        Err(Failure::not_provided(format!(
            "this departmental has no action `{action}` on a screen `{screen}`"
        )))
    }

    /// Answers a change of the record that the manifest's reactions asked for. [`Proposal::none`] when there is nothing
    /// to do.
    ///
    /// # Errors
    /// Any failure of the chart, handed on; the host tries the same change again later.
    fn react(&self, call: &Call<'_>, event: &Event) -> Result<Proposal, Failure> {
        let _ = (call, event);
        Err(Failure::not_provided(
            "this departmental does not react to changes",
        ))
    }

    /// Says what there is to say at a hook of the manifest, while a person waits: [`Advice::none`] when there is nothing.
    ///
    /// # Errors
    /// `not-provided` when the hook is unknown; any failure of the chart, handed on. The host shows that there is no
    /// answer, never that there is nothing to say.
    fn advise(&self, call: &Call<'_>, hook: &Hook) -> Result<Advice, Failure> {
        let _ = call;
        Err(Failure::not_provided(format!(
            "this departmental has nothing to do with the hook `{}`",
            hook.name
        )))
    }

    /// Reads a message of one of the manifest's formats, about the patient of the call: [`Proposal::none`] when it says
    /// nothing to be filed.
    ///
    /// # Errors
    /// `invalid` for a message that cannot be read, with the place and what the sender has to mend; any failure of the
    /// chart, handed on. The host parks the message with the words.
    fn convert(&self, call: &Call<'_>, format: &str, message: &[u8]) -> Result<Proposal, Failure> {
        let _ = (call, message);
        Err(Failure::not_provided(format!(
            "this departmental does not read `{format}`"
        )))
    }
}
