//! When what a message tells was so, and what stands of it beside what was told before or later.
//!
//! Invariant: of two tellings of one element the later told one stands, whichever arrived first, so that the same messages
//! make the same record in whatever order they come.

mod when;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::plan::Draft;

pub use self::when::{Told, of_event, of_reports};

/// The extension in a resource's `meta` that says which elements messages told, and when that was so.
pub const TOLD: &str = "urn:palatine:extension:told";
/// Elements that are added to and of which nothing is taken away: every telling counts.
const ADDED_TO: [&str; 2] = ["identifier", "result"];
/// Elements whose members are told one by one.
const BY_MEMBER: [&str; 2] = ["hospitalization", "period"];
/// Elements of which one form excludes the others.
const CHOICES: [&str; 5] = [
    "deceased",
    "effective",
    "multipleBirth",
    "occurrence",
    "onset",
];
/// What the record itself writes.
const OWN: [&str; 4] = ["id", "meta", "resourceType", "text"];
/// Everything that is not told by itself.
const ALL: &str = "*";

/// How much a draft says of its resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Telling {
    /// The elements that it has.
    #[default]
    Parts,
    /// Everything: what it does not have is not so.
    Whole,
    /// These elements; what else it has it repeats, and that gives way to whoever tells it.
    Only(&'static [&'static str]),
}

/// What stands of a draft that was told at its time: `after` is the resource as though the draft were the last word.
#[must_use]
pub fn settled(
    before: Option<&Map<String, Json>>,
    after: Map<String, Json>,
    draft: &Draft,
) -> Map<String, Json> {
    if !draft.told.is_known() {
        return after;
    }
    let nothing = Map::new();
    let before = before.unwrap_or(&nothing);
    let mut register = Register::read(before);
    let (was, is) = (Parts::of(before), Parts::of(&after));
    let mut names: BTreeSet<String> = was.0.keys().chain(is.0.keys()).cloned().collect();
    names.extend(draft.cleared.iter().map(|name| path(name)));
    let mut stands = Parts::default();
    for name in names {
        let old = was.0.get(&name);
        let new = is.0.get(&name).map(|part| one_form(&name, part, draft));
        let new = new.as_ref();
        let whole = draft.telling == Telling::Whole;
        let told = whole || tells(draft, &name) || (old != new && !is_beside(draft, &name));
        let part = if repeats(draft, &name) {
            old.or(new)
        } else if told && register.gives_way(&name, &draft.told) {
            register.note(&name, draft.told.clone());
            new
        } else {
            old
        };
        stands.0.extend(part.map(|part| (name, part.clone())));
    }
    if draft.telling == Telling::Whole {
        register.note_all(&draft.told);
    }
    let mut body = stands.whole(&after);
    for name in ADDED_TO {
        if let Some(list) = after.get(name) {
            body.insert(name.to_owned(), list.clone());
        }
    }
    register.write(&mut body);
    body
}

/// Whether what stands was told after a draft, results by verified results.
#[must_use]
pub fn is_overtaken(standing: &Map<String, Json>, draft: &Draft) -> bool {
    let register = Register::read(standing);
    let last = register.0.values().map(Told::unranked).max();
    draft.told.is_known() && last.is_some_and(|last| last > draft.told.unranked())
}

/// Whether a draft has a part without telling it.
fn repeats(draft: &Draft, name: &str) -> bool {
    let Telling::Only(elements) = draft.telling else {
        return false;
    };
    let element = name.split(['.', '[', '(']).next().unwrap_or(name);
    !elements.iter().any(|it| path(it) == name || *it == element)
}

/// Of the forms of a choice only those that the draft has, where it has one: the others are what was there.
fn one_form(name: &str, part: &Map<String, Json>, draft: &Draft) -> Map<String, Json> {
    let mut part = part.clone();
    if name.ends_with("[x]") && part.keys().any(|form| draft.elements.contains_key(form)) {
        part.retain(|form, _| draft.elements.contains_key(form));
    }
    part
}

/// Whether a draft says something about a part, by its name.
fn tells(draft: &Draft, name: &str) -> bool {
    let element = name.split(['.', '[']).next().unwrap_or(name);
    let named = |it: &str| path(it) == name;
    if draft.cleared.iter().any(|it| named(it) || *it == element) {
        return true;
    }
    match draft.elements.get(element) {
        None => draft.elements.keys().any(|it| named(it)),
        Some(Json::Object(members)) if BY_MEMBER.contains(&element) => {
            let member = name.split_once('.').map_or("", |(_, member)| member);
            members.contains_key(member)
        }
        Some(Json::Array(items)) if element == "extension" => {
            items.iter().any(|item| extension(item) == name)
        }
        Some(_) => true,
    }
}

/// Whether a part is a member of something that a draft tells without it: that stays.
fn is_beside(draft: &Draft, name: &str) -> bool {
    let element = name.split_once('.').map(|(element, _)| element);
    element.is_some_and(|element| draft.elements.contains_key(element))
}

/// The name under which an element is told.
fn path(element: &str) -> String {
    if element.starts_with("value") || matches!(element, "component" | "dataAbsentReason") {
        return "value[x]".to_owned();
    }
    let choice = CHOICES.iter().find(|choice| element.starts_with(**choice));
    choice.map_or_else(|| element.to_owned(), |choice| format!("{choice}[x]"))
}

fn extension(item: &Json) -> String {
    let url = item["url"].as_str().unwrap_or_default();
    format!("extension({})", url.replace([' ', ';', '@'], "%20"))
}

/// A resource in the parts that are told one by one, each as the elements that it is made of.
#[derive(Default)]
struct Parts(BTreeMap<String, Map<String, Json>>);

impl Parts {
    fn of(body: &Map<String, Json>) -> Self {
        let mut parts = Self::default();
        for (element, value) in body {
            if OWN.contains(&element.as_str()) || ADDED_TO.contains(&element.as_str()) {
                continue;
            }
            match value {
                Json::Object(members) if BY_MEMBER.contains(&element.as_str()) => {
                    for (member, value) in members {
                        parts.put(
                            format!("{element}.{member}"),
                            element,
                            json!({ member: value }),
                        );
                    }
                }
                Json::Array(items) if element == "extension" => {
                    for item in items {
                        let part = parts.0.entry(extension(item)).or_default();
                        let list = part.entry("extension").or_insert_with(|| json!([]));
                        if let Some(list) = list.as_array_mut() {
                            list.push(item.clone());
                        }
                    }
                }
                value => parts.put(path(element), element, value.clone()),
            }
        }
        parts
    }

    fn put(&mut self, name: String, element: &str, value: Json) {
        self.0
            .entry(name)
            .or_default()
            .insert(element.to_owned(), value);
    }

    /// The resource that the parts make, with its elements in the order of another one.
    fn whole(self, order: &Map<String, Json>) -> Map<String, Json> {
        let mut made = Map::new();
        for (element, value) in self.0.into_values().flatten() {
            match (made.get_mut(&element), value) {
                (Some(Json::Object(there)), Json::Object(more)) => there.extend(more),
                (Some(Json::Array(there)), Json::Array(more)) => there.extend(more),
                (_, value) => {
                    made.insert(element, value);
                }
            }
        }
        let mut body = Map::new();
        for (element, value) in order {
            if OWN.contains(&element.as_str()) {
                body.insert(element.clone(), value.clone());
            } else if let Some(value) = made.shift_remove(element) {
                body.insert(element.clone(), value);
            } else if ADDED_TO.contains(&element.as_str()) {
                body.insert(element.clone(), Json::Null);
            }
        }
        body.extend(made);
        body
    }
}

/// When each part of a resource was told.
#[derive(Default)]
struct Register(BTreeMap<String, Told>);

impl Register {
    fn read(body: &Map<String, Json>) -> Self {
        let listed = body
            .get("meta")
            .and_then(|meta| meta.get("extension")?.as_array());
        let ours = listed
            .into_iter()
            .flatten()
            .find(|it| it["url"] == TOLD)
            .and_then(|it| it["valueString"].as_str());
        let mut register = Self::default();
        for group in ours.unwrap_or_default().split("; ") {
            let Some((names, at)) = group.split_once(" @ ") else {
                continue;
            };
            for name in names.split(' ') {
                register.0.insert(name.to_owned(), Told::written(at));
            }
        }
        register
    }

    /// Whether a part gives way to something told at a time: what is told again at the same time is the same message.
    fn gives_way(&self, name: &str, at: &Told) -> bool {
        let own = self.0.get(name);
        let all = self.0.get(ALL);
        own.is_none_or(|own| own <= at) && all.is_none_or(|all| all <= at)
    }

    fn note(&mut self, name: &str, at: Told) {
        self.0.insert(name.to_owned(), at);
    }

    /// Everything was told at a time: what was told before need not be named.
    fn note_all(&mut self, at: &Told) {
        if self.0.get(ALL).is_none_or(|all| all < at) {
            self.0.insert(ALL.to_owned(), at.clone());
        }
        if let Some(all) = self.0.get(ALL).cloned() {
            self.0.retain(|name, own| name == ALL || *own > all);
        }
    }

    /// As an extension of `meta`: names, then the time at which they were told, group by group.
    fn write(self, body: &mut Map<String, Json>) {
        let mut groups: BTreeMap<Told, Vec<String>> = BTreeMap::new();
        for (name, at) in self.0 {
            groups.entry(at).or_default().push(name);
        }
        let each = groups
            .into_iter()
            .map(|(at, names)| format!("{} @ {}", names.join(" "), at.as_str()));
        let text = each.collect::<Vec<String>>().join("; ");
        let meta = body.entry("meta").or_insert_with(|| json!({}));
        let Some(meta) = meta.as_object_mut() else {
            return;
        };
        let list = meta.entry("extension").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.retain(|it| it["url"] != TOLD);
            list.push(json!({ "url": TOLD, "valueString": text }));
        }
    }
}

#[cfg(test)]
mod tests;
