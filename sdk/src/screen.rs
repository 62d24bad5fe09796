//! Screens: a tree of nodes, written as the flat list of screen/1 that the host draws.
//!
//! Each kind of node has a type whose `new` takes what the schema requires and whose other functions add what it
//! allows, so that a screen made with it follows `wit/schemas/screen-1.json`; [`check`] looks at
//! what a schema cannot say.

use serde_json::{Map, Value, json};

mod chart;
pub mod check;
mod course;
mod flow;
mod grid;
mod input;
mod kind;
mod medicine;
mod value;

pub use chart::{
    Allowed, Axis, BandedChart, BandedRow, BandedTotal, BodyImage, BodyMap, Curve, CurveChart,
    LabourChart, Lane, LaneForm, LaneGroup, Mark, MarkShape, Measured, Observed, ObservedBand,
    Place, Reading, Stroke,
};
pub use course::{
    Flowsheet, Happened, Priority, Score, ScoreBand, ScorePart, Sparkline, Timeline, Waiting, Way,
    Worklist,
};
pub use flow::{Answered, CheckAnswers, Condition, Print, Step, StepState, TaskSteps};
pub use grid::{Band, Column, GridCell, GridRow, Group, Point, ResultGrid, Threshold, Trend};
pub use input::{
    ActionButton, AttestSign, Choice, Form, InputChecks, InputChoice, InputCoded, InputDate,
    InputDose, InputNhsNumber, InputNumber, InputText,
};
pub use kind::{
    ActorRef, Alert, AlertLevel, Card, ClinicalValue, CodedConcept, Columns, DateTime, Details,
    EmptyState, Heading, Inset, Link, List, Notification, Paragraph, PatientRef, Previous, Section,
    SummaryList, SummaryRow, Table, TableColumn, TableRow, Tabs, Tag, WarningCallout,
};
pub use medicine::{Allergy, AllergyLabel, AllergyList, Amount, Course, MedicationLine, Severity};
pub use value::{
    Absent, Coded, Comparator, Fact, Interpretation, Part, Quantity, Range, Status, Tone, Words,
};

/// A screen, screen/1.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    title: Option<String>,
    root: Node,
}

impl Screen {
    /// A screen of this node and what is below it; a [`Section`] as a rule.
    pub fn new(root: impl Into<Node>) -> Self {
        Self {
            title: None,
            root: root.into(),
        }
    }

    /// A title instead of the one in the manifest.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// As it crosses the contract. Nodes come in the order in which they are read.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.clone().into_json()
    }

    /// The same of a screen that is not needed any more, of which nothing is copied.
    #[must_use]
    pub fn into_json(self) -> Value {
        let mut nodes = Vec::new();
        self.root.flatten(&mut nodes);
        let mut screen = json!({ "screen": 1 });
        if let Some(title) = self.title {
            screen["title"] = Value::from(title);
        }
        screen["root"] = Value::from(0);
        screen["nodes"] = Value::Array(nodes);
        screen
    }
}

/// A node of any kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    members: Map<String, Value>,
    children: Option<Vec<Node>>,
}

impl Node {
    fn of(kind: &str) -> Self {
        let mut members = Map::new();
        members.insert("kind".into(), Value::from(kind));
        Self {
            members,
            children: None,
        }
    }

    fn parent(kind: &str) -> Self {
        Self {
            children: Some(Vec::new()),
            ..Self::of(kind)
        }
    }

    fn with(mut self, name: &'static str, member: impl Member) -> Self {
        self.members = with(self.members, name, member);
        self
    }

    fn add(&mut self, child: Node) {
        self.children.get_or_insert_default().push(child);
    }

    /// Plain words for a host that does not know the kind of this node.
    #[must_use]
    pub fn fallback(mut self, words: impl Into<String>) -> Self {
        self.members
            .insert("fallback".into(), Value::String(words.into()));
        self
    }

    fn flatten(self, nodes: &mut Vec<Value>) -> usize {
        let index = nodes.len();
        nodes.push(Value::Null);
        let mut members = self.members;
        if let Some(children) = self.children {
            let indexes: Vec<Value> = children
                .into_iter()
                .map(|child| Value::from(child.flatten(nodes)))
                .collect();
            members.insert("children".into(), Value::Array(indexes));
        }
        nodes[index] = Value::Object(members);
        index
    }
}

/// What a member of a node may be: how it is put into the node's object.
trait Member {
    fn value(self) -> Value;

    fn put(self, name: &str, members: &mut Map<String, Value>)
    where
        Self: Sized,
    {
        members.insert(name.into(), self.value());
    }
}

impl Member for String {
    fn value(self) -> Value {
        Value::String(self)
    }
}

impl Member for bool {
    fn value(self) -> Value {
        Value::Bool(self)
    }
}

impl Member for u32 {
    fn value(self) -> Value {
        Value::from(self)
    }
}

impl Member for &crate::Parameters {
    fn value(self) -> Value {
        self.to_json()
    }
}

impl<T: Member> Member for Vec<T> {
    fn value(self) -> Value {
        Value::Array(self.into_iter().map(Member::value).collect())
    }
}

/// Kinds of node: `new` with the required members, then one function for each optional one; `parent` adds children.
macro_rules! nodes {
    ($(
        $(#[$doc:meta])*
        $kind:literal $how:ident $name:ident($($need:ident: $needed:ty),* $(,)?) {
            $($(#[$option_doc:meta])* $option:ident: $optional:ty),* $(,)?
        }
    )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(crate::screen::Node);

        impl $name {
            /// With what this kind of node must have.
            #[must_use]
            pub fn new($($need: impl Into<$needed>),*) -> Self {
                let node = crate::screen::nodes!(@$how $kind);
                $(let node = node.with(stringify!($need), Into::<$needed>::into($need));)*
                Self(node)
            }

            $(
                $(#[$option_doc])*
                #[must_use]
                pub fn $option(self, $option: impl Into<$optional>) -> Self {
                    Self(self.0.with(stringify!($option), Into::<$optional>::into($option)))
                }
            )*

            crate::screen::nodes!(@children $how);
        }

        impl From<$name> for crate::screen::Node {
            fn from(it: $name) -> Self {
                it.0
            }
        }
    )* };
    (@leaf $kind:literal) => { crate::screen::Node::of($kind) };
    (@parent $kind:literal) => { crate::screen::Node::parent($kind) };
    (@children leaf) => {};
    (@children parent) => {
        /// With one more node below it.
        #[must_use]
        pub fn child(mut self, child: impl Into<crate::screen::Node>) -> Self {
            self.0.add(child.into());
            self
        }

        /// With more nodes below it.
        #[must_use]
        pub fn children<N: Into<crate::screen::Node>>(mut self, children: impl IntoIterator<Item = N>) -> Self {
            children.into_iter().for_each(|child| self.0.add(child.into()));
            self
        }
    };
}
use nodes;

/// Objects inside a node, in the same manner.
macro_rules! objects {
    ($(
        $(#[$doc:meta])*
        $name:ident($($need:ident: $needed:ty),* $(,)?) {
            $($(#[$option_doc:meta])* $option:ident: $optional:ty),* $(,)?
        }
    )*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(serde_json::Map<String, serde_json::Value>);

        impl $name {
            /// With what it must have.
            #[must_use]
            pub fn new($($need: impl Into<$needed>),*) -> Self {
                let members = serde_json::Map::new();
                $(let members = crate::screen::with(members, stringify!($need), Into::<$needed>::into($need));)*
                Self(members)
            }

            $(
                $(#[$option_doc])*
                #[must_use]
                pub fn $option(self, $option: impl Into<$optional>) -> Self {
                    Self(crate::screen::with(self.0, stringify!($option), Into::<$optional>::into($option)))
                }
            )*
        }

        impl crate::screen::Member for $name {
            fn value(self) -> serde_json::Value {
                serde_json::Value::Object(self.0)
            }
        }
    )* };
}
use objects;

fn with(
    mut members: Map<String, Value>,
    name: &'static str,
    member: impl Member,
) -> Map<String, Value> {
    member.put(written(name), &mut members);
    members
}

/// A name as it is written in the document: Rust keeps `new` for itself, and `words` writes its own names.
fn written(name: &'static str) -> &'static str {
    match name {
        "unacknowledged" => "new",
        name => name,
    }
}

#[cfg(test)]
mod tests;
