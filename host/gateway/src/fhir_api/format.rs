//! Which format an answer is asked for in, and which a body came in.
//!
//! Invariant: `_format` comes before `Accept`; of several acceptable formats the best liked is given, JSON when all are
//! the same.

use axum::http::{HeaderMap, StatusCode, header};
use fhir::outcome::IssueType;

use super::negotiate::Pairs;
use crate::problem::Problem;

/// Media ranges of one `Accept` that are looked at: more would be nobody's wish.
const RANGES_MAX: usize = 64;
/// The version of FHIR spoken here, as media types name it.
const VERSION: &str = "4.0";
/// The best quality a range can have, in thousandths.
const BEST: u16 = 1_000;

/// A format of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl Format {
    /// The media type of an answer.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => super::FHIR_JSON,
            Self::Xml => "application/fhir+xml; charset=utf-8",
        }
    }

    /// The format that a media type means, where it means one of FHIR.
    fn of(media_type: &str) -> Option<Self> {
        match media_type {
            "application/fhir+json"
            | "application/json+fhir"
            | "application/json"
            | "text/json" => Some(Self::Json),
            "application/fhir+xml" | "application/xml+fhir" | "application/xml" | "text/xml" => {
                Some(Self::Xml)
            }
            _ => None,
        }
    }
}

/// One range of `Accept`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    /// For example `application/fhir+json`, `image/*` or `*/*`; small letters.
    media_type: String,
    /// From 0, not at all, to `BEST`.
    quality: u16,
}

/// What an answer is to look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    ranges: Vec<Range>,
    by_parameter: Option<Format>,
    /// What came in, for who does not say what is to go out.
    body: Option<Format>,
    /// Laid out for people.
    pub(super) pretty: bool,
}

impl Asked {
    /// What a request asks for by its headers and by the pairs of its query or form.
    pub(super) fn of(headers: &HeaderMap, pairs: &Pairs) -> Result<Self, Problem> {
        let by_parameter = once(pairs, "_format")?.map(by_name).transpose()?;
        let pretty = match once(pairs, "_pretty")? {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(wrong("`_pretty` is true or false")),
        };
        let accepted = headers.get_all(header::ACCEPT).into_iter();
        let ranges = accepted
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(range)
            .take(RANGES_MAX)
            .collect();
        Ok(Self {
            ranges,
            by_parameter,
            body: None,
            pretty,
        })
    }

    /// What to answer where nothing can be asked for.
    pub(super) fn plain() -> Self {
        Self {
            ranges: Vec::new(),
            by_parameter: None,
            body: None,
            pretty: false,
        }
    }

    /// Takes over what a form says beside the address; both may not say it.
    pub(super) fn also(&mut self, form: &Self) -> Result<(), Problem> {
        match (self.by_parameter, form.by_parameter) {
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "`_format` stands in the address and in the form: keep one",
                ));
            }
            (None, Some(format)) => self.by_parameter = Some(format),
            (Some(_) | None, None) => {}
        }
        self.pretty |= form.pretty;
        Ok(())
    }

    /// Notes the format of the body.
    pub(super) fn sent(&mut self, format: Format) {
        self.body = Some(format);
    }

    /// The format to answer in; `None`: none of those that are written here.
    pub(super) fn format(&self) -> Option<Format> {
        if let Some(format) = self.by_parameter {
            return Some(format);
        }
        if self.ranges.is_empty() {
            return Some(self.body.unwrap_or(Format::Json));
        }
        let json = self.liking(Format::Json);
        let xml = self.liking(Format::Xml);
        match (json.0, xml.0) {
            (0, 0) => None,
            _ if xml > json => Some(Format::Xml),
            _ => Some(Format::Json),
        }
    }

    /// How much a format is liked: its quality, then how exactly it was named, then how early.
    fn liking(&self, format: Format) -> (u16, u8, i64) {
        let exactness = |range: &Range| match range.media_type.as_str() {
            "*/*" => Some(0),
            "application/*" | "text/*" => Some(1),
            // Somebody with a browser reads JSON more easily than nothing.
            "text/html" | "application/xhtml+xml" if format == Format::Json => Some(2),
            name if Format::of(name) == Some(format) => Some(2),
            _ => None,
        };
        let ranges = self.ranges.iter().zip(0_i64..);
        let matching = ranges.filter_map(|(range, at)| Some((exactness(range)?, range, at)));
        let most_exact = matching.clone().map(|(exactness, ..)| exactness).max();
        matching
            .filter(|(exactness, ..)| Some(*exactness) == most_exact)
            .map(|(exactness, range, at)| (range.quality, exactness, -at))
            .max()
            .unwrap_or((0, 0, 0))
    }

    /// Whether content of this type is to be sent as itself rather than as a resource: unless FHIR is asked for by name
    /// at least as much.
    pub(super) fn wants_raw(&self, media_type: &str) -> bool {
        if self.by_parameter.is_some() {
            return false;
        }
        let essence = essence(media_type);
        let group = essence.split('/').next().unwrap_or_default();
        let group = format!("{group}/*");
        let exact = self.quality_of(|name| name == essence);
        let raw = exact
            .or_else(|| self.quality_of(|name| name == group))
            .or_else(|| self.quality_of(|name| name == "*/*"))
            .unwrap_or(if self.ranges.is_empty() { BEST } else { 0 });
        let by_name = |name: &str| name.contains("fhir") && Format::of(name).is_some();
        match self.quality_of(by_name).filter(|quality| *quality > 0) {
            Some(fhir) => raw > fhir || (raw == fhir && exact.is_some()),
            None => raw > 0,
        }
    }

    fn quality_of(&self, is_it: impl Fn(&str) -> bool) -> Option<u16> {
        let ranges = self.ranges.iter();
        ranges
            .filter(|range| is_it(&range.media_type))
            .map(|range| range.quality)
            .max()
    }
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A resource.
    Resource(Format),
    /// Pairs of a form.
    Form,
    /// A list of changes.
    JsonPatch,
    /// Resources, one a line.
    Lines,
    /// Anything else.
    Other,
}

/// What the headers say that the body is; a body of which nothing is said counts as JSON.
pub(super) fn content(headers: &HeaderMap) -> Result<Content, Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(Content::Resource(Format::Json));
    };
    let value = value
        .to_str()
        .map_err(|_| unsupported("Content-Type is not a media type"))?;
    let name = essence(value);
    let content = match name.as_str() {
        "application/x-www-form-urlencoded" => Content::Form,
        "application/json-patch+json" => Content::JsonPatch,
        "application/fhir+ndjson" | "application/ndjson" | "application/x-ndjson" => Content::Lines,
        name => Format::of(name).map_or(Content::Other, Content::Resource),
    };
    if content == Content::Other {
        return Ok(content);
    }
    for (name, value) in parameters(value) {
        let known = match name.as_str() {
            "charset" => ["utf-8", "utf8", "us-ascii"].contains(&value.as_str()),
            "fhirversion" => value == VERSION,
            _ => true,
        };
        if !known {
            let details = format!(
                "Content-Type says {name}={}: send UTF-8, of FHIR version {VERSION}",
                super::negotiate::shown(&value)
            );
            return Err(unsupported(details));
        }
    }
    Ok(content)
}

/// A body that nothing here reads.
pub(super) fn unsupported(details: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        IssueType::NotSupported,
        details,
    )
}

/// An answer that nothing here writes.
pub(super) fn unacceptable() -> Problem {
    let details = "nothing that is asked for is written here: accept application/fhir+json or application/fhir+xml";
    Problem::new(StatusCode::NOT_ACCEPTABLE, IssueType::NotSupported, details)
}

fn wrong(details: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
}

fn once<'p>(pairs: &'p Pairs, name: &str) -> Result<Option<&'p str>, Problem> {
    let mut values = pairs.iter().filter(|(key, _)| key == name);
    let first = values.next().map(|(_, value)| value.as_str());
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

/// The format that `_format` names. A plus that was not encoded arrives as a space.
fn by_name(text: &str) -> Result<Format, Problem> {
    let name = essence(&text.replace(' ', "+"));
    let versions = parameters(text).into_iter();
    let mut other_versions =
        versions.filter(|(key, value)| key == "fhirversion" && value != VERSION);
    match name.as_str() {
        _ if other_versions.next().is_some() => Err(unacceptable()),
        "json" => Ok(Format::Json),
        "xml" => Ok(Format::Xml),
        name => Format::of(name).ok_or_else(unacceptable),
    }
}

/// One range, unless it is malformed; another version of FHIR is not to be had.
fn range(text: &str) -> Option<Range> {
    let media_type = essence(text);
    let mut quality = BEST;
    for (name, value) in parameters(text) {
        match name.as_str() {
            "q" => quality = thousandths(&value)?,
            "fhirversion" if value != VERSION => {
                return Some(Range {
                    media_type,
                    quality: 0,
                });
            }
            _ => {}
        }
    }
    media_type.contains('/').then_some(Range {
        media_type,
        quality,
    })
}

/// `0.75` is 750.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_well = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| is_well)?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(BEST),
        _ => None,
    }
}

/// A media type without its parameters, in small letters.
fn essence(text: &str) -> String {
    let name = text.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

/// The parameters of a media type, in small letters, quotes taken off.
fn parameters(text: &str) -> Vec<(String, String)> {
    let parts = text
        .split(';')
        .skip(1)
        .filter_map(|part| part.split_once('='));
    parts
        .map(|(name, value)| {
            let value = value.trim().trim_matches('"');
            (name.trim().to_ascii_lowercase(), value.to_ascii_lowercase())
        })
        .collect()
}

#[cfg(test)]
mod tests;
