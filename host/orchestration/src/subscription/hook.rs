//! One letter sent to one address: connected to the machine that was checked, answered within its time, and no further.
//!
//! Invariant: a letter counts as taken only when the receiver answered 2xx in time; whatever else it sends is bounded, not
//! followed and not believed.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
use record::subscription::delivery::{Again, Letter, Request as How};

use crate::limits::ANSWER_BYTES_MAX;
use crate::network::http::Client;
use crate::network::{CallError, Listed, TlsError};

/// The media type of what is sent.
const FHIR_JSON: &str = "application/fhir+json";
/// The number of the event, where what is sent has no place for it.
const EVENT_NUMBER: HeaderName = HeaderName::from_static("x-palatine-event-number");

/// Sends letters.
pub(super) struct Carrier(Client);

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    /// The address may not be called, or was not reached.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The request could not be put into words.
    #[error("the request could not be written")]
    Request(#[from] http::Error),
    /// It took too long.
    #[error("the receiver did not answer within {0} seconds")]
    Late(u64),
    /// It says no.
    #[error("the receiver answered {0}")]
    Status(StatusCode),
    /// It says to go elsewhere.
    #[error(
        "the receiver answered {0}, and redirects are not followed: subscribe with the address that it leads to"
    )]
    Redirect(StatusCode),
}

impl NotTaken {
    /// Whether it may be taken later.
    pub(super) fn again(&self) -> Again {
        match self {
            Self::Call(why) if why.is_passing() => Again::Later,
            Self::Call(_) | Self::Request(_) => Again::Never,
            Self::Status(status) if *status == StatusCode::GONE => Again::Never,
            Self::Late(_) | Self::Status(_) | Self::Redirect(_) => Again::Later,
        }
    }
}

impl Carrier {
    pub(super) fn new(listed: Listed) -> Result<Self, TlsError> {
        Client::new(listed).map(Self)
    }

    /// Sends a letter, and returns when it was taken.
    pub(super) async fn carry(&self, letter: &Letter) -> Result<(), NotTaken> {
        let timeout_s = letter.hook.timeout_s;
        let carried = self.carried(letter);
        let carried = tokio::time::timeout(Duration::from_secs(timeout_s), carried).await;
        carried.unwrap_or(Err(NotTaken::Late(timeout_s)))
    }

    async fn carried(&self, letter: &Letter) -> Result<(), NotTaken> {
        let answer = self.0.send(request(letter)?).await?;
        taken(answer.status)?;
        // The receiver has taken the letter already, whatever else it says.
        if let Err(why) = answer.body(ANSWER_BYTES_MAX).await {
            tracing::debug!("the rest of a receiver's answer was not read: {why}");
        }
        Ok(())
    }
}

fn request(letter: &Letter) -> Result<Request<Full<Bytes>>, http::Error> {
    let endpoint = &letter.hook.endpoint;
    let (request, body) = match &letter.request {
        How::Notify(body) => (Request::post(endpoint), Some(body)),
        How::Ping => (Request::post(endpoint), None),
        How::Put { path, body } => {
            let (base, query) = endpoint.split_once('?').unwrap_or((endpoint, ""));
            let mark = if query.is_empty() { "" } else { "?" };
            let url = format!("{}/{path}{mark}{query}", base.trim_end_matches('/'));
            (Request::put(url), Some(body))
        }
    };
    let mut request = request.header(header::USER_AGENT, "palatine");
    for (name, value) in &letter.hook.headers {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    if let Some((first, _)) = letter.numbers {
        request = request.header(EVENT_NUMBER, first.to_string());
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, FHIR_JSON);
    }
    request.body(Full::new(Bytes::from(body.cloned().unwrap_or_default())))
}

/// Whether a status says that the letter was taken.
fn taken(status: StatusCode) -> Result<(), NotTaken> {
    if status.is_success() {
        Ok(())
    } else if status.is_redirection() {
        Err(NotTaken::Redirect(status))
    } else {
        Err(NotTaken::Status(status))
    }
}
