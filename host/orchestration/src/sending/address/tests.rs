//! Addresses, one row each.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::time::Duration;

use super::resolved;

#[tokio::test]
async fn addresses_by_where_they_lead() {
    // Address, whether it is connected to.
    let rows = [
        ("10.1.2.3:2576", true),
        ("172.16.0.1:2576", true),
        ("192.168.7.7:2576", true),
        ("[fd12:3456::1]:2576", true),
        ("127.0.0.1:2576", false),
        ("127.9.9.9:2576", false),
        ("localhost:2576", false),
        ("2130706433:2576", false),
        ("0x7f.1:2576", false),
        ("0177.0.0.1:2576", false),
        ("0.0.0.0:2576", false),
        ("169.254.169.254:80", false),
        ("100.100.100.200:80", false),
        ("168.63.129.16:80", false),
        ("224.0.0.1:2576", false),
        ("255.255.255.255:2576", false),
        ("[::1]:2576", false),
        ("[::]:2576", false),
        ("[::ffff:127.0.0.1]:2576", false),
        ("[::ffff:169.254.169.254]:80", false),
        ("[::ffff:10.0.0.1]:2576", true),
        ("[64:ff9b::7f00:1]:2576", false),
        ("[2002:7f00:1::]:2576", false),
        ("[fe80::1]:2576", false),
        ("[fd00:ec2::254]:80", false),
        ("no-such-name.invalid:2576", false),
    ];
    for (address, allowed) in rows {
        let found = resolved(address, &[], Duration::from_secs(10)).await;
        assert_eq!(found.is_ok(), allowed, "{address}: {found:?}");
    }
    let listed = ["127.0.0.1:2577".parse().unwrap()];
    let found = resolved("127.0.0.1:2577", &listed, Duration::from_secs(10)).await;
    assert_eq!(found.unwrap(), listed);
    let other = resolved("127.0.0.1:2578", &listed, Duration::from_secs(10)).await;
    assert!(other.is_err(), "a listing is of one port");
}
