//! A search as a store carries it out: which index leads, and what else must hold.
//!
//! Invariant: a plan holds numbers and normalised text only; nothing a client wrote becomes part of a statement.

use fhir::query::Comparison;

/// A search, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// As of which commit.
    pub(crate) t: i64,
    /// The first number of the type that is looked for.
    pub(crate) r_low: i64,
    /// The number after its last.
    pub(crate) r_high: i64,
    /// Ways to match, whose answers are merged; a resource may match in several.
    pub(crate) arms: Vec<Arm>,
    /// In which order.
    pub(crate) order: Order,
    /// Only what comes behind this key.
    pub(crate) after: Option<(i64, i64)>,
    /// How many at most.
    pub(crate) n_max: u32,
}

/// The order of the answer: by a key of two numbers, the second of which is the resource's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By compartment and number.
    Place,
    /// By the commit that wrote the version.
    Updated {
        /// Newest first.
        descending: bool,
    },
    /// By a date; what has none is not in the answer.
    Date {
        /// Which.
        parameter: u32,
        /// Latest first.
        descending: bool,
    },
}

impl Order {
    /// Whether the greatest key comes first.
    pub(crate) fn descending(self) -> bool {
        match self {
            Self::Place => false,
            Self::Updated { descending } | Self::Date { descending, .. } => descending,
        }
    }
}

/// One way to match: everything in it must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Arm {
    /// Only in this patient's compartment.
    pub(crate) compartment: Option<i64>,
    /// Not in these patients' compartments.
    pub(crate) outside: Vec<i64>,
    /// What must hold, the most selective first.
    pub(crate) tests: Vec<Test>,
}

/// What must hold of a resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// It has (or has not) one of these terms.
    Term {
        /// By this parameter.
        parameter: u32,
        /// Any of these.
        any: Vec<Term>,
        /// Or rather none of them.
        not: bool,
    },
    /// It has one of these texts.
    Text {
        /// By this parameter.
        parameter: u32,
        /// Any of these.
        any: Vec<Text>,
    },
    /// It has a date that compares so.
    Date {
        /// By this parameter.
        parameter: u32,
        /// Any of these: comparison, first millisecond, millisecond after the last.
        any: Vec<(Comparison, i64, i64)>,
    },
    /// It has an amount that compares so.
    Amount {
        /// By this parameter.
        parameter: u32,
        /// Any of these.
        any: Vec<Amount>,
    },
    /// It has any value, or none.
    Missing {
        /// Of this parameter.
        parameter: u32,
        /// In this index.
        index: Index,
        /// Whether it must have none.
        missing: bool,
        /// Whether being in a compartment counts as a value unless a row says otherwise.
        implied: bool,
    },
    /// It refers to one of these patients; being in the compartment counts unless a row says otherwise.
    Patient {
        /// By this parameter.
        parameter: u32,
        /// The patients' numbers.
        any: Vec<i64>,
    },
    /// No row says that the reference is not to the patient of the compartment.
    Implied {
        /// By this parameter.
        parameter: u32,
    },
    /// All of these hold; also when there are none.
    All(Vec<Test>),
    /// One of these holds.
    Any(Vec<Test>),
    /// This does not hold.
    Not(Box<Test>),
    /// An index row says that it refers to one of these.
    Refers {
        /// By this parameter of its own.
        parameter: u32,
        /// To any of these.
        to: Vec<Inner>,
    },
    /// It is in the compartment of one of these patients.
    Within(Inner),
    /// One of these refers to it.
    Referred {
        /// By this parameter of theirs.
        parameter: u32,
        /// Whether being in a patient's compartment is a reference to the patient unless a row says otherwise.
        implied: bool,
        /// They.
        from: Inner,
        /// The first number of its own type, and the number after the last.
        own: (i64, i64),
    },
    /// Another resource in the same patient's compartment satisfies this.
    Beside(Beside),
    /// It is in the compartment of a patient who has not been deleted.
    PatientStands,
    /// It is in no patient's compartment.
    OfNobody,
    /// It is one of these.
    Number(Vec<i64>),
    /// Its version was written from one commit until before another.
    Updated(Vec<(i64, i64)>),
}

/// Resources that a test looks for in its turn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Inner {
    /// The first number of their type.
    pub(crate) r_low: i64,
    /// The number after its last.
    pub(crate) r_high: i64,
    /// Ways to match.
    pub(crate) arms: Vec<Arm>,
}

/// What another resource in the compartment, or the patient, satisfies.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Beside {
    /// The first number of its type.
    pub(crate) r_low: i64,
    /// The number after its last.
    pub(crate) r_high: i64,
    /// What is looked for first, by one index row of it.
    pub(crate) lead: Box<Test>,
    /// What must hold of it besides.
    pub(crate) tests: Vec<Test>,
}

/// A term to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// Its value; `None`: any of the system.
    pub(crate) value: Option<i64>,
    /// Its system; `None`: any, or none.
    pub(crate) system: Option<i64>,
}

/// A text to look for, normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// It begins so.
    Starts(String),
    /// It is so.
    Is(String),
    /// It holds this.
    Contains(String),
    /// It ends so.
    Ends(String),
}

/// An amount to look for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount {
    /// How it is compared.
    pub(crate) comparison: Comparison,
    /// Least.
    pub(crate) low: f64,
    /// Greatest.
    pub(crate) high: f64,
    /// Hash of the unit's system, if it matters.
    pub(crate) system: Option<i64>,
    /// Hash of its code, if it matters; without a system the unit as people read it does as well.
    pub(crate) code: Option<i64>,
}

/// The four index tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    /// Tokens, URIs and references.
    Term,
    /// Texts.
    Text,
    /// Dates.
    Date,
    /// Numbers and quantities.
    Amount,
}
