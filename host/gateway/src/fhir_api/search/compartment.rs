//! Searches within a compartment: what belongs to one patient, encounter, practitioner, related person or device by R4's
//! definitions.
//!
//! Invariant: a compartment widens nothing: what it finds, a search by the parameters of its definition would find.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::compartment::{COMPARTMENTS, members};
use fhir::outcome::IssueType;
use fhir::query::Query;
use fhir::query::criterion::Criterion;
use fhir::resource::{Key, ResourceType};
use record::permission::{self, Action};

use super::super::ask::Ask;
use super::super::negotiate::{Pairs, key, resource_type};
use super::{Several, types};
use crate::problem::Problem;

type Address = (String, String, String);

/// `GET /fhir/Patient/{id}/Observation?…`, or `*` for every type: 200 with a page of what is found in the compartment.
pub(in super::super) async fn within(
    Path(address): Path<Address>,
    ask: Ask,
) -> Result<Response, Problem> {
    found(ask, &address).await
}

/// `POST /fhir/Patient/{id}/Observation/_search`: the same with the parameters in a form.
pub(in super::super) async fn within_by_form(
    Path(address): Path<Address>,
    mut ask: Ask,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Problem> {
    ask.take_form(pairs);
    found(ask, &address).await
}

async fn found(mut ask: Ask, (whose, id, of): &Address) -> Result<Response, Problem> {
    let whose = key(whose, id)?;
    if !COMPARTMENTS.contains(&whose.resource_type) {
        let details = format!(
            "there is nothing at this address: {} has no compartment, only {COMPARTMENTS:?} have",
            whose.resource_type
        );
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            IssueType::NotFound,
            details,
        ));
    }
    let (written, types) = match of.as_str() {
        "*" => asked_for(&mut ask, &whose)?,
        of => (Pairs::new(), vec![resource_type(of)?]),
    };
    let several = Several {
        place: &format!("{whose}/{of}"),
        types,
        written,
        none: &format!("you may read none of these types in the compartment of {whose}"),
    };
    several.found(ask, |of| belongs(of, &whose).map(Some)).await
}

/// The types of a compartment that are asked for and that the asker may read.
fn asked_for(ask: &mut Ask, whose: &Key) -> Result<(Pairs, Vec<ResourceType>), Problem> {
    let role = ask.caller.role();
    let (written, mut types) = types(ask)?;
    types.retain(|of| {
        let is_member = *of == whose.resource_type
            || members(whose.resource_type)
                .iter()
                .any(|it| it.resource_type == *of);
        is_member && permission::allows(role, Action::Read, of.as_str())
    });
    Ok((written, types))
}

/// That a resource is in the compartment: by one of the definition's parameters, or as the one whose it is.
fn belongs(of: ResourceType, whose: &Key) -> Result<Criterion, Problem> {
    let by = members(whose.resource_type).iter();
    let by = by.filter(|parameter| parameter.resource_type == of);
    let mut pairs: Pairs = by
        .map(|parameter| (parameter.name.to_owned(), whose.to_string()))
        .collect();
    if of == whose.resource_type {
        pairs.push(("_id".to_owned(), whose.id.to_string()));
    }
    if pairs.is_empty() {
        let details = format!(
            "{of} is in no compartment of a {}: search {of} itself",
            whose.resource_type
        );
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            IssueType::NotSupported,
            details,
        ));
    }
    let mut either = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let one = Query::parse(of, &[pair])
            .map_err(|why| Problem::with(StatusCode::BAD_REQUEST, vec![why.issue()]))?;
        either.extend(one.clauses.into_iter().map(Criterion::Clause));
        either.extend(one.criteria);
    }
    Ok(Criterion::Any(either))
}
