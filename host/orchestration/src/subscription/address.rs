//! Where events may be sent: the address as written, and the machines that its name stands for at the moment of sending.
//!
//! Invariant: nothing is sent to a machine of this region, or to this one, unless an operator listed it; and never to one
//! that hands out credentials, whatever is listed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;

use crate::limits::{ADDRESSES_MAX, LISTED_MAX};

/// What an operator lists: hosts and networks of the region that may subscribe, also without TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    hosts: Vec<(String, Option<u16>)>,
    networks: Vec<Network>,
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    bits: u8,
}

/// A list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no host, host:port or network: write for example `hooks.trust.nhs.uk, 10.20.0.0/16`"
)]
pub struct NotListed(String);

/// An address that events may be sent to, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether through TLS.
    pub tls: bool,
    /// Its host: a name, or an address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Host and port as a request names them.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another scheme, or none.
    #[error("events are sent to https:// addresses")]
    Scheme,
    /// Without TLS, to a host that is not listed.
    #[error("events are sent without TLS only to hosts that the operator listed")]
    Plain,
    /// A host that is no name and no address as they are usually written.
    #[error("the host of the address is neither a name nor an address in its usual form")]
    Host,
    /// With a user or password.
    #[error("an address with a user or password is not written to")]
    Credentials,
    /// A port on which something else than a web server is expected.
    #[error("events are sent to port 443 or one above 1023, or to a port that the operator listed")]
    Port,
    /// The name stands for nothing, or for too much.
    #[error("the host's name stands for no machine, or for more than {ADDRESSES_MAX}")]
    Unknown,
    /// A machine that is not for others.
    #[error("the host stands for a machine that events may not be sent to")]
    Inside,
}

impl FromStr for Listed {
    type Err = NotListed;

    fn from_str(text: &str) -> Result<Self, NotListed> {
        let mut listed = Self::default();
        let words = text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        for (n, word) in words.enumerate() {
            let not = || NotListed(word.chars().take(80).collect());
            if n >= LISTED_MAX {
                return Err(not());
            }
            if word.contains('/') {
                listed.networks.push(Network::read(word).ok_or_else(not)?);
                continue;
            }
            if let Ok(first) = word.parse::<IpAddr>() {
                let bits = if first.is_ipv4() { 32 } else { 128 };
                listed.networks.push(Network { first, bits });
                continue;
            }
            let (host, port) = match word.rsplit_once(':') {
                Some((host, port)) => (host, Some(port.parse().map_err(|_| not())?)),
                None => (word, None),
            };
            if !is_name(host) {
                return Err(not());
            }
            listed.hosts.push((host.to_ascii_lowercase(), port));
        }
        Ok(listed)
    }
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (first, bits) = text.split_once('/')?;
        let first: IpAddr = first.parse().ok()?;
        let bits: u8 = bits.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        (bits <= most).then_some(Self { first, bits })
    }

    fn holds(self, address: IpAddr) -> bool {
        let (first, address, width) = match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => (
                u128::from(first.to_bits()),
                u128::from(address.to_bits()),
                32,
            ),
            (IpAddr::V6(first), IpAddr::V6(address)) => (first.to_bits(), address.to_bits(), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
        };
        let beside = u32::from(width - self.bits);
        first.checked_shr(beside).unwrap_or(0) == address.checked_shr(beside).unwrap_or(0)
    }
}

impl Listed {
    /// An address as written, where it may be written to as far as that tells.
    ///
    /// # Errors
    /// Which rule forbids it.
    pub fn target(&self, endpoint: &str) -> Result<Target, Refused> {
        let uri: Uri = endpoint.parse().map_err(|_| Refused::Host)?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(_) | None => return Err(Refused::Scheme),
        };
        let authority = uri.authority().ok_or(Refused::Host)?;
        if authority.as_str().contains('@') {
            return Err(Refused::Credentials);
        }
        let host = authority.host();
        let literal = address_of(host);
        if literal.is_none() && !is_name(host) {
            return Err(Refused::Host);
        }
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let named = self.names(&host, port);
        let may_be_listed = named
            || literal.is_none_or(|address| self.is_within(address)) && !self.networks.is_empty();
        if !tls && !may_be_listed {
            return Err(Refused::Plain);
        }
        if port != 443 && port <= 1023 && !may_be_listed {
            return Err(Refused::Port);
        }
        Ok(Target {
            tls,
            port,
            authority: authority.as_str().to_owned(),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
            host,
        })
    }

    /// The one of a name's addresses to which is written, if all of them may be: whoever answers for the name may have
    /// another answer ready.
    ///
    /// # Errors
    /// Which rule forbids it.
    pub fn permitted(&self, target: &Target, addresses: &[IpAddr]) -> Result<IpAddr, Refused> {
        let first = addresses
            .first()
            .copied()
            .filter(|_| addresses.len() <= ADDRESSES_MAX);
        let first = first.ok_or(Refused::Unknown)?;
        let named = self.names(&target.host, target.port);
        for address in addresses {
            let address = plain(*address);
            if is_never(address) {
                return Err(Refused::Inside);
            }
            let listed = named || self.is_within(address);
            if !listed && !is_public(address) {
                return Err(Refused::Inside);
            }
            if !listed && !target.tls {
                return Err(Refused::Plain);
            }
            if !listed && target.port != 443 && target.port <= 1023 {
                return Err(Refused::Port);
            }
        }
        Ok(first)
    }

    fn names(&self, host: &str, port: u16) -> bool {
        let mut hosts = self.hosts.iter();
        hosts.any(|(name, at)| name == host && at.is_none_or(|at| at == port))
    }

    fn is_within(&self, address: IpAddr) -> bool {
        let address = plain(address);
        self.networks.iter().any(|network| network.holds(address))
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
    match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// The address of version 4 that one of version 6 stands for, in whichever way.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else {
        return address;
    };
    let parts = six.segments();
    let four = |high: u16, low: u16| {
        IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    };
    match parts {
        // Mapped and translated; compatible, but for `::` and `::1`.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => four(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => four(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => four(high, low),
        // 6to4.
        [0x2002, high, low, ..] => four(high, low),
        _as_it_is => address,
    }
}

/// What nothing is ever sent to: everybody, nobody, the machine's own link, and where clouds hand out credentials.
fn is_never(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let metadata = [
                Ipv4Addr::new(100, 100, 100, 200),
                Ipv4Addr::new(168, 63, 129, 16),
            ];
            four.is_unspecified()
                || four.is_broadcast()
                || four.is_multicast()
                || four.is_link_local()
                || metadata.contains(&four)
        }
        IpAddr::V6(six) => {
            let metadata = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
            six.is_unspecified()
                || six.is_multicast()
                || six.is_unicast_link_local()
                || six == metadata
        }
    }
}

/// Whether an address is one of the world's.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            let set_aside = matches!(
                (a, b, c),
                (0 | 240.., _, _)
                    | (100, 64..=127, _)
                    | (192, 0, 0)
                    | (192, 88, 99)
                    | (198, 18 | 19, _)
            );
            !four.is_loopback()
                && !four.is_private()
                && !four.is_documentation()
                && !is_never(address)
                && !set_aside
        }
        IpAddr::V6(six) => {
            let parts = six.segments();
            let of_the_world = (0x2000..=0x3fff).contains(&parts[0]);
            // Teredo hides an address of version 4; 2001:db8 is for documents.
            let set_aside = parts[0] == 0x2001 && (parts[1] == 0 || parts[1] == 0xdb8);
            of_the_world && !set_aside
        }
    }
}

#[cfg(test)]
mod tests;
