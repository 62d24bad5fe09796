//! Messages and what became of them, in PostgreSQL.
//!
//! Invariant: a fate is written in the transaction of the commit that makes it.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::Postgres;
use super::pipeline::{Pipeline, Values};
use super::read::message_row;
use crate::limits::MESSAGE_HEAD_BYTES;
use crate::store::Reply;
use crate::store::message::{
    AWAITING, FATE, FateRow, Fates, Listed, MessageStore, OPEN, SenderRow, WAITING, parked_sql,
    ready_sql, senders_sql,
};
use crate::store::row::{Batch, MessageRow};

const MESSAGE: &str =
    "m.source, m.control_id, m.digest, m.t, m.received_at, m.site, m.reason, m.field";

pub(super) fn write<'a>(pipeline: &mut Pipeline<'a>, batch: &'a Batch) {
    let rows = &batch.messages;
    let text = |of: fn(&MessageRow) -> &str| rows.iter().map(of).collect::<Vec<&str>>();
    let (source, control_id) = (text(|it| &it.source), text(|it| &it.control_id));
    let (digest, received_at) = (text(|it| &it.digest), text(|it| &it.received_at));
    let site = text(|it| &it.site);
    let t: Vec<i64> = rows.iter().map(|row| row.t).collect();
    let reason: Vec<Option<&str>> = rows.iter().map(|row| row.reason.as_deref()).collect();
    let field: Vec<Option<&str>> = rows.iter().map(|row| row.field.as_deref()).collect();
    let bytes: Vec<&[u8]> = rows.iter().map(|row| row.bytes.as_slice()).collect();
    let sql = "INSERT INTO message (source, control_id, digest, t, received_at, site, reason, field, bytes) \
               SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], \
               $7::text[], $8::text[], $9::bytea[])";
    let values: Values<'a> = vec![
        Box::new(source),
        Box::new(control_id),
        Box::new(digest),
        Box::new(t),
        Box::new(received_at),
        Box::new(site),
        Box::new(reason),
        Box::new(field),
        Box::new(bytes),
    ];
    pipeline.add(rows.len(), sql, values);
    received(pipeline, rows);
    fates(pipeline, &batch.fates);
}

/// Counts what each sender sent.
fn received<'a>(pipeline: &mut Pipeline<'a>, messages: &'a [MessageRow]) {
    let mut senders: BTreeMap<(&str, &str), (i64, &str)> = BTreeMap::new();
    for row in messages {
        let sent = senders
            .entry((row.site.as_str(), row.source.as_str()))
            .or_default();
        *sent = (sent.0 + 1, sent.1.max(row.received_at.as_str()));
    }
    let site: Vec<&str> = senders.keys().map(|(site, _)| *site).collect();
    let source: Vec<&str> = senders.keys().map(|(_, source)| *source).collect();
    let count: Vec<i64> = senders.values().map(|(count, _)| *count).collect();
    let last: Vec<&str> = senders.values().map(|(_, last)| *last).collect();
    let sql = "INSERT INTO message_sender (site, source, received, last_at) SELECT * FROM unnest($1::text[], \
               $2::text[], $3::bigint[], $4::text[]) ON CONFLICT (site, source) DO UPDATE \
               SET received = message_sender.received + excluded.received, \
               last_at = greatest(message_sender.last_at, excluded.last_at)";
    pipeline.add(
        site.len(),
        sql,
        vec![
            Box::new(site),
            Box::new(source),
            Box::new(count),
            Box::new(last),
        ],
    );
}

fn fates<'a>(pipeline: &mut Pipeline<'a>, fates: &'a Fates) {
    let (message, t): (Vec<i64>, Vec<i64>) = fates.ended.iter().copied().unzip();
    let sql = "UPDATE message_fate SET to_t = e.t FROM unnest($1::bigint[], $2::bigint[]) AS e (message, t) \
               WHERE message_fate.message = e.message AND message_fate.to_t IS NULL";
    pipeline.add(t.len(), sql, vec![Box::new(message), Box::new(t)]);
    for it in &fates.begun {
        let sql = "INSERT INTO message_fate (message, from_t, fate, place, site, source, reason, field, other) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values: Values<'a> = vec![
            Box::new(&it.message),
            Box::new(&it.from_t),
            Box::new(&it.fate),
            Box::new(&it.place),
            Box::new(&it.site),
            Box::new(&it.source),
            Box::new(&it.reason),
            Box::new(&it.field),
            Box::new(&it.other),
        ];
        pipeline.add(1, sql, values);
    }
    let number: Vec<&str> = fates.numbers.iter().map(|it| it.0.as_str()).collect();
    let message: Vec<i64> = fates.numbers.iter().map(|it| it.1).collect();
    let place: Vec<i64> = fates.numbers.iter().map(|it| it.2).collect();
    let sql = "INSERT INTO message_number (number, message, place) SELECT * FROM unnest($1::text[], \
               $2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING";
    pipeline.add(
        number.len(),
        sql,
        vec![Box::new(number), Box::new(message), Box::new(place)],
    );
    let (message, t): (Vec<i64>, Vec<i64>) = fates.settled.iter().copied().unzip();
    let sql = "UPDATE message_number SET to_t = e.t FROM unnest($1::bigint[], $2::bigint[]) AS e (message, t) \
               WHERE message_number.message = e.message AND message_number.to_t IS NULL";
    pipeline.add(t.len(), sql, vec![Box::new(message), Box::new(t)]);
}

/// The fate whose columns begin at this one.
pub(super) fn fate_row(row: &Row, at: usize) -> FateRow {
    FateRow {
        message: row.get(at),
        from_t: row.get(at + 1),
        fate: row.get(at + 2),
        place: row.get(at + 3),
        site: row.get(at + 4),
        source: row.get(at + 5),
        reason: row.get(at + 6),
        field: row.get(at + 7),
        other: row.get(at + 8),
    }
}

impl MessageStore for Postgres {
    fn messages(
        &self,
        source: String,
        control_id: String,
    ) -> Reply<'_, Vec<(MessageRow, Option<FateRow>)>> {
        let sql = format!(
            "SELECT {MESSAGE}, ''::bytea, {FATE} FROM message m \
             LEFT JOIN message_fate f ON f.message = m.t AND f.to_t IS NULL \
             WHERE m.source = $1 AND m.control_id = $2 ORDER BY m.t"
        );
        let values: Values<'static> = vec![Box::new(source), Box::new(control_id)];
        self.asked("looking for a message", sql, values, |row| {
            let fate: Option<i64> = row.get(9);
            (message_row(row), fate.map(|_| fate_row(row, 9)))
        })
    }

    fn parked(&self, site: Option<String>, t: i64, n_max: u32) -> Reply<'_, Vec<MessageRow>> {
        let sql = parked_sql(["$1", "$2::text", "$3"]);
        let values: Values<'static> = vec![Box::new(t), Box::new(site), Box::new(i64::from(n_max))];
        self.asked("reading parked messages", sql, values, message_row)
    }

    fn message(&self, t: i64) -> Reply<'_, Option<MessageRow>> {
        let sql = format!("SELECT {MESSAGE}, m.bytes FROM message m WHERE m.t = $1");
        let values: Values<'static> = vec![Box::new(t)];
        let found = self.asked("reading a message", sql, values, message_row);
        Box::pin(async move { Ok(found.await?.pop()) })
    }

    fn fates(&self, message: i64) -> Reply<'_, Vec<FateRow>> {
        let sql =
            format!("SELECT {FATE} FROM message_fate f WHERE f.message = $1 ORDER BY f.from_t");
        let values: Values<'static> = vec![Box::new(message)];
        self.asked("reading what became of a message", sql, values, |row| {
            fate_row(row, 0)
        })
    }

    fn numbers_of(&self, message: i64) -> Reply<'_, Vec<String>> {
        let sql = "SELECT number FROM message_number WHERE message = $1".to_owned();
        let values: Values<'static> = vec![Box::new(message)];
        self.asked("reading whom a message is about", sql, values, |row| {
            row.get(0)
        })
    }

    fn under(&self, numbers: Vec<String>, n_max: u32) -> Reply<'_, Vec<(i64, i64)>> {
        let sql = format!(
            "SELECT DISTINCT f.place, f.message, f.fate FROM message_number n JOIN message_fate f ON f.message = n.message \
             WHERE n.number = ANY($1) AND n.to_t IS NULL AND f.to_t IS NULL AND f.fate IN {OPEN} \
             ORDER BY f.place, f.message LIMIT $2"
        );
        let values: Values<'static> = vec![Box::new(numbers), Box::new(i64::from(n_max))];
        self.asked("looking for messages that wait", sql, values, |row| {
            (row.get(1), row.get(2))
        })
    }

    fn waiting(&self, listed: Listed) -> Reply<'_, Vec<(MessageRow, FateRow)>> {
        let sql = format!(
            "SELECT {MESSAGE}, substring(m.bytes FROM 1 FOR {MESSAGE_HEAD_BYTES}), {FATE} FROM message_fate f \
             JOIN message m ON m.t = f.message WHERE f.to_t IS NULL AND f.fate IN {WAITING} AND f.message > $1 AND ($2::text IS NULL OR f.site = $2) \
             AND ($3::text IS NULL OR f.source = $3) ORDER BY f.message LIMIT $4"
        );
        let values: Values<'static> = vec![
            Box::new(listed.after),
            Box::new(listed.site),
            Box::new(listed.source),
            Box::new(i64::from(listed.n_max)),
        ];
        self.asked("reading messages that wait", sql, values, |row| {
            (message_row(row), fate_row(row, 9))
        })
    }

    fn ready(&self, n_max: u32) -> Reply<'_, Vec<i64>> {
        let sql = format!("{}$1", ready_sql());
        let values: Values<'static> = vec![Box::new(i64::from(n_max))];
        self.asked("looking for messages to file", sql, values, |row| {
            row.get(0)
        })
    }

    fn awaiting(&self, after: i64, n_max: u32) -> Reply<'_, Vec<i64>> {
        let sql = format!(
            "SELECT message FROM message_fate WHERE to_t IS NULL AND fate = {AWAITING} AND message > $1 \
             ORDER BY message LIMIT $2"
        );
        let values: Values<'static> = vec![Box::new(after), Box::new(i64::from(n_max))];
        self.asked(
            "looking for messages of unknown patients",
            sql,
            values,
            |row| row.get(0),
        )
    }

    fn senders(&self, site: Option<String>, n_max: u32) -> Reply<'_, Vec<SenderRow>> {
        let sql = senders_sql("($1::text IS NULL OR site = $1)", "$2");
        let values: Values<'static> = vec![Box::new(site), Box::new(i64::from(n_max))];
        self.asked("reading who sent messages", sql, values, |row| {
            let mut fates = [0; 7];
            for (fate, count) in fates.iter_mut().enumerate() {
                *count = row.get(4 + fate);
            }
            SenderRow {
                site: row.get(0),
                source: row.get(1),
                received: row.get(2),
                last_at: row.get(3),
                fates,
                oldest: row.get(11),
                oldest_at: row.get(12),
            }
        })
    }
}
