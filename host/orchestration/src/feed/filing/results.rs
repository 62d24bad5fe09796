//! Results against the record: reports, observations and specimens under keys of their own.
//!
//! Invariant: a line that was filed before gets a new version and never a double; a verified result gives way only to
//! a correction or a withdrawal, and a withdrawn one keeps what it said.

use std::collections::HashMap;

use fhir::resource::Key;
use serde_json::{Map, Value as Json};

use crate::feed::filing::{Desk, FileError, Part, merge, over, own_key, reference};
use crate::feed::message::place::Place;
use crate::feed::result::observation::{Finding, Standing};
use crate::feed::result::specimen::Sample;
use crate::feed::result::{Report, Results};
use crate::feed::told::{self, Telling};
use crate::matching::Candidate;

/// States in which a result is verified.
const VERIFIED: [&str; 3] = ["final", "corrected", "amended"];

/// What a message says whole, each time: elements that it leaves out are gone.
const OBSERVED: [&str; 22] = [
    "category",
    "code",
    "component",
    "dataAbsentReason",
    "effectiveDateTime",
    "effectivePeriod",
    "interpretation",
    "issued",
    "method",
    "note",
    "performer",
    "referenceRange",
    "specimen",
    "status",
    "valueCodeableConcept",
    "valueDateTime",
    "valueQuantity",
    "valueRange",
    "valueRatio",
    "valueString",
    "valueTime",
    "encounter",
];

impl Desk<'_> {
    pub(super) async fn results(
        &self,
        results: &Results,
        patient: &Candidate,
    ) -> Result<Vec<Part>, FileError> {
        let subject = patient.key.to_string();
        let stay = match &results.visit {
            Some(number) => {
                self.stay((number.system.clone(), number.value.clone()), &subject)
                    .await?
            }
            None => None,
        };
        let about = About {
            patient: &patient.key,
            earlier: merge::earlier(patient),
            subject: reference(&subject),
            encounter: stay.as_deref().map(reference),
        };
        let mut parts = Vec::new();
        let mut samples = HashMap::new();
        for report in &results.reports {
            let references = self
                .samples(report, &about, &mut samples, &mut parts)
                .await?;
            self.report(report, &about, &references, &mut parts).await?;
        }
        for alone in &results.alone {
            let sample = match &alone.sample {
                Some(sample) => self
                    .sample(sample, &about, &mut samples, &mut parts)
                    .await
                    .map(Some)?,
                None => None,
            };
            let (key, known) = self
                .kept("Observation", &about, &alone.finding.identity)
                .await?;
            let part = observation(
                &key,
                &alone.finding,
                known.as_ref(),
                &about,
                sample.as_ref(),
            )?;
            parts.push(part);
        }
        Ok(parts)
    }

    /// Under which key something of the person is, and what is there. It may have been filed under the number of somebody who
    /// was merged into them since.
    async fn kept(
        &self,
        resource_type: &str,
        about: &About<'_>,
        identity: &str,
    ) -> Result<(Key, Option<Candidate>), FileError> {
        let key = own_key(resource_type, about.patient, identity)?;
        if let Some(there) = self.at(&key).await? {
            return Ok((key, Some(there)));
        }
        for person in &about.earlier {
            let earlier = own_key(resource_type, person, identity)?;
            let there = self.at(&earlier).await?;
            if let Some(there) = there.filter(|it| it.body.get("subject") == Some(&about.subject)) {
                return Ok((earlier, Some(there)));
            }
        }
        Ok((key, None))
    }

    /// The specimens of a report; one that several reports name is filed once.
    async fn samples(
        &self,
        report: &Report,
        about: &About<'_>,
        met: &mut HashMap<Key, ()>,
        parts: &mut Vec<Part>,
    ) -> Result<Vec<String>, FileError> {
        let mut references = Vec::new();
        for sample in &report.samples {
            references.push(self.sample(sample, about, met, parts).await?);
        }
        Ok(references)
    }

    async fn sample(
        &self,
        sample: &Sample,
        about: &About<'_>,
        met: &mut HashMap<Key, ()>,
        parts: &mut Vec<Part>,
    ) -> Result<String, FileError> {
        let (key, there) = self.kept("Specimen", about, &sample.identity).await?;
        let name = key.to_string();
        if met.insert(key.clone(), ()).is_some() {
            return Ok(name);
        }
        let mut draft = sample.draft.clone();
        draft.set("subject", about.subject.clone());
        let base = there
            .as_ref()
            .map(|there| there.body.clone())
            .unwrap_or_default();
        parts.push(over(&key, there.as_ref(), draft.over(base), &draft)?);
        Ok(name)
    }

    async fn report(
        &self,
        report: &Report,
        about: &About<'_>,
        samples: &[String],
        parts: &mut Vec<Part>,
    ) -> Result<(), FileError> {
        let (key, there) = self
            .kept("DiagnosticReport", about, &report.identity)
            .await?;
        let mut draft = report.draft.clone();
        let mut results: Vec<Json> = Vec::new();
        let earlier = there
            .as_ref()
            .and_then(|there| there.body.get("result")?.as_array().cloned());
        results.extend(earlier.into_iter().flatten());
        for finding in &report.findings {
            // Without an earlier report there is no earlier line, and nothing to read.
            let (key, known) = match &there {
                Some(_) => self.kept("Observation", about, &finding.identity).await?,
                None => (
                    own_key("Observation", about.patient, &finding.identity)?,
                    None,
                ),
            };
            let sample = finding.sample.and_then(|index| samples.get(index));
            parts.push(observation(&key, finding, known.as_ref(), about, sample)?);
            let result = reference(&key.to_string());
            if !results.contains(&result) {
                results.push(result);
            }
        }
        draft.set("subject", about.subject.clone());
        let stay = about.encounter.clone();
        draft
            .elements
            .extend(stay.map(|stay| ("encounter".to_owned(), stay)));
        if !results.is_empty() {
            draft.set("result", Json::Array(results));
        }
        if !samples.is_empty() {
            draft.set(
                "specimen",
                samples.iter().map(|sample| reference(sample)).collect(),
            );
        }
        let base = there
            .as_ref()
            .map(|there| there.body.clone())
            .unwrap_or_default();
        parts.push(over(&key, there.as_ref(), draft.over(base), &draft)?);
        Ok(())
    }
}

/// Whom and which stay results are about.
struct About<'a> {
    patient: &'a Key,
    /// Those who were merged into the patient.
    earlier: Vec<Key>,
    subject: Json,
    encounter: Option<Json>,
}

fn observation(
    key: &Key,
    finding: &Finding,
    known: Option<&Candidate>,
    about: &About<'_>,
    sample: Option<&String>,
) -> Result<Part, FileError> {
    let place = finding
        .draft
        .fields
        .first()
        .map_or(Place::of("OBX", 11), |(_, place)| *place);
    let verified = known
        .and_then(|known| known.body.get("status")?.as_str())
        .is_some_and(|status| VERIFIED.contains(&status));
    let mut draft = finding.draft.clone();
    draft.set("subject", about.subject.clone());
    draft.elements.extend(
        about
            .encounter
            .clone()
            .map(|stay| ("encounter".to_owned(), stay)),
    );
    if let Some(sample) = sample {
        draft.set("specimen", reference(sample));
    }
    let mut base: Map<String, Json> = known.map(|known| known.body.clone()).unwrap_or_default();
    let overtaken = known.is_some_and(|known| told::is_overtaken(&known.body, &draft));
    match finding.standing {
        Standing::Provisional if verified && !overtaken => {
            return Err(FileError::Regressed { place });
        }
        Standing::StatusOnly if known.is_none() => {
            return Err(FileError::NothingToConfirm { place });
        }
        Standing::Provisional | Standing::Verified => {
            draft.telling = Telling::Whole;
            base.retain(|element, _| !OBSERVED.contains(&element.as_str()));
        }
        Standing::Withdrawn if draft.elements.contains_key("dataAbsentReason") => {
            draft.telling = Telling::Whole;
            base.retain(|element, _| !OBSERVED.contains(&element.as_str()));
        }
        Standing::StatusOnly | Standing::Withdrawn => {
            if draft
                .elements
                .keys()
                .any(|element| element.starts_with("value") || element == "component")
            {
                base.retain(|element, _| {
                    !element.starts_with("value")
                        && element != "component"
                        && element != "dataAbsentReason"
                });
            }
        }
    }
    over(key, known, draft.over(base), &draft)
}
