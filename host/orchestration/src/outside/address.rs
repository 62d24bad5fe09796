//! Which addresses may be called: the public network over TLS, and of the region's own network what the host's operator
//! lists.
//!
//! Invariant: an address that is in no public range is refused however it is written, unless its host is listed.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ureq::http::Uri;

/// Hosts of the region's own network, by name or address, that may be called, over plain HTTP as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(BTreeSet<String>);

/// A text that lists no hosts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write names or addresses of hosts, with commas between them")]
pub struct NotHosts;

impl FromStr for Allowed {
    type Err = NotHosts;

    fn from_str(text: &str) -> Result<Self, NotHosts> {
        let hosts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let right = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        let hosts: BTreeSet<String> = hosts.map(str::to_ascii_lowercase).collect();
        let all = hosts.iter().all(|host| host.bytes().all(right));
        all.then_some(Self(hosts)).ok_or(NotHosts)
    }
}

impl Allowed {
    /// Whether an address may be called by what it says.
    pub(super) fn by_name(&self, address: &str) -> Result<(), String> {
        let uri: Uri = address.parse().map_err(|_| "it is no address".to_owned())?;
        let host = uri.host().unwrap_or_default();
        let is_listed = self.has(host);
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_listed => {}
            Some(_) | None => {
                return Err(format!(
                    "{host} is not listed, so it is called by https only"
                ));
            }
        }
        // What looks like a number but is no plain address is read differently by different readers.
        let last = host
            .rsplit('.')
            .find(|part| !part.is_empty())
            .unwrap_or_default();
        let is_number = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
        let is_v6 = host.starts_with('[');
        if host.is_empty() || (is_number && !is_v6 && host.parse::<Ipv4Addr>().is_err()) {
            return Err(format!("`{host}` is neither a name nor a plain address"));
        }
        Ok(())
    }

    /// Whether what a host's name leads to may be called.
    pub(super) fn by_address(&self, host: &str, at: IpAddr) -> Result<(), String> {
        if self.has(host) || is_public(at) {
            Ok(())
        } else {
            Err(format!(
                "{at} is not in the public network, and {host} is not listed"
            ))
        }
    }

    fn has(&self, host: &str) -> bool {
        self.0.contains(&host.to_ascii_lowercase())
    }
}

/// Whether an address is in the public network: by IANA's registries of special-purpose addresses.
fn is_public(at: IpAddr) -> bool {
    match at {
        IpAddr::V4(at) => is_public_v4(at),
        IpAddr::V6(at) => match embedded(at) {
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(at),
        },
    }
}

fn is_public_v4(at: Ipv4Addr) -> bool {
    let [a, b, c, _] = at.octets();
    let special = at.is_private()
        || at.is_loopback()
        || at.is_link_local()
        || at.is_multicast()
        || at.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (18..20).contains(&b));
    !special
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, translated (64:ff9b::/96) or 6to4.
fn embedded(at: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = at.segments();
    let of = |high: u16, low: u16| {
        let ([one, two], [three, four]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(one, two, three, four)
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff | 0] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(of(high, low)),
        [0x2002, high, low, _, _, _] => Some(of(high, low)),
        _other => None,
    }
}

/// Global unicast, but for what in it is for documentation, benchmarking and tunnels.
fn is_public_v6(at: Ipv6Addr) -> bool {
    let [a, b, ..] = at.segments();
    let is_global = (0x2000..0x4000).contains(&a);
    let is_special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || (a == 0x3fff && b < 0x1000);
    is_global && !is_special
}
