//! Ids of new resources: a moment and chance, in 26 lower-case letters and digits.
//!
//! Invariant: ids of a process rise with its clock and never repeat.

use std::sync::atomic::{AtomicU64, Ordering};

use fhir::resource::Id;
use sha2::{Digest, Sha256};

/// Digits of base 32 in the order of their bytes, so that ids sort as their moments do.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Gives ids.
pub(crate) struct Ids {
    seed: [u8; 32],
    given: AtomicU64,
}

impl Ids {
    /// Ids from a random seed.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            given: AtomicU64::new(0),
        }
    }

    /// The next id: 48 bits of milliseconds since 1970, then 80 of chance.
    pub(crate) fn next(&self, now_ms: i64) -> Id {
        let n = self.given.fetch_add(1, Ordering::Relaxed);
        let chance = Sha256::new()
            .chain_update(self.seed)
            .chain_update(n.to_be_bytes())
            .finalize();
        let mut high = [0; 16];
        high.copy_from_slice(&chance[..16]);
        let moment = u128::from(now_ms.cast_unsigned() & 0xFFFF_FFFF_FFFF);
        let bits = (moment << 80) | (u128::from_be_bytes(high) & ((1 << 80) - 1));
        let digits = (0..26).rev().map(|place| {
            let digit = usize::try_from((bits >> (place * 5)) & 31).unwrap_or(0);
            char::from(DIGITS[digit])
        });
        let text: String = digits.collect();
        match text.parse() {
            Ok(id) => id,
            Err(error) => unreachable!("26 letters and digits are an id: {error}"),
        }
    }
}
