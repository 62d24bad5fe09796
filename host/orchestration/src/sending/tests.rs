//! What goes out, as a receiver sees it: real sockets, a real record on each database, receivers that behave badly.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it is wrong"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use record::Record;
use record::caller::Caller;
use record::sending::{Acknowledgements, Declaration, Sending, SendingError, State};
use record::store::postgres::cluster::Cluster;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::delivery::Network;
use super::{Post, Stepped, Working, lease_name};
use crate::feed::message::{Message, charset};
use crate::feed::mllp::{self, Decoder, Event};
use crate::feed::tests::{Region, case, changed};
use crate::feed::tls::Credentials;
use crate::feed::tls::tests::Authority;
use crate::network::Listed;

/// Every scenario as a test on SQLite, and all of them one after the other on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            use crate::feed::tests::Region;
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(Region::open().await).await;
                }
            )*
        }

        #[tokio::test]
        async fn on_postgresql() {
            let cluster = Cluster::start().unwrap();
            $(
                println!(stringify!($name));
                $name(Region::on_postgresql(&cluster).await).await;
            )*
        }
    };
}

on_both_databases![
    changes_go_out_in_order_and_are_read_back,
    a_bad_receiver_gets_the_same_bytes_again_until_it_takes_them,
    what_is_refused_becomes_a_dead_letter_and_holds_nothing_up,
    a_receiver_that_is_away_costs_no_try,
    nothing_is_doubled_or_left_out_through_a_restart,
    what_is_not_this_receivers_does_not_go_out,
    letters_that_the_set_has_not_wait_for_a_person,
    acknowledgements_come_later_where_that_is_agreed,
    through_tls_both_sides_show_a_certificate,
    who_may_declare_and_decide,
];

/// What a receiver does with the next message.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answers(&'static str),
    AnswersAnother,
    AnswersTwice,
    Garbles,
    NeverEnds,
    SendsNoise,
    Hangs,
    Closes,
    ClosesHalfWay,
}

/// Somebody who receives: what came, and what is done with what comes next (`AA` or `CA` when nothing else is said).
struct Receiver {
    address: SocketAddr,
    came: Arc<Mutex<Vec<Vec<u8>>>>,
    next: Arc<Mutex<VecDeque<Does>>>,
}

impl Receiver {
    async fn open(takes: &'static str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let it = Self {
            address: listener.local_addr().unwrap(),
            came: Arc::default(),
            next: Arc::default(),
        };
        let (came, next) = (Arc::clone(&it.came), Arc::clone(&it.next));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (came, next, tls) = (Arc::clone(&came), Arc::clone(&next), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => receive(stream, takes, &came, &next).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                receive(stream, takes, &came, &next).await;
                            }
                        }
                    }
                });
            }
        });
        it
    }
    fn does(&self, all: &[Does]) {
        self.next.lock().unwrap().extend(all);
    }
    fn came(&self) -> Vec<Vec<u8>> {
        self.came.lock().unwrap().clone()
    }
    /// MSH-9 of what came, without what came again.
    fn kinds(&self) -> String {
        let mut all: Vec<(String, String)> = self
            .came()
            .iter()
            .map(|message| (field(message, "MSH", 10), kind(message)))
            .collect();
        all.dedup();
        let kinds: Vec<String> = all.into_iter().map(|(_, kind)| kind).collect();
        kinds.join(" ")
    }
}

async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    takes: &'static str,
    came: &Mutex<Vec<Vec<u8>>>,
    next: &Mutex<VecDeque<Does>>,
) {
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let Ok(1..) = read(&mut stream, &mut decoder, &mut buffer, came).await else {
            return;
        };
        let message = came.lock().unwrap().last().unwrap().clone();
        let does = next.lock().unwrap().pop_front();
        let answer = |code: &str, id: &str| {
            mllp::framed(
                format!("MSH|^~\\&|B|B|A|A|1||ACK|x|P|2.4\rMSA|{code}|{id}|words\r").as_bytes(),
            )
        };
        let id = field(&message, "MSH", 10);
        let (bytes, goes_on) = match does.unwrap_or(Does::Answers(takes)) {
            Does::Answers(code) => (answer(code, &id), true),
            Does::AnswersAnother => (answer(takes, "another"), true),
            Does::AnswersTwice => ([answer(takes, &id), answer(takes, &id)].concat(), true),
            Does::Garbles => (mllp::framed(b"\x00\xFFnothing"), true),
            Does::NeverEnds => ([vec![mllp::START], vec![b'x'; 200 << 10]].concat(), true),
            Does::SendsNoise => (vec![b'x'; 200 << 10], true),
            Does::Hangs => (Vec::new(), true),
            Does::Closes => (Vec::new(), false),
            Does::ClosesHalfWay => (answer(takes, &id)[..20].to_vec(), false),
        };
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() || !goes_on {
            return;
        }
    }
}

/// Reads until a whole message has come.
async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    decoder: &mut Decoder,
    buffer: &mut [u8],
    came: &Mutex<Vec<Vec<u8>>>,
) -> std::io::Result<usize> {
    loop {
        let count = stream.read(buffer).await?;
        if count == 0 {
            return Ok(0);
        }
        if let (_, Some(Event::Message(message))) = decoder.take(&buffer[..count]) {
            came.lock().unwrap().push(message);
            return Ok(count);
        }
    }
}

fn field(message: &[u8], segment: &str, number: u16) -> String {
    let (text, set) = charset::decode(message).unwrap();
    let message = Message::parse(&text, set).unwrap();
    message.field(segment, number).text().unwrap().into_owned()
}

fn kind(message: &[u8]) -> String {
    let all = field(message, "MSH", 9);
    all.split('^').take(2).collect::<Vec<_>>().join("^")
}

/// An interface of a region's trust RXR to a receiver.
fn declaration(to: &Receiver) -> Declaration {
    Declaration {
        id: "rxr-out".to_owned(),
        site: "RXR".parse().unwrap(),
        active: true,
        address: to.address.to_string(),
        tls: false,
        sending_application: "PALATINE".to_owned(),
        sending_facility: "RXR".to_owned(),
        receiving_application: "TIE".to_owned(),
        receiving_facility: "RXR".to_owned(),
        processing_id: "P".to_owned(),
        version: "2.4".to_owned(),
        character_set: "UNICODE UTF-8".to_owned(),
        events: record::sending::EVENTS
            .iter()
            .map(|it| (*it).to_owned())
            .collect(),
        acknowledgements: Acknowledgements::Original,
        answer_ms: 300,
        tries_max: 3,
    }
}

struct Out<'r> {
    region: &'r Region,
    operator: Caller,
    post: Post,
    working: Working,
}

impl<'r> Out<'r> {
    async fn declared(region: &'r Region, declaration: Declaration, network: Network) -> Self {
        let record = &region.record;
        let operator = record.operator(&declaration.site);
        let id = declaration.id.clone();
        record
            .declare_interface(&operator, declaration)
            .await
            .unwrap();
        Self {
            region,
            operator,
            post: Post::new(record.clone(), network),
            working: working(record, &id).await,
        }
    }
    /// Steps until there is nothing to send, moving the clock over every wait: how often it waited.
    async fn drained(&mut self) -> u32 {
        let mut waited = 0;
        for _ in 0..400 {
            match self.post.step(&mut self.working).await.unwrap() {
                Stepped::On => {}
                Stepped::Idle => return waited,
                Stepped::Waiting => {
                    waited += 1;
                    self.region.clock.advance_ms(600_000);
                }
                Stepped::Off => panic!("the interface is not declared"),
            }
        }
        panic!("it does not come to an end");
    }
    async fn list(&self, state: State) -> Vec<Sending> {
        let record = &self.region.record;
        let found = record.sending_list(&self.operator, "rxr-out", state, 0, 100);
        found.await.unwrap()
    }
}

async fn working(record: &Record, id: &str) -> Working {
    let lease = record.lease(&lease_name(id)).await.unwrap().unwrap();
    Working::new(id, lease)
}

fn listed(addresses: &[SocketAddr]) -> Listed {
    let words: Vec<String> = addresses.iter().map(SocketAddr::to_string).collect();
    Listed::read("PALATINE_PARTNERS", &words.join(", ")).unwrap()
}

fn network(to: &Receiver) -> Network {
    Network {
        tls: None,
        listed: listed(&[to.address]),
    }
}

async fn changes_go_out_in_order_and_are_read_back(region: Region) {
    let receiver = Receiver::open("AA", None).await;
    let mut out = Out::declared(&region, declaration(&receiver), network(&receiver)).await;
    let renamed = [
        ("|ADT-1|", "|ADT-2|"),
        ("ADT^A01", "ADT^A08"),
        ("WRIGHT", "O\\F\\Neill"),
    ];
    region.filed(case("admission.hl7")).await;
    region.filed(changed("admission.hl7", &renamed)).await;
    region.filed(case("creatinine.hl7")).await;
    region.filed(case("creatinine_corrected.hl7")).await;
    out.drained().await;
    assert_eq!(receiver.kinds(), "ADT^A01 ADT^A08 ORU^R01 ORU^R01");
    let came = receiver.came();
    assert_eq!(field(&came[1], "PID", 5).split('^').next(), Some("O|Neill"));
    assert_eq!(field(&came[3], "OBX", 11), "C");
    assert!(out.list(State::Waiting).await.is_empty());
    assert_eq!(out.list(State::Sent).await.len(), 4);
    // Another region that is fed by what came has the same person, stay and results.
    let other = Region::open().await;
    other.feed("PALATINE", "RXR", "RXR").await;
    for message in &came {
        let message = String::from_utf8(message.clone())
            .unwrap()
            .replace("ADT^A31^ADT_A05", "ADT^A08^ADT_A01");
        other.filed(message.into_bytes()).await;
    }
    for (of, members) in [
        ("Patient", vec!["name", "gender", "birthDate", "address"]),
        ("Encounter", vec!["status", "class", "period"]),
    ] {
        let (one, two) = (region.one(of).await, other.one(of).await);
        for member in members {
            assert_eq!(one[member], two[member], "{of}.{member}");
        }
    }
    let (one, two) = (
        region.observation("14682-9").await,
        other.observation("14682-9").await,
    );
    for member in [
        "status",
        "valueQuantity",
        "code",
        "referenceRange",
        "effectiveDateTime",
    ] {
        // A code without a system of its own is its sender's, and that is this region now.
        let sent = one[member].to_string().replace(":LIS:", ":PALATINE:");
        assert_eq!(sent, two[member].to_string(), "Observation.{member}");
    }
}

async fn a_bad_receiver_gets_the_same_bytes_again_until_it_takes_them(region: Region) {
    use Does::{
        AnswersAnother, AnswersTwice, Closes, ClosesHalfWay, Garbles, Hangs, NeverEnds, SendsNoise,
    };
    // What the receiver does, and what is said of the message meanwhile.
    let rows = [
        (
            AnswersAnother,
            "the receiver's answer is to another message",
        ),
        (Garbles, "the receiver's answer cannot be read as HL7 v2"),
        (NeverEnds, "the receiver's answer has more than 65536 bytes"),
        (SendsNoise, "the receiver sends bytes outside any frame"),
        (Hangs, "the receiver did not answer in time"),
        (
            Closes,
            "the receiver closed the connection without an answer",
        ),
        (
            ClosesHalfWay,
            "the receiver closed the connection without an answer",
        ),
        (
            Does::Answers("CA"),
            "the receiver answered CA: words, which is no answer that is waited for",
        ),
        (
            Does::Answers("QQ"),
            "the receiver answered QQ: words, which is no answer that is waited for",
        ),
    ];
    let receiver = Receiver::open("AA", None).await;
    let mut out = Out::declared(&region, declaration(&receiver), network(&receiver)).await;
    for (number, (does, said)) in rows.into_iter().enumerate() {
        let control_id = format!("|ADT-{number}|");
        let family = format!("NAME{}", char::from(b'A' + u8::try_from(number).unwrap()));
        region
            .filed(changed(
                "admission.hl7",
                &[("|ADT-1|", &control_id), ("WRIGHT", &family)],
            ))
            .await;
        receiver.does(&[does]);
        let before = receiver.came().len();
        while out.post.step(&mut out.working).await.unwrap() == Stepped::On {}
        let waiting = out.list(State::Waiting).await;
        assert_eq!(
            (waiting[0].said(), waiting[0].tries()),
            (said, 1),
            "{does:?}"
        );
        assert_eq!(out.drained().await, 1, "{does:?}");
        let came = receiver.came();
        assert_eq!(came.len(), before + 2, "{does:?}");
        assert_eq!(came[before], came[before + 1], "the same bytes: {does:?}");
    }
    // Who answers twice is not asked on the same connection again.
    receiver.does(&[AnswersTwice]);
    for id in ["|ADT-20|", "|ADT-21|"] {
        let family = format!("NAMEZ{}", &id[5..7]);
        region
            .filed(changed(
                "admission.hl7",
                &[("|ADT-1|", id), ("WRIGHT", &family)],
            ))
            .await;
        assert_eq!(out.drained().await, 0);
    }
    let names: Vec<String> = receiver
        .came()
        .iter()
        .map(|it| field(it, "PID", 5))
        .collect();
    let mut in_order = names.clone();
    in_order.sort();
    assert_eq!(names, in_order, "order is kept");
}

async fn what_is_refused_becomes_a_dead_letter_and_holds_nothing_up(region: Region) {
    let receiver = Receiver::open("AA", None).await;
    let mut out = Out::declared(&region, declaration(&receiver), network(&receiver)).await;
    region.filed(case("admission.hl7")).await;
    region.filed(case("creatinine.hl7")).await;
    receiver.does(&[
        Does::Answers("AE"),
        Does::Answers("AR"),
        Does::Answers("AE"),
    ]);
    assert_eq!(out.drained().await, 2, "three tries, two waits");
    assert_eq!(receiver.kinds(), "ADT^A01 ORU^R01");
    let dead = out.list(State::Dead).await;
    assert_eq!(
        (dead.len(), dead[0].said(), dead[0].tries()),
        (1, "the receiver answered AE: words", 3)
    );
    let record = &region.record;
    record
        .resend(&out.operator, "rxr-out", dead[0].n())
        .await
        .unwrap();
    out.drained().await;
    let came = receiver.came();
    assert_eq!(
        came.last(),
        came.first(),
        "sent again under the control id that it had"
    );
    assert!(matches!(
        record.resend(&out.operator, "rxr-out", dead[0].n()).await,
        Err(SendingError::Changed)
    ));
    // Another one is dropped instead.
    receiver.does(&[Does::Answers("AE"); 3]);
    region.filed(case("creatinine_corrected.hl7")).await;
    out.drained().await;
    let dead = out.list(State::Dead).await;
    let n = dead[0].n();
    assert!(matches!(
        record.drop_sending(&out.operator, "rxr-out", n, " ").await,
        Err(SendingError::NoReason)
    ));
    record
        .drop_sending(&out.operator, "rxr-out", n, "told by telephone")
        .await
        .unwrap();
    let dropped = out.list(State::Dropped).await;
    assert_eq!(dropped[0].said(), "told by telephone (by operator)");
    let counts = record.sending_counts(&out.operator).await.unwrap();
    assert_eq!((counts.len(), counts[0].1, counts[0].2), (1, 0, 0));
}

async fn a_receiver_that_is_away_costs_no_try(region: Region) {
    let receiver = Receiver::open("AA", None).await;
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let away = Declaration {
        address: closed.to_string(),
        ..declaration(&receiver)
    };
    let reaching = Network {
        tls: None,
        listed: listed(&[receiver.address, closed]),
    };
    let mut out = Out::declared(&region, away, reaching).await;
    region.filed(case("admission.hl7")).await;
    for _ in 0..8 {
        while out.post.step(&mut out.working).await.unwrap() == Stepped::On {}
        region.clock.advance_ms(600_000);
    }
    let waiting = out.list(State::Waiting).await;
    assert_eq!(waiting[0].tries(), 0);
    assert!(
        waiting[0]
            .said()
            .starts_with("cannot connect to 127.0.0.1:"),
        "{}",
        waiting[0].said()
    );
    // Nothing is lost by declaring it anew, and an address of this machine has to be listed.
    region
        .record
        .declare_interface(&out.operator, declaration(&receiver))
        .await
        .unwrap();
    let unlisted = Network {
        tls: None,
        listed: listed(&[]),
    };
    let unlisted = Post::new(region.record.clone(), unlisted);
    assert_eq!(unlisted.step(&mut out.working).await.unwrap(), Stepped::On);
    assert!(
        out.list(State::Waiting).await[0]
            .said()
            .contains("PALATINE_PARTNERS")
    );
    out.drained().await;
    assert_eq!(receiver.kinds(), "ADT^A01");
}

async fn nothing_is_doubled_or_left_out_through_a_restart(region: Region) {
    let receiver = Receiver::open("AA", None).await;
    let mut out = Out::declared(&region, declaration(&receiver), network(&receiver)).await;
    let mut expected = Vec::new();
    for number in 0..6 {
        let family = format!("NAME{}", char::from(b'A' + number));
        let id = format!("|ADT-{number}|");
        region
            .filed(changed(
                "admission.hl7",
                &[("|ADT-1|", &id), ("WRIGHT", &family)],
            ))
            .await;
        expected.push(family);
        // Whoever goes on knows only what is in the database.
        for _ in 0..=number % 3 {
            out.post.step(&mut out.working).await.unwrap();
        }
        out.working = working(&region.record, "rxr-out").await;
    }
    out.drained().await;
    let names: Vec<String> = receiver
        .came()
        .iter()
        .map(|it| field(it, "PID", 5).split('^').next().unwrap().to_owned())
        .collect();
    assert_eq!(names, expected);
}

async fn what_is_not_this_receivers_does_not_go_out(region: Region) {
    let receiver = Receiver::open("AA", None).await;
    let only = Declaration {
        events: vec!["ADT^A01".to_owned(), "ADT^A04".to_owned()],
        receiving_application: "PAS".to_owned(),
        ..declaration(&receiver)
    };
    let mut out = Out::declared(&region, only, network(&receiver)).await;
    // From the receiver itself, of another trust, of a kind that is not declared.
    region.filed(case("admission.hl7")).await;
    region
        .filed(changed("admission.hl7", &[("|RXR|", "|RXL|")]))
        .await;
    region.filed(case("creatinine.hl7")).await;
    out.drained().await;
    assert_eq!(receiver.kinds(), "");
    assert!(out.list(State::Waiting).await.is_empty());
}

async fn letters_that_the_set_has_not_wait_for_a_person(region: Region) {
    let receiver = Receiver::open("AA", None).await;
    let latin = Declaration {
        character_set: "8859/1".to_owned(),
        ..declaration(&receiver)
    };
    let mut out = Out::declared(&region, latin, network(&receiver)).await;
    region
        .filed(changed("admission.hl7", &[("WRIGHT", "Müller")]))
        .await;
    region
        .filed(changed(
            "admission.hl7",
            &[("|ADT-1|", "|ADT-2|"), ("WRIGHT", "Łukasz")],
        ))
        .await;
    out.drained().await;
    let came = receiver.came();
    assert_eq!(came.len(), 1);
    assert!(came[0].windows(6).any(|it| it == b"M\xFCller"));
    let dead = out.list(State::Dead).await;
    assert!(
        dead[0]
            .said()
            .starts_with("it has letters that 8859/1 has not")
    );
    region
        .record
        .resend(&out.operator, "rxr-out", dead[0].n())
        .await
        .unwrap();
    out.drained().await;
    let came = receiver.came();
    assert_eq!(field(&came[1], "MSH", 18), "UNICODE UTF-8");
    assert!(field(&came[1], "PID", 5).starts_with("Łukasz"));
}

async fn acknowledgements_come_later_where_that_is_agreed(region: Region) {
    let receiver = Receiver::open("CA", None).await;
    let agreed = Declaration {
        events: vec!["ACK".to_owned()],
        receiving_application: "PAS".to_owned(),
        acknowledgements: Acknowledgements::Accept,
        ..declaration(&receiver)
    };
    let mut out = Out::declared(&region, agreed, network(&receiver)).await;
    let message = String::from_utf8(case("admission.hl7")).unwrap();
    let (header, rest) = message.split_once('\r').unwrap();
    let mut fields: Vec<&str> = header.split('|').collect();
    fields.resize(16, "");
    (fields[14], fields[15]) = ("AL", "AL");
    let enhanced = format!("{}\r{rest}", fields.join("|")).into_bytes();
    for _ in 0..2 {
        let answer = region.send(&enhanced).await;
        let codes: Vec<String> = answer
            .answers
            .iter()
            .map(|it| field(it, "MSA", 1))
            .collect();
        assert_eq!(codes, ["CA"]);
        out.drained().await;
        let came = receiver.came();
        assert_eq!(came.len(), 1, "a repeat is acknowledged once");
        let said = ["MSA|1", "MSA|2", "MSH|15", "MSH|16", "MSH|5"].map(|place| {
            let (segment, number) = place.split_once('|').unwrap();
            field(&came[0], segment, number.parse().unwrap())
        });
        assert_eq!(said, ["AA", "ADT-1", "AL", "NE", "PAS"]);
    }
}

async fn through_tls_both_sides_show_a_certificate(region: Region) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let at = |name: &str| folder.path().join(name);
    let ours = authority.files(&at("ours"), &["palatine.example"]);
    let theirs = authority.files(&at("theirs"), &["127.0.0.1"]);
    let acceptor = Credentials::load(theirs).unwrap().acceptor().await;
    let receiver = Receiver::open("AA", Some(acceptor)).await;
    let stranger = Authority::new().files(&at("stranger"), &["127.0.0.1"]);
    let acceptor = Credentials::load(stranger).unwrap().acceptor().await;
    let imposter = Receiver::open("AA", Some(acceptor)).await;
    let secured = |to: &Receiver| Declaration {
        tls: true,
        ..declaration(to)
    };
    let network = Network {
        tls: Some(Credentials::load(ours).unwrap()),
        listed: listed(&[receiver.address, imposter.address]),
    };
    let mut out = Out::declared(&region, secured(&imposter), network).await;
    region.filed(case("admission.hl7")).await;
    while out.post.step(&mut out.working).await.unwrap() == Stepped::On {}
    let waiting = out.list(State::Waiting).await;
    assert!(
        waiting[0]
            .said()
            .starts_with("the handshake with 127.0.0.1:"),
        "{}",
        waiting[0].said()
    );
    assert!(imposter.came().is_empty());
    region
        .record
        .declare_interface(&out.operator, secured(&receiver))
        .await
        .unwrap();
    out.drained().await;
    assert_eq!(receiver.kinds(), "ADT^A01");
}

async fn who_may_declare_and_decide(region: Region) {
    let receiver = Receiver::open("AA", None).await;
    let record = &region.record;
    let good = declaration(&receiver);
    let operator = record.operator(&good.site);
    let feed = record.feed("PAS", "RXR").await.unwrap();
    assert!(matches!(
        record.declare_interface(&feed, good.clone()).await,
        Err(SendingError::Forbidden { .. })
    ));
    assert!(matches!(
        record.sending_counts(&feed).await,
        Err(SendingError::Forbidden { .. })
    ));
    // What is changed, and what is said of it.
    type Change = fn(&mut Declaration);
    let rows: [(Change, &str); 8] = [
        (
            |it| it.id = "Out!".to_owned(),
            "the declaration's `id` is 1 to 40 small letters",
        ),
        (
            |it| it.address = "nowhere".to_owned(),
            "the declaration's `address` is host:port",
        ),
        (
            |it| it.version = "3".to_owned(),
            "the declaration's `version` holds \"3\"",
        ),
        (
            |it| it.character_set = "KLINGON".to_owned(),
            "the declaration's `characterSet` holds \"KLINGON\"",
        ),
        (
            |it| it.events = vec!["ADT^A99".to_owned()],
            "the declaration's `events` holds \"ADT^A99\"",
        ),
        (
            |it| it.events.clear(),
            "the declaration's `events` names nothing to send",
        ),
        (
            |it| it.tries_max = 0,
            "the declaration's `triesMax` is 1 to 100",
        ),
        (
            |it| it.sending_facility = "A\rB".to_owned(),
            "the declaration's `sendingFacility` is 1 to 60",
        ),
    ];
    for (change, expected) in rows {
        let mut wrong = good.clone();
        change(&mut wrong);
        let said = record
            .declare_interface(&operator, wrong)
            .await
            .unwrap_err()
            .to_string();
        assert!(said.starts_with(expected), "{said}");
    }
    record.declare_interface(&operator, good).await.unwrap();
    assert_eq!(record.sending_counts(&operator).await.unwrap().len(), 1);
    let none = record
        .sending_list(&operator, "no-such", State::Dead, 0, 10)
        .await;
    assert!(matches!(none, Err(SendingError::NotFound { .. })));
}
