//! The screens that the replay drill opens and the forms that it sends, as a clinician's browser does.

use std::collections::BTreeSet;

use hyper::{Method, StatusCode};
use serde_json::json;

use super::report::Named;
use super::sent::{Sent, written};
use crate::client::Client;
use crate::host::Host;

/// Every so many patients a form is sent that the departmental finds fault with.
const FAULTY_EACH: usize = 3;

/// What was shown, and when.
pub(super) struct Shown {
    /// Calls that came of it, at least.
    pub(super) calls: u64,
    /// As of which commit everybody's creatinines were looked at; nothing was written meanwhile.
    judged_at: u64,
}

impl Shown {
    pub(super) async fn of(host: &Host, sent: &Sent) -> Result<Self, String> {
        let mut reader = Reader {
            client: host.client().await?,
            calls: 0,
        };
        let judged_at = reader.marked().await?;
        for patient in &sent.patients {
            reader.open(&patient.id, "pathology/cumulative").await?;
            let trend = "pathology/trend?p.test=creatinine";
            reader.open(&patient.id, trend).await?;
        }
        reader.marked().await?;
        for patient in &sent.patients {
            let trend = "pathology/trend?p.test=http%3A%2F%2Floinc.org%7C29463-7";
            reader.open(&patient.id, trend).await?;
            reader
                .refused(&patient.id, "pathology/trend?p.test=%24")
                .await?;
            reader.open(&patient.id, "example/blank").await?;
        }
        for (at, patient) in sent.patients.iter().enumerate() {
            reader
                .acknowledge(&patient.id, at % FAULTY_EACH == 0)
                .await?;
            reader.ask_for_weight(&patient.id).await?;
        }
        Ok(Self {
            calls: reader.calls,
            judged_at,
        })
    }

    /// The calls that judge a patient otherwise by the changed rise: reactions, and the screens that say so.
    pub(super) fn differing_by_rise(&self, sent: &Sent) -> BTreeSet<Named> {
        let mut differing = BTreeSet::new();
        for patient in &sent.patients {
            differing.extend(patient.reactions_between());
            if patient.is_between() {
                differing.extend(["open cumulative", "open trend"].map(|asked| Named {
                    asked: asked.to_owned(),
                    patient: patient.id.clone(),
                    t: self.judged_at,
                }));
            }
        }
        differing
    }
}

/// A clinician who is signed in.
struct Reader {
    client: Client,
    calls: u64,
}

impl Reader {
    /// Writes something that is nobody's event, and gives its commit: what is opened next reads as of it.
    async fn marked(&mut self) -> Result<u64, String> {
        let mark = json!({ "resourceType": "Patient", "name": [{ "family": "Mark" }] });
        let (_, t) = written(&mut self.client, Method::POST, "/fhir/Patient", &mark).await?;
        Ok(t)
    }

    async fn open(&mut self, patient: &str, screen: &str) -> Result<String, String> {
        let (status, page) = self.page(patient, screen).await?;
        match status {
            StatusCode::OK => Ok(page),
            _ => Err(format!("{screen} was answered {status}: {page}")),
        }
    }

    /// Opens a screen with what its departmental does not take.
    async fn refused(&mut self, patient: &str, screen: &str) -> Result<(), String> {
        let (status, page) = self.page(patient, screen).await?;
        match status.is_client_error() && page.contains("neither a test of the catalogue") {
            true => Ok(()),
            false => Err(format!("{screen} was answered {status}: {page}")),
        }
    }

    async fn page(&mut self, patient: &str, screen: &str) -> Result<(StatusCode, String), String> {
        self.calls += 1;
        let path = format!("/patients/{patient}/departments/{screen}");
        let (status, page) = self.client.page(&path).await?;
        Ok((status, String::from_utf8_lossy(&page).into_owned()))
    }

    async fn acknowledge(&mut self, patient: &str, is_faulty: bool) -> Result<(), String> {
        let screen = "pathology/acknowledge";
        let page = self.open(patient, screen).await?;
        let waiting = values(&page, "f.read");
        if waiting.is_empty() {
            return Err(format!("nothing waits to be read: {page}"));
        }
        let read = waiting.iter().map(|it| ("f.read", it.as_str()));
        let mut answers: Vec<_> = read.chain([("action", "acknowledge")]).collect();
        if is_faulty {
            answers.push(("f.next", "none"));
            let findings = StatusCode::UNPROCESSABLE_ENTITY;
            self.send(patient, screen, &page, &answers, findings)
                .await?;
            // The screen was drawn again.
            self.calls += 1;
            answers.pop();
        }
        answers.push(("f.next", "acting"));
        self.send(patient, screen, &page, &answers, StatusCode::SEE_OTHER)
            .await
    }

    async fn ask_for_weight(&mut self, patient: &str) -> Result<(), String> {
        let screen = "example/weight";
        let page = self.open(patient, screen).await?;
        let answers = [("action", "ask"), ("f.why", "The dose goes by weight.")];
        self.send(patient, screen, &page, &answers, StatusCode::SEE_OTHER)
            .await
    }

    async fn send(
        &mut self,
        patient: &str,
        screen: &str,
        page: &str,
        answers: &[(&str, &str)],
        wanted: StatusCode,
    ) -> Result<(), String> {
        self.calls += 1;
        let hidden = |name: &str| values(page, name).into_iter().next().unwrap_or_default();
        let (form_token, sealed) = (hidden("form_token"), hidden("sealed"));
        let mut fields = vec![("form_token", form_token.as_str()), ("sealed", &sealed)];
        fields.extend_from_slice(answers);
        let path = format!("/patients/{patient}/departments/{screen}");
        let (status, body) = self.client.form(&path, &fields).await?;
        match status == wanted {
            true => Ok(()),
            false => {
                let body = String::from_utf8_lossy(&body);
                Err(format!(
                    "the form of {screen} was answered {status}: {body}"
                ))
            }
        }
    }
}

/// The values of all inputs of a name. None of those that the drill looks at needs escaping.
fn values(page: &str, name: &str) -> Vec<String> {
    let mark = format!("name=\"{name}\" value=\"");
    let each = page.split(&mark).skip(1);
    each.filter_map(|rest| rest.split('"').next().map(str::to_owned))
        .collect()
}
