//! SQLite read from one end to the other, on connections of its own that cannot write.
//!
//! Invariant: the lock on the folder is not taken, so that a record can be looked through while a host serves it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fhir::resource::{Key, ResourceType};
use rusqlite::{Connection, OpenFlags, Result, Row};

use super::call::{self, CALL};
use super::{failed, read};
use crate::limits;
use crate::store::call::CallRow;
use crate::store::row::{CommitRow, Found, Head, IndexRow, LeafRow, MessageRow, numbers_of_type};
use crate::store::scan::{KeptBody, KeptResource, KeptVersion, RISING, Rows, Scan, Span};
use crate::store::{Reply, StoreError, body};

/// The database's file in the record's folder.
pub(crate) const FILE: &str = "record.sqlite";

const VERSION: &str = "v, r, version, from_t, at_ms, what, compartment, id, body";

/// A record in a folder, to be read through.
pub(crate) struct SqliteScan {
    path: PathBuf,
}

type Each<T> = fn(&Row<'_>) -> Result<T>;

impl SqliteScan {
    /// The record in a folder, which must be there.
    pub(crate) fn open(folder: &Path) -> std::result::Result<Self, StoreError> {
        let path = folder.join(FILE);
        if path.is_file() {
            return Ok(Self { path });
        }
        Err(StoreError::Open {
            place: folder.display().to_string(),
            why: format!("there is no {} in it", FILE),
        })
    }

    fn ask<T: Send + 'static>(
        &self,
        doing: &'static str,
        job: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Reply<'_, T> {
        let path = self.path.clone();
        Box::pin(async move {
            let asked = tokio::task::spawn_blocking(move || job(&reading(&path)?));
            let answer = asked.await.map_err(|_| StoreError::Closed)?;
            answer.map_err(|error| failed(doing, error))
        })
    }

    /// Runs statements one after the other, each with how its rows are read.
    fn rows<T: Send + 'static>(
        &self,
        doing: &'static str,
        statements: Vec<(String, Each<T>)>,
    ) -> Rows<T> {
        let (mut sink, rows) = Rows::new();
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || {
            let mut all = || -> Result<()> {
                let connection = reading(&path)?;
                for (sql, each) in &statements {
                    let mut statement = connection.prepare(sql)?;
                    let mut rows = statement.query([])?;
                    while let Some(row) = rows.next()? {
                        if !sink.put_blocking(each(row)?) {
                            return Ok(());
                        }
                    }
                }
                sink.flush_blocking();
                Ok(())
            };
            if let Err(error) = all() {
                sink.fail_blocking(failed(doing, error));
            }
        });
        rows
    }
}

/// A connection that cannot write.
pub(crate) fn reading(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

fn kept_version(row: &Row<'_>) -> Result<KeptVersion> {
    let kept = row.get_ref(8)?;
    let body = match kept.as_blob_or_null() {
        Ok(None) => KeptBody::None,
        Ok(Some(bytes)) => body::unpack(bytes).map_or(KeptBody::Unreadable, KeptBody::Json),
        Err(_) => KeptBody::Unreadable,
    };
    Ok(KeptVersion {
        v: row.get(0)?,
        r: row.get(1)?,
        version: row.get(2)?,
        t: row.get(3)?,
        at_ms: row.get(4)?,
        what: row.get(5)?,
        compartment: row.get(6)?,
        id: row.get(7)?,
        body,
    })
}

fn span(row: &Row<'_>, found: Found) -> Result<Span> {
    Ok(Span {
        row: IndexRow {
            parameter: row.get(0)?,
            compartment: row.get(1)?,
            r: row.get(2)?,
            found,
        },
        from_t: row.get(3)?,
        to_t: row.get(4)?,
    })
}

fn term(row: &Row<'_>) -> Result<Span> {
    let (value, system) = (row.get(5)?, row.get(6)?);
    span(row, Found::Term { value, system })
}

fn text(row: &Row<'_>) -> Result<Span> {
    span(row, Found::Text(row.get(5)?))
}

fn date(row: &Row<'_>) -> Result<Span> {
    let (low, high, ends) = (row.get(5)?, row.get(6)?, row.get(7)?);
    span(row, Found::Date { low, high, ends })
}

fn amount(row: &Row<'_>) -> Result<Span> {
    let found = Found::Amount {
        low: row.get(5)?,
        high: row.get(6)?,
        system: row.get(7)?,
        code: row.get(8)?,
        unit: row.get(9)?,
    };
    span(row, found)
}

impl Scan for SqliteScan {
    fn head(&self) -> Reply<'_, Head> {
        self.ask("reading the end of the log", read::head)
    }

    fn damage(&self) -> Reply<'_, Vec<String>> {
        self.ask("checking the database's file", |connection| {
            let sql = format!("PRAGMA integrity_check({})", limits::FINDINGS_MAX);
            let mut check = connection.prepare(&sql)?;
            let said: Vec<String> = check
                .query_map([], |row| row.get(0))?
                .collect::<Result<_>>()?;
            Ok(said.into_iter().filter(|line| line != "ok").collect())
        })
    }

    fn cursors_beyond(&self, t: i64) -> Reply<'_, Vec<String>> {
        self.ask("reading cursors", move |connection| {
            let mut find = connection.prepare("SELECT name FROM place_in_log WHERE t > ?1")?;
            find.query_map([t], |row| row.get(0))?.collect()
        })
    }

    fn cursor(&self, name: String) -> Reply<'_, Option<i64>> {
        self.ask("reading a cursor", move |connection| {
            read::cursor(connection, &name)
        })
    }

    fn of_type(&self, of: ResourceType, upto: &Head) -> Rows<KeptVersion> {
        let (low, high) = numbers_of_type(of);
        let sql = format!(
            "SELECT {VERSION} FROM version WHERE r >= {low} AND r < {high} AND v <= {} ORDER BY r, version",
            upto.v
        );
        self.rows("reading histories", vec![(sql, kept_version)])
    }

    fn find(&self, keys: Vec<Key>) -> Reply<'_, Vec<Option<i64>>> {
        self.ask("looking up resources", move |connection| {
            read::find(connection, &keys)
        })
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
            "SELECT {VERSION} FROM version WHERE v <= {} ORDER BY v",
            upto.v
        );
        self.rows("reading the versions", vec![(sql, kept_version)])
    }

    fn histories(&self, upto: &Head) -> Rows<KeptVersion> {
        let sql = format!(
            "SELECT {VERSION} FROM version WHERE v <= {} ORDER BY r, version",
            upto.v
        );
        self.rows("reading the histories", vec![(sql, kept_version)])
    }

    fn resources(&self, upto: &Head) -> Rows<KeptResource> {
        let sql = format!(
            "SELECT type, id, r FROM resource WHERE {} <= {}",
            RISING, upto.seq
        );
        let each: Each<KeptResource> = |row| {
            Ok(KeptResource {
                resource_type: row.get(0)?,
                id: row.get(1)?,
                r: row.get(2)?,
            })
        };
        self.rows("reading the resources", vec![(sql, each)])
    }

    fn index(&self, upto: &Head) -> Rows<Span> {
        let tables: [(&str, &str, Each<Span>); 4] = [
            ("index_term", "value, system", term),
            ("index_text", "value", text),
            ("index_date", "low, high, ends", date),
            ("index_amount", "low, high, system, code, unit", amount),
        ];
        let statements = tables.into_iter().map(|(table, values, each)| {
            let t = upto.t;
            let sql = format!(
                "SELECT parameter, compartment, r, from_t, CASE WHEN to_t <= {t} THEN to_t END, {values} \
                 FROM {table} WHERE from_t <= {t}"
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
        let (mut sink, rows) = Rows::new();
        let (path, last) = (self.path.clone(), upto.leaf);
        tokio::task::spawn_blocking(move || {
            let mut all = || -> Result<()> {
                let connection = reading(&path)?;
                let mut n = 0;
                loop {
                    let page = read::leaves(&connection, n, limits::ROWS_PAGE_MAX)?;
                    let Some(end) = page.last() else {
                        sink.flush_blocking();
                        return Ok(());
                    };
                    n = end.n;
                    for row in page.into_iter().filter(|row| row.n <= last) {
                        if !sink.put_blocking(row) {
                            return Ok(());
                        }
                    }
                }
            };
            if let Err(error) = all() {
                sink.fail_blocking(failed("reading the audit", error));
            }
        });
        rows
    }
}
