//! Every bound on what a feed may send, with its unit and its reason.
//!
//! Invariant: nothing that a sender controls grows past a number written here.

use std::time::Duration;

/// Bytes of one message. A report with a scanned PDF inside is a few megabytes; nothing a feed sends here is larger.
pub const MESSAGE_BYTES_MAX: usize = 10 << 20;
/// Segments of one message. The longest cumulative reports have a few thousand.
pub const SEGMENTS_MAX: usize = 20_000;
/// Bytes of one value once its escapes are written out: the whole message, so that an embedded document fits.
pub const VALUE_BYTES_MAX: usize = MESSAGE_BYTES_MAX;
/// Bytes of one identifier, code or name. Longer ones are a mistake and would be costly in an index.
pub const IDENTIFIER_BYTES_MAX: usize = 512;
/// Lines or blanks that one formatting escape (`\.sp99\`) may add.
pub const FORMATTING_REPEAT_MAX: usize = 16;
/// Repetitions read from one field.
pub const REPETITIONS_MAX: usize = 64;
/// Orders (OBR) of one message.
pub const ORDERS_MAX: usize = 200;
/// Results (OBX), specimens and orders of one message together, which is what one commit has to carry.
pub const RESULTS_MAX: usize = 2_000;
/// Allergies, diagnoses, procedures, doses, documents and the like of one message, beside its orders and results.
pub const ENTRIES_MAX: usize = 500;
/// Next of kin and other contacts of one person.
pub const CONTACTS_MAX: usize = 50;
/// Earlier places of one stay that are kept in it; older ones are in its history.
pub const PLACES_MAX: usize = 200;
/// Bytes of a table of codes that is tried out.
pub const MAP_BYTES_MAX: usize = 4 << 20;
/// Rows of a table of codes. HL7's own tables together have fewer than a thousand that are used here.
pub const CODE_ROWS_MAX: usize = 100_000;
/// Messages that one replay looks through: some days of a large trust.
pub const REPLAY_MESSAGES_MAX: u32 = 1_000_000;
/// Messages read from the record at once by a replay, which holds their bytes.
pub const REPLAY_PAGE: u32 = 50;
/// Messages that a replay lists in full; the others are counted.
pub const REPLAY_LISTED_MAX: usize = 200;
/// Elements that differ, listed for one message.
pub const REPLAY_ELEMENTS_MAX: usize = 100;
/// Digits of a number. Nothing measured has more, and longer ones are costly to compare.
pub const NUMBER_BYTES_MAX: usize = 32;
/// Bytes outside a frame before the connection is closed: enough for a stray newline or banner.
pub const STRAY_BYTES_MAX: usize = 64 << 10;
/// Bytes kept of a message that was too long to keep whole, or that never ended.
pub const CUT_BYTES_MAX: usize = 64 << 10;
/// Characters of a reason in an acknowledgement (MSA-3, ERR-8 are 250 in the standard).
pub const REASON_CHARACTERS_MAX: usize = 250;
/// Bytes of a header field that an acknowledgement repeats.
pub const ECHO_BYTES_MAX: usize = 199;
/// Times a message is planned again because the record changed under it.
pub const TRIES_MAX: u32 = 8;
/// Bytes asked from a socket at once.
pub const READ_BYTES: usize = 32 << 10;
/// Time a sender may take to read an answer.
pub const WRITE_TIME_MAX: Duration = Duration::from_secs(10);
/// Time a connection is read on after an answer that closes it.
pub const LINGER_TIME_MAX: Duration = Duration::from_secs(5);
/// Messages that wanted a patient or a stay and are filed together with the one that made it known, before that is answered.
pub const RELEASED_AT_ONCE_MAX: usize = 16;
/// Messages that wait and are looked at in one round.
pub const READY_AT_ONCE: u32 = 200;
/// How long the host rests when nothing that waits can be filed.
pub const WAITING_LOOK: Duration = Duration::from_secs(1);
/// How often all messages of unknown patients are looked at: a patient may have become known by another way than a message.
pub const AWAITING_LOOK: Duration = Duration::from_secs(10 * 60);
/// How often interfaces are looked at for a backlog.
pub const BACKLOG_LOOK: Duration = Duration::from_secs(60);
/// Bytes of the headers of an answer from outside.
pub const OUTSIDE_HEADERS_BYTES_MAX: usize = 16 << 10;

const _: () = assert!(CUT_BYTES_MAX < MESSAGE_BYTES_MAX);
const _: () = assert!(RESULTS_MAX < SEGMENTS_MAX);
const _: () = assert!(ORDERS_MAX < RESULTS_MAX);
