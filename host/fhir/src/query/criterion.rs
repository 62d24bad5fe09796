//! Conditions that reach further than one parameter of the resource itself: chains, `_has`, lists, filters.
//!
//! Invariant: a criterion names the type of everything that it reaches, so that who may not read a type cannot search
//! through it.

use super::{Clause, Modifier};
use crate::resource::{Id, ResourceType};
use crate::search_parameter::SearchParameter;

/// A condition on a resource, as a tree.
#[derive(Clone, Debug)]
pub enum Criterion {
    /// A parameter of the resource itself.
    Clause(Clause),
    /// All of them hold; also when there are none.
    All(Vec<Criterion>),
    /// One of them holds.
    Any(Vec<Criterion>),
    /// It does not hold.
    Not(Box<Criterion>),
    /// The resource refers to one that satisfies one of these: `subject:Patient.name=…`.
    Refers {
        /// By this parameter of its own.
        by: &'static SearchParameter,
        /// One for each type that is meant; never empty.
        to: Vec<Nested>,
    },
    /// A resource that satisfies this refers to it: `_has:Observation:patient:code=…`.
    Referred {
        /// By this parameter of the other's.
        by: &'static SearchParameter,
        /// What the other one satisfies.
        from: Nested,
    },
    /// It is an entry of one of these Lists.
    Listed(Vec<Id>),
}

/// What another resource must satisfy.
#[derive(Clone, Debug)]
pub struct Nested {
    /// Its type.
    pub resource_type: ResourceType,
    /// The condition on it.
    pub criterion: Box<Criterion>,
}

impl Criterion {
    /// Calls `f` with every other type that the condition looks into.
    pub fn each_type(&self, f: &mut dyn FnMut(ResourceType)) {
        match self {
            Self::Clause(_) => {}
            Self::All(of) | Self::Any(of) => of.iter().for_each(|one| one.each_type(f)),
            Self::Not(of) => of.each_type(f),
            Self::Refers { to, .. } => {
                for nested in to {
                    f(nested.resource_type);
                    nested.criterion.each_type(f);
                }
            }
            Self::Referred { from, .. } => {
                f(from.resource_type);
                from.criterion.each_type(f);
            }
            Self::Listed(_) => f(ResourceType::LIST),
        }
    }

    /// Calls `f` with every clause, however deep, and the type whose parameter it is.
    pub fn each_clause<'c>(
        &'c self,
        of: ResourceType,
        f: &mut dyn FnMut(ResourceType, &'c Clause),
    ) {
        match self {
            Self::Clause(clause) => f(of, clause),
            Self::All(all) | Self::Any(all) => all.iter().for_each(|one| one.each_clause(of, f)),
            Self::Not(one) => one.each_clause(of, f),
            Self::Refers { to, .. } => {
                for nested in to {
                    nested.criterion.each_clause(nested.resource_type, f);
                }
            }
            Self::Referred { from, .. } => from.criterion.each_clause(from.resource_type, f),
            Self::Listed(_) => {}
        }
    }

    /// Calls `f` with every parameter that it goes by, however deep.
    pub(super) fn each_parameter(&self, f: &mut dyn FnMut(&'static SearchParameter)) {
        match self {
            Self::Clause(clause) => f(clause.parameter),
            Self::All(of) | Self::Any(of) => of.iter().for_each(|one| one.each_parameter(f)),
            Self::Not(of) => of.each_parameter(f),
            Self::Refers { by, to } => {
                f(by);
                for nested in to {
                    nested.criterion.each_parameter(f);
                }
            }
            Self::Referred { by, from } => {
                f(by);
                from.criterion.each_parameter(f);
            }
            Self::Listed(_) => {}
        }
    }

    /// How many conditions it comes to.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Clause(_) | Self::Listed(_) => 1,
            Self::All(of) | Self::Any(of) => of.iter().map(Self::size).sum(),
            Self::Not(of) => of.size(),
            Self::Refers { to, .. } => to.iter().map(|nested| 1 + nested.criterion.size()).sum(),
            Self::Referred { from, .. } => 1 + from.criterion.size(),
        }
    }

    /// Without the branches that look into a type that is not allowed. The error: a type that it needs and that is not
    /// allowed. A branch is dropped only where another type would do as well.
    pub fn only(&self, allowed: &dyn Fn(ResourceType) -> bool) -> Result<Self, ResourceType> {
        let each = |of: &[Self]| {
            of.iter()
                .map(|one| one.only(allowed))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match self {
            Self::Clause(_) => self.clone(),
            Self::All(of) => Self::All(each(of)?),
            Self::Any(of) => Self::Any(each(of)?),
            Self::Not(of) => Self::Not(Box::new(of.only(allowed)?)),
            Self::Refers { by, to } => {
                let mut kept = Vec::with_capacity(to.len());
                let mut refused = None;
                for nested in to {
                    match nested.only(allowed) {
                        Ok(nested) => kept.push(nested),
                        Err(of) => refused = Some(of),
                    }
                }
                match refused {
                    Some(of) if kept.is_empty() => return Err(of),
                    Some(_) | None => Self::Refers { by, to: kept },
                }
            }
            Self::Referred { by, from } => Self::Referred {
                by,
                from: from.only(allowed)?,
            },
            Self::Listed(_) if !allowed(ResourceType::LIST) => return Err(ResourceType::LIST),
            Self::Listed(_) => self.clone(),
        })
    }
}

impl Nested {
    fn only(&self, allowed: &dyn Fn(ResourceType) -> bool) -> Result<Self, ResourceType> {
        if !allowed(self.resource_type) {
            return Err(self.resource_type);
        }
        Ok(Self {
            resource_type: self.resource_type,
            criterion: Box::new(self.criterion.only(allowed)?),
        })
    }
}

impl Clause {
    /// Whether what it asks depends on code systems and value sets.
    pub fn needs_terminology(&self) -> bool {
        let is_token = self.parameter.kind == crate::search_parameter::Kind::Token;
        match self.modifier {
            Some(Modifier::In | Modifier::NotIn) => true,
            Some(Modifier::Above | Modifier::Below) => is_token,
            Some(
                Modifier::Missing
                | Modifier::Exact
                | Modifier::Contains
                | Modifier::Not
                | Modifier::Text
                | Modifier::OfType
                | Modifier::Identifier
                | Modifier::Whole
                | Modifier::Ends,
            )
            | None => false,
        }
    }
}
