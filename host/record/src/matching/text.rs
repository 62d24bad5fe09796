//! How alike two written words are.
//!
//! Invariant: every measure is symmetric, and a word is alike to itself.

/// A word as it is compared: its letters folded, what stands for it, and what it sounds like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Lower case, without accents.
    pub text: Box<str>,
    /// 64 bits that stand for it.
    pub hash: u64,
    /// 64 bits that stand for what it sounds like; 0 where it sounds like nothing.
    pub sound: u64,
}

impl Word {
    /// The word of a text that is folded already. `None` where nothing is left of it.
    pub fn of(folded: &str) -> Option<Self> {
        let text = folded.trim_matches(|it: char| !it.is_alphanumeric());
        if text.is_empty() {
            return None;
        }
        let sounds = fhir::search_parameter::sounds(text).concat();
        Some(Self {
            hash: hash(text),
            sound: if sounds.is_empty() { 0 } else { hash(&sounds) },
            text: text.into(),
        })
    }

    /// Whether it is a letter that stands for a name.
    pub fn is_initial(&self) -> bool {
        self.text.chars().count() == 1
    }

    /// Whether both begin with the same letter.
    pub fn begins_as(&self, other: &Self) -> bool {
        self.text.chars().next() == other.text.chars().next()
    }
}

/// How alike two words are, from exactly to not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alike {
    /// Letter by letter.
    Same,
    /// One letter is left out, put in, changed, or changed places with its neighbour.
    OneLetter,
    /// Jaro and Winkler say at least 0.88.
    Similar,
    /// They sound alike.
    Sound,
    /// No.
    No,
}

/// How alike two words are.
pub fn alike(one: &Word, other: &Word) -> Alike {
    if one.hash == other.hash {
        return Alike::Same;
    }
    if one.is_initial() || other.is_initial() {
        return Alike::No;
    }
    if one_letter(one.text.as_bytes(), other.text.as_bytes()) {
        return Alike::OneLetter;
    }
    if jaro_winkler(one.text.as_bytes(), other.text.as_bytes()) >= SIMILAR_MIN {
        return Alike::Similar;
    }
    if one.sound != 0 && one.sound == other.sound {
        return Alike::Sound;
    }
    Alike::No
}

/// From which similarity two words are called similar.
const SIMILAR_MIN: f64 = 0.88;

/// 64 bits that stand for a text, the same on every machine (FNV-1a, stirred).
pub fn hash(text: &str) -> u64 {
    let mut it = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        it = (it ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    stirred(it)
}

/// 64 bits that stand for some parts in their order.
pub fn hash_of(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |it, part| {
        stirred(it.rotate_left(23) ^ *part)
    })
}

fn stirred(it: u64) -> u64 {
    let it = (it ^ (it >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let it = (it ^ (it >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    it ^ (it >> 32)
}

/// Whether two texts are at most one step apart: a letter left out, put in or changed, or two neighbours that changed
/// places (Damerau).
pub fn one_letter(one: &[u8], other: &[u8]) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match (short, long) {
        ([], _) => true,
        (_, [_, rest @ ..]) if rest == short => true,
        ([_, one @ ..], [_, other @ ..]) if one == other => true,
        ([a, b, one @ ..], [c, d, other @ ..]) => a == d && b == c && one == other,
        (_, _) => false,
    }
}

/// The similarity of Jaro, raised for a common beginning after Winkler: 1 for the same, 0 for nothing in common. What is
/// longer than 64 bytes is compared by its beginning.
pub fn jaro_winkler(one: &[u8], other: &[u8]) -> f64 {
    let (one, other) = (beginning(one), beginning(other));
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    let reach = (one.len().max(other.len()) / 2).saturating_sub(1);
    let (mut met_one, mut met_other) = (0_u64, 0_u64);
    for (i, letter) in one.iter().enumerate() {
        let from = i.saturating_sub(reach);
        let to = (i + reach + 1).min(other.len());
        for (j, theirs) in other.iter().enumerate().take(to).skip(from) {
            if met_other & (1 << j) == 0 && letter == theirs {
                met_one |= 1 << i;
                met_other |= 1 << j;
                break;
            }
        }
    }
    let met = f64::from(met_one.count_ones());
    if met == 0.0 {
        return 0.0;
    }
    let letters = |text: &[u8], met: u64| -> Vec<u8> {
        let met = |i: &usize| met & (1 << i) != 0;
        (0..text.len()).filter(met).map(|i| text[i]).collect()
    };
    let ours = letters(one, met_one);
    let theirs = letters(other, met_other);
    let moved = ours.iter().zip(&theirs).filter(|(a, b)| a != b).count();
    let length = |text: &[u8]| count(text.len());
    let jaro = (met / length(one) + met / length(other) + (met - count(moved) / 2.0) / met) / 3.0;
    let common = one.iter().zip(other).take(4).take_while(|(a, b)| a == b);
    jaro + 0.1 * count(common.count()) * (1.0 - jaro)
}

fn beginning(text: &[u8]) -> &[u8] {
    &text[..text.len().min(64)]
}

/// A number of things as a number to reckon with.
pub fn count(of: usize) -> f64 {
    u32::try_from(of).map_or(f64::from(u32::MAX), f64::from)
}
