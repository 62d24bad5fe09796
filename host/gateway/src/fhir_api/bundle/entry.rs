//! One entry of a bundle as a request of its own, put to the same routes as any other, and its answer as an entry.
//!
//! Invariant: an entry is asked for by whoever sent the bundle, and can do no more than they could by itself.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::Response;
use fhir::bundle::{Entry, Method};
use fhir::outcome::IssueType;
use record::log::T;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::super::FHIR_JSON;
use super::super::ask::{Ask, IDEMPOTENCY_KEY};
use crate::Door;
use crate::limits::BUNDLE_ANSWER_BYTES_MAX;
use crate::problem::Problem;

/// What an entry was answered.
pub(super) struct Said {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

/// The entry's own request. `t`: as of which commit a read is answered.
pub(super) fn request(ask: &Ask, entry: Entry, t: Option<T>) -> Result<Request<Body>, Problem> {
    let Entry {
        index,
        request,
        resource,
        ..
    } = entry;
    let method = request.method.as_str();
    let base = ask.base();
    let url = request.url.strip_prefix(&base).unwrap_or(&request.url);
    let url = url.trim_start_matches('/');
    // The statement is about the server, not about the record.
    let is_fixed = url.contains("_asOf=") || url.starts_with("metadata");
    let as_of = t.filter(|_| !is_fixed).map(|t| {
        let joint = if url.contains('?') { '&' } else { '?' };
        format!("{joint}_asOf={t}")
    });
    let mut built = Request::builder()
        .method(method)
        .uri(format!("/{}{}", spaceless(url), as_of.unwrap_or_default()))
        .header(header::CONTENT_TYPE, FHIR_JSON)
        .extension(ask.caller.clone());
    let tag = |version: &str| match version {
        "*" => version.to_owned(),
        version => format!("W/\"{version}\""),
    };
    let own = [
        (header::IF_MATCH, request.if_match.as_deref().map(tag)),
        (
            header::IF_NONE_MATCH,
            request.if_none_match.as_deref().map(tag),
        ),
        (
            header::IF_MODIFIED_SINCE,
            request.if_modified_since.as_deref().and_then(http_date),
        ),
        (
            HeaderName::from_static("if-none-exist"),
            request.if_none_exist,
        ),
    ];
    for (name, value) in own {
        if let Some(value) = value {
            built = built.header(name, value);
        }
    }
    for name in [header::HOST, HeaderName::from_static("prefer")] {
        for value in ask.headers.get_all(&name) {
            built = built.header(&name, value);
        }
    }
    if let Some(key) = ask
        .headers
        .get(IDEMPOTENCY_KEY)
        .filter(|_| writes(request.method))
    {
        let key = format!("{}|{index}", key.to_str().unwrap_or_default());
        built = built.header(IDEMPOTENCY_KEY, key);
    }
    let body = resource.map_or_else(String::new, |resource| resource.to_json());
    built.body(Body::from(body)).map_err(|why| {
        let details = format!("the request of this entry cannot be carried out: {why}");
        let problem = Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details);
        problem.within(&format!("Bundle.entry[{index}].request"))
    })
}

fn writes(method: Method) -> bool {
    match method {
        Method::Post | Method::Put | Method::Patch | Method::Delete => true,
        Method::Get | Method::Head => false,
    }
}

/// Bundles are written by hand, too: what an address may not hold is escaped.
fn spaceless(url: &str) -> String {
    let mut written = String::with_capacity(url.len());
    for letter in url.chars() {
        match letter {
            '!'..='~' if !"\"<>\\^`{}|".contains(letter) => written.push(letter),
            other => written.push_str(&crate::address::encoded(other.encode_utf8(&mut [0; 4]))),
        }
    }
    written
}

/// An instant as HTTP writes it.
fn http_date(instant: &str) -> Option<String> {
    let at: jiff::Timestamp = instant.parse().ok()?;
    let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
    printer.timestamp_to_rfc9110_string(&at).ok()
}

/// The routes to which the entries of a bundle are put.
pub(super) fn routes(door: &Door) -> Router {
    super::super::inner().with_state(door.clone())
}

/// Puts the request to the routes.
pub(super) async fn ask_for(routes: Router, request: Request<Body>) -> Said {
    match routes.oneshot(request).await {
        Ok(answer) => Said::read(answer).await,
        Err(never) => match never {},
    }
}

impl Said {
    /// A no.
    pub(super) fn of(problem: Problem) -> Self {
        let (status, body) = problem.said();
        Self {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    async fn read(answer: Response) -> Self {
        let (head, body) = answer.into_parts();
        let Ok(bytes) = to_bytes(body, BUNDLE_ANSWER_BYTES_MAX).await else {
            return Self::of(broken());
        };
        let is_fhir =
            head.headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static(FHIR_JSON));
        let is_error = head.status.is_client_error() || head.status.is_server_error();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        if is_error && !is_fhir {
            let details = match head.status {
                StatusCode::NOT_FOUND => "there is nothing at this address",
                StatusCode::METHOD_NOT_ALLOWED => "this address does not take this method",
                _ => "the request of this entry cannot be carried out",
            };
            return Self::of(Problem::new(head.status, IssueType::NotSupported, details));
        }
        Self {
            status: head.status,
            headers: head.headers,
            body,
        }
    }

    /// As an entry of the answer.
    pub(super) fn entry(self) -> String {
        let text = |name: &HeaderName| self.headers.get(name).and_then(|it| it.to_str().ok());
        let mut response = json!({"status": status_line(self.status)});
        if let Some(location) = text(&header::LOCATION) {
            let relative = location
                .split_once("/fhir/")
                .map_or(location, |(_, after)| after);
            response["location"] = relative.into();
        }
        if let Some(etag) = text(&header::ETAG) {
            response["etag"] = etag.into();
        }
        let modified = text(&header::LAST_MODIFIED).and_then(|at| {
            let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(at);
            at.ok().map(|at| format!("{at:.3}"))
        });
        if let Some(at) = modified {
            response["lastModified"] = at.into();
        }
        let is_outcome = self
            .body
            .starts_with("{\"resourceType\":\"OperationOutcome\"");
        let is_error = self.status.is_client_error() || self.status.is_server_error();
        if self.body.is_empty() {
            return format!("{{\"response\":{response}}}");
        }
        if is_outcome || is_error {
            response["outcome"] = serde_json::from_str(&self.body).unwrap_or(Value::Null);
            return format!("{{\"response\":{response}}}");
        }
        let full_url = match text(&header::CONTENT_LOCATION) {
            Some(at) => {
                let url = at.split_once("/_history/").map_or(at, |(before, _)| before);
                format!("\"fullUrl\":{},", json!(url))
            }
            None => String::new(),
        };
        format!(
            "{{{full_url}\"resource\":{},\"response\":{response}}}",
            self.body
        )
    }
}

/// `200 OK`
pub(super) fn status_line(status: StatusCode) -> String {
    let words = status.canonical_reason().unwrap_or_default();
    format!("{} {words}", status.as_str())
}

/// The host's own fault.
pub(super) fn broken() -> Problem {
    let details = "something failed on our side; try again, then report it";
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        IssueType::Exception,
        details,
    )
}
