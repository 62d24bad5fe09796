//! Sets of concept numbers as ranges: a branch of a hierarchy is a few of them, however many concepts it has.
//!
//! Invariant: the ranges ascend, and neither overlap nor touch; so equal sets are equal values.

/// A set of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// One number.
    pub(crate) fn one(n: u32) -> Self {
        Self(vec![(n, n)])
    }

    /// The numbers from 0 until before `n`.
    pub(crate) fn below(n: u32) -> Self {
        Self(n.checked_sub(1).map(|last| (0, last)).into_iter().collect())
    }

    /// Numbers in any order, any of them several times.
    pub(crate) fn of_numbers(mut numbers: Vec<u32>) -> Self {
        numbers.sort_unstable();
        Self::joined(numbers.into_iter().map(|n| (n, n)))
    }

    /// Ranges in any order, both ends included, that may overlap.
    pub(crate) fn of_spans(mut spans: Vec<(u32, u32)>) -> Self {
        spans.sort_unstable();
        Self::joined(spans.into_iter())
    }

    /// Joins what overlaps or touches; the spans come by their beginnings.
    fn joined(spans: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut joined: Vec<(u32, u32)> = Vec::new();
        for (low, high) in spans {
            match joined.last_mut() {
                Some((_, end)) if low <= end.saturating_add(1) => *end = (*end).max(high),
                Some(_) | None => joined.push((low, high)),
            }
        }
        Self(joined)
    }

    /// The ranges, both ends included.
    pub(crate) fn spans(&self) -> &[(u32, u32)] {
        &self.0
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> u64 {
        self.0
            .iter()
            .map(|(low, high)| u64::from(high - low) + 1)
            .sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, n: u32) -> bool {
        let at = self.0.partition_point(|(_, high)| *high < n);
        self.0.get(at).is_some_and(|(low, _)| *low <= n)
    }

    /// Every number, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|(low, high)| *low..=*high)
    }

    /// At most `count` numbers after the first `offset`, ascending.
    pub(crate) fn page(&self, mut offset: u64, count: usize) -> Vec<u32> {
        let mut page = Vec::new();
        for (low, high) in &self.0 {
            let length = u64::from(high - low) + 1;
            if offset >= length {
                offset -= length;
                continue;
            }
            let from = low + u32::try_from(offset).unwrap_or(u32::MAX);
            page.extend((from..=*high).take(count - page.len()));
            offset = 0;
            if page.len() >= count {
                break;
            }
        }
        page
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        Self::of_spans(self.0.iter().chain(&other.0).copied().collect())
    }

    pub(crate) fn intersect(&self, other: &Self) -> Self {
        let (mut a, mut b) = (
            self.0.iter().copied().peekable(),
            other.0.iter().copied().peekable(),
        );
        let mut both = Vec::new();
        while let (Some((a_low, a_high)), Some((b_low, b_high))) = (a.peek(), b.peek()) {
            let (low, high) = ((*a_low).max(*b_low), (*a_high).min(*b_high));
            if low <= high {
                both.push((low, high));
            }
            if a_high <= b_high {
                a.next();
            } else {
                b.next();
            }
        }
        Self(both)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::new();
        let mut at = 0;
        for (low, high) in &self.0 {
            let (mut low, high) = (*low, *high);
            while other.0.get(at).is_some_and(|(_, end)| *end < low) {
                at += 1;
            }
            let mut next = at;
            let mut rest = true;
            while let Some((begin, end)) = other.0.get(next).filter(|(begin, _)| *begin <= high) {
                if *begin > low {
                    left.push((low, begin - 1));
                }
                match end.checked_add(1).filter(|after| *after <= high) {
                    Some(after) => low = after,
                    None => {
                        rest = false;
                        break;
                    }
                }
                next += 1;
            }
            if rest {
                left.push((low, high));
            }
        }
        Self(left)
    }

    /// Bytes to keep: for each range the gap before it and its length, seven bits a byte.
    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut kept = Vec::with_capacity(self.0.len() * 3);
        let mut end = 0;
        for (low, high) in &self.0 {
            put(&mut kept, low - end);
            put(&mut kept, high - low);
            end = *high;
        }
        kept
    }

    /// What was kept; `None` when this program did not write it.
    pub(crate) fn unpack(kept: &[u8]) -> Option<Self> {
        let mut spans: Vec<(u32, u32)> = Vec::new();
        let mut rest = kept;
        let mut end: u32 = 0;
        while !rest.is_empty() {
            let low = end.checked_add(take(&mut rest)?)?;
            let high = low.checked_add(take(&mut rest)?)?;
            spans.push((low, high));
            end = high;
        }
        Some(Self::joined(spans.into_iter()))
    }
}

fn put(to: &mut Vec<u8>, mut n: u32) {
    while n >= 0x80 {
        to.push(u8::try_from(n & 0x7f).unwrap_or(0) | 0x80);
        n >>= 7;
    }
    to.push(u8::try_from(n).unwrap_or(0));
}

fn take(from: &mut &[u8]) -> Option<u32> {
    let mut n: u32 = 0;
    for shift in (0..35).step_by(7) {
        let (first, rest) = from.split_first()?;
        *from = rest;
        let bits = u32::from(first & 0x7f);
        n |= bits
            .checked_shl(shift)
            .filter(|moved| moved >> shift == bits)?;
        if first & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests;
