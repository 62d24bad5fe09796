//! The last commit of each feed in SQLite.
//!
//! Invariant: it reads and never writes.

use rusqlite::params;

use super::Sqlite;
use super::read::commit_row;
use crate::limits::SOURCES_MAX;
use crate::store::Reply;
use crate::store::heard::{HeardStore, everywhere, within};
use crate::store::row::CommitRow;

impl HeardStore for Sqlite {
    fn heard(&self, t: i64) -> Reply<'_, Vec<CommitRow>> {
        self.read("looking when feeds were heard from", move |connection| {
            let sql = everywhere("?1", SOURCES_MAX);
            let mut find = connection.prepare_cached(&sql)?;
            find.query_map(params![t], commit_row)?.collect()
        })
    }

    fn heard_in(&self, compartment: i64, t: i64) -> Reply<'_, Vec<CommitRow>> {
        self.read("looking who told of a patient", move |connection| {
            let sql = within("?1", "?2", SOURCES_MAX);
            let mut find = connection.prepare_cached(&sql)?;
            find.query_map(params![compartment, t], commit_row)?
                .collect()
        })
    }
}
