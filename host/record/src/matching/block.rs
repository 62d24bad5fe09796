//! Blocking: which records are compared at all, by keys that a pair of one person is likely to share.
//!
//! Invariant: a key is made of what both must have; a person for whom a part was not told has no such key.

use super::field::Field::{self, Birth, Forename, Place, Postcode, Surname};
use super::person::Details;
use super::text::{hash, hash_of};

/// One way in which two records may be brought together.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Its number, part of its keys.
    pub number: u64,
    /// For people.
    pub words: &'static str,
    make: fn(&Details) -> Option<u64>,
    /// The fields that are the same in every pair it brings together, where it is one to learn from.
    pub fixes: &'static [Field],
    /// Whether its keys are kept in the index of the record, for somebody new to be looked for by.
    pub is_indexed: bool,
    /// The records that share a key at most; a larger block tells nobody apart and is left to the other passes.
    pub block_max: usize,
}

impl Pass {
    /// The key of one person.
    pub fn key(&self, of: &Details) -> Option<u64> {
        (self.make)(of).map(|key| hash_of(&[self.number, key]))
    }
}

type Make = fn(&Details) -> Option<u64>;

const fn pass(
    number: u64,
    words: &'static str,
    make: Make,
    fixes: &'static [Field],
    block_max: usize,
) -> Pass {
    Pass {
        number,
        words,
        make,
        fixes,
        is_indexed: false,
        block_max,
    }
}

/// A pass that is also kept in the index: its blocks are small among millions of people too.
const fn kept(number: u64, words: &'static str, make: Make, fixes: &'static [Field]) -> Pass {
    Pass {
        number,
        words,
        make,
        fixes,
        is_indexed: true,
        block_max: 400,
    }
}

/// The passes, the most telling first. A number never changes its meaning, since keys in databases begin with it.
pub const PASSES: &[Pass] = &[
    kept(
        1,
        "NHS number",
        |it| it.nhs_number.as_deref().map(hash),
        &[],
    ),
    kept(2, "telephone", |it| it.telephone.first().copied(), &[]),
    kept(
        3,
        "surname and postcode",
        |it| two(family(it), postcode(it)),
        &[Surname, Postcode],
    ),
    kept(
        4,
        "surname and day of birth",
        |it| two(family(it), birth(it)),
        &[Surname, Birth],
    ),
    kept(
        5,
        "forename and day of birth",
        |it| two(given(it), birth(it)),
        &[Forename, Birth],
    ),
    kept(
        6,
        "sound of surname and postcode",
        |it| two(sound(it), postcode(it)),
        &[],
    ),
    kept(
        7,
        "sound of surname, day and month of birth in either order",
        |it| two(sound(it), either(it)),
        &[],
    ),
    kept(
        8,
        "day of birth and postcode area",
        |it| two(birth(it), area(it)),
        &[],
    ),
    kept(
        9,
        "forename, surname and year of birth",
        |it| three(given(it), family(it), year(it)),
        &[],
    ),
    kept(
        10,
        "forename, surname and postcode district",
        |it| three(given(it), family(it), district(it)),
        &[],
    ),
    kept(
        11,
        "surname, month and day of birth",
        |it| two(family(it), month_and_day(it)),
        &[],
    ),
    kept(
        12,
        "forename and postcode",
        |it| two(given(it), postcode(it)),
        &[],
    ),
    pass(
        13,
        "forename and surname",
        |it| two(given(it), family(it)),
        &[Forename, Surname],
        400,
    ),
    pass(
        14,
        "surname and place of birth",
        |it| two(family(it), place(it)),
        &[Surname, Place],
        400,
    ),
    pass(
        15,
        "sound of surname and postcode district",
        |it| two(sound(it), district(it)),
        &[],
        400,
    ),
    pass(
        16,
        "sound of surname and year of birth",
        |it| two(sound(it), year(it)),
        &[],
        400,
    ),
    pass(17, "postcode", postcode, &[Postcode], 400),
    pass(
        18,
        "day and place of birth",
        |it| two(birth(it), place(it)),
        &[Birth, Place],
        400,
    ),
    pass(19, "surname", family, &[], 1000),
    pass(
        20,
        "sound of surname and of forename",
        |it| two(sound(it), sound_of_forename(it)),
        &[],
        400,
    ),
    pass(
        21,
        "forename and place of birth",
        |it| two(given(it), place(it)),
        &[],
        400,
    ),
    pass(
        22,
        "forename and postcode district",
        |it| two(given(it), district(it)),
        &[],
        400,
    ),
    pass(
        23,
        "sound of forename, month and day of birth",
        |it| two(sound_of_forename(it), month_and_day(it)),
        &[],
        400,
    ),
    pass(
        24,
        "month, day and place of birth",
        |it| two(month_and_day(it), place(it)),
        &[],
        400,
    ),
    pass(25, "day of birth", birth, &[], 200),
    pass(26, "sound of surname", sound, &[], 400),
    pass(
        27,
        "postcode district and year of birth",
        |it| two(district(it), year(it)),
        &[],
        400,
    ),
    pass(
        28,
        "place and year of birth",
        |it| two(place(it), year(it)),
        &[],
        400,
    ),
    pass(
        29,
        "place of birth and occupation",
        |it| two(place(it), occupation(it)),
        &[],
        200,
    ),
    pass(
        30,
        "postcode district and occupation",
        |it| two(district(it), occupation(it)),
        &[],
        200,
    ),
    pass(31, "postcode district", district, &[], 200),
    pass(32, "place of birth", place, &[], 200),
    pass(
        33,
        "forename and year of birth",
        |it| two(given(it), year(it)),
        &[],
        200,
    ),
];

/// The keys by which one person is found in the index, former names included, each once.
pub fn indexed_keys(of: &Details) -> Vec<u64> {
    let mut known_as = vec![of.clone()];
    known_as.extend(of.former.iter().take(FORMER_MAX).map(|name| Details {
        family: Some(name.clone()),
        ..of.clone()
    }));
    let passes = PASSES.iter().filter(|pass| pass.is_indexed);
    let mut keys: Vec<u64> = passes
        .flat_map(|pass| known_as.iter().filter_map(|person| pass.key(person)))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Former names by which somebody is found.
const FORMER_MAX: usize = 4;

fn two(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    Some(hash_of(&[one?, other?]))
}

fn three(one: Option<u64>, other: Option<u64>, third: Option<u64>) -> Option<u64> {
    Some(hash_of(&[one?, other?, third?]))
}

fn given(it: &Details) -> Option<u64> {
    it.given.first().map(|word| word.hash)
}

fn sound_of_forename(it: &Details) -> Option<u64> {
    it.given
        .first()
        .map(|word| word.sound)
        .filter(|sound| *sound != 0)
}

/// The surname; the one name of somebody of whom only one is told.
fn family(it: &Details) -> Option<u64> {
    it.family
        .as_ref()
        .or(it.given.first())
        .map(|word| word.hash)
}

fn sound(it: &Details) -> Option<u64> {
    let word = it.family.as_ref().or(it.given.first())?;
    (word.sound != 0).then_some(word.sound)
}

fn birth(it: &Details) -> Option<u64> {
    let birth = it.birth.filter(|birth| birth.digits[7] != b'?')?;
    Some(birth.hash())
}

fn year(it: &Details) -> Option<u64> {
    let year = it.birth?.digits;
    Some(u64::from(u32::from_be_bytes([
        year[0], year[1], year[2], year[3],
    ])))
}

fn month_and_day(it: &Details) -> Option<u64> {
    let birth = it
        .birth
        .filter(|birth| !birth.is_first_of_january() && birth.digits[7] != b'?')?;
    let d = birth.digits;
    Some(u64::from(u32::from_be_bytes([d[4], d[5], d[6], d[7]])))
}

fn postcode(it: &Details) -> Option<u64> {
    it.postcode.as_ref().map(|postcode| postcode.hash)
}

fn district(it: &Details) -> Option<u64> {
    it.postcode
        .as_ref()
        .map(|postcode| hash(postcode.district()))
}

fn place(it: &Details) -> Option<u64> {
    it.place.as_ref().map(|word| word.hash)
}

fn occupation(it: &Details) -> Option<u64> {
    it.occupation.as_ref().map(|word| word.hash)
}

fn area(it: &Details) -> Option<u64> {
    it.postcode.as_ref().map(|postcode| hash(postcode.area()))
}

/// The day of birth, the same when day and month changed places.
fn either(it: &Details) -> Option<u64> {
    let d = it.birth.filter(|birth| birth.digits[7] != b'?')?.digits;
    let (month, day) = (
        u64::from(d[4]) << 8 | u64::from(d[5]),
        u64::from(d[6]) << 8 | u64::from(d[7]),
    );
    Some(hash_of(&[year(it)?, month.min(day), month.max(day)]))
}
