//! Signing and publishing, with a real registry on a free port.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use registry::Config;
use registry::client::Client;
use registry::clock::Clock;
use registry::digest::Digest;
use registry::publishers::{PublisherEntry, Publishers};
use registry::trust::{self, Expected, SupplierKey, TrustedKeys};
use serde_json::{Value, json};

use crate::arguments::Publish;
use crate::check::check;
use crate::check::tests::{component, manifest};
use crate::failure::{Ending, Failure};
use crate::publish::{keygen, publish, sign};

const TOKEN: &str = "a token that is used in tests alone";

struct Desk {
    folder: tempfile::TempDir,
    address: String,
    trusted: TrustedKeys,
    _running: tokio::runtime::Runtime,
}

impl Desk {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = SupplierKey::generate().unwrap();
        std::fs::write(folder.path().join("key.pem"), key.to_pem().unwrap()).unwrap();
        std::fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
        let entry = PublisherEntry {
            supplier: "Supplier of tests".to_owned(),
            token_sha256: Digest::sha256(TOKEN.as_bytes()).hex().to_owned(),
            namespaces: vec!["tests".parse().unwrap()],
            public_key: BASE64.encode(key.public().as_bytes()),
        };
        let publishers = Publishers::new(&[entry]).unwrap();
        let trusted = publishers.keys().clone();
        let running = tokio::runtime::Runtime::new().unwrap();
        let listener = running
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let config = Config {
            folder: folder.path().join("registry"),
            publishers,
            public_address: None,
            clock: Clock::system(),
        };
        drop(running.spawn(registry::serve(listener, config, std::future::pending())));
        Self {
            folder,
            address,
            trusted,
            _running: running,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn component(&self, version: &str) -> PathBuf {
        let screens =
            json!([{ "id": "a", "title": "A", "place": "patient", "audience": ["doctor"] }]);
        let file = self.file("one.wasm");
        let manifest = manifest(json!({ "screens": screens, "version": version }));
        std::fs::write(&file, component("with-screens", Some(&manifest))).unwrap();
        file
    }

    fn publish(&self, file: &Path, change: impl FnOnce(&mut Publish)) -> Result<Value, Failure> {
        let mut it = Publish {
            file: file.to_owned(),
            registry: self.address.clone(),
            key: self.file("key.pem"),
            namespace: "tests".parse().unwrap(),
            token_file: self.file("token"),
            against: None,
        };
        change(&mut it);
        let checked = check(&std::fs::read(file).unwrap(), file).unwrap();
        publish(&checked, &it).map(|answer| answer.json)
    }
}

#[test]
fn what_is_published_can_be_pulled_and_was_signed_by_the_supplier() {
    let desk = Desk::open();
    let file = desk.component("1.2.3");
    let answer = desk.publish(&file, |_| {}).unwrap();
    assert_eq!(
        (&answer["name"], &answer["version"]),
        (&json!("modules/tests/one"), &json!("1.2.3"))
    );
    let repository = "modules/tests/one".parse().unwrap();
    let digest = answer["manifest"].as_str().unwrap().parse().unwrap();
    let pulled = Client::new(&desk.address)
        .unwrap()
        .pull(&repository, &digest)
        .unwrap();
    assert_eq!(pulled.wasm, std::fs::read(&file).unwrap());
    let expected = Expected {
        repository: &repository,
        wasm: &pulled.wasm_digest,
        manifest: &digest,
    };
    let signed = trust::verify(&pulled.signatures[0], &desk.trusted, expected).unwrap();
    assert_eq!(signed.supplier, "Supplier of tests");
}

#[test]
fn refusals_by_case() {
    let desk = Desk::open();
    let file = desk.component("1.2.3");
    desk.publish(&file, |_| {}).unwrap();
    std::fs::write(desk.file("wrong"), "another token").unwrap();
    let changed = desk.component("1.2.3");
    let mut bytes = std::fs::read(&changed).unwrap();
    // A custom section of one byte's name: another component, of the same version.
    bytes.extend([0, 2, 1, b'x']);
    std::fs::write(&changed, bytes).unwrap();
    type Case<'a> = (&'a str, Ending, &'a str, Box<dyn FnOnce(&mut Publish) + 'a>);
    let cases: [Case<'_>; 6] = [
        (
            "a version that is there",
            Ending::FoundWrong,
            "raise `version`",
            Box::new(|_| {}),
        ),
        (
            "a wrong token",
            Ending::FoundWrong,
            "the token and the key",
            Box::new(|it| it.token_file = desk.file("wrong")),
        ),
        (
            "another's namespace",
            Ending::FoundWrong,
            "the namespace is bound",
            Box::new(|it| it.namespace = "others".parse().unwrap()),
        ),
        (
            "no registry",
            Ending::Missing,
            "see that the registry runs",
            Box::new(|it| it.registry = "http://127.0.0.1:9".to_owned()),
        ),
        (
            "no address",
            Ending::UsedWrongly,
            "is not http://HOST",
            Box::new(|it| it.registry = "ftp:nowhere".to_owned()),
        ),
        (
            "no key",
            Ending::UsedWrongly,
            "is no supplier's key",
            Box::new(|it| it.key = desk.file("wrong")),
        ),
    ];
    for (case, ending, expected, change) in cases {
        let failure = desk.publish(&changed, change).unwrap_err();
        assert_eq!(failure.ending, ending, "{case}: {}", failure.words());
        assert!(
            failure.words().contains(expected),
            "{case}: {}",
            failure.words()
        );
        assert!(
            !failure.words().contains("another token") && !failure.words().contains(TOKEN),
            "{case}"
        );
    }
}

#[test]
fn a_signature_in_a_file_is_of_the_component_under_its_name() {
    let desk = Desk::open();
    let file = desk.component("1.2.3");
    let wasm = std::fs::read(&file).unwrap();
    let checked = check(&wasm, &file).unwrap();
    let answer = sign(
        &checked,
        &desk.file("key.pem"),
        &"tests".parse().unwrap(),
        None,
    )
    .unwrap();
    assert!(answer.words.contains("one.bundle.json"), "{}", answer.words);
    let bundle = std::fs::read(desk.file("one.bundle.json")).unwrap();
    let digest = Digest::sha256(&wasm);
    let verified = |name: &str| {
        let repository = name.parse().unwrap();
        let expected = Expected {
            repository: &repository,
            wasm: &digest,
            manifest: &digest,
        };
        trust::verify(&bundle, &desk.trusted, expected).is_ok()
    };
    assert!(verified("modules/tests/one"));
    assert!(!verified("modules/tests/other"));
}

#[test]
fn a_key_is_made_once_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let answer = keygen(&file).unwrap();
    let key = SupplierKey::from_pem(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(answer.json["key_id"], json!(key.id()));
    assert_eq!(
        answer.json["public_key"],
        json!(BASE64.encode(key.public().as_bytes()))
    );
    assert!(!answer.words.contains("PRIVATE"), "{}", answer.words);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let refused = keygen(&file).err().unwrap();
    assert!(
        refused.words().contains("nothing is written over"),
        "{}",
        refused.words()
    );
}
