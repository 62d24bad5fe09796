//! The rows that a view makes of a written chart: its search, its selections, and what is asked of its columns.
//!
//! It makes what the host makes, or says what it does not know.

use std::cmp::Ordering;

use serde_json::Value;

use super::path::Path;
use super::{each, search};
use crate::{Failure, ViewQuery};

/// Rows when the question does not say, as in the host.
const COUNT: usize = 100;

/// Rows with the columns that they have.
pub(super) struct Made {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
    pub(super) more: bool,
}

/// A view, read.
struct View {
    of: String,
    filters: Vec<Path>,
    selects: Vec<Select>,
    /// Name and type of each column.
    columns: Vec<(String, String)>,
}

/// A selection of it.
struct Select {
    /// From what it makes rows, and whether also from nothing.
    each: Option<(Path, bool)>,
    cells: Vec<Cell>,
    selects: Vec<Select>,
    union: Vec<Select>,
    /// How many columns all of it has.
    width: usize,
}

struct Cell {
    name: String,
    path: Path,
    is_collection: bool,
}

/// The answer of `chart.rows` over these resources.
pub(super) fn answer(
    declared: &Value,
    query: &ViewQuery,
    resources: &[&Value],
) -> Result<Made, Failure> {
    let view = View::read(declared.get("view").unwrap_or(&Value::Null))?;
    let asked = query.to_json();
    let number = |name: &str, none: usize| {
        let given = asked.get(name).and_then(Value::as_u64);
        given.map_or(none, |it| usize::try_from(it).unwrap_or(usize::MAX))
    };
    let (offset, count) = (number("offset", 0), number("count", COUNT));
    let reads_all = each(&asked, "where")
        .chain(each(&asked, "order"))
        .next()
        .is_some();
    let enough = match reads_all {
        true => usize::MAX,
        false => offset.saturating_add(count).saturating_add(1),
    };
    let mut rows = Vec::new();
    for resource in found(declared, &view.of, &asked, resources)? {
        if rows.len() >= enough {
            break;
        }
        rows.append(&mut view.rows(&resource)?);
    }
    view.choose(&asked, &mut rows)?;
    let rows: Vec<_> = rows.into_iter().skip(offset).collect();
    let more = rows.len() > count;
    Ok(Made {
        columns: view.columns.into_iter().map(|(name, _)| name).collect(),
        rows: rows.into_iter().take(count).collect(),
        more,
    })
}

/// What the search finds, by what the manifest says that it may be found by.
fn found(
    declared: &Value,
    of: &str,
    asked: &Value,
    resources: &[&Value],
) -> Result<Vec<Value>, Failure> {
    let written = text(asked, "search");
    let pairs = written.split('&').filter(|pair| !pair.is_empty());
    let names = pairs.flat_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "_sort" => value
                .split(',')
                .map(|it| it.trim_start_matches('-'))
                .collect(),
            name => vec![name.split(':').next().unwrap_or(name)],
        }
    });
    for name in names {
        if !each(declared, "search").any(|known| known.as_str() == Some(name)) {
            let what = format!("the view is not found by `{name}`; add it to its `search`");
            return Err(Failure::new("not-granted", what));
        }
    }
    let mut next = Some(format!("{of}?{written}&_count=1000"));
    let mut all = Vec::new();
    while let Some(query) = next {
        let page = search::Query::parse(&query)?.page(resources)?;
        all.extend(page.resources);
        next = page.next;
    }
    Ok(all)
}

impl View {
    fn read(document: &Value) -> Result<Self, Failure> {
        let filters = each(document, "where").map(|it| path(it, "path"));
        let filters = filters.collect::<Result<_, _>>()?;
        let mut columns = Vec::new();
        let mut selects = Vec::new();
        for select in each(document, "select") {
            selects.push(Select::read(select, &mut columns)?);
        }
        Ok(Self {
            of: text(document, "resource").to_owned(),
            filters,
            selects,
            columns,
        })
    }

    fn rows(&self, resource: &Value) -> Result<Vec<Vec<Value>>, Failure> {
        let holds = |filter: &Path| filter.find(resource) == [Value::Bool(true)];
        if !self.filters.iter().all(holds) {
            return Ok(Vec::new());
        }
        let mut rows = vec![Vec::new()];
        for select in &self.selects {
            rows = beside(&rows, &select.rows(resource)?);
        }
        Ok(rows)
    }

    /// Leaves the rows that meet the conditions on columns, in the order asked for.
    fn choose(&self, asked: &Value, rows: &mut Vec<Vec<Value>>) -> Result<(), Failure> {
        for condition in each(asked, "where") {
            let (at, is_moment) = self.column(condition)?;
            rows.retain(|row| holds(condition, &row[at], is_moment));
        }
        let orders: Vec<&Value> = each(asked, "order").collect();
        for by in orders.into_iter().rev() {
            let (at, is_moment) = self.column(by)?;
            let descending = by.get("descending") == Some(&Value::Bool(true));
            rows.sort_by(|one, other| in_order(&one[at], &other[at], is_moment, descending));
        }
        Ok(())
    }

    /// The place of the column that is named, and whether it holds moments.
    fn column(&self, by: &Value) -> Result<(usize, bool), Failure> {
        let name = text(by, "column");
        let found = self.columns.iter().enumerate();
        let mut found = found.filter(|(_, (known, _))| known == name);
        let (at, (_, kind)) = found
            .next()
            .ok_or_else(|| Failure::invalid(format!("the view has no column `{name}`")))?;
        let is_moment = matches!(kind.as_str(), "date" | "dateTime" | "instant");
        Ok((at, is_moment))
    }
}

impl Select {
    /// Reads a selection, and adds what columns it has.
    fn read(document: &Value, columns: &mut Vec<(String, String)>) -> Result<Self, Failure> {
        if document.get("repeat").is_some() {
            return Err(Failure::invalid(
                "the bedside does not know `repeat`; write the rows with `Bedside::rows`",
            ));
        }
        let before = columns.len();
        let each_of = match (document.get("forEach"), document.get("forEachOrNull")) {
            (Some(_), _) => Some((path(document, "forEach")?, false)),
            (None, Some(_)) => Some((path(document, "forEachOrNull")?, true)),
            (None, None) => None,
        };
        let mut cells = Vec::new();
        for column in each(document, "column") {
            let name = text(column, "name").to_owned();
            columns.push((name.clone(), text(column, "type").to_owned()));
            cells.push(Cell {
                name,
                path: path(column, "path")?,
                is_collection: column.get("collection") == Some(&Value::Bool(true)),
            });
        }
        let mut selects = Vec::new();
        for inner in each(document, "select") {
            selects.push(Self::read(inner, columns)?);
        }
        let mut union = Vec::new();
        let mut of_first = None;
        for branch in each(document, "unionAll") {
            let mut its = Vec::new();
            union.push(Self::read(branch, &mut its)?);
            of_first.get_or_insert(its);
        }
        columns.extend(of_first.unwrap_or_default());
        Ok(Self {
            each: each_of,
            cells,
            selects,
            union,
            width: columns.len() - before,
        })
    }

    fn rows(&self, here: &Value) -> Result<Vec<Vec<Value>>, Failure> {
        let Some((path, or_null)) = &self.each else {
            return self.of_one(here);
        };
        let found = path.find(here);
        if found.is_empty() && *or_null {
            return Ok(vec![vec![Value::Null; self.width]]);
        }
        let mut rows = Vec::new();
        for focus in &found {
            rows.append(&mut self.of_one(focus)?);
        }
        Ok(rows)
    }

    fn of_one(&self, focus: &Value) -> Result<Vec<Vec<Value>>, Failure> {
        let cells = self.cells.iter().map(|cell| cell.find(focus));
        let mut rows = vec![cells.collect::<Result<Vec<_>, _>>()?];
        for inner in &self.selects {
            rows = beside(&rows, &inner.rows(focus)?);
        }
        if self.union.is_empty() {
            return Ok(rows);
        }
        let mut branches = Vec::new();
        for branch in &self.union {
            branches.append(&mut branch.rows(focus)?);
        }
        Ok(beside(&rows, &branches))
    }
}

impl Cell {
    fn find(&self, focus: &Value) -> Result<Value, Failure> {
        let mut found = self.path.find(focus);
        let refused = |what: String| {
            Err(Failure::invalid(format!(
                "the column `{}` {what}",
                self.name
            )))
        };
        if found.iter().any(|it| it.is_object() || it.is_array()) {
            return refused("finds what is no value".to_owned());
        }
        match found.len() {
            _ if self.is_collection => Ok(found.into()),
            0 => Ok(Value::Null),
            1 => Ok(found.remove(0)),
            many => refused(format!("takes one value and found {many}")),
        }
    }
}

fn path(of: &Value, member: &str) -> Result<Path, Failure> {
    Path::parse(text(of, member))
}

fn text<'v>(of: &'v Value, member: &str) -> &'v str {
    of.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn beside(rows: &[Vec<Value>], more: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let pairs = rows
        .iter()
        .flat_map(|row| more.iter().map(move |other| (row, other)));
    pairs
        .map(|(row, other)| row.iter().chain(other).cloned().collect())
        .collect()
}

fn holds(condition: &Value, cell: &Value, is_moment: bool) -> bool {
    let is_absent = condition.get("absent") == Some(&Value::Bool(true));
    if cell.is_null() || is_absent {
        return cell.is_null() && is_absent;
    }
    let to = |name: &str| {
        let wanted = condition.get(name)?;
        Some(compared(cell, wanted, is_moment))
    };
    let mut among = each(condition, "in");
    let is = |wanted: &Value| compared(cell, wanted, is_moment).is_eq();
    let is_among = condition.get("in").is_none() || among.any(is);
    is_among && to("from").is_none_or(Ordering::is_ge) && to("until").is_none_or(Ordering::is_lt)
}

fn in_order(one: &Value, other: &Value, is_moment: bool, descending: bool) -> Ordering {
    match (one.is_null(), other.is_null()) {
        (true, true) => Ordering::Equal,
        // What has no value comes last either way.
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if descending => compared(other, one, is_moment),
        (false, false) => compared(one, other, is_moment),
    }
}

fn compared(one: &Value, other: &Value, is_moment: bool) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let order = one.as_f64().partial_cmp(&other.as_f64());
            order.unwrap_or(Ordering::Equal)
        }
        (Value::String(one), Value::String(other)) if is_moment => {
            search::moment(one).cmp(&search::moment(other))
        }
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (one, other) => one.to_string().cmp(&other.to_string()),
    }
}
