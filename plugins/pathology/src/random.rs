//! Numbers that look random and are the same at every run, for rules that are written twice.

/// A small generator with a fixed seed.
pub(crate) struct Random(u64);

impl Random {
    /// With this seed, which is not 0.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to one below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        u32::try_from((mixed >> 33) % u64::from(bound)).unwrap_or(0)
    }

    /// A number between two ends, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u32::try_from(high - low + 1).unwrap_or(1);
        low + i64::from(self.below(span))
    }
}
