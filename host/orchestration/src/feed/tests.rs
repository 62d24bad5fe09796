//! A region to test feeds in: a real record on each database at hand, its feeds, and what they send.
//!
//! Invariant: every region is new and empty; the time is written, never taken from the machine.

#![expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::sync::Arc;

use fhir::query::Query;
use fhir::resource::ResourceType;
use record::Record;
use record::account::NewAccount;
use record::caller::{Caller, Role, SiteCode};
use record::clock::{Clock, Written};
use record::log::{At, T};
use record::message::{ParkedRow, State, Waited};
use record::search::Page;
use record::store::Place;
use record::store::postgres::cluster::Cluster;
use serde_json::Value as Json;

use crate::feed::acknowledgement::{Acknowledgement, Code};
use crate::feed::intake::Intake;

/// When everything happens: 2026-07-02T10:30:00Z.
pub(crate) const NOW_MS: i64 = 1_782_988_200_000;

/// A record, its intake, and somebody who may look at everything.
pub(crate) struct Region {
    pub(crate) record: Record,
    pub(crate) intake: Intake,
    pub(crate) clock: Arc<Written>,
    pub(crate) operator: Caller,
    _folder: tempfile::TempDir,
}

impl Region {
    /// A region on SQLite with the feeds that the cases come from.
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Sqlite(folder.path().to_path_buf());
        Self::at(&place, folder).await
    }
    /// A region in a new database of a PostgreSQL cluster.
    pub(crate) async fn on_postgresql(cluster: &Cluster) -> Self {
        let place = Place::Postgres(cluster.database().unwrap());
        Self::at(&place, tempfile::tempdir().unwrap()).await
    }
    /// A region on SQLite that knows no feed yet.
    pub(crate) async fn bare() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Sqlite(folder.path().to_path_buf());
        Self::without_feeds(&place, folder).await
    }
    async fn without_feeds(place: &Place, folder: tempfile::TempDir) -> Self {
        let clock = Arc::new(Written::at_ms(NOW_MS));
        let told: Arc<dyn Clock> = clock.clone();
        let record = Record::open(place, Arc::clone(&told)).await.unwrap();
        let operator = record.operator(&site("RXR"));
        Self {
            intake: Intake::new(record.clone(), told),
            clock,
            record,
            operator,
            _folder: folder,
        }
    }
    async fn at(place: &Place, folder: tempfile::TempDir) -> Self {
        let region = Self::without_feeds(place, folder).await;
        for application in ["DMS", "EPMA", "ERS", "FIN", "GPS", "OCS", "SCH", "VAC"] {
            region.feed(application, "RXR", "RXR").await;
        }
        region.feed("PAS", "RXR", "RXR").await;
        region.feed("LIS", "RXR-PATH", "RXR").await;
        region.feed("PAS", "RXL", "RXL").await;
        region
    }
    /// Makes a feed known.
    pub(crate) async fn feed(&self, application: &str, facility: &str, at: &str) {
        let name = format!("{application} {facility}");
        let account = NewAccount {
            account: format!("feed-{}", hex::encode(&name)),
            name,
            role: Role::Feed,
            site: site(at),
            password: "a long enough password".to_owned(),
            feed: Some((application.to_owned(), facility.to_owned())),
        };
        self.record.put_account(account).await.unwrap();
    }
    /// Sends a message: its answer.
    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) -> Acknowledgement {
        self.intake.handle(bytes.as_ref()).await
    }
    /// Sends a message that has to be filed.
    pub(crate) async fn filed(&self, bytes: impl AsRef<[u8]>) {
        let answer = self.send(bytes).await;
        assert_eq!(
            answer.verdict.code,
            Code::Accept,
            "{}",
            answer.verdict.reason
        );
    }
    /// Every current resource of a type, in no order.
    pub(crate) async fn all(&self, resource_type: &str) -> Vec<Json> {
        let resource_type: ResourceType = resource_type.parse().unwrap();
        let mut query = Query::all(resource_type);
        query.count = Some(200);
        let found = self
            .record
            .search(&self.operator, &query, &Page::First(At::Now))
            .await
            .unwrap();
        found
            .matches
            .iter()
            .map(|stored| serde_json::from_str(stored.body.as_deref().unwrap()).unwrap())
            .collect()
    }
    /// The one resource of a type.
    pub(crate) async fn one(&self, resource_type: &str) -> Json {
        let mut all = self.all(resource_type).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.pop().unwrap()
    }
    /// The observation of a test.
    pub(crate) async fn observation(&self, code: &str) -> Json {
        let all = self.all("Observation").await;
        let mut of: Vec<Json> = all
            .into_iter()
            .filter(|one| one["code"]["coding"][0]["code"] == code)
            .collect();
        assert_eq!(of.len(), 1, "{code}: {of:?}");
        of.pop().unwrap()
    }
    /// What is parked.
    pub(crate) async fn parked(&self) -> Vec<ParkedRow> {
        self.record.parked(&self.operator, T(0), 200).await.unwrap()
    }
    /// Drops whatever is parked, so that it holds back nothing any longer, and files what it held back; how many that was.
    pub(crate) async fn drop_parked(&self) -> usize {
        let waiting = self.record.messages_waiting(&self.operator, None, T(0));
        for it in waiting.await.unwrap().messages {
            if matches!(it.state, State::Parked { .. }) {
                let dropped = self
                    .record
                    .message_drop(&self.operator, it.waited, "a test");
                dropped.await.unwrap();
            }
        }
        self.intake.file_waiting().await
    }
    /// What waits, oldest first: control id and state.
    pub(crate) async fn waiting(&self) -> Vec<String> {
        let waiting = self.record.messages_waiting(&self.operator, None, T(0));
        let each = waiting.await.unwrap().messages.into_iter();
        each.map(|it| format!("{} {}", it.control_id, it.state.as_str()))
            .collect()
    }
    /// A message that waits, as it was seen.
    pub(crate) async fn waited(&self, control_id: &str) -> Waited {
        let waiting = self.record.messages_waiting(&self.operator, None, T(0));
        let mut all = waiting.await.unwrap().messages.into_iter();
        all.find(|it| it.control_id == control_id).unwrap().waited
    }
    /// The last commit.
    pub(crate) fn t(&self) -> u64 {
        self.record.current().0
    }
}

fn site(code: &str) -> SiteCode {
    code.parse().unwrap()
}

/// A message of the cases.
pub(crate) fn case(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/cases/messages")
        .join(name);
    std::fs::read(path).unwrap()
}

/// A message of the cases with some of its text changed.
pub(crate) fn changed(name: &str, changes: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from_utf8(case(name)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{name} has no {from}");
        text = text.replace(from, to);
    }
    text.into_bytes()
}

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
            let cluster = record::store::postgres::cluster::Cluster::start().unwrap();
            $(
                println!(stringify!($name));
                $name($crate::feed::tests::Region::on_postgresql(&cluster).await).await;
            )*
        }
    };
}

pub(crate) use on_both_databases;
