//! The port as a sender sees it, on a real socket and into a real record.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it is wrong"
)]

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Config, serve};
use crate::feed::mllp::{self, Decoder, Event};
use crate::feed::tests::{Region, case, changed};

struct Port {
    region: Region,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Port {
    async fn open(config: Config) -> Self {
        let region = Region::open().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, region.intake.clone(), config, shutdown));
        Self {
            region,
            address,
            stop,
            task,
        }
    }
    async fn sender(&self) -> Sender {
        Sender {
            stream: TcpStream::connect(self.address).await.unwrap(),
            decoder: Decoder::default(),
            unread: Vec::new(),
        }
    }
    async fn close(self) {
        self.stop.send(()).unwrap();
        timeout(Duration::from_secs(10), self.task)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }
}

struct Sender {
    stream: TcpStream,
    decoder: Decoder,
    unread: Vec<u8>,
}

impl Sender {
    async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }
    /// The next answer's MSA as `AA ADT-1`; `closed` when there is none any more.
    async fn answer(&mut self) -> String {
        loop {
            let unread = std::mem::take(&mut self.unread);
            let (taken, event) = self.decoder.take(&unread);
            self.unread = unread[taken..].to_vec();
            match event {
                Some(Event::Message(message)) => {
                    let text = String::from_utf8(message).unwrap();
                    let msa = text
                        .split('\r')
                        .find(|segment| segment.starts_with("MSA"))
                        .unwrap();
                    let fields: Vec<&str> = msa.split('|').collect();
                    return format!("{} {}", fields[1], fields[2]);
                }
                Some(other) => panic!("{other:?}"),
                None => {}
            }
            let mut buffer = [0; 4096];
            match timeout(Duration::from_secs(10), self.stream.read(&mut buffer))
                .await
                .unwrap()
            {
                Ok(0) | Err(_) => return "closed".to_owned(),
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            }
        }
    }
}

#[tokio::test]
async fn a_poison_message_stops_neither_port_nor_order() {
    let port = Port::open(Config::for_tests()).await;
    let mut sender = port.sender().await;
    let poison = changed(
        "admission.hl7",
        &[("|ADT-1|", "|BAD|"), ("PV1|1|I", "PV1|1|Q")],
    );
    let stream: Vec<u8> = [
        mllp::framed(&case("admission.hl7")),
        mllp::framed(&poison),
        b"stray".to_vec(),
        mllp::framed(b"\x00\x01 no message at all"),
        mllp::framed(&case("creatinine.hl7")),
        mllp::framed(&case("creatinine_corrected.hl7")),
    ]
    .concat();
    for packet in stream.chunks(37) {
        sender.write(packet).await;
    }
    for expected in ["AA ADT-1", "AE BAD", "AE ", "AA LAB-1", "AA LAB-2"] {
        assert_eq!(sender.answer().await, expected);
    }
    // It holds back its own patient alone, until somebody has dealt with it.
    sender
        .write(&mllp::framed(&case("emergency_registration.hl7")))
        .await;
    assert_eq!(sender.answer().await, "AA ADT-2");
    assert_eq!(port.region.all("Encounter").await.len(), 2);
    assert!(port.region.all("Observation").await.is_empty());
    assert_eq!(port.region.drop_parked().await, 2);
    let creatinine = port.region.observation("14682-9").await;
    assert_eq!(
        creatinine["status"], "corrected",
        "the correction came after what it corrects"
    );
    port.close().await;
}

#[tokio::test]
async fn a_frame_that_never_ends_is_given_up_in_time() {
    let port = Port::open(Config::for_tests()).await;
    let mut sender = port.sender().await;
    let half = case("admission.hl7");
    sender.write(&mllp::framed(&half)[..90]).await;
    assert_eq!(sender.answer().await, "AE ADT-1");
    assert_eq!(sender.answer().await, "closed");
    let row = port.region.parked().await.pop().unwrap();
    assert!(
        row.reason.starts_with("the message did not end in time"),
        "{}",
        row.reason
    );
    let mut again = port.sender().await;
    again.write(&mllp::framed(&half)).await;
    assert_eq!(
        again.answer().await,
        "AA ADT-1",
        "half a message does not use up its control id"
    );
    port.close().await;
}

#[tokio::test]
async fn a_message_that_is_too_long_is_answered_and_the_connection_closed() {
    let port = Port::open(Config::for_tests()).await;
    let mut sender = port.sender().await;
    let mut long = case("admission.hl7");
    long.extend(std::iter::repeat_n(b'x', 2 << 20));
    let frame = mllp::framed(&long);
    let (mut read, mut write) = sender.stream.into_split();
    let writing = tokio::spawn(async move {
        let _ = write.write_all(&frame).await;
        write
    });
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(10), read.read_to_end(&mut answer))
        .await
        .unwrap();
    drop(writing.await.unwrap());
    let text = String::from_utf8_lossy(&answer);
    assert!(
        text.contains("MSA|AE|ADT-1|the message has more bytes than are taken"),
        "{text}"
    );
    sender = port.sender().await;
    sender.write(&mllp::framed(&case("admission.hl7"))).await;
    assert_eq!(sender.answer().await, "AA ADT-1", "the port goes on");
    port.close().await;
}

#[tokio::test]
async fn a_hundred_megabytes_are_neither_held_nor_in_anybodys_way() {
    let port = Port::open(Config::for_tests()).await;
    let mut sender = port.sender().await;
    sender
        .write(b"\x0bMSH|^~\\&|PAS|RXR|||20260702||ADT^A01|HUGE|P|2.4\r")
        .await;
    let (mut read, mut write) = sender.stream.into_split();
    let writing = tokio::spawn(async move {
        let megabyte = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            if write.write_all(&megabyte).await.is_err() {
                break;
            }
        }
    });
    let mut other = port.sender().await;
    other.write(&mllp::framed(&case("admission.hl7"))).await;
    assert_eq!(other.answer().await, "AA ADT-1", "meanwhile");
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(10), read.read_to_end(&mut answer)).await;
    assert!(String::from_utf8_lossy(&answer).contains("MSA|AE|HUGE|"));
    drop(read);
    writing.await.unwrap();
    let row = port.region.parked().await.pop().unwrap();
    assert!(
        row.bytes.len() <= crate::limits::CUT_BYTES_MAX,
        "the beginning is kept"
    );
    port.close().await;
}

#[tokio::test]
async fn a_frame_inside_a_frame_is_two_messages() {
    let port = Port::open(Config::for_tests()).await;
    let mut sender = port.sender().await;
    let whole = mllp::framed(&case("admission.hl7"));
    sender
        .write(&[&whole[..90], whole.as_slice()].concat())
        .await;
    assert_eq!(sender.answer().await, "AE ADT-1");
    assert_eq!(sender.answer().await, "AA ADT-1");
    port.close().await;
}

#[tokio::test]
async fn stopping_finishes_what_is_in_hand() {
    let port = Port::open(Config::for_tests()).await;
    let mut idle = port.sender().await;
    let mut sender = port.sender().await;
    sender.write(&mllp::framed(&case("admission.hl7"))).await;
    assert_eq!(sender.answer().await, "AA ADT-1");
    sender
        .write(&mllp::framed(&case("emergency_registration.hl7"))[..50])
        .await;
    let region = port.region.record.clone();
    port.close().await;
    assert_eq!(idle.answer().await, "closed");
    assert_eq!(
        sender.answer().await,
        "closed",
        "an unfinished message was not acknowledged"
    );
    assert!(region.current().0 > 0);
}

#[tokio::test]
async fn one_connection_more_than_there_is_room_for_waits() {
    let config = Config {
        connections_max: 1,
        ..Config::for_tests()
    };
    let port = Port::open(config).await;
    let mut first = port.sender().await;
    first.write(&mllp::framed(&case("admission.hl7"))).await;
    assert_eq!(first.answer().await, "AA ADT-1");
    let mut second = port.sender().await;
    second.write(&mllp::framed(&case("creatinine.hl7"))).await;
    drop(first);
    assert_eq!(second.answer().await, "AA LAB-1");
    port.close().await;
}

#[tokio::test]
async fn a_connection_that_sends_only_noise_is_closed() {
    let port = Port::open(Config::for_tests()).await;
    let mut sender = port.sender().await;
    let noise = vec![b'x'; crate::limits::STRAY_BYTES_MAX + 1];
    sender.write(&noise).await;
    assert_eq!(sender.answer().await, "closed");
    port.close().await;
}

#[tokio::test]
async fn each_message_of_a_batch_has_its_own_answer() {
    let port = Port::open(Config::for_tests()).await;
    let mut sender = port.sender().await;
    let poison = changed(
        "admission.hl7",
        &[("|ADT-1|", "|BAD|"), ("PV1|1|I", "PV1|1|Q")],
    );
    let batch = |count: &str| {
        let messages = [
            case("admission.hl7"),
            poison.clone(),
            case("creatinine.hl7"),
        ]
        .join(&b'\r');
        [
            b"BHS|^~\\&|LIS\r".as_slice(),
            &messages,
            b"\rBTS|",
            count.as_bytes(),
        ]
        .concat()
    };
    sender.write(&mllp::framed(&batch("3"))).await;
    for expected in ["AA ADT-1", "AE BAD", "AA LAB-1"] {
        assert_eq!(sender.answer().await, expected);
    }
    // The same again, of which one is said to be missing.
    sender.write(&mllp::framed(&batch("4"))).await;
    for expected in ["AA ADT-1", "AE BAD", "AA LAB-1", "AE "] {
        assert_eq!(sender.answer().await, expected);
    }
    let row = port.region.parked().await.pop().unwrap();
    assert!(
        row.reason.contains("BTS-1 says \"4\" messages, and 3 came"),
        "{}",
        row.reason
    );
    port.close().await;
}
