//! What somebody types to find a patient, read into a search.
//!
//! Invariant: what cannot be read as a part of a search is refused with words; no part is left out in silence.

use fhir::nhs_number::{self, NhsNumber};

/// Longest text that is looked at, in characters.
const CHARS_MAX: usize = 200;
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) number: Option<NhsNumber>,
    pub(crate) family: String,
    pub(crate) given: String,
    /// As a FHIR date: a year, a month or a day.
    pub(crate) born: String,
}

impl Asked {
    /// Reads the one field at the top of every page, or the three below. The error keeps what could be read.
    pub(crate) fn read(
        q: &str,
        family: &str,
        given: &str,
        born: &str,
    ) -> Result<Self, (Self, String)> {
        let mut asked = Self {
            number: None,
            family: trimmed(family),
            given: trimmed(given),
            born: String::new(),
        };
        let q = trimmed(q);
        if let Some(why) = asked.take_born(born) {
            return Err((asked, why));
        }
        let digits = q.chars().filter(char::is_ascii_digit).count();
        if digits >= 9
            && q.chars()
                .all(|it| it.is_ascii_digit() || it == ' ' || it == '-')
        {
            return match q.parse() {
                Ok(number) => Ok(Self {
                    number: Some(number),
                    ..Self::default()
                }),
                Err(why) => Err((
                    asked,
                    format!("This is not an NHS number: {}.", as_sentence(&why)),
                )),
            };
        }
        let mut names: Vec<&str> = Vec::new();
        for word in q.split([' ', ',']).filter(|it| !it.is_empty()) {
            if word.starts_with(|it: char| it.is_ascii_digit()) {
                if let Some(why) = asked.take_born(word) {
                    return Err((asked, why));
                }
            } else {
                names.push(word);
            }
        }
        if let Some((first, rest)) = names.split_first() {
            (asked.family, asked.given) = ((*first).to_owned(), rest.join(" "));
        }
        if asked.family.is_empty() && asked.given.is_empty() && !asked.born.is_empty() {
            return Err((
                asked,
                "A date of birth alone matches too many people. Add the family name.".to_owned(),
            ));
        }
        Ok(asked)
    }

    fn take_born(&mut self, text: &str) -> Option<String> {
        let text = trimmed(text);
        if text.is_empty() {
            return None;
        }
        match date(&text) {
            Some(born) => {
                self.born = born;
                None
            }
            None => Some(format!(
                "{text:?} is not a date. Write it as 03-Mar-1948, 3/3/1948 or 1948."
            )),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The search's parameters; None where nothing was asked.
    pub(crate) fn pairs(&self) -> Option<Vec<(&'static str, String)>> {
        if self.is_empty() {
            return None;
        }
        if let Some(number) = &self.number {
            return Some(vec![(
                "identifier",
                format!("{}|{}", nhs_number::SYSTEM, number.digits()),
            )]);
        }
        let parts = [
            ("family", escaped(&self.family)),
            ("given", escaped(&self.given)),
            ("birthdate", self.born.clone()),
        ];
        let mut pairs: Vec<_> = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        pairs.push(("_sort", "family,given".to_owned()));
        Some(pairs)
    }

    /// In words, for whoever asked.
    pub(crate) fn words(&self) -> String {
        if let Some(number) = &self.number {
            return format!("NHS No. {number}");
        }
        let parts = [("family name", &self.family), ("given name", &self.given)];
        let names = parts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| format!("{label} beginning {value}"));
        let born =
            (!self.born.is_empty()).then(|| format!("born {}", crate::written::day(&self.born)));
        names.chain(born).collect::<Vec<_>>().join(", ")
    }
}

fn trimmed(text: &str) -> String {
    text.trim().chars().take(CHARS_MAX).collect()
}

fn as_sentence(why: &dyn std::error::Error) -> String {
    why.to_string()
}

/// A value as a FHIR search writes it: its own separators behind a backslash.
fn escaped(text: &str) -> String {
    let special = |it: char| matches!(it, '\\' | ',' | '$' | '|');
    text.chars()
        .flat_map(|it| special(it).then_some('\\').into_iter().chain([it]))
        .collect()
}

/// `03-Mar-1948`, `3/3/1948`, `03.03.1948`, `1948-03-03`, `1948`.
fn date(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let year_is = |it: &str| it.len() == 4 && it.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month, day) = match parts.as_slice() {
        [year] if year_is(year) => return Some((*year).to_owned()),
        [year, month, day] if year_is(year) => (*year, *month, *day),
        [day, month, year] if year_is(year) => (*year, *month, *day),
        _other => return None,
    };
    let month = match month.parse::<usize>() {
        Ok(number) => number,
        Err(_) => {
            MONTHS
                .iter()
                .position(|it| month.to_lowercase().starts_with(it))?
                + 1
        }
    };
    let written = format!("{year}-{month:02}-{day:0>2}");
    written.parse::<jiff::civil::Date>().ok().map(|_| written)
}

#[cfg(test)]
mod tests;
