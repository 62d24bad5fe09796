//! Another edition of a departmental: the same code under a manifest that its supplier has changed, rule packs included.
//!
//! Invariant: nothing but the manifest's section differs, so that what the edition answers otherwise comes from there.

use std::borrow::Cow;

use registry::component::MANIFEST_SECTION;
use serde_json::Value;
use wasm_encoder::{ComponentSection as _, CustomSection};

/// Bytes before the first section.
const PREAMBLE: usize = 8;
/// The number of a section that carries what it likes.
const CUSTOM: u8 = 0;

/// The component with its manifest changed.
pub(crate) fn edition(wasm: &[u8], change: impl FnOnce(&mut Value)) -> Result<Vec<u8>, String> {
    let (mut manifest, mut kept) = (None, Vec::with_capacity(wasm.len()));
    let (preamble, mut rest) = wasm.split_at_checked(PREAMBLE).ok_or_else(cut_off)?;
    kept.extend_from_slice(preamble);
    while let [kind, after @ ..] = rest {
        let (size, content) = number(after).ok_or_else(cut_off)?;
        let (content, next) = content.split_at_checked(size).ok_or_else(cut_off)?;
        match named(*kind, content) {
            Some(data) => manifest = Some(data),
            None => kept.extend_from_slice(&rest[..rest.len() - next.len()]),
        }
        rest = next;
    }
    let manifest = manifest.ok_or("the component has no manifest")?;
    let mut manifest: Value = serde_json::from_slice(manifest).map_err(|why| why.to_string())?;
    change(&mut manifest);
    CustomSection {
        name: Cow::Borrowed(MANIFEST_SECTION),
        data: Cow::Owned(manifest.to_string().into_bytes()),
    }
    .append_to_component(&mut kept);
    Ok(kept)
}

/// The document of a rule pack in a manifest.
pub(crate) fn pack<'a>(manifest: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let packs = manifest["packs"].as_array_mut()?;
    let pack = packs.iter_mut().find(|pack| pack["name"] == name)?;
    pack.get_mut("document")
}

/// What the manifest's section holds; none for another section.
fn named(kind: u8, content: &[u8]) -> Option<&[u8]> {
    let (length, rest) = number(content).filter(|_| kind == CUSTOM)?;
    let (name, data) = rest.split_at_checked(length)?;
    (name == MANIFEST_SECTION.as_bytes()).then_some(data)
}

/// A number as WebAssembly writes it, seven bits to a byte from the lowest on, and what is behind it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

fn cut_off() -> String {
    "the component is cut off".to_owned()
}

#[cfg(test)]
mod tests;
