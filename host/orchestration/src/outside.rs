//! The way outside: JSON to services that an operator declared, over HTTP.
//!
//! Invariant: the address that is connected to is one that was looked at, redirects are not followed, and what comes back
//! is bounded in time and bytes, whatever is at the other end.

pub mod address;

use std::pin::Pin;
use std::time::Duration;

use record::adviser::{Errand, Outside, OutsideError};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

use self::address::Allowed;
use crate::limits::OUTSIDE_HEADERS_BYTES_MAX;

/// A way outside.
#[derive(Clone, Debug)]
pub struct Way {
    agent: Agent,
    allowed: Allowed,
}

impl Way {
    /// A way that reaches the public network, and of the region's own what is allowed.
    pub fn new(allowed: Allowed) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .max_response_header_size(OUTSIDE_HEADERS_BYTES_MAX)
            .user_agent("Palatine")
            .build();
        let resolver = Looked {
            allowed: allowed.clone(),
            names: DefaultResolver::default(),
        };
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, allowed }
    }

    /// Sends and waits for the answer; on a thread that may wait.
    fn sent(&self, errand: &Errand) -> Result<Vec<u8>, OutsideError> {
        self.allowed
            .by_name(&errand.address)
            .map_err(|why| OutsideError::Address { why })?;
        let answer = self
            .agent
            .post(&errand.address)
            .config()
            .timeout_global(Some(errand.within))
            .build()
            .content_type("application/json")
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {}", errand.bearer))
            .send(errand.body.as_bytes());
        let mut answer = answer.map_err(failed)?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(OutsideError::Status { status });
        }
        let limit = u64::try_from(errand.answer_bytes_max).unwrap_or(u64::MAX);
        let body = answer.body_mut().with_config().limit(limit).read_to_vec();
        body.map_err(failed)
    }
}

impl Outside for Way {
    fn send(
        &self,
        errand: Errand,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, OutsideError>> + Send + '_>> {
        let way = self.clone();
        Box::pin(async move {
            let within = errand.within;
            let sent = tokio::task::spawn_blocking(move || way.sent(&errand));
            // Looking a name up may take longer than it was given; the thread ends when that does.
            match tokio::time::timeout(within + Duration::from_millis(100), sent).await {
                Ok(Ok(sent)) => sent,
                Ok(Err(broken)) => Err(OutsideError::Unreached {
                    why: broken.to_string(),
                }),
                Err(_) => Err(OutsideError::Late),
            }
        })
    }
}

/// What a client's failure means.
fn failed(why: Error) -> OutsideError {
    match why {
        Error::Timeout(_) => OutsideError::Late,
        Error::BodyExceedsLimit(bytes) => OutsideError::Unreadable {
            why: format!("it is longer than {bytes} bytes"),
        },
        Error::Io(source) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            OutsideError::Address {
                why: source.to_string(),
            }
        }
        why => OutsideError::Unreached {
            why: why.to_string(),
        },
    }
}

/// Names are looked up once for each call, and only what may be called is given to connect to.
#[derive(Debug)]
struct Looked {
    allowed: Allowed,
    names: DefaultResolver,
}

impl Resolver for Looked {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let host = uri.host().unwrap_or_default();
        for at in found.iter() {
            self.allowed.by_address(host, at.ip()).map_err(|why| {
                Error::Io(std::io::Error::new(
                    std::io::ErrorKind::PermissionDenied,
                    why,
                ))
            })?;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
