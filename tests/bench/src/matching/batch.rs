//! A batch of invented people linked: two records of each, the second with a slip.
//!
//! The people are those of `registration`; the weights are those for a region, so that what is measured is pace and
//! memory, not what a region's own errors are like.

use std::time::Instant;

use record::matching::linkage;
use record::matching::measure;
use record::matching::person::Details;
use record::matching::weights::Weights;
use serde_json::{Value, json};

use super::registration::person;

/// Links so many records.
pub(crate) fn figures(records: u64, threads: usize) -> Value {
    let of = |n: u64| Details::of_patient(&person(n / 2, (n % 2 == 1).then_some(n / 2)));
    let people: Vec<Details> = (0..records).map(of).collect();
    let who: Vec<u32> = (0..records)
        .map(|n| u32::try_from(n / 2).unwrap_or(u32::MAX))
        .collect();
    let since = Instant::now();
    let linked = linkage::linked(&people, &Weights::region(), threads);
    let seconds = since.elapsed().as_secs_f64();
    let found = measure::clustered(&linked.people, &who);
    json!({"records": records, "compared": linked.compared, "seconds": super::rounded(seconds),
        "clustered": super::told(&found), "resident_mb_at_most": peak_mb()})
}

/// The most memory that this process had, in megabytes; `null` where the system does not say.
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1_024)
}
