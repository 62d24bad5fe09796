//! Bounds of departmentals: their calls, what they read and answer, and what is kept of it.
//!
//! Invariant: each has its unit and its reason.

/// Reads of one call of a departmental.
pub const CHART_CALLS_MAX: u32 = 1_000;
/// Bytes that one call of a departmental reads.
pub const CHART_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Leaves of one call's reads that are waited for at its end only: as many as a screen reads views, and no flood.
pub const LEAVES_OWED_MAX: usize = 32;
/// Resources that are looked at for the rows of a view: every result of a patient who was ill for long.
pub const ROWS_SCANNED_MAX: u32 = 20_000;
/// Resources that one page about a site's patients looks at; a page that is not full by then says where to go on.
pub const SITE_ROWS_SCANNED_MAX: u32 = 2_000;
/// Rows that one call of a view gives.
pub const ROWS_MAX: u32 = 10_000;
/// As many where the call does not say.
pub const ROWS_DEFAULT: u32 = 100;
/// Versions whose rows are made before others get their turn.
pub const ROWS_MADE_AT_ONCE: usize = 64;
/// Rows that are kept for the next call, in bytes.
pub const ROWS_KEPT_BYTES_MAX: usize = 32 << 20;
/// Answers of searches of views that are kept for the next call, in bytes of their rows.
pub const LISTS_KEPT_BYTES_MAX: usize = 32 << 20;
/// Views of releases whose rows are kept.
pub const VIEWS_KNOWN_MAX: usize = 10_000;
/// Conditions and orders of one call of a view.
pub const VIEW_CONDITIONS_MAX: usize = 20;
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
/// Time in which departmentals can say something beside an opened chart, all of them together, in milliseconds: the page
/// waits so long at most, and names those that did not answer.
pub const ADVICE_MS_MAX: u64 = 1_000;
/// Departmentals asked for advice at once, over all charts that are being opened.
pub const ADVICE_AT_ONCE: usize = 64;
/// Cards of one departmental beside one chart: who shows more is not read.
pub const CARDS_MAX: usize = 10;
/// Length of a card's first line, in characters, as CDS Hooks has it.
pub const CARD_SUMMARY_CHARS_MAX: usize = 140;
/// Length of what a card says beyond that, in characters.
pub const CARD_DETAIL_CHARS_MAX: usize = 2_000;
/// Links of one card.
pub const CARD_LINKS_MAX: usize = 3;
/// Services outside that are declared: each makes every opened chart wait for it.
pub const ADVISERS_MAX: usize = 20;
/// Length of such a service's address, in characters.
pub const ADVISER_ADDRESS_CHARS_MAX: usize = 500;
/// Things that one of them is sent.
pub const PREFETCH_KEYS_MAX: usize = 20;
/// Resources that one of those things has at most: more is not sent, and the service is told.
pub const PREFETCH_MATCHES_MAX: u32 = 200;
/// Bytes that are sent to one of them at once.
pub const ADVISER_BODY_BYTES_MAX: usize = 2 << 20;
/// Bytes of its answer that are read.
pub const ADVISER_ANSWER_BYTES_MAX: usize = 256 << 10;
/// Calls to services outside at once: each holds a thread that waits.
pub const ADVISERS_AT_ONCE: usize = 32;
/// Failures one behind the other after which a service outside is left alone for a while.
pub const ADVISER_STRIKES_MAX: u32 = 5;
/// For how long, in milliseconds.
pub const ADVISER_REST_MS: i64 = 60 * 1_000;
/// Length of a reason or comment about a card, in characters.
pub const FEEDBACK_CHARS_MAX: usize = 2_000;
/// Cards about which one request says what became of them: more than one chart has.
pub const FEEDBACK_MAX: usize = 100;
/// Bytes of a message that goes to a departmental: as base64 it is kept with its call.
pub const INTAKE_BYTES_MAX: usize = 768 << 10;
/// Releases at sites that are watched, a kibibyte each: 500 departmentals at five sites, with room for earlier versions.
pub const WATCHED_MAX: usize = 5_000;
/// Traps, timeouts and exceeded bounds of a release at a site, within the window, after which it rests.
pub const STRIKES_MAX: u32 = 10;
/// It rests only if they are at least one in so many of its calls: what mostly answers goes on.
pub const STRIKE_SHARE: u32 = 4;
/// The window in which they are counted, in milliseconds.
pub const STRIKE_WINDOW_MS: i64 = 60 * 1_000;
/// The first rest, in milliseconds; each further one is twice as long.
pub const REST_MS: i64 = 10 * 1_000;
/// Rests after which the next bad spell holds a release back until an administrator lets it run again.
pub const RESTS_MAX: u32 = 5;
/// Time after a rest without a further one, after which it is forgotten, in milliseconds.
pub const STRIKES_CALM_MS: i64 = 15 * 60 * 1_000;
/// Bytes of a question as JSON that are kept with its call: a form, escaped. A longer one is kept by its digest alone.
pub const CALL_INPUT_BYTES_MAX: usize = FORM_BYTES_MAX + (64 << 10);
/// Bytes of an answer that are kept with its call: a proposal and a screen. A longer one is kept by its digest alone.
pub const CALL_ANSWER_BYTES_MAX: usize = PROPOSAL_BYTES_MAX + SCREEN_BYTES_MAX;
/// Bytes of a call that count as one change where a batch is closed, so that a batch of calls stays small too.
pub const CALL_BYTES_PER_CHANGE: usize = 8 << 10;
/// How long calls are kept, in milliseconds: thirteen months, so that a year can be held against the one before.
pub const CALLS_KEPT_MS: i64 = 400 * 24 * 60 * 60 * 1_000;
/// Calls that are kept; beyond that the oldest go. At two kilobytes each, four gigabytes.
pub const CALLS_KEPT_MAX: u32 = 2_000_000;
/// Calls that are removed in one transaction.
pub const CALLS_PRUNED_AT_ONCE: u32 = 500;
/// How often it is looked whether calls are too old, and whether recent ones give the same answer again, in milliseconds.
pub const CALLS_LOOK_MS: u64 = 10 * 60 * 1_000;
/// Recent calls of each enabled departmental that are made again at each look.
pub const CALLS_SAMPLED: u32 = 5;
/// Past calls read at once to be made again.
pub const REPLAY_PAGE: u32 = 20;
/// Past calls that are made again on another version at one go.
pub const REPLAY_CALLS_MAX: u32 = 100_000;
/// Calls that answered otherwise, and calls that could not be made again, that are listed one by one.
pub const REPLAY_LISTED_MAX: usize = 200;
/// Differences between two answers that are listed one by one.
pub const DIFFERENCES_MAX: usize = 50;
/// What is shown of a value that differs, in characters.
pub const DIFFERENCE_CHARS_MAX: usize = 200;
/// Releases that are loaded at the same moment when the host starts: more than the processors of a small machine.
pub const LOADING_MAX: usize = 8;
/// Releases that a library may publish.
pub const RELEASES_MAX: usize = 10_000;
/// Earlier decisions about one departmental at one site among which the drawer of a form is looked for.
pub const ENABLEMENTS_BACK_MAX: u32 = 20;
/// Commits read to follow enablements; further behind, all enablements are read again.
pub const ENABLEMENT_CATCH_UP_MAX: u64 = 5_000;
