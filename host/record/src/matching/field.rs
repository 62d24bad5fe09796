//! What is compared of two people: the fields, and for each a ladder of levels.
//!
//! Invariant: level 0 of every ladder is "not told by both" and says nothing; a code never changes its meaning, since files
//! of weights name fields and levels by it.

use super::person::Details;

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

pub(super) const SILENT: Level = level("silent", "not told by both", Grade::Silent);

const NUMBER: &[Level] = &[
    SILENT,
    level("same", "the same", Grade::Same),
    level(
        "digit",
        "one digit differs or two changed places",
        Grade::Near,
    ),
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
    level(
        "january",
        "the same, but 1 January may stand for an unknown day",
        Grade::Same,
    ),
    level(
        "digit",
        "one digit differs or two changed places",
        Grade::Near,
    ),
    level("swapped", "day and month changed places", Grade::Near),
    level("year", "only the year is the same", Grade::Near),
    level(
        "day",
        "day and month are the same, the year is not",
        Grade::Near,
    ),
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
