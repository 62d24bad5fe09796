//! The way outside: JSON to services that an operator declared, and documents of those who hold some, over HTTP.
//!
//! Invariant: what comes back is bounded in time and bytes, whatever is at the other end.

use std::pin::Pin;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{Full, LengthLimitError};
use record::adviser::{Asked, Errand, Fetched, Outside, OutsideError};
use record::with_causes;

use crate::network::http::{Answer, Client};
use crate::network::{CallError, Listed, TlsError};

/// A way outside.
pub struct Way {
    client: Client,
}

impl Way {
    /// A way that reaches the public network, and of the region's own what is listed.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(listed: Listed) -> Result<Self, TlsError> {
        let client = Client::new(listed)?;
        Ok(Self { client })
    }

    async fn sent(&self, errand: Errand) -> Result<Vec<u8>, OutsideError> {
        let request = Request::post(&errand.address)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "palatine")
            .header(header::AUTHORIZATION, format!("Bearer {}", errand.bearer))
            .body(Full::new(Bytes::from(errand.body)))
            .map_err(|why| OutsideError::Address {
                why: why.to_string(),
            })?;
        let answer = self.client.send(request).await.map_err(failed)?;
        if answer.status != StatusCode::OK {
            let status = answer.status.as_u16();
            return Err(OutsideError::Status { status });
        }
        let body = answer.body(errand.answer_bytes_max).await;
        let body = body.map_err(|why| OutsideError::Unreadable {
            why: why.to_string(),
        })?;
        Ok(body.to_vec())
    }

    async fn fetched(&self, asked: Asked) -> Result<Fetched, OutsideError> {
        let mut request = Request::get(&asked.address)
            .header(header::ACCEPT, "*/*")
            .header(header::USER_AGENT, "palatine")
            .header(header::AUTHORIZATION, format!("Bearer {}", asked.bearer));
        for (name, value) in asked.unless {
            request = request.header(name, value);
        }
        let request = request.body(Full::default());
        let request = request.map_err(|why| OutsideError::Address {
            why: why.to_string(),
        })?;
        let answer = self.client.send(request).await.map_err(failed)?;
        let headers = answer.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let headers = headers.collect();
        let status = answer.status.as_u16();
        // What an answer says that is none of the document's is not read.
        let body = match answer.status {
            StatusCode::OK => whole(answer, asked.answer_bytes_max).await?,
            _other => Vec::new(),
        };
        Ok(Fetched {
            status,
            headers,
            body,
        })
    }
}

async fn whole(answer: Answer, bytes_max: usize) -> Result<Vec<u8>, OutsideError> {
    let said = answer.headers.get(header::CONTENT_LENGTH);
    let said = said.and_then(|it| it.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|bytes| bytes > bytes_max) {
        return Err(OutsideError::TooLong { bytes_max });
    }
    let body = answer.body(bytes_max).await;
    let body = body.map_err(|why| match why.is::<LengthLimitError>() {
        true => OutsideError::TooLong { bytes_max },
        false => OutsideError::Unreadable {
            why: why.to_string(),
        },
    })?;
    Ok(body.to_vec())
}

impl Outside for Way {
    fn send(
        &self,
        errand: Errand,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OutsideError>> + Send + '_>> {
        Box::pin(async move {
            let sent = tokio::time::timeout(errand.within, self.sent(errand));
            sent.await.unwrap_or(Err(OutsideError::Late))
        })
    }

    fn fetch(
        &self,
        asked: Asked,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, OutsideError>> + Send + '_>> {
        Box::pin(async move {
            let fetched = tokio::time::timeout(asked.within, self.fetched(asked));
            fetched.await.unwrap_or(Err(OutsideError::Late))
        })
    }
}

fn failed(why: CallError) -> OutsideError {
    let words = with_causes(&why);
    if why.is_passing() {
        OutsideError::Unreached { why: words }
    } else {
        OutsideError::Address { why: words }
    }
}

#[cfg(test)]
mod tests;
