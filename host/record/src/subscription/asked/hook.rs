//! Reading the channel of a subscription whose events are sent to an address.
//!
//! Invariant: the address has a form that can be written to, and no header is one that the host writes itself.

use fhir::outcome::{Issue, IssueType};
use serde_json::Value;

use super::RestHook;
use super::reading::{extensions, kept, wrong};
use crate::limits::{
    SUBSCRIPTION_COUNT_MAX, SUBSCRIPTION_HEADER_BYTES_MAX, SUBSCRIPTION_HEADERS_MAX,
    SUBSCRIPTION_HEARTBEAT_S_MIN, SUBSCRIPTION_TIMEOUT_S_DEFAULT, SUBSCRIPTION_TIMEOUT_S_MAX,
    SUBSCRIPTION_URL_BYTES_MAX,
};

/// Headers that the host writes itself.
const OWN_HEADERS: [&str; 8] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn rest_hook(channel: &Value) -> Result<RestHook, Vec<Issue>> {
    let mut issues = Vec::new();
    let endpoint = channel
        .get("endpoint")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if let Err(why) = address(endpoint) {
        issues.push(wrong("Subscription.channel.endpoint", why));
    }
    let headers = headers(channel).unwrap_or_else(|issue| kept(&mut issues, issue, Vec::new()));
    let timeout_s = number(channel, "backport-timeout").unwrap_or(SUBSCRIPTION_TIMEOUT_S_DEFAULT);
    if !(1..=SUBSCRIPTION_TIMEOUT_S_MAX).contains(&timeout_s) {
        let details = format!("a receiver may take 1 to {SUBSCRIPTION_TIMEOUT_S_MAX} seconds");
        issues.push(wrong("Subscription.channel.extension", details));
    }
    let heartbeat_s = heartbeat(channel).unwrap_or_else(|issue| kept(&mut issues, issue, None));
    let asked = number(channel, "backport-max-count")
        .unwrap_or(1)
        .clamp(1, u64::from(SUBSCRIPTION_COUNT_MAX));
    if !issues.is_empty() {
        return Err(issues);
    }
    Ok(RestHook {
        endpoint: endpoint.to_owned(),
        headers,
        timeout_s,
        heartbeat_s,
        count_max: u32::try_from(asked).unwrap_or(1),
    })
}

/// How often a receiver wants to be written to when nothing happens, in seconds.
pub(super) fn heartbeat(channel: &Value) -> Result<Option<u64>, Issue> {
    let period = number(channel, "backport-heartbeat-period").filter(|period| *period > 0);
    if period.is_some_and(|period| period < SUBSCRIPTION_HEARTBEAT_S_MIN) {
        let details =
            format!("a heartbeat comes every {SUBSCRIPTION_HEARTBEAT_S_MIN} seconds or less often");
        return Err(wrong("Subscription.channel.extension", details));
    }
    Ok(period)
}

fn number(channel: &Value, name: &str) -> Option<u64> {
    let found = extensions(Some(channel), name).next()?;
    let members = ["valueUnsignedInt", "valuePositiveInt", "valueInteger"];
    members
        .iter()
        .find_map(|member| found.get(*member)?.as_u64())
}

/// Whether an address has the form of one to which events can be sent; whether they may go there is looked at when they do.
fn address(text: &str) -> Result<(), String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or("write an address that begins with https://")?;
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if text.len() > SUBSCRIPTION_URL_BYTES_MAX {
        return Err(format!(
            "an address of at most {SUBSCRIPTION_URL_BYTES_MAX} bytes is taken"
        ));
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Err("the address names no host".to_owned());
    }
    if authority.contains('@') {
        return Err(
            "an address with a user or password is not taken: use `channel.header`".to_owned(),
        );
    }
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte);
    if !text.bytes().all(is_plain) {
        return Err(
            "the address holds a blank, a fragment or a sign that has to be escaped".to_owned(),
        );
    }
    Ok(())
}

fn headers(channel: &Value) -> Result<Vec<(String, String)>, Issue> {
    let at = "Subscription.channel.header";
    let listed = channel.get("header").and_then(Value::as_array);
    let listed: Vec<&str> = listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if listed.len() > SUBSCRIPTION_HEADERS_MAX {
        let details = format!("at most {SUBSCRIPTION_HEADERS_MAX} headers are taken");
        return Err(Issue::error_at(IssueType::TooLong, at, details));
    }
    let mut headers = Vec::with_capacity(listed.len());
    for line in listed {
        let Some((name, text)) = line.split_once(':') else {
            return Err(wrong(at, "write `Name: value`"));
        };
        let (name, text) = (name.trim().to_ascii_lowercase(), text.trim());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_text = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\t';
        let sound = !name.is_empty()
            && name.bytes().all(is_name)
            && text.bytes().all(is_text)
            && line.len() <= SUBSCRIPTION_HEADER_BYTES_MAX;
        if !sound {
            let details = format!(
                "a header is a name of letters, digits and `-`, and a value of plain signs, at most {SUBSCRIPTION_HEADER_BYTES_MAX} bytes together"
            );
            return Err(wrong(at, details));
        }
        if OWN_HEADERS.contains(&name.as_str()) {
            return Err(wrong(
                at,
                format!("`{name}` is written by the server: leave it out"),
            ));
        }
        headers.push((name, text.to_owned()));
    }
    Ok(headers)
}
