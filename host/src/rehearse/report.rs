//! What came of a rehearsal, for a person and for a program.
//!
//! Invariant: a case that was not played, or about which anything was said, did not pass.

use record::departmental::Release;
use serde_json::{Value, json};

use super::case::Case;
use super::differing::{Difference, Differences};
use crate::replay::printable;

/// What one call cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Instructions, the same on every machine.
    pub(crate) instructions: Option<u64>,
    /// Microseconds on the wall of the quicker of two calls, waiting for the chart included.
    pub(crate) micros: u64,
    /// Bytes of memory at the most.
    pub(crate) memory_bytes: u64,
    /// Bytes of the answer.
    pub(crate) answer_bytes: u64,
    /// Times that the chart was read.
    pub(crate) chart_calls: u32,
    /// Bytes that the chart handed out.
    pub(crate) read_bytes: u64,
}

/// What came of one case.
#[derive(Debug)]
pub(crate) struct Outcome {
    name: String,
    title: String,
    figures: Option<Figures>,
    /// What is wrong, in words.
    why: Vec<String>,
    differences: Vec<Difference>,
    more: usize,
}

impl Outcome {
    /// Of a case that was played, of which nothing is wrong yet.
    pub(crate) fn played(case: &Case, figures: Figures) -> Self {
        Self {
            name: case.name.clone(),
            title: case.title.clone(),
            figures: Some(figures),
            why: Vec::new(),
            differences: Vec::new(),
            more: 0,
        }
    }

    /// Of a case that could not be played to its end.
    pub(crate) fn not_played(case: &Case, why: String) -> Self {
        Self {
            name: case.name.clone(),
            title: case.title.clone(),
            figures: None,
            why: vec![why],
            differences: Vec::new(),
            more: 0,
        }
    }

    /// Says what is wrong.
    pub(crate) fn fail(&mut self, why: String) {
        self.why.push(why);
    }

    /// Says where the answer differs, if it does.
    pub(crate) fn differ(&mut self, found: Differences) {
        if !found.is_empty() && self.why.is_empty() {
            self.why.push("it answers otherwise".to_owned());
        }
        self.differences.extend(found.listed);
        self.more += found.more;
    }

    fn is_passed(&self) -> bool {
        self.why.is_empty()
    }

    /// What is wrong, and where first, on one line.
    fn reason(&self) -> String {
        let why: Vec<String> = self.why.iter().map(|why| printable(why)).collect();
        let at = self.differences.first().map(|it| printable(&it.at));
        match at {
            Some(at) => format!("{} at {at}", why.join("; ")),
            None => why.join("; "),
        }
    }

    fn words(&self, name_chars: usize) -> String {
        let state = if self.is_passed() { "passed" } else { "FAILED" };
        let mut line = format!("{state}  {:name_chars$}", printable(&self.name));
        if let Some(figures) = &self.figures {
            line.push_str(&figures.words());
        }
        if self.is_passed() {
            return line;
        }
        line.push_str(&format!("\n    {}", printable(&self.title)));
        for why in &self.why {
            line.push_str(&format!("\n    {}", printable(why)));
        }
        for it in &self.differences {
            let side = |value: &Option<String>| match value {
                Some(value) => printable(value),
                None => "nothing".to_owned(),
            };
            line.push_str(&format!(
                "\n    at {}\n      expected  {}\n      found     {}",
                printable(&it.at),
                side(&it.expected),
                side(&it.found)
            ));
        }
        if self.more > 0 {
            line.push_str(&format!("\n    and {} more differences", self.more));
        }
        line
    }

    fn json(&self) -> Value {
        let mut json = json!({
            "name": self.name,
            "title": self.title,
            "passed": self.is_passed(),
            "why": self.why,
            "differences": self.differences.iter().map(Difference::json).collect::<Vec<_>>(),
            "more_differences": self.more,
        });
        if let Some(it) = &self.figures {
            json["instructions"] = json!(it.instructions);
            json["micros"] = json!(it.micros);
            json["memory_bytes"] = json!(it.memory_bytes);
            json["answer_bytes"] = json!(it.answer_bytes);
            json["chart_calls"] = json!(it.chart_calls);
            json["read_bytes"] = json!(it.read_bytes);
        }
        json
    }
}

impl Figures {
    #[expect(
        clippy::cast_precision_loss,
        reason = "shown to a person with two digits"
    )]
    fn words(&self) -> String {
        let instructions = match self.instructions {
            Some(count) => format!("{:>10.2} M instructions", count as f64 / 1e6),
            None => "       instructions not counted".to_owned(),
        };
        format!(
            "  {instructions}  {:>8.2} ms  {:>7.2} MiB  {:>9} bytes",
            self.micros as f64 / 1e3,
            self.memory_bytes as f64 / (1024.0 * 1024.0),
            self.answer_bytes
        )
    }
}

/// What came of all cases.
#[derive(Debug)]
pub(crate) struct Report {
    id: String,
    version: String,
    digest: String,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Report {
    /// Of a release of which nothing was played yet.
    pub(crate) fn of(release: &Release) -> Self {
        Self {
            id: release.id.to_string(),
            version: release.version.clone(),
            digest: release.digest.to_string(),
            outcomes: Vec::new(),
        }
    }

    /// Whether every case passed.
    pub(crate) fn is_passed(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_passed)
    }

    /// The first case that did not pass, with what is wrong.
    pub(crate) fn first_failure(&self) -> Option<String> {
        let failed = self.outcomes.iter().find(|it| !it.is_passed())?;
        Some(format!(
            "golden case {}: {}",
            printable(&failed.name),
            failed.reason()
        ))
    }

    fn failed(&self) -> usize {
        let failed = self.outcomes.iter().filter(|it| !it.is_passed());
        failed.count()
    }

    /// For a person.
    pub(crate) fn words(&self) -> String {
        let mut words = format!("{} {} ({})", self.id, self.version, self.digest);
        if self.outcomes.is_empty() {
            words.push_str("\nit carries no golden cases");
            return words;
        }
        let chars = self.outcomes.iter().map(|it| it.name.chars().count()).max();
        for outcome in &self.outcomes {
            words.push('\n');
            words.push_str(&outcome.words(chars.unwrap_or_default()));
        }
        let failed = self.failed();
        words.push_str(&format!(
            "\n{} cases: {} passed, {failed} failed",
            self.outcomes.len(),
            self.outcomes.len() - failed
        ));
        words
    }

    /// For a program.
    pub(crate) fn json(&self) -> String {
        let failed = self.failed();
        json!({
            "id": self.id,
            "version": self.version,
            "digest": self.digest,
            "passed": self.outcomes.len() - failed,
            "failed": failed,
            "cases": self.outcomes.iter().map(Outcome::json).collect::<Vec<_>>(),
        })
        .to_string()
    }
}
