//! Reference sets: which names a language prefers, members, associations, maps, and which module depends on which.
//!
//! Invariant: what a line says of a component that is no concept of the release is passed over, but for languages.

use std::collections::{HashMap, HashSet};

use super::super::draft::MapLine;
use super::super::identifier::Component;
use super::super::lines::header;
use super::super::refusal::LoadError;
use super::{LANGUAGES, PREFERRED, Reading, id, is_snapshot};
use crate::terminology::shown;

/// Which module depends on which.
#[derive(Default)]
pub(super) struct Modules {
    own: HashSet<String>,
    needed: HashSet<String>,
}

impl Modules {
    /// The module that no other depends on.
    pub(super) fn edition(&self) -> Result<String, LoadError> {
        let mut tops: Vec<&String> = self.own.difference(&self.needed).collect();
        tops.sort_unstable();
        match tops.as_slice() {
            [top] => Ok((*top).clone()),
            [] => Err(LoadError::Incomplete {
                what: "the release does not say which module its edition goes by (no module dependency reference set): name it"
                    .to_owned(),
            }),
            several => Err(LoadError::Incomplete {
                what: format!(
                    "the release holds several modules that no other depends on ({}): name the one that the edition goes by",
                    several.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
                ),
            }),
        }
    }
}

impl Reading<'_> {
    /// The reference set files, each with its columns.
    pub(super) fn reference_sets(&mut self) -> Result<Vec<(String, Vec<String>)>, LoadError> {
        let names = self.files.named(|name| is_snapshot(name, "der2_"));
        let mut all = Vec::new();
        for name in names {
            let columns = self.files.peek(&name, |from| header(&name, from))?;
            all.push((name, columns));
        }
        Ok(all)
    }

    /// For each description that a language prefers: in which of `LANGUAGES`, by bits.
    pub(super) fn languages(
        &mut self,
        file: &str,
        preferred: &mut HashMap<u64, u8>,
    ) -> Result<(), LoadError> {
        const COLUMNS: [&str; 4] = [
            "active",
            "refsetId",
            "referencedComponentId",
            "acceptabilityId",
        ];
        self.each(file, &COLUMNS, &mut |_, line| {
            let description = id(line, 2, Component::Description)?;
            let language = LANGUAGES.iter().position(|(set, _)| *set == line.column(1));
            if let Some(language) = language
                && line.flag(0)?
                && line.column(3) == PREFERRED
            {
                *preferred.entry(description).or_default() |= 1 << language;
            }
            Ok(Ok(()))
        })
    }

    pub(super) fn reference_set(
        &mut self,
        file: &str,
        columns: &[String],
        modules: &mut Modules,
    ) -> Result<(), LoadError> {
        let has = |name: &str| columns.iter().any(|own| own == name);
        if has("acceptabilityId") || has("owlExpression") || has("attributeDescription") {
            return Ok(());
        }
        if has("sourceEffectiveTime") && has("targetEffectiveTime") {
            return self.each(
                file,
                &["active", "moduleId", "referencedComponentId"],
                &mut |_, line| {
                    if line.flag(0)? {
                        modules.own.insert(line.column(1).to_owned());
                        modules.needed.insert(line.column(2).to_owned());
                    }
                    Ok(Ok(()))
                },
            );
        }
        if has("mapTarget") {
            return self.map(file, columns);
        }
        let has_target = has("targetComponentId");
        let wanted: &[&str] = match has_target {
            true => &[
                "active",
                "refsetId",
                "referencedComponentId",
                "targetComponentId",
            ],
            false => &["active", "refsetId", "referencedComponentId"],
        };
        self.each(file, wanted, &mut |draft, line| {
            let set = id(line, 1, Component::Concept)?;
            let member = draft.place(line.column(2).parse().unwrap_or(0));
            let (Some(member), true) = (member, line.flag(0)?) else {
                // Of descriptions and relationships nothing is kept.
                return Ok(Ok(()));
            };
            let place = draft
                .place(set)
                .ok_or_else(|| (1, format!("there is no concept `{set}`")))?;
            let target = if has_target { line.column(3) } else { "" };
            Ok(draft.member(place, member).and_then(|()| match target {
                "" => Ok(()),
                target => {
                    draft.say(member, ('c', &set.to_string()), target)?;
                    draft.map(MapLine {
                        map: place,
                        concept: member,
                        order: (0, 0),
                        target: target.to_owned(),
                        advice: String::new(),
                    })
                }
            }))
        })
    }

    fn map(&mut self, file: &str, columns: &[String]) -> Result<(), LoadError> {
        let mut wanted = vec!["active", "refsetId", "referencedComponentId", "mapTarget"];
        for name in ["mapGroup", "mapPriority", "mapAdvice"] {
            if columns.iter().any(|own| own == name) {
                wanted.push(name);
            }
        }
        let column = |name: &str| {
            wanted
                .iter()
                .position(|own| *own == name)
                .unwrap_or(usize::MAX)
        };
        let [group, priority, advice] = ["mapGroup", "mapPriority", "mapAdvice"].map(column);
        self.each(file, &wanted, &mut |draft, line| {
            let set = id(line, 1, Component::Concept)?;
            let concept = draft.place(line.column(2).parse().unwrap_or(0));
            let (Some(concept), true) = (concept, line.flag(0)?) else {
                return Ok(Ok(()));
            };
            let map = draft
                .place(set)
                .ok_or_else(|| (1, format!("there is no concept `{set}`")))?;
            let number = |which: usize| match line.column(which) {
                "" => Ok(0),
                text => text
                    .parse()
                    .map_err(|_| (which, format!("`{}` is no number", shown(text)))),
            };
            let order = (number(group)?, number(priority)?);
            Ok(draft.member(map, concept).and_then(|()| {
                draft.map(MapLine {
                    map,
                    concept,
                    order,
                    target: line.column(3).to_owned(),
                    advice: line.column(advice).to_owned(),
                })
            }))
        })
    }
}
