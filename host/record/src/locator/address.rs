//! Where a document lies: an address taken apart, and whether it is below a holder's.
//!
//! Invariant: what is asked is what was compared; an address that two readers could read in two ways is none.

use std::fmt;
use std::str::FromStr;

use crate::limits::document::DOCUMENT_ADDRESS_CHARS_MAX;

/// An address of the web, in its usual form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    scheme: &'static str,
    /// In lower case.
    host: String,
    port: u16,
    segments: Vec<String>,
    query: Option<String>,
}

/// A text that is no such address, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnAddress(&'static str);

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || text.len() > DOCUMENT_ADDRESS_CHARS_MAX || text.contains(['\\', '#']) {
            return Err(NotAnAddress(
                "an address has visible ASCII characters without `\\` and `#`, at most 2000",
            ));
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or(NotAnAddress("an address begins with https://"))?;
        let (scheme, usual) = match scheme.to_ascii_lowercase().as_str() {
            "https" => ("https", 443),
            "http" => ("http", 80),
            _other => return Err(NotAnAddress("an address begins with https://")),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query.to_owned())),
            None => (rest, None),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = machine(authority, usual)?;
        let segments: Vec<String> = match path {
            "" => Vec::new(),
            path => path.split('/').map(str::to_owned).collect(),
        };
        if segments.iter().any(|it| leads_elsewhere(it)) {
            return Err(NotAnAddress(
                "an address has no `.` or `..` in its path, and no `/`, `\\` or `.` written with `%`",
            ));
        }
        Ok(Self {
            scheme,
            host,
            port,
            segments,
            query,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}://{}", self.scheme, self.host)?;
        if !matches!((self.scheme, self.port), ("https", 443) | ("http", 80)) {
            write!(to, ":{}", self.port)?;
        }
        write!(to, "/{}", self.segments.join("/"))?;
        match &self.query {
            Some(query) => write!(to, "?{query}"),
            None => Ok(()),
        }
    }
}

impl Address {
    /// Whether it is a place to look below, and no document with a query.
    pub(super) fn is_base(&self) -> bool {
        self.query.is_none()
    }

    /// Whether it is the base or below it, by whole parts of the path.
    pub(super) fn is_below(&self, base: &Self) -> bool {
        let same = (self.scheme, &self.host, self.port) == (base.scheme, &base.host, base.port);
        same && self.segments.starts_with(base.parts())
    }

    /// How deep it is.
    pub(super) fn depth(&self) -> usize {
        self.parts().len()
    }

    /// The parts of its path, without the emptiness behind a last `/`.
    fn parts(&self) -> &[String] {
        match self.segments.split_last() {
            Some((last, before)) if last.is_empty() => before,
            Some(_) | None => &self.segments,
        }
    }
}

fn machine(authority: &str, usual: u16) -> Result<(String, u16), NotAnAddress> {
    if authority.contains('@') {
        return Err(NotAnAddress("an address has no user or password"));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            let port = is_number.then(|| port.parse().ok()).flatten();
            (
                host,
                port.ok_or(NotAnAddress("a port is a number up to 65535"))?,
            )
        }
        Some(_) | None => (authority, usual),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.[]:".contains(&byte);
    if host.is_empty() || !host.bytes().all(plain) || (host.contains(':') && !host.starts_with('['))
    {
        return Err(NotAnAddress("an address names a host"));
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    Ok((host, port))
}

/// Whether a part of a path is, or hides, another part.
fn leads_elsewhere(segment: &str) -> bool {
    let lower = segment.to_ascii_lowercase();
    matches!(segment, "." | "..") || ["%2e", "%2f", "%5c"].iter().any(|it| lower.contains(it))
}
