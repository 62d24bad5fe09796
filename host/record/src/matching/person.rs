//! What is compared of a person, from whatever it was read.
//!
//! Invariant: what was not told is empty, never a value that could agree or disagree.

mod patient;

use super::text::{Word, hash, hash_of};

/// What is known of one person in one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// NHS number, ten digits.
    pub nhs_number: Option<Box<str>>,
    /// Forename, then further names, without titles.
    pub given: Vec<Word>,
    /// Surname; a double-barrelled one is one word.
    pub family: Option<Word>,
    /// Other names by which the person was known: maiden and former names.
    pub former: Vec<Word>,
    /// Day of birth.
    pub birth: Option<Birth>,
    /// Sex as recorded.
    pub sex: Option<Sex>,
    /// Postcode of where they live.
    pub postcode: Option<Postcode>,
    /// House and street.
    pub street: Option<Word>,
    /// Telephone, its last nine digits.
    pub telephone: Vec<u64>,
    /// Place of birth.
    pub place: Option<Word>,
    /// Occupation.
    pub occupation: Option<Word>,
}

/// Sex as recorded for administration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Other.
    Other,
}

/// A day of birth as it was written: eight digits, `?` where it is not told. It need not be a day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// Year, month, day.
    pub digits: [u8; 8],
}

/// A postcode without its space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postcode {
    /// As compared: `ba11uf`.
    pub text: Box<str>,
    /// 64 bits for the whole.
    pub hash: u64,
    /// Where the inward part begins.
    inward: usize,
}

/// What stands before or behind a name and is none.
const TITLES: &[&str] = &[
    "sir",
    "dame",
    "lord",
    "lady",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "rev",
    "revd",
    "reverend",
    "hon",
    "rt",
    "baron",
    "baroness",
    "baronet",
    "bt",
    "viscount",
    "viscountess",
    "earl",
    "countess",
    "marquess",
    "marquis",
    "marchioness",
    "duke",
    "duchess",
    "captain",
    "major",
    "colonel",
    "general",
    "admiral",
    "of",
    "the",
    "and",
    "jr",
    "sr",
    "snr",
    "jnr",
    "esq",
    "obe",
    "mbe",
    "cbe",
    "kbe",
    "vc",
];

impl Details {
    /// Fills in names from words in the order in which they are spoken: forename, further names, surname. Titles,
    /// ranks and ordinals are left out. One name alone is taken for a forename; comparing looks for it among all names.
    pub fn name_spoken(&mut self, spoken: &str) {
        let folded = fhir::search_parameter::normalised(spoken);
        let words = folded.split_whitespace().filter_map(Word::of);
        let mut names: Vec<Word> = words.filter(|word| !is_title(&word.text)).collect();
        self.family = if names.len() > 1 { names.pop() } else { None };
        self.given = names;
    }

    /// All names, the surname last.
    pub fn names(&self) -> impl Iterator<Item = &Word> {
        self.given.iter().chain(&self.family).chain(&self.former)
    }

    /// Whether nothing was told by which somebody could be known again.
    pub fn is_empty(&self) -> bool {
        self.names().next().is_none() && self.birth.is_none() && self.nhs_number.is_none()
    }
}

fn is_title(word: &str) -> bool {
    let ordinal = word.starts_with(|it: char| it.is_ascii_digit())
        && word.ends_with(|it: char| it.is_ascii_alphabetic());
    ordinal || TITLES.contains(&word.trim_end_matches(['.', ',']))
}

/// A text of several words as one, for what is compared whole: place, occupation, street.
pub fn phrase(text: &str) -> Option<Word> {
    let folded = fhir::search_parameter::normalised(text);
    let kept: String = folded
        .chars()
        .map(|it| if it.is_alphanumeric() { it } else { ' ' })
        .collect();
    Word::of(&kept.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl Birth {
    /// Reads `1985-03-02`, `1985-03`, `1985`, and the like with days that no calendar has.
    pub fn read(text: &str) -> Option<Self> {
        let mut digits = [b'?'; 8];
        let mut n = 0;
        for byte in text.bytes().take(10).filter(|byte| *byte != b'-') {
            if !byte.is_ascii_digit() || n == digits.len() {
                return None;
            }
            digits[n] = byte;
            n += 1;
        }
        matches!(n, 4 | 6 | 8).then_some(Self { digits })
    }

    /// The year's digits.
    pub fn year(&self) -> &[u8] {
        &self.digits[..4]
    }

    /// Whether it is the first of January, which is written for want of a day.
    pub fn is_first_of_january(&self) -> bool {
        &self.digits[4..] == b"0101"
    }

    /// 64 bits for it, as far as it is told.
    pub fn hash(&self) -> u64 {
        hash_of(&[u64::from_be_bytes(self.digits)])
    }
}

impl Postcode {
    /// Reads a postcode, with or without its space. Too short to be one: `None`.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|it| it.to_ascii_lowercase())
            .collect();
        (5..=8).contains(&text.len()).then(|| Self {
            hash: hash(&text),
            inward: text.len() - 3,
            text: text.into(),
        })
    }

    /// `ba1 1` of `ba1 1uf`.
    pub fn sector(&self) -> &str {
        &self.text[..=self.inward]
    }

    /// `ba1` of `ba1 1uf`.
    pub fn district(&self) -> &str {
        &self.text[..self.inward]
    }

    /// `ba` of `ba1 1uf`.
    pub fn area(&self) -> &str {
        let letters = self.text.bytes().take_while(u8::is_ascii_alphabetic);
        &self.text[..letters.count()]
    }
}
