//! What a FHIR request says around its resource: types and ids in the path, formats, versions, moments, single parameters.
//!
//! Invariant: what is not understood is refused with its name; nothing is dropped in silence.

use axum::http::{HeaderMap, StatusCode, header};
use fhir::outcome::IssueType;
use fhir::resource::{Id, Key, Resource, ResourceType};
use record::log::{At, T};

use crate::problem::Problem;

/// Decoded name and value pairs of a query or form.
pub(crate) type Pairs = Vec<(String, String)>;

pub(crate) fn resource_type(text: &str) -> Result<ResourceType, Problem> {
    text.parse().map_err(|_| {
        let details = format!("`{}` is not a resource type of FHIR R4; types begin with a capital letter, as in Patient", shown(text));
        Problem::new(StatusCode::NOT_FOUND, IssueType::NotSupported, details)
    })
}

pub(crate) fn key(resource_type_text: &str, id: &str) -> Result<Key, Problem> {
    let resource_type = resource_type(resource_type_text)?;
    let id: Id = id.parse().map_err(|_| {
        let details = format!(
            "`{}` is not an id: write 1 to 64 letters, digits, `-` or `.`",
            shown(id)
        );
        Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
    })?;
    Ok(Key::new(resource_type, id))
}

/// A resource of the type that the path names.
pub(crate) fn resource(body: &[u8], expected: ResourceType) -> Result<Resource, Problem> {
    let resource = any_resource(body)?;
    if resource.resource_type() == expected {
        return Ok(resource);
    }
    let details = format!(
        "the body is a {}, the path says {expected}: make them the same",
        resource.resource_type()
    );
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        IssueType::Invalid,
        details,
    ))
}

pub(crate) fn any_resource(body: &[u8]) -> Result<Resource, Problem> {
    Resource::parse(body).map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))
}

/// Takes out and gives what says how the answer is to be written, which `render` sees to.
pub(crate) fn formats(pairs: &mut Pairs) -> Pairs {
    let is_format = |name: &str| matches!(name, "_format" | "_pretty");
    pairs.extract_if(.., |(name, _)| is_format(name)).collect()
}

/// The value of a parameter that may be there once, taken out.
pub(crate) fn take(pairs: &mut Pairs, name: &str) -> Result<Option<String>, Problem> {
    let mut values = pairs
        .extract_if(.., |(key, _)| key == name)
        .map(|(_, value)| value);
    let first = values.next();
    if values.next().is_some() {
        let details = format!("`{name}` may be given once only");
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            IssueType::Duplicate,
            details,
        ));
    }
    Ok(first)
}

/// Refuses what is left over on a route that takes no more parameters.
pub(crate) fn nothing_else(pairs: &Pairs) -> Result<(), Problem> {
    match pairs.first() {
        None => Ok(()),
        Some((name, _)) => {
            let details = format!(
                "the parameter `{}` means nothing here: leave it out",
                shown(name)
            );
            Err(Problem::new(
                StatusCode::BAD_REQUEST,
                IssueType::NotSupported,
                details,
            ))
        }
    }
}

/// `_asOf`: a commit's number or an instant; the newest state without it.
pub(crate) fn moment(as_of: Option<String>) -> At {
    match as_of {
        None => At::Now,
        Some(text) => text.parse().map_or(At::Instant(text), |t| At::Commit(T(t))),
    }
}

/// The version of `If-Match: W/"3"`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let version = text
        .trim()
        .trim_start_matches("W/")
        .trim_matches('"')
        .parse();
    version.map(Some).map_err(|_| {
        let details = format!(
            "If-Match is `{}`: write the version that you saw, as in W/\"3\"",
            shown(text)
        );
        Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
    })
}

/// What a stranger wrote, cut to what fits a message.
pub(super) fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 80;
    text.chars()
        .take(CHARS_MAX)
        .filter(|char| !char.is_control())
        .collect()
}
