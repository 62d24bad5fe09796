//! A pregnancy as the record holds it, and the one way by which anything is written about it.
//!
//! Invariant: nothing is written about a pregnancy that is not open, and every write rests on the version of the pregnancy
//! that was read, so that one closed meanwhile refuses it.
//!
//! A pregnancy is a FHIR EpisodeOfCare: it has a status that closes, a period and an organisation, and Encounters point to
//! it. A Condition would end when the woman is well, and holds no contacts. Each contact is an Encounter of that episode, and
//! what was found is one Observation of that encounter with the episode as its focus, and the fetus among its components.

use sdk::{Call, Failure, Finding, Form, Parameters, Proposal, Seen, Value, json};

use crate::dating::{Basis, Edd};
use crate::day::Day;
use crate::field::{Entry, concept};

const EDD: &str = "urn:palatine:maternity:edd";
const BASIS: &str = "urn:palatine:maternity:edd-basis";
const FETUSES: &str = "urn:palatine:maternity:fetuses";
const LAST_CONTACT: &str = "urn:palatine:maternity:last-contact";
/// Pregnancies of one woman at most, beyond which the record is taken to be wrong.
const PREGNANCIES_MAX: usize = 100;

/// A pregnancy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pregnancy {
    /// `EpisodeOfCare/…`.
    pub(crate) reference: String,
    /// The version that was read.
    pub(crate) version: String,
    resource: Value,
    /// Its expected date.
    pub(crate) edd: Option<Edd>,
    /// How many fetuses, when a scan said so.
    pub(crate) fetuses: Option<i64>,
    /// When it was closed.
    pub(crate) ended: Option<Day>,
}

impl Pregnancy {
    fn read(resource: Value) -> Option<Self> {
        let is_ours = resource.pointer("/type/0/coding/0/code") == Some(&json!("pregnancy"));
        let text = |path: &str| resource.pointer(path)?.as_str();
        let said = |url: &str, value: &str| {
            let all = resource.get("extension")?.as_array()?;
            all.iter()
                .find(|it| it.get("url") == Some(&json!(url)))?
                .get(value)
        };
        let basis = said(BASIS, "valueCode").and_then(Value::as_str);
        let basis = Basis::ALL.into_iter().find(|it| Some(it.code()) == basis);
        let day = said(EDD, "valueDate").and_then(|it| Day::parse(it.as_str()?));
        let edd = day.zip(basis).map(|(day, basis)| Edd { day, basis });
        let read = Self {
            reference: format!("EpisodeOfCare/{}", text("/id")?),
            version: text("/meta/versionId")?.to_owned(),
            edd,
            fetuses: said(FETUSES, "valueInteger").and_then(Value::as_i64),
            ended: text("/period/end").and_then(Day::parse),
            resource: resource.clone(),
        };
        is_ours.then_some(read)
    }

    /// Whether anything may be written about it.
    pub(crate) fn is_open(&self) -> bool {
        self.resource.get("status") == Some(&json!("active"))
    }

    /// What a form about it carries.
    pub(crate) fn carried(&self) -> Parameters {
        Parameters::default().with("pregnancy", self.reference.as_str())
    }

    /// The version that a form shows.
    pub(crate) fn seen(&self) -> [Seen; 1] {
        [Seen {
            resource: self.reference.clone(),
            version: self.version.clone(),
        }]
    }

    /// The fetuses that there are to choose from; all letters while nobody counted them.
    pub(crate) fn fetus_options(&self) -> Vec<(&'static str, &'static str)> {
        let all = [
            ("A", "Fetus A"),
            ("B", "Fetus B"),
            ("C", "Fetus C"),
            ("D", "Fetus D"),
        ];
        let n = self.fetuses.and_then(|it| usize::try_from(it).ok());
        all.into_iter().take(n.unwrap_or(4).max(1)).collect()
    }
}

/// Every pregnancy of the woman, as they are in the record.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn all(call: &Call<'_>) -> Result<Vec<Pregnancy>, Failure> {
    let found = call
        .chart
        .search_all("EpisodeOfCare?_count=100", PREGNANCIES_MAX)?;
    Ok(found.into_iter().filter_map(Pregnancy::read).collect())
}

/// The pregnancy that is open.
///
/// # Errors
/// Any failure of the chart; `fault` when two are open.
pub(crate) fn open_one(call: &Call<'_>) -> Result<Option<Pregnancy>, Failure> {
    let mut open = all(call)?.into_iter().filter(Pregnancy::is_open);
    match (open.next(), open.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(Failure::fault(
            "two pregnancies of this woman are open; one has to be closed or marked as an error",
        )),
    }
}

/// The open pregnancy that a form was about, or why nothing may be written.
///
/// # Errors
/// Any failure of the chart.
pub(crate) fn of_form(call: &Call<'_>, form: &Form) -> Result<Result<Pregnancy, Finding>, Failure> {
    let open = open_one(call)?;
    let carried = form.carried("pregnancy");
    let refuse = |what: &str| Ok(Err(Finding::about_form(what)));
    match open {
        Some(open) if carried == Some(open.reference.as_str()) => {
            if form.seen(&open.reference) == Some(open.version.as_str()) {
                Ok(Ok(open))
            } else {
                refuse("This pregnancy has changed since the form was opened. Open the form again.")
            }
        }
        Some(_) => refuse("This form was opened for another pregnancy. Open it again."),
        None => refuse("There is no open pregnancy: a closed one cannot be changed."),
    }
}

/// What a contact changes about the pregnancy itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Change {
    /// An expected date.
    pub(crate) edd: Option<Edd>,
    /// How many fetuses.
    pub(crate) fetuses: Option<i64>,
    /// That it is over, on this day.
    pub(crate) closed_on: Option<Day>,
}

/// One contact: what was done, when, for which fetus, and what was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contact {
    /// Code and words of what was done.
    pub(crate) kind: (&'static str, &'static str),
    /// Day or moment.
    pub(crate) when: String,
    /// What was found; the fetus is one of them.
    pub(crate) entries: Vec<Entry>,
}

/// Proposes a contact of a pregnancy.
///
/// # Errors
/// `fault` when the pregnancy is not open, which the caller has to have refused; any failure of the context.
pub(crate) fn file(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    contact: &Contact,
    change: &Change,
) -> Result<Proposal, Failure> {
    if !pregnancy.is_open() {
        return Err(Failure::fault("a closed pregnancy is not written about"));
    }
    let mut episode = pregnancy.resource.clone();
    apply(&mut episode, contact, change);
    let proposal =
        Proposal::new(format!("{}.", contact.kind.1)).update(episode, pregnancy.version.as_str());
    with_contact(call, proposal, &pregnancy.reference, contact)
}

/// Proposes a new pregnancy with its first contact.
///
/// # Errors
/// Any failure of the context.
pub(crate) fn begin(
    call: &Call<'_>,
    contact: &Contact,
    change: &Change,
) -> Result<Proposal, Failure> {
    let day = contact.when.get(..10).unwrap_or(&contact.when);
    let mut episode = json!({
        "resourceType": "EpisodeOfCare", "status": "active",
        "type": [concept("pregnancy", "Pregnancy")],
        "patient": { "reference": call.patient()? },
        "managingOrganization": organisation(call),
        "period": { "start": day }
    });
    apply(&mut episode, contact, change);
    let mut proposal = Proposal::new(format!("{}: a new pregnancy.", contact.kind.1));
    let temporary = proposal.temporary();
    let proposal = proposal.create_as(&temporary, episode);
    with_contact(call, proposal, &temporary, contact)
}

fn with_contact(
    call: &Call<'_>,
    mut proposal: Proposal,
    pregnancy: &str,
    contact: &Contact,
) -> Result<Proposal, Failure> {
    let (patient, (code, words)) = (call.patient()?, contact.kind);
    let encounter = proposal.temporary();
    let mut visit = json!({
        "resourceType": "Encounter", "status": "finished",
        "class": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory" },
        "type": [concept(code, words)],
        "subject": { "reference": patient },
        "episodeOfCare": [{ "reference": pregnancy }],
        "period": { "start": contact.when, "end": contact.when },
        "serviceProvider": organisation(call)
    });
    if let Some(within) = call.context.encounter() {
        visit["partOf"] = json!({ "reference": within });
    }
    let components: Vec<_> = contact.entries.iter().map(Entry::component).collect();
    let found = json!({
        "resourceType": "Observation", "status": "final",
        "code": concept(code, words),
        "subject": { "reference": patient },
        "focus": [{ "reference": pregnancy }],
        "encounter": { "reference": encounter },
        "effectiveDateTime": contact.when,
        "component": components
    });
    Ok(proposal.create_as(&encounter, visit).create(found))
}

fn apply(episode: &mut Value, contact: &Contact, change: &Change) {
    let day = contact.when.get(..10).unwrap_or(&contact.when);
    say(episode, LAST_CONTACT, "valueDate", json!(day));
    if let Some(edd) = change.edd {
        say(episode, EDD, "valueDate", json!(edd.day.to_string()));
        say(episode, BASIS, "valueCode", json!(edd.basis.code()));
    }
    if let Some(fetuses) = change.fetuses {
        say(episode, FETUSES, "valueInteger", json!(fetuses));
    }
    if let Some(day) = change.closed_on {
        episode["status"] = json!("finished");
        episode["period"]["end"] = json!(day.to_string());
    }
}

fn say(episode: &mut Value, url: &str, member: &str, value: Value) {
    if episode.get("extension").is_none() {
        episode["extension"] = json!([]);
    }
    if let Some(all) = episode["extension"].as_array_mut() {
        all.retain(|it| it.get("url") != Some(&json!(url)));
        let mut said = json!({ "url": url });
        said[member] = value;
        all.push(said);
    }
}

fn organisation(call: &Call<'_>) -> Value {
    json!({ "type": "Organization", "identifier": { "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": call.context.site() } })
}
