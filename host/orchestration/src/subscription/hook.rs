//! One letter sent to one address: connected to the machine that was checked, answered within its time, and no further.
//!
//! Invariant: a letter counts as taken only when the receiver answered 2xx in time; whatever else it sends is bounded, not
//! followed and not believed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use record::subscription::delivery::{Again, Letter, Request as How};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use super::address::{Listed, Refused, Target};
use crate::limits::{ANSWER_BYTES_MAX, ANSWER_HEADER_BYTES_MAX, ANSWER_HEADERS_MAX};

/// The media type of what is sent.
const FHIR_JSON: &str = "application/fhir+json";
/// The number of the event, where what is sent has no place for it.
const EVENT_NUMBER: HeaderName = HeaderName::from_static("x-palatine-event-number");

/// Sends letters.
pub(super) struct Carrier {
    listed: Listed,
    tls: TlsConnector,
}

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    /// The address may not be written to.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Its name could not be looked up.
    #[error("the host's name could not be looked up")]
    Name(#[source] std::io::Error),
    /// No connection.
    #[error("no connection could be made")]
    Connect(#[source] std::io::Error),
    /// The request could not be put into words.
    #[error("the request could not be written")]
    Request(#[from] http::Error),
    /// The receiver does not speak HTTP, or stopped in the middle.
    #[error("the receiver did not answer as HTTP")]
    Http(#[from] hyper::Error),
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
            // What a name stands for may be put right; the address as written is not.
            Self::Refused(Refused::Unknown) => Again::Later,
            Self::Refused(_) | Self::Request(_) => Again::Never,
            Self::Status(status) if *status == StatusCode::GONE => Again::Never,
            Self::Name(_) | Self::Connect(_) | Self::Http(_) | Self::Late(_) => Again::Later,
            Self::Status(_) | Self::Redirect(_) => Again::Later,
        }
    }
}

impl Carrier {
    pub(super) fn new(listed: Listed) -> Result<Self, rustls::Error> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            listed,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Sends a letter, and returns when it was taken.
    pub(super) async fn carry(&self, letter: &Letter) -> Result<(), NotTaken> {
        let timeout_s = letter.hook.timeout_s;
        let carried = self.carried(letter);
        let carried = tokio::time::timeout(Duration::from_secs(timeout_s), carried).await;
        carried.unwrap_or(Err(NotTaken::Late(timeout_s)))
    }

    async fn carried(&self, letter: &Letter) -> Result<(), NotTaken> {
        let target = self.listed.target(&letter.hook.endpoint)?;
        let request = request(letter, &target)?;
        let stream = self.connected(&target).await?;
        if !target.tls {
            return answered(stream, request).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|_| Refused::Host)?;
        let stream = self
            .tls
            .connect(name, stream)
            .await
            .map_err(NotTaken::Connect)?;
        answered(stream, request).await
    }

    /// Connected to the very machine that was looked at: its name is not looked up a second time.
    async fn connected(&self, target: &Target) -> Result<TcpStream, NotTaken> {
        let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await;
        let addresses: Vec<IpAddr> = found.map_err(NotTaken::Name)?.map(|at| at.ip()).collect();
        let address = self.listed.permitted(target, &addresses)?;
        let at = SocketAddr::new(address, target.port);
        let stream = TcpStream::connect(at).await.map_err(NotTaken::Connect)?;
        let peer = stream.peer_addr().map_err(NotTaken::Connect)?;
        self.listed.permitted(target, &[peer.ip()])?;
        Ok(stream)
    }
}

fn request(letter: &Letter, target: &Target) -> Result<Request<Full<Bytes>>, http::Error> {
    let (method, path, body) = match &letter.request {
        How::Notify(body) => (Method::POST, target.path.clone(), Some(body)),
        How::Ping => (Method::POST, target.path.clone(), None),
        How::Put { path, body } => {
            let (base, query) = target.path.split_once('?').unwrap_or((&target.path, ""));
            let mark = if query.is_empty() { "" } else { "?" };
            let path = format!("{}/{path}{mark}{query}", base.trim_end_matches('/'));
            (Method::PUT, path, Some(body))
        }
    };
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in &letter.hook.headers {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    request = request
        .header(header::HOST, &target.authority)
        .header(header::USER_AGENT, "palatine")
        .header(header::CONNECTION, "close");
    if let Some((first, _)) = letter.numbers {
        request = request.header(EVENT_NUMBER, first.to_string());
    }
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, FHIR_JSON);
    }
    request.body(Full::new(Bytes::from(body.cloned().unwrap_or_default())))
}

async fn answered<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(), NotTaken>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_headers(ANSWER_HEADERS_MAX)
        .max_buf_size(ANSWER_HEADER_BYTES_MAX)
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
        .await?;
    let exchange = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        taken(status)?;
        rest(answer.into_body()).await;
        Ok(())
    };
    tokio::pin!(connection);
    tokio::pin!(exchange);
    tokio::select! {
        done = &mut exchange => done,
        ended = &mut connection => match ended {
            // What was answered before the connection ended counts.
            Ok(()) => exchange.await,
            Err(why) => Err(why.into()),
        },
    }
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

/// Reads what is left of an answer, as much as may be: the receiver has taken the letter already.
async fn rest(body: Incoming) {
    if let Err(why) = Limited::new(body, ANSWER_BYTES_MAX).collect().await {
        tracing::debug!("the rest of a receiver's answer was not read: {why}");
    }
}
