//! Who is who: how well and how fast records are linked, how weights are learned, and what a registration costs.
//!
//! Each half of the people is measured by weights that were learned from the other half alone.

mod batch;
mod historical;
mod registration;

use std::path::PathBuf;
use std::time::Instant;

use record::matching::block::PASSES;
use record::matching::equality::{self, Grouping, Rate};
use record::matching::linkage::{self, Linked};
use record::matching::measure::{self, Measure};
use record::matching::person::{Details, Sex};
use record::matching::train::{self, Trained};
use record::matching::weights::{Bands, Weights};
use serde_json::{Value, json};

use self::historical::Records;
use crate::host::{Database, Ground};

/// What `bench match` is asked for.
#[derive(clap::Args)]
pub(crate) struct Match {
    /// A table of records as the historical data set has them; by default the one of `PALATINE_DATA`.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Learns the weights from all of the table and writes them here.
    #[arg(long)]
    train: Option<PathBuf>,
    /// Invented records that are linked as one batch; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    batch: u64,
    /// Invented people among whom registrations are looked for; 0 leaves it out.
    #[arg(long, default_value_t = 1_800_000)]
    people: u64,
    /// Only this database.
    #[arg(long)]
    database: Option<Database>,
}

const SEED: u64 = 1985;
const THREADS: usize = 2;

/// `bench match`.
pub(crate) async fn figures(asked: &Match) -> Result<Value, String> {
    let path = match (&asked.data, std::env::var_os("PALATINE_DATA")) {
        (Some(path), _) => path.clone(),
        (None, Some(folder)) => PathBuf::from(folder).join("matching/historical_half.csv"),
        (None, None) => return Err("name the table: --data FILE, or set PALATINE_DATA".to_owned()),
    };
    let records = Records::read(&path)?;
    let halves = [records.half(0), records.half(1)];
    let mut figures = json!({"bench": "match", "records": records.len(), "seed": SEED});
    figures["held_out"] = json!([
        held_out(&halves[0], &halves[1]),
        held_out(&halves[1], &halves[0])
    ]);
    figures["blocking"] = blocking(&records);
    let doubled = records.doubled();
    let since = Instant::now();
    let linked = linkage::linked(&doubled.people, &Weights::historical(), THREADS);
    // The mirrored people share days of birth with the others, so only the time says something.
    figures["twice"] = json!({"records": doubled.len(), "compared": linked.compared, "seconds": rounded(since.elapsed().as_secs_f64())});
    if asked.batch > 0 {
        figures["batch"] = batch::figures(asked.batch, THREADS);
    }
    let databases = if asked.people > 0 {
        crate::databases(asked.database)
    } else {
        Vec::new()
    };
    for database in databases {
        let ground = Ground::new(database).await?;
        let place = ground.place()?;
        figures["registration"][database.name()] =
            registration::figures(&place, asked.people).await?;
    }
    if let Some(out) = &asked.train {
        let weights = learned(&records, &figures)?;
        std::fs::write(out, weights).map_err(|why| format!("{}: {why}", out.display()))?;
    }
    Ok(figures)
}

/// Learned from one half, measured on the other.
fn held_out(learn: &Records, test: &Records) -> Value {
    let since = Instant::now();
    let Trained {
        unsupervised,
        refined,
    } = train::trained(&learn.people, &learn.who, (SEED, THREADS));
    let trained = since.elapsed().as_secs_f64();
    let since = Instant::now();
    let linked = linkage::linked(&test.people, &refined, THREADS);
    let seconds = since.elapsed().as_secs_f64();
    let plain = linkage::linked(&test.people, &unsupervised, THREADS);
    json!({
        "learned_from": learn.len(), "records": test.len(), "training_seconds": rounded(trained),
        "seconds": rounded(seconds), "compared": linked.compared,
        "pairwise": told(&measure::pairwise(&linked.links, &test.who, 0.0)),
        "clustered": told(&measure::clustered(&linked.people, &test.who)),
        "without_truth": {"pairwise": told(&measure::pairwise(&plain.links, &test.who, 0.0)),
            "clustered": told(&measure::clustered(&plain.people, &test.who))},
        "equality": equality_of(test, &linked),
    })
}

fn told(of: &Measure) -> Value {
    json!({"precision": rounded(of.precision), "recall": rounded(of.recall), "f1": rounded(of.f1())})
}

fn rounded(it: f64) -> f64 {
    (it * 10_000.0).round() / 10_000.0
}

/// What blocking lets through: by all passes, and by those that the record's index has.
fn blocking(records: &Records) -> Value {
    let pairs = linkage::compared(&records.people, &Weights::none(), THREADS);
    let all = f64::from(u32::try_from(pairs.len()).unwrap_or(u32::MAX));
    let right = |indexed: bool| {
        let of_pass = |pass: usize| !indexed || PASSES[pass].is_indexed;
        let same = |(one, other, pass, _): &&(u32, u32, usize, _)| {
            of_pass(*pass) && records.who[*one as usize] == records.who[*other as usize]
        };
        f64::from(u32::try_from(pairs.iter().filter(same).count()).unwrap_or(u32::MAX))
    };
    let mut sizes = std::collections::HashMap::new();
    for who in &records.who {
        *sizes.entry(*who).or_insert(0_u32) += 1;
    }
    let truly: f64 = sizes.values().map(|n| f64::from(n * (n - 1) / 2)).sum();
    json!({"pairs": all, "recall": rounded(right(false) / truly), "recall_of_indexed_passes": rounded(right(true) / truly)})
}

/// Errors by sex and by decade of birth.
fn equality_of(records: &Records, linked: &Linked) -> Value {
    let sex = |it: &Details| match it.sex? {
        Sex::Female => Some("female".to_owned()),
        Sex::Male => Some("male".to_owned()),
        Sex::Other => Some("other".to_owned()),
    };
    let decade = |it: &Details| {
        let year = it.birth?.digits;
        Some(format!("{}0s", String::from_utf8_lossy(&year[..3])))
    };
    let place = |it: &Details| it.place.as_ref().map(|place| place.text.to_string());
    let by = |group: &dyn Fn(&Details) -> Option<String>| {
        records.people.iter().map(group).collect::<Vec<_>>()
    };
    let (sexes, decades, places) = (by(&sex), by(&decade), by(&place));
    let groupings = [
        Grouping {
            by: "sex",
            groups: &sexes,
        },
        Grouping {
            by: "decade of birth",
            groups: &decades,
        },
        Grouping {
            by: "place of birth",
            groups: &places,
        },
    ];
    let rate = |rate: Option<Rate>| match rate {
        Some(it) => json!([rounded(it.share), rounded(it.low), rounded(it.high)]),
        None => json!("too few people"),
    };
    let errors = equality::errors(&records.who, &linked.people, &groupings);
    let (shown, hidden): (Vec<_>, Vec<_>) =
        errors.iter().partition(|it| it.missed_matches.is_some());
    let shown = shown.iter().map(|it| {
        json!({"by": it.by, "group": it.group, "people": it.people,
            "false_matches": rate(it.false_matches), "missed_matches": rate(it.missed_matches)})
    });
    json!({"groups": shown.collect::<Vec<_>>(), "groups_of_too_few_people": hidden.len()})
}

/// The file of weights that all records give.
fn learned(records: &Records, figures: &Value) -> Result<String, String> {
    let mut weights = train::trained(&records.people, &records.who, (SEED, THREADS)).refined;
    weights.name = "historical".to_owned();
    weights.version = "1".to_owned();
    weights.bands = Bands {
        same_bits: 6.0,
        ask_bits: -2.0,
        never_alone: Vec::new(),
    };
    let half = |n: usize, what: &str| figures["held_out"][n][what]["f1"].to_string();
    weights.provenance = [
        ("data", "historical_half.csv of moj-analytical-services/splink_datasets (MIT): records of people of long ago with invented errors".to_owned()),
        ("records", records.len().to_string()),
        ("command", "cargo xtask bench match --train host/record/src/matching/weights/historical.json".to_owned()),
        ("seed", SEED.to_string()),
        ("method", "Fellegi and Sunter (u by random pairs, m by expectation and maximisation), refined by logistic regression on pairs whose truth is known; variants of names from the same".to_owned()),
        ("pairwise F1 on held-out halves", format!("{} and {}", half(0, "pairwise"), half(1, "pairwise"))),
        ("clustered F1 on held-out halves", format!("{} and {}", half(0, "clustered"), half(1, "clustered"))),
    ]
    .map(|(name, words)| (name.to_owned(), words))
    .to_vec();
    weights.write().map_err(|why| why.to_string())
}
