//! From a ViewDefinition's JSON to a compiled view.
//!
//! Invariant: what is not understood is refused with its place; no member of a selection is passed over.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{COLUMNS_MAX, Cell, Column, DEPTH_MAX, Foci, Select, View, ViewError};
use crate::path::{Constant, Expression};
use crate::resource::ResourceType;

/// Constants and filters of one view.
const PARTS_MAX: usize = 100;

/// The members of a selection that decide about its rows.
const SELECT: [&str; 6] = [
    "column",
    "select",
    "forEach",
    "forEachOrNull",
    "repeat",
    "unionAll",
];
/// The members of a column.
const COLUMN: [&str; 6] = ["path", "name", "description", "collection", "type", "tag"];
/// What every element of FHIR may have.
const ELEMENT: [&str; 3] = ["id", "extension", "modifierExtension"];

type Object = Map<String, Value>;

/// What a path may name with `%`.
struct Known {
    constants: Vec<(String, Constant)>,
}

/// Compiles a whole document.
pub(super) fn view(document: &Value) -> Result<View, ViewError> {
    let at = "ViewDefinition";
    let document = object(document, at)?;
    if let Some(kind) = text(document, "resourceType", at)?
        && kind != "ViewDefinition"
    {
        return Err(wrong(at, format!("it is a {kind}, not a ViewDefinition")));
    }
    let Some(of) = text(document, "resource", at)? else {
        return Err(wrong(
            at,
            "`resource` is missing: write the type of which it makes rows, for example Observation",
        ));
    };
    let resource_type: ResourceType = of.parse().map_err(|_| {
        wrong(
            &format!("{at}.resource"),
            format!("{of} is no type of FHIR R4"),
        )
    })?;
    let known = constants(document, at)?;
    let mut filters = Vec::new();
    for (filter, at) in list(document, "where", at)? {
        let filter = object(filter, &at)?;
        filters.push(known.needed(filter, "path", &at)?);
    }
    let mut columns = Vec::new();
    let mut selects = Vec::new();
    let each = list(document, "select", at)?;
    if each.is_empty() {
        return Err(wrong(
            at,
            "`select` is missing: write what its rows are made of",
        ));
    }
    for (one, at) in each {
        selects.push(select(&known, one, &at, 0, &mut columns)?);
    }
    distinct(&columns, at)?;
    Ok(View {
        resource_type,
        name: text(document, "name", at)?.map(str::to_owned),
        columns,
        filters,
        selects,
    })
}

fn distinct(columns: &[Column], at: &str) -> Result<(), ViewError> {
    if columns.len() > COLUMNS_MAX {
        return Err(wrong(at, format!("it has more than {COLUMNS_MAX} columns")));
    }
    let mut seen = HashSet::new();
    match columns
        .iter()
        .find(|column| !seen.insert(column.name.as_str()))
    {
        Some(twice) => Err(wrong(
            at,
            format!("two columns are called `{}`", twice.name),
        )),
        None => Ok(()),
    }
}

/// Compiles a selection, and adds what columns it has.
fn select(
    known: &Known,
    document: &Value,
    at: &str,
    depth: usize,
    columns: &mut Vec<Column>,
) -> Result<Select, ViewError> {
    if depth > DEPTH_MAX {
        return Err(wrong(
            at,
            format!("selections lie in each other more than {DEPTH_MAX} deep"),
        ));
    }
    let document = object(document, at)?;
    only(document, &SELECT, at)?;
    let before = columns.len();
    let foci = foci(known, document, at)?;
    let mut cells = Vec::new();
    for (one, at) in list(document, "column", at)? {
        let (column, cell) = column(known, one, &at)?;
        columns.push(column);
        cells.push(cell);
    }
    let mut selects = Vec::new();
    for (one, at) in list(document, "select", at)? {
        selects.push(select(known, one, &at, depth + 1, columns)?);
    }
    let mut union = Vec::new();
    let mut same: Option<Vec<Column>> = None;
    for (one, at) in list(document, "unionAll", at)? {
        let mut its = Vec::new();
        union.push(select(known, one, &at, depth + 1, &mut its)?);
        alike(same.get_or_insert_with(|| its.clone()), &its, &at)?;
    }
    columns.extend(same.unwrap_or_default());
    if columns.len() == before {
        return Err(wrong(
            at,
            "it has no column: write `column`, `select` or `unionAll`",
        ));
    }
    Ok(Select {
        foci,
        cells,
        selects,
        union,
        width: columns.len() - before,
    })
}

/// Refuses a branch whose columns are not those of the first.
fn alike(first: &[Column], its: &[Column], at: &str) -> Result<(), ViewError> {
    let names = |columns: &[Column]| {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    };
    let same = |(one, other): (&Column, &Column)| {
        one.name == other.name && one.is_collection == other.is_collection
    };
    if first.len() == its.len() && first.iter().zip(its).all(same) {
        return Ok(());
    }
    let what = format!(
        "the branches of a union have the same columns in the same order: the first has ({}), this one ({})",
        names(first),
        names(its)
    );
    Err(wrong(at, what))
}

fn foci(known: &Known, document: &Object, at: &str) -> Result<Foci, ViewError> {
    let kinds = ["forEach", "forEachOrNull", "repeat"];
    let there: Vec<&str> = kinds
        .into_iter()
        .filter(|kind| document.contains_key(*kind))
        .collect();
    match there.as_slice() {
        [] => Ok(Foci::This),
        ["forEach"] => Ok(Foci::Each(known.needed(document, "forEach", at)?)),
        ["forEachOrNull"] => Ok(Foci::EachOrNull(known.needed(
            document,
            "forEachOrNull",
            at,
        )?)),
        ["repeat"] => {
            let each = list(document, "repeat", at)?.into_iter();
            let paths = each.map(|(path, at)| {
                let path = path
                    .as_str()
                    .ok_or_else(|| wrong(&at, "write a path as text"))?;
                known.path(path, &at)
            });
            Ok(Foci::Repeat(paths.collect::<Result<_, _>>()?))
        }
        several => Err(wrong(at, format!("write one of {}", several.join(" and ")))),
    }
}

fn column(known: &Known, document: &Value, at: &str) -> Result<(Column, Cell), ViewError> {
    let document = object(document, at)?;
    only(document, &COLUMN, at)?;
    let name = text(document, "name", at)?.ok_or_else(|| wrong(at, "`name` is missing"))?;
    let mut letters = name.chars();
    let starts = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    if !starts || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let what = "write a letter, then letters, digits and underscores";
        return Err(wrong(&format!("{at}.name"), what));
    }
    let is_collection = match document.get("collection") {
        None => false,
        Some(Value::Bool(value)) => *value,
        Some(_) => return Err(wrong(&format!("{at}.collection"), "write true or false")),
    };
    let cell = Cell {
        name: name.to_owned(),
        path: known.needed(document, "path", at)?,
        is_collection,
    };
    let column = Column {
        name: name.to_owned(),
        kind: text(document, "type", at)?.map(str::to_owned),
        is_collection,
        description: text(document, "description", at)?.map(str::to_owned),
    };
    Ok((column, cell))
}

fn constants(document: &Object, at: &str) -> Result<Known, ViewError> {
    let mut constants = Vec::new();
    for (one, at) in list(document, "constant", at)? {
        let one = object(one, &at)?;
        let name = text(one, "name", &at)?.ok_or_else(|| wrong(&at, "`name` is missing"))?;
        let mut values = one.iter().filter_map(|(member, value)| {
            let kind = member.strip_prefix("value")?;
            Some((member, kind, value))
        });
        let (Some((member, kind, value)), None) = (values.next(), values.next()) else {
            return Err(wrong(
                &at,
                format!("write one value for `{name}`, for example valueString"),
            ));
        };
        let constant =
            Constant::of(kind, value).map_err(|why| wrong(&format!("{at}.{member}"), why))?;
        constants.push((name.to_owned(), constant));
    }
    Ok(Known { constants })
}

impl Known {
    /// The path in a member that must be there.
    fn needed(&self, document: &Object, member: &str, at: &str) -> Result<Expression, ViewError> {
        let path = text(document, member, at)?;
        let path = path.ok_or_else(|| wrong(at, format!("`{member}` is missing")))?;
        self.path(path, &format!("{at}.{member}"))
    }

    fn path(&self, text: &str, at: &str) -> Result<Expression, ViewError> {
        Expression::parse_with(text, &self.constants).map_err(|why| wrong(at, why.to_string()))
    }
}

/// The members of a list with the place of each; nothing where there is no list.
fn list<'d>(
    document: &'d Object,
    member: &str,
    at: &str,
) -> Result<Vec<(&'d Value, String)>, ViewError> {
    let at = format!("{at}.{member}");
    match document.get(member) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() <= PARTS_MAX.max(COLUMNS_MAX) => Ok(items
            .iter()
            .enumerate()
            .map(|(index, item)| (item, format!("{at}[{index}]")))
            .collect()),
        Some(Value::Array(_)) => Err(wrong(&at, "it is too long")),
        Some(_) => Err(wrong(&at, "write a list")),
    }
}

/// Refuses a member that is none of these: misspelt, it would change what the rows are.
fn only(document: &Object, members: &[&str], at: &str) -> Result<(), ViewError> {
    let known = |name: &str| members.contains(&name) || ELEMENT.contains(&name);
    match document
        .keys()
        .find(|name| !known(name) && !name.starts_with('_'))
    {
        Some(name) => {
            let name: String = name.chars().take(64).collect();
            Err(wrong(
                at,
                format!(
                    "`{name}` has no meaning here; known are {}",
                    members.join(", ")
                ),
            ))
        }
        None => Ok(()),
    }
}

fn object<'d>(value: &'d Value, at: &str) -> Result<&'d Object, ViewError> {
    value
        .as_object()
        .ok_or_else(|| wrong(at, "write an object"))
}

fn text<'d>(document: &'d Object, member: &str, at: &str) -> Result<Option<&'d str>, ViewError> {
    match document.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(&format!("{at}.{member}"), "write a text")),
    }
}

fn wrong(at: &str, what: impl Into<String>) -> ViewError {
    ViewError {
        at: at.to_owned(),
        what: what.into(),
    }
}
