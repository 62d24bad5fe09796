//! Every bound in the system, with its unit and its reason.
//!
//! Invariant: how bounds depend on each other is asserted while compiling.

mod departmental;
pub mod document;
mod identity;
mod message;
mod subscription;

pub use departmental::{
    ADVICE_AT_ONCE, ADVICE_MS_MAX, ADVISER_ADDRESS_CHARS_MAX, ADVISER_ANSWER_BYTES_MAX,
    ADVISER_BODY_BYTES_MAX, ADVISER_REST_MS, ADVISER_STRIKES_MAX, ADVISERS_AT_ONCE, ADVISERS_MAX,
    ASK_MS_MAX, CALL_ANSWER_BYTES_MAX, CALL_BYTES_PER_CHANGE, CALL_INPUT_BYTES_MAX, CALLS_KEPT_MAX,
    CALLS_KEPT_MS, CALLS_LOOK_MS, CALLS_PRUNED_AT_ONCE, CALLS_SAMPLED, CARD_DETAIL_CHARS_MAX,
    CARD_LINKS_MAX, CARD_SUMMARY_CHARS_MAX, CARDS_MAX, CHART_BYTES_MAX, CHART_CALLS_MAX,
    DIFFERENCE_CHARS_MAX, DIFFERENCES_MAX, ENABLEMENT_CATCH_UP_MAX, ENABLEMENTS_BACK_MAX,
    FEEDBACK_CHARS_MAX, FEEDBACK_MAX, FORM_BYTES_MAX, INTAKE_BYTES_MAX, LEAVES_OWED_MAX,
    LISTS_KEPT_BYTES_MAX, LOADING_MAX, NOTE_CHARS_MAX, NOTES_MAX, PARAMETER_CHARS_MAX,
    PARAMETERS_MAX, PREFETCH_KEYS_MAX, PREFETCH_MATCHES_MAX, PROPOSAL_BYTES_MAX,
    PROPOSAL_CHANGES_MAX, PROPOSAL_REFERENCES_MAX, RELEASES_MAX, REPLAY_CALLS_MAX,
    REPLAY_LISTED_MAX, REPLAY_PAGE, REST_MS, RESTS_MAX, ROWS_DEFAULT, ROWS_KEPT_BYTES_MAX,
    ROWS_MADE_AT_ONCE, ROWS_MAX, ROWS_SCANNED_MAX, SCREEN_BYTES_MAX, SCREEN_NODES_MAX,
    SITE_ROWS_SCANNED_MAX, STRIKE_SHARE, STRIKE_WINDOW_MS, STRIKES_CALM_MS, STRIKES_MAX,
    VIEW_CONDITIONS_MAX, VIEWS_KNOWN_MAX, WATCHED_MAX,
};

pub use identity::{
    HISTORIES_AT_ONCE, IDENTITY_REASON_CHARS_MAX, IDENTITY_STEPS_MAX, IDENTITY_TRIES_MAX, MOVED_MAX,
};

pub use message::{
    BACKLOG_AGE_MS, BACKLOG_MESSAGES, BACKLOG_OVER_MESSAGES, DROP_REASON_CHARS_MIN,
    MESSAGE_HEAD_BYTES, MESSAGE_NUMBERS_MAX, SENDER_QUIET_MS, SENDERS_MAX, UNDER_NUMBERS_MAX,
    WAITING_LISTED_MAX,
};

pub use subscription::{
    BINDING_MS, BINDING_SUBSCRIPTIONS_MAX, DELIVERIES_LOOKED, DELIVERY_BACK_OFF_MS,
    DELIVERY_LOOK_MS, DELIVERY_TRIES_MAX, EVENTS_ADVANCE, EVENTS_AT_ONCE, EVENTS_COMMITS,
    EVENTS_KEPT_MS, EVENTS_PAGE_MAX, EVENTS_PRUNE_MS, EVENTS_PRUNED_AT_ONCE,
    NOTIFICATION_BYTES_MAX, SUBSCRIPTION_COUNT_MAX, SUBSCRIPTION_FILTERS_MAX,
    SUBSCRIPTION_HEADER_BYTES_MAX, SUBSCRIPTION_HEADERS_MAX, SUBSCRIPTION_HEARTBEAT_S_MIN,
    SUBSCRIPTION_SHARDS, SUBSCRIPTION_TIMEOUT_S_DEFAULT, SUBSCRIPTION_TIMEOUT_S_MAX,
    SUBSCRIPTION_URL_BYTES_MAX, SUBSCRIPTIONS_LISTED_MAX, SUBSCRIPTIONS_MAX,
    SUBSCRIPTIONS_OF_ONE_MAX,
};

/// Resources on one page of a search or a history: a screen shows fewer, a machine turns pages.
pub const PAGE_MAX: u32 = 1_000;
/// Resources on a page when nobody says how many.
pub const PAGE_DEFAULT: u32 = 50;
/// Resources that `_include` and `_revinclude` may add to a page: more is a search of its own.
pub const INCLUDED_MAX: usize = 2_000;
/// Matches that can be put in an order for which there is no index: each has to be read.
pub const SORTED_MAX: u32 = 5_000;
/// Rounds in which a page is filled when matches have to be looked at one by one.
pub const PAGE_ROUNDS_MAX: usize = 20;
/// Resources of a compartment on one page of everything about somebody: most patients' whole histories.
pub const EVERYTHING_PAGE_MAX: u32 = 10_000;
/// Bytes of their bodies, after which a page ends early.
pub const EVERYTHING_BYTES_MAX: usize = 32 << 20;
/// Resources of nobody's compartment that such a page may refer to.
pub const EVERYTHING_INCLUDED_MAX: usize = 5_000;
/// Resources looked at for one such page, kept or not.
pub const EVERYTHING_LOOKED_MAX: usize = 50_000;
/// Resources read from the database at once for such a page.
pub const EVERYTHING_CHUNK: usize = 1_000;
/// Newest observations of one code.
pub const LASTN_MAX: u32 = 1_000;
/// Observations looked at to find the newest of each code: more than any patient has of one category.
pub const LASTN_LOOKED_MAX: usize = 50_000;
/// Observations in an answer with the newest of each code.
pub const LASTN_ANSWER_MAX: usize = 10_000;
/// Matches looked at in one round when the index gives too much.
pub const LOOKED_AT_ONCE: u32 = 200;
/// Codes that one value set, or what one code subsumes, may come to in a search.
pub const SEARCH_CODES_MAX: usize = 10_000;
/// Resources that `:above` and `:below` of a reference may come to.
pub const PARTS_MAX: usize = 10_000;
/// Levels of parts of parts.
pub const PART_LEVELS_MAX: usize = 32;
/// Rounds of `:iterate`; each goes one reference further.
pub const INCLUDE_ROUNDS_MAX: usize = 32;
/// Ways to match into which one search is split.
pub const ARMS_MAX: usize = 8;
/// Commits answered to a reader of the log at once.
pub const LOG_PAGE_MAX: u32 = 1_000;
/// Leaves or parked messages answered at once.
pub const ROWS_PAGE_MAX: u32 = 1_000;
/// Sources of facts that are listed: a region has a few for each trust.
pub const SOURCES_MAX: usize = 200;
/// Time one search may take in the database, in milliseconds: longer than any page of a patient's own record needs.
pub const SEARCH_MS_MAX: u64 = 10_000;

/// Changes in one proposal: issue of whole histories as one transaction included.
pub const CHANGES_MAX: usize = 10_000;
/// Resources of a proposal that are looked at to tell whether its conditional references mean them, each time counted.
pub const CONDITIONS_TRIED_MAX: usize = 200_000;
/// Resources that one conditional delete ends: more at once is hardly meant.
pub const DELETED_AT_ONCE_MAX: u32 = 100;
/// Length of a name under which a request counts once, in bytes.
pub const ONCE_BYTES_MAX: usize = 255;
/// Bytes of one resource as JSON: what is larger belongs into the store for binaries.
pub const RESOURCE_BYTES_MAX: usize = 4 << 20;
/// Bytes of all resources of one proposal.
pub const COMMIT_BYTES_MAX: usize = 64 << 20;
/// Index rows of one resource: as many as a code system of 4 MiB has codes; a hostile one would otherwise write without end.
pub const INDEX_ROWS_MAX: usize = 20_000;
/// Bytes of one message as it arrived.
pub const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// Proposals and leaves waiting for the committer; who comes later is told to try again.
pub const WAITING_MAX: usize = 8_192;
/// Proposals and leaves written in one database transaction.
pub const BATCH_MAX: usize = 1_024;
/// Changes after which a batch is closed, so that who waits for a small one does not wait long.
pub const BATCH_CHANGES_MAX: usize = 2_000;
/// How often a proposal is looked at again because somebody changed what it rests on.
pub const RETRIES_MAX: usize = 32;
/// Changes that the record remembers, to tell whether a waiting proposal still holds.
pub const RECENT_MAX: usize = 200_000;
/// How often a host looks for the commits of others, in milliseconds.
pub const OTHERS_MS: u64 = 100;

/// How long a host keeps the turn for proposals that other hosts' commits moved, in milliseconds: they are prepared again
/// in a fraction of it, and meanwhile nobody else commits.
pub const TURN_HELD_MS: u64 = 1_000;
/// How long a host waits for its turn, in milliseconds; then whoever waits is told to try again.
pub const TURN_WAIT_MS: u64 = 10_000;
/// How long the server lets a host keep the turn without a word, in milliseconds: a host that hangs loses it.
pub const TURN_IDLE_MS: u64 = 5_000;
/// How long the writing of one batch may take, in milliseconds.
pub const WRITE_MS_MAX: u64 = 60_000;
/// Seconds without a sign of life after which a connection to the database is given up, by either end.
pub const CONNECTION_SILENT_S: u64 = 10;
/// How long it is tried to find out what became of a batch when the database went away, in milliseconds.
pub const DOUBT_MS_MAX: u64 = 20_000;
/// Wait between two looks at what became of a batch, in milliseconds.
pub const DOUBT_LOOK_MS: u64 = 200;

/// Bytes kept free for the audit of reads when the disk is full: twenty thousand leaves and more.
pub const RESERVE_BYTES: u64 = 8 << 20;
/// Parts in which the reserve is given back to the disk.
pub const RESERVE_PARTS: u64 = 8;
/// How long writes are refused before it is looked whether the disk has room again, in milliseconds.
pub const FULL_LOOK_MS: u64 = 1_000;

/// How long a lease lasts, in milliseconds, by the clock of the database.
pub const LEASE_MS: u64 = 15_000;
/// How often a lease is renewed, in milliseconds.
pub const LEASE_RENEW_MS: u64 = 4_000;
/// How often a host looks whether somebody else's lease has ended, in milliseconds.
pub const LEASE_LOOK_MS: u64 = 5_000;
/// Time within which the work of a host that is gone is taken over, in milliseconds.
pub const TAKEN_OVER_MS_MAX: u64 = 30_000;

/// Bytes of current versions kept in memory, in two halves.
pub const MEMORY_BYTES_MAX: usize = 64 << 20;
/// Keys whose number is kept in memory, in two halves; each takes about a hundred bytes.
pub const MEMORY_KEYS_MAX: usize = 200_000;
/// Resources whose compartment is kept in memory, in two halves; each takes about twenty bytes.
pub const MEMORY_HOMES_MAX: usize = 400_000;
/// Pages of SQLite's log after which a thread beside the writer folds them in: 1 MiB. Little and often keeps each sync of
/// the file short, and with it the slowest of the acknowledgements that wait for the same disk.
pub const FOLD_PAGES: usize = 256;
/// Pages after which the writer does it, so that the log begins anew: 8 MiB.
pub const FOLD_PAGES_MAX: usize = 2_048;
/// Pages that SQLite's writer keeps in memory, in KiB: where new rows go in every index.
pub const WRITER_CACHE_KIB: usize = 64 << 10;
/// Pages that each of its readers keeps, in KiB; the rest is in the machine's memory anyway.
pub const READER_CACHE_KIB: usize = 8 << 10;
/// Threads that read SQLite; waiting reads share them.
pub const READERS: usize = 4;
/// Reads waiting for those threads.
pub const READS_WAITING_MAX: usize = 8_192;
/// Connections to PostgreSQL for reading.
pub const CONNECTIONS_MAX: usize = 16;
/// Connections to PostgreSQL for finding rows by their keys: a host of one server has 26 altogether at most.
pub const FINDERS_MAX: usize = 8;
/// Statements that a connection keeps prepared.
pub const STATEMENTS_MAX: usize = 256;

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

/// Reactions answered at once, over all departmentals and sites: each waits for the disk most of the time, and together
/// they leave most turns of the sandbox to people.
pub const REACTIONS_AT_ONCE: usize = 8;
/// Tries of one event before it is parked.
pub const REACTION_TRIES_MAX: u32 = 3;
/// Wait after the first failed try, in milliseconds; it doubles.
pub const REACTION_BACK_OFF_MS: u64 = 200;
/// Commits that need no reaction, after which the cursor is moved all the same.
pub const REACTION_ADVANCE: u64 = 256;
/// Commits read at once for reactions.
pub const REACTION_PAGE: u32 = 200;
/// Events of one departmental at one site that are answered and kept at once, at most: together they are no larger than
/// one commit may be.
pub const REACTION_BODIES: usize = COMMIT_BYTES_MAX / RESOURCE_BYTES_MAX;
/// Events that were put aside at a site, listed on one page.
pub const PARKED_LISTED_MAX: usize = 100;
/// Longest reason for dropping such an event, in characters.
pub const PARKED_REASON_CHARS_MAX: usize = 500;
/// Interfaces that send HL7 v2 in the region, all sites together.
pub const INTERFACES_MAX: usize = 200;
/// How old what a host knows of interfaces may be, in milliseconds.
pub const INTERFACES_KNOWN_MS: i64 = 1_000;
/// How long a message that was taken or dropped is kept, in milliseconds: a month, for whoever asks what was sent.
pub const SENT_KEPT_MS: i64 = 31 * 24 * 3_600_000;
/// Old messages removed at once.
pub const SENDING_PRUNED_AT_ONCE: u32 = 5_000;
/// Reactions to reactions to reactions …
pub const REACTION_DEPTH_MAX: u32 = 4;

/// Search parameters that are added at once, each type counted: every one costs each write of its type a look.
pub const ADDED_PARAMETERS_MAX: usize = 200;
/// Commits of one step of reindexing.
pub const REINDEX_COMMITS: u32 = 500;
/// Resources of one step, unless one commit made more: the committer's turn is held for so many.
pub const REINDEX_RESOURCES: usize = 500;

/// Things found wrong that are listed one by one; beyond that the record is to be restored, not mended.
pub const FINDINGS_MAX: usize = 200;
/// Parts into which rows are divided to be compared: each takes 32 bytes of memory.
pub const VERIFY_PARTS: usize = 1 << 16;
/// Differing parts that are read again row by row.
pub const VERIFY_PARTS_AGAIN: usize = 64;
/// Rows of differing parts held at once.
pub const VERIFY_ROWS_MAX: usize = 200_000;
/// Numbers of resources held while bodies are looked through.
pub const VERIFY_NUMBERS_MAX: usize = 400_000;
/// Numbers looked up at once.
pub const VERIFY_KEYS_AT_ONCE: usize = 1_000;
/// Portions that a scan of the database is ahead of its reader.
pub const SCAN_CHUNKS: usize = 4;
/// Rows after which a long work says how far it has come.
pub const PROGRESS_ROWS: u64 = 10_000;

/// Jobs looked at: those that go on, and those whose files are still kept.
pub const JOBS_MAX: u32 = 1_000;
/// Jobs that go on or wait; who asks for one more is told to come back.
pub const JOBS_OPEN_MAX: usize = 50;
/// Wait between two looks for jobs, in milliseconds: one that another host left is taken over so much later.
pub const JOBS_LOOK_MS: u64 = 2_000;
/// Time for which a finished job and its files are kept, in milliseconds: a day.
pub const JOB_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Share of its time that a job works while others are at the record, in per cent: a clinician does not notice a fifth of
/// one thread.
pub const JOB_SHARE_BUSY: u32 = 20;
/// The same while the record answers slowly.
pub const JOB_SHARE_SLOW: u32 = 4;
/// Time after which keeping a leaf, which every read waits for, is slow, in microseconds.
pub const JOB_SLOW_US: u64 = 20_000;
/// Proposals and leaves that wait for the committer, from which on the record is slow.
pub const JOB_SLOW_WAITING: usize = 64;
/// Longest rest of a job between two steps, in milliseconds: it goes on under any load.
pub const JOB_REST_MS_MAX: u64 = 2_000;
/// Resources read at once for an export.
pub const EXPORT_PAGE: u32 = 500;
/// Lines of one file of an export.
pub const EXPORT_PIECE_LINES: u64 = 100_000;
/// Bytes of one file of an export, but for the page that fills it.
pub const EXPORT_PIECE_BYTES: u64 = 256 << 20;
/// Patients of one export that is not of all: each is searched for by itself.
pub const EXPORT_PATIENTS_MAX: usize = 10_000;
/// Lines filed in one commit of an import.
pub const IMPORT_BATCH: usize = 500;
/// Bytes after which no further line is taken into a commit of an import.
pub const IMPORT_BATCH_BYTES: usize = 8 << 20;
/// Bytes of one line of an import: a resource, with room for blanks.
pub const IMPORT_LINE_BYTES_MAX: usize = RESOURCE_BYTES_MAX + (1 << 20);
/// Bytes of one import that is sent over HTTP.
pub const IMPORT_BYTES_MAX: u64 = 2 << 30;
/// How often an import looks again at lines that refer to later ones.
pub const IMPORT_PASSES_MAX: u32 = 1_000;
/// Lines looked at for circles, and filed in one commit when they make one.
pub const IMPORT_CIRCLE_LINES: usize = CHANGES_MAX - 1;
/// Bytes of those lines.
pub const IMPORT_CIRCLE_BYTES: usize = COMMIT_BYTES_MAX / 2;
/// How often a circle is tried again without a line that was refused.
pub const IMPORT_CIRCLE_TRIES: usize = 100;

const _: () = assert!(IMPORT_BATCH < CHANGES_MAX);
const _: () = assert!(IMPORT_BATCH_BYTES + IMPORT_LINE_BYTES_MAX < COMMIT_BYTES_MAX);
const _: () = assert!(EXPORT_PAGE <= PAGE_MAX);
const _: () = assert!(
    JOB_SHARE_SLOW < JOB_SHARE_BUSY && JOB_SHARE_BUSY < 100 && JOB_SLOW_WAITING < WAITING_MAX
);
/// Codes that are listed one by one: to a search, and to be looked at one after the other.
pub const CODES_LISTED_MAX: usize = 10_000;
/// Codes of one answer of `$expand`: who wants more turns pages.
pub const EXPANSION_MAX: usize = 10_000;
/// Value sets within value sets.
pub const VALUE_SETS_DEEP_MAX: usize = 20;
/// Steps of making one value set: each include, filter, listed code, concept looked up.
pub const TERMINOLOGY_WORK_MAX: usize = 500_000;
/// Resources with the same URL, or concept maps between the same code systems, that are looked at.
pub const TERMINOLOGY_SAME_MAX: u32 = 100;
/// Concepts of a release that are read at once.
pub const TERMINOLOGY_ROWS_MAX: usize = 5_000;
/// Values of one property of a release: more than any attribute of SNOMED CT has.
pub const TERMINOLOGY_VALUES_MAX: u32 = 100_000;
/// Words of a release that begin alike, where names are looked for by the beginnings of their words.
pub const TERMINOLOGY_WORDS_MAX: u32 = 20_000;
/// Bytes of code systems kept in memory between questions.
pub const TERMINOLOGY_MEMORY_BYTES_MAX: usize = 48 << 20;
/// Parameters of a question to terminology.
pub const TERMINOLOGY_PARAMETERS_MAX: usize = 500;
/// Characters of such a question that the audit keeps.
pub const TERMINOLOGY_ABOUT_CHARS_MAX: usize = 2_000;
/// Lines of a map from or to one code.
pub const MAP_LINES_MAX: u32 = 500;
/// Concept maps that refer to each other for what they do not map.
pub const MAPS_DEEP_MAX: usize = 8;
/// Bytes of a regular expression of a value set, compiled.
pub const REGEX_BYTES_MAX: usize = 1 << 20;
/// Bytes of an expression that constrains SNOMED CT.
pub const ECL_BYTES_MAX: usize = 8 << 10;
/// Parts of such an expression.
pub const ECL_PARTS_MAX: usize = 500;
/// Parts within parts.
pub const ECL_DEEP_MAX: usize = 40;
/// Attributes or reference sets that a part stands for.
pub const ECL_NAMES_MAX: usize = 200;
/// Concepts of a release that is loaded: five times SNOMED CT's.
pub const RELEASE_CONCEPTS_MAX: usize = 2_000_000;
/// Bytes of all names of a release that is loaded, held in memory while it is.
pub const RELEASE_TEXT_BYTES_MAX: usize = 512 << 20;
/// Members, relationships or words of a release that is loaded, held in memory while it is.
pub const RELEASE_PAIRS_MAX: usize = 60_000_000;
/// Bytes of one line of a release's files.
pub const RELEASE_LINE_BYTES_MAX: usize = 64 << 10;
/// Bad lines that are reported before a load is given up.
pub const RELEASE_FAULTS_MAX: usize = 100;
/// Rows of a release that are written in one database transaction.
pub const RELEASE_ROWS_AT_ONCE: usize = 4_000;

/// People that one key of the index may bring together to be compared; a larger block tells nobody apart.
pub const MATCH_BLOCK_MAX: usize = 200;
/// People that one question who somebody is may be answered with.
pub const MATCHES_MAX: usize = 100;
/// Commits that are read at a time for new patients to compare.
pub const MATCH_COMMITS: u32 = LOG_PAGE_MAX;
/// Between two looks for new patients, in milliseconds.
pub const MATCH_PAUSE_MS: u64 = 2_000;
/// Patients, and pairs to ask about, that are compared before what was found is kept.
pub const MATCH_AT_ONCE: usize = 100;
/// Pairs that somebody is asked about for one new patient: the heaviest.
pub const MATCH_ASKED_MAX: usize = 3;
/// Pairs on one page of those that wait.
pub const REVIEWS_LISTED_MAX: usize = 50;
/// Least words of a reason for saying who is who, in characters.
pub const REVIEW_REASON_CHARS_MIN: usize = 10;

const _: () = assert!(MATCH_AT_ONCE * (MATCH_ASKED_MAX + 1) < CHANGES_MAX);
const _: () =
    assert!(CALL_INPUT_BYTES_MAX + CALL_ANSWER_BYTES_MAX + (1 << 20) <= RESOURCE_BYTES_MAX);
const _: () = assert!(ADVICE_MS_MAX < ASK_MS_MAX);
const _: () = assert!(INTAKE_BYTES_MAX / 3 * 4 + (1 << 10) <= CALL_INPUT_BYTES_MAX);
const _: () = assert!(REINDEX_COMMITS <= LOG_PAGE_MAX);
const _: () = assert!(REINDEX_RESOURCES <= BATCH_CHANGES_MAX);
const _: () = assert!(EXPANSION_MAX >= CODES_LISTED_MAX);
const _: () = assert!(PAGE_DEFAULT <= PAGE_MAX);
const _: () = assert!(FOLD_PAGES < FOLD_PAGES_MAX);
const _: () = assert!(REACTION_PAGE <= LOG_PAGE_MAX);
const _: () = assert!(PASSWORDS_AT_ONCE <= PASSWORDS_WAITING_MAX);
const _: () = assert!(ENABLEMENTS_BACK_MAX <= PAGE_MAX);
const _: () = assert!(PAGE_MAX <= SORTED_MAX);
const _: () = assert!(DELETED_AT_ONCE_MAX <= PAGE_MAX);
const _: () = assert!(RESOURCE_BYTES_MAX <= COMMIT_BYTES_MAX);
const _: () = assert!(MESSAGE_BYTES_MAX <= COMMIT_BYTES_MAX);
const _: () = assert!(BATCH_MAX <= WAITING_MAX);
const _: () = assert!(BATCH_CHANGES_MAX <= CHANGES_MAX);
const _: () = assert!(CHANGES_MAX <= RECENT_MAX / 16);
const _: () = assert!(TURN_HELD_MS < TURN_IDLE_MS / 2 && TURN_IDLE_MS < TURN_WAIT_MS);
const _: () = assert!(RESERVE_BYTES.is_multiple_of(RESERVE_PARTS));
const _: () = assert!(3 * LEASE_RENEW_MS < LEASE_MS);
const _: () = assert!(LEASE_MS + LEASE_LOOK_MS + SEARCH_MS_MAX <= TAKEN_OVER_MS_MAX);
const _: () = assert!(fhir::query::COUNT_MAX <= PAGE_MAX);
const _: () = assert!(
    STRIKES_CALM_MS > REST_MS << RESTS_MAX,
    "a rest is over before it is forgotten"
);
