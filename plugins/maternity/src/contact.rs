//! The one way by which anything is written about a pregnancy: a contact with what was found at it, or its correction.
//!
//! Invariant: nothing is written about a pregnancy that is not open, and every write rests on the version of the pregnancy
//! that was read, so that one closed meanwhile refuses it.

use sdk::moment::Day;
use sdk::{Call, Failure, Proposal, Value, json};

use crate::baby::Newborn;
use crate::dating::Edd;
use crate::field::{Entry, concept};
use crate::pregnancy::{BASIS, BORN, EDD, FETUSES, LAST_CONTACT, Pregnancy};

/// What becomes of something that is said of a pregnancy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Said<T> {
    /// It stays as it is.
    #[default]
    AsItIs,
    /// This is said from now on.
    Now(T),
    /// It is said no more.
    NoMore,
}

impl<T> Said<T> {
    fn map<U>(self, as_another: impl FnOnce(T) -> U) -> Said<U> {
        match self {
            Self::AsItIs => Said::AsItIs,
            Self::Now(it) => Said::Now(as_another(it)),
            Self::NoMore => Said::NoMore,
        }
    }
}

/// How a pregnancy is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closure {
    /// It is over, on this day.
    Over(Day),
    /// There never was one: it was booked by mistake.
    InError(Day),
}

/// What a contact changes about the pregnancy itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Change {
    /// Its expected date.
    pub(crate) edd: Said<Edd>,
    /// How many fetuses.
    pub(crate) fetuses: Said<i64>,
    /// The day of the latest birth.
    pub(crate) born: Said<Day>,
    /// That it is closed.
    pub(crate) closed: Option<Closure>,
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
    /// Who was born at it, alive.
    pub(crate) newborn: Option<Newborn>,
}

/// What a form is filed as.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filed {
    /// The contact.
    pub(crate) contact: Contact,
    /// What it changes about the pregnancy.
    pub(crate) change: Change,
}

impl Filed {
    /// A contact at which nobody was born and that changes nothing about the pregnancy itself.
    pub(crate) fn plain(
        kind: (&'static str, &'static str),
        when: String,
        entries: Vec<Entry>,
    ) -> Self {
        let contact = Contact {
            kind,
            when,
            entries,
            newborn: None,
        };
        Self {
            contact,
            change: Change::default(),
        }
    }
}

/// Proposes a contact of a pregnancy.
///
/// # Errors
/// `fault` when the pregnancy is not open, which the caller has to have refused; any failure of the context.
pub(crate) fn file(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    filed: &Filed,
) -> Result<Proposal, Failure> {
    let mut episode = open(pregnancy)?;
    apply(&mut episode, pregnancy, &filed.contact.when, &filed.change);
    let proposal = Proposal::new(format!("{}.", filed.contact.kind.1))
        .update(episode, pregnancy.version.as_str());
    with_contact(call, proposal, &pregnancy.reference, &filed.contact)
}

/// Proposes a new pregnancy with its first contact.
///
/// # Errors
/// Any failure of the context.
pub(crate) fn begin(call: &Call<'_>, filed: &Filed) -> Result<Proposal, Failure> {
    let contact = &filed.contact;
    let mut episode = json!({
        "resourceType": "EpisodeOfCare", "status": "active",
        "type": [concept("pregnancy", "Pregnancy")],
        "patient": { "reference": call.patient()? },
        "managingOrganization": organisation(call),
        "period": { "start": day(&contact.when) }
    });
    say(
        &mut episode,
        LAST_CONTACT,
        "valueDate",
        &Said::Now(json!(day(&contact.when))),
    );
    say_dating(&mut episode, &filed.change);
    let mut proposal = Proposal::new(format!("{}: a new pregnancy.", contact.kind.1));
    let temporary = proposal.temporary();
    let proposal = proposal.create_as(&temporary, episode);
    with_contact(call, proposal, &temporary, contact)
}

/// What was recorded at a contact, with its encounter, as the record holds them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recorded {
    /// The Observation.
    pub(crate) found: Value,
    /// The Encounter.
    pub(crate) visit: Value,
}

/// Proposes that what was recorded at a contact is replaced by what is right, and says why.
///
/// # Errors
/// As [`file`]; `fault` when a resource has no version.
pub(crate) fn correct(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    recorded: &Recorded,
    filed: &Filed,
    why: &str,
) -> Result<Proposal, Failure> {
    let (mut found, mut visit) = (recorded.found.clone(), recorded.visit.clone());
    found["status"] = json!("corrected");
    found["effectiveDateTime"] = json!(filed.contact.when);
    found["component"] = components(&filed.contact.entries);
    visit["period"] = json!({ "start": filed.contact.when, "end": filed.contact.when });
    let what = format!("{}: corrected. {why}", filed.contact.kind.1);
    amended(
        call,
        pregnancy,
        recorded,
        [found, visit],
        &filed.change,
        (&what, why),
    )
}

/// Proposes that what was recorded at a contact is struck out, and says why.
///
/// # Errors
/// As [`correct`].
pub(crate) fn strike_out(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    recorded: &Recorded,
    change: &Change,
    why: &str,
) -> Result<Proposal, Failure> {
    let (mut found, mut visit) = (recorded.found.clone(), recorded.visit.clone());
    found["status"] = json!("entered-in-error");
    visit["status"] = json!("entered-in-error");
    let what = format!("A contact recorded in error is struck out. {why}");
    amended(
        call,
        pregnancy,
        recorded,
        [found, visit],
        change,
        (&what, why),
    )
}

fn amended(
    call: &Call<'_>,
    pregnancy: &Pregnancy,
    recorded: &Recorded,
    [mut found, visit]: [Value; 2],
    change: &Change,
    (what, why): (&str, &str),
) -> Result<Proposal, Failure> {
    let mut episode = open(pregnancy)?;
    say_dating(&mut episode, change);
    let note = json!({ "time": call.context.now(), "text": why });
    match found.get_mut("note").and_then(Value::as_array_mut) {
        Some(notes) => notes.push(note),
        None => found["note"] = json!([note]),
    }
    let summary: String = what.chars().take(500).collect();
    let mut proposal = Proposal::new(summary).update(episode, pregnancy.version.as_str());
    for (was, is) in [(&recorded.found, found), (&recorded.visit, visit)] {
        if *was != is {
            let seen = is.pointer("/meta/versionId").and_then(Value::as_str);
            let seen =
                seen.ok_or_else(|| Failure::fault("a resource of the record has no version"))?;
            let seen = seen.to_owned();
            proposal = proposal.update(without_stamps(is), seen);
        }
    }
    Ok(proposal)
}

/// A resource without what the host stamps on each version; its labels and profiles stay.
fn without_stamps(mut resource: Value) -> Value {
    let meta = resource.get_mut("meta").and_then(Value::as_object_mut);
    let is_empty = meta.is_some_and(|meta| {
        meta.retain(|name, _| name != "versionId" && name != "lastUpdated");
        meta.is_empty()
    });
    if let (true, Some(members)) = (is_empty, resource.as_object_mut()) {
        members.remove("meta");
    }
    resource
}

fn open(pregnancy: &Pregnancy) -> Result<Value, Failure> {
    match pregnancy.is_open() {
        true => Ok(without_stamps(pregnancy.resource.clone())),
        false => Err(Failure::fault("a closed pregnancy is not written about")),
    }
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
    let mut focus = vec![json!({ "reference": pregnancy })];
    if let Some(newborn) = &contact.newborn {
        let baby;
        (proposal, baby) = newborn.proposed(proposal, &organisation(call));
        focus.push(json!({ "reference": baby }));
    }
    let found = json!({
        "resourceType": "Observation", "status": "final",
        "code": concept(code, words),
        "subject": { "reference": patient },
        "focus": focus,
        "encounter": { "reference": encounter },
        "effectiveDateTime": contact.when,
        "component": components(&contact.entries)
    });
    Ok(proposal.create_as(&encounter, visit).create(found))
}

fn components(entries: &[Entry]) -> Value {
    entries.iter().map(Entry::component).collect()
}

/// The latest contact moves on and never back; what the contact says of the pregnancy is said.
fn apply(episode: &mut Value, pregnancy: &Pregnancy, when: &str, change: &Change) {
    let on = Day::of(when);
    if pregnancy.last_contact.is_none_or(|last| on > Some(last)) {
        say(
            episode,
            LAST_CONTACT,
            "valueDate",
            &Said::Now(json!(day(when))),
        );
    }
    say_dating(episode, change);
    say(
        episode,
        BORN,
        "valueDate",
        &change.born.map(|it| json!(it.to_string())),
    );
    match change.closed {
        None => {}
        Some(Closure::Over(on)) => close(episode, "finished", on),
        Some(Closure::InError(on)) => close(episode, "entered-in-error", on),
    }
}

fn close(episode: &mut Value, status: &str, on: Day) {
    episode["status"] = json!(status);
    episode["period"]["end"] = json!(on.to_string());
}

fn say_dating(episode: &mut Value, change: &Change) {
    let day = change.edd.map(|it| json!(it.day.to_string()));
    let basis = change.edd.map(|it| json!(it.basis.code()));
    say(episode, EDD, "valueDate", &day);
    say(episode, BASIS, "valueCode", &basis);
    say(
        episode,
        FETUSES,
        "valueInteger",
        &change.fetuses.map(|it| json!(it)),
    );
}

fn say(episode: &mut Value, url: &str, member: &str, what: &Said<Value>) {
    if *what == Said::AsItIs {
        return;
    }
    let all = episode.get("extension").and_then(Value::as_array);
    let others = all.into_iter().flatten();
    let mut said: Vec<Value> = others
        .filter(|it| it.get("url") != Some(&json!(url)))
        .cloned()
        .collect();
    if let Said::Now(value) = what {
        let mut one = json!({ "url": url });
        one[member] = value.clone();
        said.push(one);
    }
    match (said.is_empty(), episode.as_object_mut()) {
        (true, Some(members)) => drop(members.remove("extension")),
        (_, _) => episode["extension"] = said.into(),
    }
}

/// The day of a moment as its writer saw it.
fn day(when: &str) -> &str {
    when.get(..10).unwrap_or(when)
}

/// The organisation of the call.
pub(crate) fn organisation(call: &Call<'_>) -> Value {
    json!({ "type": "Organization", "identifier": { "system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": call.context.site() } })
}
