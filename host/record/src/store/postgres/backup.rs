//! PostgreSQL copied by its own `pg_dump`, and filled by its own `pg_restore`.
//!
//! Invariant: the dump is of the snapshot in which its last commit was read; a password is never in a command line.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;

use tokio::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::types::ToSql;

use super::scan::connect;
use super::{TURN, failed, read};
use crate::backup::BackupError;
use crate::store::backup::Copied;
use crate::store::cut::{self, Cut};
use crate::store::{StoreError, leaf};
use crate::verify::{Progress, Told};

/// The dump's name in a backup's folder.
const FILE: &str = "record.dump";
/// What is kept of a program's complaint, in characters.
const WORDS_MAX: usize = 2_000;

/// Dumps the database into a folder.
pub(crate) async fn copy(url: &str, folder: &Path, told: Told<'_>) -> Result<Copied, BackupError> {
    let doing = "copying the database";
    told(Progress {
        step: "tables, by pg_dump",
        done: 0,
        of: None,
    });
    let client = connect(url, doing).await?;
    // The snapshot stays as long as this transaction, which ends with the connection.
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let asked = async {
        client.batch_execute(begin).await?;
        let snapshot: String = client
            .query_one("SELECT pg_export_snapshot()", &[])
            .await?
            .get(0);
        let last = "SELECT t, at_ms FROM commits ORDER BY t DESC LIMIT 1";
        let last = client.query_opt(last, &[]).await?;
        Ok((
            snapshot,
            last.map_or((0, 0), |row| (row.get(0), row.get(1))),
        ))
    };
    let (snapshot, (t, at_ms)) = asked.await.map_err(|error| failed(doing, error))?;
    let mut dump = program("pg_dump", url)?;
    // The reserve is room and nothing else: whoever opens the copy takes it anew.
    dump.args(["--exclude-table=reserve", "--format=custom"])
        .args(["--no-owner", "--no-privileges", "--file"])
        .arg(folder.join(FILE))
        .arg(format!("--snapshot={snapshot}"));
    run("pg_dump", dump).await?;
    Ok(Copied {
        file: FILE.to_owned(),
        t,
        at_ms,
    })
}

/// Makes sure that the database is empty, or makes it so.
pub(crate) async fn emptied(url: &str, replace: bool) -> Result<(), BackupError> {
    let doing = "looking whether the database is empty";
    let client = connect(url, doing).await?;
    let sql = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')";
    let row = client.query_one(sql, &[]).await;
    let tables: i64 = row.map_err(|error| failed(doing, error))?.get(0);
    if tables == 0 {
        return Ok(());
    }
    if !replace {
        let place = "the PostgreSQL database".to_owned();
        return Err(BackupError::NotEmpty { place });
    }
    let sql = format!(
        "BEGIN; SELECT pg_advisory_xact_lock({TURN}); DROP SCHEMA public CASCADE; CREATE SCHEMA public; COMMIT"
    );
    let dropped = client.batch_execute(&sql).await;
    Ok(dropped.map_err(|error| failed("dropping the record that is replaced", error))?)
}

/// Fills an empty database from a dump, whole or not at all.
pub(crate) async fn fill(url: &str, file: &Path) -> Result<(), BackupError> {
    let mut restore = program("pg_restore", url)?;
    restore
        .args(["--exit-on-error", "--single-transaction", "--no-owner"])
        .args(["--no-privileges", "--dbname"])
        .arg(parsed(url)?.get_dbname().unwrap_or("postgres"))
        .arg(file);
    run("pg_restore", restore).await
}

/// Cuts the log.
pub(crate) async fn cut(url: &str, cut: &Cut) -> Result<(), StoreError> {
    let doing = "cutting the log";
    let mut client = connect(url, doing).await?;
    let all = async {
        let transaction = client.transaction().await?;
        let turn = format!("SELECT pg_advisory_xact_lock({TURN})");
        transaction.batch_execute(&turn).await?;
        for sql in cut::statements(cut) {
            transaction.batch_execute(&sql).await?;
        }
        for (name, stood) in &cut.cursors {
            match stood {
                Some(t) => {
                    let sql = "UPDATE place_in_log SET t = $2 WHERE name = $1";
                    transaction.execute(sql, &[name, t]).await?;
                }
                None => {
                    let sql = "DELETE FROM place_in_log WHERE name = $1";
                    transaction.execute(sql, &[name]).await?;
                }
            }
        }
        // The leaves of one batch lie together; those that stay do not go with the others.
        let sql = "SELECT digest FROM leaf WHERE n <= $1 ORDER BY n DESC LIMIT 1";
        let before = transaction.query_opt(sql, &[&cut.to.leaf]).await?;
        let before: Vec<u8> = before.map_or_else(Vec::new, |row| row.get(0));
        let sql = "SELECT n, at_ms, digest, leaves FROM leaf WHERE n > $1 ORDER BY n LIMIT 1";
        let group = transaction.query_opt(sql, &[&cut.to.leaf]).await?;
        let left = group.map_or_else(Vec::new, |row| {
            leaf::cut(&before, &read::leaf_group(&row), cut.to.leaf)
        });
        let sql = "DELETE FROM leaf WHERE n > $1";
        transaction.execute(sql, &[&cut.to.leaf]).await?;
        for group in left {
            let sql = "INSERT INTO leaf (n, at_ms, digest, leaves) VALUES ($1, $2, $3, $4)";
            let values: &[&(dyn ToSql + Sync)] =
                &[&group.n, &group.at_ms, &group.digest, &group.leaves];
            transaction.execute(sql, values).await?;
        }
        transaction.commit().await
    };
    all.await.map_err(|error| failed(doing, error))
}

fn parsed(url: &str) -> Result<Config, StoreError> {
    Config::from_str(url).map_err(|error| failed("reading the connection string", error))
}

/// One of PostgreSQL's programs, told in its environment how to connect.
fn program(name: &'static str, url: &str) -> Result<Command, BackupError> {
    let config = parsed(url)?;
    let mut command = Command::new(newest(name));
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        })
        .collect();
    let ports: Vec<String> = config.get_ports().iter().map(u16::to_string).collect();
    command
        .env("PGHOST", hosts.join(","))
        .env("PGPORT", ports.join(","))
        .env("PGAPPNAME", "palatine");
    if let Some(user) = config.get_user() {
        command.env("PGUSER", user);
    }
    if let Some(database) = config.get_dbname() {
        command.env("PGDATABASE", database);
    }
    if let Some(password) = config.get_password() {
        let password = std::str::from_utf8(password).map_err(|_| BackupError::Program {
            program: name,
            words: "the password in the connection string is not UTF-8".to_owned(),
        })?;
        command.env("PGPASSWORD", password);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

/// The newest that Debian's packages installed, or whichever the path leads to.
fn newest(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let installed = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin").join(name)))
    });
    let newest = installed.filter(|(_, path)| path.is_file()).max();
    newest.map_or_else(|| PathBuf::from(name), |(_, path)| path)
}

async fn run(program: &'static str, mut command: Command) -> Result<(), BackupError> {
    let failed = |words: String| BackupError::Program { program, words };
    let output = command.output().await.map_err(|error| {
        failed(format!(
            "{error}: install PostgreSQL's programs (apt-get install postgresql-client)"
        ))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(failed(words.trim().chars().take(WORDS_MAX).collect()))
}
