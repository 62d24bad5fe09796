//! A batch taken in: each message by itself, as if it had come alone.
//!
//! Invariant: what is wrong with a batch is kept with its reason and answered, and never holds back its messages.

use super::verdict::wrong_batch;
use super::{Arrived, Intake, short};
use crate::feed::acknowledgement::{self, Acknowledgement, Verdict};
use crate::feed::batch::Batch;
use crate::limits::CUT_BYTES_MAX;

impl Intake {
    /// The answers to the messages of a batch, in their order, and one to the batch where something is wrong with it.
    pub(super) async fn handle_batch(&self, bytes: &[u8], batch: Batch<'_>) -> Acknowledgement {
        let mut all = Acknowledgement {
            verdict: Verdict::filed(),
            control_id: String::new(),
            answers: Vec::with_capacity(batch.messages.len()),
            application: false,
        };
        for message in batch.messages {
            let one = Box::pin(self.handle_one(message)).await;
            all.answers.extend(one.answers);
        }
        if let Some(what) = batch.wrong {
            let beginning = bytes.get(..CUT_BYTES_MAX).unwrap_or(bytes);
            let whole = self.arrived(None, bytes);
            let arrived = Arrived {
                control_id: format!("batch:{}", short(&whole.digest)),
                bytes: beginning,
                ..whole
            };
            all.verdict = self.park(None, &arrived, wrong_batch(&what)).await;
            let answer = acknowledgement::answer(None, all.verdict.clone(), arrived.now_ms);
            all.answers.extend(answer.answers);
        }
        all
    }
}
