//! Where events may go: each way of naming a machine that is not for others, beside one that is.
#![expect(clippy::unwrap_used, reason = "a table stops where it is wrong")]

use std::net::IpAddr;

use super::{Listed, Refused};

/// Checks rows of an address, what its name stands for, and what becomes of it.
fn check(listed: &str, rows: &str) {
    let listed: Listed = listed.parse().unwrap();
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let parts: Vec<&str> = row.split('|').map(str::trim).collect();
        let [endpoint, stands_for, expected] = parts[..] else {
            unreachable_row(row);
            continue;
        };
        let addresses: Vec<IpAddr> = stands_for
            .split_whitespace()
            .map(|it| it.parse().unwrap())
            .collect();
        let answer = listed
            .target(endpoint)
            .and_then(|target| listed.permitted(&target, &addresses));
        let said = match answer {
            Ok(address) => format!("sent to {address}"),
            Err(Refused::Scheme) => "scheme".to_owned(),
            Err(Refused::Plain) => "no TLS".to_owned(),
            Err(Refused::Host) => "host".to_owned(),
            Err(Refused::Credentials) => "credentials".to_owned(),
            Err(Refused::Port) => "port".to_owned(),
            Err(Refused::Unknown) => "unknown".to_owned(),
            Err(Refused::Inside) => "inside".to_owned(),
        };
        assert_eq!(said, expected, "{row}");
    }
}

fn unreachable_row(row: &str) {
    assert!(row.is_empty(), "three columns are wanted: {row}");
}

#[test]
fn without_a_list_only_the_world_is_written_to() {
    check(
        "",
        "
        https://hooks.example.org/a        | 93.184.216.34             | sent to 93.184.216.34
        https://hooks.example.org:8443/a   | 93.184.216.34             | sent to 93.184.216.34
        https://hooks.example.org/a        | 2606:2800:220:1::1        | sent to 2606:2800:220:1::1
        http://hooks.example.org/a         | 93.184.216.34             | no TLS
        file:///etc/passwd                 | 93.184.216.34             | host
        ftp://hooks.example.org/a          | 93.184.216.34             | scheme
        gopher://hooks.example.org/a       | 93.184.216.34             | scheme
        https://me:secret@example.org/a    | 93.184.216.34             | credentials
        https://hooks.example.org:25/a     | 93.184.216.34             | port
        https://hooks.example.org:22/a     | 93.184.216.34             | port
        https://localhost/a                | 127.0.0.1                 | inside
        https://localhost/a                | ::1                       | inside
        https://127.0.0.1/a                | 127.0.0.1                 | inside
        https://2130706433/a               | 127.0.0.1                 | host
        https://0x7f000001/a               | 127.0.0.1                 | host
        https://0x7f.1/a                   | 127.0.0.1                 | host
        https://017700000001/a             | 127.0.0.1                 | host
        https://0177.0.0.1/a               | 127.0.0.1                 | host
        https://127.1/a                    | 127.0.0.1                 | host
        https://0.0.0.0/a                  | 0.0.0.0                   | inside
        https://[::]/a                     | ::                        | inside
        https://[::1]/a                    | ::1                       | inside
        https://[::ffff:127.0.0.1]/a       | ::ffff:127.0.0.1          | inside
        https://[::ffff:a00:1]/a           | ::ffff:10.0.0.1           | inside
        https://[::ffff:5db8:d822]/a       | ::ffff:93.184.216.34      | sent to ::ffff:93.184.216.34
        https://[64:ff9b::a00:1]/a         | 64:ff9b::a00:1            | inside
        https://[2002:a00:1::1]/a          | 2002:a00:1::1             | inside
        https://[2001:0:a00:1::1]/a        | 2001:0:a00:1::1           | inside
        https://[fc00::1]/a                | fc00::1                   | inside
        https://[fe80::1]/a                | fe80::1                   | inside
        https://inside.example.org/a       | 10.1.2.3                  | inside
        https://inside.example.org/a       | 172.16.0.1                | inside
        https://inside.example.org/a       | 172.32.0.1                | sent to 172.32.0.1
        https://inside.example.org/a       | 192.168.1.1               | inside
        https://inside.example.org/a       | 100.64.0.1                | inside
        https://inside.example.org/a       | 100.128.0.1               | sent to 100.128.0.1
        https://metadata.example.org/a     | 169.254.169.254           | inside
        https://metadata.example.org/a     | fd00:ec2::254             | inside
        https://metadata.example.org/a     | 100.100.100.200           | inside
        https://everybody.example.org/a    | 224.0.0.1                 | inside
        https://everybody.example.org/a    | 255.255.255.255           | inside
        https://rebinding.example.org/a    | 93.184.216.34 127.0.0.1   | inside
        https://nobody.example.org/a       |                           | unknown
        ",
    );
}

#[test]
fn a_list_opens_hosts_and_networks_of_the_region_and_no_more() {
    check(
        "hooks.trust.nhs.uk:8080, lab.trust.nhs.uk, 10.20.0.0/16, 127.0.0.1",
        "
        http://hooks.trust.nhs.uk:8080/a   | 10.1.2.3                  | sent to 10.1.2.3
        http://HOOKS.trust.nhs.uk:8080/a   | 10.1.2.3                  | sent to 10.1.2.3
        https://hooks.trust.nhs.uk/a       | 10.1.2.3                  | inside
        http://hooks.trust.nhs.uk:9090/a   | 93.184.216.34             | no TLS
        https://lab.trust.nhs.uk:81/a      | 192.168.1.1               | sent to 192.168.1.1
        http://lab.trust.nhs.uk/a          | 169.254.169.254           | inside
        http://other.trust.nhs.uk/a        | 10.20.255.255             | sent to 10.20.255.255
        http://other.trust.nhs.uk/a        | 10.21.0.0                 | inside
        https://other.trust.nhs.uk/a       | 10.20.0.0                 | sent to 10.20.0.0
        http://10.20.1.1:8080/a            | 10.20.1.1                 | sent to 10.20.1.1
        http://10.19.255.255/a             | 10.19.255.255             | no TLS
        http://127.0.0.1:9000/a            | 127.0.0.1                 | sent to 127.0.0.1
        http://127.0.0.2:9000/a            | 127.0.0.2                 | no TLS
        http://other.trust.nhs.uk/a        | 10.20.0.1 10.21.0.1       | inside
        https://0x7f000001/a               | 127.0.0.1                 | host
        ",
    );
}

#[test]
fn a_list_that_cannot_be_read_is_refused_with_the_word_at_fault() {
    for (text, word) in [
        ("10.0.0.0/33", "10.0.0.0/33"),
        ("10.0.0/8", "10.0.0/8"),
        ("a host", "a host"),
        ("host:port", "host:port"),
        ("good.nhs.uk, 0x7f000001", "0x7f000001"),
        ("https://host", "https://host"),
    ] {
        let error = text.parse::<Listed>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{word}`")), "{error}");
    }
    assert_eq!("".parse::<Listed>().unwrap(), Listed::default());
}
