//! A region of its own for one journey: database, registry with the signed pathology departmental, host, accounts.
//!
//! Everything is on free ports and in a temporary folder, and ends with the journey.

use std::path::PathBuf;

use palatine::bundles::Source;
use palatine::config::{Config, DepartmentalsConfig, DoorsConfig};
use palatine::Host;
use palatine::seed::{self, Departmentals, Wanted};
use record::store::Place;
use record::store::postgres::cluster::Cluster;
use registry::testing::Stall;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The database of a journey.
#[derive(Clone, Copy)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// What a journey stands on.
pub(crate) struct Ground {
    pub(crate) host: Host,
    pub(crate) name: &'static str,
    _cluster: Option<Cluster>,
    _folder: TempDir,
}

impl Ground {
    /// A region with a few people, and pathology enabled at every trust.
    pub(crate) async fn new(database: Database) -> Self {
        let folder = TempDir::new().unwrap();
        let (cluster, store, name) = match database {
            Database::Sqlite => (None, Place::Sqlite(folder.path().join("record")), "sqlite"),
            Database::Postgres => {
                let cluster = Cluster::start().unwrap();
                let place = Place::Postgres(cluster.database().unwrap());
                (Some(cluster), place, "postgres")
            }
        };
        let stall = Stall::open(folder.path()).await.unwrap();
        let component = std::fs::read(products().join("pathology.wasm")).expect("built by `cargo xtask build`");
        tokio::task::block_in_place(|| stall.publish(&component)).unwrap();
        let config = Config {
            store,
            doors: DoorsConfig {
                http: "127.0.0.1:0".parse().unwrap(),
                mllp: "127.0.0.1:0".parse().unwrap(),
                https: false,
                assets: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../host/gateway/assets/dist")),
            },
            departmentals: DepartmentalsConfig {
                registry: stall.address,
                suppliers: stall.suppliers,
                kept: folder.path().join("kept"),
                compiler: Some(programs().join("palatine")),
            },
        };
        let host = Host::start(&config).await.unwrap();
        let wanted = Wanted { source: Source::People(10), departmentals: Departmentals::All, message: None };
        seed::demonstrate(&host.record, &wanted).await.unwrap();
        Self { host, name, _cluster: cluster, _folder: folder }
    }

    /// Where a browser finds the host.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.host.http)
    }

    /// Sends one message over MLLP and gives the answer.
    pub(crate) async fn send(&self, message: &str) -> String {
        let mut stream = TcpStream::connect(self.host.mllp).await.unwrap();
        stream.write_all(format!("\u{b}{message}\u{1c}\r").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\x1c\r") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the host hung up before it acknowledged");
        }
        String::from_utf8(answer).unwrap()
    }
}

/// Where `cargo xtask build` leaves components.
fn products() -> PathBuf {
    match std::env::var_os("PALATINE_PRODUCTS") {
        Some(folder) => PathBuf::from(folder),
        None => programs().parent().unwrap().join("palatine"),
    }
}

/// Where cargo leaves programs: this test is in its `deps`.
fn programs() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
}
