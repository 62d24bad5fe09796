//! Scores, what happened over time, small lines, and patients who wait.
//!
//! Times are given oldest first; the host decides which way they run.

use crate::Parameters;
use crate::screen::grid::{Column, Group, Point};
use crate::screen::kind::TableColumn;
use crate::screen::value::{Absent, Fact, Range, Tone, words};
use crate::screen::{Member, nodes, objects};

words! {
    /// How soon somebody is to be seen.
    Priority {
        /// At once.
        Emergency = "emergency",
        /// Before the others.
        Urgent = "urgent",
        /// Before long.
        Soon = "soon",
        /// In turn.
        Routine = "routine",
    }
}

nodes! {
    /// A score: exactly one of `value` and `absent`.
    "score" leaf Score(title: String) {
        /// The number, a decimal.
        value: String,
        /// Why there is none.
        absent: Absent,
        /// Id of the present band.
        band: String,
        /// The whole scale, lowest first.
        bands: Vec<ScoreBand>,
        /// What it is made of.
        components: Vec<ScorePart>,
        /// The value is the sum of the parts' points: the host refuses one that is not.
        adds_up: bool,
        /// When it was scored, FHIR dateTime.
        when: String,
        /// By whose rule.
        rule: String,
    }
    /// Observations over time: what was observed down, times across.
    "flowsheet" leaf Flowsheet(caption: String, columns: Vec<Column>, groups: Vec<Group>) {
        /// Where earlier columns are, in words that say how many.
        earlier: Way,
    }
    /// What happened when, given oldest first.
    "timeline" leaf Timeline(caption: String, items: Vec<Happened>) {
        /// What is said when there is nothing.
        empty: String,
    }
    /// Several patients who wait; `order` says in which order they are, `empty` what is said when nobody waits.
    "worklist" leaf Worklist(caption: String, order: String, columns: Vec<TableColumn>, rows: Vec<Waiting>, empty: String) {
        /// Where the next rows are.
        more: Way,
    }
    /// A small line of one test's numbers, given oldest first.
    "sparkline" leaf Sparkline(label: String, unit: String, points: Vec<Point>) {
        /// The reference range.
        range: Range,
    }
}

objects! {
    /// A band of a score; without `from` and `to` a rule alone puts a score into it.
    ScoreBand(id: String, label: String) {
        /// Lowest number in it, a decimal.
        from: String,
        /// Highest number in it, a decimal.
        to: String,
        /// What it means.
        tone: Tone,
    }
    /// A part of a score: exactly one of `points` and `absent`.
    ScorePart(label: String) {
        /// What was found.
        value: Fact,
        /// What it gives, a decimal.
        points: String,
        /// Why it is missing.
        absent: Absent,
        /// The most that it could give, where it is missing.
        most: String,
    }
    /// Something that happened; `when` is a FHIR dateTime.
    Happened(when: String, title: String) {
        /// What sort of event it is.
        label: String,
        /// More words.
        text: String,
        /// Who did it, by reference.
        by: String,
        /// What it means.
        tone: Tone,
        /// The resource it is in.
        resource: String,
    }
    /// A patient who waits, with one cell for each column.
    Waiting(patient: String, cells: Vec<Fact>) {
        /// How soon they are to be seen.
        priority: Priority,
        /// By when, FHIR dateTime.
        due: String,
        /// Where the patient's own screen is.
        link: Way,
    }
    /// Words that lead to a screen of the manifest.
    Way(text: String, screen: String) {}
}

impl Way {
    /// What the screen is opened with.
    #[must_use]
    pub fn parameters(mut self, parameters: &Parameters) -> Self {
        parameters.put("parameters", &mut self.0);
        self
    }
}

impl Happened {
    /// Where more is said of it.
    #[must_use]
    pub fn link(mut self, screen: &str, parameters: &Parameters) -> Self {
        let link = serde_json::json!({ "screen": screen, "parameters": parameters.to_json() });
        self.0.insert("link".into(), link);
        self
    }
}
