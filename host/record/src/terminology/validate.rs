//! `$validate-code`: whether a code system or a value set has a code, and whether it is called so.
//!
//! Invariant: an unknown code is an answer (`result` false, and why), an unknown code system or value set an error.

use fhir::outcome::IssueType;
use fhir::resource::Key;
use serde_json::{Value, json};

use super::compose::Made;
use super::concept::Concept;
use super::given::Content;
use super::look_up::{Coding, refuse_date};
use super::parameters::{Parameters, Written};
use super::reader::{Reader, both};
use super::system::System;
use super::{Operation, TerminologyError, shown};

/// What is to be validated.
struct Asked {
    codings: Vec<Coding>,
    language: Option<String>,
    /// `abstract`: whether concepts that only group others will do.
    groups_will_do: bool,
}

/// What was found out about one coding.
#[derive(Default)]
struct Found {
    is_valid: bool,
    message: Option<String>,
    display: Option<String>,
    coding: Coding,
    version: Option<String>,
}

impl Found {
    fn also(&mut self, more: &str) {
        if let Some(message) = &mut self.message {
            message.push_str(more);
        }
    }
}

impl Asked {
    fn take(
        parameters: &mut Parameters,
        system: &str,
        version: &str,
    ) -> Result<Self, TerminologyError> {
        let concept = parameters.object("codeableConcept")?;
        let has_code = parameters.has("code") || parameters.has("coding");
        let codings = match concept {
            Some(_) if has_code => return Err(both("codeableConcept", "`code` or `coding`")),
            Some(concept) => Coding::all_of("codeableConcept", &concept)?,
            None => vec![super::look_up::code_or_coding(parameters, system, version)?],
        };
        refuse_date(parameters)?;
        Ok(Self {
            codings,
            language: parameters.text("displayLanguage")?,
            groups_will_do: parameters.flag("abstract")?.unwrap_or(true),
        })
    }

    /// Looks at a concept that was found.
    fn judge(&self, coding: &Coding, system: &System, concept: &Concept) -> Found {
        let display = concept.shown(self.language.as_deref()).map(str::to_owned);
        let mut found = Found {
            is_valid: true,
            message: None,
            coding: Coding {
                system: Some(system.url().to_owned()),
                code: concept.code.clone(),
                ..coding.clone()
            },
            version: system.version().map(str::to_owned),
            display,
        };
        if concept.is_abstract && !self.groups_will_do {
            found.is_valid = false;
            found.message = Some(format!(
                "`{}` only groups other concepts, and may not be used itself",
                concept.code
            ));
        } else if let Some(said) = &coding.display
            && concept.names().next().is_some()
            && !concept.is_named(said)
        {
            found.is_valid = false;
            found.message = Some(format!(
                "`{}` is not a display of `{}`: it is called `{}`",
                shown(said),
                concept.code,
                found.display.as_deref().unwrap_or_default()
            ));
        } else if concept.inactive {
            found.message = Some(format!(
                "`{}` is inactive: it is no longer to be used",
                concept.code
            ));
        }
        found
    }
}

fn unknown(coding: &Coding, system: &System) -> Found {
    let is_part = !system.is_complete();
    let code = shown(&coding.code);
    let of = system.canonical();
    let message = match system {
        System::Given(given) if given.content == Content::Fragment => {
            format!(
                "`{code}` is not among the codes of {of} that are known here; only a part of them is"
            )
        }
        System::Given(given) if given.content == Content::Elsewhere => {
            format!("`{code}` cannot be looked for: the content of {of} is not here")
        }
        System::Given(_) | System::Loaded(_) | System::Named(_) => {
            format!("`{code}` is no code of {of}")
        }
    };
    Found {
        // Of a fragment nobody can say no; that it may be wrong is said in the message.
        is_valid: is_part
            && matches!(system, System::Given(given) if given.content == Content::Fragment),
        message: Some(message),
        coding: coding.clone(),
        version: system.version().map(str::to_owned),
        display: None,
    }
}

/// One valid coding makes a concept valid; of several that are not, every reason is given.
fn answer(found: Vec<Found>) -> Value {
    let is_valid = found.iter().any(|one| one.is_valid);
    let messages: Vec<&str> = found
        .iter()
        .filter(|one| one.is_valid == is_valid)
        .filter_map(|one| one.message.as_deref())
        .collect();
    let messages = messages.join("; ");
    let first = found.iter().find(|one| one.is_valid).or(found.first());
    let mut answer = Written::default();
    answer.put("result", "valueBoolean", json!(is_valid));
    answer.text(
        "message",
        Some(messages.as_str()).filter(|text| !text.is_empty()),
    );
    if let Some(one) = first {
        answer.text("display", one.display.as_deref());
        answer.put("code", "valueCode", json!(one.coding.code));
        if let Some(system) = &one.coding.system {
            answer.put("system", "valueUri", json!(system));
        }
        answer.text("version", one.version.as_deref());
    }
    answer.resource()
}

impl Reader<'_> {
    /// `CodeSystem/$validate-code`.
    pub(super) async fn validate_in_system(
        &self,
        on: Option<&Key>,
        parameters: &mut Parameters,
    ) -> Result<Value, TerminologyError> {
        let url = parameters.text("url")?;
        let sent = parameters.object("codeSystem")?;
        if url.is_some() && (on.is_some() || sent.is_some()) {
            return Err(both("url", "an instance or `codeSystem`"));
        }
        let version = parameters.text("version")?;
        let asked = Asked::take(parameters, "system", "systemVersion")?;
        parameters.nothing_else(Operation::ValidateInSystem)?;
        let mut all = Vec::new();
        for coding in &asked.codings {
            let named = url.clone().or_else(|| coding.system.clone());
            let by_url = if on.is_some() || sent.is_some() {
                None
            } else {
                named
            };
            let version = version.as_deref().or(coding.version.as_deref());
            let system = self
                .asked_system(on, by_url.as_deref(), version, sent.clone())
                .await?;
            all.push(self.in_system(&asked, coding, &system).await?);
        }
        Ok(answer(all))
    }

    async fn in_system(
        &self,
        asked: &Asked,
        coding: &Coding,
        system: &System,
    ) -> Result<Found, TerminologyError> {
        if coding
            .system
            .as_deref()
            .is_some_and(|own| own != system.url())
        {
            return Ok(Found {
                message: Some(format!(
                    "`{}` is of `{}`, not of `{}`",
                    shown(&coding.code),
                    shown(coding.system.as_deref().unwrap_or_default()),
                    system.url()
                )),
                coding: coding.clone(),
                ..Found::default()
            });
        }
        match system.find(self.store(), &coding.code).await? {
            None => Ok(unknown(coding, system)),
            Some(n) => {
                let concept = system.concept(self.store(), n).await?;
                Ok(asked.judge(coding, system, &concept))
            }
        }
    }

    /// `ValueSet/$validate-code`.
    pub(super) async fn validate_in_set(
        &self,
        on: Option<&Key>,
        parameters: &mut Parameters,
    ) -> Result<Value, TerminologyError> {
        let mut made = Made::new(self.clone());
        let (set, name) = self.asked_set(on, parameters, &mut made).await?;
        let infer = parameters.flag("inferSystem")?.unwrap_or(false);
        let is_bare = parameters.has("code");
        let asked = Asked::take(parameters, "system", "systemVersion")?;
        parameters.nothing_else(Operation::ValidateInSet)?;
        if is_bare && !infer && asked.codings.iter().any(|coding| coding.system.is_none()) {
            return Err(TerminologyError::missing(
                "system",
                "a code means something within its code system only: give `system`, or `inferSystem` true",
            ));
        }
        let mut all = Vec::new();
        for coding in &asked.codings {
            all.push(self.in_set(&asked, coding, &made, &set, &name).await?);
        }
        Ok(answer(all))
    }

    async fn in_set(
        &self,
        asked: &Asked,
        coding: &Coding,
        made: &Made<'_>,
        set: &super::compose::Set,
        name: &str,
    ) -> Result<Found, TerminologyError> {
        for (at, ranges) in set {
            let system = &made.systems[*at];
            let is_system = coding
                .system
                .as_deref()
                .is_none_or(|own| own == system.url());
            let is_version = coding
                .version
                .as_deref()
                .is_none_or(|own| system.version().is_none_or(|version| version == own));
            if !is_system || !is_version {
                continue;
            }
            let Some(n) = system.find(self.store(), &coding.code).await? else {
                continue;
            };
            if ranges.contains(n) {
                let mut concept = system.concept(self.store(), n).await?;
                if let Some(said) = made.said.get(&(*at, n)) {
                    concept
                        .designations
                        .extend(said.designations.iter().cloned());
                    if let Some(display) = &said.display {
                        concept
                            .designations
                            .extend(concept.display.take().map(|value| {
                                super::concept::Designation {
                                    value,
                                    ..Default::default()
                                }
                            }));
                        concept.display = Some(display.clone());
                    }
                }
                return Ok(asked.judge(coding, system, &concept));
            }
        }
        let mut found = Found {
            message: Some(format!(
                "`{}` is not in the value set {name}",
                shown(&coding.code)
            )),
            coding: coding.clone(),
            ..Found::default()
        };
        self.why_not(coding, &mut found).await?;
        Ok(found)
    }

    /// Which of the two is wrong, the code or the set, is worth knowing.
    async fn why_not(&self, coding: &Coding, found: &mut Found) -> Result<(), TerminologyError> {
        if let Some(url) = &coding.system {
            match self.system(url, coding.version.as_deref()).await? {
                None => {
                    let also = format!("; the code system `{}` is not here", shown(url));
                    found.also(&also);
                }
                Some(system) if system.is_complete() => {
                    found.version = system.version().map(str::to_owned);
                    if system.find(self.store(), &coding.code).await?.is_none() {
                        let also = format!("; it is no code of {}", system.canonical());
                        found.also(&also);
                    }
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// The value set that a question is about, and its name for messages.
    pub(super) async fn asked_set(
        &self,
        on: Option<&Key>,
        parameters: &mut Parameters,
        made: &mut Made<'_>,
    ) -> Result<(super::compose::Set, String), TerminologyError> {
        for (name, over) in [("system-version", false), ("force-system-version", true)] {
            for text in parameters.texts(name)? {
                let (url, version) = super::split_version(&text);
                let version = version.ok_or_else(|| {
                    let why = format!("`{name}` is written as url|version");
                    TerminologyError::parameter(name, IssueType::Value, why)
                })?;
                made.wishes.push((url.to_owned(), version.to_owned(), over));
            }
        }
        let url = parameters.text("url")?;
        let version = parameters.text("valueSetVersion")?;
        let sent = parameters.object("valueSet")?;
        if parameters.has("context") {
            return Err(TerminologyError::parameter(
                "context",
                IssueType::NotSupported,
                "`context` is not done here: give the `url` of the value set",
            ));
        }
        match (on, url, sent) {
            (Some(key), None, None) => {
                let name = key.to_string();
                Ok((made.by_url(&name).await?, name))
            }
            (None, Some(url), None) => {
                let canonical = match &version {
                    Some(version) => format!("{url}|{version}"),
                    None => url,
                };
                let set = made.by_url(&canonical).await?;
                Ok((set, format!("`{}`", shown(&canonical))))
            }
            (None, None, Some(sent)) => {
                if sent.get("resourceType").and_then(Value::as_str) != Some("ValueSet") {
                    let why = "`valueSet` must be a ValueSet";
                    return Err(TerminologyError::parameter(
                        "valueSet",
                        IssueType::Value,
                        why,
                    ));
                }
                Ok((
                    made.definition(&sent).await?,
                    "that was sent along".to_owned(),
                ))
            }
            (None, None, None) => Err(TerminologyError::missing(
                "url",
                "say which value set: ask an instance, or give `url` or `valueSet`",
            )),
            (Some(_), _, _) => Err(both("url", "ask an instance")),
            (None, Some(_), Some(_)) => Err(both("url", "`valueSet`")),
        }
    }
}
