//! What is kept of a call: everything needed to make it again, its answer, and what it cost.
//!
//! Invariant: a call is on disk before its answer leaves, and its audit leaf holds a digest over all that is kept.

mod body;

use std::sync::Arc;

use fhir::resource::Id;

pub(crate) use self::body::Part;
use self::body::{Answered, Asked, Beyond, Body, Head};
use crate::audit::NewLeaf;
use crate::caller::{Caller, Role, SiteCode};
use crate::clock::rfc3339;
use crate::commit::content;
use crate::departmental::cost::{self, Cost};
use crate::departmental::grant::Grants;
use crate::departmental::{Answer, Call, DepartmentalId, Digest, Question};
use crate::limits::{CALL_ANSWER_BYTES_MAX, CALL_INPUT_BYTES_MAX};
use crate::log::T;
use crate::store::body as packed;
use crate::store::call::{CallRow, KeptCall};
use crate::store::row::LeafRow;

/// What leaves about calls say was done.
pub(crate) const CALL: &str = "call";
/// What the leaf says was done that is kept before old calls are removed.
pub(crate) const PRUNED: &str = "calls-pruned";
/// What such a leaf is about, before the number of the last leaf whose call may be removed.
const UP_TO: &str = "calls up to leaf ";
/// What a call's leaf ends with when the disk had no room for the call.
const LEFT_OUT: &str = ", left out: the disk was full";

/// A call that was made.
#[derive(Clone, Debug)]
pub struct PastCall {
    /// Its id, as the provenance of what came of it names it.
    pub id: String,
    /// The number of its audit leaf.
    pub leaf: u64,
    /// When it was answered, RFC 3339 in UTC.
    pub at: String,
    /// As of which commit it read.
    pub t: T,
    /// The site for which it was made.
    pub site: SiteCode,
    /// Whose answer it was.
    pub departmental: DepartmentalId,
    /// The release's version.
    pub version: String,
    /// The release's digest.
    pub digest: Digest,
    /// What was asked, in a few words: `open results`, `submit results acknowledge`, `react`.
    pub asked: String,
    /// The patient it was about.
    pub patient: Option<Id>,
    /// The encounter it was about.
    pub encounter: Option<Id>,
    /// Who asked.
    pub account: String,
    /// In which role.
    pub role: Role,
    /// The moment of the call as the departmental saw it, RFC 3339.
    pub now: String,
    /// What it cost.
    pub cost: Cost,
}

/// A kept call, read.
pub(crate) struct Known {
    pub(crate) call: PastCall,
    pub(crate) settings: serde_json::Value,
    pub(crate) grants: Grants,
    pub(crate) question: Part<Question>,
    pub(crate) answer: Part<Answer>,
}

/// The leaf of a call that was just answered, with the call.
pub(crate) fn leaf(
    caller: &Caller,
    call: &Call,
    question: &str,
    answered: &cost::Answered,
    grants: &Grants,
) -> NewLeaf {
    let answer = body::text(&Answered::of(&answered.answer));
    let head = Head::of(caller, call, grants, answered.cost);
    let body = format!(
        r#"{{"head":{},"question":{},"answer":{}}}"#,
        body::text(&head),
        bounded(question, CALL_INPUT_BYTES_MAX),
        bounded(&answer, CALL_ANSWER_BYTES_MAX),
    );
    let release = &call.release;
    let kept = KeptCall {
        id: call.id.clone(),
        departmental: release.id.to_string(),
        digest: release.digest.to_string(),
        answer: body::sha256(&answer),
        body: packed::pack(&body),
    };
    // No blank before a digest but the last: the leaf's mark of what is kept is ` sha256:`.
    let about = format!(
        "{} {} ({}), call {}, answer {}, kept",
        kept.departmental, release.version, kept.digest, kept.id, kept.answer
    );
    NewLeaf {
        t: i64::try_from(call.t.0).unwrap_or(i64::MAX),
        count: 1,
        about: content::noted(&about, &kept.sum()),
        site: call.site.to_string(),
        call: Some(Arc::new(kept)),
        ..NewLeaf::by(caller, CALL, String::new())
    }
}

/// A question as it is kept; it is written before the question is put, which takes it away.
pub(crate) fn question(of: &Question) -> String {
    body::text(&Asked::of(of))
}

/// The text within a bound as it is, or its digest.
fn bounded(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return format!(r#"{{"whole":{text}}}"#);
    }
    body::text(&Part::<()>::Beyond(Beyond {
        sha256: body::sha256(text),
        bytes: text.len() as u64,
    }))
}

/// What a call's leaf is about when the call is left out of the batch.
pub(crate) fn left_out(about: &str) -> String {
    let kept = content::digest_in(about).map_or(0, str::len) + content::MARK.len();
    let before = about.get(..about.len().saturating_sub(kept));
    format!("{}{LEFT_OUT}", before.unwrap_or(about))
}

/// The digest of what is kept of the call that a leaf is about; `None` when nothing is.
pub(crate) fn kept_digest(leaf: &LeafRow) -> Option<&str> {
    let is_kept = leaf.what == CALL && !leaf.about.ends_with(LEFT_OUT);
    is_kept.then(|| content::digest_in(&leaf.about)).flatten()
}

/// Whether the call is what its leaf says.
pub(crate) fn is_as_noted(row: &CallRow, leaf: &LeafRow) -> bool {
    let same = (row.n, row.at_ms, row.t) == (leaf.n, leaf.at_ms, leaf.t) && row.site == leaf.site;
    same && kept_digest(leaf) == Some(row.kept.sum().as_str())
}

/// What a leaf is about that is kept before calls up to another leaf are removed.
pub(crate) fn pruned_about(upto: i64) -> String {
    format!("{UP_TO}{upto}")
}

/// The last leaf whose call may be gone, as a leaf says.
pub(crate) fn pruned_upto(leaf: &LeafRow) -> Option<i64> {
    let said = leaf.what == PRUNED;
    let upto = said.then(|| leaf.about.strip_prefix(UP_TO)).flatten()?;
    upto.parse().ok()
}

/// How a kept answer is told from another without reading it: the digest of its text.
pub(crate) fn answer_sum(answer: &Answer) -> String {
    body::sha256(&body::text(&Answered::of(answer)))
}

/// Reads a kept call; `None` when this program did not write it.
pub(crate) fn read(row: &CallRow) -> Option<Known> {
    let text = packed::unpack(&row.kept.body)?;
    let Body {
        head,
        question,
        answer,
    } = serde_json::from_str(&text).ok()?;
    let question = question.map(Asked::question);
    let asked = match &question {
        Part::Whole(question) => in_words(question),
        Part::Beyond(_) => "a question that is kept by its digest alone".to_owned(),
    };
    let call = PastCall {
        id: row.kept.id.clone(),
        leaf: u64::try_from(row.n).ok()?,
        at: rfc3339(row.at_ms),
        t: T(u64::try_from(row.t).ok()?),
        site: row.site.parse().ok()?,
        departmental: row.kept.departmental.parse().ok()?,
        version: head.version.into_owned(),
        digest: row.kept.digest.parse().ok()?,
        asked,
        patient: id(head.patient.as_deref())?,
        encounter: id(head.encounter.as_deref())?,
        account: head.account.into_owned(),
        role: head.role.parse().ok()?,
        now: head.now.into_owned(),
        cost: head.cost,
    };
    Some(Known {
        call,
        settings: head.settings.into_owned(),
        grants: head.grants.into_owned(),
        question,
        answer: answer.map(Answered::answer),
    })
}

/// The id in a text; `Some(None)` when there is no text.
fn id(text: Option<&str>) -> Option<Option<Id>> {
    match text {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

/// What is asked, in a few words. A screen's and an action's names are a guest's or a person's.
fn in_words(question: &Question) -> String {
    let cut = |text: &str| text.chars().take(64).collect::<String>();
    match question {
        Question::Open { screen, .. } => format!("open {}", cut(screen)),
        Question::Submit { screen, action, .. } => {
            format!("submit {} {}", cut(screen), cut(action))
        }
        Question::React { .. } => "react".to_owned(),
        Question::Advise { hook, .. } => format!("advise {}", cut(hook)),
        Question::Convert { format, .. } => format!("convert {}", cut(format)),
    }
}

#[cfg(test)]
mod tests;
