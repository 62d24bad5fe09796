//! `departmental test`: golden cases, or a crate's own tests, in the sandbox of a real host.
//!
//! Invariant: what passed is what the host says passed; nothing is judged here.

mod budget;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use registry::digest::Digest;
use serde_json::{Value, json};

use crate::arguments::Test;
use crate::build::maker;
use crate::failure::{Ending, Failure, read, unwritable};
use crate::manifest::each;
use crate::rehearsal::budget::{Budget, Cost, mebibytes, millions};
use crate::{Answer, build, check, host, tell};

/// Builds what changed and tests it.
pub(crate) fn test(it: &Test) -> Result<Answer, Failure> {
    // Before anything is built: without a host there is nothing to do.
    let host = host::palatine(it.host.as_deref())?;
    if it.unit {
        return unit(it, &host);
    }
    let built = build::build(&it.folder, None, &mut tell)?;
    let component = read(&built)?;
    let checked = check::check(&component, &built)?;
    let mut rehearse = Command::new(&host);
    rehearse.args(["rehearse", "--json"]).arg(&built);
    rehearse.arg("--kept").arg(kept(&component)?);
    for case in &it.case {
        rehearse.args(["--case", case]);
    }
    let report = asked(rehearse, &host, "playing the golden cases")?;
    if each(&report, "cases").next().is_none() {
        return Err(Failure::new(
            Ending::FoundWrong,
            format!("{} has no golden cases", checked.word("id")),
            "write one: cases/golden/NAME.json, as wit/schemas/golden-1.json describes it; departmental new makes examples",
        ));
    }
    let notes = budgeted(it, &report)?;
    let mut words = table(&report);
    for note in &notes {
        words.push_str("\nbudget: ");
        words.push_str(note);
    }
    let mut json = report.clone();
    json["component"] = json!(built);
    json["budget"] = json!(notes);
    let answer = Answer { words, json };
    match report.get("failed").and_then(Value::as_u64) {
        Some(0) => Ok(answer),
        Some(_) | None => Err(Failure::new(
            Ending::FoundWrong,
            "not every golden case passed",
            "mend what differs; where the new answer is the right one, write it with UPDATE=1 in the departmental's own tests and read the difference",
        )
        .with(answer)),
    }
}

/// The crate's own tests in the sandbox's engine.
fn unit(it: &Test, host: &Path) -> Result<Answer, Failure> {
    let module = build::unit::tests(&it.folder, &mut tell)?;
    let mut rehearse = Command::new(host);
    rehearse.args(["rehearse", "--json", "--unit"]).arg(&module);
    let ran = asked(rehearse, host, "running the tests in the sandbox's engine")?;
    let number = |name: &str| ran.get(name).and_then(Value::as_u64).unwrap_or_default();
    let cost = format!(
        "{} instructions, {} ms, {}",
        millions(number("instructions")),
        number("ms"),
        mebibytes(number("memory_bytes"))
    );
    let word = |name: &str| ran.get(name).and_then(Value::as_str).map(str::to_owned);
    if ran.get("passed") == Some(&Value::Bool(true)) {
        let words = format!("every unit test passed in the sandbox's engine: {cost}");
        return Ok(Answer { words, json: ran });
    }
    let test = word("test").unwrap_or_else(|| "a test".to_owned());
    let mut words = format!("FAILED  {test}\n    {}", word("why").unwrap_or_default());
    for frame in each(&ran, "frames").filter_map(Value::as_str) {
        words.push_str(&format!("\n    in {frame}"));
    }
    words.push_str(&format!("\nthe tests behind it did not run: {cost}"));
    Err(Failure::new(
        Ending::FoundWrong,
        format!("{test} failed where guests run"),
        "run it natively, where its words are shown: cargo test. Tests that use files, clocks, threads or bedside are left out with #[cfg(not(target_family = \"wasm\"))]",
    )
    .with(Answer { words, json: ran }))
}

/// What the host says, whether or not everything passed; a failure when it says nothing that can be read.
fn asked(command: Command, host: &Path, doing: &'static str) -> Result<Value, Failure> {
    let output = maker::run(command, doing, &mut tell)?;
    let said = serde_json::from_slice(&output.stdout).ok();
    said.filter(Value::is_object).ok_or_else(|| {
        Failure::new(
            Ending::FoundWrong,
            format!("{} did not answer: {}", host.display(), maker::said(&output)),
            "see that it is the host of the same checkout as this program; an older one does not rehearse",
        )
    })
}

/// A folder for the compiled code of these bytes; that of others is removed, so that it does not grow.
fn kept(component: &[u8]) -> Result<PathBuf, Failure> {
    let all = maker::cache()?.join("rehearsed");
    let digest = Digest::sha256(component);
    let own = all.join(digest.hex().get(..16).unwrap_or_default());
    if !own.is_dir() {
        // What others compiled is compiled again when it is wanted.
        drop(std::fs::remove_dir_all(&all));
        std::fs::create_dir_all(&own).map_err(|wrong| unwritable(&own, &wrong))?;
    }
    Ok(own)
}

/// What is said of costs; the budget is written when it is asked for, or when there was none.
fn budgeted(it: &Test, report: &Value) -> Result<Vec<String>, Failure> {
    let wrong = |what: String| {
        Failure::new(
            Ending::FoundWrong,
            what,
            "take the file away, or write it anew with --accept-budget",
        )
    };
    let now = costs(report);
    let is_whole = it.case.is_empty();
    let all_passed = report.get("failed").and_then(Value::as_u64) == Some(0);
    if it.accept_budget && !is_whole {
        return Err(Failure::new(
            Ending::UsedWrongly,
            "a budget is of all cases",
            "leave --case out",
        ));
    }
    let before = match it.accept_budget {
        true => None,
        false => Budget::read(&it.folder).map_err(wrong)?,
    };
    if let Some(before) = before {
        return Ok(before.changes(&now));
    }
    if !is_whole || !all_passed {
        return Ok(Vec::new());
    }
    let file = Budget::of(now)
        .write(&it.folder)
        .map_err(|why| unwritable(&it.folder, &why))?;
    Ok(vec![format!(
        "what each case costs now is in {}",
        file.display()
    )])
}

/// What each case cost that was played.
fn costs(report: &Value) -> BTreeMap<String, Cost> {
    let cost = |case: &Value| {
        let number = |name: &str| case.get(name).and_then(Value::as_u64);
        Some((
            case.get("name")?.as_str()?.to_owned(),
            Cost {
                instructions: number("instructions")?,
                memory_bytes: number("memory_bytes")?,
            },
        ))
    };
    each(report, "cases").filter_map(cost).collect()
}

/// A line for each case, with what differs below it.
#[expect(
    clippy::cast_precision_loss,
    reason = "two digits are told to a person"
)]
fn table(report: &Value) -> String {
    let word = |value: &Value, name: &str| {
        let word = value.get(name).and_then(Value::as_str);
        word.unwrap_or_default().to_owned()
    };
    let chars = each(report, "cases").map(|case| word(case, "name").chars().count());
    let chars = chars.max().unwrap_or_default().max(4);
    let mut words = format!(
        "        {:chars$}  {:>14}  {:>10}  {:>10}  {:>10}",
        "case", "instructions", "time", "memory", "answer"
    );
    for case in each(report, "cases") {
        let passed = case.get("passed") == Some(&Value::Bool(true));
        let state = if passed { "passed" } else { "FAILED" };
        words.push_str(&format!("\n{state}  {:chars$}", word(case, "name")));
        let number = |name: &str| case.get(name).and_then(Value::as_u64);
        if let (Some(instructions), Some(micros)) = (number("instructions"), number("micros")) {
            words.push_str(&format!(
                "  {:>14}  {:>7.2} ms  {:>10}  {:>8} B",
                millions(instructions),
                micros as f64 / 1e3,
                mebibytes(number("memory_bytes").unwrap_or_default()),
                number("answer_bytes").unwrap_or_default()
            ));
        }
        if passed {
            continue;
        }
        words.push_str(&format!("\n    {}", word(case, "title")));
        for why in each(case, "why").filter_map(Value::as_str) {
            words.push_str(&format!("\n    {why}"));
        }
        for it in each(case, "differences") {
            let side = |name: &str| match it.get(name).and_then(Value::as_str) {
                Some(text) => text.to_owned(),
                None => "nothing".to_owned(),
            };
            words.push_str(&format!(
                "\n    at {}\n      expected  {}\n      found     {}",
                word(it, "at"),
                side("expected"),
                side("found")
            ));
        }
    }
    let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
    words.push_str(&format!(
        "\n{} passed, {} failed; instructions are counted in a second call and are the same on every machine, time is not",
        count("passed"),
        count("failed")
    ));
    words
}
