//! The operators between two steps, and how strongly each binds.
//!
//! Invariant: every operator stands in exactly one level.

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Multiply,
    Divide,
    WholeDivide,
    Remainder,
    Add,
    Subtract,
    Concatenate,
    Union,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    In,
    Contains,
    And,
    Or,
    Xor,
    Implies,
}

/// The operators from those that bind least to those that bind most.
pub(super) const LEVELS: [&[(&str, Operator)]; 10] = [
    &[("implies", Operator::Implies)],
    &[("or", Operator::Or), ("xor", Operator::Xor)],
    &[("and", Operator::And)],
    &[("in", Operator::In), ("contains", Operator::Contains)],
    &[
        ("=", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("~", Operator::Equivalent),
        ("!~", Operator::NotEquivalent),
    ],
    &[
        (">", Operator::Greater),
        ("<", Operator::Less),
        (">=", Operator::GreaterOrEqual),
        ("<=", Operator::LessOrEqual),
    ],
    &[("|", Operator::Union)],
    // `is` and `as`, which take a type.
    &[],
    &[
        ("+", Operator::Add),
        ("-", Operator::Subtract),
        ("&", Operator::Concatenate),
    ],
    &[
        ("*", Operator::Multiply),
        ("/", Operator::Divide),
        ("div", Operator::WholeDivide),
        ("mod", Operator::Remainder),
    ],
];
/// The place of `is` and `as` among them.
pub(super) const TYPE_LEVEL: usize = 7;
