//! The value sets of R4 whose codes the tables list.
//!
//! Invariant: what is here is what required bindings are checked against.

use crate::structure::value_set::{self, ValueSet};

/// What most of the URLs begin with.
const BASE: &str = "http://hl7.org/fhir/ValueSet/";

/// One value set.
#[derive(Clone, Copy, Debug)]
pub struct Listed(&'static ValueSet);

impl Listed {
    /// Its canonical URL.
    pub fn url(&self) -> String {
        if self.0.name.contains(':') {
            self.0.name.to_owned()
        } else {
            format!("{BASE}{}", self.0.name)
        }
    }

    /// Its code systems by their URLs, and the codes of each in order.
    pub fn systems(
        &self,
    ) -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
        self.0
            .systems()
            .iter()
            .map(|(system, codes)| (*system, codes.iter().copied()))
    }
}

/// Every value set, in no order.
pub fn all() -> impl Iterator<Item = Listed> {
    value_set::all().map(Listed)
}

/// The value set with this URL.
pub fn by_url(url: &str) -> Option<Listed> {
    value_set::named(url.strip_prefix(BASE).unwrap_or(url)).map(Listed)
}
