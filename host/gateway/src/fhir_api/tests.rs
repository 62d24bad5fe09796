//! The FHIR API over the real router and a real record, each story on both databases.
//!
//! Invariant: a story that passes on one database only is a failure.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a story stops at its first surprise, and says on which database"
)]

mod added;
mod attack;
mod bulk;
mod bundle;
mod capability;
mod compartment;
mod conditional;
mod everything;
mod histories;
mod instance;
mod matching;
mod patch;
mod person;
mod search;
mod subscription;
mod terminology;
mod validate;

use std::future::Future;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use record::Record;
use record::account::NewAccount;
use record::caller::Role;
use record::clock::Written;
use record::store::Place;
use record::store::postgres::cluster::Cluster;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::assets::Assets;
use crate::{Door, Settings};

/// Names and values of headers.
type Headers<'h> = &'h [(&'h str, &'h str)];

/// 2026-11-22T14:02:00Z.
pub(super) const NOW_MS: i64 = 1_795_356_120_000;
const PASSWORD: &str = "correct horse battery";

/// A server with three people signed in.
pub(super) struct Api {
    pub(super) door: Door,
    pub(super) clock: Arc<Written>,
    clinician: String,
    administrator: String,
    operator: String,
}

/// An answer as a test looks at it.
pub(super) struct Said {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Said {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// The words of an OperationOutcome, and where.
    pub(super) fn words(&self) -> String {
        let outcome = self.json();
        assert_eq!(outcome["resourceType"], "OperationOutcome", "{}", self.body);
        self.body.to_lowercase()
    }
}

/// Runs a story on SQLite and on PostgreSQL.
pub(super) fn on_both<F: Future<Output = ()>>(story: impl Fn(Arc<Api>) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = TempDir::new().unwrap();
    let cluster = Cluster::start().unwrap_or_else(|why| panic!("{why}"));
    let places = [
        ("SQLite", Place::Sqlite(folder.path().join("record"))),
        ("PostgreSQL", Place::Postgres(cluster.database().unwrap())),
    ];
    for (name, place) in places {
        eprintln!("on {name}");
        runtime.block_on(async {
            let api = Arc::new(Api::open(&place).await);
            story(Arc::clone(&api)).await;
            api.door.record.close().await;
        });
    }
}

impl Api {
    async fn open(place: &Place) -> Self {
        let clock = Arc::new(Written::at_ms(NOW_MS));
        let record = Record::open(place, Arc::<Written>::clone(&clock))
            .await
            .unwrap();
        for (account, role) in [
            ("clinician", Role::Clinician),
            ("administrator", Role::TrustAdministrator),
            ("operator", Role::Operator),
        ] {
            let new = NewAccount {
                account: account.to_owned(),
                name: format!("The {account}"),
                role,
                site: "RXR".parse().unwrap(),
                password: PASSWORD.to_owned(),
                feed: None,
            };
            record.put_account(new).await.unwrap();
        }
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("nhsuk.css"), "").unwrap();
        let assets = Assets::read(folder.path()).unwrap();
        let clinician = record.sign_in("clinician", PASSWORD).await.unwrap().token;
        let administrator = record
            .sign_in("administrator", PASSWORD)
            .await
            .unwrap()
            .token;
        let operator = record.sign_in("operator", PASSWORD).await.unwrap().token;
        Self {
            door: Door::new(record, assets, Settings { https: false }),
            clock,
            clinician,
            administrator,
            operator,
        }
    }

    pub(super) async fn as_whom(
        &self,
        token: Option<&str>,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Said {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let router = crate::http::router(self.door.clone());
        let request = request.body(body.into()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = to_bytes(body, 256 << 20).await.unwrap();
        Said {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// As the clinician.
    pub(super) async fn ask(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Said {
        let line = line.split_once(' ').unwrap();
        self.as_whom(Some(&self.clinician), line, headers, body)
            .await
    }

    pub(super) async fn get(&self, path: &str) -> Said {
        self.ask(&format!("GET {path}"), &[], "").await
    }

    pub(super) async fn administrator(&self, line: &str, body: impl Into<Body>) -> Said {
        let line = line.split_once(' ').unwrap();
        self.as_whom(Some(&self.administrator), line, &[], body)
            .await
    }

    pub(super) async fn operator(&self, line: &str, body: impl Into<Body>) -> Said {
        let line = line.split_once(' ').unwrap();
        self.as_whom(Some(&self.operator), line, &[], body).await
    }

    /// Writes a resource under its id.
    pub(super) async fn put(&self, resource: Value) -> Said {
        let (kind, id) = (&resource["resourceType"], &resource["id"]);
        let line = format!(
            "PUT /fhir/{}/{}",
            kind.as_str().unwrap(),
            id.as_str().unwrap()
        );
        let said = self.ask(&line, &[], resource.to_string()).await;
        assert!(said.status.is_success(), "{line}: {}", said.body);
        said
    }

    /// The number of the last commit.
    pub(super) fn t(&self) -> u64 {
        self.door.record.current().0
    }

    /// A transaction or batch.
    pub(super) async fn bundle(
        &self,
        kind: &str,
        entries: Value,
        headers: &[(&str, &str)],
    ) -> Said {
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": entries});
        self.ask("POST /fhir", headers, bundle.to_string()).await
    }

    /// An empty bundle, sent to the base as somebody writes it.
    pub(super) async fn empty_bundle(&self, path: &str) -> Said {
        let bundle = json!({"resourceType": "Bundle", "type": "batch"});
        self.ask(&format!("POST {path}"), &[], bundle.to_string())
            .await
    }
}

pub(super) fn patient(id: &str, nhs_number: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id, "gender": "female",
        "identifier": [{"system": "urn:n", "value": nhs_number}],
        "name": [{"family": "Hargreaves", "given": ["Maureen", "Ann"]}],
    })
}

pub(super) fn observation(id: &str, patient: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
        "subject": {"reference": format!("Patient/{patient}")},
        "valueQuantity": {"value": 1, "unit": "mmol/L"},
    })
}

/// Rows of a table, their cells parted by `|`.
pub(super) fn rows(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines().map(str::trim).filter(|row| !row.is_empty());
    lines
        .map(|row| row.split(" | ").map(str::trim).collect())
        .collect()
}
