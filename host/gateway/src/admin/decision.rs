//! A decision as the form sends it: what is given, with which settings, that it stops, or that it runs again.
//!
//! Invariant: only what was ticked is given; a settings field is read as its kind or refused by its name.

use record::departmental::manifest::Manifest;
use record::departmental::setting::{Level, SettingKind};
use record::departmental::{DepartmentalId, Digest, LibraryError};
use record::enablement::{Enable, EnableError};
use serde_json::{Map, Number, Value, json};

use crate::Door;
use crate::auth::Session;
use crate::screen::sent::Typed;
use crate::written::plain;

/// Least words of a reason for stopping a departmental, in characters.
const REASON_CHARS_MIN: usize = 10;

/// Makes it, or says why not.
pub(super) async fn make(
    door: &Door,
    session: &Session,
    digest: &str,
    typed: &Typed,
) -> Result<(), String> {
    let releases = door
        .record
        .releases(&session.caller)
        .await
        .map_err(|why| words(&why))?;
    let release = releases
        .iter()
        .find(|it| it.digest.as_str() == digest)
        .ok_or("No release with this digest is published.")?;
    match typed.one("decision") {
        Some("enable") => {
            enable(
                door,
                session,
                &release.id,
                &release.digest,
                &release.manifest,
                typed,
            )
            .await
        }
        Some("disable") => {
            let reason = typed.one("reason").unwrap_or_default().trim();
            if reason.chars().count() < REASON_CHARS_MIN {
                return Err(format!(
                    "Say why it stops, in at least {REASON_CHARS_MIN} characters: whoever looks for it will read this."
                ));
            }
            door.record
                .disable(&session.caller, &release.id, reason)
                .await
                .map(drop)
                .map_err(|why| words(&why))
        }
        Some("run-again") => door
            .record
            .let_run_again(&session.caller, &release.id)
            .await
            .map(drop)
            .map_err(|why| words(&why)),
        Some(_) | None => Err("Use one of the page's buttons.".to_owned()),
    }
}

async fn enable(
    door: &Door,
    session: &Session,
    departmental: &DepartmentalId,
    digest: &Digest,
    manifest: &Manifest,
    typed: &Typed,
) -> Result<(), String> {
    let wanted = Enable {
        departmental: departmental.clone(),
        digest: digest.clone(),
        reads: typed.all("read").to_vec(),
        writes: writes(typed.all("write"))?,
        views: typed.all("view").to_vec(),
        hooks: typed.all("hook").to_vec(),
        intake: typed.all("intake").to_vec(),
        settings: settings(manifest, typed)?,
    };
    door.record
        .enable(&session.caller, wanted)
        .await
        .map(drop)
        .map_err(|why| words(&why))
}

/// `Task:create` and `Task:update` are one grant with two actions.
fn writes(ticked: &[String]) -> Result<Vec<(String, Vec<String>)>, String> {
    let mut given: Vec<(String, Vec<String>)> = Vec::new();
    for tick in ticked {
        let (name, action) = tick
            .split_once(':')
            .ok_or("A tick of the form cannot be read. Open the page again.")?;
        match given.iter_mut().find(|(known, _)| known == name) {
            Some((_, actions)) => actions.push(action.to_owned()),
            None => given.push((name.to_owned(), vec![action.to_owned()])),
        }
    }
    Ok(given)
}

fn settings(manifest: &Manifest, typed: &Typed) -> Result<Value, String> {
    let mut settings = Map::new();
    for setting in manifest
        .settings
        .iter()
        .filter(|it| it.level == Level::Site)
    {
        let text = typed
            .one(&format!("setting.{}", setting.name))
            .unwrap_or_default()
            .trim();
        let value = match setting.kind {
            SettingKind::Text | SettingKind::Decimal | SettingKind::Choice => json!(text),
            SettingKind::Boolean => json!(text == "true"),
            SettingKind::Integer => {
                let number: Result<i64, _> = text.parse();
                Value::Number(Number::from(number.map_err(|_| {
                    format!("{} must be a whole number, not {text:?}", setting.name)
                })?))
            }
        };
        setting
            .accepts(&value)
            .map_err(|what| format!("{} {what}", setting.name))?;
        settings.insert(setting.name.clone(), value);
    }
    Ok(Value::Object(settings))
}

fn words(why: &EnableError) -> String {
    match why {
        EnableError::Forbidden { .. }
        | EnableError::NotFound { .. }
        | EnableError::NotAskedFor { .. }
        | EnableError::Setting { .. } => {
            format!("{why}. Nothing was changed.")
        }
        EnableError::Library {
            source: LibraryError::Refused { why, .. },
        } => format!(
            "This host cannot run it: {}. Nothing was changed.",
            plain(why)
        ),
        EnableError::Library { .. } | EnableError::Commit { .. } | EnableError::Read { .. } => {
            tracing::warn!("{}", record::with_causes(why));
            "The decision was not kept: the registry or the record could not do its part. Nothing was changed. Try again, then report it.".to_owned()
        }
    }
}
