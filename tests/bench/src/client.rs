//! An HTTP client on one kept-alive connection that costs next to nothing, so that what is measured is the server.
//!
//! It shares its cores with the server: bytes go out in one write and come back into one buffer that is used again.

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of an answer's head.
const HEAD_MAX: usize = 64 * 1024;
/// Header lines of an answer.
const HEADERS_MAX: usize = 64;
/// Bytes of an answer.
const ANSWER_MAX: usize = 256 << 20;

/// One connection, with the token that its requests carry.
pub(crate) struct Client {
    address: String,
    token: String,
    stream: TcpStream,
    /// What has arrived and is not used yet.
    arrived: Vec<u8>,
    /// The commit that the last answer named.
    t: Option<u64>,
}

/// How an answer's body ends.
enum Length {
    Known(usize),
    Chunked,
}

impl Client {
    /// Connects to `address` (host:port) without a token.
    pub(crate) async fn connect(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|why| format!("{address}: {why}"))?;
        stream.set_nodelay(true).map_err(|why| why.to_string())?;
        Ok(Self {
            address: address.to_owned(),
            token: String::new(),
            stream,
            arrived: Vec::with_capacity(HEAD_MAX),
            t: None,
        })
    }

    /// Carries this token from now on.
    pub(crate) fn with_token(self, token: String) -> Self {
        Self { token, ..self }
    }

    /// Signs in with a demonstration identity and carries its token from then on.
    pub(crate) async fn sign_in(mut self, account: &str, password: &str) -> Result<Self, String> {
        let token = self.token(account, password).await?;
        Ok(self.with_token(token))
    }

    /// A token for a demonstration identity.
    pub(crate) async fn token(&mut self, account: &str, password: &str) -> Result<String, String> {
        let form =
            format!("grant_type=client_credentials&client_id={account}&client_secret={password}");
        let kind = "application/x-www-form-urlencoded";
        let sent = self.send(&Method::POST, "/auth/token", kind, form.as_bytes());
        let (status, body) = sent.await?;
        let answer: Value = serde_json::from_slice(&body)
            .map_err(|why| format!("sign-in answered {status}: {why}"))?;
        answer["access_token"]
            .as_str()
            .map(str::to_owned)
            .ok_or(format!("sign-in answered {status}: {answer}"))
    }

    /// `GET path`.
    pub(crate) async fn get(&mut self, path: &str) -> Result<(StatusCode, Bytes), String> {
        self.send(&Method::GET, path, "", &[]).await
    }

    /// `POST path` with a FHIR body.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        self.send(&Method::POST, path, "application/fhir+json", &body)
            .await
    }

    /// The document behind a path, which has to be there.
    pub(crate) async fn document(&mut self, path: &str) -> Result<Value, String> {
        let (status, body) = self.get(path).await?;
        if status != StatusCode::OK {
            let words = String::from_utf8_lossy(&body);
            return Err(format!("{path} was answered {status}: {words}"));
        }
        serde_json::from_slice(&body).map_err(|why| format!("{path}: {why}"))
    }

    /// A request with a FHIR body and further headers.
    pub(crate) async fn request(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        let kind = "application/fhir+json";
        self.send_with(&method, path, kind, headers, &body).await
    }

    /// A page of the application, as a browser in the session of this client's token asks for it.
    pub(crate) async fn page(&mut self, path: &str) -> Result<(StatusCode, Bytes), String> {
        let cookie = self.cookie();
        let headers = [("cookie", cookie.as_str())];
        self.send_with(&Method::GET, path, "", &headers, &[]).await
    }

    /// A form of such a page, sent.
    pub(crate) async fn form(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<(StatusCode, Bytes), String> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.extend_pairs(fields).finish();
        let cookie = self.cookie();
        let headers = [("cookie", cookie.as_str())];
        let kind = "application/x-www-form-urlencoded";
        self.send_with(&Method::POST, path, kind, &headers, body.as_bytes())
            .await
    }

    fn cookie(&self) -> String {
        format!("palatine-session={}", self.token)
    }

    /// The commit that the last answer named, where it named one.
    pub(crate) fn t(&self) -> Option<u64> {
        self.t
    }

    async fn send(
        &mut self,
        method: &Method,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<(StatusCode, Bytes), String> {
        self.send_with(method, path, kind, &[], body).await
    }

    async fn send_with(
        &mut self,
        method: &Method,
        path: &str,
        kind: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(StatusCode, Bytes), String> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\naccept: application/fhir+json\r\n",
            self.address
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.token.is_empty() {
            request.push_str(&format!("authorization: Bearer {}\r\n", self.token));
        }
        if *method != Method::GET {
            let length = body.len();
            request.push_str(&format!(
                "content-type: {kind}\r\ncontent-length: {length}\r\n"
            ));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        let sent = self.stream.write_all(&bytes).await;
        sent.map_err(|why| format!("{path}: {why}"))?;
        let answer = self.answer().await;
        answer.map_err(|why| format!("{path}: {why}"))
    }

    async fn answer(&mut self) -> Result<(StatusCode, Bytes), String> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Response::new(&mut headers);
            let parsed = head.parse(&self.arrived).map_err(|why| why.to_string())?;
            if let httparse::Status::Complete(end) = parsed {
                let status =
                    StatusCode::from_u16(head.code.unwrap_or(0)).map_err(|why| why.to_string())?;
                let length = length(status, head.headers)?;
                self.t = value(head.headers, "x-palatine-t").and_then(|text| text.parse().ok());
                self.arrived.drain(..end);
                let body = match length {
                    Length::Known(bytes) => self.take(bytes).await?,
                    Length::Chunked => self.chunks().await?,
                };
                return Ok((status, body));
            }
            if self.arrived.len() > HEAD_MAX {
                return Err(String::from("the head of the answer has no end"));
            }
            self.more().await?;
        }
    }

    /// Waits for more bytes.
    async fn more(&mut self) -> Result<(), String> {
        let read = self.stream.read_buf(&mut self.arrived).await;
        match read.map_err(|why| why.to_string())? {
            0 => Err(String::from("the connection was closed")),
            _ => Ok(()),
        }
    }

    async fn take(&mut self, bytes: usize) -> Result<Bytes, String> {
        while self.arrived.len() < bytes {
            self.more().await?;
        }
        let taken = Bytes::copy_from_slice(&self.arrived[..bytes]);
        self.arrived.drain(..bytes);
        Ok(taken)
    }

    async fn chunks(&mut self) -> Result<Bytes, String> {
        let mut whole = Vec::new();
        loop {
            match httparse::parse_chunk_size(&self.arrived) {
                Err(_) => return Err(String::from("a chunk has no readable size")),
                Ok(httparse::Status::Partial) => self.more().await?,
                Ok(httparse::Status::Complete((start, size))) => {
                    let size = usize::try_from(size).unwrap_or(usize::MAX);
                    if whole.len().saturating_add(size) > ANSWER_MAX {
                        return Err(String::from("the answer is too large"));
                    }
                    self.arrived.drain(..start);
                    // The chunk and the line end after it.
                    let chunk = self.take(size + 2).await?;
                    if size == 0 {
                        return Ok(whole.into());
                    }
                    whole.extend_from_slice(&chunk[..size]);
                }
            }
        }
    }
}

fn value(headers: &[httparse::Header<'_>], name: &str) -> Option<String> {
    let found = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case(name));
    found.map(|header| String::from_utf8_lossy(header.value).to_string())
}

fn length(status: StatusCode, headers: &[httparse::Header<'_>]) -> Result<Length, String> {
    if value(headers, "transfer-encoding").is_some_and(|how| how.eq_ignore_ascii_case("chunked")) {
        return Ok(Length::Chunked);
    }
    match value(headers, "content-length").map(|text| text.parse::<usize>()) {
        Some(Ok(bytes)) if bytes <= ANSWER_MAX => Ok(Length::Known(bytes)),
        Some(_) => Err(String::from(
            "the answer's length cannot be read, or is too large",
        )),
        None if status == StatusCode::NO_CONTENT => Ok(Length::Known(0)),
        None => Err(String::from("the answer does not say how long it is")),
    }
}
