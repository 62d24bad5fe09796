//! Which machines may be called: the public network's through TLS, and of the region's own those that an operator lists.
//!
//! Invariant: every machine that a name stands for is looked at in the moment of the call, and only what was looked at is
//! connected to; one that hands out credentials never is, whatever is listed.

mod address;
pub(crate) mod http;

use std::io;
use std::net::{IpAddr, SocketAddr};

use ::http::Uri;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
pub use tokio_rustls::rustls::Error as TlsError;

use self::address::{Block, is_never, is_public, plain};
use crate::limits::{ADDRESSES_MAX, CONNECT_TIME_MAX, LISTED_MAX};

/// What an operator lists: hosts and networks of the region that may be called, also without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The setting that lists them.
    setting: &'static str,
    hosts: Vec<(String, Option<u16>)>,
    blocks: Vec<(Block, Option<u16>)>,
}

/// A list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no host, network or either's port, or is more than {LISTED_MAX} in: write for example `hooks.trust.nhs.uk, 10.20.0.7:2576, 10.30.0.0/16`"
)]
pub struct NotListed(String);

/// Who is to be called, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether through TLS.
    pub tls: bool,
    /// Its host: a name, or an address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// What only a listed machine may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// Called without TLS.
    Plain,
    /// Called at a port on which something else than a server for others is expected.
    Port,
    /// Outside the public network.
    Inside,
}

/// Why a machine was not called.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Another scheme, or none.
    #[error("only https:// addresses are called, and http:// ones of hosts that are listed")]
    Scheme,
    /// No name, no address as they are usually written, or no port.
    #[error("the address has no host and port in their usual form: write a name or an IP address")]
    Host,
    /// With a user or password.
    #[error("an address with a user or password is not called: take them out")]
    Credentials,
    /// It is not listed, and would have to be.
    #[error("{at} {bar}: an operator has to list it in {setting}")]
    Unlisted {
        /// Host and port.
        at: String,
        /// What it would have to be listed for.
        bar: Bar,
        /// Where to list it.
        setting: &'static str,
    },
    /// Everybody, nobody, the machine's own link, or where a cloud hands out credentials.
    #[error("{0} stands for a machine that is never called, whatever is listed")]
    Never(String),
    /// Its name stands for nothing, or for too much.
    #[error("the name {0} stands for no machine, or for more than {ADDRESSES_MAX}")]
    Unknown(String),
    /// Its name could not be looked up.
    #[error("the name {0} could not be looked up")]
    Name(String, #[source] io::Error),
    /// No connection.
    #[error("cannot connect to {0}")]
    Connect(String, #[source] io::Error),
    /// It does not speak HTTP, or stopped in the middle.
    #[error("it did not answer as HTTP")]
    Http(#[from] hyper::Error),
}

impl CallError {
    /// Whether the same call may be right another time: a name leads elsewhere, or somebody is there again.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Name(..) | Self::Connect(..) | Self::Http(_) => true,
            Self::Scheme | Self::Host | Self::Credentials => false,
            Self::Unlisted { .. } | Self::Never(_) => false,
        }
    }
}

impl std::fmt::Display for Bar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain => "would be called without TLS",
            Self::Port => "has a port below 1024 that is not 443",
            Self::Inside => "is not in the public network",
        })
    }
}

impl Default for Listed {
    fn default() -> Self {
        Self {
            setting: "the host's settings",
            hosts: Vec::new(),
            blocks: Vec::new(),
        }
    }
}

impl Target {
    /// Who a URL is of.
    ///
    /// # Errors
    /// When it is no URL that is ever called.
    pub fn of_url(url: &Uri) -> Result<Self, CallError> {
        let (tls, usual) = match url.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            Some(_) | None => return Err(CallError::Scheme),
        };
        let authority = url.authority().ok_or(CallError::Host)?.as_str();
        if authority.contains('@') {
            return Err(CallError::Credentials);
        }
        let has_port = !authority.ends_with(']') && authority.contains(':');
        if has_port {
            return Self::of_machine(authority, tls);
        }
        Self::of_machine(&format!("{authority}:{usual}"), tls)
    }

    /// Who `host:port` is.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn of_machine(text: &str, tls: bool) -> Result<Self, CallError> {
        let (host, port) = text.rsplit_once(':').ok_or(CallError::Host)?;
        let port = port.parse().map_err(|_| CallError::Host)?;
        if address_of(host).is_none() && !is_name(host) {
            return Err(CallError::Host);
        }
        let host = host.trim_matches(['[', ']']).trim_end_matches('.');
        let host = host.to_ascii_lowercase();
        Ok(Self { tls, host, port })
    }

    fn at(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

impl Listed {
    /// What a setting lists, with commas between: hosts, addresses, both also with a port, and networks.
    ///
    /// # Errors
    /// The first word that is none of these.
    pub fn read(setting: &'static str, text: &str) -> Result<Self, NotListed> {
        let mut listed = Self {
            setting,
            ..Self::default()
        };
        let words = text.split(',').map(str::trim);
        for (n, word) in words.filter(|word| !word.is_empty()).enumerate() {
            let not = || NotListed(word.chars().take(80).collect());
            if n >= LISTED_MAX {
                return Err(not());
            }
            if let Some(block) = Block::read(word) {
                listed.blocks.push((block, None));
            } else if let Ok(at) = word.parse::<SocketAddr>() {
                listed.blocks.push((Block::of(at.ip()), Some(at.port())));
            } else if is_name(word) {
                listed.hosts.push((word.to_ascii_lowercase(), None));
            } else {
                let named = Target::of_machine(word, true).map_err(|_| not())?;
                listed.hosts.push((named.host, Some(named.port)));
            }
        }
        Ok(listed)
    }

    /// A connection to one of the machines that a target stands for now, if every one of them may be called: whoever
    /// answers for the name may have another answer ready.
    ///
    /// # Errors
    /// Which rule forbids it, or why it cannot be reached.
    pub async fn connect(&self, target: &Target) -> Result<TcpStream, CallError> {
        self.written(target)?;
        let found = timeout(
            CONNECT_TIME_MAX,
            lookup_host((target.host.as_str(), target.port)),
        );
        let found = found.await.map_err(io::Error::from).flatten();
        let found = found.map_err(|why| CallError::Name(target.host.clone(), why))?;
        let found: Vec<SocketAddr> = found.take(ADDRESSES_MAX + 1).collect();
        self.permitted(target, found.iter().map(SocketAddr::ip))?;
        let stream = timeout(CONNECT_TIME_MAX, TcpStream::connect(found.as_slice()));
        let stream = stream.await.map_err(io::Error::from).flatten();
        let failed = |why| CallError::Connect(target.at(), why);
        let stream = stream.map_err(failed)?;
        let peer = stream.peer_addr().map_err(failed)?;
        self.permitted(target, [peer.ip()])?;
        Ok(stream)
    }

    /// Whether a target may be called as far as what is written tells: nothing is looked up for one that may not.
    fn written(&self, target: &Target) -> Result<(), CallError> {
        match target.host.parse() {
            Ok(address) => self.allows(target, address),
            // Where the name leads may be in a network that is listed.
            Err(_) if self.names(target) || !self.blocks.is_empty() => Ok(()),
            Err(_) => self.allows_unlisted(target),
        }
    }

    /// Whether a target may be called that stands for these machines.
    fn permitted(
        &self,
        target: &Target,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Result<(), CallError> {
        let mut count = 0;
        for address in addresses {
            count += 1;
            self.allows(target, address)?;
        }
        if (1..=ADDRESSES_MAX).contains(&count) {
            Ok(())
        } else {
            Err(CallError::Unknown(target.host.clone()))
        }
    }

    fn allows(&self, target: &Target, address: IpAddr) -> Result<(), CallError> {
        let address = plain(address);
        let mut blocks = self.blocks.iter();
        let is_within = |(block, port): &(Block, Option<u16>)| {
            block.holds(address) && port.is_none_or(|port| port == target.port)
        };
        if is_never(address) {
            Err(CallError::Never(target.host.clone()))
        } else if self.names(target) || blocks.any(is_within) {
            Ok(())
        } else if !is_public(address) {
            Err(self.unlisted(target, Bar::Inside))
        } else {
            self.allows_unlisted(target)
        }
    }

    fn allows_unlisted(&self, target: &Target) -> Result<(), CallError> {
        if !target.tls {
            Err(self.unlisted(target, Bar::Plain))
        } else if target.port != 443 && target.port <= 1023 {
            Err(self.unlisted(target, Bar::Port))
        } else {
            Ok(())
        }
    }

    fn unlisted(&self, target: &Target, bar: Bar) -> CallError {
        CallError::Unlisted {
            at: target.at(),
            bar,
            setting: self.setting,
        }
    }

    fn names(&self, target: &Target) -> bool {
        let mut hosts = self.hosts.iter();
        hosts.any(|(name, port)| *name == target.host && port.is_none_or(|it| it == target.port))
    }
}

/// Whether it has the form of a host's name. What ends in a number is an address, and `2130706433`, `0x7f.1` and `017700000001`
/// are none as they are usually written.
fn is_name(host: &str) -> bool {
    let labels: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let is_label = |label: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-')
    };
    let ends_as_name = labels.last().is_some_and(|last| {
        let lower = last.to_ascii_lowercase();
        !lower.starts_with("0x") && !lower.bytes().all(|byte| byte.is_ascii_digit())
    });
    host.len() <= 253 && labels.iter().all(is_label) && ends_as_name
}

/// A host that is written as an address, in its usual form.
fn address_of(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.parse().ok().map(IpAddr::V6),
        None => host.parse().ok().map(IpAddr::V4),
    }
}

#[cfg(test)]
mod tests;
