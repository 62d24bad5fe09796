//! A region of its own for one journey: database, registry with the signed pathology departmental, host, accounts.
//!
//! Everything is on free ports and in a temporary folder, and ends with the journey.

use std::net::SocketAddr;
use std::path::PathBuf;

use fhir::query::Query;
use palatine::Host;
use palatine::bundles::Source;
use palatine::config::{
    self, Config, DepartmentalsConfig, DoorsConfig, Listed, MachinesConfig, SubscriptionsConfig,
};
use palatine::seed::{self, Departmentals, Wanted};
use record::log::At;
use record::search::Page;
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
    pub(crate) stall: Stall,
    pub(crate) name: &'static str,
    /// What whoever starts a demonstration is told.
    pub(crate) told: String,
    _cluster: Option<Cluster>,
    _folder: TempDir,
}

impl Ground {
    /// A region with a few people, and pathology enabled at every trust.
    pub(crate) async fn new(database: Database) -> Self {
        Self::laid(database, (10, "pathology"), Vec::new(), &[]).await
    }

    /// The same, which may send to these systems of the same machine.
    pub(crate) async fn beside(database: Database, neighbours: &[SocketAddr]) -> Self {
        Self::laid(database, (10, "pathology"), Vec::new(), neighbours).await
    }

    /// A region with one departmental, and people enough for the stories that it brings with it.
    pub(crate) async fn with_stories(database: Database, departmental: &str) -> Self {
        let folder = workspace().join("plugins").join(departmental);
        let stories = folder.join("demonstration").canonicalize().unwrap();
        Self::laid(database, (200, departmental), vec![stories], &[]).await
    }

    async fn laid(
        database: Database,
        (people, departmental): (usize, &str),
        stories: Vec<PathBuf>,
        neighbours: &[SocketAddr],
    ) -> Self {
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
        let component = products().join(departmental).with_extension("wasm");
        let component = std::fs::read(component).expect("built by `cargo xtask build`");
        tokio::task::block_in_place(|| stall.publish(&component)).unwrap();
        let listed: Vec<String> = neighbours.iter().map(|it| it.ip().to_string()).collect();
        let listed = listed.join(",");
        let config = Config {
            store,
            jobs: folder.path().join("jobs"),
            doors: DoorsConfig {
                http: "127.0.0.1:0".parse().unwrap(),
                mllp: "127.0.0.1:0".parse().unwrap(),
                https: false,
                assets: workspace().join("host/gateway/assets/dist"),
            },
            machines: MachinesConfig::default(),
            subscriptions: SubscriptionsConfig {
                listed: Listed::read("PALATINE_SUBSCRIBERS", &listed).unwrap(),
                ..SubscriptionsConfig::default()
            },
            departmentals: DepartmentalsConfig {
                registry: stall.address.clone(),
                suppliers: stall.suppliers.clone(),
                kept: folder.path().join("kept"),
                place: config::Place::Host,
                program: Some(programs().join("palatine")),
            },
            outside: config::OutsideConfig {
                partners: Listed::read("PALATINE_PARTNERS", &listed).unwrap(),
                ..config::OutsideConfig::default()
            },
        };
        let host = Host::start(&config).await.unwrap();
        let wanted = Wanted {
            source: Source::People {
                count: people,
                today: palatine::demonstration::today(),
            },
            departmentals: Departmentals::All,
            stories,
            message: None,
        };
        let told = seed::demonstrate(&host.record, &wanted).await.unwrap();
        Self {
            host,
            told,
            stall,
            name,
            _cluster: cluster,
            _folder: folder,
        }
    }

    /// Where a browser finds the host.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.host.http)
    }

    /// The id of somebody whom the demonstration invented.
    pub(crate) async fn any_patient(&self) -> String {
        let operator = self.host.record.operator(&"RXR".parse().unwrap());
        let everybody = Query::all("Patient".parse().unwrap());
        let found = self
            .host
            .record
            .search(&operator, &everybody, &Page::First(At::Now))
            .await
            .unwrap();
        found.matches[0].key.id.to_string()
    }

    /// Sends one message over MLLP and gives the answer.
    pub(crate) async fn send(&self, message: &str) -> String {
        let mut stream = TcpStream::connect(self.host.mllp).await.unwrap();
        stream
            .write_all(format!("\u{b}{message}\u{1c}\r").as_bytes())
            .await
            .unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\x1c\r") {
            assert_ne!(
                stream.read_buf(&mut answer).await.unwrap(),
                0,
                "the host hung up before it acknowledged"
            );
        }
        String::from_utf8(answer).unwrap()
    }
}

/// The root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
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
    std::env::current_exe()
        .unwrap()
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}
