//! What names sound like, by the American Soundex rules: one letter and three digits for a word.
//!
//! Invariant: words that differ only in case or accents sound alike; a word without a letter of the Latin alphabet sounds
//! like nothing.

use super::text;

/// The sounds of the words of a name.
pub(super) fn sounds(name: &str) -> Vec<String> {
    let folded = text::normalised(name);
    let words = folded.split(|c: char| !c.is_alphabetic() && c != '\'');
    words.filter_map(soundex).collect()
}

fn soundex(word: &str) -> Option<String> {
    let mut letters = word.chars().filter(char::is_ascii_lowercase);
    let first = letters.next()?;
    let mut code = String::from(first);
    let mut last = digit(first);
    for letter in letters {
        let found = digit(letter);
        // `h` and `w` do not part two letters of one sound; vowels do.
        if matches!(letter, 'h' | 'w') {
            continue;
        }
        if let Some(found) = found
            && last != Some(found)
        {
            code.push(found);
        }
        last = found;
        if code.len() == 4 {
            break;
        }
    }
    while code.len() < 4 {
        code.push('0');
    }
    Some(code)
}

fn digit(letter: char) -> Option<char> {
    Some(match letter {
        'b' | 'f' | 'p' | 'v' => '1',
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => '2',
        'd' | 't' => '3',
        'l' => '4',
        'm' | 'n' => '5',
        'r' => '6',
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
