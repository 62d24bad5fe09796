//! Reading a Subscription: criteria, channel and content as R4 and the guide write them.
//!
//! Invariant: a member that is there is meant: what is not understood is refused with its place and what to write instead.

use fhir::outcome::{Issue, IssueType};
use fhir::query::Query;
use fhir::resource::{Key, Resource, ResourceType};
use serde_json::Value;

use super::hook::{heartbeat, rest_hook};
use super::{Asked, Channel, Content, Criteria, GUIDE, Status, author};
use crate::clock::from_rfc3339;
use crate::limits::{SUBSCRIPTION_FILTERS_MAX, SUBSCRIPTION_URL_BYTES_MAX};
use crate::subscription::topic::{self, TOPICS, Topic};

impl Asked {
    /// Reads a Subscription.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub(crate) fn read(key: &Key, resource: &Resource) -> Result<Self, Vec<Issue>> {
        let value = resource.value();
        let mut issues = Vec::new();
        let status = status(value).unwrap_or_else(|issue| kept(&mut issues, issue, Status::Off));
        let channel = channel(value);
        let content =
            content(value).unwrap_or_else(|issue| kept(&mut issues, issue, Content::Empty));
        let end_ms = end(value).unwrap_or_else(|issue| kept(&mut issues, issue, None));
        let criteria = criteria(value);
        match (criteria, channel) {
            (Ok(criteria), Ok(channel)) if issues.is_empty() => {
                let asked = Self {
                    key: key.clone(),
                    status,
                    author: author(value).unwrap_or_default().to_owned(),
                    criteria,
                    channel,
                    content,
                    end_ms,
                };
                asked.agrees().map(|()| asked)
            }
            (criteria, channel) => {
                issues.extend(criteria.err().into_iter().flatten());
                issues.extend(channel.err().into_iter().flatten());
                Err(issues)
            }
        }
    }

    /// What only the parts together tell.
    fn agrees(&self) -> Result<(), Vec<Issue>> {
        match (&self.criteria.topic, &self.channel) {
            (None, Channel::WebSocket { .. }) => Err(vec![wrong(
                "Subscription.channel.type",
                "a websocket carries events of topics: write a topic's URL as `criteria`, or use rest-hook",
            )]),
            (Some(_), _) | (None, Channel::RestHook(_)) => Ok(()),
        }
    }
}

pub(super) fn kept<T>(issues: &mut Vec<Issue>, issue: Issue, instead: T) -> T {
    issues.push(issue);
    instead
}

pub(super) fn wrong(at: &str, details: impl Into<String>) -> Issue {
    Issue::error_at(IssueType::NotSupported, at, details.into())
}

fn status(value: &Value) -> Result<Status, Issue> {
    let word = value
        .get("status")
        .and_then(Value::as_str)
        .unwrap_or_default();
    Status::of(word).ok_or_else(|| {
        wrong(
            "Subscription.status",
            "write `requested`, or `off` to end it",
        )
    })
}

fn end(value: &Value) -> Result<Option<i64>, Issue> {
    let Some(text) = value.get("end").and_then(Value::as_str) else {
        return Ok(None);
    };
    let at = from_rfc3339(text);
    at.map(Some).ok_or_else(|| {
        wrong(
            "Subscription.end",
            "write an instant, for example 2027-01-31T00:00:00Z",
        )
    })
}

fn criteria(value: &Value) -> Result<Criteria, Vec<Issue>> {
    let text = value
        .get("criteria")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let filters = extensions(value.get("_criteria"), "backport-filter-criteria");
    let filters: Vec<&str> = filters
        .filter_map(|it| it.get("valueString")?.as_str())
        .collect();
    if let Some(topic) = topic::find(text) {
        return of_topic(topic, &filters).map_err(|issue| vec![issue]);
    }
    let is_url = text.contains(':') && !text.contains('?');
    if is_url {
        let known: Vec<&str> = TOPICS.iter().map(|topic| topic.url).collect();
        let details = format!(
            "there is no topic `{}` here; there are {}",
            text.chars().take(200).collect::<String>(),
            known.join(", ")
        );
        return Err(vec![wrong("Subscription.criteria", details)]);
    }
    if !filters.is_empty() {
        let details = "filters narrow a topic: write its URL as `criteria`, or put the condition into the search";
        return Err(vec![wrong("Subscription.criteria.extension", details)]);
    }
    let query = searched(text).map_err(|why| vec![wrong("Subscription.criteria", why)])?;
    Ok(Criteria {
        topic: None,
        resource_type: query.resource_type,
        queries: vec![query],
    })
}

fn of_topic(topic: &'static Topic, filters: &[&str]) -> Result<Criteria, Issue> {
    let at = "Subscription.criteria.extension";
    if filters.len() > SUBSCRIPTION_FILTERS_MAX {
        let details = format!("at most {SUBSCRIPTION_FILTERS_MAX} filters are taken");
        return Err(Issue::error_at(IssueType::TooLong, at, details));
    }
    let mut queries = Vec::with_capacity(filters.len());
    for filter in filters {
        let query = searched(filter).map_err(|why| wrong(at, why))?;
        if query.resource_type != topic.resource_type {
            let of = topic.resource_type;
            let details = format!(
                "the topic `{}` is about {of}: begin the filter with `{of}?`",
                topic.url
            );
            return Err(wrong(at, details));
        }
        let beyond = query.clauses.iter().map(|clause| clause.parameter.name);
        if let Some(name) = beyond
            .into_iter()
            .find(|name| !topic.filters.contains(name))
        {
            let details = format!(
                "the topic `{}` is not narrowed by `{name}`; it is by `{}`",
                topic.url,
                topic.filters.join("`, `")
            );
            return Err(wrong(at, details));
        }
        queries.push(query);
    }
    Ok(Criteria {
        topic: Some(topic),
        resource_type: topic.resource_type,
        queries,
    })
}

/// A search that a resource alone answers.
fn searched(text: &str) -> Result<Query, String> {
    if text.len() > SUBSCRIPTION_URL_BYTES_MAX {
        return Err(format!(
            "a search of at most {SUBSCRIPTION_URL_BYTES_MAX} bytes is taken"
        ));
    }
    let (of, rest) = text.split_once('?').unwrap_or((text, ""));
    let resource_type: ResourceType = of
        .parse()
        .map_err(|why| format!("{why}: write a search such as `Observation?code=http://loinc.org|2160-0`, or a topic's URL"))?;
    let pairs: Vec<(String, String)> = form_urlencoded::parse(rest.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let query = Query::parse(resource_type, &pairs).map_err(|why| why.to_string())?;
    let only_conditions = query.sort.is_empty()
        && query.count.is_none()
        && query.page.is_none()
        && query.total.is_none()
        && query.summary.is_none()
        && query.elements.is_empty()
        && query.includes.is_empty()
        && query.as_of.is_none();
    if !only_conditions {
        return Err("only conditions can be subscribed to: leave out what orders, counts, shortens or includes".to_owned());
    }
    if !query.is_of_resource_alone() {
        return Err("a change is judged by its own resource: chains, lists and value sets cannot be subscribed to".to_owned());
    }
    Ok(query)
}

fn channel(value: &Value) -> Result<Channel, Vec<Issue>> {
    let channel = value.get("channel").unwrap_or(&Value::Null);
    let word = |member: &str| channel.get(member).and_then(Value::as_str);
    match word("type") {
        Some("rest-hook") => rest_hook(channel).map(Channel::RestHook),
        Some("websocket") => {
            let heartbeat_s = heartbeat(channel).map_err(|issue| vec![issue])?;
            Ok(Channel::WebSocket { heartbeat_s })
        }
        Some(_) | None => Err(vec![wrong(
            "Subscription.channel.type",
            "events are sent by rest-hook or websocket",
        )]),
    }
}

fn content(value: &Value) -> Result<Content, Issue> {
    let channel = value.get("channel").unwrap_or(&Value::Null);
    let payload = channel.get("payload").and_then(Value::as_str);
    let media = payload.and_then(|payload| payload.split(';').next());
    if !matches!(
        media,
        None | Some("application/fhir+json" | "application/json")
    ) {
        let details = "events are sent as application/fhir+json";
        return Err(wrong("Subscription.channel.payload", details));
    }
    let of_topic = value
        .get("criteria")
        .and_then(Value::as_str)
        .and_then(topic::find)
        .is_some();
    let said = extensions(channel.get("_payload"), "backport-payload-content").next();
    match said.map(|said| {
        said.get("valueCode")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }) {
        Some(word) => Content::of(word).ok_or_else(|| {
            let details = "the content is empty, id-only or full-resource";
            wrong("Subscription.channel.payload.extension", details)
        }),
        None if of_topic => Ok(Content::Empty),
        // R4 itself: with a payload the resource is sent, without one nothing is.
        None => Ok(media.map_or(Content::Empty, |_| Content::FullResource)),
    }
}

/// The guide's extensions of this name.
pub(super) fn extensions<'v>(of: Option<&'v Value>, name: &str) -> impl Iterator<Item = &'v Value> {
    let all = of
        .and_then(|of| of.get("extension"))
        .and_then(Value::as_array);
    let url = format!("{GUIDE}{name}");
    let named = move |it: &&Value| it.get("url").and_then(Value::as_str) == Some(url.as_str());
    all.into_iter().flatten().filter(named)
}
