//! `$lookup`: what a code means. And how operations say which code they are about.
//!
//! Invariant: what is said of a code is what its code system says.

use fhir::outcome::IssueType;
use fhir::resource::Key;
use serde_json::{Value, json};

use super::concept::{Concept, Designation, Property};
use super::given::Given;
use super::parameters::{Parameters, Written};
use super::reader::{Reader, both};
use super::system::{System, place_in_hierarchy};
use super::{Operation, TerminologyError, shown};
use crate::limits;

/// A code as somebody names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) system: Option<String>,
    pub(super) version: Option<String>,
    pub(super) code: String,
    pub(super) display: Option<String>,
}

impl Coding {
    /// Reads a Coding.
    pub(super) fn read(name: &str, value: &Value) -> Result<Self, TerminologyError> {
        let member = |member: &str| match value.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => {
                let why = format!("`{name}.{member}` must be a text");
                Err(TerminologyError::parameter(name, IssueType::Value, why))
            }
        };
        let code = member("code")?.filter(|code| !code.is_empty());
        Ok(Self {
            system: member("system")?,
            version: member("version")?,
            display: member("display")?,
            code: code.ok_or_else(|| {
                TerminologyError::missing(name, format!("`{name}` has no `code`"))
            })?,
        })
    }

    /// The codings of a CodeableConcept.
    pub(super) fn all_of(name: &str, concept: &Value) -> Result<Vec<Self>, TerminologyError> {
        let codings = concept.get("coding").and_then(Value::as_array);
        let codings = codings.map_or(&[][..], Vec::as_slice);
        if codings.is_empty() {
            let why = format!("`{name}` has no `coding`");
            return Err(TerminologyError::missing(name, why));
        }
        if codings.len() > limits::TERMINOLOGY_PARAMETERS_MAX {
            let why = format!("`{name}` has too many codings");
            return Err(TerminologyError::parameter(name, IssueType::TooLong, why));
        }
        codings.iter().map(|one| Self::read(name, one)).collect()
    }
}

/// Takes `code` with `system` and `version`, or `coding`: one of them must be there.
pub(super) fn code_or_coding(
    parameters: &mut Parameters,
    system: &str,
    version: &str,
) -> Result<Coding, TerminologyError> {
    let coding = parameters.object("coding")?;
    let code = parameters.text("code")?;
    match (coding, code) {
        (Some(_), Some(_)) => Err(both("coding", "`code`")),
        (Some(coding), None) => Coding::read("coding", &coding),
        (None, Some(code)) => Ok(Coding {
            system: parameters.text(system)?,
            version: parameters.text(version)?,
            code,
            display: parameters.text("display")?,
        }),
        (None, None) => Err(TerminologyError::missing(
            "code",
            "say which code: give `code` with its system, or `coding`",
        )),
    }
}

impl Reader<'_> {
    /// The code system that a question is about: the instance, a resource sent along, or the one with a URL.
    pub(super) async fn asked_system(
        &self,
        on: Option<&Key>,
        url: Option<&str>,
        version: Option<&str>,
        sent: Option<Value>,
    ) -> Result<System, TerminologyError> {
        let system = match (on, sent, url) {
            (Some(key), None, None) => {
                let kept = self.instance(key).await?;
                self.system_of(kept).await?
            }
            (Some(_), Some(_), _) => {
                return Err(both("codeSystem", "ask an instance"));
            }
            (Some(key), None, Some(url)) => {
                let kept = self.instance(key).await?;
                if kept.text("url") != Some(url) {
                    let own = kept.text("url").unwrap_or("no URL").to_owned();
                    let why = format!(
                        "{key} is `{}`, not `{}`: ask the type instead of the instance, or leave the system out",
                        shown(&own),
                        shown(url)
                    );
                    return Err(TerminologyError::parameter(
                        "system",
                        IssueType::Invalid,
                        why,
                    ));
                }
                self.system_of(kept).await?
            }
            (None, Some(sent), _) => System::Given(std::sync::Arc::new(Given::read(&sent)?)),
            (None, None, Some(url)) => self.known_system(url, version).await?,
            (None, None, None) => {
                return Err(TerminologyError::missing(
                    "system",
                    "a code means something within its code system only: name the system",
                ));
            }
        };
        Self::usable(&system)?;
        Ok(system)
    }

    /// `CodeSystem/$lookup`.
    pub(super) async fn look_up(
        &self,
        on: Option<&Key>,
        parameters: &mut Parameters,
    ) -> Result<Value, TerminologyError> {
        let coding = code_or_coding(parameters, "system", "version")?;
        let language = parameters.text("displayLanguage")?;
        let wanted = parameters.texts("property")?;
        refuse_date(parameters)?;
        parameters.nothing_else(Operation::LookUp)?;
        let (url, version) = (coding.system.as_deref(), coding.version.as_deref());
        let system = self.asked_system(on, url, version, None).await?;
        let n = system.find(self.store(), &coding.code).await?;
        let n = n.ok_or_else(|| TerminologyError::UnknownCode {
            code: shown(&coding.code),
            system: system.canonical(),
        })?;
        let concept = system.concept(self.store(), n).await?;
        let (parents, children) = self.neighbours(&system, n, &wanted).await?;
        let mut answer = Written::default();
        answer.text("name", Some(system.name()));
        answer.text("version", system.version());
        let shown = concept.shown(language.as_deref());
        answer.text("display", Some(shown.unwrap_or(&concept.code)));
        if is_wanted(&wanted, "designation") {
            for designation in &concept.designations {
                answer.parts("designation", designation_parts(designation));
            }
        }
        for property in properties(&concept, &parents, &children) {
            if is_wanted(&wanted, &property.code) {
                let mut parts = Written::default();
                parts.put("code", "valueCode", json!(property.code));
                parts.put("value", &property.member, property.value.clone());
                answer.parts("property", parts);
            }
        }
        Ok(answer.resource())
    }

    /// Parents and children, as far as they are wanted; of very many children the first.
    async fn neighbours(
        &self,
        system: &System,
        n: u32,
        wanted: &[String],
    ) -> Result<(Vec<Concept>, Vec<Concept>), TerminologyError> {
        let store = self.store();
        let mut both = (Vec::new(), Vec::new());
        if is_wanted(wanted, "parent") {
            let parents = system.parents(store, &[n]).await?;
            both.0 = system
                .concepts(store, &parents.page(0, limits::CODES_LISTED_MAX))
                .await?;
        }
        if is_wanted(wanted, "child") {
            let children = system.children(store, &[n]).await?;
            if children.len() > limits::CODES_LISTED_MAX as u64 {
                let what = format!(
                    "the concept has {} children: name the properties you want, or expand a value set",
                    children.len()
                );
                return Err(TerminologyError::too_costly(what));
            }
            both.1 = system
                .concepts(store, &children.page(0, limits::CODES_LISTED_MAX))
                .await?;
        }
        Ok(both)
    }
}

/// `date` would have code systems stood as they did then; `_asOf` does that for the whole record.
pub(super) fn refuse_date(parameters: &mut Parameters) -> Result<(), TerminologyError> {
    match parameters.one("date")? {
        None => Ok(()),
        Some(_) => Err(TerminologyError::parameter(
            "date",
            IssueType::NotSupported,
            "`date` is not done here: write `_asOf` to ask the record as it was, or name a version",
        )),
    }
}

fn is_wanted(wanted: &[String], code: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|own| own == code || own == "*")
}

fn designation_parts(designation: &Designation) -> Written {
    let mut parts = Written::default();
    if let Some(language) = &designation.language {
        parts.put("language", "valueCode", json!(language));
    }
    if let Some(used_as) = &designation.used_as {
        parts.put("use", "valueCoding", used_as.clone());
    }
    parts.put("value", "valueString", json!(designation.value));
    parts
}

/// Everything that is said of a concept, each value once.
fn properties(concept: &Concept, parents: &[Concept], children: &[Concept]) -> Vec<Property> {
    let mut all = vec![Property {
        code: "inactive".to_owned(),
        member: "valueBoolean".to_owned(),
        value: json!(concept.inactive),
    }];
    if concept.is_abstract {
        all.push(Property {
            code: "notSelectable".to_owned(),
            member: "valueBoolean".to_owned(),
            value: json!(true),
        });
    }
    if let Some(definition) = &concept.definition {
        all.push(Property::string("definition", definition));
    }
    all.extend(place_in_hierarchy(parents, children));
    for own in &concept.properties {
        let is_there = all
            .iter()
            .any(|it| it.code == own.code && (it.text() == own.text() || it.code == "inactive"));
        if !is_there {
            all.push(own.clone());
        }
    }
    all
}
