//! The TLS door as a sender sees it: real handshakes, real sockets, a real record.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where it is wrong"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Credentials, Files, TlsError, authorities, certificates, key, ring};
use crate::feed::listener::{Config, serve, serve_tls};
use crate::feed::mllp::{self, Decoder, Event};
use crate::feed::tests::{Region, case, changed};

/// Somebody who signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { issuer, pem }
    }
    /// Writes a certificate of these names, its key and this authority's own certificate into a folder.
    pub(crate) fn files(&self, folder: &Path, names: &[&str]) -> Files {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        let files = Files {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
            authorities: folder.join("authorities.pem"),
        };
        std::fs::write(&files.certificate, certificate.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        std::fs::write(&files.authorities, &self.pem).unwrap();
        files
    }
}

struct Door {
    region: Region,
    tls: SocketAddr,
    plain: SocketAddr,
    stops: Vec<oneshot::Sender<()>>,
    tasks: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Door {
    /// Both doors of a region, the TLS one with the certificate in this folder.
    async fn open(files: Files) -> Self {
        let region = Region::open().await;
        let credentials = Credentials::load(files).unwrap();
        let (tls, plain) = (listener().await, listener().await);
        let addresses = (tls.local_addr().unwrap(), plain.local_addr().unwrap());
        let (stop_tls, tls_stopped) = oneshot::channel::<()>();
        let (stop_plain, plain_stopped) = oneshot::channel::<()>();
        let (one, other) = (region.intake.clone(), region.intake.clone());
        let tasks = vec![
            tokio::spawn(async move {
                let stopped = async { drop(tls_stopped.await) };
                serve_tls(tls, credentials, one, Config::for_tests(), stopped).await
            }),
            tokio::spawn(async move {
                let stopped = async { drop(plain_stopped.await) };
                serve(plain, other, Config::for_tests(), stopped).await
            }),
        ];
        Self {
            region,
            tls: addresses.0,
            plain: addresses.1,
            stops: vec![stop_tls, stop_plain],
            tasks,
        }
    }
    async fn bind(&self, application: &str, facility: &str, name: &str) {
        let account = format!("feed-{}", hex::encode(format!("{application} {facility}")));
        let record = &self.region.record;
        record.bind_certificate(&account, Some(name)).await.unwrap();
    }
    async fn close(self) {
        drop(self.stops);
        for task in self.tasks {
            task.await.unwrap().unwrap();
        }
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Sends one message as a client with these files, or with no certificate: the answer's MSA-1 and MSA-2, or `closed`.
async fn sent(to: SocketAddr, files: Option<&Files>, trusts: &Files, message: &[u8]) -> String {
    let roots: Arc<RootCertStore> = authorities(&trusts.authorities).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match files {
        Some(files) => builder
            .with_client_auth_cert(
                certificates(&files.certificate).unwrap(),
                key(&files.key).unwrap(),
            )
            .unwrap(),
        None => builder.with_no_client_auth(),
    };
    let connector = TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(to).await.unwrap();
    let name = "palatine.example".try_into().unwrap();
    let Ok(mut stream) = connector.connect(name, stream).await else {
        return "closed".to_owned();
    };
    if stream.write_all(&mllp::framed(message)).await.is_err() {
        return "closed".to_owned();
    }
    answer(&mut stream).await
}

async fn answer(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4096];
    loop {
        let read = timeout(Duration::from_secs(10), stream.read(&mut buffer)).await;
        let count = match read.unwrap() {
            Ok(0) | Err(_) => return "closed".to_owned(),
            Ok(count) => count,
        };
        if let (_, Some(event)) = decoder.take(&buffer[..count]) {
            let Event::Message(message) = event else {
                panic!("{event:?}");
            };
            let text = String::from_utf8(message).unwrap();
            let msa = text.split('\r').find(|line| line.starts_with("MSA"));
            let fields: Vec<&str> = msa.unwrap().split('|').collect();
            return format!("{} {}", fields[1], fields[2]);
        }
    }
}

#[tokio::test]
async fn a_message_is_its_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let ours = authority.files(&folder.path().join("ours"), &["palatine.example"]);
    let pas = authority.files(
        &folder.path().join("pas"),
        &["other.example", "PAS.rxr.example"],
    );
    let lab = authority.files(&folder.path().join("lab"), &["lab.rxr.example"]);
    let nameless = authority.files(&folder.path().join("nameless"), &[]);
    let stranger = Authority::new().files(&folder.path().join("stranger"), &["pas.rxr.example"]);
    let door = Door::open(ours.clone()).await;
    door.bind("PAS", "RXR", "pas.rxr.example").await;
    door.bind("LIS", "RXR-PATH", "lab.rxr.example").await;
    let admission = case("admission.hl7");
    let elsewhere = changed("admission.hl7", &[("|RXR|", "|RXL|")]);
    // Whose certificate, what is sent, the answer.
    let rows = [
        (
            "the laboratory's, in the name of the PAS",
            Some(&lab),
            &admission,
            "AR ADT-1",
        ),
        ("without a name", Some(&nameless), &admission, "AR ADT-1"),
        (
            "signed by somebody else",
            Some(&stranger),
            &admission,
            "closed",
        ),
        ("none", None, &admission, "closed"),
        (
            "of a feed that is bound to none",
            Some(&pas),
            &elsewhere,
            "AR ADT-1",
        ),
        ("its own", Some(&pas), &admission, "AA ADT-1"),
        ("its own, once more", Some(&pas), &admission, "AA ADT-1"),
    ];
    for (whose, files, message, expected) in rows {
        assert_eq!(
            sent(door.tls, files, &ours, message).await,
            expected,
            "{whose}"
        );
    }
    let mut plain = TcpStream::connect(door.plain).await.unwrap();
    plain.write_all(&mllp::framed(&admission)).await.unwrap();
    assert_eq!(answer(&mut plain).await, "AR ADT-1", "without TLS");
    let evidence: Vec<String> = door
        .region
        .parked()
        .await
        .into_iter()
        .map(|row| row.reason)
        .collect();
    assert_eq!(evidence.len(), 4, "{evidence:#?}");
    assert!(
        evidence[0].contains("the connection's certificate is that of lab.rxr.example"),
        "{evidence:#?}"
    );
    assert!(
        evidence[3].contains("the connection showed no certificate"),
        "{evidence:#?}"
    );
    door.close().await;
}

#[tokio::test]
async fn certificates_are_changed_while_the_door_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Authority::new(), Authority::new());
    let at = |name: &str| folder.path().join(name);
    let ours = first.files(&at("ours"), &["palatine.example"]);
    let before = first.files(&at("before"), &["pas.rxr.example"]);
    let after = second.files(&at("after"), &["pas.rxr.example"]);
    let door = Door::open(ours.clone()).await;
    door.bind("PAS", "RXR", "pas.rxr.example").await;
    let message = case("admission.hl7");
    assert_eq!(
        sent(door.tls, Some(&before), &before, &message).await,
        "AA ADT-1"
    );
    assert_eq!(
        sent(door.tls, Some(&after), &before, &message).await,
        "closed"
    );
    std::fs::write(&ours.certificate, "half a file").unwrap();
    assert_eq!(
        sent(door.tls, Some(&before), &before, &message).await,
        "AA ADT-1",
        "what cannot be used leaves what was used"
    );
    second.files(&at("ours"), &["palatine.example"]);
    assert_eq!(
        sent(door.tls, Some(&after), &after, &message).await,
        "AA ADT-1"
    );
    assert_eq!(
        sent(door.tls, Some(&before), &after, &message).await,
        "closed"
    );
    door.close().await;
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new().files(folder.path(), &["palatine.example"]);
    let door = Door::open(ours).await;
    let mut silent = TcpStream::connect(door.tls).await.unwrap();
    let mut noisy = TcpStream::connect(door.tls).await.unwrap();
    noisy
        .write_all(&mllp::framed(&case("admission.hl7")))
        .await
        .unwrap();
    let mut rest = Vec::new();
    // What is no handshake ends at once; what says nothing, when its time is over.
    drop(
        timeout(Duration::from_secs(10), noisy.read_to_end(&mut rest))
            .await
            .unwrap(),
    );
    let read = timeout(Duration::from_secs(10), silent.read(&mut [0; 16])).await;
    assert!(matches!(read.unwrap(), Ok(0) | Err(_)));
    assert!(door.region.parked().await.is_empty());
    door.close().await;
}

#[test]
fn files_that_cannot_be_used_say_which_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let good = authority.files(&folder.path().join("one"), &["palatine.example"]);
    let other = authority.files(&folder.path().join("two"), &["palatine.example"]);
    let missing = folder.path().join("missing.pem");
    let rows = [
        (
            Files {
                key: missing.clone(),
                ..good.clone()
            },
            "missing.pem cannot be read",
        ),
        (
            Files {
                key: good.certificate.clone(),
                ..good.clone()
            },
            "certificate.pem holds no private key: it has to be PEM",
        ),
        (
            Files {
                certificate: good.key.clone(),
                ..good.clone()
            },
            "key.pem holds no certificate: it has to be PEM",
        ),
        (
            Files {
                key: other.key.clone(),
                ..good.clone()
            },
            "the certificate, its key and the authorities cannot be used together",
        ),
    ];
    for (files, expected) in rows {
        let found: Result<Credentials, TlsError> = Credentials::load(files);
        let said = found.err().unwrap().to_string();
        assert!(said.ends_with(expected), "{said}");
    }
    assert!(Credentials::load(good).is_ok());
}
