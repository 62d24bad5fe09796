//! IP addresses by what they are for: IANA's registries of special-purpose addresses, and what clouds do with theirs.
//!
//! Invariant: an address of version 4 is judged as such in whichever way one of version 6 stands for it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    first: IpAddr,
    bits: u32,
}

impl Block {
    /// One address, or a network as `10.20.0.0/16`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let Some((first, bits)) = text.split_once('/') else {
            return text.parse().ok().map(Self::of);
        };
        let first = first.parse().ok()?;
        let bits = bits.parse().ok()?;
        (bits <= width(first)).then_some(Self { first, bits })
    }

    /// One address.
    pub(super) fn of(address: IpAddr) -> Self {
        let first = plain(address);
        let bits = width(first);
        Self { first, bits }
    }

    pub(super) fn holds(self, address: IpAddr) -> bool {
        let number = |it| match it {
            IpAddr::V4(it) => u128::from(Ipv4Addr::to_bits(it)),
            IpAddr::V6(it) => Ipv6Addr::to_bits(it),
        };
        let beside = width(address).saturating_sub(self.bits);
        let begins = |it| number(it).checked_shr(beside).unwrap_or(0);
        width(self.first) == width(address) && begins(self.first) == begins(address)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address of version 4 that one of version 6 stands for, in whichever way.
pub(super) fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else {
        return address;
    };
    let four = |high: u16, low: u16| {
        IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
    };
    match six.segments() {
        // Mapped and translated; compatible, but for `::` and `::1`.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => four(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => four(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => four(high, low),
        // 6to4.
        [0x2002, high, low, ..] => four(high, low),
        _as_it_is => address,
    }
}

/// What is never called: everybody, nobody, the machine's own link, and where clouds hand out credentials.
pub(super) fn is_never(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let metadata = matches!(
                four.octets(),
                [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192]
            );
            let nobody = matches!(four.octets(), [0, ..]);
            nobody || four.is_broadcast() || four.is_multicast() || four.is_link_local() || metadata
        }
        IpAddr::V6(six) => {
            let metadata = matches!(
                six.segments(),
                [0xfd00, 0xec2, ..] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
            );
            six.is_unspecified() || six.is_multicast() || six.is_unicast_link_local() || metadata
        }
    }
}

/// Whether an address is one of the world's.
pub(super) fn is_public(address: IpAddr) -> bool {
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
            let of_the_region = four.is_loopback() || four.is_private() || four.is_link_local();
            !of_the_region && !four.is_multicast() && !four.is_documentation() && !set_aside
        }
        // Global unicast, but for what in it is for tunnels, benchmarks and documents.
        IpAddr::V6(six) => match six.segments() {
            [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
            [first, ..] => (0x2000..=0x3fff).contains(&first),
        },
    }
}
