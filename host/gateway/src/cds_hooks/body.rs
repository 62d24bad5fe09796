//! The documents of CDS Hooks as they are sent: calls, cards, feedback.
//!
//! Invariant: a card's text is plain when a reader of Markdown has drawn it: nothing in it links, formats or embeds.

use axum::http::StatusCode;
use fhir::outcome::{Issue, IssueType};
use record::departmental::advice::service::{CardNumber, Feedback, Outcome};
use record::departmental::advice::{Card, CardLink, Indicator};
use record::departmental::manifest::Hook;
use record::limits::FEEDBACK_MAX;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::problem::Problem;

/// A call of a service. Members that are not named here say nothing that is needed: the services read this record alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallBody {
    hook: String,
    hook_instance: String,
    pub(super) fhir_server: Option<String>,
    pub(super) context: ContextBody,
    #[serde(default)]
    prefetch: PrefetchBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextBody {
    pub(super) patient_id: String,
}

#[derive(Default, Deserialize)]
struct PrefetchBody {
    patient: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct FeedbackBody {
    feedback: Vec<OneFeedbackBody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneFeedbackBody {
    card: String,
    outcome: String,
    override_reason: Option<OverrideBody>,
    outcome_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OverrideBody {
    reason: Option<CodingBody>,
    user_comment: Option<String>,
}

#[derive(Deserialize)]
struct CodingBody {
    system: Option<String>,
    code: String,
}

/// Reads a document, or says where it is wrong.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut from = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut from).map_err(|why| {
        let path = why.path().to_string();
        wrong(&path, why.into_inner().to_string())
    })
}

fn wrong(path: &str, what: impl Into<String>) -> Problem {
    let issue = Issue::error_at(IssueType::Invalid, path.to_owned(), what);
    Problem::with(StatusCode::BAD_REQUEST, vec![issue])
}

impl CallBody {
    /// Whether it is a call at this hook, by a number of its own.
    pub(super) fn is_about(&self, hook: Hook) -> Result<(), Problem> {
        if self.hook != hook.as_str() {
            return Err(wrong("hook", format!("this service speaks at {hook}")));
        }
        // A card's number is written as any UUID is.
        if CardNumber::parse(&self.hook_instance).is_none() {
            return Err(wrong("hookInstance", "write a UUID"));
        }
        Ok(())
    }

    /// The Patient that came with it.
    pub(super) fn patient(&self) -> Option<&Value> {
        let patient = self.prefetch.patient.as_ref();
        patient.filter(|it| it["resourceType"] == "Patient")
    }
}

impl FeedbackBody {
    /// What it says of which cards.
    pub(super) fn checked(self) -> Result<Vec<Feedback>, Problem> {
        if self.feedback.len() > FEEDBACK_MAX {
            let what = format!("send at most {FEEDBACK_MAX} at once");
            return Err(wrong("feedback", what));
        }
        let all = self.feedback.into_iter().enumerate();
        all.map(|(index, one)| one.checked(&format!("feedback[{index}]")))
            .collect()
    }
}

impl OneFeedbackBody {
    fn checked(self, at: &str) -> Result<Feedback, Problem> {
        let card = CardNumber::parse(&self.card);
        let card = card.ok_or_else(|| wrong(&format!("{at}.card"), "write the card's uuid"))?;
        let outcome = match self.outcome.as_str() {
            "accepted" => Outcome::Accepted,
            "overridden" => Outcome::Overridden,
            _other => {
                let what = "write accepted or overridden";
                return Err(wrong(&format!("{at}.outcome"), what));
            }
        };
        if fhir::date::parse(&self.outcome_timestamp, fhir::date::Form::Instant).is_err() {
            let what = "write a moment such as 2026-11-22T09:30:00Z";
            return Err(wrong(&format!("{at}.outcomeTimestamp"), what));
        }
        let (reason, comment) = match self.override_reason {
            Some(why) => (why.reason, why.user_comment),
            None => (None, None),
        };
        Ok(Feedback {
            card,
            outcome,
            reason: reason.map(|it| format!("{}|{}", it.system.unwrap_or_default(), it.code)),
            comment,
            at: self.outcome_timestamp,
        })
    }
}

/// A card of a departmental with this name, given by a call in this place; `way` tells the address of a screen.
pub(super) fn card(
    card: &Card,
    (call, place): (&str, usize),
    name: &str,
    way: impl Fn(&CardLink) -> String,
) -> Value {
    let indicator = match card.indicator {
        Indicator::Critical => "critical",
        Indicator::Warning => "warning",
        Indicator::Info => "info",
    };
    let links = card
        .links
        .iter()
        .map(|link| json!({ "label": link.label, "url": way(link), "type": "absolute" }));
    let mut written = json!({
        "summary": card.summary,
        "indicator": indicator,
        "source": { "label": format!("{name}: {}", card.source) },
        "links": links.collect::<Vec<_>>(),
    });
    if let Some(detail) = &card.detail {
        written["detail"] = Value::from(markdown(detail));
    }
    if let Some(number) = CardNumber::of(call, place) {
        written["uuid"] = Value::from(number.to_string());
    }
    written
}

/// Plain text as Markdown that is drawn as it stands, a paragraph for each line.
fn markdown(text: &str) -> String {
    let lines = text.split('\n').filter(|line| !line.trim().is_empty());
    let escaped = lines.map(|line| {
        let mut out = String::with_capacity(line.len());
        for c in line.trim().chars() {
            if c.is_ascii_punctuation() {
                out.push('\\');
            }
            out.push(c);
        }
        out
    });
    escaped.collect::<Vec<_>>().join("\n\n")
}
