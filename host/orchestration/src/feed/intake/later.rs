//! The application acknowledgement on a connection of its own, where that is agreed with the sender.
//!
//! Invariant: the accept acknowledgement leaves after the other one is in its queue, so that neither can be lost; a message
//! that comes again finds it there.

use record::log::T;
use record::sending::NewMessage;
use tracing::warn;

use super::Intake;
use super::verdict::not_kept;
use crate::feed::acknowledgement::{self, Acknowledgement};
use crate::feed::header::Header;

impl Intake {
    /// The answers as they are agreed with the sender: an interface that sends it `ACK` takes the application's.
    pub(super) async fn agreed(
        &self,
        header: Option<&Header<'_>>,
        mut answered: Acknowledgement,
        now_ms: i64,
    ) -> Acknowledgement {
        let Some(header) = header.filter(|_| answered.application) else {
            return answered;
        };
        let (application, facility) = (header.named(3), header.named(4));
        // Nobody gets acknowledgements of what another sent in their name.
        match self.record.feed(&application, &facility).await {
            Ok(feed) if self.is_theirs(&feed) => {}
            Ok(_) | Err(_) => return answered,
        }
        let through = self.record.acknowledged_through(&application, &facility);
        let interface = match through.await {
            Ok(Some(interface)) => interface.declaration.id,
            Ok(None) => return answered,
            Err(error) => {
                warn!(error = %error, "could not tell how a message is to be acknowledged");
                return acknowledgement::answer(Some(header), not_kept(), now_ms);
            }
        };
        let (control_id, body) = acknowledgement::later(header, &answered.verdict, now_ms);
        let message = NewMessage {
            t: T(0),
            control_id,
            kind: "ACK".to_owned(),
            about: format!("message {}", answered.control_id),
            body,
            dead: None,
        };
        if let Err(error) = self.record.queue_acknowledgement(&interface, message).await {
            warn!(error = %error, "could not keep an acknowledgement for later");
            return acknowledgement::answer(Some(header), not_kept(), now_ms);
        }
        answered.answers.pop();
        answered.application = false;
        answered
    }
}
