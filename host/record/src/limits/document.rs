//! Bounds of documents that partners hold, and of the copies that are kept of them.
//!
//! Invariant: each has its unit in its name and its reason beside it.

/// Holders of documents that may be declared.
pub const HOLDERS_MAX: usize = 200;
/// Longest address of a document at a holder, in characters.
pub const DOCUMENT_ADDRESS_CHARS_MAX: usize = 2_000;
/// How long a holder may take to hand a document over, in milliseconds: a clinician waits for it.
pub const DOCUMENT_MS_MAX: u64 = 10_000;
/// How long a document waits for others that are being fetched, in milliseconds.
pub const DOCUMENT_TURN_MS_MAX: u64 = 2_000;
/// Bytes of one document.
pub const DOCUMENT_BYTES_MAX: usize = 10 << 20;
/// Documents fetched at once, so that holders that hang keep no more memory than these take.
pub const DOCUMENTS_AT_ONCE: usize = 16;
/// Documents fetched at once from one holder: one that hangs leaves turns for the others.
pub const DOCUMENTS_OF_HOLDER_AT_ONCE: usize = 4;
/// Longest mark or date of a document that is kept, in characters.
pub const DOCUMENT_MARK_CHARS_MAX: usize = 512;
/// Bytes of all copies that are kept.
pub const COPIES_BYTES_MAX: i64 = 512 << 20;
/// Copies that are kept.
pub const COPIES_MAX: i64 = 20_000;
/// Longest time for which a holder may let old copies be shown, in hours: a year.
pub const OLD_COPY_HOURS_MAX: u32 = 366 * 24;
