//! Searches within a search: what a test looks for in its turn, as of the same commit.
//!
//! Invariant: an inner search is one SELECT that no row of the outer one changes, so that a database carries it out once;
//! but for what is beside a row in its compartment, to which an index leads from each row at once.

use fhir::resource::ResourceType;

use super::{Builder, NOT_IMPLIED, lead, table};
use crate::store::plan::{Arm, Beside, Inner, Order, Test};
use crate::store::row::{DELETED, TYPE_SHIFT, numbers_of_type};

/// Selects the rising part of a number.
const SEQ_MASK: i64 = (1 << TYPE_SHIFT) - 1;

/// What an inner search gives of each resource.
#[derive(Clone, Copy)]
enum Given {
    /// Its number.
    Number,
    /// The rising part of its number: of a patient, the compartment.
    Seq,
    /// The number of the patient in whose compartment it is, given the number before the first patient's; nothing where a
    /// row says that its reference by this parameter is not to them.
    Patient { parameter: u32, first: i64 },
}

impl Builder {
    fn inner(&mut self, inner: &Inner, given: Given) -> String {
        let arms = inner
            .arms
            .iter()
            .map(|arm| self.inner_arm(inner, arm, given));
        let arms: Vec<String> = arms.collect();
        if arms.is_empty() {
            return "SELECT CAST(0 AS BIGINT) WHERE 1 = 0".to_owned();
        }
        arms.join(" UNION ALL ")
    }

    fn inner_arm(&mut self, inner: &Inner, arm: &Arm, given: Given) -> String {
        let d = self.alias('d');
        let lead = lead(Order::Place, arm);
        let numbers = (inner.r_low, inner.r_high);
        let (from, mut conditions) = self.from(Order::Place, numbers, arm, &lead, &d);
        self.whole_arm(arm, &lead, &d, &mut conditions);
        self.tests(arm, &lead, &d, &mut conditions);
        let value = match given {
            Given::Number => format!("{d}.r"),
            Given::Seq => format!("{d}.r & {SEQ_MASK}"),
            Given::Patient { parameter, first } => {
                conditions.push(format!("{d}.compartment > 0"));
                let denied = self.exists(&d, &Test::Implied { parameter });
                conditions.push(format!("NOT {denied}"));
                format!("{first} + {d}.compartment")
            }
        };
        format!(
            "SELECT {value} FROM {from} {d} WHERE {}",
            conditions.join(" AND ")
        )
    }

    /// That an expression is the number of one of these.
    pub(super) fn is_one_of(&mut self, what: &str, of: &[Inner]) -> String {
        let all: Vec<String> = of
            .iter()
            .map(|inner| self.inner(inner, Given::Number))
            .collect();
        format!("{what} IN ({})", all.join(" UNION ALL "))
    }

    /// That it is in the compartment of one of these patients.
    pub(super) fn within(&mut self, d: &str, patients: &Inner) -> String {
        let compartments = self.inner(patients, Given::Seq);
        format!("({d}.compartment > 0 AND {d}.compartment IN ({compartments}))")
    }

    /// That an index row says that it refers to one of these.
    pub(super) fn refers(&mut self, arm: &Arm, d: &str, parameter: u32, to: &[Inner]) -> String {
        let e = self.alias('e');
        let (alive, of) = (self.alive(&e), self.of(&e, parameter));
        let one_of = self.is_one_of(&format!("{e}.value"), to);
        let place = match arm.compartment {
            Some(compartment) => format!(" AND {e}.compartment = {}", self.int(compartment)),
            None => String::new(),
        };
        format!(
            "{d}.r IN (SELECT {e}.r FROM index_term {e} WHERE {of} AND {one_of}{place} AND {alive})"
        )
    }

    /// That another resource in the compartment of the row satisfies this.
    pub(super) fn stands_beside(&mut self, d: &str, beside: &Beside) -> String {
        let e = self.alias('e');
        let (index, condition) = self.row(&e, &beside.lead);
        let (low, high) = (self.int(beside.r_low), self.int(beside.r_high));
        let mut all = format!(
            "{condition} AND {e}.compartment = {d}.compartment AND {e}.r >= {low} AND {e}.r < {high}"
        );
        for test in &beside.tests {
            let holds = self.holds(&Arm::default(), &e, test);
            all = format!("{all} AND {holds}");
        }
        let table = table(index);
        format!("({d}.compartment > 0 AND EXISTS (SELECT 1 FROM {table} {e} WHERE {all}))")
    }

    /// That the patient of the row's compartment has not been deleted.
    pub(super) fn patient_stands(&mut self, d: &str) -> String {
        let p = self.alias('p');
        let first = self.int(numbers_of_type(ResourceType::PATIENT).0);
        let (within, standing) = (self.beside(&p, d), self.standing(&p));
        format!(
            "({d}.compartment > 0 AND EXISTS (SELECT 1 FROM version {p} WHERE {p}.r = {first} + {d}.compartment{within} \
             AND {p}.from_t <= {t} AND {p}.what < {DELETED} AND {p}.version = {standing}))",
            t = self.t
        )
    }

    /// That one of these refers to it: by an index row, or by being in its compartment.
    pub(super) fn referred(
        &mut self,
        d: &str,
        (parameter, implied): (u32, bool),
        from: &Inner,
        (low, high): (i64, i64),
    ) -> String {
        let e = self.alias('e');
        let (alive, of) = (self.alive(&e), self.of(&e, parameter));
        let one_of = self.is_one_of(&format!("{e}.r"), std::slice::from_ref(from));
        let mut numbers = format!(
            "SELECT {e}.value FROM index_term {e} WHERE {of} AND {e}.value >= {low} \
             AND {e}.value < {high} AND {e}.value <> {NOT_IMPLIED} AND {one_of} AND {alive}"
        );
        if implied {
            let patients = self.inner(
                from,
                Given::Patient {
                    parameter,
                    first: low,
                },
            );
            numbers = format!("{patients} UNION ALL {numbers}");
        }
        format!("{d}.r IN ({numbers})")
    }
}
