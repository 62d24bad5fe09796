//! Every bound in the system, with its unit and its reason.
//!
//! Invariant: how bounds depend on each other is asserted while compiling.

/// Resources on one page of a search or a history: a screen shows fewer, a machine turns pages.
pub const PAGE_MAX: u32 = 1_000;
/// Resources on a page when nobody says how many.
pub const PAGE_DEFAULT: u32 = 50;
/// Commits answered to a reader of the log at once.
pub const LOG_PAGE_MAX: u32 = 1_000;

/// Passwords hashed at once: each takes 19 MiB and tens of milliseconds of one core.
pub const PASSWORDS_AT_ONCE: usize = 4;
/// Sign-ins that wait for their turn or have it; one more is told to come back.
pub const PASSWORDS_WAITING_MAX: usize = 64;
/// Longest password, in bytes: hashing is no service to strangers.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Wrong passwords for one account name within `ATTEMPTS_WINDOW_MS`.
pub const ATTEMPTS_MAX: u32 = 10;
/// Time over which wrong passwords are counted, in milliseconds.
pub const ATTEMPTS_WINDOW_MS: i64 = 15 * 60 * 1_000;
/// How long a session lasts, in milliseconds: a shift.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1_000;
/// How long a session is believed without asking the database, in milliseconds: after signing out at another host.
pub const SESSION_CACHE_MS: i64 = 30 * 1_000;
/// Sessions kept in memory.
pub const SESSIONS_CACHED_MAX: usize = 20_000;

/// Reads of one call of a departmental.
pub const CHART_CALLS_MAX: u32 = 1_000;
/// Bytes that one call of a departmental reads.
pub const CHART_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Lines that one call notes for whoever keeps the departmental running.
pub const NOTES_MAX: usize = 100;
/// Length of such a line, in characters.
pub const NOTE_CHARS_MAX: usize = 500;
/// Changes of one proposal of a departmental.
pub const PROPOSAL_CHANGES_MAX: usize = 100;
/// A proposal of a departmental, in bytes.
pub const PROPOSAL_BYTES_MAX: usize = 1024 * 1024;
/// Different resources to which one such proposal refers.
pub const PROPOSAL_REFERENCES_MAX: usize = 500;
/// A drawn screen, in bytes.
pub const SCREEN_BYTES_MAX: usize = 512 * 1024;
/// Nodes of a drawn screen.
pub const SCREEN_NODES_MAX: usize = 2_000;
/// A form as sent, in bytes.
pub const FORM_BYTES_MAX: usize = 1024 * 1024;
/// Parameters with which a screen is opened.
pub const PARAMETERS_MAX: usize = 20;
/// Length of such a parameter, in characters.
pub const PARAMETER_CHARS_MAX: usize = 2_000;
/// Time after which an answer of a departmental is no longer waited for, in milliseconds. The sandbox stops it sooner.
pub const ASK_MS_MAX: u64 = 30_000;
/// Releases that a library may publish.
pub const RELEASES_MAX: usize = 10_000;
/// Earlier decisions about one departmental at one site among which the drawer of a form is looked for.
pub const ENABLEMENTS_BACK_MAX: u32 = 20;
/// Commits read to follow enablements; further behind, all enablements are read again.
pub const ENABLEMENT_CATCH_UP_MAX: u64 = 5_000;

/// Reactions answered at once, over all departmentals and sites.
pub const REACTIONS_AT_ONCE: usize = 4;
/// Tries of one event before it is parked.
pub const REACTION_TRIES_MAX: u32 = 3;
/// Wait after the first failed try, in milliseconds; it doubles.
pub const REACTION_BACK_OFF_MS: u64 = 200;
/// Commits that need no reaction, after which the cursor is moved all the same.
pub const REACTION_ADVANCE: u64 = 256;
/// Commits read at once for reactions.
pub const REACTION_PAGE: u32 = 200;
/// Reactions to reactions to reactions …
pub const REACTION_DEPTH_MAX: u32 = 4;

const _: () = assert!(PAGE_DEFAULT <= PAGE_MAX);
const _: () = assert!(REACTION_PAGE <= LOG_PAGE_MAX);
const _: () = assert!(PASSWORDS_AT_ONCE <= PASSWORDS_WAITING_MAX);
const _: () = assert!(ENABLEMENTS_BACK_MAX <= PAGE_MAX);
