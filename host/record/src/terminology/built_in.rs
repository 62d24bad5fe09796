//! The code systems and value sets of R4 itself, as far as the tables of the language hold them.
//!
//! Invariant: a resource of the record with the same URL comes before what is here.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::given::Given;

static SYSTEMS: LazyLock<HashMap<&'static str, Arc<Given>>> = LazyLock::new(|| {
    let mut codes: HashMap<&'static str, BTreeSet<&'static str>> = HashMap::new();
    for set in fhir::value_set::all() {
        for (system, listed) in set.systems() {
            codes.entry(system).or_default().extend(listed);
        }
    }
    let given = |(url, codes): (&'static str, BTreeSet<&'static str>)| {
        (url, Arc::new(Given::built_in(url, codes.into_iter())))
    };
    codes.into_iter().map(given).collect()
});

/// The code system with this URL.
pub(super) fn system(url: &str) -> Option<Arc<Given>> {
    SYSTEMS.get(url).cloned()
}

/// Every code system that has a code.
pub(super) fn systems_with(code: &str) -> impl Iterator<Item = Arc<Given>> {
    SYSTEMS
        .values()
        .filter(move |given| given.find(code).is_some())
        .cloned()
}

/// The value set with this URL, as a resource.
pub(super) fn value_set(url: &str) -> Option<Value> {
    let set = fhir::value_set::by_url(url)?;
    let include: Vec<Value> = set
        .systems()
        .map(|(system, codes)| {
            let concepts: Vec<Value> = codes.map(|code| json!({ "code": code })).collect();
            json!({ "system": system, "concept": concepts })
        })
        .collect();
    let name = url.rsplit('/').next().unwrap_or(url);
    Some(json!({
        "resourceType": "ValueSet",
        "url": url,
        "version": "4.0.1",
        "name": name,
        "status": "active",
        "compose": { "include": include },
    }))
}
