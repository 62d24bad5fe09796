//! A plan as a SELECT that both databases understand.
//!
//! Invariant: values are bound, never written into the text; only numbers of parameters and tables are.

use std::fmt::Write;

use fhir::query::Comparison;

use crate::store::plan::{Amount, Arm, Index, Order, Plan, Term, Test, Text};
use crate::store::row::{DELETED, seq_of};

/// The value of a term row that says: the reference is not to the patient of the compartment.
pub(crate) const NOT_IMPLIED: i64 = 0;

/// The key of an order that is by number alone.
const NO_KEY: &str = "CAST(0 AS BIGINT)";

/// How a database writes the place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `?1`.
    Sqlite,
    /// `$1`.
    Postgres,
}

/// A value to bind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bound {
    /// A number.
    Int(i64),
    /// A number with digits behind the point.
    Real(f64),
    /// A text.
    Text(String),
}

/// What is asked of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Key and number of each match.
    Rows,
    /// How many there are.
    Count,
}

/// A statement with its values.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) values: Vec<Bound>,
}

/// What leads the search: the table whose rows are gone through.
enum Lead<'a> {
    SortedByDate(u16),
    Index(&'a Test),
    Versions,
}

/// The SELECT for one arm of a plan.
pub(crate) fn select(dialect: Dialect, plan: &Plan, arm: &Arm, wanted: Wanted) -> Statement {
    let mut out = Builder {
        dialect,
        values: Vec::new(),
        t: String::new(),
    };
    out.t = out.bind(Bound::Int(plan.t));
    let lead = lead(plan, arm);
    let (from, mut conditions) = out.from(plan, &lead);
    let (key, join) = out.key(plan, &lead);
    out.whole_arm(arm, &lead, &mut conditions);
    let tests = arm
        .tests
        .iter()
        .filter(|test| !matches!(&lead, Lead::Index(led) if std::ptr::eq(*led, *test)));
    for test in tests {
        conditions.push(out.holds(arm, test));
    }
    if let (Some((key_after, r_after)), Wanted::Rows) = (plan.after, wanted) {
        let than = if plan.order.descending() { "<" } else { ">" };
        let r_after = out.int(r_after);
        conditions.push(match key.as_str() {
            NO_KEY => format!("d.r {than} {r_after}"),
            key => {
                let key_after = out.int(key_after);
                format!("({key}, d.r) {than} ({key_after}, {r_after})")
            }
        });
    }
    let body = format!("FROM {from}{join} WHERE {}", conditions.join(" AND "));
    let sql = match wanted {
        Wanted::Count => format!("SELECT count(*) FROM (SELECT DISTINCT d.r {body}) c"),
        Wanted::Rows => {
            let way = if plan.order.descending() {
                "DESC"
            } else {
                "ASC"
            };
            let distinct = if one_row_each(&lead) { "" } else { "DISTINCT " };
            let order = if key == NO_KEY {
                format!("r {way}")
            } else {
                format!("k {way}, r {way}")
            };
            format!(
                "SELECT {distinct}{key} AS k, d.r AS r {body} ORDER BY {order} LIMIT {}",
                plan.n_max
            )
        }
    };
    Statement {
        sql,
        values: out.values,
    }
}

fn one_row_each(lead: &Lead<'_>) -> bool {
    match lead {
        Lead::SortedByDate(_) | Lead::Versions => true,
        Lead::Index(_) => false,
    }
}

fn lead<'a>(plan: &Plan, arm: &'a Arm) -> Lead<'a> {
    let term = arm
        .tests
        .iter()
        .find(|test| leads(test, Index::Term) || leads(test, Index::Text));
    let by_number = arm.tests.iter().any(|test| matches!(test, Test::Number(_)));
    match (plan.order, term) {
        (_, _) if by_number => Lead::Versions,
        (Order::Date { parameter, .. }, None) => Lead::SortedByDate(parameter),
        (Order::Date { parameter, .. }, Some(_)) if arm.compartment.is_some() => {
            Lead::SortedByDate(parameter)
        }
        (Order::Place | Order::Updated { .. } | Order::Date { .. }, Some(term)) => {
            Lead::Index(term)
        }
        (Order::Place | Order::Updated { .. }, None) => {
            let date = arm.tests.iter().find(|test| leads(test, Index::Date));
            let amount = arm.tests.iter().find(|test| leads(test, Index::Amount));
            date.or(amount).map_or(Lead::Versions, Lead::Index)
        }
    }
}

/// Whether going through the rows of one test finds every match.
fn leads(test: &Test, index: Index) -> bool {
    match test {
        Test::Term { any, not, .. } => {
            index == Index::Term && !not && any.iter().all(|term| term.value.is_some())
        }
        Test::Text { .. } => index == Index::Text,
        Test::Date { .. } => index == Index::Date,
        Test::Amount { .. } => index == Index::Amount,
        Test::Missing { .. } | Test::Patient { .. } | Test::Implied { .. } => false,
        Test::Number(_) | Test::Updated(_) => false,
    }
}

fn table(index: Index) -> &'static str {
    match index {
        Index::Term => "index_term",
        Index::Text => "index_text",
        Index::Date => "index_date",
        Index::Amount => "index_amount",
    }
}

struct Builder {
    dialect: Dialect,
    values: Vec<Bound>,
    t: String,
}

impl Builder {
    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        match self.dialect {
            Dialect::Sqlite => format!("?{}", self.values.len()),
            Dialect::Postgres => format!("${}", self.values.len()),
        }
    }

    fn int(&mut self, value: i64) -> String {
        self.bind(Bound::Int(value))
    }

    fn list(&mut self, values: impl IntoIterator<Item = i64>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.int(value)).collect();
        // An empty list matches nothing; a NULL in it says so in both databases.
        if places.is_empty() {
            "NULL".to_owned()
        } else {
            places.join(", ")
        }
    }

    fn alive(&self, alias: &str) -> String {
        let t = &self.t;
        format!("{alias}.from_t <= {t} AND ({alias}.to_t IS NULL OR {alias}.to_t > {t})")
    }

    /// The number of the version of `of` that stood at `t`.
    fn standing(&self, of: &str) -> String {
        format!(
            "(SELECT b.version FROM version b WHERE b.r = {of} AND b.from_t <= {} ORDER BY b.version DESC LIMIT 1)",
            self.t
        )
    }

    fn from(&mut self, plan: &Plan, lead: &Lead<'_>) -> (&'static str, Vec<String>) {
        match lead {
            Lead::SortedByDate(parameter) => {
                let bit = if plan.order.descending() { 2 } else { 1 };
                let row = format!(
                    "d.parameter = {parameter} AND (d.ends & {bit}) <> 0 AND {}",
                    self.alive("d")
                );
                ("index_date d", vec![row])
            }
            Lead::Index(test) => {
                let (index, condition) = self.row("d", test);
                let from = match index {
                    Index::Term => "index_term d",
                    Index::Text => "index_text d",
                    Index::Date => "index_date d",
                    Index::Amount => "index_amount d",
                };
                (from, vec![condition])
            }
            Lead::Versions => {
                let (low, high) = (self.int(plan.r_low), self.int(plan.r_high));
                let standing = self.standing("d.r");
                let row = format!(
                    "d.r >= {low} AND d.r < {high} AND d.version = {standing} AND d.what <> {DELETED} AND d.from_t <= {}",
                    self.t
                );
                ("version d", vec![row])
            }
        }
    }

    /// The expression to order by, and the join that it needs.
    fn key(&mut self, plan: &Plan, lead: &Lead<'_>) -> (String, String) {
        match (plan.order, lead) {
            (Order::Place, Lead::Versions) => (NO_KEY.to_owned(), String::new()),
            (Order::Place, Lead::SortedByDate(_) | Lead::Index(_)) => {
                ("d.compartment".to_owned(), String::new())
            }
            (Order::Updated { .. }, Lead::Versions) => ("d.from_t".to_owned(), String::new()),
            (Order::Updated { .. }, Lead::SortedByDate(_) | Lead::Index(_)) => {
                let standing = self.standing("d.r");
                (
                    "w.from_t".to_owned(),
                    format!(" JOIN version w ON w.r = d.r AND w.version = {standing}"),
                )
            }
            (Order::Date { .. }, Lead::SortedByDate(_)) => ("d.low".to_owned(), String::new()),
            (
                Order::Date {
                    parameter,
                    descending,
                },
                Lead::Index(_) | Lead::Versions,
            ) => {
                let bit = if descending { 2 } else { 1 };
                let alive = self.alive("o");
                let join = format!(
                    " JOIN index_date o ON o.parameter = {parameter} AND o.compartment = d.compartment AND o.r = d.r \
                     AND (o.ends & {bit}) <> 0 AND {alive}"
                );
                ("o.low".to_owned(), join)
            }
        }
    }

    fn whole_arm(&mut self, arm: &Arm, lead: &Lead<'_>, conditions: &mut Vec<String>) {
        if let Some(compartment) = arm.compartment {
            let place = self.int(compartment);
            let positive = match lead {
                // Lets the planner use the index of versions in a compartment, which holds patients' only.
                Lead::Versions if compartment > 0 => " AND d.compartment > 0",
                Lead::Versions | Lead::SortedByDate(_) | Lead::Index(_) => "",
            };
            conditions.push(format!("d.compartment = {place}{positive}"));
        }
        if !arm.outside.is_empty() {
            let places = self.list(arm.outside.iter().copied());
            conditions.push(format!("d.compartment NOT IN ({places})"));
        }
    }

    /// The condition by which an index row of `alias` satisfies a test, time included.
    fn row(&mut self, alias: &str, test: &Test) -> (Index, String) {
        let alive = self.alive(alias);
        let (index, parameter, any) = match test {
            Test::Term { parameter, any, .. } => (Index::Term, *parameter, self.terms(alias, any)),
            Test::Text { parameter, any } => {
                let any: Vec<String> = any.iter().map(|text| self.text(alias, text)).collect();
                (Index::Text, *parameter, any.join(" OR "))
            }
            Test::Date { parameter, any } => {
                let any: Vec<String> = any.iter().map(|date| self.date(alias, *date)).collect();
                (Index::Date, *parameter, any.join(" OR "))
            }
            Test::Amount { parameter, any } => {
                let any: Vec<String> = any
                    .iter()
                    .map(|amount| self.amount(alias, amount))
                    .collect();
                (Index::Amount, *parameter, any.join(" OR "))
            }
            Test::Implied { parameter }
            | Test::Patient { parameter, .. }
            | Test::Missing { parameter, .. } => (
                Index::Term,
                *parameter,
                format!("{alias}.value = {NOT_IMPLIED}"),
            ),
            // These are answered by versions, not by index rows; no row satisfies them.
            Test::Number(_) | Test::Updated(_) => (Index::Term, 0, "1 = 0".to_owned()),
        };
        let any = if any.is_empty() {
            "1 = 0".to_owned()
        } else {
            any
        };
        (
            index,
            format!("{alias}.parameter = {parameter} AND ({any}) AND {alive}"),
        )
    }

    fn terms(&mut self, alias: &str, any: &[Term]) -> String {
        let plain: Option<Vec<i64>> = any
            .iter()
            .map(|term| term.value.filter(|_| term.system.is_none()))
            .collect();
        if let Some(values) = plain {
            let places = self.list(values);
            return format!("{alias}.value IN ({places})");
        }
        let each = any.iter().map(|term| {
            let value = term
                .value
                .map(|value| format!("{alias}.value = {}", self.int(value)));
            let system = term
                .system
                .map(|system| format!("{alias}.system = {}", self.int(system)));
            let both: Vec<String> = value.into_iter().chain(system).collect();
            format!(
                "({})",
                if both.is_empty() {
                    "1 = 1".to_owned()
                } else {
                    both.join(" AND ")
                }
            )
        });
        each.collect::<Vec<_>>().join(" OR ")
    }

    fn text(&mut self, alias: &str, text: &Text) -> String {
        match text {
            Text::Starts(start) => {
                let after = format!("{start}\u{10FFFF}");
                let (low, high) = (
                    self.bind(Bound::Text(start.clone())),
                    self.bind(Bound::Text(after)),
                );
                format!("({alias}.value >= {low} AND {alias}.value < {high})")
            }
            Text::Is(whole) => format!("{alias}.value = {}", self.bind(Bound::Text(whole.clone()))),
            Text::Contains(part) => {
                let escaped = part
                    .replace('\\', "\\\\")
                    .replace('%', "\\%")
                    .replace('_', "\\_");
                let pattern = self.bind(Bound::Text(format!("%{escaped}%")));
                format!("{alias}.value LIKE {pattern} ESCAPE '\\'")
            }
        }
    }

    /// As `Comparison::holds_for_spans` says.
    fn date(&mut self, a: &str, (comparison, low, high): (Comparison, i64, i64)) -> String {
        let equal = "(a.low >= LOW AND a.low < HIGH AND a.high <= HIGH)";
        let condition = match comparison {
            Comparison::Equal => equal.to_owned(),
            Comparison::NotEqual => "NOT (a.low >= LOW AND a.high <= HIGH)".to_owned(),
            Comparison::Greater => "a.high > HIGH".to_owned(),
            Comparison::Less => "a.low < LOW".to_owned(),
            Comparison::GreaterOrEqual => format!("(a.high > HIGH OR {equal})"),
            Comparison::LessOrEqual => format!("(a.low < LOW OR {equal})"),
            Comparison::StartsAfter => "a.low >= HIGH".to_owned(),
            Comparison::EndsBefore => "a.high <= LOW".to_owned(),
            Comparison::Approximate => "(a.low < HIGH AND a.high > LOW)".to_owned(),
        };
        self.filled(&condition, a, Bound::Int(low), Bound::Int(high))
    }

    /// The condition on alias `a`, with places for the ends it names; what is not named is not bound.
    fn filled(&mut self, condition: &str, alias: &str, low: Bound, high: Bound) -> String {
        let mut filled = condition.replace("a.", &format!("{alias}."));
        for (name, value) in [("LOW", low), ("HIGH", high)] {
            if filled.contains(name) {
                let place = self.bind(value);
                filled = filled.replace(name, &place);
            }
        }
        filled
    }

    /// As `Comparison::holds_for_numbers` says.
    fn amount(&mut self, a: &str, amount: &Amount) -> String {
        let condition = match amount.comparison {
            Comparison::Equal => "a.low >= LOW AND a.high < HIGH",
            Comparison::NotEqual => "NOT (a.low >= LOW AND a.high < HIGH)",
            Comparison::Greater => "a.high > LOW",
            Comparison::Less => "a.low < LOW",
            Comparison::GreaterOrEqual => "a.high >= LOW",
            Comparison::LessOrEqual => "a.low <= LOW",
            Comparison::StartsAfter => "a.low > LOW",
            Comparison::EndsBefore => "a.high < LOW",
            Comparison::Approximate => "a.low < HIGH AND a.high >= LOW",
        };
        let compared = self.filled(
            condition,
            a,
            Bound::Real(amount.low),
            Bound::Real(amount.high),
        );
        let mut all = format!("({compared}");
        if let Some(system) = amount.system {
            let system = self.int(system);
            let _ = write!(all, " AND {a}.system = {system}");
        }
        if let Some(code) = amount.code {
            let code = self.int(code);
            let _ = match amount.system {
                Some(_) => write!(all, " AND {a}.code = {code}"),
                None => write!(all, " AND ({a}.code = {code} OR {a}.unit = {code})"),
            };
        }
        all.push(')');
        all
    }

    /// The condition that a test puts on the leading row `d`.
    fn holds(&mut self, arm: &Arm, test: &Test) -> String {
        match test {
            Test::Term { not, .. } => {
                let exists = self.exists(test);
                if *not {
                    format!("NOT {exists}")
                } else {
                    exists
                }
            }
            Test::Text { .. } | Test::Date { .. } | Test::Amount { .. } => self.exists(test),
            Test::Implied { .. } => format!("NOT {}", self.exists(test)),
            Test::Patient { parameter, any } => self.patient(*parameter, any, test),
            Test::Missing {
                parameter,
                index,
                missing,
                implied,
            } => {
                let has = self.has_any(arm, *parameter, *index);
                let marked = if *implied {
                    Some(self.exists(test))
                } else {
                    None
                };
                let has = marked.map_or(has.clone(), |marked| {
                    format!("((d.compartment > 0 AND NOT {marked}) OR {has})")
                });
                if *missing { format!("NOT {has}") } else { has }
            }
            Test::Number(any) => format!("d.r IN ({})", self.list(any.iter().copied())),
            Test::Updated(any) => {
                let standing = self.standing("d.r");
                let spans: Vec<String> = any
                    .iter()
                    .map(|(low, high)| {
                        format!(
                            "(u.from_t >= {} AND u.from_t < {})",
                            self.int(*low),
                            self.int(*high)
                        )
                    })
                    .collect();
                let spans = if spans.is_empty() {
                    "1 = 0".to_owned()
                } else {
                    spans.join(" OR ")
                };
                format!(
                    "EXISTS (SELECT 1 FROM version u WHERE u.r = d.r AND u.version = {standing} AND ({spans}))"
                )
            }
        }
    }

    fn exists(&mut self, test: &Test) -> String {
        let (index, condition) = self.row("e", test);
        let table = table(index);
        format!(
            "EXISTS (SELECT 1 FROM {table} e WHERE e.compartment = d.compartment AND e.r = d.r AND {condition})"
        )
    }

    fn patient(&mut self, parameter: u16, any: &[i64], test: &Test) -> String {
        let marked = self.exists(test);
        let compartments = self.list(any.iter().map(|r| seq_of(*r)));
        let named = Test::Term {
            parameter,
            any: any
                .iter()
                .map(|r| Term {
                    value: Some(*r),
                    system: None,
                })
                .collect(),
            not: false,
        };
        let named = self.exists(&named);
        format!("((d.compartment IN ({compartments}) AND NOT {marked}) OR {named})")
    }

    /// Whether the resource has any value. Terms and texts cannot be found by resource, so theirs are gathered once.
    fn has_any(&mut self, arm: &Arm, parameter: u16, index: Index) -> String {
        let (table, alive) = (table(index), self.alive("e"));
        let real = if index == Index::Term {
            format!(" AND e.value <> {NOT_IMPLIED}")
        } else {
            String::new()
        };
        match index {
            Index::Date | Index::Amount => format!(
                "EXISTS (SELECT 1 FROM {table} e WHERE e.parameter = {parameter} AND e.compartment = d.compartment \
                 AND e.r = d.r AND {alive})"
            ),
            Index::Term | Index::Text => {
                let within = match arm.compartment {
                    Some(compartment) => format!(" AND e.compartment = {}", self.int(compartment)),
                    None => String::new(),
                };
                format!(
                    "d.r IN (SELECT e.r FROM {table} e WHERE e.parameter = {parameter}{real}{within} AND {alive})"
                )
            }
        }
    }
}
