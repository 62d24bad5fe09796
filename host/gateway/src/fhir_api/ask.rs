//! What every FHIR request brings before its path is looked at: who asks, the headers, the parameters of the address.
//!
//! Invariant: whoever holds an `Ask` was authenticated, and each of its parameters is either taken or refused by name.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use fhir::outcome::IssueType;
use fhir::query::{self, Summary};
use fhir::resource::ResourceType;
use fhir::search_parameter::Known;
use fhir::subset::Subset;
use record::caller::Caller;
use record::commit::bundle::once::Once;
use record::commit::condition;
use record::log::{At, T};
use sha2::{Digest as _, Sha256};

use super::negotiate::{Pairs, formats, if_match, moment, nothing_else, take};
use super::prefer::{self, Handling};
use crate::Door;
use crate::problem::Problem;

/// Under which a client sends the same request again without a second effect.
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A FHIR request without its path and body.
pub(super) struct Ask {
    /// What the handlers work with.
    pub(super) door: Door,
    /// Who asks.
    pub(super) caller: Caller,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The parameters of the address; how the answer is to be written was taken out.
    pub(super) pairs: Pairs,
    /// How the answer is to be written, which `render` sees to and links keep.
    pub(super) written: Pairs,
    /// Names of parameters that were left out, since the asker prefers that.
    pub(super) ignored: Vec<String>,
    /// Method and address.
    line: String,
}

impl FromRequestParts<Door> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Problem> {
        let caller = match parts.extensions.get::<Caller>() {
            // An entry of a bundle, whose sender was authenticated with the bundle.
            Some(caller) => caller.clone(),
            None => Caller::from_request_parts(parts, door).await?,
        };
        let Query(mut pairs) = Query::<Pairs>::try_from_uri(&parts.uri).map_err(|why| {
            let details = format!("the parameters of the address cannot be read: {why}");
            Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
        })?;
        let written = formats(&mut pairs);
        Ok(Self {
            door: door.clone(),
            caller,
            headers: parts.headers.clone(),
            pairs,
            written,
            ignored: Vec::new(),
            line: format!("{} {}", parts.method, parts.uri),
        })
    }
}

impl Ask {
    /// The address under which the asker reaches the API, without a slash at its end.
    pub(super) fn base(&self) -> String {
        base_of(&self.headers, &self.door)
    }

    /// The whole address that was asked.
    pub(super) fn address(&self) -> String {
        let path = self.line.split_once(' ').map_or("", |(_, path)| path);
        format!("{}{path}", self.base())
    }

    /// Adds the parameters of a form to those of the address.
    pub(super) fn take_form(&mut self, mut pairs: Pairs) {
        self.written.append(&mut formats(&mut pairs));
        self.pairs.append(&mut pairs);
    }

    /// The value of a parameter that may be there once, taken out.
    pub(super) fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        take(&mut self.pairs, name)
    }

    /// `_asOf`, taken out, as the commit at which everything of this answer is read.
    pub(super) async fn moment(&mut self) -> Result<T, Problem> {
        let at: At = moment(self.take("_asOf")?);
        Ok(self.door.record.as_of(&at).await?)
    }

    /// `_summary` and `_elements`, taken out, of an answer that is not a search.
    pub(super) fn subset(&mut self) -> Result<Subset, Problem> {
        let names = ["_summary", "_elements"];
        let asked = self
            .pairs
            .extract_if(.., |(name, _)| names.contains(&name.as_str()));
        let asked: Pairs = asked.collect();
        if asked.is_empty() {
            return Ok(Subset::Whole);
        }
        let search = super::page::query(&Known::default(), ResourceType::BASIC, &asked)?;
        if search.summary == Some(Summary::Count) {
            let details = "`_summary=count` is for searches: ask for true, text, data or false";
            return Err(bad(IssueType::Value, details));
        }
        subset_of(&search)
    }

    /// Whatever was not taken: refused by name, or kept to be reported, when the asker prefers lenient handling.
    pub(super) fn left_over(&mut self) -> Result<(), Problem> {
        match prefer::handling(&self.headers) {
            Handling::Strict => nothing_else(&self.pairs),
            Handling::Lenient => {
                self.ignored
                    .extend(self.pairs.drain(..).map(|(name, _)| name));
                Ok(())
            }
        }
    }

    /// The version that the author of a change saw: `If-Match`; 0 for `If-None-Match: *`, which allows none.
    pub(super) fn seen(&self) -> Result<Option<u64>, Problem> {
        let none = self.headers.get(header::IF_NONE_MATCH);
        match (if_match(&self.headers)?, none) {
            (None, Some(tag)) if tag.as_bytes() == b"*" => Ok(Some(0)),
            (seen, _) => Ok(seen),
        }
    }

    /// The parameters of the address as the condition that finds what is to be changed.
    pub(super) async fn condition(&self, of: ResourceType) -> Result<query::Query, Problem> {
        let known = self.door.record.known_parameters().await?;
        let condition = super::page::query(&known, of, &self.pairs)?;
        condition::only_conditions(&condition).map_err(|what| bad(IssueType::Required, what))?;
        Ok(condition)
    }

    /// `Idempotency-Key`, bound to this very request.
    pub(super) fn once(&self, body: &[u8]) -> Result<Option<Once>, Problem> {
        let mut names = self.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(name) = names.next() else {
            return Ok(None);
        };
        if names.next().is_some() {
            return Err(bad(
                IssueType::Duplicate,
                "Idempotency-Key may be given once only",
            ));
        }
        let digest = Sha256::new()
            .chain_update(&self.line)
            .chain_update([0])
            .chain_update(body)
            .finalize();
        let name = name.to_str().unwrap_or_default();
        let once = Once::new(&self.caller, name, hex::encode(digest));
        once.map(Some)
            .map_err(|what| bad(IssueType::Value, format!("Idempotency-Key: {what}")))
    }
}

/// The parts of each resource that a search asks for.
pub(super) fn subset_of(search: &query::Query) -> Result<Subset, Problem> {
    let whole = match search.summary {
        Some(Summary::True) => Some(Subset::Summary),
        Some(Summary::Text) => Some(Subset::Text),
        Some(Summary::Data) => Some(Subset::Data),
        Some(Summary::False | Summary::Count) | None => None,
    };
    match (whole, search.elements.is_empty()) {
        (Some(_), false) => {
            let details = "`_summary` and `_elements` exclude each other: keep one";
            Err(bad(IssueType::Invalid, details))
        }
        (Some(Subset::Text), true) if !search.includes.is_empty() => {
            let details = "`_summary=text` excludes `_include` and `_revinclude`: keep one";
            Err(bad(IssueType::Invalid, details))
        }
        (Some(subset), true) => Ok(subset),
        (None, false) => Ok(Subset::Elements(search.elements.clone())),
        (None, true) => Ok(Subset::Whole),
    }
}

fn bad(code: IssueType, details: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, details)
}

/// The address under which the asker reaches the API, without a slash at its end: what `Host` says, or the path alone
/// where that says nothing sensible. What proxies say of themselves is not believed.
pub(crate) fn base_of(headers: &HeaderMap, door: &Door) -> String {
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).filter(|host| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        !host.is_empty() && host.len() <= 255 && host.bytes().all(allowed)
    });
    let scheme = if door.settings.https { "https" } else { "http" };
    host.map_or_else(
        || String::from("/fhir"),
        |host| format!("{scheme}://{host}/fhir"),
    )
}
