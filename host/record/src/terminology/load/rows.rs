//! A release in memory as the rows that are written.
//!
//! Invariant: the same files make the same rows in the same batches, so that a load that was stopped can go on.

use tokio::sync::mpsc::Sender;

use super::draft::{Draft, MapLine, Name, bounded};
use super::refusal::LoadError;
use crate::limits;
use crate::store::terminology::{ConceptRow, Filling, MapRow, PostingRow};
use crate::terminology::concept::words;
use crate::terminology::hierarchy::{self, Hierarchy, Unnumbered};
use crate::terminology::ranges::Ranges;
use crate::terminology::snomed::{Detail, INACTIVE, REFERENCE_SET, WORD};

/// Sends the batches in order. When nobody takes them any more, it ends.
pub(super) fn fillings(mut draft: Draft, to: &Sender<Filling>) -> Result<(), LoadError> {
    let count = u32::try_from(draft.len()).unwrap_or(u32::MAX);
    let hierarchy =
        hierarchy::number(count, &draft.parents).map_err(|why| unnumbered(&draft, &why))?;
    draft.parents = Vec::new();
    let names = draft.take_names();
    let is_taken = concepts(&draft, &hierarchy, &names, to)
        && postings(said(&draft, &hierarchy), to)
        && postings(members(&draft, &hierarchy), to)
        && postings(spoken(&draft, &hierarchy, &names)?, to)
        && maps(&mut draft, &hierarchy, to);
    // Whoever took the batches knows why they stopped.
    let _ = is_taken;
    Ok(())
}

fn unnumbered(draft: &Draft, why: &Unnumbered) -> LoadError {
    let what = match why {
        Unnumbered::Tangled => "too many concepts have too many parents".to_owned(),
        Unnumbered::Cycle(way) => {
            let codes = way
                .iter()
                .take(10)
                .filter_map(|place| draft.codes.get(*place as usize));
            let codes: Vec<String> = codes.map(u64::to_string).collect();
            format!("a concept lies below itself: {}", codes.join(" → "))
        }
    };
    LoadError::Incomplete { what }
}

/// What of a list sorted by concept belongs to one concept.
fn of<T>(all: &[T], concept: u32, whose: impl Fn(&T) -> u32) -> &[T] {
    let from = all.partition_point(|one| whose(one) < concept);
    let length = all[from..].partition_point(|one| whose(one) == concept);
    &all[from..from + length]
}

fn concepts(draft: &Draft, hierarchy: &Hierarchy, names: &[Name], to: &Sender<Filling>) -> bool {
    let mut said = draft.said.clone();
    said.sort_unstable();
    said.dedup();
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); draft.len()];
    for (n, parents) in (0u32..).zip(&hierarchy.parents) {
        for parent in parents {
            children[*parent as usize].push(n);
        }
    }
    let numbered: Vec<(u32, u32)> = (0u32..).zip(hierarchy.places.iter().copied()).collect();
    numbered.chunks(limits::RELEASE_ROWS_AT_ONCE).all(|some| {
        let rows = some.iter().map(|(n, place)| {
            let own = of(names, *place, |name| name.concept);
            let detail = Detail {
                inactive: draft.inactive[*place as usize],
                names: own
                    .iter()
                    .map(|name| {
                        (
                            name.language.to_owned(),
                            name.kind.to_string(),
                            draft.text(name).to_owned(),
                        )
                    })
                    .collect(),
                properties: of(&said, *place, |(concept, _, _)| *concept)
                    .iter()
                    .map(|(_, property, value)| {
                        let (kind, code) = draft.properties.text(*property).split_at(1);
                        (
                            code.to_owned(),
                            kind.to_owned(),
                            draft.values.text(*value).to_owned(),
                        )
                    })
                    .collect(),
            };
            let n = *n as usize;
            ConceptRow {
                n: n as i64,
                code: draft.codes[*place as usize].to_string(),
                display: own.first().map_or("", |name| draft.text(name)).to_owned(),
                parents: Ranges::of_numbers(hierarchy.parents[n].clone()).pack(),
                children: Ranges::of_numbers(std::mem::take(&mut children[n])).pack(),
                below: hierarchy.below[n].pack(),
                detail: serde_json::to_string(&detail).unwrap_or_default(),
            }
        });
        let filling = Filling {
            concepts: rows.collect(),
            ..Filling::default()
        };
        to.blocking_send(filling).is_ok()
    })
}

fn postings(rows: impl Iterator<Item = PostingRow>, to: &Sender<Filling>) -> bool {
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let filling = Filling {
            postings: rows.by_ref().take(limits::RELEASE_ROWS_AT_ONCE).collect(),
            ..Filling::default()
        };
        if to.blocking_send(filling).is_err() {
            return false;
        }
    }
    true
}

/// One posting for each run of pairs with the same key.
fn grouped<'d, K: Copy + PartialEq + 'd>(
    pairs: Vec<(K, u32)>,
    row: impl Fn(K, Vec<u8>) -> PostingRow + 'd,
) -> impl Iterator<Item = PostingRow> + 'd {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (key, _) = *pairs.get(at)?;
        let length = pairs[at..]
            .iter()
            .take_while(|(own, _)| *own == key)
            .count();
        let members = pairs[at..at + length].iter().map(|(_, n)| *n).collect();
        at += length;
        Some(row(key, Ranges::of_numbers(members).pack()))
    })
}

/// The concepts by what is said of them, and those that are no longer to be used.
fn said<'d>(draft: &'d Draft, hierarchy: &'d Hierarchy) -> impl Iterator<Item = PostingRow> + 'd {
    let mut pairs: Vec<((u32, u32), u32)> = draft
        .said
        .iter()
        .map(|(concept, property, value)| {
            ((*property, *value), hierarchy.numbers[*concept as usize])
        })
        .collect();
    pairs.sort_unstable();
    let inactive = (0u32..).zip(&hierarchy.places);
    let inactive = inactive.filter(|(_, place)| draft.inactive[**place as usize]);
    let inactive = Ranges::of_numbers(inactive.map(|(n, _)| n).collect());
    let inactive = (!inactive.is_empty()).then(|| PostingRow {
        kind: INACTIVE.to_owned(),
        key: "true".to_owned(),
        value_n: -1,
        members: inactive.pack(),
    });
    let number_of = |code: &str| {
        let place = code.parse().ok().and_then(|code| draft.place(code));
        place.map_or(-1, |place| i64::from(hierarchy.numbers[place as usize]))
    };
    let rows = grouped(pairs, move |(property, value), members| {
        let value = draft.values.text(value);
        PostingRow {
            kind: draft.properties.text(property).split_at(1).1.to_owned(),
            key: value.to_owned(),
            value_n: number_of(value),
            members,
        }
    });
    rows.chain(inactive)
}

fn members<'d>(
    draft: &'d Draft,
    hierarchy: &'d Hierarchy,
) -> impl Iterator<Item = PostingRow> + 'd {
    let mut pairs: Vec<(u32, u32)> = draft
        .members
        .iter()
        .map(|(set, concept)| (*set, hierarchy.numbers[*concept as usize]))
        .collect();
    pairs.sort_unstable();
    grouped(pairs, |set, members| PostingRow {
        kind: REFERENCE_SET.to_owned(),
        key: draft.codes[set as usize].to_string(),
        value_n: i64::from(hierarchy.numbers[set as usize]),
        members,
    })
}

/// The concepts by the words of their names.
fn spoken<'d>(
    draft: &'d Draft,
    hierarchy: &'d Hierarchy,
    names: &'d [Name],
) -> Result<impl Iterator<Item = PostingRow> + 'd, LoadError> {
    let mut known = super::draft::Known::default();
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for name in names {
        let n = hierarchy.numbers[name.concept as usize];
        for word in words(draft.text(name)) {
            pairs.push((known.place(&word), n));
        }
        bounded(pairs.len())?;
    }
    pairs.sort_unstable();
    pairs.dedup();
    Ok(grouped(pairs, move |word, members| PostingRow {
        kind: WORD.to_owned(),
        key: known.text(word).to_owned(),
        value_n: -1,
        members,
    }))
}

fn maps(draft: &mut Draft, hierarchy: &Hierarchy, to: &Sender<Filling>) -> bool {
    let mut lines = std::mem::take(&mut draft.maps);
    lines.sort_by(|a, b| {
        let key = |line: &MapLine| (line.map, line.concept, line.order);
        key(a).cmp(&key(b)).then_with(|| a.target.cmp(&b.target))
    });
    let mut last = None;
    let mut place = 0;
    let mut rows = lines.into_iter().map(|line| {
        let key = Some((line.map, line.concept));
        place = if last == key { place + 1 } else { 0 };
        last = key;
        let detail = match line.advice.as_str() {
            "" => serde_json::json!({}),
            advice => serde_json::json!({ "advice": advice }),
        };
        MapRow {
            map: draft.codes[line.map as usize].to_string(),
            n: i64::from(hierarchy.numbers[line.concept as usize]),
            place,
            target: line.target,
            detail: detail.to_string(),
        }
    });
    loop {
        let maps: Vec<MapRow> = rows.by_ref().take(limits::RELEASE_ROWS_AT_ONCE).collect();
        if maps.is_empty() {
            return true;
        }
        let filling = Filling {
            maps,
            ..Filling::default()
        };
        if to.blocking_send(filling).is_err() {
            return false;
        }
    }
}
