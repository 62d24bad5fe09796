//! Where messages may be sent: what an operator declared, but never back into the host or to its machine's own services.
//!
//! Invariant: the address that is connected to is the one that was looked at; a name is resolved once for each connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::limits::ADDRESSES_MAX;

/// Why an address is not connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The name leads nowhere now.
    #[error("the name {0} cannot be resolved now")]
    Unresolved(String),
    /// It leads to where nothing is sent.
    #[error(
        "{host} leads to {address}, which is this machine's own or a network's service: an operator has to list it in PALATINE_MLLP_SEND_LOCAL"
    )]
    Inward {
        /// As declared.
        host: String,
        /// What it resolved to.
        address: SocketAddr,
    },
}

/// The addresses that a declared host and port lead to, each of them allowed.
///
/// Private networks are where hospital systems are, so they are allowed. `listed` names the exceptions: addresses with
/// their port that an operator wrote into the host's settings.
///
/// # Errors
/// [`AddressError`]; one address that is not allowed is enough.
pub async fn resolved(
    declared: &str,
    listed: &[SocketAddr],
    time_max: Duration,
) -> Result<Vec<SocketAddr>, AddressError> {
    let unresolved = || AddressError::Unresolved(declared.to_owned());
    let found = timeout(time_max, lookup_host(declared)).await;
    let found = found.map_err(|_| unresolved())?.map_err(|_| unresolved())?;
    let found: Vec<SocketAddr> = found.take(ADDRESSES_MAX).collect();
    let inward = |it: &&SocketAddr| is_inward(it.ip()) && !listed.contains(it);
    match found.iter().find(inward) {
        Some(address) => Err(AddressError::Inward {
            host: declared.to_owned(),
            address: *address,
        }),
        None if found.is_empty() => Err(unresolved()),
        None => Ok(found),
    }
}

/// Whether an address is this machine's own, or one of the services that a network gives each machine.
fn is_inward(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inward_4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_inward_4(address),
            None => is_inward_6(address),
        },
    }
}

fn is_inward_4(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    first == 0
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        // The metadata services of clouds that do not keep theirs link-local.
        || matches!(address.octets(), [100, 100, 100, 200] | [168, 63, 129, 16])
}

fn is_inward_6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unicast_link_local()
        || address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
}

/// The IPv4 address inside an IPv6 one: mapped, compatible, translated (64:ff9b::/96) or 6to4.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let low = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match parts {
        [0, 0, 0, 0, 0, 0xffff, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => Some(low(a, b)),
        [0, 0, 0, 0, 0, 0, a, b] if a != 0 => Some(low(a, b)),
        [0x2002, a, b, ..] => Some(low(a, b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
