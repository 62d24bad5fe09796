//! The way outside by case: what is called, what is not, and what becomes of answers that hang, lie or never end.
//!
//! Invariant: what may not be called is refused before anything is sent.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use record::adviser::{Asked, Errand, Outside as _, OutsideError};

use super::Way;
use crate::network::Listed;

fn way(listed: &str) -> Way {
    Way::new(Listed::read("PALATINE_PARTNERS", listed).unwrap()).unwrap()
}

fn errand(address: &str) -> Errand {
    Errand {
        address: address.to_owned(),
        bearer: "token".to_owned(),
        body: "{}".to_owned(),
        within: Duration::from_millis(400),
        answer_bytes_max: 1_000,
    }
}

/// What answers once at a port of its own, after it has read a request.
fn answering(answer: &'static [u8], hangs: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/cds-services/x", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut seen = [0; 4_096];
        let read = stream.read(&mut seen).unwrap_or(0);
        assert!(read > 0, "something was asked");
        // Who asked may have gone away.
        drop(stream.write_all(answer));
        // What was asked may come in pieces; it ends when whoever asked goes away.
        while hangs && stream.read(&mut seen).is_ok_and(|read| read > 0) {}
    });
    address
}

#[tokio::test]
async fn answers_by_case() {
    let endless: &'static [u8] = vec![b'x'; 70_000].leak();
    let long: &'static [u8] = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n".as_slice(),
        &endless[..60_000],
    ]
    .concat()
    .leak();
    let headers: &'static [u8] = [b"HTTP/1.1 200 OK\r\nx-long: ".as_slice(), endless]
        .concat()
        .leak();
    let table: [(&'static [u8], bool, &str); 8] = [
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"cards\":[]}",
            false,
            "{\"cards\":[]}",
        ),
        (
            b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
            false,
            "it answered with status 500",
        ),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            false,
            "it answered with status 302",
        ),
        (long, false, "its answer could not be read"),
        (b"", true, "it did not answer in time"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"car",
            true,
            "it did not answer in time",
        ),
        (b"nonsense\r\n\r\n", false, "it could not be reached"),
        (headers, false, "it could not be reached"),
    ];
    let way = way("127.0.0.1");
    for (answer, hangs, want) in table {
        let said = way.send(errand(&answering(answer, hangs))).await;
        let words = match &said {
            Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(why) => why.to_string(),
        };
        assert_eq!(words, want, "{said:?}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let way = way("listed.example");
    for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"] {
        let said = way.send(errand(&format!("https://{host}:{port}/"))).await;
        assert!(
            matches!(said, Err(OutsideError::Address { .. })),
            "{host}: {said:?}"
        );
    }
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nobody knocked");
}

fn asked(address: &str) -> Asked {
    Asked {
        address: address.to_owned(),
        bearer: "token".to_owned(),
        unless: vec![("if-none-match", "\"1\"".to_owned())],
        within: Duration::from_millis(400),
        answer_bytes_max: 1_000,
    }
}

#[tokio::test]
async fn documents_by_case() {
    let endless: &'static [u8] = [
        b"HTTP/1.1 200 OK\r\n\r\n".as_slice(),
        vec![b'x'; 70_000].leak(),
    ]
    .concat()
    .leak();
    let table: [(&'static [u8], bool, &str); 8] = [
        (
            b"HTTP/1.1 200 OK\r\netag: \"2\"\r\ncontent-length: 4\r\n\r\nPlan",
            false,
            "200 etag=\"2\" content-length=4 Plan",
        ),
        (
            b"HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\n\r\n",
            false,
            "304 etag=\"1\" ",
        ),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 4\r\n\r\nPlan",
            false,
            "302 location=http://127.0.0.1:1/ content-length=4 ",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\nPlan",
            true,
            "its answer is longer than 1000 bytes",
        ),
        (endless, true, "its answer is longer than 1000 bytes"),
        (b"", true, "it did not answer in time"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\nPl",
            true,
            "it did not answer in time",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\nPl",
            false,
            "its answer could not be read",
        ),
    ];
    let way = way("127.0.0.1");
    for (answer, hangs, want) in table {
        let said = way.fetch(asked(&answering(answer, hangs))).await;
        let words = match &said {
            Ok(it) => {
                let headers = it.headers.iter();
                let headers: Vec<String> = headers.map(|(a, b)| format!("{a}={b}")).collect();
                let body = String::from_utf8_lossy(&it.body);
                format!("{} {} {body}", it.status, headers.join(" "))
            }
            Err(why) => why.to_string(),
        };
        assert_eq!(words, want, "{said:?}");
    }
    for address in [
        "http://169.254.169.254/latest",
        "https://10.0.0.1/",
        "javascript:alert(1)",
    ] {
        let said = way.fetch(asked(address)).await;
        let is_refused = matches!(said, Err(OutsideError::Address { .. }));
        assert!(is_refused, "{address}: {said:?}");
    }
}
