//! The parameters of every type, read once from the generated table.
//!
//! Invariant: the parameters of one type lie in the order of their names.

use std::str::FromStr;
use std::sync::LazyLock;

use super::{Component, Kept, Kind, ParameterCode, SearchParameter};
use crate::path::Expression;
use crate::resource::ResourceType;

pub(super) const TEXT: &str = include_str!("../../definitions/search_parameters.tsv");

struct Table {
    by_type: Vec<Vec<SearchParameter>>,
    /// Place in `by_type` of each code, in order of the codes.
    by_code: Vec<(ParameterCode, (usize, usize))>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| read(TEXT));

/// The parameters of one type, by name.
pub(super) fn of(resource_type: ResourceType) -> &'static [SearchParameter] {
    TABLE
        .by_type
        .get(usize::from(resource_type.number()))
        .map_or(&[], Vec::as_slice)
}

/// The parameter with that code.
pub(super) fn by_code(code: ParameterCode) -> Option<&'static SearchParameter> {
    let at = TABLE
        .by_code
        .binary_search_by_key(&code, |(code, _)| *code)
        .ok()?;
    let (of_type, place) = TABLE.by_code.get(at)?.1;
    TABLE.by_type.get(of_type)?.get(place)
}

fn read(text: &'static str) -> Table {
    let mut by_type: Vec<Vec<SearchParameter>> = ResourceType::all().map(|_| Vec::new()).collect();
    for line in text.lines().filter_map(Line::split) {
        match line.resource_type {
            Some(resource_type) => by_type[usize::from(resource_type.number())]
                .push(line.parameter(resource_type, line.code)),
            None => {
                for resource_type in ResourceType::all() {
                    let code = line.code + resource_type.number();
                    by_type[usize::from(resource_type.number())]
                        .push(line.parameter(resource_type, code));
                }
            }
        }
    }
    let mut by_code = Vec::new();
    for (of_type, parameters) in by_type.iter_mut().enumerate() {
        parameters.sort_by_key(|parameter| parameter.name);
        by_code.extend(
            parameters
                .iter()
                .enumerate()
                .map(|(place, parameter)| (parameter.code, (of_type, place))),
        );
    }
    by_code.sort_unstable_by_key(|(code, _)| *code);
    Table { by_type, by_code }
}

/// One line of the table, cut at its tabs. A test proves that every line that is not retired can be read.
pub(super) struct Line {
    code: u16,
    resource_type: Option<ResourceType>,
    name: &'static str,
    kind: Kind,
    expression: Option<Expression>,
    starts: Box<[Box<str>]>,
    targets: &'static str,
    components: &'static str,
}

impl Line {
    pub(super) fn split(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        let (code, resource_type, name, kind) = (
            next()?.parse().ok()?,
            next()?,
            next()?,
            kind_named(next()?)?,
        );
        let resource_type = match resource_type {
            "*" => None,
            named => Some(ResourceType::from_str(named).ok()?),
        };
        let (expression, targets, components) = (next()?, next()?, next()?);
        let expression = Expression::parse(expression).ok();
        let starts = expression
            .as_ref()
            .and_then(Expression::starts)
            .unwrap_or_default();
        Some(Self {
            code,
            resource_type,
            name,
            kind,
            expression,
            starts,
            targets,
            components,
        })
    }

    fn parameter(&self, resource_type: ResourceType, code: u16) -> SearchParameter {
        let kept = match (self.name, self.kind) {
            ("_id" | "_lastUpdated", _) => Kept::Row,
            ("_text" | "_content", _) | (_, Kind::Composite | Kind::Special) => Kept::Body,
            _ if self.expression.is_none() => Kept::Nowhere,
            _ => Kept::Index,
        };
        SearchParameter {
            code: ParameterCode(u32::from(code)),
            resource_type,
            name: self.name,
            kind: self.kind,
            kept,
            targets: self.targets(),
            expression: self.expression.clone(),
            components: self.components(),
            starts: self.starts.clone(),
        }
    }

    /// `A,B`, or `!A,B` for every type but these. Where nothing is said, every type.
    fn targets(&self) -> Box<[ResourceType]> {
        if self.kind != Kind::Reference {
            return Box::default();
        }
        match self.targets.strip_prefix('!') {
            Some(without) => ResourceType::all()
                .filter(|t| without.split(',').all(|name| name != t.as_str()))
                .collect(),
            None if self.targets.is_empty() => ResourceType::all().collect(),
            None => self
                .targets
                .split(',')
                .filter_map(|name| name.parse().ok())
                .collect(),
        }
    }

    /// `name=expression;name=expression`
    fn components(&self) -> Box<[Component]> {
        let parts = self
            .components
            .split(';')
            .filter_map(|part| part.split_once('='));
        parts
            .filter_map(|(name, text)| {
                Some(Component {
                    name,
                    expression: Expression::parse(text).ok()?,
                })
            })
            .collect()
    }
}

pub(super) fn kind_named(name: &str) -> Option<Kind> {
    Some(match name {
        "number" => Kind::Number,
        "date" => Kind::Date,
        "string" => Kind::String,
        "token" => Kind::Token,
        "reference" => Kind::Reference,
        "composite" => Kind::Composite,
        "quantity" => Kind::Quantity,
        "uri" => Kind::Uri,
        "special" => Kind::Special,
        // `retired`: a number that is not given out again.
        _ => return None,
    })
}
