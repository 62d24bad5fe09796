//! Two people's details against each other, field by field, each on a ladder of levels.
//!
//! Invariant: level 0 of every ladder is "not told by both" and says nothing; comparing is symmetric.

use super::field::{FIELDS, Field, Grade, Level, SILENT};
use super::person::{Birth, Details, Postcode};
use super::text::{Alike, Word, alike, hash_of, one_letter};
use super::variants::Variants;

/// The level of every field for two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Comparison {
    /// By [`Field::at`]: which step of its ladder.
    pub levels: [u8; FIELDS],
}

impl Comparison {
    /// Compares two people.
    pub fn of(one: &Details, other: &Details, variants: &Variants) -> Self {
        let mut levels = [0; FIELDS];
        let mut put = |field: Field, level: u8| levels[field.at()] = level;
        put(Field::NhsNumber, nhs_number(one, other));
        put(Field::Forename, forename(one, other, variants));
        put(Field::Middle, middle(one, other, variants));
        put(Field::Surname, surname(one, other, variants));
        put(Field::Birth, both(one.birth, other.birth, birth));
        put(
            Field::Sex,
            both(one.sex, other.sex, |a, b| if a == b { 1 } else { 2 }),
        );
        put(
            Field::Postcode,
            both(one.postcode.as_ref(), other.postcode.as_ref(), postcode),
        );
        let alike = |a: &Option<Word>, b: &Option<Word>, field| {
            both(a.as_ref(), b.as_ref(), |a, b| {
                phrase(a, b, (variants, field))
            })
        };
        put(
            Field::Street,
            alike(&one.street, &other.street, Field::Street),
        );
        put(Field::Telephone, telephone(one, other));
        put(Field::Place, alike(&one.place, &other.place, Field::Place));
        put(
            Field::Occupation,
            alike(&one.occupation, &other.occupation, Field::Occupation),
        );
        Self { levels }
    }

    /// The level of one field.
    pub fn level(&self, field: Field) -> &'static Level {
        field
            .levels()
            .get(usize::from(self.levels[field.at()]))
            .unwrap_or(&SILENT)
    }

    /// How far the field speaks for one person.
    pub fn grade(&self, field: Field) -> Grade {
        self.level(field).grade
    }
}

fn both<T>(one: Option<T>, other: Option<T>, compare: impl Fn(T, T) -> u8) -> u8 {
    match (one, other) {
        (Some(one), Some(other)) => compare(one, other),
        (Some(_), None) | (None, Some(_)) | (None, None) => 0,
    }
}

fn nhs_number(one: &Details, other: &Details) -> u8 {
    both(
        one.nhs_number.as_ref(),
        other.nhs_number.as_ref(),
        |a, b| {
            if a == b {
                1
            } else if a.len() == b.len() && one_letter(a.as_bytes(), b.as_bytes()) {
                2
            } else {
                3
            }
        },
    )
}

fn telephone(one: &Details, other: &Details) -> u8 {
    if one.telephone.is_empty() || other.telephone.is_empty() {
        return 0;
    }
    if one
        .telephone
        .iter()
        .any(|number| other.telephone.contains(number))
    {
        1
    } else {
        3
    }
}

/// A word on the ladder of names. `None`: another name.
fn name(one: &Word, other: &Word, (variants, field): (&Variants, Field)) -> Option<u8> {
    match alike(one, other) {
        Alike::Same => Some(1),
        _near if variants.knows(field, one.hash, other.hash) => Some(2),
        Alike::OneLetter => Some(3),
        Alike::Similar => Some(4),
        Alike::Sound => Some(5),
        Alike::No => {
            let initial = (one.is_initial() || other.is_initial()) && one.begins_as(other);
            initial.then_some(6)
        }
    }
}

fn forename(one: &Details, other: &Details, variants: &Variants) -> u8 {
    both(one.given.first(), other.given.first(), |a, b| {
        name(a, b, (variants, Field::Forename)).unwrap_or_else(|| {
            let among = |it: &Word, them: &Details| {
                them.names()
                    .skip(1)
                    .any(|theirs| alike(it, theirs) <= Alike::OneLetter)
            };
            if among(a, other) || among(b, one) {
                7
            } else {
                8
            }
        })
    })
}

fn surname(one: &Details, other: &Details, variants: &Variants) -> u8 {
    both(one.family.as_ref(), other.family.as_ref(), |a, b| {
        name(a, b, (variants, Field::Surname)).unwrap_or_else(|| {
            let among = |it: &Word, them: &Details| {
                let rest = them.given.iter().chain(&them.former);
                rest.into_iter()
                    .any(|theirs| alike(it, theirs) <= Alike::OneLetter)
            };
            if among(a, other) || among(b, one) {
                7
            } else {
                8
            }
        })
    })
}

/// Further forenames: the best that any two of them do.
fn middle(one: &Details, other: &Details, variants: &Variants) -> u8 {
    let (ours, theirs) = (one.given.get(1..), other.given.get(1..));
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return 0;
    };
    if ours.is_empty() || theirs.is_empty() {
        return 0;
    }
    let pairs = ours.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
    let best = pairs
        .filter_map(|(a, b)| name(a, b, (variants, Field::Forename)))
        .min();
    best.unwrap_or(8)
}

fn birth(one: Birth, other: Birth) -> u8 {
    let (a, b) = (one.digits, other.digits);
    if a == b {
        return if one.is_first_of_january() { 2 } else { 1 };
    }
    let told = |digits: &[u8; 8]| digits[4] != b'?';
    let same_year = one.year() == other.year();
    if !told(&a) || !told(&b) {
        return if same_year { 5 } else { 8 };
    }
    let differ = a.iter().zip(&b).filter(|(a, b)| a != b).count();
    if one_letter(&a, &b) {
        return 3;
    }
    if same_year && a[4..6] == b[6..8] && a[6..8] == b[4..6] {
        return 4;
    }
    if same_year {
        return 5;
    }
    if a[4..] == b[4..] && !one.is_first_of_january() {
        return 6;
    }
    if differ <= 2 { 7 } else { 8 }
}

fn postcode(one: &Postcode, other: &Postcode) -> u8 {
    if one.hash == other.hash {
        1
    } else if one_letter(one.text.as_bytes(), other.text.as_bytes()) {
        2
    } else if one.sector() == other.sector() {
        3
    } else if one.district() == other.district() {
        4
    } else if one.area() == other.area() {
        5
    } else {
        6
    }
}

fn phrase(one: &Word, other: &Word, (variants, field): (&Variants, Field)) -> u8 {
    match alike(one, other) {
        Alike::Same => 1,
        _near if variants.knows(field, one.hash, other.hash) => 2,
        Alike::OneLetter | Alike::Similar => 4,
        Alike::Sound | Alike::No => {
            let words = |it: &Word| -> Vec<u64> {
                let long = it.text.split(' ').filter(|word| word.len() > 3);
                long.map(super::text::hash).collect()
            };
            let theirs = words(other);
            if words(one).iter().any(|word| theirs.contains(word)) {
                3
            } else {
                5
            }
        }
    }
}

/// 64 bits that stand for two values in either order.
pub fn hash_of_pair(one: u64, other: u64) -> u64 {
    hash_of(&[one.min(other), one.max(other)])
}
