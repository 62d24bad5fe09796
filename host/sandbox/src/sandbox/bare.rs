//! The same call without the host around it, for the bench that shows what the host adds.
//!
//! Nothing else may use it: it has neither bounds nor a deadline.

use std::sync::Arc;

use record::departmental::Question;
use wasmtime::Store;

use crate::budget::Usage;
use crate::contract::{Facts, Visit, Window};
use crate::sandbox::question::{Loaded, Runs};

impl Loaded {
    /// An instance and one call of its function, as the engine alone does it: the document, not looked at.
    ///
    /// # Errors
    /// What ended the call, in words.
    pub async fn ask_bare(
        &self,
        question: &Question,
        window: Arc<dyn Window>,
    ) -> Result<String, String> {
        let Runs::Here(guest) = &self.ready.runs else {
            return Err("it runs in a process of its own".into());
        };
        let visit = Visit {
            facts: Facts::default(),
            window,
            usage: Usage::new(guest.budget),
            lane: guest.lanes.call(),
        };
        let mut store = Store::new(&guest.engine, visit);
        // Code that can be interrupted needs a deadline; this one is never reached.
        store.set_epoch_deadline(u64::MAX / 2);
        match guest.answer(&mut store, question).await {
            Ok(Some(Ok(document))) => Ok(document),
            Ok(Some(Err(failure))) => Err(failure.detail),
            Ok(None) => Err("the departmental does not export what would answer this".into()),
            Err(wrong) => Err(format!("{wrong:#}")),
        }
    }
}
