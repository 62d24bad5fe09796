//! A plan as a SELECT that both databases understand.
//!
//! Invariant: values are bound, never written into the text; only numbers of parameters and tables are.

mod condition;
mod inner;

use fhir::search_parameter::{self, ParameterCode};

use crate::store::plan::{Arm, Index, Order, Plan, Test};
use crate::store::row::DELETED;

/// The value of a term row that says: the reference is not to the patient of the compartment.
pub(crate) const NOT_IMPLIED: i64 = 0;

/// The key of an order that is by number alone.
const NO_KEY: &str = "CAST(0 AS BIGINT)";

/// More values than this are bound as one list, so that a statement's text does not depend on their number.
const APART_MAX: usize = 4;

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
    /// Numbers: to SQLite a JSON array, to PostgreSQL an array.
    Ints(Vec<i64>),
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
    SortedByDate(u32),
    Index(&'a Test),
    Versions,
}

/// The numbers of one type: the first, and the one after the last.
type Numbers = (i64, i64);

/// The SELECT for one arm of a plan.
pub(crate) fn select(dialect: Dialect, plan: &Plan, arm: &Arm, wanted: Wanted) -> Statement {
    let mut out = Builder {
        dialect,
        values: Vec::new(),
        t: String::new(),
        aliases: 0,
    };
    out.t = out.bind(Bound::Int(plan.t));
    let lead = lead(plan.order, arm);
    let (from, mut conditions) = out.from(plan.order, (plan.r_low, plan.r_high), arm, &lead, "d");
    let (key, join) = out.key(plan, &lead);
    out.whole_arm(arm, &lead, "d", &mut conditions);
    out.tests(arm, &lead, "d", &mut conditions);
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
    let body = format!("FROM {from} d{join} WHERE {}", conditions.join(" AND "));
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

fn lead(order: Order, arm: &Arm) -> Lead<'_> {
    let term = arm
        .tests
        .iter()
        .find(|test| leads(test, Index::Term) || leads(test, Index::Text));
    let by_number = arm.tests.iter().any(names_numbers);
    match (order, term) {
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

/// Whether a test says which numbers the matches have.
fn names_numbers(test: &Test) -> bool {
    match test {
        Test::Number(_) | Test::Referred { .. } => true,
        Test::Term { .. } | Test::Text { .. } | Test::Date { .. } | Test::Amount { .. } => false,
        Test::Missing { .. } | Test::Patient { .. } | Test::Implied { .. } => false,
        Test::All(_) | Test::Any(_) | Test::Not(_) => false,
        Test::Refers { .. } | Test::Within(_) | Test::Updated(_) => false,
        Test::Beside(_) | Test::PatientStands | Test::OfNobody => false,
    }
}

/// Whether going through the rows of one test finds every match.
fn leads(test: &Test, index: Index) -> bool {
    match test {
        Test::Term { any, not, .. } => {
            index == Index::Term && !not && any.iter().all(|term| term.value.is_some())
        }
        Test::Refers { .. } => index == Index::Term,
        Test::Text { .. } => index == Index::Text,
        Test::Date { .. } => index == Index::Date,
        Test::Amount { .. } => index == Index::Amount,
        Test::Missing { .. } | Test::Patient { .. } | Test::Implied { .. } => false,
        Test::All(_) | Test::Any(_) | Test::Not(_) => false,
        Test::Within(_) | Test::Referred { .. } => false,
        Test::Beside(_) | Test::PatientStands | Test::OfNobody => false,
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
    /// How many names of tables were given out.
    aliases: usize,
}

impl Builder {
    fn bind(&mut self, value: Bound) -> String {
        // PostgreSQL is told what an integer is, since it would take it for what it is compared with.
        let kind = match (self.dialect, &value) {
            (Dialect::Postgres, Bound::Int(_)) => "::bigint",
            (Dialect::Postgres, Bound::Ints(_)) => "::bigint[]",
            (Dialect::Postgres, Bound::Real(_) | Bound::Text(_)) => "",
            (Dialect::Sqlite, _) => "",
        };
        self.values.push(value);
        match self.dialect {
            Dialect::Sqlite => format!("?{}", self.values.len()),
            Dialect::Postgres => format!("${}{kind}", self.values.len()),
        }
    }

    fn int(&mut self, value: i64) -> String {
        self.bind(Bound::Int(value))
    }

    /// A name for a table that no other has.
    fn alias(&mut self, letter: char) -> String {
        self.aliases += 1;
        format!("{letter}{}", self.aliases)
    }

    /// That an expression is one of these numbers.
    fn among(&mut self, what: &str, values: impl IntoIterator<Item = i64>) -> String {
        let values: Vec<i64> = values.into_iter().collect();
        match values.as_slice() {
            [] => "1 = 0".to_owned(),
            [one] => format!("{what} = {}", self.int(*one)),
            few if few.len() <= APART_MAX => {
                let places: Vec<String> = few.iter().map(|value| self.int(*value)).collect();
                format!("{what} IN ({})", places.join(", "))
            }
            _ => {
                let place = self.bind(Bound::Ints(values));
                match self.dialect {
                    Dialect::Sqlite => format!("{what} IN (SELECT value FROM json_each({place}))"),
                    Dialect::Postgres => format!("{what} = ANY ({place})"),
                }
            }
        }
    }

    fn alive(&self, alias: &str) -> String {
        let t = &self.t;
        format!("{alias}.from_t <= {t} AND ({alias}.to_t IS NULL OR {alias}.to_t > {t})")
    }

    /// The number of the version that stood at `t`, of the resource that the row `of` is about.
    fn standing(&self, of: &str) -> String {
        let within = self.beside("b", of);
        format!(
            "(SELECT b.version FROM version b WHERE b.r = {of}.r{within} AND b.from_t <= {} ORDER BY b.version DESC LIMIT 1)",
            self.t
        )
    }

    /// That a version lies in the compartment of a row about the same resource, said where versions lie apart by
    /// compartment, so that one partition is looked at and not all.
    fn beside(&self, alias: &str, of: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => String::new(),
            Dialect::Postgres => format!(" AND {alias}.compartment = {of}.compartment"),
        }
    }

    /// That a row is of a parameter, or of one of its parts.
    fn of(&self, alias: &str, parameter: u32) -> String {
        match search_parameter::parts(ParameterCode::from_number(parameter)) {
            None => format!("{alias}.parameter = {parameter}"),
            Some(parts) => {
                let parts: Vec<String> =
                    parts.iter().map(|part| part.number().to_string()).collect();
                format!("{alias}.parameter IN ({})", parts.join(", "))
            }
        }
    }

    /// The table that leads, under the name `d`, and what must hold of its rows.
    fn from(
        &mut self,
        order: Order,
        (low, high): Numbers,
        arm: &Arm,
        lead: &Lead<'_>,
        d: &str,
    ) -> (&'static str, Vec<String>) {
        match lead {
            Lead::SortedByDate(parameter) => {
                let bit = if order.descending() { 2 } else { 1 };
                let row = format!(
                    "{} AND ({d}.ends & {bit}) <> 0 AND {}",
                    self.of(d, *parameter),
                    self.alive(d)
                );
                ("index_date", vec![row])
            }
            Lead::Index(test) => {
                let (index, condition) = self.row(d, test);
                (table(index), vec![condition])
            }
            Lead::Versions => {
                let standing = self.standing(d);
                let mut rows = vec![format!(
                    "{d}.version = {standing} AND {d}.what < {DELETED} AND {d}.from_t <= {}",
                    self.t
                )];
                // Numbers say their type; a range beside them would only tempt a planner to go through it.
                if !arm.tests.iter().any(names_numbers) {
                    let (low, high) = (self.int(low), self.int(high));
                    rows.push(format!("{d}.r >= {low} AND {d}.r < {high}"));
                }
                ("version", rows)
            }
        }
    }

    /// The expression to order by, and the join that it needs.
    fn key(&mut self, plan: &Plan, lead: &Lead<'_>) -> (String, String) {
        match (plan.order, lead) {
            // Arms are merged by their keys, so all have the same; one alone needs none.
            (Order::Place, Lead::Versions) if plan.arms.len() == 1 => {
                (NO_KEY.to_owned(), String::new())
            }
            (Order::Place, Lead::Versions) => ("d.compartment".to_owned(), String::new()),
            (Order::Place, Lead::SortedByDate(_) | Lead::Index(_)) => {
                ("d.compartment".to_owned(), String::new())
            }
            (Order::Updated { .. }, Lead::Versions) => ("d.from_t".to_owned(), String::new()),
            (Order::Updated { .. }, Lead::SortedByDate(_) | Lead::Index(_)) => {
                let standing = self.standing("d");
                (
                    "w.from_t".to_owned(),
                    format!(
                        " JOIN version w ON w.r = d.r{} AND w.version = {standing}",
                        self.beside("w", "d")
                    ),
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
                let (alive, of) = (self.alive("o"), self.of("o", parameter));
                // The rows of the test first, then each one's date: SQLite keeps the order of a cross join.
                let join = match self.dialect {
                    Dialect::Sqlite => "CROSS JOIN",
                    Dialect::Postgres => "JOIN",
                };
                let join = format!(
                    " {join} index_date o ON {of} AND o.compartment = d.compartment AND o.r = d.r \
                     AND (o.ends & {bit}) <> 0 AND {alive}"
                );
                ("o.low".to_owned(), join)
            }
        }
    }

    fn whole_arm(&mut self, arm: &Arm, lead: &Lead<'_>, d: &str, conditions: &mut Vec<String>) {
        if let Some(compartment) = arm.compartment {
            let place = self.int(compartment);
            let positive = match lead {
                // Lets the planner use the index of versions in a compartment, which holds patients' only.
                Lead::Versions if compartment > 0 => format!(" AND {d}.compartment > 0"),
                Lead::Versions | Lead::SortedByDate(_) | Lead::Index(_) => String::new(),
            };
            conditions.push(format!("{d}.compartment = {place}{positive}"));
        }
        if !arm.outside.is_empty() {
            let among = self.among(&format!("{d}.compartment"), arm.outside.iter().copied());
            conditions.push(format!("NOT ({among})"));
        }
    }

    /// All that must hold beside what the leading rows already say.
    fn tests(&mut self, arm: &Arm, lead: &Lead<'_>, d: &str, conditions: &mut Vec<String>) {
        let tests = arm
            .tests
            .iter()
            .filter(|test| !matches!(lead, Lead::Index(led) if std::ptr::eq(*led, *test)));
        for test in tests {
            let holds = match (lead, test) {
                (Lead::SortedByDate(led), Test::Date { parameter, .. }) if led == parameter => {
                    self.holds_of_lead(arm, d, *led, test)
                }
                (_lead, _test) => self.holds(arm, d, test),
            };
            conditions.push(holds);
        }
    }
}
