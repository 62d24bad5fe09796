//! The ways to match into which tests are split, so that an index can lead each of them.
//!
//! Invariant: no resource matches in two arms that are not told apart by a condition, so that arms can be counted one by one.

use fhir::compartment;
use fhir::search_parameter::{self, ParameterCode};

use crate::limits;
use crate::store::plan::{Arm, Term, Test};
use crate::store::row::seq_of;

/// The arms of tests that must all hold, within one compartment if one is given.
pub(super) fn arms(tests: Vec<Test>, within: Option<i64>) -> Vec<Arm> {
    let mut flat = Vec::with_capacity(tests.len());
    tests.into_iter().for_each(|test| flatten(test, &mut flat));
    if let Some(compartment) = within {
        return vec![Arm {
            compartment: Some(compartment),
            outside: Vec::new(),
            tests: flat,
        }];
    }
    let of_patients = flat
        .iter()
        .position(|test| matches!(test, Test::Patient { .. }));
    if let Some(at) = of_patients
        && let Test::Patient { parameter, any } = flat.remove(at)
    {
        return by_patient(parameter, &any, &flat);
    }
    let either = flat.iter().position(
        |test| matches!(test, Test::Any(of) if (2..=limits::ARMS_MAX).contains(&of.len())),
    );
    if let Some(at) = either
        && let Test::Any(of) = flat.remove(at)
    {
        return by_way(&of, &flat);
    }
    vec![Arm {
        compartment: None,
        outside: Vec::new(),
        tests: flat,
    }]
}

fn flatten(test: Test, into: &mut Vec<Test>) {
    match test {
        Test::All(of) => of.into_iter().for_each(|test| flatten(test, into)),
        Test::Any(mut of) if of.len() == 1 => flatten(of.remove(0), into),
        test => into.push(test),
    }
}

/// One arm for each way, each without what came by the ways before it.
fn by_way(of: &[Test], tests: &[Test]) -> Vec<Arm> {
    let each = of.iter().enumerate().map(|(at, way)| {
        let mut all = Vec::with_capacity(tests.len() + of.len());
        flatten(way.clone(), &mut all);
        all.extend(tests.iter().cloned());
        all.extend(
            of[..at]
                .iter()
                .map(|before| Test::Not(Box::new(before.clone()))),
        );
        Arm {
            compartment: None,
            outside: Vec::new(),
            tests: all,
        }
    });
    each.collect()
}

/// One arm for each patient's compartment, and, where there may be such, one for what refers to them from elsewhere.
fn by_patient(parameter: u32, any: &[i64], tests: &[Test]) -> Vec<Arm> {
    let mut compartments: Vec<i64> = any.iter().map(|r| seq_of(*r)).collect();
    compartments.sort_unstable();
    compartments.dedup();
    let with = |first: Test| {
        std::iter::once(first)
            .chain(tests.iter().cloned())
            .collect::<Vec<_>>()
    };
    let named = |of: &[i64]| Test::Term {
        parameter,
        any: of
            .iter()
            .map(|r| Term {
                value: Some(*r),
                system: None,
            })
            .collect(),
        not: false,
    };
    if compartments.len() > limits::ARMS_MAX {
        let implied = Test::Patient {
            parameter,
            any: any.to_vec(),
        };
        return vec![Arm {
            compartment: None,
            outside: Vec::new(),
            tests: with(implied),
        }];
    }
    let mut arms: Vec<Arm> = compartments
        .iter()
        .map(|compartment| Arm {
            compartment: Some(*compartment),
            outside: Vec::new(),
            tests: with(Test::Implied { parameter }),
        })
        .collect();
    if is_decided(parameter) && !arms.is_empty() {
        return arms;
    }
    // In the compartment of one of them, a row may still name another.
    for (compartment, arm) in compartments.iter().zip(&mut arms) {
        let others: Vec<i64> = any
            .iter()
            .copied()
            .filter(|r| seq_of(*r) != *compartment)
            .collect();
        if !others.is_empty() {
            let implied = arm.tests.remove(0);
            arm.tests
                .insert(0, Test::Any(vec![implied, named(&others)]));
        }
    }
    arms.push(Arm {
        compartment: None,
        outside: compartments,
        tests: with(named(any)),
    });
    arms
}

/// Whether whatever refers to a patient by this parameter is in that patient's compartment.
fn is_decided(parameter: u32) -> bool {
    search_parameter::by_code(ParameterCode::from_number(parameter))
        .is_some_and(compartment::is_decided_by)
}
