//! A pregnancy as the record holds it, and which one a form is about.
//!
//! Invariant: a form is about the open pregnancy in the version that it showed, or nothing is written.
//!
//! A pregnancy is a FHIR EpisodeOfCare: it has a status that closes, a period and an organisation, and Encounters point to
//! it. A Condition would end when the woman is well, and holds no contacts. Each contact is an Encounter of that episode, and
//! what was found is one Observation of that encounter with the episode as its focus, and the fetus among its components.

use sdk::moment::Day;
use sdk::{Call, Failure, Finding, Form, Parameters, Seen, Value, json};

use crate::dating::{Basis, Edd};

/// Extension of an episode: its expected date.
pub(crate) const EDD: &str = "urn:palatine:maternity:edd";
/// Extension of an episode: by what it is dated.
pub(crate) const BASIS: &str = "urn:palatine:maternity:edd-basis";
/// Extension of an episode: how many fetuses.
pub(crate) const FETUSES: &str = "urn:palatine:maternity:fetuses";
/// Extension of an episode: the day of the latest birth in it.
pub(crate) const BORN: &str = "urn:palatine:maternity:born";
/// Extension of an episode: the day of the latest contact.
pub(crate) const LAST_CONTACT: &str = "urn:palatine:maternity:last-contact";
/// Why nothing is written when no pregnancy is open.
pub(crate) const NONE_OPEN: &str = "There is no open pregnancy: a closed one cannot be changed.";
/// Pregnancies of one woman at most, beyond which the record is taken to be wrong.
const PREGNANCIES_MAX: usize = 100;

/// A pregnancy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pregnancy {
    /// `EpisodeOfCare/…`.
    pub(crate) reference: String,
    /// The version that was read.
    pub(crate) version: String,
    /// As it is in the record.
    pub(crate) resource: Value,
    /// Its expected date.
    pub(crate) edd: Option<Edd>,
    /// How many fetuses, when a scan said so.
    pub(crate) fetuses: Option<i64>,
    /// The day of the latest birth in it; while there is one, she is not pregnant any more.
    pub(crate) born: Option<Day>,
    /// When it was booked.
    pub(crate) started: Option<Day>,
    /// When it was closed.
    pub(crate) ended: Option<Day>,
    /// The day of its latest contact.
    pub(crate) last_contact: Option<Day>,
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
        let day = said(EDD, "valueDate").and_then(|it| Day::of(it.as_str()?));
        let edd = day.zip(basis).map(|(day, basis)| Edd { day, basis });
        let read = Self {
            reference: format!("EpisodeOfCare/{}", text("/id")?),
            version: text("/meta/versionId")?.to_owned(),
            edd,
            fetuses: said(FETUSES, "valueInteger").and_then(Value::as_i64),
            born: said(BORN, "valueDate").and_then(|it| Day::of(it.as_str()?)),
            started: text("/period/start").and_then(Day::of),
            ended: text("/period/end").and_then(Day::of),
            last_contact: said(LAST_CONTACT, "valueDate").and_then(|it| Day::of(it.as_str()?)),
            resource: resource.clone(),
        };
        is_ours.then_some(read)
    }

    /// Whether anything may be written about it.
    pub(crate) fn is_open(&self) -> bool {
        self.resource.get("status") == Some(&json!("active"))
    }

    /// Whether it was booked by mistake: there was no such pregnancy.
    pub(crate) fn is_error(&self) -> bool {
        self.resource.get("status") == Some(&json!("entered-in-error"))
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
    Ok(only_open(&all(call)?)?.cloned())
}

/// The one of these that is open.
///
/// # Errors
/// `fault` when two are.
pub(crate) fn only_open(all: &[Pregnancy]) -> Result<Option<&Pregnancy>, Failure> {
    let mut open = all.iter().filter(|it| it.is_open());
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
        None => refuse(NONE_OPEN),
    }
}
