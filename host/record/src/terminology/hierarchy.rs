//! Numbers for the concepts of a hierarchy, chosen so that what lies below a concept is a few ranges of numbers.
//!
//! Each concept is put below one of its parents (the deepest), and the trees that result are numbered from the top down,
//! branch by branch: what is below a concept in its tree is then one range. A concept with further parents adds its own
//! ranges to them. (Agrawal, Borgida and Jagadish, SIGMOD 1989.)
//!
//! Invariant: a number is in the ranges of a concept if and only if its concept can be reached by going down from it.

use super::ranges::Ranges;

/// The numbers of concepts that were given by their places.
#[derive(Debug)]
pub(crate) struct Hierarchy {
    /// The number of the concept at each place.
    pub(crate) numbers: Vec<u32>,
    /// The place of the concept with each number.
    pub(crate) places: Vec<u32>,
    /// By number: what lies below, the concept itself left out.
    pub(crate) below: Vec<Ranges>,
    /// By number: the parents' numbers, ascending.
    pub(crate) parents: Vec<Vec<u32>>,
}

/// Why concepts cannot be numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unnumbered {
    /// A concept lies below itself: the places on the way round.
    Cycle(Vec<u32>),
    /// So many concepts have so many parents that what lies below each would take too much memory.
    Tangled,
}

/// Ranges that are put together for one hierarchy. A release of SNOMED CT takes a few million.
const SPANS_MAX: usize = 60_000_000;

/// What points from each place, one after the other.
struct Lists {
    begins: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn of(count: u32, pairs: &[(u32, u32)]) -> Self {
        let mut begins = vec![0; count as usize + 1];
        for (from, _) in pairs {
            begins[*from as usize + 1] += 1;
        }
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        Self {
            begins,
            items: pairs.iter().map(|(_, to)| *to).collect(),
        }
    }

    fn of_place(&self, place: u32) -> &[u32] {
        let at = place as usize;
        &self.items[self.begins[at] as usize..self.begins[at + 1] as usize]
    }
}

/// Numbers `count` concepts whose parents are given as pairs of a concept's place and a parent's. Pairs with a place that
/// is none are left out, and so are concepts that are their own parent by one pair.
///
/// # Errors
/// A concept lies below itself, or the hierarchy is too tangled.
pub(crate) fn number(count: u32, pairs: &[(u32, u32)]) -> Result<Hierarchy, Unnumbered> {
    let mut up: Vec<(u32, u32)> = pairs
        .iter()
        .copied()
        .filter(|(child, parent)| child != parent && *child < count && *parent < count)
        .collect();
    up.sort_unstable();
    up.dedup();
    let mut down: Vec<(u32, u32)> = up.iter().map(|(child, parent)| (*parent, *child)).collect();
    down.sort_unstable();
    let (up, down) = (Lists::of(count, &up), Lists::of(count, &down));
    let (order, depths) = from_the_top(count, &up, &down)?;
    let tree_parent = |place: u32| {
        up.of_place(place)
            .iter()
            .copied()
            .rev()
            .max_by_key(|parent| depths[*parent as usize])
    };
    let mut branches: Vec<(u32, u32)> = (0..count)
        .filter_map(|place| Some((tree_parent(place)?, place)))
        .collect();
    branches.sort_unstable();
    let branches = Lists::of(count, &branches);
    let roots = (0..count).filter(|place| up.of_place(*place).is_empty());
    let (numbers, places) = walked(count, roots, &branches);
    let number_of = |place: u32| numbers[place as usize];
    let mut below = vec![Ranges::default(); count as usize];
    let mut taken: usize = 0;
    for place in order.iter().rev().copied() {
        let mut spans = Vec::new();
        for child in down.of_place(place) {
            let child = number_of(*child);
            spans.push((child, child));
            spans.extend_from_slice(below[child as usize].spans());
        }
        taken = taken.saturating_add(spans.len());
        if taken > SPANS_MAX {
            return Err(Unnumbered::Tangled);
        }
        below[number_of(place) as usize] = Ranges::of_spans(spans);
    }
    let parents = places.iter().map(|place| {
        let mut parents: Vec<u32> = up
            .of_place(*place)
            .iter()
            .map(|parent| number_of(*parent))
            .collect();
        parents.sort_unstable();
        parents
    });
    Ok(Hierarchy {
        parents: parents.collect(),
        numbers,
        places,
        below,
    })
}

/// Every place after its parents, and how many steps at most lie above each.
fn from_the_top(count: u32, up: &Lists, down: &Lists) -> Result<(Vec<u32>, Vec<u32>), Unnumbered> {
    let mut waiting: Vec<u32> = (0..count)
        .map(|place| u32::try_from(up.of_place(place).len()).unwrap_or(u32::MAX))
        .collect();
    let mut depths = vec![0; count as usize];
    let mut order: Vec<u32> = (0..count)
        .filter(|place| waiting[*place as usize] == 0)
        .collect();
    let mut at = 0;
    while let Some(place) = order.get(at).copied() {
        at += 1;
        for child in down.of_place(place) {
            let child_at = *child as usize;
            depths[child_at] = depths[child_at].max(depths[place as usize] + 1);
            waiting[child_at] -= 1;
            if waiting[child_at] == 0 {
                order.push(*child);
            }
        }
    }
    match (0..count).find(|place| waiting[*place as usize] > 0) {
        None => Ok((order, depths)),
        Some(stuck) => Err(round(stuck, up, &waiting)),
    }
}

/// The way round, found by going up among the places that never had their turn.
fn round(from: u32, up: &Lists, waiting: &[u32]) -> Unnumbered {
    let mut way = vec![from];
    let mut seen = vec![false; waiting.len()];
    let mut at = from;
    while !std::mem::replace(&mut seen[at as usize], true) {
        let next = up
            .of_place(at)
            .iter()
            .copied()
            .find(|parent| waiting[*parent as usize] > 0);
        at = next.unwrap_or(at);
        way.push(at);
    }
    let begin = way.iter().position(|place| *place == at).unwrap_or(0);
    Unnumbered::Cycle(way.split_off(begin))
}

/// The number of each place and the place of each number, from the top down, branch by branch.
fn walked(
    count: u32,
    roots: impl DoubleEndedIterator<Item = u32>,
    branches: &Lists,
) -> (Vec<u32>, Vec<u32>) {
    let mut numbers = vec![0; count as usize];
    let mut places = Vec::with_capacity(count as usize);
    let mut ahead: Vec<u32> = roots.rev().collect();
    let mut next = 0;
    while let Some(place) = ahead.pop() {
        numbers[place as usize] = next;
        places.push(place);
        next += 1;
        ahead.extend(branches.of_place(place).iter().rev());
    }
    (numbers, places)
}

#[cfg(test)]
mod tests;
