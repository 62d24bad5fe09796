//! Whether a connection may send in the name of a feed: the certificate that it showed is the one of the feed's account.
//!
//! Invariant: a message whose sender is not the connection's is filed for nobody and kept as evidence; it never uses up a
//! control id of the sender in whose name it came.

use std::sync::Arc;

use record::caller::Caller;
use sha2::{Digest as _, Sha256};
use tracing::warn;

use super::verdict::not_the_certificates;
use super::{Arrived, Intake, short};
use crate::feed::acknowledgement::Verdict;

impl Intake {
    /// The same intake for a connection that showed a certificate with these names.
    #[must_use]
    pub fn shown(&self, names: Arc<[String]>) -> Self {
        Self {
            shown: Some(names),
            ..self.clone()
        }
    }

    /// Whether the connection may send in this feed's name. A feed bound to a certificate sends with it and not
    /// otherwise; one that is bound to none sends without TLS, since any certificate would be somebody else's.
    pub(super) fn is_theirs(&self, feed: &Caller) -> bool {
        match (feed.certificate(), &self.shown) {
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => false,
            (Some(bound), Some(names)) => names.iter().any(|name| name == bound),
        }
    }

    /// Keeps a message that came in a feed's name over a connection that is not the feed's.
    pub(super) async fn not_theirs(&self, feed: &Caller, arrived: &Arrived<'_>) -> Verdict {
        let names = self.shown.as_deref().map(|names| names.join(", "));
        warn!(
            account = feed.account(),
            "a message came in the name of {} over a connection that is not its own",
            feed.account()
        );
        // The same bytes over another connection are evidence of their own.
        let over = format!("{names:?}");
        let attempt = Sha256::digest([arrived.digest.as_slice(), over.as_bytes()].concat());
        let evidence = Arrived {
            control_id: format!("not-theirs:{}", short(&attempt)),
            ..arrived.clone()
        };
        let verdict = not_the_certificates(names.as_deref());
        self.park(Some(feed), &evidence, verdict).await
    }
}
