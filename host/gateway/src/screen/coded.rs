//! Concepts that a person chooses from the host's terminology: how they go through the page, and what was found for words.
//!
//! Invariant: what a page sends back is a claim; who takes it asks the terminology whether it is true.

/// Least and most characters of the words that are looked for.
pub(crate) const WORDS_CHARS: std::ops::RangeInclusive<usize> = 2..=100;
/// Concepts that are offered at once: more are not read to their end.
pub(crate) const OFFERED_MAX: usize = 20;
/// Between the parts of a concept in the page.
const BETWEEN: char = '|';

/// A concept with the words for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Concept {
    pub(crate) system: String,
    pub(crate) code: String,
    pub(crate) display: String,
}

impl Concept {
    /// As a page carries it. Neither a system nor a code holds what stands between them.
    pub(crate) fn packed(&self) -> String {
        let Self {
            system,
            code,
            display,
        } = self;
        format!("{system}{BETWEEN}{code}{BETWEEN}{display}")
    }

    /// What a page brought back.
    pub(crate) fn unpacked(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, BETWEEN).map(str::to_owned);
        let (system, code, display) = (parts.next()?, parts.next()?, parts.next()?);
        let full = [&system, &code, &display].iter().all(|it| !it.is_empty());
        full.then_some(Self {
            system,
            code,
            display,
        })
    }
}

/// What was found for the words of one field.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) field: String,
    pub(crate) words: String,
    /// At most `OFFERED_MAX`.
    pub(crate) concepts: Vec<Concept>,
    /// There are others, which are not offered.
    pub(crate) more: bool,
}

impl Found {
    /// What is said above the concepts.
    pub(crate) fn said(&self) -> String {
        let (words, n) = (&self.words, self.concepts.len());
        match (n, self.more) {
            (0, _) => format!("Nothing was found for \u{201C}{words}\u{201D}. Try other words."),
            (_, true) => {
                format!(
                    "More than {n} were found for \u{201C}{words}\u{201D}: these are the first. Add a word to find others."
                )
            }
            (1, false) => format!("1 was found for \u{201C}{words}\u{201D}."),
            (_, false) => format!("{n} were found for \u{201C}{words}\u{201D}."),
        }
    }
}

/// The action of the button that finds concepts for a field. No departmental's action has such a name.
pub(crate) fn finding(field: &str) -> String {
    format!("find.{field}")
}

/// The field for which that button was pressed.
pub(crate) fn sought(action: &str) -> Option<&str> {
    action.strip_prefix("find.")
}
