//! Who may be called: each way of naming a machine that is not for others, beside one that is.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a table stops where it is wrong"
)]

use std::net::IpAddr;

use super::{Bar, CallError, Listed, Target, TcpStream};

/// Checks rows of an address, what its name stands for, and what becomes of it. `mllp` is HL7 v2 without TLS, `mllps`
/// with.
fn check(list: &str, rows: &str) {
    let listed = Listed::read("PALATINE_PARTNERS", list).unwrap();
    for row in rows.lines().map(str::trim).filter(|row| !row.is_empty()) {
        let parts: Vec<&str> = row.split('|').map(str::trim).collect();
        let [address, stands_for, expected] = parts[..] else {
            panic!("three columns are wanted: {row}");
        };
        let target = match address.split_once("://") {
            Some(("mllp", machine)) => Target::of_machine(machine, false),
            Some(("mllps", machine)) => Target::of_machine(machine, true),
            _ => address
                .parse()
                .map_err(|_| CallError::Host)
                .and_then(|url| Target::of_url(&url)),
        };
        let addresses = stands_for.split_whitespace();
        let addresses = addresses.map(|it| it.parse::<IpAddr>().unwrap());
        let answer = target.and_then(|target| {
            listed.written(&target)?;
            listed.permitted(&target, addresses)
        });
        let said = match answer {
            Ok(()) => "called",
            Err(CallError::Scheme) => "scheme",
            Err(CallError::Host) => "host",
            Err(CallError::Credentials) => "credentials",
            Err(CallError::Unlisted { bar, .. }) => match bar {
                Bar::Plain => "no TLS",
                Bar::Port => "port",
                Bar::Inside => "inside",
            },
            Err(CallError::Never(_)) => "never",
            Err(CallError::Unknown(_)) => "unknown",
            Err(other @ (CallError::Name(..) | CallError::Connect(..) | CallError::Http(_))) => {
                panic!("nothing was called: {other}")
            }
        };
        assert_eq!(said, expected, "{row}");
    }
}

#[test]
fn without_a_list_only_the_world_is_called_and_through_tls() {
    check(
        "",
        "
        https://hooks.example.org/a        | 93.184.216.34             | called
        https://hooks.example.org:8443/a   | 93.184.216.34             | called
        https://hooks.example.org./a       | 93.184.216.34             | called
        https://hooks.example.org/a        | 2606:2800:220:1::1        | called
        https://81.2.69.142/               | 81.2.69.142               | called
        mllps://ie.example.org:2576        | 93.184.216.34             | called
        http://hooks.example.org/a         | 93.184.216.34             | no TLS
        mllp://ie.example.org:2576         | 93.184.216.34             | no TLS
        ftp://hooks.example.org/a          | 93.184.216.34             | scheme
        gopher://hooks.example.org/a       | 93.184.216.34             | scheme
        /a                                 | 93.184.216.34             | scheme
        file:///etc/passwd                 | 93.184.216.34             | host
        https:///                          | 93.184.216.34             | host
        https://hooks.example.org:99999/a  | 93.184.216.34             | host
        https://hooks.example.org:/a       | 93.184.216.34             | host
        mllps://ie.example.org             | 93.184.216.34             | host
        mllps://:2576                      | 93.184.216.34             | host
        mllps://ie.example.org:hl7         | 93.184.216.34             | host
        https://me:secret@example.org/a    | 93.184.216.34             | credentials
        https://hooks.example.org:25/a     | 93.184.216.34             | port
        https://hooks.example.org:1023/a   | 93.184.216.34             | port
        https://hooks.example.org:1024/a   | 93.184.216.34             | called
        mllps://ie.example.org:22          | 93.184.216.34             | port
        https://localhost/a                | 127.0.0.1                 | inside
        https://localhost/a                | ::1                       | inside
        https://127.0.0.1/a                | 127.0.0.1                 | inside
        https://127.1.2.3/a                | 127.1.2.3                 | inside
        mllps://127.9.9.9:2576             | 127.9.9.9                 | inside
        http://10.19.255.255/a             | 10.19.255.255             | inside
        https://2130706433/a               | 127.0.0.1                 | host
        https://0x7f000001/a               | 127.0.0.1                 | host
        https://0x7f.1/a                   | 127.0.0.1                 | host
        https://017700000001/a             | 127.0.0.1                 | host
        https://0177.0.0.1/a               | 127.0.0.1                 | host
        https://127.1/a                    | 127.0.0.1                 | host
        https://127.0.0.1./a               | 127.0.0.1                 | host
        mllps://2130706433:2576            | 127.0.0.1                 | host
        mllps://0x7f.1:2576                | 127.0.0.1                 | host
        mllps://0177.0.0.1:2576            | 127.0.0.1                 | host
        mllps://::1:2576                   | ::1                       | host
        mllps://[::1]:2576                 | ::1                       | inside
        https://0.0.0.0/a                  | 0.0.0.0                   | never
        https://[::]/a                     | ::                        | never
        https://[::1]/a                    | ::1                       | inside
        https://[::1]:8443/a               | ::1                       | inside
        https://[::ffff:127.0.0.1]/a       | ::ffff:127.0.0.1          | inside
        https://[::ffff:a00:1]/a           | ::ffff:10.0.0.1           | inside
        https://[::ffff:5db8:d822]/a       | ::ffff:93.184.216.34      | called
        https://[::ffff:a9fe:a9fe]/a       | ::ffff:169.254.169.254    | never
        https://[::7f00:1]/a               | ::127.0.0.1               | inside
        https://[64:ff9b::a00:1]/a         | 64:ff9b::a00:1            | inside
        https://[64:ff9b::a9fe:a9fe]/a     | 64:ff9b::a9fe:a9fe        | never
        https://[64:ff9b:1::1]/a           | 64:ff9b:1::1              | inside
        https://[2002:a00:1::1]/a          | 2002:a00:1::1             | inside
        https://[2001:0:a00:1::1]/a        | 2001:0:a00:1::1           | inside
        https://[2001:1ff::1]/a            | 2001:1ff::1               | inside
        https://[2001:200::1]/a            | 2001:200::1               | called
        https://[2001:db8::1]/a            | 2001:db8::1               | inside
        https://[3fff:fff::1]/a            | 3fff:fff::1               | inside
        https://[3fff:1000::1]/a           | 3fff:1000::1              | called
        https://[fc00::1]/a                | fc00::1                   | inside
        mllps://[fd12:3456::1]:2576        | fd12:3456::1              | inside
        https://[fe80::1]/a                | fe80::1                   | never
        https://[ff02::1]/a                | ff02::1                   | never
        https://inside.example.org/a       | 10.1.2.3                  | inside
        mllps://10.1.2.3:2576              | 10.1.2.3                  | inside
        https://inside.example.org/a       | 172.16.0.1                | inside
        https://inside.example.org/a       | 172.32.0.1                | called
        https://inside.example.org/a       | 192.168.1.1               | inside
        https://inside.example.org/a       | 100.64.0.1                | inside
        https://inside.example.org/a       | 100.128.0.1               | called
        https://inside.example.org/a       | 192.0.2.1                 | inside
        https://inside.example.org/a       | 198.18.0.1                | inside
        https://inside.example.org/a       | 240.0.0.1                 | inside
        https://metadata.example.org/a     | 169.254.169.254           | never
        https://metadata.example.org/a     | fd00:ec2::254             | never
        https://metadata.example.org/a     | fd00:ec2::23              | never
        https://metadata.example.org/a     | fd20:ce::254              | never
        https://metadata.example.org/a     | 100.100.100.200           | never
        https://metadata.example.org/a     | 168.63.129.16             | never
        https://everybody.example.org/a    | 224.0.0.1                 | never
        https://everybody.example.org/a    | 255.255.255.255           | never
        https://rebinding.example.org/a    | 93.184.216.34 127.0.0.1   | inside
        https://nobody.example.org/a       |                           | unknown
        ",
    );
}

#[test]
fn a_list_opens_hosts_and_networks_of_the_region_and_no_more() {
    check(
        "hooks.trust.nhs.uk:8080, Lab.trust.nhs.uk, 10.20.0.0/16, 10.30.0.7:2576, 127.0.0.1, [fd12::1]:2576, ::1,
         169.254.0.0/16, ::ffff:10.40.0.1",
        "
        http://hooks.trust.nhs.uk:8080/a   | 10.1.2.3                  | called
        http://HOOKS.trust.nhs.uk.:8080/a  | 10.1.2.3                  | called
        https://hooks.trust.nhs.uk/a       | 10.1.2.3                  | inside
        http://hooks.trust.nhs.uk:9090/a   | 93.184.216.34             | no TLS
        https://lab.trust.nhs.uk:81/a      | 192.168.1.1               | called
        mllp://lab.trust.nhs.uk:2576       | 192.168.1.1               | called
        http://lab.trust.nhs.uk/a          | 169.254.169.254           | never
        http://lab.trust.nhs.uk/a          | 10.1.1.1 fd00:ec2::254    | never
        http://169.254.1.1/a               | 169.254.1.1               | never
        http://other.trust.nhs.uk/a        | 10.20.255.255             | called
        http://other.trust.nhs.uk/a        | 10.21.0.0                 | inside
        https://other.trust.nhs.uk/a       | 10.20.0.0                 | called
        mllp://other.trust.nhs.uk:2576     | 10.20.0.0                 | called
        http://10.20.1.1:8080/a            | 10.20.1.1                 | called
        http://[::ffff:a14:1]/a            | ::ffff:10.20.0.1          | called
        http://10.40.0.1/a                 | 10.40.0.1                 | called
        http://10.19.255.255/a             | 10.19.255.255             | inside
        mllp://10.30.0.7:2576              | 10.30.0.7                 | called
        mllp://ie.trust.nhs.uk:2576        | 10.30.0.7                 | called
        mllp://10.30.0.7:2577              | 10.30.0.7                 | inside
        mllp://[fd12::1]:2576              | fd12::1                   | called
        mllp://[fd12::2]:2576              | fd12::2                   | inside
        http://127.0.0.1:9000/a            | 127.0.0.1                 | called
        http://[::1]:9000/a                | ::1                       | called
        http://127.0.0.2:9000/a            | 127.0.0.2                 | inside
        http://other.trust.nhs.uk/a        | 10.20.0.1 10.21.0.1       | inside
        http://other.trust.nhs.uk/a        | 93.184.216.34             | no TLS
        https://0x7f000001/a               | 127.0.0.1                 | host
        ftp://lab.trust.nhs.uk/a           | 192.168.1.1               | scheme
        ",
    );
}

#[test]
fn a_name_stands_for_few_machines() {
    let listed = Listed::default();
    let target = Target::of_machine("many.example.org:443", true).unwrap();
    let some = |count: usize| vec!["93.184.216.34".parse().unwrap(); count];
    assert!(listed.permitted(&target, some(16)).is_ok());
    let many = listed.permitted(&target, some(17));
    assert!(matches!(many, Err(CallError::Unknown(_))), "{many:?}");
}

#[test]
fn a_list_that_cannot_be_read_is_refused_with_the_word_at_fault() {
    for (text, word) in [
        ("10.0.0.0/33", "10.0.0.0/33"),
        ("::/129", "::/129"),
        ("10.0.0/8", "10.0.0/8"),
        ("a host", "a host"),
        ("host:port", "host:port"),
        ("good.nhs.uk, 0x7f000001", "0x7f000001"),
        ("https://host", "https://host"),
        (
            &format!("{}101.nhs.uk", "some.nhs.uk,".repeat(100)),
            "101.nhs.uk",
        ),
    ] {
        let error = Listed::read("PALATINE_PARTNERS", text).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(&format!("`{word}`")), "{error}");
    }
    assert_eq!(Listed::read("PALATINE_PARTNERS", " ,").unwrap().hosts, []);
}

#[tokio::test]
async fn what_is_refused_is_told_with_what_to_do() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = async |list: &str, machine: &str| -> Result<TcpStream, String> {
        let listed = Listed::read("PALATINE_PARTNERS", list).unwrap();
        let target = Target::of_machine(&format!("{machine}:{port}"), true).unwrap();
        let connected = listed.connect(&target).await;
        connected.map_err(|why| why.to_string())
    };
    for (list, machine, words) in [
        (
            "",
            "localhost",
            "an operator has to list it in PALATINE_PARTNERS",
        ),
        ("", "127.0.0.1", "127.0.0.1 is not in the public network"),
        ("0.0.0.0/0", "169.254.169.254", "is never called"),
        ("", "no-such-name.invalid", "could not be looked up"),
    ] {
        let why = said(list, machine).await.unwrap_err();
        let words = words.replace("127.0.0.1 ", &format!("127.0.0.1:{port} "));
        assert!(why.contains(&words), "{machine}: {why}");
    }
    let stream = said("127.0.0.0/8, ::1", "localhost").await.unwrap();
    assert_eq!(stream.peer_addr().unwrap().port(), port);
}
