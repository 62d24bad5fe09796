//! The last commit of each feed in PostgreSQL.
//!
//! Invariant: it reads and never writes.

use tokio_postgres::types::ToSql;

use super::Postgres;
use super::read::commit_row;
use crate::limits::SOURCES_MAX;
use crate::store::Reply;
use crate::store::heard::{HeardStore, everywhere, within};
use crate::store::row::CommitRow;

impl HeardStore for Postgres {
    fn heard(&self, t: i64) -> Reply<'_, Vec<CommitRow>> {
        let sql = everywhere("$1", SOURCES_MAX);
        let doing = "looking when feeds were heard from";
        self.asked(doing, sql, vec![Box::new(t)], commit_row)
    }

    fn heard_in(&self, compartment: i64, t: i64) -> Reply<'_, Vec<CommitRow>> {
        let sql = within("$1", "$2", SOURCES_MAX);
        let doing = "looking who told of a patient";
        let values: Vec<Box<dyn ToSql + Sync + Send>> = vec![Box::new(compartment), Box::new(t)];
        self.asked(doing, sql, values, commit_row)
    }
}
