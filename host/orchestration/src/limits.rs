//! Every bound on what a feed may send, with its unit and its reason.
//!
//! Invariant: nothing that a sender controls grows past a number written here.

use std::time::Duration;

/// Bytes of one message. A report with a scanned PDF inside is a few megabytes; nothing a feed sends here is larger.
pub const MESSAGE_BYTES_MAX: usize = 10 << 20;
/// Messages of one batch: what one connection may keep in hand before it reads on.
pub const BATCH_MESSAGES_MAX: usize = 1_000;
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
/// Events of one stay that one still to come may have come before; older ones are what the stay goes on from.
pub const STAY_EVENTS_MAX: usize = 32;
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
/// Characters of a certificate's names that a reason repeats.
pub const CERTIFICATE_NAME_CHARS_MAX: usize = 120;
/// Names read from one certificate.
pub const CERTIFICATE_NAMES_MAX: usize = 64;
/// TLS handshakes at once, since each costs a signature; further ones wait within their time.
pub const HANDSHAKES_AT_ONCE: usize = 32;
/// Time from a connection's beginning to the end of its handshake.
pub const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes of a file with certificates or a key.
pub const PEM_BYTES_MAX: u64 = 1 << 20;
/// Bytes of a receiver's answer. An acknowledgement has a few hundred.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Machines that a name may stand for.
pub const ADDRESSES_MAX: usize = 16;
/// Time for each of looking a name up, connecting and, for HL7 v2, the handshake.
pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Commits looked at between two deliveries of an interface.
pub const SENDING_COMMITS: u32 = 100;
/// Commits without anything to send after which an interface's place is written down nevertheless.
pub const SENDING_PLACE_EVERY: u64 = 1_000;
/// Wait before a message is sent again, at first; it doubles.
pub const SEND_AGAIN_FIRST: Duration = Duration::from_secs(1);
/// The longest such wait.
pub const SEND_AGAIN_MAX: Duration = Duration::from_secs(300);
/// How often an interface that has nothing to do looks whether somebody decided something.
pub const SENDING_LOOK: Duration = Duration::from_secs(1);
/// How often messages that were sent long ago are removed.
pub const SENDING_PRUNE: Duration = Duration::from_secs(600);
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
/// Commits that the relay reads at once.
pub const RELAY_PAGE: u32 = 64;
/// Events that are on their way to the broker at once.
pub const RELAY_AT_ONCE: usize = 128;
/// Commits without an event, after which the relay's cursor is moved all the same.
pub const RELAY_ADVANCE: u64 = 256;
/// How long the broker may take to keep an event.
pub const RELAY_ACK_TIME_MAX: Duration = Duration::from_secs(5);
/// First wait after the broker failed; it doubles.
pub const RELAY_BACK_OFF: Duration = Duration::from_millis(200);
/// Longest such wait.
pub const RELAY_BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// Time over which the broker itself tells an event that it has already: longer than a host takes to be started again.
pub const RELAY_DUPLICATES: Duration = Duration::from_secs(600);

/// Deliveries at once to receivers that took what they were last sent.
pub const PROVEN_AT_ONCE: usize = 256;
/// Deliveries at once to those that did not, or were not heard of yet: they may all hang, and the others never wait for
/// them.
pub const UNPROVEN_AT_ONCE: usize = 64;
/// Letters sent to one receiver before somebody else has a turn.
pub const LETTERS_IN_A_ROW: usize = 50;
/// Bytes of the headers of an answer over HTTP.
pub const ANSWER_HEADER_BYTES_MAX: usize = 16 << 10;
/// Headers of such an answer.
pub const ANSWER_HEADERS_MAX: usize = 64;
/// Hosts and networks that an operator may list.
pub const LISTED_MAX: usize = 100;
/// Wait between taking one shard of subscriptions and the next, so that hosts that start together share them.
pub const SHARD_WAIT: Duration = Duration::from_millis(100);
/// How long deliveries in hand may still take after the host was told to stop.
pub const DELIVERY_DRAIN: Duration = Duration::from_secs(5);

const _: () = assert!(CUT_BYTES_MAX < MESSAGE_BYTES_MAX);
const _: () = assert!(RESULTS_MAX < SEGMENTS_MAX);
const _: () = assert!(ORDERS_MAX < RESULTS_MAX);
