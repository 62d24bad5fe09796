//! Two people's details against each other, field by field, each on a ladder of levels.
//!
//! Invariant: level 0 of every ladder is "not told by both" and says nothing; comparing is symmetric.

use super::person::{Birth, Details, Postcode};
use super::text::{Alike, Word, alike, hash_of, one_letter};
use super::variants::Variants;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// NHS number.
    NhsNumber,
    /// First forename.
    Forename,
    /// Further forenames.
    Middle,
    /// Surname.
    Surname,
    /// Day of birth.
    Birth,
    /// Sex.
    Sex,
    /// Postcode.
    Postcode,
    /// House and street.
    Street,
    /// Telephone.
    Telephone,
    /// Place of birth.
    Place,
    /// Occupation.
    Occupation,
}

/// How far a level speaks for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grade {
    /// Not told by both.
    Silent,
    /// The same.
    Same,
    /// Nearly.
    Near,
    /// Not.
    Differs,
}

/// One step of a ladder.
#[derive(Debug)]
pub struct Level {
    /// As in a file of weights.
    pub code: &'static str,
    /// For people.
    pub words: &'static str,
    /// How far it speaks for one person.
    pub grade: Grade,
}

const fn level(code: &'static str, words: &'static str, grade: Grade) -> Level {
    Level { code, words, grade }
}

const SILENT: Level = level("silent", "not told by both", Grade::Silent);

const NUMBER: &[Level] = &[
    SILENT,
    level("same", "the same", Grade::Same),
    level("digit", "one digit differs or two changed places", Grade::Near),
    level("differs", "another number", Grade::Differs),
];
const NAME: &[Level] = &[
    SILENT,
    level("same", "the same", Grade::Same),
    level("variant", "a known variant of the name", Grade::Near),
    level("letter", "one letter differs", Grade::Near),
    level("similar", "similar letters", Grade::Near),
    level("sound", "sounds alike", Grade::Near),
    level("initial", "an initial that fits", Grade::Near),
    level("elsewhere", "is another of the names there", Grade::Near),
    level("differs", "another name", Grade::Differs),
];
const BIRTH: &[Level] = &[
    SILENT,
    level("same", "the same", Grade::Same),
    level("january", "the same, but 1 January may stand for an unknown day", Grade::Same),
    level("digit", "one digit differs or two changed places", Grade::Near),
    level("swapped", "day and month changed places", Grade::Near),
    level("year", "only the year is the same", Grade::Near),
    level("day", "day and month are the same, the year is not", Grade::Near),
    level("digits", "two digits differ", Grade::Near),
    level("differs", "another day", Grade::Differs),
];
const SEX: &[Level] = &[
    SILENT,
    level("same", "the same", Grade::Same),
    level("differs", "recorded otherwise", Grade::Differs),
];
const POSTCODE: &[Level] = &[
    SILENT,
    level("same", "the same", Grade::Same),
    level("letter", "one character differs", Grade::Near),
    level("sector", "the same sector", Grade::Near),
    level("district", "the same district", Grade::Near),
    level("area", "the same area", Grade::Near),
    level("differs", "another area", Grade::Differs),
];
const PHRASE: &[Level] = &[
    SILENT,
    level("same", "the same", Grade::Same),
    level("variant", "known to stand for each other", Grade::Near),
    level("within", "one has a word of the other", Grade::Near),
    level("similar", "similar letters", Grade::Near),
    level("differs", "something else", Grade::Differs),
];

impl Field {
    /// Every field, in the order of a waterfall.
    pub const ALL: [Self; 11] = [
        Self::NhsNumber,
        Self::Forename,
        Self::Middle,
        Self::Surname,
        Self::Birth,
        Self::Sex,
        Self::Postcode,
        Self::Street,
        Self::Telephone,
        Self::Place,
        Self::Occupation,
    ];

    /// As in a file of weights.
    pub fn code(self) -> &'static str {
        match self {
            Self::NhsNumber => "nhs-number",
            Self::Forename => "forename",
            Self::Middle => "middle",
            Self::Surname => "surname",
            Self::Birth => "birth",
            Self::Sex => "sex",
            Self::Postcode => "postcode",
            Self::Street => "street",
            Self::Telephone => "telephone",
            Self::Place => "place",
            Self::Occupation => "occupation",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NhsNumber => "NHS number",
            Self::Forename => "Forename",
            Self::Middle => "Further forenames",
            Self::Surname => "Surname",
            Self::Birth => "Date of birth",
            Self::Sex => "Sex",
            Self::Postcode => "Postcode",
            Self::Street => "House and street",
            Self::Telephone => "Telephone",
            Self::Place => "Place of birth",
            Self::Occupation => "Occupation",
        }
    }

    /// Its ladder.
    pub fn levels(self) -> &'static [Level] {
        match self {
            Self::NhsNumber | Self::Telephone => NUMBER,
            Self::Forename | Self::Middle | Self::Surname => NAME,
            Self::Birth => BIRTH,
            Self::Sex => SEX,
            Self::Postcode => POSTCODE,
            Self::Street | Self::Place | Self::Occupation => PHRASE,
        }
    }

    /// The field of that code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// Where it stands in a [`Comparison`].
    pub fn at(self) -> usize {
        usize::from(self as u8)
    }

    /// The value whose rarity counts, where the field has one.
    pub fn value(self, of: &Details) -> Option<u64> {
        match self {
            Self::Forename => of.given.first().map(|word| word.hash),
            Self::Surname => of.family.as_ref().map(|word| word.hash),
            Self::Birth => of.birth.map(|birth| birth.hash()),
            Self::Postcode => of.postcode.as_ref().map(|postcode| postcode.hash),
            Self::Place => of.place.as_ref().map(|word| word.hash),
            Self::Occupation => of.occupation.as_ref().map(|word| word.hash),
            Self::NhsNumber | Self::Middle | Self::Sex | Self::Street | Self::Telephone => None,
        }
    }
}

/// How many fields there are.
pub const FIELDS: usize = Field::ALL.len();

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
        put(Field::Sex, both(one.sex, other.sex, |a, b| if a == b { 1 } else { 2 }));
        put(Field::Postcode, both(one.postcode.as_ref(), other.postcode.as_ref(), postcode));
        let alike = |a: &Option<Word>, b: &Option<Word>, field| {
            both(a.as_ref(), b.as_ref(), |a, b| phrase(a, b, (variants, field)))
        };
        put(Field::Street, alike(&one.street, &other.street, Field::Street));
        put(Field::Telephone, telephone(one, other));
        put(Field::Place, alike(&one.place, &other.place, Field::Place));
        put(Field::Occupation, alike(&one.occupation, &other.occupation, Field::Occupation));
        Self { levels }
    }

    /// The level of one field.
    pub fn level(&self, field: Field) -> &'static Level {
        field.levels().get(usize::from(self.levels[field.at()])).unwrap_or(&SILENT)
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
    both(one.nhs_number.as_ref(), other.nhs_number.as_ref(), |a, b| {
        if a == b {
            1
        } else if a.len() == b.len() && one_letter(a.as_bytes(), b.as_bytes()) {
            2
        } else {
            3
        }
    })
}

fn telephone(one: &Details, other: &Details) -> u8 {
    if one.telephone.is_empty() || other.telephone.is_empty() {
        return 0;
    }
    if one.telephone.iter().any(|number| other.telephone.contains(number)) {
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
                them.names().skip(1).any(|theirs| alike(it, theirs) <= Alike::OneLetter)
            };
            if among(a, other) || among(b, one) { 7 } else { 8 }
        })
    })
}

fn surname(one: &Details, other: &Details, variants: &Variants) -> u8 {
    both(one.family.as_ref(), other.family.as_ref(), |a, b| {
        name(a, b, (variants, Field::Surname)).unwrap_or_else(|| {
            let among = |it: &Word, them: &Details| {
                let rest = them.given.iter().chain(&them.former);
                rest.into_iter().any(|theirs| alike(it, theirs) <= Alike::OneLetter)
            };
            if among(a, other) || among(b, one) { 7 } else { 8 }
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
    let best = pairs.filter_map(|(a, b)| name(a, b, (variants, Field::Forename))).min();
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
            if words(one).iter().any(|word| theirs.contains(word)) { 3 } else { 5 }
        }
    }
}

/// 64 bits that stand for two values in either order.
pub fn hash_of_pair(one: u64, other: u64) -> u64 {
    hash_of(&[one.min(other), one.max(other)])
}
