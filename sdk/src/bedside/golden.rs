//! Golden cases: whole calls over a written chart with their whole answers, one in a file, run natively.
//!
//! Invariant: every case is run twice and is an answer or a failure in full; a file that cannot be read is told by its name
//! and never passed over.

use std::fmt;
use std::path::Path;

use serde_json::{Value, json};

use self::case::{Ask, Case};
use super::{Bedside, read_json};
use crate::{Departmental, Failure};

mod case;
mod chart;
mod difference;

/// Cases of a departmental at most.
const CASES_MAX: usize = 1_000;

/// Golden cases that do not hold, each with its file, what is wrong in it and how to mend it.
pub struct Disagreement(Vec<String>);

impl fmt::Display for Disagreement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} golden cases do not hold", self.0.len())?;
        self.0.iter().try_for_each(|one| write!(out, "\n\n{one}"))
    }
}

/// As `Display` has it, so that a test that fails shows lines and not their escapes.
impl fmt::Debug for Disagreement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl std::error::Error for Disagreement {}

/// Runs every case in `cases/golden/` of a departmental's folder, and says how many there are.
///
/// A call without a patient is about the site: its lists are of the patients in `chart` whose `managingOrganization`, or the
/// `serviceProvider` of an encounter, is an Organization with the site's ODS code.
///
/// With `UPDATE=1` in the environment what is answered now is written into the files, and the difference is to be read.
/// `departmental test` runs the same files in the sandbox, over a real record.
///
/// # Errors
/// Every case that answers otherwise than its file says, by place, then and now; every file that is no case, with what to
/// mend; that there is no case at all.
///
/// # Example
/// ```no_run
/// # struct Sight;
/// # impl sdk::Departmental for Sight {}
/// let cases = sdk::bedside::golden(env!("CARGO_MANIFEST_DIR"), &Sight).unwrap();
/// assert!(cases >= 10, "there are {cases} golden cases");
/// ```
pub fn golden(
    folder: impl AsRef<Path>,
    departmental: &impl Departmental,
) -> Result<usize, Disagreement> {
    let update = std::env::var_os("UPDATE").is_some_and(|it| it == "1");
    run(folder.as_ref(), departmental, update)
}

fn run(folder: &Path, it: &impl Departmental, update: bool) -> Result<usize, Disagreement> {
    let only = |what: String| Disagreement(vec![what]);
    let names = case::names(folder).map_err(only)?;
    if names.is_empty() || names.len() > CASES_MAX {
        return Err(only(format!(
            "cases/golden holds {} cases; write 1 to {CASES_MAX}, each a file of its own",
            names.len()
        )));
    }
    let manifest = read_json(&folder.join("departmental.json"));
    let manifest = manifest.map_err(|it| only(it.detail))?;
    let wrong: Vec<String> = names
        .iter()
        .filter_map(|name| {
            let outcome = Case::read(folder, name, &manifest)
                .and_then(|case| holds(folder, &case, it, update));
            let what = outcome.err()?;
            Some(format!("cases/golden/{name}: {what}"))
        })
        .collect();
    if wrong.is_empty() {
        Ok(names.len())
    } else {
        Err(Disagreement(wrong))
    }
}

/// What is wrong with a case, in words.
fn holds(folder: &Path, case: &Case, it: &impl Departmental, update: bool) -> Result<(), String> {
    let bedside = case.bedside(folder).map_err(|it| it.to_string())?;
    let now = match (answered(&bedside, case, it), checked(&bedside, case, it)) {
        (Ok(first), Ok(second)) if first != second => {
            return Err(format!(
                "{}\n  the same call was answered in two ways; an answer may rest on nothing but the call",
                case.title
            ));
        }
        (Ok(_), Ok(answer)) => json!({ "answer": answer }),
        (Ok(_), Err(refused)) => {
            return Err(format!(
                "{}\n  the host would refuse what is answered: {refused}",
                case.title
            ));
        }
        (Err(failure), _) => {
            json!({ "failure": { "code": failure.code, "detail": failure.detail } })
        }
    };
    if case.expected.as_ref() == Some(&now) {
        return Ok(());
    }
    if update {
        return case.write(folder, &now);
    }
    Err(match &case.expected {
        None => format!(
            "{}\n  has neither `answer` nor `failure`; run with UPDATE=1, and read what it writes",
            case.title
        ),
        Some(then) => format!("{}{}", case.title, difference::told(then, &now)),
    })
}

/// What the departmental itself answers.
fn answered(bedside: &Bedside, case: &Case, it: &impl Departmental) -> Result<Value, Failure> {
    bedside.call(|call| match &case.ask {
        Ask::Open { screen, parameters } => Ok(it.open(call, screen, parameters)?.to_json()),
        Ask::Submit {
            screen,
            action,
            form,
        } => {
            let form = crate::Form::from_json(&form.to_string())?;
            Ok(it.submit(call, screen, action, &form)?.to_json())
        }
        Ask::React(event) => Ok(it.react(call, event)?.to_json()),
        Ask::Advise(hook) => Ok(it.advise(call, hook)?.to_json()),
        Ask::Convert { format, message } => {
            Ok(it.convert(call, format, message.as_bytes())?.to_json())
        }
    })
}

/// The same through everything that the host looks at.
fn checked(bedside: &Bedside, case: &Case, it: &impl Departmental) -> Result<Value, Failure> {
    match &case.ask {
        Ask::Open { screen, parameters } => bedside.open(it, screen, parameters),
        Ask::Submit {
            screen,
            action,
            form,
        } => bedside.submit(it, screen, action, form),
        Ask::React(event) => bedside.react(it, event),
        Ask::Advise(hook) => bedside.advise(it, &hook.name),
        Ask::Convert { format, message } => bedside.convert(it, format, message.as_bytes()),
    }
}

#[cfg(test)]
mod tests;
