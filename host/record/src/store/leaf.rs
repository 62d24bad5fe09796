//! How audit leaves lie in a database: those of one batch together in one row, every text in it once.
//!
//! Invariant: nothing of a leaf is left out but its digest, which follows from the leaf before; the digest of the last
//! leaf of a group is kept, so an edit anywhere in a group shows at its end.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::audit;
use crate::store::row::LeafRow;

/// The only form there is so far.
const FORM: u8 = 1;

/// The leaves of one batch as one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeafGroup {
    /// The number of the last leaf in it.
    pub(crate) n: i64,
    /// When all of them were kept, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The digest of the last.
    pub(crate) digest: Vec<u8>,
    /// What they say.
    pub(crate) leaves: Vec<u8>,
}

/// The groups of a batch: one for each moment, which is one group unless a clock ran while the batch was made.
pub(crate) fn groups(leaves: &[LeafRow]) -> Vec<LeafGroup> {
    let of_one_moment = leaves.chunk_by(|one, next| one.at_ms == next.at_ms);
    of_one_moment.filter_map(group).collect()
}

/// What is left of a group, which follows a leaf with the digest `before`, when the chain is to end at leaf `n`.
pub(crate) fn cut(before: &[u8], group: &LeafGroup, n: i64) -> Vec<LeafGroup> {
    let mut leaves = unpacked(before, group);
    leaves.retain(|leaf| leaf.n <= n);
    groups(&leaves)
}

fn group(leaves: &[LeafRow]) -> Option<LeafGroup> {
    let last = leaves.last()?;
    let mut texts = HashMap::new();
    let mut to = vec![FORM];
    number(&mut to, i64::try_from(leaves.len()).ok()?);
    for leaf in leaves {
        for text in [
            &leaf.account,
            &leaf.role,
            &leaf.site,
            &leaf.what,
            &leaf.about,
        ] {
            match texts.get(text.as_str()) {
                Some(place) => number(&mut to, *place),
                None => {
                    number(&mut to, 0);
                    number(&mut to, i64::try_from(text.len()).ok()?);
                    to.extend_from_slice(text.as_bytes());
                    texts.insert(text.as_str(), i64::try_from(texts.len() + 1).ok()?);
                }
            }
        }
        number(&mut to, leaf.t);
        number(&mut to, leaf.count);
    }
    Some(LeafGroup {
        n: last.n,
        at_ms: last.at_ms,
        digest: last.digest.clone(),
        leaves: to,
    })
}

/// The leaves of a group that follows a leaf with the digest `before`. What cannot be read gives one leaf without content,
/// which follows from nothing.
pub(crate) fn unpacked(before: &[u8], group: &LeafGroup) -> Vec<LeafRow> {
    read(before, group).unwrap_or_else(|| {
        vec![LeafRow {
            n: group.n,
            at_ms: group.at_ms,
            account: String::new(),
            role: String::new(),
            site: String::new(),
            what: String::new(),
            about: String::new(),
            t: 0,
            count: 0,
            digest: Vec::new(),
            call: None,
        }]
    })
}

fn read(before: &[u8], group: &LeafGroup) -> Option<Vec<LeafRow>> {
    let mut from = group.leaves.strip_prefix(&[FORM])?;
    let count = taken(&mut from)?;
    // A leaf takes seven bytes at least, so what was edited does not make us ask for memory.
    if count < 1 || usize::try_from(count).ok()? > from.len() / 7 {
        return None;
    }
    let mut texts: Vec<String> = Vec::new();
    let mut leaves: Vec<LeafRow> = Vec::new();
    for n in (group.n - count + 1)..=group.n {
        let mut next = || text(&mut from, &mut texts);
        let (account, role, site, what, about) = (next()?, next()?, next()?, next()?, next()?);
        let mut leaf = LeafRow {
            n,
            at_ms: group.at_ms,
            account,
            role,
            site,
            what,
            about,
            t: taken(&mut from)?,
            count: taken(&mut from)?,
            digest: Vec::new(),
            call: None,
        };
        leaf.digest = if n == group.n {
            group.digest.clone()
        } else {
            let before = leaves.last().map_or(before, |leaf| &leaf.digest);
            audit::digest(before, &leaf)
        };
        leaves.push(leaf);
    }
    from.is_empty().then_some(leaves)
}

/// Seven bits in each byte, the lowest first; the eighth says that more follow.
fn number(to: &mut Vec<u8>, value: i64) {
    let mut rest = value.cast_unsigned();
    while rest >= 0x80 {
        to.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    to.push(rest as u8);
}

fn taken(from: &mut &[u8]) -> Option<i64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value.cast_signed());
        }
    }
    None
}

fn text(from: &mut &[u8], texts: &mut Vec<String>) -> Option<String> {
    match taken(from)? {
        0 => {
            let length = usize::try_from(taken(from)?).ok()?;
            let (text, rest) = from.split_at_checked(length)?;
            *from = rest;
            let text = std::str::from_utf8(text).ok()?.to_owned();
            texts.push(text.clone());
            Some(text)
        }
        place => texts.get(usize::try_from(place - 1).ok()?).cloned(),
    }
}
