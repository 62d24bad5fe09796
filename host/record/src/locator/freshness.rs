//! How long a copy of a document holds, as its holder's answer says (RFC 9111, for a cache that is not shared with others).
//!
//! Invariant: what cannot be understood counts as said most strictly.

use jiff::fmt::rfc2822;

use crate::adviser::Fetched;
use crate::limits::document::DOCUMENT_MARK_CHARS_MAX;
use crate::store::document_copy::{CopyRow, Keeping};

/// What an answer says of keeping it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether it may be kept at all.
    pub(super) may_keep: bool,
    /// How long it holds, in milliseconds; `None`: not said.
    pub(super) life_ms: Option<i64>,
    /// What holds beyond that; `None`: nothing is said of keeping it at all.
    pub(super) keeping: Option<Keeping>,
}

/// The value of a header; several of one name are one list.
pub(super) fn header(headers: &[(String, String)], name: &str) -> Option<String> {
    let values = headers.iter().filter(|(it, _)| it == name);
    let values: Vec<&str> = values.map(|(_, value)| value.trim()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// What the headers of an answer say that came at this moment.
pub(super) fn told(headers: &[(String, String)], now_ms: i64) -> Told {
    let control = header(headers, "cache-control");
    let mut max_age = None;
    let (mut may_keep, mut each_time, mut once_stale) = (true, false, false);
    for word in control.as_deref().unwrap_or_default().split(',') {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" => may_keep = false,
            "no-cache" => each_time = true,
            "must-revalidate" => once_stale = true,
            "max-age" => max_age = Some(seconds(value)),
            _other => {}
        }
    }
    // Each request has its own token, and nothing else differs from one to the next.
    let vary = header(headers, "vary").unwrap_or_default();
    let mut varies = vary.split(',').map(|it| it.trim().to_ascii_lowercase());
    each_time |= varies.any(|it| it == "*" || it == "authorization");
    let age_s = header(headers, "age").map_or(0, |text| seconds(&text));
    let expires = header(headers, "expires").map(|text| {
        let date = header(headers, "date").and_then(|text| date_ms(&text));
        date_ms(&text).map_or(0, |until| {
            until.saturating_sub(date.unwrap_or(now_ms)) / 1_000
        })
    });
    let life_s = max_age.or(expires);
    let life_ms = life_s.map(|life| life.saturating_sub(age_s).max(0).saturating_mul(1_000));
    let keeping = match (each_time, once_stale) {
        (true, _) => Some(Keeping::EachTime),
        (false, true) => Some(Keeping::OnceStale),
        (false, false) => control.is_some().then_some(Keeping::Free),
    };
    Told {
        may_keep,
        life_ms,
        keeping,
    }
}

/// A number of seconds; one that is none counts as over.
fn seconds(text: &str) -> i64 {
    let text = text.trim().trim_matches('"');
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return 0;
    }
    // RFC 9111, section 1.2.2: more than can be counted is as good as for ever.
    text.parse()
        .unwrap_or(i64::from(i32::MAX))
        .min(i64::from(i32::MAX))
}

fn date_ms(text: &str) -> Option<i64> {
    let parsed = rfc2822::parse(text).ok()?;
    Some(parsed.timestamp().as_millisecond())
}

/// What is asked for only if the document is no longer this copy.
pub(super) fn conditions(kept: &CopyRow) -> Vec<(&'static str, String)> {
    let all = [
        ("if-none-match", &kept.etag),
        ("if-modified-since", &kept.last_modified),
    ];
    let said = all.into_iter().filter(|(_, value)| !value.is_empty());
    said.map(|(name, value)| (name, value.clone())).collect()
}

/// A mark or date as it is kept; one that is too long is none.
pub(super) fn mark(answer: &Fetched, name: &str) -> Option<String> {
    header(&answer.headers, name).filter(|text| text.len() <= DOCUMENT_MARK_CHARS_MAX)
}
