//! `$translate`: what a code is in another code system, by the concept maps of the record and the maps of releases.
//!
//! Invariant: a match says how it relates, as the map says it; nothing is guessed.

mod matched;

use fhir::outcome::IssueType;
use fhir::resource::{Key, ResourceType};
use serde_json::{Value, json};

use self::matched::{Match, forward, list, reversed, text};
use super::look_up::{Coding, refuse_date};
use super::parameters::{Parameters, Written};
use super::reader::{Reader, both};
use super::release::Loaded;
use super::system::System;
use super::{Operation, TerminologyError, shown, split_version};
use crate::limits;
use crate::store::terminology::{Lines, MapRow};

/// What is to be translated, and where to.
struct Asked {
    codings: Vec<Coding>,
    reverse: bool,
    /// Value sets between which it is translated.
    source: Option<String>,
    target: Option<String>,
    target_system: Option<String>,
    /// Values of other properties that a map may ask for: element and value.
    dependencies: Vec<(String, String)>,
}

/// The parts of `dependency`: element and value.
fn dependency(parts: &Value) -> Option<(String, String)> {
    let part = |name: &str| {
        let parts = parts.as_array()?;
        let part = parts.iter().find(|part| text(part, "name") == Some(name))?;
        let members = part.as_object()?;
        members
            .iter()
            .find(|(member, _)| member.starts_with("value"))
            .map(|(_, value)| value)
    };
    let concept = part("concept")?;
    let code = text(concept, "code").or_else(|| text(list(concept, "coding").first()?, "code"));
    Some((
        part("element")?.as_str()?.to_owned(),
        code.or_else(|| concept.as_str())?.to_owned(),
    ))
}

impl Asked {
    fn take(parameters: &mut Parameters) -> Result<Self, TerminologyError> {
        let concept = parameters.object("codeableConcept")?;
        let has_code = parameters.has("code") || parameters.has("coding");
        let codings = match concept {
            Some(_) if has_code => return Err(both("codeableConcept", "`code` or `coding`")),
            Some(concept) => Coding::all_of("codeableConcept", &concept)?,
            None => vec![super::look_up::code_or_coding(
                parameters, "system", "version",
            )?],
        };
        if codings.iter().any(|coding| coding.system.is_none()) {
            return Err(TerminologyError::missing(
                "system",
                "a code means something within its code system only: name the system",
            ));
        }
        refuse_date(parameters)?;
        let dependencies = parameters.all("dependency").into_iter().map(|parts| {
            dependency(&parts).ok_or_else(|| {
                TerminologyError::parameter(
                    "dependency",
                    IssueType::Value,
                    "`dependency` needs the parts `element` and `concept`",
                )
            })
        });
        let dependencies = dependencies.collect::<Result<_, _>>()?;
        Ok(Self {
            codings,
            dependencies,
            reverse: parameters.flag("reverse")?.unwrap_or(false),
            source: parameters.text("source")?,
            target: parameters.text("target")?,
            target_system: parameters.text("targetsystem")?,
        })
    }

    /// Whether a group is from the code's system, and to the system that is wanted.
    fn is_group(&self, group: &Value, coding: &Coding) -> bool {
        let (own, other) = if self.reverse {
            ("target", "source")
        } else {
            ("source", "target")
        };
        let is = |name: &str, wanted: &Option<String>| {
            let there = text(group, name).map(|url| split_version(url).0.to_owned());
            wanted.is_none() || there.is_none() || there == *wanted
        };
        is(own, &coding.system) && is(other, &self.target_system)
    }

    fn has_dependencies(&self, target: &Value) -> bool {
        list(target, "dependsOn").iter().all(|wanted| {
            let (property, value) = (text(wanted, "property"), text(wanted, "value"));
            self.dependencies.iter().any(|(element, given)| {
                Some(element.as_str()) == property && Some(given.as_str()) == value
            })
        })
    }
}

impl Reader<'_> {
    /// `ConceptMap/$translate`.
    pub(super) async fn translate(
        &self,
        on: Option<&Key>,
        parameters: &mut Parameters,
    ) -> Result<Value, TerminologyError> {
        let url = parameters.text("url")?;
        let version = parameters.text("conceptMapVersion")?;
        let sent = parameters.object("conceptMap")?;
        if [on.is_some(), url.is_some(), sent.is_some()]
            .iter()
            .filter(|is| **is)
            .count()
            > 1
        {
            return Err(both("url", "an instance or `conceptMap`"));
        }
        let asked = Asked::take(parameters)?;
        parameters.nothing_else(Operation::Translate)?;
        let mut matches = Vec::new();
        if let Some(url) = &url
            && let Some(loaded) = self.implicit_map(url).await?
        {
            for coding in &asked.codings {
                matches.extend(self.by_release(&loaded, url, &asked, coding).await?);
            }
        } else {
            let maps = match (on, sent, url) {
                (Some(key), _, _) => vec![self.instance(key).await?.resource],
                (None, Some(sent), _) => vec![sent],
                (None, None, Some(url)) => {
                    let canonical =
                        version.map_or(url.clone(), |version| format!("{url}|{version}"));
                    vec![self.concept_map(&canonical).await?]
                }
                (None, None, None) => self.maps_between(&asked).await?,
            };
            for map in &maps {
                for coding in &asked.codings {
                    matches.extend(self.by_map(map, &asked, coding).await?);
                }
            }
        }
        let is_one = matches.iter().any(Match::is_one);
        let mut answer = Written::default();
        answer.put("result", "valueBoolean", json!(is_one));
        if !is_one {
            let code = asked
                .codings
                .first()
                .map_or("", |coding| coding.code.as_str());
            answer.text(
                "message",
                Some(&format!("no map has a match for `{}`", shown(code))),
            );
        }
        for one in matches {
            answer.parts("match", one.written());
        }
        Ok(answer.resource())
    }

    /// The maps that say something about the code system, when nobody says which map.
    async fn maps_between(&self, asked: &Asked) -> Result<Vec<Value>, TerminologyError> {
        let first = asked
            .codings
            .first()
            .and_then(|coding| coding.system.as_deref());
        let (own, other) = if asked.reverse {
            ("target-system", "source-system")
        } else {
            ("source-system", "target-system")
        };
        let mut by: Vec<(&str, &str)> = first.map(|url| (own, url)).into_iter().collect();
        if let Some(url) = &asked.target_system {
            by.push((other, url));
        }
        let n_max = limits::TERMINOLOGY_SAME_MAX as usize;
        let kept = self.kept(ResourceType::CONCEPT_MAP, &by).await?;
        if kept.len() >= n_max {
            let what =
                format!("{n_max} or more concept maps would be looked at: name one by `url`");
            return Err(TerminologyError::too_costly(what));
        }
        let is = |map: &Value, names: [&str; 2], wanted: &Option<String>| {
            let own = names.iter().find_map(|name| text(map, name));
            wanted.as_deref().is_none_or(|wanted| {
                own.is_some_and(|own| split_version(own).0 == split_version(wanted).0)
            })
        };
        let maps = kept.into_iter().map(|kept| kept.resource).filter(|map| {
            text(map, "status") != Some("retired")
                && is(map, ["sourceUri", "sourceCanonical"], &asked.source)
                && is(map, ["targetUri", "targetCanonical"], &asked.target)
        });
        Ok(maps.collect())
    }

    /// What a ConceptMap says, and the maps that it refers to for what it does not map.
    async fn by_map(
        &self,
        map: &Value,
        asked: &Asked,
        coding: &Coding,
    ) -> Result<Vec<Match>, TerminologyError> {
        let mut matches = Vec::new();
        let mut ahead = vec![map.clone()];
        let mut seen: Vec<String> = text(map, "url").map(str::to_owned).into_iter().collect();
        while let Some(map) = ahead.pop() {
            let url = text(&map, "url")
                .unwrap_or("the map that was sent along")
                .to_owned();
            let source = match text(&map, "version") {
                Some(version) if text(&map, "url").is_some() => format!("{url}|{version}"),
                Some(_) | None => url.clone(),
            };
            for group in list(&map, "group")
                .iter()
                .filter(|group| asked.is_group(group, coding))
            {
                if asked.reverse {
                    reversed(group, asked, coding, &source, &mut matches);
                } else if let Some(other) = forward(group, asked, coding, &source, &mut matches) {
                    if seen.contains(&other) {
                        return Err(TerminologyError::Definition {
                            what: format!("the concept map `{}`", shown(&other)),
                            why: "refers to itself for what it does not map".to_owned(),
                        });
                    }
                    if seen.len() >= limits::MAPS_DEEP_MAX {
                        let what = "concept maps refer to each other too deep".to_owned();
                        return Err(TerminologyError::too_costly(what));
                    }
                    ahead.push(self.concept_map(&other).await?);
                    seen.push(other);
                }
            }
        }
        Ok(matches)
    }

    /// The release and reference set of `http://snomed.info/sct?fhir_cm=[code]`, or nothing when it is no such URL.
    async fn implicit_map(&self, url: &str) -> Result<Option<(System, String)>, TerminologyError> {
        let Some((path, set)) = url.split_once("?fhir_cm=") else {
            return Ok(None);
        };
        let Some(edition) = path.strip_prefix(super::snomed::SNOMED) else {
            return Ok(None);
        };
        let version = (!edition.is_empty()).then_some(path);
        let system = self.known_system(super::snomed::SNOMED, version).await?;
        self.number(&system, set).await?;
        Ok(Some((system, set.to_owned())))
    }

    async fn by_release(
        &self,
        (system, set): &(System, String),
        url: &str,
        asked: &Asked,
        coding: &Coding,
    ) -> Result<Vec<Match>, TerminologyError> {
        let System::Loaded(loaded) = system else {
            return Err(TerminologyError::not_supported(
                "the maps of SNOMED CT are known of a loaded release only",
            ));
        };
        let lines = if asked.reverse {
            Lines::To(coding.code.clone())
        } else if coding.system.as_deref() == Some(system.url()) {
            Lines::From(i64::from(self.number(system, &coding.code).await?))
        } else {
            return Ok(Vec::new());
        };
        let n_max = limits::MAP_LINES_MAX;
        let release = loaded.release.release;
        let rows = self
            .store()
            .map_lines(release, set.clone(), lines, n_max)
            .await?;
        let mut matches = Vec::new();
        for row in rows {
            matches.push(self.line(loaded, system, &row, url, asked).await?);
        }
        Ok(matches)
    }

    async fn line(
        &self,
        loaded: &Loaded,
        system: &System,
        row: &MapRow,
        url: &str,
        asked: &Asked,
    ) -> Result<Match, TerminologyError> {
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let concept = if asked.reverse {
            let n = u32::try_from(row.n).unwrap_or(u32::MAX);
            let concept = system.concept(self.store(), n).await?;
            Coding {
                system: Some(loaded.release.system.clone()),
                version: Some(loaded.release.version.clone()),
                code: concept.code,
                display: concept.display,
            }
        } else {
            Coding {
                system: asked.target_system.clone(),
                code: row.target.clone(),
                ..Coding::default()
            }
        };
        Ok(Match {
            // A reference set says that there is a target, seldom how near it comes.
            equivalence: "relatedto".to_owned(),
            concept: (!row.target.is_empty()).then_some(concept),
            products: Vec::new(),
            source: url.to_owned(),
            comment: text(&detail, "advice").map(str::to_owned),
        })
    }
}
