//! Searches as Bundles, written straight from the stored text: of one type, and of several at once.
//!
//! Invariant: what is not understood is refused by name, or, where the asker prefers that, left out and reported in the
//! Bundle; the `self` link says what was used.

pub(super) mod compartment;

use axum::extract::{Form, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use fhir::outcome::{Issue, IssueType, Severity};
use fhir::query::criterion::Criterion;
use fhir::query::{Query, Summary, Total};
use fhir::resource::ResourceType;
use fhir::search_parameter::Known;
use record::permission::{self, Action};
use record::search::{Found, Page};

use super::ask::{Ask, subset_of};
use super::negotiate::{Pairs, moment, resource_type};
use super::prefer::{self, Handling};
use super::searchset::{Shown, searchset};
use crate::problem::Problem;

/// `GET /fhir/{type}?…`: a page of what is found, 200. Unknown parameters are refused by name.
pub(super) async fn of_type(Path(kind): Path<String>, ask: Ask) -> Result<Response, Problem> {
    found(ask, &kind).await
}

/// `POST /fhir/{type}/_search`: the same with the parameters in a form, so that they stay out of logs.
pub(super) async fn of_type_by_form(
    Path(kind): Path<String>,
    mut ask: Ask,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    ask.take_form(pairs);
    found(ask, &kind).await
}

/// `GET /fhir?_type=…`: the same over several types, one after the other; without `_type` all that the asker may read.
pub(super) async fn of_system(ask: Ask) -> Result<Response, Problem> {
    found_of_several(ask).await
}

/// `POST /fhir/_search`: the same with the parameters in a form.
pub(super) async fn of_system_by_form(
    mut ask: Ask,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    ask.take_form(pairs);
    found_of_several(ask).await
}

/// A search as it was understood.
struct Asked {
    query: Query,
    /// Why something was left out; the pairs of it are no longer among the asker's.
    left_out: Vec<Issue>,
}

async fn found(mut ask: Ask, kind: &str) -> Result<Response, Problem> {
    let of = resource_type(kind)?;
    let known = ask.door.record.known_parameters().await?;
    let asked = understood(&known, &ask.headers, &mut ask.pairs, of)?;
    let query = &asked.query;
    let page = first_or_next(query);
    let found = ask.door.record.search(&ask.caller, query, &page).await?;
    shown(&ask, kind, &asked, &found)
}

async fn found_of_several(mut ask: Ask) -> Result<Response, Problem> {
    let (written, types) = types(&mut ask)?;
    let none = "you may read none of the types: name others in `_type`";
    let several = Several {
        place: "",
        types,
        written,
        none,
    };
    several.found(ask, |_| Ok(None)).await
}

/// A search over several types.
struct Several<'s> {
    /// The address below the API's, for the links.
    place: &'s str,
    /// Which types.
    types: Vec<ResourceType>,
    /// `_type` as it was written, which the links keep.
    written: Pairs,
    /// What is said when there is no type left to be searched.
    none: &'s str,
}

impl Several<'_> {
    /// A page of what is found, where a criterion of its own may hold for each type.
    async fn found(
        self,
        mut ask: Ask,
        own: impl Fn(ResourceType) -> Result<Option<Criterion>, Problem>,
    ) -> Result<Response, Problem> {
        let known = ask.door.record.known_parameters().await?;
        let mut queries = Vec::with_capacity(self.types.len());
        let mut first = None;
        for of in self.types {
            let mut pairs = ask.pairs.clone();
            let mut asked = understood(&known, &ask.headers, &mut pairs, of)?;
            asked.query.criteria.extend(own(of)?);
            queries.push(asked.query.clone());
            first.get_or_insert((asked, pairs));
        }
        let Some((asked, used)) = first else {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                IssueType::Forbidden,
                self.none,
            ));
        };
        let page = first_or_next(&asked.query);
        let record = &ask.door.record;
        let found = record.search_types(&ask.caller, &queries, &page).await?;
        ask.pairs = self.written.into_iter().chain(used).collect();
        shown(&ask, self.place, &asked, &found)
    }
}

/// `_type`, taken out, and its types, each once; all that the asker may read where it is not there.
fn types(ask: &mut Ask) -> Result<(Pairs, Vec<ResourceType>), Problem> {
    let Some(text) = ask.take("_type")? else {
        let role = ask.caller.role();
        let readable = |of: &ResourceType| permission::allows(role, Action::Read, of.as_str());
        return Ok((Pairs::new(), ResourceType::all().filter(readable).collect()));
    };
    let mut types = Vec::new();
    for name in text.split(',') {
        let of: ResourceType = name.trim().parse().map_err(|error| {
            let details = format!("`_type`: {error}");
            Problem::new(StatusCode::BAD_REQUEST, IssueType::Value, details)
        })?;
        if !types.contains(&of) {
            types.push(of);
        }
    }
    Ok((vec![("_type".to_owned(), text)], types))
}

/// The search of a type, as strictly as the asker prefers. What was left out, and a `_count` that was cut, is so in the
/// pairs too, of which the links are made.
fn understood(
    known: &Known,
    headers: &HeaderMap,
    pairs: &mut Pairs,
    of: ResourceType,
) -> Result<Asked, Problem> {
    let refused = |issue| Problem::with(StatusCode::BAD_REQUEST, vec![issue]);
    let (mut query, left_out) = match prefer::handling(headers) {
        Handling::Strict => {
            let query = Query::parse_among(known, of, pairs).map_err(|why| refused(why.issue()))?;
            (query, Vec::new())
        }
        Handling::Lenient => {
            Query::parse_leniently(known, of, pairs).map_err(|why| refused(why.issue()))?
        }
    };
    for (at, _) in left_out.iter().rev() {
        pairs.remove(*at);
    }
    if let Some(count) = query.count {
        let counts = pairs.iter_mut().filter(|(name, _)| name == "_count");
        counts.for_each(|(_, written)| *written = count.to_string());
    }
    if query.summary == Some(Summary::Count) {
        query.count = Some(0);
        query.total = Some(Total::Accurate);
    }
    let left_out = left_out.into_iter().map(|(_, why)| Issue {
        severity: Severity::Warning,
        ..why.issue()
    });
    Ok(Asked {
        query,
        left_out: left_out.collect(),
    })
}

fn first_or_next(query: &Query) -> Page {
    match &query.page {
        Some(cursor) => Page::Next(cursor.clone()),
        None => Page::First(moment(query.as_of.clone())),
    }
}

fn shown(ask: &Ask, place: &str, asked: &Asked, found: &Found) -> Result<Response, Problem> {
    let shown = Shown {
        place,
        pairs: &ask.pairs,
        subset: subset_of(&asked.query)?,
        left_out: &asked.left_out,
    };
    Ok(searchset(ask, &shown, found))
}
