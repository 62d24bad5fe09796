//! Every bound of the HTTP door, with its unit and its reason.
//!
//! Invariant: whatever a stranger sends, one request costs at most what stands here.

use std::time::Duration;

/// Connections at once: a region's ward computers behind a few proxies, and far below the usual limit of open files.
pub(crate) const CONNECTIONS_MAX: usize = 4_096;
/// Bytes of a request's line and headers: cookies and a long search fit.
pub(crate) const HEADERS_BYTES_MAX: usize = 64 * 1024;
/// How long headers may take to arrive.
pub(crate) const HEADERS_WAIT: Duration = Duration::from_secs(10);
/// How long one request may take altogether.
pub(crate) const REQUEST_WAIT: Duration = Duration::from_secs(60);
/// How long requests in hand may still take after the host was told to stop.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);
/// Bytes of a FHIR body: the largest whole history of the sample data is 8 MB.
pub(crate) const FHIR_BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of a FHIR answer that is written in another format than it is kept in: the largest page of the largest
/// resources is refused rather than doubled in memory.
pub(crate) const FHIR_ANSWER_BYTES_MAX: usize = 128 * 1024 * 1024;
/// How long a patient's summary waits for the cards of departmentals, all of them together: as long as for their advice.
pub(crate) const CARDS_WAIT: Duration = Duration::from_secs(1);
/// Cards of departmentals on one summary: more than a person has departments.
pub(crate) const CARDS_MAX: usize = 16;
/// Bytes of a form a person sends.
pub(crate) const FORM_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a call of CDS Hooks, with what its sender fetched beforehand.
pub(crate) const HOOK_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Entries of one bundle.
pub(crate) const BUNDLE_ENTRIES_MAX: usize = 20_000;
/// Entries of one batch that are carried out at once: the record commits them together.
pub(crate) const BUNDLE_AT_ONCE: usize = 32;
/// Bytes of the large bundles that are worked on at once: each takes many times its size in memory. A larger one goes alone.
pub(crate) const BUNDLE_BYTES_AT_ONCE: usize = 8 * 1024 * 1024;
/// A bundle of so many bytes or less is small, and waits for no large one.
pub(crate) const BUNDLE_BYTES_SMALL: usize = 64 * 1024;
/// How long a large bundle waits for its turn.
pub(crate) const BUNDLE_WAIT: Duration = Duration::from_secs(20);
/// Bytes of all answers of one bundle.
pub(crate) const BUNDLE_ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Seconds after which a client may ask again how a job stands.
pub(crate) const JOB_RETRY_S: u32 = 2;

/// Open websockets: each is a connection that stays.
pub(crate) const WEBSOCKETS_MAX: usize = 1_000;
/// Subscriptions of one websocket.
pub(crate) const WEBSOCKET_SUBSCRIPTIONS_MAX: usize = 100;
/// Bytes of what a client sends through one: a token.
pub(crate) const WEBSOCKET_MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// How long a websocket may be open without a token.
pub(crate) const WEBSOCKET_BIND_WAIT: Duration = Duration::from_secs(10);
/// How long a client may take to read what is sent.
pub(crate) const WEBSOCKET_SEND_WAIT: Duration = Duration::from_secs(10);
/// How often it is looked for events that another host counted, and for heartbeats.
pub(crate) const WEBSOCKET_LOOK: Duration = Duration::from_secs(1);

const _: () = assert!(WEBSOCKETS_MAX < CONNECTIONS_MAX);
const _: () = assert!(FORM_BYTES_MAX < FHIR_BODY_BYTES_MAX);
const _: () = assert!(FHIR_BODY_BYTES_MAX < FHIR_ANSWER_BYTES_MAX);
