//! A form sent: opened, checked, put to the departmental that drew it, followed by what comes next.
//!
//! Invariant: whatever goes wrong, what was typed is drawn again, and nothing is said to be saved that was not.

use axum::response::{IntoResponse, Redirect, Response};
use fhir::resource::Id;
use record::ReadError;
use record::departmental::Digest;
use record::departmental::outcome::Finding;
use record::departmental::screen::SubmitAsk;
use record::log::T;
use serde_json::Value;

use super::{Desktop, Left, about_all, failed};
use crate::app::unread;
use crate::screen::coded::sought;
use crate::screen::draw;
use crate::screen::seal::Carried;
use crate::screen::sent::{self, Typed};

impl Desktop<'_> {
    pub(super) async fn submit(&self, typed: Typed) -> Response {
        if self.seen.is_past() {
            let what =
                "this page shows the record as it was, where nothing can be saved: return to now"
                    .to_owned();
            return unread(self.door, self.session, &ReadError::Unreadable { what });
        }
        let seals = &self.door.seals;
        let sealed = typed.one("sealed").unwrap_or_default();
        let ours = |it: &Carried| {
            let right_place = it.departmental == self.departmental && it.screen == self.screen;
            right_place && it.patient.as_deref() == self.patient().map(Id::as_str)
        };
        let Some(carried) = seals.open(&self.session.form_token, sealed).filter(ours) else {
            let message = "The form was drawn before this host was started again, or was changed on the way. Nothing was saved. Look at it again and send it.";
            return self.again(typed, vec![about_all(message)]).await;
        };
        if let Some(field) = typed.one("action").and_then(sought).map(str::to_owned) {
            return self.find(&carried, &field, typed).await;
        }
        let Some(action) = typed
            .one("action")
            .filter(|it| carried.actions.iter().any(|button| button.word == *it))
            .map(str::to_owned)
        else {
            return self
                .again(typed, vec![about_all("Use one of the form's buttons.")])
                .await;
        };
        let (mut form, mut findings) = sent::form(&carried, &action, &typed);
        if findings.is_empty() {
            findings = self.verified(&carried, &mut form).await;
        }
        if !findings.is_empty() {
            return self.again(typed, findings).await;
        }
        self.put(carried, action, form, typed).await
    }

    /// The screen opened anew, with what was typed and what is wrong with it.
    pub(super) async fn again(&self, typed: Typed, findings: Vec<Finding>) -> Response {
        let left = Left {
            typed,
            findings,
            ..Left::default()
        };
        self.draw(left, None).await
    }

    async fn put(&self, carried: Carried, action: String, form: Value, typed: Typed) -> Response {
        let (Ok(departmental), Ok(digest)) =
            (self.departmental.parse(), carried.digest.parse::<Digest>())
        else {
            return unread(
                self.door,
                self.session,
                &ReadError::NotFound {
                    what: "departmental".to_owned(),
                },
            );
        };
        let ask = SubmitAsk {
            departmental,
            digest,
            screen: self.screen.clone(),
            action,
            patient: self.patient().cloned(),
            form,
            idempotency_key: carried.key.clone(),
        };
        match self
            .door
            .record
            .submit_screen(&self.session.caller, ask)
            .await
        {
            Ok(done) if done.findings.is_empty() => {
                let (screen, parameters) = done.next.map_or_else(
                    || (self.screen.clone(), self.parameters.clone()),
                    |it| (it.screen, it.parameters),
                );
                let address = draw::address(&self.base(), &screen, &parameters);
                Redirect::to(&self.followed(address, done.receipt.map(|it| it.t))).into_response()
            }
            Ok(done) => {
                let (release, call) = (done.release, done.call);
                let screen = done.screen.map(|screen| (screen, release, call));
                self.draw(
                    Left {
                        typed,
                        findings: done.findings,
                        screen,
                        found: None,
                    },
                    None,
                )
                .await
            }
            Err(why) => match failed::finding(&why) {
                Some(message) => self.again(typed, vec![about_all(&message)]).await,
                None => self.failed(&why, failed::unsaved(&filled(&carried, &typed))),
            },
        }
    }

    /// The next address with what was saved, marked so that nobody else can write it.
    fn followed(&self, address: String, saved: Option<T>) -> String {
        let Some(t) = saved else { return address };
        let t = t.to_string();
        let mark = self.saved_mark(&t);
        let join = if address.contains('?') { '&' } else { '?' };
        format!("{address}{join}done={t}.{mark}")
    }

    /// The commit that a form of this session made, as the address says it.
    pub(super) fn confirmed(&self, done: &str) -> Option<String> {
        let (t, mark) = done.split_once('.')?;
        (self.saved_mark(t) == mark).then(|| t.to_owned())
    }

    /// What only this host writes beside the commit of a form of this session, about this patient or the site.
    fn saved_mark(&self, t: &str) -> String {
        let whose = self.patient().map_or("the site", Id::as_str);
        let seals = &self.door.seals;
        seals.mark(&["saved", &self.session.form_token, whose, t])
    }
}

/// What the form's fields hold, those that hold something.
fn filled<'c>(carried: &'c Carried, typed: &Typed) -> Vec<(&'c str, String)> {
    let asked = carried.asked.iter();
    let values = asked.map(|asked| {
        let values = typed.all(&format!("f.{}", asked.field)).join(", ");
        (asked.field.as_str(), values)
    });
    values.filter(|(_, value)| !value.is_empty()).collect()
}
