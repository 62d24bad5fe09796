//! Real calls of real components made again from what is kept of them: the same answers; and with a changed threshold,
//! other answers to exactly those calls whose data lie between the two thresholds.
//!
//! What has to differ is worked out from the numbers that were sent, by nothing that a departmental or the host says.

mod report;
mod sent;
mod shown;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::edition::{edition, pack};
use crate::host::{Database, Ground, component};
use report::{Named, Report};
use sent::Sent;
use shown::Shown;

/// Calls that are made at least.
const CALLS_MIN: u64 = 1_000;
/// More than any run makes.
const MOST: &str = "100000";

/// `drill replay`.
pub(crate) async fn figures(databases: &[Database], patients: u32) -> Result<Value, String> {
    let mut figures = json!({ "drill": "replay", "patients": patients });
    for database in databases {
        figures[database.name()] = drill(*database, patients).await?;
    }
    Ok(figures)
}

async fn drill(database: Database, patients: u32) -> Result<Value, String> {
    let pathology = component("pathology.wasm")?;
    // The example's screens are for roles that no account of the demonstration has.
    let example = edition(&component("example.wasm")?, |manifest| {
        for screen in manifest["screens"].as_array_mut().into_iter().flatten() {
            screen["audience"] = json!(["clinician"]);
        }
    })?;
    let ground =
        Ground::with_departmentals(database, &[pathology.clone(), example.clone()]).await?;
    let host = ground.start().await?;
    let sent = Sent::to(&host, patients).await?;
    let shown = Shown::of(&host, &sent).await?;
    host.kill().await?;
    let again = Report::of(&ground, &["--since", "0", "--most", MOST]).await?;
    let made = sent.reactions + shown.calls;
    if again.calls < made.max(CALLS_MIN) || again.same != again.calls {
        return Err(format!(
            "the drill failed: {made} calls were made, and of {} none may differ: {again:?}",
            again.calls
        ));
    }
    let rows = [
        Threshold {
            name: "pathology",
            wasm: &pathology,
            pack: "aki",
            at: "/difference/above_umol_l",
            to: json!(sent::RISE_CHANGED.to_string()),
            expected: shown.differing_by_rise(&sent),
        },
        Threshold {
            name: "example",
            wasm: &example,
            pack: "weight-limits",
            at: "/heavy_kg",
            to: json!(sent::HEAVY_KG_CHANGED),
            expected: sent.differing_by_heavy_kg(),
        },
    ];
    let mut figures = json!({
        "calls": again.calls, "reactions": sent.reactions, "screens_and_forms": shown.calls,
        "same": again.same, "different": again.different,
    });
    for row in rows {
        let name = row.name;
        figures["changed_threshold"][name] = row.tried(&ground).await?;
    }
    let (whole, words) = ground.said("verify", &[]).await?;
    match whole {
        true => Ok(figures),
        false => Err(format!(
            "the drill failed: the record is not whole: {words}"
        )),
    }
}

/// A departmental's next version, of which one threshold is another.
struct Threshold<'a> {
    name: &'static str,
    wasm: &'a [u8],
    pack: &'static str,
    at: &'static str,
    to: Value,
    /// The calls that must be reported.
    expected: BTreeSet<Named>,
}

impl Threshold<'_> {
    /// Publishes the next version, has it answer everything again, and holds what is reported against what must be.
    async fn tried(self, ground: &Ground) -> Result<Value, String> {
        let mut changed = false;
        let next = edition(self.wasm, |manifest| {
            manifest["version"] = json!("0.2.0");
            let limit = pack(manifest, self.pack).and_then(|it| it.pointer_mut(self.at));
            if let Some(limit) = limit {
                changed = *limit != self.to;
                *limit = self.to.clone();
            }
        })?;
        if !changed {
            return Err(format!(
                "{} has no other threshold at {}",
                self.pack, self.at
            ));
        }
        let digest = ground.publish(&next)?;
        let words = ["--with", &digest, "--since", "0", "--most", MOST];
        let report = Report::of(ground, &words).await?;
        let reported: BTreeSet<Named> = report.listed.iter().cloned().collect();
        let missed: Vec<_> = self.expected.difference(&reported).collect();
        let uncalled_for: Vec<_> = reported.difference(&self.expected).collect();
        let figures = json!({
            "calls": report.calls, "expected": self.expected.len(), "reported": report.different,
            "missed": missed.len(), "not_expected": uncalled_for.len(),
        });
        let once_each = report.listed.len() == reported.len();
        let is_exact = missed.is_empty() && uncalled_for.is_empty() && once_each;
        match is_exact && report.is_complete() && !self.expected.is_empty() {
            true => Ok(figures),
            false => Err(format!(
                "the drill failed for {}: {figures}; missed {missed:?}; not expected {uncalled_for:?}",
                self.name
            )),
        }
    }
}
