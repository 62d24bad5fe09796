//! An enablement as a FHIR `Basic` resource and back: the only file that knows how it is written down.
//!
//! Invariant: what is written here is read back equal; what cannot be read back is never taken for a decision.

use fhir::resource::{Id, Key, Resource, ResourceType};
use serde_json::{Map, Value, json};

use super::{EnableError, Enablement};
use crate::caller::SiteCode;
use crate::departmental::DepartmentalId;
use crate::departmental::form::digest;
use crate::store::StoreError;
use crate::{ReadError, Stored};

/// The system of Palatine's own codes.
pub(crate) const CODES: &str = "urn:palatine:codes";
/// What marks a `Basic` as an enablement.
pub(super) const CODE: &str = "departmental-enablement";
const EXTENSION: &str = "urn:palatine:enablement";

/// The one resource that says whether and how a departmental runs at a site.
pub(super) fn key(site: &SiteCode, departmental: &DepartmentalId) -> Result<Key, ReadError> {
    let digest = digest(&[site.as_str(), departmental.as_str()]);
    let id = format!("enablement-{}", digest.get(..40).unwrap_or(&digest));
    let id: Id = id.parse().map_err(|_| corrupt("an enablement's id"))?;
    Ok(Key::new(ResourceType::BASIC, id))
}

pub(super) fn written(
    enablement: &Enablement,
    reason: Option<&str>,
) -> Result<(Key, Resource), EnableError> {
    let key = key(&enablement.site, &enablement.departmental)?;
    let mut parts = vec![
        part("site", "valueCode", enablement.site.as_str()),
        part(
            "departmental",
            "valueCode",
            enablement.departmental.as_str(),
        ),
        part("version", "valueString", &enablement.version),
        part("digest", "valueString", enablement.digest.as_str()),
        part(
            "manifest-digest",
            "valueString",
            &enablement.manifest_digest,
        ),
        part("settings", "valueString", &enablement.settings.to_string()),
        part("by", "valueString", &enablement.by),
        json!({ "url": "enabled", "valueBoolean": enablement.enabled }),
    ];
    parts.extend(
        enablement
            .reads
            .iter()
            .map(|name| part("read", "valueCode", name)),
    );
    parts.extend(
        enablement
            .views
            .iter()
            .map(|id| part("view", "valueCode", id)),
    );
    let hooks = enablement.hooks.iter();
    parts.extend(hooks.map(|hook| part("hook", "valueCode", hook)));
    let formats = enablement.intake.iter();
    parts.extend(formats.map(|format| part("intake", "valueString", format)));
    for (name, actions) in &enablement.writes {
        parts.extend(
            actions
                .iter()
                .map(|action| part("write", "valueString", &format!("{action} {name}"))),
        );
    }
    parts.extend(
        enablement
            .held_back
            .iter()
            .map(|why| part("held-back", "valueString", why)),
    );
    parts.extend(
        reason
            .filter(|reason| !reason.trim().is_empty())
            .map(|reason| part("reason", "valueString", reason)),
    );
    let resource = json!({
        "resourceType": "Basic",
        "id": key.id.as_str(),
        "extension": [{ "url": EXTENSION, "extension": parts }],
        "code": { "coding": [{ "system": CODES, "code": CODE }] },
    });
    let resource =
        Resource::from_value(resource).map_err(|_| corrupt("an enablement to be written"))?;
    Ok((key, resource))
}

pub(super) fn read(stored: &Stored) -> Result<Enablement, ReadError> {
    let body = stored
        .body
        .as_deref()
        .ok_or_else(|| corrupt("a deleted enablement"))?;
    let value: Value = serde_json::from_str(body).map_err(|_| corrupt("an enablement"))?;
    let parts = value
        .get("extension")
        .and_then(Value::as_array)
        .and_then(|all| {
            all.iter()
                .find(|one| one.get("url").and_then(Value::as_str) == Some(EXTENSION))
        })
        .and_then(|one| one.get("extension"))
        .and_then(Value::as_array)
        .ok_or_else(|| corrupt("an enablement without its extension"))?;
    let texts = |name: &'static str| {
        parts
            .iter()
            .filter(move |part| part.get("url").and_then(Value::as_str) == Some(name))
            .filter_map(text)
    };
    let one = |name: &'static str| texts(name).next().ok_or_else(|| corrupt(name));
    let mut writes: Vec<(String, Vec<String>)> = Vec::new();
    for write in texts("write") {
        let (action, name) = write.split_once(' ').ok_or_else(|| corrupt("write"))?;
        match writes.iter_mut().find(|(known, _)| known == name) {
            Some((_, actions)) => actions.push(action.to_owned()),
            None => writes.push((name.to_owned(), vec![action.to_owned()])),
        }
    }
    let enabled = parts
        .iter()
        .find(|part| part.get("url").and_then(Value::as_str) == Some("enabled"));
    let enablement = Enablement {
        site: one("site")?.parse().map_err(|_| corrupt("site"))?,
        departmental: one("departmental")?
            .parse()
            .map_err(|_| corrupt("departmental"))?,
        version: one("version")?.to_owned(),
        digest: one("digest")?.parse().map_err(|_| corrupt("digest"))?,
        manifest_digest: one("manifest-digest")?.to_owned(),
        reads: texts("read").map(str::to_owned).collect(),
        writes,
        views: texts("view").map(str::to_owned).collect(),
        hooks: texts("hook").map(str::to_owned).collect(),
        intake: texts("intake").map(str::to_owned).collect(),
        settings: serde_json::from_str(one("settings")?).map_err(|_| corrupt("settings"))?,
        enabled: enabled
            .and_then(|part| part.get("valueBoolean"))
            .and_then(Value::as_bool)
            == Some(true),
        held_back: texts("held-back").next().map(str::to_owned),
        since: stored.t,
        by: one("by")?.to_owned(),
    };
    // A resource of another name that claims to be this site's decision is none.
    if key(&enablement.site, &enablement.departmental)? == stored.key {
        Ok(enablement)
    } else {
        Err(corrupt("an enablement under another id"))
    }
}

fn part(name: &str, kind: &str, value: &str) -> Value {
    let mut part = Map::new();
    part.insert("url".to_owned(), Value::String(name.to_owned()));
    part.insert(kind.to_owned(), Value::String(value.to_owned()));
    Value::Object(part)
}

fn text(part: &Value) -> Option<&str> {
    part.get("valueString")
        .or_else(|| part.get("valueCode"))
        .and_then(Value::as_str)
}

fn corrupt(what: &str) -> ReadError {
    ReadError::Store {
        source: StoreError::Corrupt {
            doing: "reading an enablement",
            what: what.to_owned(),
        },
    }
}
