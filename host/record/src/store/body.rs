//! How a resource's JSON lies in a database: one byte that says the form, then the resource in it.
//!
//! Invariant: a form, once used, stays readable; nothing unpacks to more than a resource may be long.
//!
//! The dictionary of form 1 holds what FHIR resources have in common: members, types and code systems as `fhir/definitions`
//! names them, and phrases of the demonstration's people. It was made by `zstd --train --maxdict=32KB` over the bodies of
//! `palatine demonstrate --people 300` and 400 samples of sixty such members each. A better one is a new file, a new form
//! and a new arm of `unpack`; this one stays for what was written with it.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::limits;

/// The JSON as it is.
const PLAIN: u8 = 0;
/// A zstd frame written with the first dictionary.
const FIRST: u8 = 1;
/// How hard is tried: above it a body takes twice the time to become a twentieth shorter.
const LEVEL: i32 = 3;
/// JSON below this is kept as it is: a frame's own bytes would eat what is saved.
const WORTH_BYTES: usize = 64;
/// A resource as it was sent, and what the record adds to it: id, version, moment.
const UNPACKED_BYTES_MAX: usize = limits::RESOURCE_BYTES_MAX + 1_024;

const DICTIONARY: &[u8] = include_bytes!("body/first.dictionary");
static WRITTEN_WITH: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static READ_WITH: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    /// Their working memory is worth keeping: it takes longer to get than a body takes to pack.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The bytes to keep.
pub(crate) fn pack(json: &str) -> Vec<u8> {
    let packed = if json.len() < WORTH_BYTES {
        None
    } else {
        compressed(json.as_bytes())
    };
    let (form, content) = match &packed {
        Some(packed) if packed.len() < json.len() => (FIRST, packed.as_slice()),
        Some(_) | None => (PLAIN, json.as_bytes()),
    };
    let mut kept = Vec::with_capacity(content.len() + 1);
    kept.push(form);
    kept.extend_from_slice(content);
    kept
}

/// The JSON in kept bytes; `None` when they are in no form that this program knows.
pub(crate) fn unpack(kept: &[u8]) -> Option<Arc<str>> {
    match kept.split_first() {
        Some((&PLAIN, json)) => std::str::from_utf8(json).ok().map(Arc::from),
        Some((&FIRST, frame)) => {
            let json = decompressed(frame)?;
            std::str::from_utf8(&json).ok().map(Arc::from)
        }
        Some(_) | None => None,
    }
}

fn compressed(json: &[u8]) -> Option<Vec<u8>> {
    PACKER.with_borrow_mut(|packer| {
        if packer.is_none() {
            *packer = Compressor::with_prepared_dictionary(&WRITTEN_WITH).ok();
        }
        packer.as_mut()?.compress(json).ok()
    })
}

fn decompressed(frame: &[u8]) -> Option<Vec<u8>> {
    let length = zstd::zstd_safe::get_frame_content_size(frame).ok()??;
    let length = usize::try_from(length).ok()?;
    if length > UNPACKED_BYTES_MAX {
        return None;
    }
    UNPACKER.with_borrow_mut(|unpacker| {
        if unpacker.is_none() {
            *unpacker = Decompressor::with_prepared_dictionary(&READ_WITH).ok();
        }
        unpacker.as_mut()?.decompress(frame, length).ok()
    })
}
