//! How alike words are, by tables and by published values.
#![expect(clippy::unwrap_used, reason = "a failing unwrap is a failing test")]

use super::*;

#[test]
fn words_are_as_alike_as_a_clerk_would_say() {
    let table = "
        smith smith      | Same
        smith smyth      | OneLetter
        smith simth      | OneLetter
        catherine katherine | OneLetter
        margaret margret | OneLetter
        jonathan johnathon | Similar
        meyer maier      | Sound
        smith jones      | No
        j john           | No
    ";
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let (words, wanted) = line.split_once('|').unwrap();
        let mut words = words.split_whitespace().map(|it| Word::of(it).unwrap());
        let (one, other) = (words.next().unwrap(), words.next().unwrap());
        assert_eq!(format!("{:?}", alike(&one, &other)), wanted.trim(), "{line}");
        assert_eq!(alike(&one, &other), alike(&other, &one), "{line}");
    }
}

#[test]
fn jaro_winkler_gives_the_published_values() {
    // Winkler's own examples: MARTHA and MARHTA 0.961, DWAYNE and DUANE 0.840, DIXON and DICKSONX 0.813.
    for (one, other, wanted) in [("martha", "marhta", 0.961), ("dwayne", "duane", 0.84), ("dixon", "dicksonx", 0.813)] {
        let found = jaro_winkler(one.as_bytes(), other.as_bytes());
        assert!((found - wanted).abs() < 0.001, "{one} {other} {found}");
    }
}
