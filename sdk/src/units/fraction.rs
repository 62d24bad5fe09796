//! Fractions of whole numbers, in which a factor between two units is exact.
//!
//! Invariant: in lowest terms, above one; what does not fit is None and never near the truth.

/// A fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    pub(super) const ONE: Self = Self { over: 1, under: 1 };

    /// Of two whole numbers, the second above zero.
    pub(super) fn of(over: i128, under: i128) -> Option<Self> {
        if under == 0 || over == i128::MIN || under == i128::MIN {
            return None;
        }
        let by = shared(over.abs(), under.abs()).max(1) * under.signum();
        Some(Self {
            over: over / by,
            under: under / by,
        })
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let one = self.over.checked_mul(other.under)?;
        let two = other.over.checked_mul(self.under)?;
        Self::of(one.checked_add(two)?, self.under.checked_mul(other.under)?)
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        let over = -other.over;
        self.plus(Self { over, ..other })
    }

    /// What they share is taken out first, so that what fits in lowest terms is found.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        let one = Self::of(self.over, other.under)?;
        let two = Self::of(other.over, self.under)?;
        Self::of(
            one.over.checked_mul(two.over)?,
            one.under.checked_mul(two.under)?,
        )
    }

    pub(super) fn over(self, other: Self) -> Option<Self> {
        self.times(Self::of(other.under, other.over)?)
    }

    pub(super) fn power(self, exponent: i32) -> Option<Self> {
        let by = match exponent < 0 {
            true => Self::ONE.over(self)?,
            false => self,
        };
        let mut all = Self::ONE;
        for _ in 0..exponent.unsigned_abs() {
            all = all.times(by)?;
        }
        Some(all)
    }

    /// Above and below the line.
    pub(super) fn parts(self) -> (i128, i128) {
        (self.over, self.under)
    }
}

/// The greatest number that divides both.
fn shared(mut one: i128, mut other: i128) -> i128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
