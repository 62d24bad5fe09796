//! Orders, appointments, documents and the like against the record.
//!
//! Invariant: a number that is somebody else's is never written over; what was withdrawn does not come back; a
//! cancellation changes what it is about and nothing else.

use fhir::resource::Key;
use record::proposal::Change;
use serde_json::{Map, Value as Json, json};

use crate::feed::entry::{Effect, Entries, Entry, Identity};
use crate::feed::filing::admission::{extended, united};
use crate::feed::filing::{
    Desk, FileError, Part, identified, labelled, over, own_key, profiled, reference, resource,
};
use crate::feed::message::place::Place;
use crate::feed::told::{self, Telling};
use crate::matching::Candidate;
use crate::plan::Draft;

/// Elements of which a resource has one form at a time: `onsetDateTime` or `onsetString`.
const CHOICES: [&str; 5] = [
    "abatement",
    "medication",
    "occurrence",
    "onset",
    "performed",
];

/// What becomes of something withdrawn that a message tells again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It stays as it is: the message merely repeats everything that its sender knows.
    LeftAsItIs,
    /// Somebody has to look at it.
    Doubted,
}

/// Whose entries these are.
pub(super) struct Whose<'a> {
    /// The patient, where the record has them already.
    pub(super) patient: Option<&'a Key>,
    /// By what the entries refer to them.
    pub(super) subject: String,
    /// The stay.
    pub(super) stay: Option<String>,
    /// What becomes of what was withdrawn.
    pub(super) repeats: Known,
}

impl Desk<'_> {
    pub(super) async fn entries(
        &self,
        entries: &Entries,
        patient: &Candidate,
    ) -> Result<Vec<Part>, FileError> {
        let subject = patient.key.to_string();
        let stay = match &entries.visit {
            Some(number) => {
                self.stay((number.system.clone(), number.value.clone()), &subject)
                    .await?
            }
            None => None,
        };
        let whose = Whose {
            patient: Some(&patient.key),
            subject,
            stay,
            repeats: Known::Doubted,
        };
        self.entry_parts(&entries.entries, &whose).await
    }

    pub(super) async fn entry_parts(
        &self,
        entries: &[Entry],
        whose: &Whose<'_>,
    ) -> Result<Vec<Part>, FileError> {
        let mut parts = Vec::new();
        for entry in entries {
            parts.extend(self.entry(entry, whose).await?);
        }
        Ok(parts)
    }

    async fn entry(&self, entry: &Entry, whose: &Whose<'_>) -> Result<Option<Part>, FileError> {
        let what = entry.resource_type;
        let there = self.known_as(what, &entry.identity, whose).await?;
        let is_late = |there: &Candidate| told::is_overtaken(&there.body, &entry.draft);
        if there.is_none() && matches!(entry.effect, Effect::ChangesKnown(_)) {
            return Ok(None);
        }
        if let Some(there) = &there
            && is_withdrawn(&there.body)
            && !is_late(there)
        {
            match (entry.effect, whose.repeats) {
                (Effect::Changes(_) | Effect::ChangesKnown(_), _) => {}
                (Effect::Tells, Known::LeftAsItIs) => return Ok(None),
                (Effect::Tells, Known::Doubted) => {
                    return Err(FileError::Withdrawn {
                        what,
                        place: place(entry),
                    });
                }
            }
        }
        let mut draft = entry.draft.clone();
        if let Effect::Changes(elements) | Effect::ChangesKnown(elements) = entry.effect {
            draft.telling = Telling::Only(elements);
        }
        self.linked(entry, &mut draft, whose).await?;
        framed(what, &mut draft, whose);
        let elements = match &there {
            None => profiled(what, draft.over(Map::new())),
            Some(there) => joined(there, entry, &mut draft),
        };
        if let Some(there) = &there {
            return over(&there.key, Some(there), elements, &draft).map(Some);
        }
        match &entry.identity {
            Identity::Within(_) => match self.key_of(what, &entry.identity, whose)? {
                Some(key) => over(&key, None, elements, &draft).map(Some),
                None => Err(FileError::UnknownPatient),
            },
            Identity::Numbers(numbers) => {
                let pairs: Vec<(String, String)> = numbers
                    .iter()
                    .map(|number| (number.system.clone(), number.value.clone()))
                    .collect();
                let temporary = self.temporary(&format!("{what}{pairs:?}"));
                Ok(Some(Part {
                    change: Change::Create {
                        resource: resource(what, None, told::settled(None, elements, &draft))?,
                        temporary: Some(temporary.clone()),
                        if_none_exist: Some(identified(what, pairs)?),
                    },
                    reference: temporary,
                    fields: draft.fields,
                }))
            }
        }
    }

    /// Puts the references of an entry into it: to what the record has, else by number.
    async fn linked(
        &self,
        entry: &Entry,
        draft: &mut Draft,
        whose: &Whose<'_>,
    ) -> Result<(), FileError> {
        for link in &entry.links {
            let found = match &link.to {
                Identity::Within(_) => self.key_of(link.resource_type, &link.to, whose)?,
                Identity::Numbers(_) => {
                    match self.known_as(link.resource_type, &link.to, whose).await {
                        Ok(found) => found.map(|found| found.key),
                        Err(FileError::Read(error)) => return Err(error.into()),
                        // What cannot be told apart is named by its number.
                        Err(_) => None,
                    }
                }
            };
            let to = found.map(|key| reference(&key.to_string()));
            if let Some(to) = to.or_else(|| link.by_number()) {
                for item in link.value(to).as_array().into_iter().flatten() {
                    draft.append(link.element, item.clone(), link.from);
                }
            }
        }
        Ok(())
    }

    fn key_of(
        &self,
        what: &str,
        identity: &Identity,
        whose: &Whose<'_>,
    ) -> Result<Option<Key>, FileError> {
        match (identity, whose.patient) {
            (Identity::Within(words), Some(patient)) => own_key(what, patient, words).map(Some),
            (Identity::Within(_), None) | (Identity::Numbers(_), _) => Ok(None),
        }
    }

    /// The resource of this patient that is known so.
    async fn known_as(
        &self,
        what: &'static str,
        identity: &Identity,
        whose: &Whose<'_>,
    ) -> Result<Option<Candidate>, FileError> {
        let numbers = match identity {
            Identity::Within(_) => {
                return match self.key_of(what, identity, whose)? {
                    Some(key) => self.at(&key).await,
                    None => Ok(None),
                };
            }
            Identity::Numbers(numbers) => numbers,
        };
        let pairs = numbers
            .iter()
            .map(|number| (number.system.clone(), number.value.clone()))
            .collect();
        let mut found = self.having(what, pairs).await?;
        match (found.pop(), found.is_empty()) {
            (None, _) => Ok(None),
            (Some(_), false) => Err(FileError::Several { what }),
            (Some(one), true) if is_about(what, &one.body, &whose.subject) => Ok(Some(one)),
            (Some(_), true) => Err(FileError::OfAnother { what }),
        }
    }
}

fn place(entry: &Entry) -> Option<Place> {
    entry.draft.fields.first().map(|(_, place)| *place)
}

/// The element that names the patient, and the one that names the stay.
fn frame(what: &str) -> (Option<&'static str>, Option<&'static str>) {
    match what {
        "Appointment" => (None, None),
        "AllergyIntolerance" => (Some("patient"), None),
        "Immunization" => (Some("patient"), Some("encounter")),
        "MedicationDispense" => (Some("subject"), Some("context")),
        "DocumentReference" => (Some("subject"), None),
        "Specimen" => (Some("subject"), None),
        _ => (Some("subject"), Some("encounter")),
    }
}

fn framed(what: &str, draft: &mut Draft, whose: &Whose<'_>) {
    let (subject, stay) = frame(what);
    if let Some(element) = subject {
        draft.set(element, reference(&whose.subject));
    }
    if let (Some(element), Some(of)) = (stay, &whose.stay) {
        draft.set(element, reference(of));
    }
    if let (Some(Json::Array(people)), "Appointment") =
        (draft.elements.get_mut("participant"), what)
        && let Some(first) = people.first_mut()
    {
        first["actor"] = reference(&whose.subject);
    }
    if let ("DocumentReference", Some(of)) = (what, &whose.stay) {
        let mut context = draft
            .elements
            .get("context")
            .cloned()
            .unwrap_or_else(|| json!({}));
        context["encounter"] = json!([reference(of)]);
        draft.set("context", context);
    }
}

fn is_about(what: &str, body: &Map<String, Json>, subject: &str) -> bool {
    match frame(what).0 {
        Some(element) => body
            .get(element)
            .is_some_and(|of| of["reference"] == subject),
        None => body
            .get("participant")
            .and_then(Json::as_array)
            .is_some_and(|all| all.iter().any(|one| one["actor"]["reference"] == subject)),
    }
}

fn is_withdrawn(body: &Map<String, Json>) -> bool {
    let wrong = "entered-in-error";
    body.get("status").is_some_and(|status| status == wrong)
        || body
            .get("verificationStatus")
            .and_then(|status| status["coding"].as_array())
            .is_some_and(|codings| codings.iter().any(|coding| coding["code"] == wrong))
}

/// What is there, with what the message says of it.
fn joined(there: &Candidate, entry: &Entry, draft: &mut Draft) -> Map<String, Json> {
    let mut base = there.body.clone();
    match entry.effect {
        Effect::Tells => {}
        Effect::Changes(elements) | Effect::ChangesKnown(elements) => {
            draft
                .elements
                .retain(|name, _| elements.contains(&name.as_str()));
            draft.cleared.retain(|name| elements.contains(name));
            // What was said of it before is not taken back by its end.
            for element in ["note", "extension"] {
                let before = base.get(element).and_then(Json::as_array);
                if let (Some(before), Some(Json::Array(now))) =
                    (before, draft.elements.get_mut(element))
                {
                    let new: Vec<Json> = now
                        .iter()
                        .filter(|one| !before.contains(one))
                        .cloned()
                        .collect();
                    *now = before.iter().cloned().chain(new).collect();
                }
            }
        }
    }
    if let Some(Json::Array(numbers)) = draft.elements.get_mut("identifier") {
        *numbers = united(base.get("identifier"), numbers.clone());
    }
    if let Some(Json::Array(told)) = draft.elements.get_mut("extension") {
        *told = extended(base.get("extension"), told);
    }
    if let Some(meta) = draft.elements.shift_remove("meta") {
        labelled(&mut base, &meta);
    }
    if let Some(Json::Array(related)) = draft.elements.get_mut("relatesTo") {
        let before = base.get("relatesTo").and_then(Json::as_array);
        let new: Vec<Json> = related
            .iter()
            .filter(|one| before.is_none_or(|before| !before.contains(one)))
            .cloned()
            .collect();
        *related = before.into_iter().flatten().cloned().chain(new).collect();
    }
    for stem in CHOICES {
        if draft.elements.keys().any(|name| is_choice(name, stem)) {
            base.retain(|name, _| !is_choice(name, stem));
        }
    }
    draft.over(base)
}

fn is_choice(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem)
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}
