//! What a database keeps of messages beside their bytes: what became of those that wait, and what each sender sent.
//!
//! Invariant: a fate begins and ends with a commit, so that what stood at any commit can be told.

use super::Reply;
use crate::store::row::MessageRow;

/// What became of a message, from a commit on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FateRow {
    /// The commit that kept the message.
    pub(crate) message: i64,
    /// The commit with which this fate began.
    pub(crate) from_t: i64,
    /// One of the numbers below.
    pub(crate) fate: i64,
    /// Where it stands among those that wait: its own commit, or that of the message it corrects.
    pub(crate) place: i64,
    /// At which site.
    pub(crate) site: String,
    /// Who sent it: MSH-3 and MSH-4, joined by `|`.
    pub(crate) source: String,
    /// Why; empty where there is no reason.
    pub(crate) reason: String,
    /// The field at fault, if one is.
    pub(crate) field: Option<String>,
    /// The message behind which it is held, or that corrects it.
    pub(crate) other: Option<i64>,
}

/// It is in the record.
pub(crate) const FILED: i64 = 0;
/// Somebody has to look at it.
pub(crate) const PARKED: i64 = 1;
/// It comes after one that waits.
pub(crate) const HELD: i64 = 2;
/// Its patient, or what it confirms, is not known yet.
pub(crate) const AWAITING: i64 = 3;
/// Somebody wants it to be filed again.
pub(crate) const DUE: i64 = 4;
/// Another message stands in its place.
pub(crate) const CORRECTED: i64 = 5;
/// Somebody decided that it is not filed.
pub(crate) const DROPPED: i64 = 6;
/// It is in the record, but the stay that it names is not yet.
pub(crate) const LOOSE: i64 = 7;
/// What is not at its end, as SQL.
pub(crate) const WAITING: &str = "(1, 2, 3, 4)";
/// What waits, and what is filed once more when its stay is known, as SQL.
pub(crate) const OPEN: &str = "(1, 2, 3, 4, 7)";
/// What holds back later messages of its patient, as SQL.
pub(crate) const HOLDING: &str = "(1, 2, 4)";

/// What one sender sent to a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SenderRow {
    pub(crate) site: String,
    pub(crate) source: String,
    /// Messages that were kept.
    pub(crate) received: i64,
    /// When the last arrived, RFC 3339.
    pub(crate) last_at: String,
    /// How many have each fate now, by its number; those filed on arrival are not counted.
    pub(crate) fates: [i64; 7],
    /// The commit of the oldest that waits.
    pub(crate) oldest: Option<i64>,
    /// When that arrived, RFC 3339.
    pub(crate) oldest_at: Option<String>,
}

/// What a batch does with the fates of messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fates {
    /// Messages whose fate ends, and the commit with which it does.
    pub(crate) ended: Vec<(i64, i64)>,
    /// Fates that begin.
    pub(crate) begun: Vec<FateRow>,
    /// Numbers by which a message knows its patient: number, message and place.
    pub(crate) numbers: Vec<(String, i64, i64)>,
    /// Messages that wait no longer, and the commit from which on.
    pub(crate) settled: Vec<(i64, i64)>,
}

/// Which messages that wait are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed {
    /// Only this site's.
    pub(crate) site: Option<String>,
    /// Only this sender's.
    pub(crate) source: Option<String>,
    /// Only behind this message.
    pub(crate) after: i64,
    /// At most so many.
    pub(crate) n_max: u32,
}

/// A database that keeps messages. Both databases pass the record's suite.
pub(crate) trait MessageStore: Send + Sync + 'static {
    /// What is kept of a sender's control id, oldest first, without bytes; with the fate of what was not filed on arrival.
    fn messages(
        &self,
        source: String,
        control_id: String,
    ) -> Reply<'_, Vec<(MessageRow, Option<FateRow>)>>;
    /// Messages after commit `t` that somebody has to look at, or whose patient is not known, oldest first, with why; of
    /// one site, or of all.
    fn parked(&self, site: Option<String>, t: i64, n_max: u32) -> Reply<'_, Vec<MessageRow>>;
    /// The message that a commit kept, as it arrived.
    fn message(&self, t: i64) -> Reply<'_, Option<MessageRow>>;
    /// The fates of a message, oldest first; the last one stands.
    fn fates(&self, message: i64) -> Reply<'_, Vec<FateRow>>;
    /// The numbers by which a message that waits knows its patient.
    fn numbers_of(&self, message: i64) -> Reply<'_, Vec<String>>;
    /// The messages that wait under one of these numbers, or for their stay, in the order in which they are filed: message and
    /// fate.
    fn under(&self, numbers: Vec<String>, n_max: u32) -> Reply<'_, Vec<(i64, i64)>>;
    /// Those that wait, oldest first, with the first of their bytes; each with its present fate.
    fn waiting(&self, listed: Listed) -> Reply<'_, Vec<(MessageRow, FateRow)>>;
    /// What can be filed now: what somebody wants filed again, and what is held behind nothing any longer; oldest first.
    fn ready(&self, n_max: u32) -> Reply<'_, Vec<i64>>;
    /// Those whose patient was not known, behind a message, oldest first.
    fn awaiting(&self, after: i64, n_max: u32) -> Reply<'_, Vec<i64>>;
    /// Who sent what; of one site, or of all.
    fn senders(&self, site: Option<String>, n_max: u32) -> Reply<'_, Vec<SenderRow>>;
}

/// The columns of a fate, as both databases read them.
pub(crate) const FATE: &str =
    "f.message, f.from_t, f.fate, f.place, f.site, f.source, f.reason, f.field, f.other";

/// Messages that somebody has to look at, in the SQL of both databases: behind which, of which site, and how many.
pub(crate) fn parked_sql([after, site, bound]: [&str; 3]) -> String {
    format!(
        "SELECT m.source, m.control_id, m.digest, m.t, m.received_at, f.site, f.reason, f.field, m.bytes \
         FROM message_fate f JOIN message m ON m.t = f.message WHERE f.to_t IS NULL \
         AND f.fate IN ({PARKED}, {AWAITING}) AND f.message > {after} AND ({site} IS NULL OR f.site = {site}) \
         ORDER BY f.message LIMIT {bound}"
    )
}

/// What is ready, in the SQL of both databases; the bound follows.
pub(crate) fn ready_sql() -> String {
    format!(
        "SELECT f.message FROM message_fate f WHERE f.to_t IS NULL AND f.fate IN ({HELD}, {DUE}) AND NOT EXISTS (\
         SELECT 1 FROM message_number own JOIN message_number other ON other.number = own.number \
         AND other.place < own.place AND other.to_t IS NULL \
         JOIN message_fate g ON g.message = other.message AND g.to_t IS NULL AND g.fate IN {HOLDING} \
         WHERE own.message = f.message AND own.to_t IS NULL) ORDER BY f.place LIMIT "
    )
}

/// Who sent what, in the SQL of both databases, `where` and the bound left out.
pub(crate) fn senders_sql(only: &str, bound: &str) -> String {
    let counts: Vec<String> = (0..7)
        .map(|fate| {
            format!(
                "(SELECT count(*) FROM message_fate f WHERE f.site = s.site AND f.source = s.source AND f.fate = {fate} \
                 AND f.to_t IS NULL)"
            )
        })
        .collect();
    let oldest = format!(
        "(SELECT min(f.message) FROM message_fate f WHERE f.site = s.site AND f.source = s.source \
         AND f.fate IN {WAITING} AND f.to_t IS NULL)"
    );
    format!(
        "SELECT site, source, received, last_at, {}, {oldest} AS oldest, \
         (SELECT max(m.received_at) FROM message m WHERE m.t = {oldest}) AS oldest_at \
         FROM message_sender s WHERE {only} ORDER BY site, source LIMIT {bound}",
        counts.join(", ")
    )
}
