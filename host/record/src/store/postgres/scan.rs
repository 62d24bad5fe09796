//! PostgreSQL read from one end to the other, on connections of its own that cannot write.
//!
//! Invariant: a scan is one statement behind a cursor of the server, fetched a little at a time.

use std::str::FromStr;
use std::time::Duration;

use fhir::resource::{Key, ResourceType};
use tokio_postgres::{Client, Config, Error, NoTls, Row};

use super::call::{self, CALL};
use super::{Postgres, failed, read};
use crate::limits;
use crate::store::call::CallRow;
use crate::store::row::numbers_of_type;
use crate::store::row::{CommitRow, Found, Head, IndexRow, LeafRow, MOVED, MessageRow};
use crate::store::scan::{
    CHUNK, KeptBody, KeptResource, KeptVersion, RISING, Rows, Scan, Sink, Span,
};
use crate::store::{Reply, Store, StoreError, body};

const VERSION: &str = "v::bigint, r::bigint, version::bigint, from_t::bigint, at_ms::bigint, what::bigint, \
                       compartment::bigint, id, body";

/// A record in a PostgreSQL database, to be read through.
pub(crate) struct PostgresScan {
    url: String,
    store: Postgres,
}

type Each<T> = fn(&Row) -> T;

/// A connection of its own, beside the pools; its task ends with it.
pub(crate) async fn connect(url: &str, doing: &'static str) -> Result<Client, StoreError> {
    let mut config = Config::from_str(url).map_err(|error| failed(doing, error))?;
    config
        .application_name("palatine")
        .connect_timeout(Duration::from_secs(10));
    let (client, connection) = config
        .connect(NoTls)
        .await
        .map_err(|error| failed(doing, error))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to the database ended early");
        }
    });
    Ok(client)
}

impl PostgresScan {
    /// The record in a database, which must be there.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        let store = Postgres::look_at(url)?;
        Ok(Self {
            url: url.to_owned(),
            store,
        })
    }

    fn rows<T: Send + Sync + 'static>(
        &self,
        doing: &'static str,
        statements: Vec<(String, Each<T>)>,
    ) -> Rows<T> {
        let (sink, rows) = Rows::new();
        let url = self.url.clone();
        tokio::spawn(async move {
            let client = match connect(&url, doing).await {
                Ok(client) => client,
                Err(error) => return sink.fail(error).await,
            };
            for (sql, each) in statements {
                match fetch(&client, &sql, each, &sink).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => return sink.fail(failed(doing, error)).await,
                }
            }
        });
        rows
    }
}

/// Fetches what a statement gives; false when nobody reads any longer.
async fn fetch<T>(client: &Client, sql: &str, each: Each<T>, to: &Sink<T>) -> Result<bool, Error> {
    let begin = format!("BEGIN READ ONLY; DECLARE through NO SCROLL CURSOR FOR {sql}");
    client.batch_execute(&begin).await?;
    let next = client
        .prepare(&format!("FETCH FORWARD {CHUNK} FROM through"))
        .await?;
    loop {
        let rows = client.query(&next, &[]).await?;
        if rows.is_empty() {
            client.batch_execute("ROLLBACK").await?;
            return Ok(true);
        }
        if !to.put_all(rows.iter().map(each).collect()).await {
            return Ok(false);
        }
    }
}

fn kept_version(row: &Row) -> KeptVersion {
    let body = match row.try_get::<_, Option<&[u8]>>(8) {
        Ok(None) => KeptBody::None,
        Ok(Some(bytes)) => body::unpack(bytes).map_or(KeptBody::Unreadable, KeptBody::Json),
        Err(_) => KeptBody::Unreadable,
    };
    KeptVersion {
        v: row.get(0),
        r: row.get(1),
        version: row.get(2),
        t: row.get(3),
        at_ms: row.get(4),
        what: row.get(5),
        compartment: row.get(6),
        id: row.get(7),
        body,
    }
}

fn span(row: &Row, found: Found) -> Span {
    Span {
        row: IndexRow {
            parameter: row.get(0),
            compartment: row.get(1),
            r: row.get(2),
            found,
        },
        from_t: row.get(3),
        to_t: row.get(4),
    }
}

fn term(row: &Row) -> Span {
    let (value, system) = (row.get(5), row.get(6));
    span(row, Found::Term { value, system })
}

fn text(row: &Row) -> Span {
    span(row, Found::Text(row.get(5)))
}

fn date(row: &Row) -> Span {
    let (low, high, ends) = (row.get(5), row.get(6), row.get(7));
    span(row, Found::Date { low, high, ends })
}

fn amount(row: &Row) -> Span {
    let found = Found::Amount {
        low: row.get(5),
        high: row.get(6),
        system: row.get(7),
        code: row.get(8),
        unit: row.get(9),
    };
    span(row, found)
}

impl Scan for PostgresScan {
    fn head(&self) -> Reply<'_, Head> {
        self.store.head()
    }

    fn damage(&self) -> Reply<'_, Vec<String>> {
        // The server checks its own pages when it reads them, and every page with a row is read here.
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn cursors_beyond(&self, t: i64) -> Reply<'_, Vec<String>> {
        Box::pin(async move {
            let doing = "reading cursors";
            let client = connect(&self.url, doing).await?;
            let rows = client
                .query("SELECT name FROM place_in_log WHERE t > $1", &[&t])
                .await
                .map_err(|error| failed(doing, error))?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        })
    }

    fn cursor(&self, name: String) -> Reply<'_, Option<i64>> {
        self.store.cursor(name)
    }

    fn of_type(&self, of: ResourceType, upto: &Head) -> Rows<KeptVersion> {
        let (low, high) = numbers_of_type(of);
        let sql = format!(
            "SELECT {VERSION} FROM version WHERE r >= {low} AND r < {high} AND v <= {} AND what < {MOVED} \
             ORDER BY r, version",
            upto.v
        );
        self.rows("reading histories", vec![(sql, kept_version)])
    }

    fn find(&self, keys: Vec<Key>) -> Reply<'_, Vec<Option<i64>>> {
        self.store.find(keys)
    }

    fn commits(&self, upto: &Head) -> Rows<CommitRow> {
        let sql = format!(
            "SELECT t, at_ms, v_last, seq_last, site, account, role, basis FROM commits WHERE t <= {} ORDER BY t",
            upto.t
        );
        self.rows("reading the log", vec![(sql, read::commit_row)])
    }

    fn versions(&self, upto: &Head) -> Rows<KeptVersion> {
        let sql = format!(
            "SELECT {VERSION} FROM version WHERE v <= {} AND what < {MOVED} ORDER BY v",
            upto.v
        );
        self.rows("reading the versions", vec![(sql, kept_version)])
    }

    fn histories(&self, upto: &Head) -> Rows<KeptVersion> {
        let sql = format!(
            "SELECT {VERSION} FROM version WHERE v <= {} AND what < {MOVED} ORDER BY r, version",
            upto.v
        );
        self.rows("reading the histories", vec![(sql, kept_version)])
    }

    fn resources(&self, upto: &Head) -> Rows<KeptResource> {
        let sql = format!(
            "SELECT type::bigint, id, r::bigint FROM resource WHERE {} <= {}",
            RISING, upto.seq
        );
        let each: Each<KeptResource> = |row| KeptResource {
            resource_type: row.get(0),
            id: row.get(1),
            r: row.get(2),
        };
        self.rows("reading the resources", vec![(sql, each)])
    }

    fn index(&self, upto: &Head) -> Rows<Span> {
        let tables: [(&str, &str, Each<Span>); 4] = [
            ("index_term", "value::bigint, system::bigint", term),
            ("index_text", "value", text),
            (
                "index_date",
                "low::bigint, high::bigint, ends::bigint",
                date,
            ),
            (
                "index_amount",
                "low, high, system::bigint, code::bigint, unit::bigint",
                amount,
            ),
        ];
        let statements = tables.into_iter().map(|(table, values, each)| {
            let t = upto.t;
            let sql = format!(
                "SELECT parameter::bigint, compartment::bigint, r::bigint, from_t::bigint, \
                 CASE WHEN to_t <= {t} THEN to_t END::bigint, {values} FROM {table} WHERE from_t <= {t}"
            );
            (sql, each)
        });
        self.rows("reading the indexes", statements.collect())
    }

    fn messages(&self, upto: &Head) -> Rows<MessageRow> {
        let sql = format!(
            "SELECT source, control_id, digest, t, received_at, site, reason, field, bytes FROM message \
             WHERE t <= {} ORDER BY t",
            upto.t
        );
        self.rows("reading the messages", vec![(sql, read::message_row)])
    }

    fn calls(&self, upto: &Head) -> Rows<CallRow> {
        let sql = format!(
            "SELECT {CALL} FROM call WHERE n <= {} ORDER BY n",
            upto.leaf
        );
        self.rows("reading the calls", vec![(sql, call::row)])
    }

    fn leaves(&self, upto: &Head) -> Rows<LeafRow> {
        let (sink, rows) = Rows::new();
        let (url, last) = (self.url.clone(), upto.leaf);
        tokio::spawn(async move {
            let store = match Postgres::look_at(&url) {
                Ok(store) => store,
                Err(error) => return sink.fail(error).await,
            };
            let mut n = 0;
            loop {
                match store.leaves(n, limits::ROWS_PAGE_MAX).await {
                    Err(error) => return sink.fail(error).await,
                    Ok(page) => {
                        let Some(end) = page.last() else { return };
                        n = end.n;
                        let here = page.into_iter().filter(|row| row.n <= last).collect();
                        if n > last || !sink.put_all(here).await {
                            return;
                        }
                    }
                }
            }
        });
        rows
    }
}
