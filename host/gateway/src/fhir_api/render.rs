//! The one place through which every FHIR request comes in and every answer goes out: XML made JSON and JSON made XML, the
//! content of a Binary as itself, errors in the format that was asked for.
//!
//! Invariant: handlers see and write JSON only; no answer with an error leaves without an OperationOutcome; no body is
//! parsed before its sender is known.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::outcome::IssueType;
use fhir::resource::Id;
use fhir::xml::{self, Layout};
use record::caller::Caller;
use serde_json::{Value, json};

use super::format::{Asked, Content, Format, content, unacceptable, unsupported};
use super::negotiate::Pairs;
use crate::Door;
use crate::limits::{FHIR_ANSWER_BYTES_MAX, FHIR_BODY_BYTES_MAX, FORM_BYTES_MAX};
use crate::problem::Problem;

/// Bytes from which reading or writing a format is put beside the threads that answer requests.
const LONG_BYTES: usize = 64 * 1024;
const SECURITY_CONTEXT: HeaderName = HeaderName::from_static("x-security-context");

/// What browsers may show within their own window; anything else is saved as a file.
const SHOWN: [&str; 7] = [
    "application/pdf",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
];

/// The layer around all FHIR routes.
pub(super) async fn formats(State(door): State<Door>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let is_binary = is_binary_read(&parts);
    let mut asked = match Asked::of(
        &parts.headers,
        &pairs(parts.uri.query().unwrap_or_default()),
    ) {
        Ok(asked) => asked,
        Err(problem) => return rendered(problem.into_response(), &Asked::plain(), false).await,
    };
    if asked.format().is_none() && !is_binary {
        return rendered(unacceptable().into_response(), &asked, false).await;
    }
    let answer = match incoming(&door, parts, body, &mut asked).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    rendered(answer, &asked, is_binary).await
}

fn pairs(text: &str) -> Pairs {
    form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

/// The address below `/fhir`, in its parts.
fn segments(parts: &Parts) -> Vec<&str> {
    let path = parts.uri.path();
    let path = path.strip_prefix("/fhir/").unwrap_or(path);
    path.split('/').filter(|part| !part.is_empty()).collect()
}

fn is_binary_read(parts: &Parts) -> bool {
    let is_read = matches!(parts.method, Method::GET | Method::HEAD);
    let address = segments(parts);
    let is_version = address.len() == 4 && address[2] == "_history";
    is_read && address.first() == Some(&"Binary") && (address.len() == 2 || is_version)
}

/// The request as handlers read it: resources in JSON.
async fn incoming(
    door: &Door,
    mut parts: Parts,
    body: Body,
    asked: &mut Asked,
) -> Result<Request, Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE) {
        return Ok(Request::from_parts(parts, body));
    }
    let is_patch = parts.method == Method::PATCH;
    let is_post = parts.method == Method::POST;
    let json = match content(&parts.headers)? {
        Content::Resource(Format::Json) => return Ok(Request::from_parts(parts, body)),
        Content::Lines => return Ok(Request::from_parts(parts, body)),
        Content::JsonPatch if is_patch => return Ok(Request::from_parts(parts, body)),
        Content::Form if is_post && segments(&parts).last() == Some(&"_search") => {
            let bytes = whole(body, FORM_BYTES_MAX).await?;
            let form = Asked::of(&HeaderMap::new(), &pairs(&String::from_utf8_lossy(&bytes)))?;
            asked.also(&form)?;
            return Ok(Request::from_parts(parts, Body::from(bytes)));
        }
        Content::Resource(Format::Xml) => {
            Caller::from_request_parts(&mut parts, door).await?;
            let bytes = whole(body, FHIR_BODY_BYTES_MAX).await?;
            asked.sent(Format::Xml);
            beside(bytes.len(), move || from_xml(&bytes)).await??
        }
        Content::Other if is_post && segments(&parts) == ["Binary"] => {
            Caller::from_request_parts(&mut parts, door).await?;
            binary(&parts, None, whole(body, FHIR_BODY_BYTES_MAX).await?)
        }
        Content::Other
            if let (false, false, ["Binary", id]) = (is_post, is_patch, &*segments(&parts)) =>
        {
            let id = id.parse().ok();
            Caller::from_request_parts(&mut parts, door).await?;
            binary(&parts, id, whole(body, FHIR_BODY_BYTES_MAX).await?)
        }
        Content::Other | Content::Form | Content::JsonPatch => {
            let details = "a body of this Content-Type is not read here: send application/fhir+json or application/fhir+xml";
            return Err(unsupported(details));
        }
    };
    let json_type = HeaderValue::from_static(super::FHIR_JSON);
    parts.headers.insert(header::CONTENT_TYPE, json_type);
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Request::from_parts(parts, Body::from(json)))
}

fn from_xml(bytes: &[u8]) -> Result<String, Problem> {
    // Deletions and operations come without a body, whatever their headers say.
    if bytes.is_empty() {
        return Ok(String::new());
    }
    let resource = xml::read(bytes);
    let resource =
        resource.map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))?;
    Ok(resource.to_json())
}

/// Content that came as itself, as the Binary that holds it.
fn binary(parts: &Parts, id: Option<Id>, bytes: Bytes) -> String {
    let text = |name| {
        parts
            .headers
            .get(name)
            .and_then(|it: &HeaderValue| it.to_str().ok())
    };
    let mut resource = json!({"resourceType": "Binary"});
    if let Some(id) = id {
        resource["id"] = id.as_str().into();
    }
    resource["contentType"] = text(header::CONTENT_TYPE).into();
    if let Some(context) = text(SECURITY_CONTEXT) {
        resource["securityContext"] = json!({"reference": context});
    }
    if !bytes.is_empty() {
        resource["data"] = STANDARD.encode(bytes).into();
    }
    resource.to_string()
}

async fn whole(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    to_bytes(body, bytes_max).await.map_err(|_| {
        let details = format!("the body is longer than {bytes_max} bytes, or did not arrive whole");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, IssueType::TooLong, details)
    })
}

/// Does long work where it does not keep other requests waiting.
async fn beside<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    if bytes < LONG_BYTES {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|why| {
        tracing::error!("reading or writing a format ended badly: {why}");
        let details = "something failed on our side; it has been logged: try again, then report it";
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            IssueType::Exception,
            details,
        )
    })
}

/// The answer as it was asked for; `may_be_raw` where it may be the content of a Binary.
async fn rendered(answer: Response, asked: &Asked, may_be_raw: bool) -> Response {
    let answer = if is_fhir(&answer) || !is_error(answer.status()) {
        answer
    } else {
        outcome(answer).await
    };
    let may_be_raw = may_be_raw && answer.status() == StatusCode::OK;
    let format = asked.format();
    if !is_fhir(&answer) || (format == Some(Format::Json) && !asked.pretty && !may_be_raw) {
        return answer;
    }
    let (head, body) = answer.into_parts();
    let Ok(bytes) = to_bytes(body, FHIR_ANSWER_BYTES_MAX).await else {
        return Problem::too_long_an_answer().into_response();
    };
    if may_be_raw && !bytes.is_empty() {
        if let Some(Raw { content, kind }) = raw(&bytes, asked) {
            let mut answer = (head, content).into_response();
            as_itself(answer.headers_mut(), &kind);
            return answer;
        }
        if format.is_none() {
            return unacceptable().into_response();
        }
    }
    let (format, pretty) = (format.unwrap_or(Format::Json), asked.pretty);
    let written = beside(bytes.len(), move || written(bytes, format, pretty)).await;
    match written.and_then(|written| written) {
        Ok(body) => {
            let mut answer = (head, body).into_response();
            let media_type = HeaderValue::from_static(format.media_type());
            answer
                .headers_mut()
                .insert(header::CONTENT_TYPE, media_type);
            answer.headers_mut().remove(header::CONTENT_LENGTH);
            answer
        }
        Err(problem) => problem.into_response(),
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn is_fhir(answer: &Response) -> bool {
    let media_type = answer.headers().get(header::CONTENT_TYPE);
    media_type.is_some_and(|it| it.as_bytes() == super::FHIR_JSON.as_bytes())
}

/// JSON as the format asked for.
fn written(bytes: Bytes, format: Format, pretty: bool) -> Result<Bytes, Problem> {
    if bytes.is_empty() || (format == Format::Json && !pretty) {
        return Ok(bytes);
    }
    let broken = |why: serde_json::Error| {
        tracing::error!("an answer was no JSON: {why}");
        let details = "something failed on our side; it has been logged: try again, then report it";
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            IssueType::Exception,
            details,
        )
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(broken)?;
    match format {
        Format::Json => Ok(format!("{value:#}\n").into()),
        Format::Xml => {
            let layout = if pretty {
                Layout::Indented
            } else {
                Layout::Compact
            };
            let text = xml::write(&value, layout)
                .map_err(|why| Problem::with(StatusCode::NOT_ACCEPTABLE, vec![why.issue()]))?;
            Ok(text.into())
        }
    }
}

/// An error that axum wrote as plain text, as an OperationOutcome.
async fn outcome(answer: Response) -> Response {
    const TEXT_BYTES_MAX: usize = 4_096;
    let (head, body) = answer.into_parts();
    let said = to_bytes(body, TEXT_BYTES_MAX).await.unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let (code, details) = match head.status {
        StatusCode::METHOD_NOT_ALLOWED => (
            IssueType::NotSupported,
            "this address does not take this method: see the Allow header and /fhir/metadata",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            IssueType::TooLong,
            "the body is longer than this server takes: send it in parts",
        ),
        StatusCode::NOT_FOUND => (IssueType::NotFound, "there is nothing at this address"),
        _ if said.is_empty() => (IssueType::Invalid, "the request cannot be understood"),
        _ => (IssueType::Invalid, &*said),
    };
    let mut answer = Problem::new(head.status, code, details).into_response();
    for name in [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = head.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

/// The content of a Binary and its media type.
struct Raw {
    content: Vec<u8>,
    kind: String,
}

/// The content of a Binary, where it is asked for as itself.
fn raw(bytes: &[u8], asked: &Asked) -> Option<Raw> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let kind = value.get("contentType")?.as_str()?.to_owned();
    if !asked.wants_raw(&kind) {
        return None;
    }
    let mut data = value.get("data")?.as_str()?.to_owned();
    data.retain(|c| !c.is_ascii_whitespace());
    let content = STANDARD.decode(data).ok()?;
    Some(Raw { content, kind })
}

/// Headers under which content of a stranger can do no harm in a browser.
fn as_itself(headers: &mut HeaderMap, kind: &str) {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let is_shown = SHOWN.iter().any(|it| it.eq_ignore_ascii_case(essence));
    let unknown = HeaderValue::from_static("application/octet-stream");
    let kind = HeaderValue::from_str(kind).unwrap_or(unknown);
    let place = if is_shown { "inline" } else { "attachment" };
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(place));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.remove(header::CONTENT_LENGTH);
}
