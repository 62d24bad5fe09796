//! The FHIR server to which work is put: a host of our own, or another by its base address.
//!
//! Invariant: every connection of one server asks in the same name.

use crate::client::Client;
use crate::host::{Host, IMPORTER};

/// A FHIR server.
#[derive(Clone)]
pub(crate) struct Server {
    /// Host and port.
    address: String,
    /// What stands before the type in a path, for example `/fhir`.
    base: String,
    token: Option<String>,
}

impl Server {
    /// A host of our own, in the name of the account that may write everything.
    pub(crate) async fn of(host: &Host) -> Result<Self, String> {
        let token = Client::connect(&host.http)
            .await?
            .token(IMPORTER.0, IMPORTER.1)
            .await?;
        Ok(Self {
            address: host.http.clone(),
            base: String::from("/fhir"),
            token: Some(token),
        })
    }

    /// Another server, for example `http://127.0.0.1:8090/fhir`.
    pub(crate) fn at(base: &str, token: Option<String>) -> Result<Self, String> {
        let rest = base
            .strip_prefix("http://")
            .ok_or(format!("{base}: write http://HOST:PORT/PATH"))?;
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_end_matches('/');
        Ok(Self {
            address: address.to_owned(),
            base: if path.is_empty() {
                String::new()
            } else {
                format!("/{path}")
            },
            token,
        })
    }

    /// A new connection.
    pub(crate) async fn connect(&self) -> Result<Client, String> {
        let client = Client::connect(&self.address).await?;
        Ok(match &self.token {
            Some(token) => client.with_token(token.clone()),
            None => client,
        })
    }

    /// The path of something under the base: `Patient/1`, or nothing for the base itself.
    pub(crate) fn path(&self, what: &str) -> String {
        match (self.base.is_empty(), what.is_empty()) {
            (_, false) => format!("{}/{what}", self.base),
            (true, true) => String::from("/"),
            (false, true) => self.base.clone(),
        }
    }

    /// The path in an address that the server itself gave, whole or in part.
    pub(crate) fn path_of(&self, url: &str) -> String {
        let rest = url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
        rest.unwrap_or_else(|| {
            if url.starts_with('/') {
                url.to_owned()
            } else {
                self.path(url)
            }
        })
    }
}
