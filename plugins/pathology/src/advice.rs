//! What is said beside the chart of a patient: critical results that nobody was told of, and kidney reviews that are open.
//!
//! Invariant: nothing is computed here; each card is a task that is open, and leads to where it is dealt with.

use sdk::advice::{CARDS_MAX, Card, DETAIL_CHARS_MAX, Indicator, SUMMARY_CHARS_MAX};
use sdk::moment::words;
use sdk::{Advice, Call, Failure, Parameters};

use crate::calls::{TOLD, open_calls};
use crate::cumulative::now_ms;
use crate::held::{Held, open_tasks};
use crate::reaction::REVIEW;

/// On what the cards rest.
const SOURCE: &str = "Pathology; parts of its rules are unverified";
/// FHIR statuses of a review that nobody has finished.
const UNDER_REVIEW: &str = "requested,received,accepted,ready,in-progress,on-hold";

/// Answers a hook.
///
/// # Errors
/// Any failure of the chart; `not-provided` for another hook.
pub(crate) fn advise(call: &Call<'_>, hook: &str) -> Result<Advice, Failure> {
    if hook != "patient-view" {
        return Err(Failure::not_provided(format!(
            "pathology has nothing to say at `{hook}`"
        )));
    }
    call.patient()?;
    let (calls, more_calls) = open_calls(call.chart)?;
    let (reviews, more_reviews) = open_tasks(call.chart, REVIEW, UNDER_REVIEW)?;
    let now_ms = now_ms(call);
    let cards = calls.iter().map(telephone);
    let mut cards: Vec<Card> = cards
        .chain(reviews.iter().map(|it| review(it, now_ms)))
        .collect();
    if cards.len() > CARDS_MAX || more_calls || more_reviews {
        cards.truncate(CARDS_MAX - 1);
        let words = "More critical results or kidney reviews are open than are listed here";
        let more = Card::new(Indicator::Warning, words, SOURCE);
        cards.push(more.link("Critical results to telephone", "calls", &none()));
    }
    Ok(cards.into_iter().fold(Advice::none(), Advice::card))
}

fn telephone(it: &Held) -> Card {
    let due = it.due.as_deref().and_then(words);
    let (indicator, state) = match (it.status.as_str(), due) {
        (TOLD, _) => (
            Indicator::Warning,
            "told, what was done is not recorded".to_owned(),
        ),
        (_, Some(due)) => (Indicator::Critical, format!("nobody told, due {due} UTC")),
        (_, None) => (Indicator::Critical, "nobody told, no time set".to_owned()),
    };
    Card::new(
        indicator,
        short(&format!("Critical result, {state}: {}", it.description)),
        SOURCE,
    )
    .detail(
        it.description
            .chars()
            .take(DETAIL_CHARS_MAX)
            .collect::<String>(),
    )
    .link("Record a call", "calls", &none())
    .link("Cumulative results", "cumulative", &none())
}

fn review(it: &Held, now_ms: i64) -> Card {
    let stage = it.description.split(':').next().unwrap_or("AKI");
    let due = it.due.as_deref().and_then(words);
    let (indicator, state) = match (it.due_ms(), due) {
        (Some(due_ms), Some(due)) if due_ms <= now_ms => (
            Indicator::Critical,
            format!("review overdue since {due} UTC"),
        ),
        (_, Some(due)) => (Indicator::Warning, format!("review by {due} UTC")),
        (_, None) => (Indicator::Warning, "review open, no time set".to_owned()),
    };
    Card::new(indicator, short(&format!("{stage}: {state}")), SOURCE)
        .detail(
            it.description
                .chars()
                .take(DETAIL_CHARS_MAX)
                .collect::<String>(),
        )
        .link("Cumulative results", "cumulative", &none())
}

/// What fits a card's one line, with a sign where it was cut.
fn short(text: &str) -> String {
    match text.char_indices().nth(SUMMARY_CHARS_MAX) {
        Some(_) => text
            .chars()
            .take(SUMMARY_CHARS_MAX - 1)
            .chain(['…'])
            .collect(),
        None => text.to_owned(),
    }
}

fn none() -> Parameters {
    Parameters::default()
}
