//! `$expand`: the codes of a value set, a page at a time.
//!
//! Invariant: the pages of one expansion hold every code once, `total` says how many there are, and an expansion that was
//! asked for whole is whole or refused.

use fhir::outcome::IssueType;
use fhir::resource::Key;
use serde_json::{Value, json};

use super::compose::{Made, Set};
use super::concept::{Concept, words};
use super::given::Content;
use super::parameters::Parameters;
use super::reader::Reader;
use super::{Operation, TerminologyError};
use crate::clock::rfc3339;
use crate::limits;

/// How an expansion is wanted.
struct Wanted {
    filter: Option<String>,
    offset: u64,
    count: Option<u64>,
    active_only: bool,
    designations: bool,
    /// Only designations in one of these languages or uses.
    which: Vec<String>,
    definition: bool,
    language: Option<String>,
    /// What the answer repeats: name, member and value.
    said: Vec<(String, &'static str, Value)>,
}

/// Parameters that change nothing here, and why: expansions are flat, and hold neither post-coordinated codes nor codes
/// that are not for users.
const OF_NO_EFFECT: [&str; 3] = ["excludeNested", "excludeNotForUI", "excludePostCoordinated"];

impl Wanted {
    fn take(parameters: &mut Parameters) -> Result<Self, TerminologyError> {
        let mut said = Vec::new();
        let filter = parameters.text("filter")?;
        if let Some(filter) = &filter {
            said.push(("filter".to_owned(), "valueString", json!(filter)));
        }
        let (offset, count) = (parameters.number("offset")?, parameters.number("count")?);
        for (name, value) in [("offset", offset), ("count", count)] {
            if let Some(value) = value {
                said.push((name.to_owned(), "valueInteger", json!(value)));
            }
        }
        let mut flag = |name: &str| -> Result<bool, TerminologyError> {
            let is = parameters.flag(name)?;
            if let Some(is) = is {
                said.push((name.to_owned(), "valueBoolean", json!(is)));
            }
            Ok(is.unwrap_or(false))
        };
        let active_only = flag("activeOnly")?;
        let designations = flag("includeDesignations")?;
        let definition = flag("includeDefinition")?;
        for name in OF_NO_EFFECT {
            flag(name)?;
        }
        let language = parameters.text("displayLanguage")?;
        if let Some(language) = &language {
            said.push(("displayLanguage".to_owned(), "valueCode", json!(language)));
        }
        super::look_up::refuse_date(parameters)?;
        let which = parameters.texts("designation")?;
        Ok(Self {
            filter,
            offset: offset.unwrap_or(0),
            count,
            active_only,
            designations: designations || !which.is_empty(),
            which,
            definition,
            language,
            said,
        })
    }

    /// Whether a designation is wanted: by `system|code` of its use, or by its language.
    fn takes(&self, designation: &super::concept::Designation) -> bool {
        let used = |member: &str| {
            let used_as = designation.used_as.as_ref().and_then(|it| it.get(member));
            used_as
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        self.which.is_empty()
            || self
                .which
                .iter()
                .any(|wanted| match wanted.split_once('|') {
                    Some(("urn:ietf:bcp:47", language)) => designation.is_in(language),
                    Some((system, code)) => used("system") == system && used("code") == code,
                    None => designation.is_in(wanted),
                })
    }
}

impl Reader<'_> {
    /// `ValueSet/$expand`.
    pub(super) async fn expand(
        &self,
        on: Option<&Key>,
        parameters: &mut Parameters,
    ) -> Result<Value, TerminologyError> {
        let wanted = Wanted::take(parameters)?;
        let sent = parameters.has("valueSet").then(|| parameters.clone());
        let url = parameters.clone().text("url")?;
        let mut made = Made::new(self.clone());
        let (mut set, _) = self.asked_set(on, parameters, &mut made).await?;
        parameters.nothing_else(Operation::Expand)?;
        if wanted.active_only {
            made.without_inactive(&mut set).await?;
        }
        if let Some(filter) = &wanted.filter {
            matching(&mut made, &mut set, filter).await?;
        }
        set.retain(|_, ranges| !ranges.is_empty());
        let total: u64 = set.values().map(super::ranges::Ranges::len).sum();
        let max = limits::EXPANSION_MAX as u64;
        if wanted.count.is_none() && total.saturating_sub(wanted.offset) > max {
            let what = format!(
                "the value set has {total} codes, and {max} may be answered at once: give `count` (and `offset`), or a `filter`"
            );
            return Err(TerminologyError::too_costly(what));
        }
        let count = wanted.count.unwrap_or(max).min(max);
        let page = page(
            &made,
            &set,
            wanted.offset,
            usize::try_from(count).unwrap_or(0),
        );
        let contains = self.contains(&made, &page, &wanted).await?;
        let mut value_set = match (on, url, sent) {
            (Some(key), _, _) => self.instance(key).await?.resource,
            (None, _, Some(mut sent)) => sent.object("valueSet")?.unwrap_or_default(),
            (None, Some(url), None) => self.value_set(&url).await?,
            (None, None, None) => Value::default(),
        };
        if !wanted.definition
            && let Some(members) = value_set.as_object_mut()
        {
            members.shift_remove("compose");
            members.shift_remove("text");
        }
        value_set["expansion"] =
            self.expansion(&made, &set, &wanted, total, contains, &identifier()?);
        Ok(value_set)
    }

    fn expansion(
        &self,
        made: &Made<'_>,
        set: &Set,
        wanted: &Wanted,
        total: u64,
        contains: Vec<Value>,
        identifier: &str,
    ) -> Value {
        let mut parameters: Vec<Value> = Vec::new();
        for (name, member, value) in &wanted.said {
            let mut one = json!({ "name": name });
            one[*member] = value.clone();
            parameters.push(one);
        }
        for at in set.keys() {
            let canonical = made.systems[*at].canonical();
            let system = &made.systems[*at];
            parameters.push(json!({ "name": "used-codesystem", "valueUri": canonical }));
            if system.version().is_some() {
                parameters.push(json!({ "name": "version", "valueUri": canonical }));
            }
            if matches!(system, super::system::System::Given(given) if given.content == Content::Fragment)
            {
                parameters.push(json!({ "name": "fragment", "valueUri": canonical }));
            }
        }
        for canonical in made.value_sets.iter().skip(1) {
            parameters.push(json!({ "name": "used-valueset", "valueUri": canonical }));
        }
        let mut expansion = json!({
            "identifier": identifier,
            "timestamp": rfc3339(self.record.now_ms()),
            "total": total,
            "offset": wanted.offset,
            "parameter": parameters,
        });
        if wanted.offset == 0 && wanted.count.is_none() {
            // Not a page of something.
            expansion
                .as_object_mut()
                .map(|members| members.shift_remove("offset"));
        }
        if !contains.is_empty() {
            expansion["contains"] = Value::Array(contains);
        }
        expansion
    }

    async fn contains(
        &self,
        made: &Made<'_>,
        page: &[(usize, u32)],
        wanted: &Wanted,
    ) -> Result<Vec<Value>, TerminologyError> {
        let mut contains = Vec::with_capacity(page.len());
        let mut rest = page;
        // Neighbours of one code system are read at once.
        while let Some((at, _)) = rest.first() {
            let length = rest.iter().take_while(|(own, _)| own == at).count();
            let (run, left) = rest.split_at(length);
            rest = left;
            let numbers: Vec<u32> = run.iter().map(|(_, n)| *n).collect();
            let system = &made.systems[*at];
            let concepts = system.concepts(self.store(), &numbers).await?;
            for (n, concept) in numbers.iter().zip(&concepts) {
                let said = made.said.get(&(*at, *n));
                contains.push(entry(system, concept, said, wanted));
            }
        }
        Ok(contains)
    }
}

/// A URN that names one expansion.
fn identifier() -> Result<String, TerminologyError> {
    let mut bytes: [u8; 16] = crate::secret::chance()?;
    // Version 4, variant 1.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    Ok(format!("urn:uuid:{}", parts.join("-")))
}

fn entry(
    system: &super::system::System,
    concept: &Concept,
    said: Option<&super::compose::Said>,
    wanted: &Wanted,
) -> Value {
    let mut entry = json!({ "system": system.url() });
    if let Some(version) = system.version() {
        entry["version"] = json!(version);
    }
    if concept.is_abstract {
        entry["abstract"] = json!(true);
    }
    if concept.inactive {
        entry["inactive"] = json!(true);
    }
    entry["code"] = json!(concept.code);
    let own: &[super::concept::Designation] = said.map_or(&[], |said| &said.designations);
    let in_language = wanted.language.as_deref().and_then(|language| {
        let mut names = own.iter().chain(&concept.designations);
        names.find(|name| name.is_in(language)).map(|_| language)
    });
    let display = match (in_language, said.and_then(|said| said.display.as_deref())) {
        (None, Some(display)) => Some(display),
        (Some(language), _) => {
            let own = own.iter().find(|name| name.is_in(language));
            own.map(|name| name.value.as_str())
                .or_else(|| concept.shown(Some(language)))
        }
        (None, None) => concept.shown(None),
    };
    if let Some(display) = display {
        entry["display"] = json!(display);
    }
    if wanted.designations {
        let designations = own.iter().chain(&concept.designations);
        let written: Vec<Value> = designations
            .filter(|it| wanted.takes(it))
            .map(|it| it.written())
            .collect();
        if !written.is_empty() {
            entry["designation"] = Value::Array(written);
        }
    }
    entry
}

/// Leaves what has words that begin as the words of the text do, in any order.
async fn matching(
    made: &mut Made<'_>,
    set: &mut Set,
    filter: &str,
) -> Result<(), TerminologyError> {
    let wanted = words(filter);
    if wanted.is_empty() {
        let why = "`filter` must have a letter or digit";
        return Err(TerminologyError::parameter("filter", IssueType::Value, why));
    }
    for (at, ranges) in set.iter_mut() {
        let system = &made.systems[*at];
        let mut fits = system.matching(made.reader.store(), &wanted).await?;
        // Names that the value set itself gives count too.
        let own = made.said.iter().filter(|((of, _), said)| {
            let names = said.display.iter().map(String::as_str);
            let names = names.chain(said.designations.iter().map(|it| it.value.as_str()));
            of == at
                && names
                    .into_iter()
                    .any(|name| super::given::says(name, &wanted))
        });
        let own = own.map(|((_, n), _)| *n).collect();
        fits = fits.union(&super::ranges::Ranges::of_numbers(own));
        *ranges = ranges.intersect(&fits);
    }
    Ok(())
}

/// A page: what value sets list in their order, then everything else in the order of its code system.
fn page(made: &Made<'_>, set: &Set, mut offset: u64, count: usize) -> Vec<(usize, u32)> {
    let is_in = |(at, n): &(usize, u32)| set.get(at).is_some_and(|ranges| ranges.contains(*n));
    let listed: Vec<(usize, u32)> = made.listed.iter().copied().filter(is_in).collect();
    let from = usize::try_from(offset)
        .unwrap_or(usize::MAX)
        .min(listed.len());
    let mut page: Vec<(usize, u32)> = listed.iter().copied().skip(from).take(count).collect();
    offset = offset.saturating_sub(listed.len() as u64);
    for (at, ranges) in set {
        let own = listed.iter().filter(|(of, _)| of == at).map(|(_, n)| *n);
        let rest = ranges.minus(&super::ranges::Ranges::of_numbers(own.collect()));
        let some = rest.page(offset, count - page.len());
        page.extend(some.into_iter().map(|n| (*at, n)));
        offset = offset.saturating_sub(rest.len());
    }
    page
}
