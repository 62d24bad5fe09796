//! What differs between two answers: where, what it was then and what it is now.
//!
//! Invariant: two answers without a listed difference are equal but for the order of members; what is listed is bounded.

use serde_json::Value;

use crate::departmental::{Answer, Failure};
use crate::limits::{DIFFERENCE_CHARS_MAX, DIFFERENCES_MAX};

/// Levels of a document that are looked into; below, two values are one difference.
const DEEP_MAX: usize = 100;

/// Which part of an answer differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Of {
    /// What a person is shown.
    Screen,
    /// What is to be written.
    Proposal,
    /// What a person is told beside the chart.
    Advice,
    /// Everything else: its kind, findings, the next screen, words of refusal.
    Answer,
}

impl Of {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Proposal => "proposal",
            Self::Advice => "advice",
            Self::Answer => "answer",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In which part.
    pub of: Of,
    /// Where, from the answer's beginning: `nodes[3].text`. Empty: the answer as a whole.
    pub at: String,
    /// What was there then, as JSON cut to `limits::DIFFERENCE_CHARS_MAX` characters; `None`: nothing.
    pub then: Option<String>,
    /// What is there now; `None`: nothing.
    pub now: Option<String>,
}

/// Everything in which two answers differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The first `limits::DIFFERENCES_MAX`, in the order of the document.
    pub listed: Vec<Difference>,
    /// How many there are beyond those.
    pub more: usize,
}

impl Differences {
    /// What differs; failures are compared by their kind, since their words may name addresses and times.
    pub(super) fn between(then: &Answer, now: &Answer) -> Self {
        let mut found = Self::default();
        match (then, now) {
            (Answer::Screen(then), Answer::Screen(now)) => {
                found.values(Whole(Some(Of::Screen)), "", Some(then), Some(now), 0);
            }
            (Answer::Proposal(then), Answer::Proposal(now)) => {
                found.values(Whole(Some(Of::Proposal)), "", Some(then), Some(now), 0);
            }
            (Answer::Advice(then), Answer::Advice(now)) => {
                found.values(Whole(Some(Of::Advice)), "", Some(then), Some(now), 0);
            }
            (Answer::Outcome(then), Answer::Outcome(now)) => {
                found.values(Whole(None), "", Some(then), Some(now), 0);
            }
            (Answer::Refused(then), Answer::Refused(now)) => {
                found.words("code", &then.code, &now.code);
                found.words("detail", &then.detail, &now.detail);
            }
            (Answer::Failed { kind: then, .. }, Answer::Failed { kind: now, .. }) => {
                found.words("failed", then.word(), now.word());
            }
            (
                Answer::Screen(_)
                | Answer::Outcome(_)
                | Answer::Proposal(_)
                | Answer::Advice(_)
                | Answer::Refused(_)
                | Answer::Failed { .. },
                now,
            ) => found.add(Of::Answer, "", Some(in_words(then)), Some(in_words(now))),
        }
        found
    }

    /// The difference of an answer that is known by its digest alone.
    pub(super) fn of_digests(then: &str, bytes: u64, now: &str) -> Self {
        let mut found = Self::default();
        if then != now {
            let then = format!("an answer of {bytes} bytes, kept as SHA-256 {then} alone");
            found.add(Of::Answer, "", Some(then), Some(format!("SHA-256 {now}")));
        }
        found
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether something differs in this part, as far as is listed.
    pub fn concern(&self, of: Of) -> bool {
        self.listed.iter().any(|difference| difference.of == of)
    }

    fn words(&mut self, at: &str, then: &str, now: &str) {
        if then != now {
            let quoted = |text: &str| Some(shown(&Value::String(text.to_owned())));
            self.add(Of::Answer, at, quoted(then), quoted(now));
        }
    }

    fn add(&mut self, of: Of, at: &str, then: Option<String>, now: Option<String>) {
        if self.listed.len() >= DIFFERENCES_MAX {
            self.more += 1;
            return;
        }
        let at = at.to_owned();
        self.listed.push(Difference { of, at, then, now });
    }

    fn values(
        &mut self,
        whole: Whole,
        at: &str,
        then: Option<&Value>,
        now: Option<&Value>,
        deep: usize,
    ) {
        match (then, now) {
            (Some(then), Some(now)) if then == now => {}
            (Some(Value::Object(then)), Some(Value::Object(now))) if deep < DEEP_MAX => {
                for (name, value) in then {
                    let at = member(at, name);
                    self.values(whole, &at, Some(value), now.get(name), deep + 1);
                }
                for (name, value) in now.iter().filter(|(name, _)| !then.contains_key(*name)) {
                    self.values(whole, &member(at, name), None, Some(value), deep + 1);
                }
            }
            (Some(Value::Array(then)), Some(Value::Array(now))) if deep < DEEP_MAX => {
                self.items(whole, at, then, now, deep);
            }
            (then, now) => self.add(whole.part(at), at, then.map(shown), now.map(shown)),
        }
    }

    /// Items that both begin and end with are left aside, so that one put in between is one difference.
    fn items(&mut self, whole: Whole, at: &str, then: &[Value], now: &[Value], deep: usize) {
        let alike = |(one, other): &(&Value, &Value)| one == other;
        let begin = then.iter().zip(now).take_while(alike).count();
        let (then, now) = (&then[begin..], &now[begin..]);
        let end = then.iter().rev().zip(now.iter().rev());
        let end = end.take_while(alike).count();
        let (then, now) = (&then[..then.len() - end], &now[..now.len() - end]);
        for place in 0..then.len().max(now.len()) {
            let at = format!("{at}[{}]", begin + place);
            self.values(whole, &at, then.get(place), now.get(place), deep + 1);
        }
    }
}

/// Which part the whole document is; an outcome is made of several.
#[derive(Clone, Copy)]
struct Whole(Option<Of>);

impl Whole {
    fn part(self, at: &str) -> Of {
        let of_member = || match at.split(['.', '[']).next() {
            Some("proposal") => Of::Proposal,
            Some("screen") => Of::Screen,
            Some(_) | None => Of::Answer,
        };
        self.0.unwrap_or_else(of_member)
    }
}

fn member(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

/// A value as JSON, cut.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let mut cut: String = text.chars().take(DIFFERENCE_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// Which kind of answer it is.
fn in_words(answer: &Answer) -> String {
    match answer {
        Answer::Screen(_) => "a screen".to_owned(),
        Answer::Outcome(_) => "an outcome".to_owned(),
        Answer::Proposal(_) => "a proposal".to_owned(),
        Answer::Advice(_) => "advice".to_owned(),
        Answer::Refused(Failure { code, .. }) => {
            let code: String = code.chars().take(DIFFERENCE_CHARS_MAX).collect();
            format!("a refusal ({code})")
        }
        Answer::Failed { kind, .. } => format!("a failure ({})", kind.word()),
    }
}

#[cfg(test)]
mod tests;
