//! How long things took: counts and percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Durations in nanoseconds, to three digits, up to a minute.
pub(crate) struct Spread(Histogram<u64>);

impl Spread {
    pub(crate) fn new() -> Result<Self, String> {
        Histogram::new_with_bounds(1, 60_000_000_000, 3)
            .map(Self)
            .map_err(|why| why.to_string())
    }

    pub(crate) fn add(&mut self, took: Duration) {
        self.0
            .saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What several tasks measured, as one.
    pub(crate) async fn of_all(
        tasks: Vec<JoinHandle<Result<Self, String>>>,
    ) -> Result<Self, String> {
        let mut all = Self::new()?;
        for task in tasks {
            all.join(&task.await.map_err(|why| why.to_string())??)?;
        }
        Ok(all)
    }

    pub(crate) fn join(&mut self, other: &Self) -> Result<(), String> {
        self.0.add(&other.0).map_err(|why| why.to_string())
    }

    /// Microseconds at this percentile.
    pub(crate) fn at_us(&self, percentile: f64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a minute in nanoseconds fits 53 bits"
        )]
        let us = self.0.value_at_percentile(percentile) as f64 / 1000.0;
        us
    }

    /// Rate over `elapsed`, p50 and p99.
    pub(crate) fn figures(&self, elapsed: Duration) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^53")]
        let per_second = (self.0.len() as f64 / elapsed.as_secs_f64()).round();
        json!({"per_second": per_second, "p50_ms": ms(self.at_us(50.0)), "p99_ms": ms(self.at_us(99.0))})
    }
}

fn ms(us: f64) -> f64 {
    us.round() / 1000.0
}
