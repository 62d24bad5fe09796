//! What became of messages, in SQLite.
//!
//! Invariant: a fate is written in the transaction of the commit that makes it.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Result, Row, Transaction, params, params_from_iter};

use super::Sqlite;
use super::read::message_row;
use crate::limits::MESSAGE_HEAD_BYTES;
use crate::store::Reply;
use crate::store::message::{
    AWAITING, FATE, FateRow, Fates, Listed, MessageStore, OPEN, SenderRow, WAITING, parked_sql,
    ready_sql, senders_sql,
};
use crate::store::row::MessageRow;

const MESSAGE: &str =
    "m.source, m.control_id, m.digest, m.t, m.received_at, m.site, m.reason, m.field";

pub(super) fn write(to: &Transaction<'_>, messages: &[MessageRow], fates: &Fates) -> Result<()> {
    received(to, messages)?;
    for (message, t) in &fates.ended {
        to.prepare_cached("UPDATE message_fate SET to_t = ?2 WHERE message = ?1 AND to_t IS NULL")?
            .execute(params![message, t])?;
    }
    for it in &fates.begun {
        to.prepare_cached(
            "INSERT INTO message_fate (message, from_t, fate, place, site, source, reason, field, other) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            it.message, it.from_t, it.fate, it.place, it.site, it.source, it.reason, it.field, it.other
        ])?;
    }
    for (number, message, place) in &fates.numbers {
        to.prepare_cached(
            "INSERT OR IGNORE INTO message_number (number, message, place) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![number, message, place])?;
    }
    for (message, t) in &fates.settled {
        to.prepare_cached(
            "UPDATE message_number SET to_t = ?2 WHERE message = ?1 AND to_t IS NULL",
        )?
        .execute(params![message, t])?;
    }
    Ok(())
}

/// Counts what each sender sent.
fn received(to: &Transaction<'_>, messages: &[MessageRow]) -> Result<()> {
    let mut senders: BTreeMap<(&str, &str), (i64, &str)> = BTreeMap::new();
    for row in messages {
        let sent = senders
            .entry((row.site.as_str(), row.source.as_str()))
            .or_default();
        *sent = (sent.0 + 1, sent.1.max(row.received_at.as_str()));
    }
    for ((site, source), (count, last_at)) in senders {
        to.prepare_cached(
            "INSERT INTO message_sender (site, source, received, last_at) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (site, source) DO UPDATE SET received = received + excluded.received, \
             last_at = max(last_at, excluded.last_at)",
        )?
        .execute(params![site, source, count, last_at])?;
    }
    Ok(())
}

/// The fate whose columns begin at this one.
pub(super) fn fate_row(row: &Row<'_>, at: usize) -> Result<FateRow> {
    Ok(FateRow {
        message: row.get(at)?,
        from_t: row.get(at + 1)?,
        fate: row.get(at + 2)?,
        place: row.get(at + 3)?,
        site: row.get(at + 4)?,
        source: row.get(at + 5)?,
        reason: row.get(at + 6)?,
        field: row.get(at + 7)?,
        other: row.get(at + 8)?,
    })
}

impl MessageStore for Sqlite {
    fn messages(
        &self,
        source: String,
        control_id: String,
    ) -> Reply<'_, Vec<(MessageRow, Option<FateRow>)>> {
        self.read("looking for a message", move |connection| {
            let sql = format!(
                "SELECT {MESSAGE}, x'', {FATE} FROM message m \
                 LEFT JOIN message_fate f ON f.message = m.t AND f.to_t IS NULL \
                 WHERE m.source = ?1 AND m.control_id = ?2 ORDER BY m.t"
            );
            let mut found = connection.prepare_cached(&sql)?;
            let row = |row: &Row<'_>| {
                let fate: Option<i64> = row.get(9)?;
                Ok((
                    message_row(row)?,
                    fate.map(|_| fate_row(row, 9)).transpose()?,
                ))
            };
            found.query_map([source, control_id], row)?.collect()
        })
    }

    fn parked(&self, site: Option<String>, t: i64, n_max: u32) -> Reply<'_, Vec<MessageRow>> {
        self.read("reading parked messages", move |connection| {
            let mut found = connection.prepare_cached(&parked_sql(["?1", "?2", "?3"]))?;
            found
                .query_map(params![t, site, n_max], message_row)?
                .collect()
        })
    }

    fn message(&self, t: i64) -> Reply<'_, Option<MessageRow>> {
        self.read("reading a message", move |connection| {
            let sql = format!("SELECT {MESSAGE}, m.bytes FROM message m WHERE m.t = ?1");
            let mut found = connection.prepare_cached(&sql)?;
            found.query_row([t], message_row).optional()
        })
    }

    fn fates(&self, message: i64) -> Reply<'_, Vec<FateRow>> {
        self.read("reading what became of a message", move |connection| {
            let sql =
                format!("SELECT {FATE} FROM message_fate f WHERE f.message = ?1 ORDER BY f.from_t");
            let mut found = connection.prepare_cached(&sql)?;
            found
                .query_map([message], |row| fate_row(row, 0))?
                .collect()
        })
    }

    fn numbers_of(&self, message: i64) -> Reply<'_, Vec<String>> {
        self.read("reading whom a message is about", move |connection| {
            let sql = "SELECT number FROM message_number WHERE message = ?1";
            let mut found = connection.prepare_cached(sql)?;
            found.query_map([message], |row| row.get(0))?.collect()
        })
    }

    fn under(&self, numbers: Vec<String>, n_max: u32) -> Reply<'_, Vec<(i64, i64)>> {
        self.read("looking for messages that wait", move |connection| {
            let places = vec!["?"; numbers.len()].join(", ");
            let sql = format!(
                "SELECT DISTINCT f.place, f.message, f.fate FROM message_number n JOIN message_fate f ON f.message = n.message \
                 WHERE n.number IN ({places}) AND n.to_t IS NULL AND f.to_t IS NULL AND f.fate IN {OPEN} \
                 ORDER BY f.place, f.message LIMIT {n_max}"
            );
            let mut found = connection.prepare_cached(&sql)?;
            found
                .query_map(params_from_iter(&numbers), |row| Ok((row.get(1)?, row.get(2)?)))?
                .collect()
        })
    }

    fn waiting(&self, listed: Listed) -> Reply<'_, Vec<(MessageRow, FateRow)>> {
        self.read("reading messages that wait", move |connection| {
            let sql = format!(
                "SELECT {MESSAGE}, substr(m.bytes, 1, {MESSAGE_HEAD_BYTES}), {FATE} FROM message_fate f \
                 JOIN message m ON m.t = f.message WHERE f.to_t IS NULL AND f.fate IN {WAITING} AND f.message > ?1 AND (?2 IS NULL OR f.site = ?2) \
                 AND (?3 IS NULL OR f.source = ?3) ORDER BY f.message LIMIT ?4"
            );
            let values = params![listed.after, listed.site, listed.source, listed.n_max];
            connection
                .prepare_cached(&sql)?
                .query_map(values, |row| Ok((message_row(row)?, fate_row(row, 9)?)))?
                .collect()
        })
    }

    fn ready(&self, n_max: u32) -> Reply<'_, Vec<i64>> {
        self.read("looking for messages to file", move |connection| {
            let sql = format!("{}?1", ready_sql());
            let mut found = connection.prepare_cached(&sql)?;
            found.query_map([n_max], |row| row.get(0))?.collect()
        })
    }

    fn awaiting(&self, after: i64, n_max: u32) -> Reply<'_, Vec<i64>> {
        self.read("looking for messages of unknown patients", move |connection| {
            let sql = format!(
                "SELECT message FROM message_fate WHERE to_t IS NULL AND fate = {AWAITING} AND message > ?1 \
                 ORDER BY message LIMIT ?2"
            );
            let mut found = connection.prepare_cached(&sql)?;
            found.query_map(params![after, n_max], |row| row.get(0))?.collect()
        })
    }

    fn senders(&self, site: Option<String>, n_max: u32) -> Reply<'_, Vec<SenderRow>> {
        self.read("reading who sent messages", move |connection| {
            let sql = senders_sql("(?1 IS NULL OR site = ?1)", "?2");
            let mut found = connection.prepare_cached(&sql)?;
            let row = |row: &Row<'_>| {
                let mut fates = [0; 7];
                for (fate, count) in fates.iter_mut().enumerate() {
                    *count = row.get(4 + fate)?;
                }
                Ok(SenderRow {
                    site: row.get(0)?,
                    source: row.get(1)?,
                    received: row.get(2)?,
                    last_at: row.get(3)?,
                    fates,
                    oldest: row.get(11)?,
                    oldest_at: row.get(12)?,
                })
            };
            found.query_map(params![site, n_max], row)?.collect()
        })
    }
}
