//! One HTTP request to a machine that may be called, over a connection of its own.
//!
//! Invariant: redirects are not followed and nothing is kept for the next request, so each address is looked at anew.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{CallError, Listed, Target, TlsError};
use crate::limits::{ANSWER_HEADER_BYTES_MAX, ANSWER_HEADERS_MAX};

/// Sends requests. The caller bounds their time.
#[derive(Clone)]
pub(crate) struct Client {
    listed: Listed,
    tls: TlsConnector,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    /// The connection, which ends with the answer.
    _connection: JoinSet<()>,
}

impl Client {
    pub(crate) fn new(listed: Listed) -> Result<Self, TlsError> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Ok(Self { listed, tls })
    }

    /// Sends a request to the URL that it names.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, CallError> {
        let target = Target::of_url(request.uri())?;
        let stream = self.listed.connect(&target).await?;
        if !target.tls {
            return exchanged(stream, request).await;
        }
        let name = ServerName::try_from(target.host.clone()).map_err(|_| CallError::Host)?;
        let stream = self.tls.connect(name, stream).await;
        exchanged(
            stream.map_err(|why| CallError::Connect(target.at(), why))?,
            request,
        )
        .await
    }
}

async fn exchanged<S>(stream: S, mut request: Request<Full<Bytes>>) -> Result<Answer, CallError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let authority = request.uri().authority().ok_or(CallError::Host)?.as_str();
    let host = authority.parse().map_err(|_| CallError::Host)?;
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(
        header::CONNECTION,
        header::HeaderValue::from_static("close"),
    );
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_headers(ANSWER_HEADERS_MAX)
        .max_buf_size(ANSWER_HEADER_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await?;
    let mut running = JoinSet::new();
    // What breaks it, the request or the reading of its answer meets too.
    running.spawn(async move { drop(connection.await) });
    let (head, body) = sender.send_request(request).await?.into_parts();
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body,
        _connection: running,
    })
}

impl Answer {
    /// Its body, if that has no more bytes than this.
    pub(crate) async fn body(
        self,
        bytes_max: usize,
    ) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
        let body = Limited::new(self.body, bytes_max).collect().await?;
        Ok(body.to_bytes())
    }
}
