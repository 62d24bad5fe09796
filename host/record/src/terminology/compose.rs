//! What a value set's definition makes: for each code system, a set of its concepts.
//!
//! Invariant: what is made is exactly what the definition says; what cannot be made so is an error.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use super::concept::Designation;
use super::ranges::Ranges;
use super::reader::Reader;
use super::system::{Named, System};
use super::{TerminologyError, ecl, filter, shown};
use crate::limits;

/// For each code system, by its place among [`Made::systems`], the concepts in the set.
pub(crate) type Set = BTreeMap<usize, Ranges>;

type Making<'a> = Pin<Box<dyn Future<Output = Result<Set, TerminologyError>> + Send + 'a>>;

/// What a value set itself says about a code that it lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) display: Option<String>,
    pub(crate) designations: Vec<Designation>,
}

/// What has been made, and what was met on the way.
pub(crate) struct Made<'r> {
    pub(crate) reader: Reader<'r>,
    pub(crate) systems: Vec<System>,
    /// Codes that a value set lists, in its order.
    pub(crate) listed: Vec<(usize, u32)>,
    seen: HashSet<(usize, u32)>,
    pub(crate) said: HashMap<(usize, u32), Said>,
    /// Value sets that were used, with their versions.
    pub(crate) value_sets: Vec<String>,
    /// Versions that the asker wishes for code systems: URL, version, and whether it counts over what a value set says.
    pub(crate) wishes: Vec<(String, String, bool)>,
    /// Value sets that are being made, the outermost first.
    stack: Vec<String>,
    work: usize,
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

/// What is in both; code systems that are in one only fall away.
fn both(a: &Set, b: &Set) -> Set {
    let common = a
        .iter()
        .filter_map(|(system, own)| Some((*system, own.intersect(b.get(system)?))));
    common.filter(|(_, left)| !left.is_empty()).collect()
}

fn add(to: &mut Set, more: Set) {
    for (system, ranges) in more {
        let own = to.entry(system).or_default();
        *own = own.union(&ranges);
    }
}

impl<'r> Made<'r> {
    pub(crate) fn new(reader: Reader<'r>) -> Self {
        Self {
            reader,
            systems: Vec::new(),
            listed: Vec::new(),
            seen: HashSet::new(),
            said: HashMap::new(),
            value_sets: Vec::new(),
            wishes: Vec::new(),
            stack: Vec::new(),
            work: 0,
        }
    }

    /// Counts a step of the work, and refuses when there are too many.
    pub(super) fn step(&mut self, steps: usize) -> Result<(), TerminologyError> {
        self.work = self.work.saturating_add(steps);
        if self.work > limits::TERMINOLOGY_WORK_MAX {
            let what = "this value set takes more work than one request may: make it simpler";
            return Err(TerminologyError::too_costly(what));
        }
        Ok(())
    }

    /// The place of a code system, found by its URL and version; one that is not here when `listed` codes name it.
    async fn system(
        &mut self,
        url: &str,
        version: Option<&str>,
        is_listed: bool,
    ) -> Result<usize, TerminologyError> {
        let wish = self
            .wishes
            .iter()
            .find(|(of, _, over)| of == url && (*over || version.is_none()));
        let version = wish
            .map(|(_, wished, _)| wished.clone())
            .or(version.map(str::to_owned));
        let version = version.as_deref();
        let found = if is_listed {
            self.reader.system(url, version).await?
        } else {
            Some(self.reader.known_system(url, version).await?)
        };
        let system = found.unwrap_or_else(|| System::Named(Arc::new(Named::new(url, version))));
        Reader::usable(&system)?;
        Ok(self.place(system))
    }

    /// The place of a code system.
    pub(super) fn place(&mut self, system: System) -> usize {
        if let Some(at) = self.systems.iter().position(|own| own.is(&system)) {
            return at;
        }
        self.systems.push(system);
        self.systems.len() - 1
    }

    /// The set of a value set that is named by its URL.
    pub(crate) fn by_url<'a>(&'a mut self, canonical: &'a str) -> Making<'a> {
        Box::pin(async move {
            self.step(1)?;
            if self.stack.iter().any(|own| own == canonical) {
                let way = self.stack.iter().map(|own| shown(own)).collect::<Vec<_>>();
                return Err(TerminologyError::Definition {
                    what: format!("the value set `{}`", shown(canonical)),
                    why: format!(
                        "contains itself: {} → {}",
                        way.join(" → "),
                        shown(canonical)
                    ),
                });
            }
            if self.stack.len() >= limits::VALUE_SETS_DEEP_MAX {
                let what = format!(
                    "value sets contain each other more than {} deep",
                    limits::VALUE_SETS_DEEP_MAX
                );
                return Err(TerminologyError::too_costly(what));
            }
            if let Some(set) = super::implicit::made(self, canonical).await? {
                return Ok(set);
            }
            let value_set = self.reader.value_set(canonical).await?;
            self.stack.push(canonical.to_owned());
            let set = self.definition(&value_set).await;
            self.stack.pop();
            set
        })
    }

    /// The set of a ValueSet resource.
    pub(crate) async fn definition(&mut self, value_set: &Value) -> Result<Set, TerminologyError> {
        let url = text(value_set, "url").unwrap_or("without a URL");
        let version = text(value_set, "version");
        self.value_sets
            .push(version.map_or(url.to_owned(), |version| format!("{url}|{version}")));
        let Some(compose) = value_set.get("compose") else {
            return match value_set.get("expansion") {
                Some(expansion) => self.expansion(url, expansion).await,
                None => Err(TerminologyError::Definition {
                    what: format!("the value set `{}`", shown(url)),
                    why: "has neither `compose` nor `expansion`, so its codes are not known"
                        .to_owned(),
                }),
            };
        };
        if compose.get("lockedDate").is_some() {
            let what = format!(
                "the value set `{}` has a lockedDate, which is not done here: name the versions of its code systems",
                shown(url)
            );
            return Err(TerminologyError::not_supported(what));
        }
        let mut set = Set::new();
        for include in list(compose, "include") {
            let part = self.part(url, include).await?;
            add(&mut set, part);
        }
        for exclude in list(compose, "exclude") {
            let part = self.part(url, exclude).await?;
            self.take_away(&mut set, &part).await?;
        }
        if compose.get("inactive") == Some(&Value::Bool(false)) {
            self.without_inactive(&mut set).await?;
        }
        Ok(set)
    }

    /// Takes the concepts away that are no longer to be used.
    pub(crate) async fn without_inactive(&mut self, set: &mut Set) -> Result<(), TerminologyError> {
        for (at, ranges) in set.iter_mut() {
            let inactive = self.systems[*at].inactive(self.reader.store()).await?;
            *ranges = ranges.minus(&inactive);
        }
        Ok(())
    }

    /// Takes away what is in a part, codes of another version of the same code system included.
    async fn take_away(&mut self, set: &mut Set, part: &Set) -> Result<(), TerminologyError> {
        for (at, ranges) in part {
            for (other, own) in set.iter_mut() {
                if other == at {
                    *own = own.minus(ranges);
                } else if self.systems[*other].url() == self.systems[*at].url() {
                    let same = same_codes(self, *at, ranges, *other).await?;
                    *own = own.minus(&same);
                }
            }
        }
        set.retain(|_, own| !own.is_empty());
        Ok(())
    }

    /// One `include` or `exclude`.
    async fn part(&mut self, of: &str, part: &Value) -> Result<Set, TerminologyError> {
        self.step(1)?;
        let mut set: Option<Set> = None;
        if let Some(url) = text(part, "system") {
            set = Some(self.of_system(of, url, part).await?);
        }
        for canonical in list(part, "valueSet").iter().filter_map(Value::as_str) {
            let imported = self.by_url(canonical).await?;
            set = Some(set.map_or(imported.clone(), |set| both(&set, &imported)));
        }
        set.ok_or_else(|| TerminologyError::Definition {
            what: format!("the value set `{}`", shown(of)),
            why: "has an include or exclude with neither `system` nor `valueSet`".to_owned(),
        })
    }

    async fn of_system(
        &mut self,
        of: &str,
        url: &str,
        part: &Value,
    ) -> Result<Set, TerminologyError> {
        let (concepts, filters) = (list(part, "concept"), list(part, "filter"));
        if !concepts.is_empty() && !filters.is_empty() {
            return Err(TerminologyError::Definition {
                what: format!("the value set `{}`", shown(of)),
                why: "has both `concept` and `filter` in one include: FHIR allows one of them"
                    .to_owned(),
            });
        }
        let at = self
            .system(url, text(part, "version"), !concepts.is_empty())
            .await?;
        let ranges = if !concepts.is_empty() {
            self.listed(at, concepts).await?
        } else {
            let mut all = self.systems[at].all()?;
            for one in filters {
                self.step(1)?;
                let system = self.systems[at].clone();
                let fits = filter::those(self, &system, one).await?;
                all = all.intersect(&fits);
            }
            all
        };
        Ok(Set::from([(at, ranges)]))
    }

    /// Codes that are listed one by one. A code that the code system does not have is left out: it means nothing.
    async fn listed(&mut self, at: usize, concepts: &[Value]) -> Result<Ranges, TerminologyError> {
        self.step(concepts.len())?;
        let codes: Vec<&str> = concepts.iter().filter_map(|it| text(it, "code")).collect();
        let numbers = match &self.systems[at] {
            System::Named(named) => codes.iter().map(|code| Some(named.number(code))).collect(),
            system @ (System::Given(_) | System::Loaded(_)) => {
                system.find_all(self.reader.store(), &codes).await?
            }
        };
        let mut all = Vec::new();
        for (concept, n) in concepts
            .iter()
            .filter(|it| text(it, "code").is_some())
            .zip(numbers)
        {
            let Some(n) = n else { continue };
            all.push(n);
            if self.seen.insert((at, n)) {
                self.listed.push((at, n));
            }
            let designations: Vec<Designation> = list(concept, "designation")
                .iter()
                .filter_map(Designation::read)
                .collect();
            let display = text(concept, "display").map(str::to_owned);
            if display.is_some() || !designations.is_empty() {
                self.said.entry((at, n)).or_insert(Said {
                    display,
                    designations,
                });
            }
        }
        Ok(Ranges::of_numbers(all))
    }

    /// A value set that says its codes by an expansion only: it must be whole.
    async fn expansion(&mut self, of: &str, expansion: &Value) -> Result<Set, TerminologyError> {
        let mut codes: BTreeMap<(String, Option<String>), Vec<Value>> = BTreeMap::new();
        let mut ahead: Vec<&Value> = list(expansion, "contains").iter().rev().collect();
        let mut count: u64 = 0;
        while let Some(entry) = ahead.pop() {
            self.step(1)?;
            count += 1;
            ahead.extend(list(entry, "contains").iter().rev());
            let is_choice = entry.get("abstract") != Some(&Value::Bool(true));
            if let (Some(system), Some(_), true) =
                (text(entry, "system"), text(entry, "code"), is_choice)
            {
                let version = text(entry, "version").map(str::to_owned);
                codes
                    .entry((system.to_owned(), version))
                    .or_default()
                    .push(entry.clone());
            }
        }
        let total = expansion.get("total").and_then(Value::as_u64);
        if total.is_some_and(|total| total > count) {
            return Err(TerminologyError::Definition {
                what: format!("the value set `{}`", shown(of)),
                why: "has no `compose`, and its expansion is a part only".to_owned(),
            });
        }
        let mut set = Set::new();
        for ((system, version), concepts) in codes {
            let at = self.system(&system, version.as_deref(), true).await?;
            let ranges = self.listed(at, &concepts).await?;
            add(&mut set, Set::from([(at, ranges)]));
        }
        Ok(set)
    }

    /// The concepts of a release that an expression constrains.
    pub(super) async fn constrained(
        &mut self,
        system: &System,
        expression: &str,
    ) -> Result<Ranges, TerminologyError> {
        let expression = ecl::read(expression)?;
        ecl::evaluate(self, system, &expression).await
    }
}

/// The numbers in one code system of the codes that another version of it has in a set.
async fn same_codes(
    made: &mut Made<'_>,
    from: usize,
    ranges: &Ranges,
    to: usize,
) -> Result<Ranges, TerminologyError> {
    let n_max = limits::CODES_LISTED_MAX;
    if ranges.len() > n_max as u64 {
        let what = "two versions of one code system cannot be compared in a set this large: name one version";
        return Err(TerminologyError::too_costly(what));
    }
    made.step(ranges.page(0, n_max).len())?;
    let store = made.reader.store();
    let concepts = made.systems[from]
        .concepts(store, &ranges.page(0, n_max))
        .await?;
    let codes: Vec<&str> = concepts.iter().map(|it| it.code.as_str()).collect();
    let found = made.systems[to].find_all(store, &codes).await?;
    Ok(Ranges::of_numbers(found.into_iter().flatten().collect()))
}
