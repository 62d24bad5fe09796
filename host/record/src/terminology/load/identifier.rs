//! Identifiers of SNOMED CT: what kind of thing one stands for, and whether it was written down right.
//!
//! Invariant: an identifier with one wrong digit, or two neighbours exchanged, is refused.

/// What an identifier stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Component {
    Concept,
    Description,
    Relationship,
}

impl Component {
    fn name(self) -> &'static str {
        match self {
            Self::Concept => "a concept",
            Self::Description => "a description",
            Self::Relationship => "a relationship",
        }
    }
}

/// Verhoeff's table of the group of the pentagon's symmetries.
const TIMES: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
/// How digits are exchanged at each place; it comes round after eight.
const EXCHANGED: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// The sum of a number's digits by Verhoeff, 0 when its last digit checks the others.
fn sum(digits: &[u8]) -> u8 {
    let places = digits.iter().rev().zip(EXCHANGED.iter().cycle());
    places.fold(0, |sum, (digit, exchanged)| {
        let digit = exchanged[usize::from(digit - b'0')];
        TIMES[usize::from(sum)][usize::from(digit)]
    })
}

/// The number of an identifier of a kind of component.
pub(super) fn read(text: &str, component: Component) -> Result<u64, String> {
    let digits = text.as_bytes();
    let is_number = (6..=18).contains(&digits.len())
        && digits.iter().all(u8::is_ascii_digit)
        && digits.first() != Some(&b'0');
    if !is_number {
        return Err(format!(
            "`{}` is no identifier: it has 6 to 18 digits",
            super::super::shown(text)
        ));
    }
    if sum(digits) != 0 {
        return Err(format!(
            "`{text}` is no identifier: its check digit is wrong"
        ));
    }
    let found = match digits.get(digits.len() - 3..digits.len() - 1) {
        Some(b"00" | b"10") => Some(Component::Concept),
        Some(b"01" | b"11") => Some(Component::Description),
        Some(b"02" | b"12") => Some(Component::Relationship),
        Some(_) | None => None,
    };
    if found != Some(component) {
        return Err(format!("`{text}` is no identifier of {}", component.name()));
    }
    text.parse()
        .map_err(|_| format!("`{text}` is no identifier"))
}

#[cfg(test)]
mod tests;
