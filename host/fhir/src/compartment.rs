//! Whose record a resource belongs to, by the R4 Patient compartment definition; also Task, which R4 leaves out though a
//! task for a patient is as private as anything else about them.
//!
//! Invariant: a resource is in the compartment of at most one patient here, since an access decision is about one
//! person. Where it refers to several, the patient that it is about (`patient`, `subject`) comes before any other.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::path::item::{Element, Item};
use crate::reference::{self, Target};
use crate::resource::{Id, Resource, ResourceType};
use crate::search_parameter::{self, SearchParameter};
use crate::structure;

const TEXT: &str = include_str!("../definitions/patient_compartment.tsv");
/// Of the other compartments of R4: whose, type, search parameter. Not generated: the package that the generator reads has
/// the patient's definition only; these lines say what the other four published definitions (4.0.1) say.
const OTHERS: &str = include_str!("../definitions/other_compartments.tsv");

/// Whose compartments R4 defines.
pub const COMPARTMENTS: [ResourceType; 5] = [
    ResourceType::PATIENT,
    ResourceType::ENCOUNTER,
    ResourceType::RELATED_PERSON,
    ResourceType::PRACTITIONER,
    ResourceType::DEVICE,
];

static MEMBERS: LazyLock<HashMap<ResourceType, Vec<&'static SearchParameter>>> =
    LazyLock::new(read_members);

static PARAMETERS: LazyLock<HashMap<ResourceType, Vec<&'static SearchParameter>>> =
    LazyLock::new(read);

/// The patient whose compartment the resource is in; a Patient is in its own.
/// References that do not name a patient of this record (`urn:uuid:…`, `Patient?identifier=…`) are passed over, so ask
/// after they were resolved.
pub fn patient_of(resource: &Resource) -> Option<Id> {
    if resource.resource_type() == ResourceType::PATIENT {
        return resource.id();
    }
    let whole = Item::Element(Element::of_resource(resource));
    let parameters = PARAMETERS.get(&resource.resource_type())?;
    parameters
        .iter()
        .filter_map(|parameter| parameter.expression.as_ref())
        .find_map(|expression| {
            let items = expression.evaluate_from(resource.value(), &whole).ok()?;
            items.iter().find_map(patient)
        })
}

/// Whether the definition puts resources of the type into compartments at all. A resource of such a type without a
/// patient is about nobody known, not about everybody.
pub fn has_patients(resource_type: ResourceType) -> bool {
    resource_type == ResourceType::PATIENT || PARAMETERS.contains_key(&resource_type)
}

/// Whether a resource with a patient as the value of this parameter is in that patient's compartment whatever else it
/// refers to: the parameter reads one member that occurs once, and that member decides before any other.
pub fn is_decided_by(parameter: &SearchParameter) -> bool {
    let deciding = PARAMETERS.get(&parameter.resource_type);
    let first = deciding.and_then(|parameters| only_member(parameters.first()?));
    first.is_some() && first == only_member(parameter)
}

/// The one member that a parameter reads, where it occurs at most once.
fn only_member(parameter: &SearchParameter) -> Option<&str> {
    let text = parameter.expression.as_ref()?.text();
    let path = text
        .strip_suffix(".where(resolve() is Patient)")
        .unwrap_or(text);
    let (of, member) = path.split_once('.')?;
    let members = structure::get(structure::of_resource(parameter.resource_type));
    let occurs_once = !members.element(member)?.many;
    (of == parameter.resource_type.as_str() && occurs_once).then_some(member)
}

/// By which search parameters resources are in the compartment of one of `whose`, by R4's definition: in the order of
/// types, several for some. Empty where R4 defines no such compartment.
pub fn members(whose: ResourceType) -> &'static [&'static SearchParameter] {
    MEMBERS.get(&whose).map_or(&[], Vec::as_slice)
}

fn patient(item: &Item<'_>) -> Option<Id> {
    match reference::parse(item.element()?.value.get("reference")?.as_str()?) {
        Target::Local { key, .. } if key.resource_type == ResourceType::PATIENT => Some(key.id),
        Target::Local { .. }
        | Target::Urn(_)
        | Target::Contained(_)
        | Target::Conditional { .. } => None,
        Target::Absolute(_) | Target::Other(_) => None,
    }
}

fn read_members() -> HashMap<ResourceType, Vec<&'static SearchParameter>> {
    let mut table: HashMap<ResourceType, Vec<&'static SearchParameter>> = HashMap::new();
    let patients = TEXT.lines().map(|line| ("Patient", line));
    let others = OTHERS.lines().filter_map(|line| line.split_once('\t'));
    for (whose, line) in patients.chain(others) {
        let Some((of, name)) = line.split_once('\t') else {
            continue;
        };
        if let (Ok(whose), Ok(of)) = (whose.parse(), of.parse()) {
            let parameter = search_parameter::find(of, name);
            table.entry(whose).or_default().extend(parameter);
        }
    }
    table
}

fn read() -> HashMap<ResourceType, Vec<&'static SearchParameter>> {
    let mut table: HashMap<ResourceType, Vec<&'static SearchParameter>> = HashMap::new();
    for (resource_type, name) in TEXT.lines().filter_map(|line| line.split_once('\t')) {
        let Ok(resource_type) = resource_type.parse() else {
            continue;
        };
        table
            .entry(resource_type)
            .or_default()
            .extend(search_parameter::find(resource_type, name));
    }
    for parameters in table.values_mut() {
        parameters.sort_by_key(|parameter| match parameter.name {
            "patient" => 0,
            "subject" => 1,
            _ => 2,
        });
    }
    table
}

#[cfg(test)]
mod tests;
