//! An HTTP client on one kept-alive connection, so that what is measured is the host.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// One connection, with the token that its requests carry.
pub(crate) struct Client {
    address: String,
    token: String,
    connection: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Connects to `address` (host:port) without a token.
    pub(crate) async fn connect(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|why| format!("{address}: {why}"))?;
        stream.set_nodelay(true).map_err(|why| why.to_string())?;
        let (connection, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|why| why.to_string())?;
        tokio::spawn(driver);
        Ok(Self {
            address: address.to_owned(),
            token: String::new(),
            connection,
        })
    }

    /// Signs in with a demonstration identity and carries its token from then on.
    pub(crate) async fn sign_in(mut self, account: &str, password: &str) -> Result<Self, String> {
        let form =
            format!("grant_type=client_credentials&client_id={account}&client_secret={password}");
        let (status, body) = self
            .send(
                Method::POST,
                "/auth/token",
                "application/x-www-form-urlencoded",
                form.into(),
            )
            .await?;
        let answer: Value = serde_json::from_slice(&body)
            .map_err(|why| format!("sign-in answered {status}: {why}"))?;
        self.token = answer["access_token"]
            .as_str()
            .ok_or(format!("sign-in answered {status}: {answer}"))?
            .to_owned();
        Ok(self)
    }

    /// `GET path`.
    pub(crate) async fn get(&mut self, path: &str) -> Result<(StatusCode, Bytes), String> {
        self.send(Method::GET, path, "application/fhir+json", Bytes::new())
            .await
    }

    /// `POST path` with a FHIR body.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        self.send(Method::POST, path, "application/fhir+json", body)
            .await
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.address);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, kind);
        }
        if !self.token.is_empty() {
            request = request.header(AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let request = request
            .body(Full::new(body))
            .map_err(|why| why.to_string())?;
        self.connection
            .ready()
            .await
            .map_err(|why| why.to_string())?;
        let response = self
            .connection
            .send_request(request)
            .await
            .map_err(|why| why.to_string())?;
        let status = response.status();
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|why| why.to_string())?
            .to_bytes();
        Ok((status, body))
    }
}
