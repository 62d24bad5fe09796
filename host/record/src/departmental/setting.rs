//! What a site or the region can set for a departmental, and which values are valid.
//!
//! Invariant: the settings a call carries are complete, each of its setting's kind and within its bounds.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::departmental::manifest::member::{reason, word};

/// Longest text setting, in characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// Longest number, in characters: more digits than anything clinical has.
const NUMBER_CHARS_MAX: usize = 30;

/// One setting of a manifest.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its name, unique in the manifest.
    #[serde(deserialize_with = "word")]
    pub name: String,
    /// What its values are.
    pub kind: SettingKind,
    /// What holds where nothing is set.
    pub default: Value,
    /// For a choice: what can be chosen.
    #[serde(default)]
    pub options: Vec<String>,
    /// Lowest number.
    #[serde(default)]
    pub min: Option<String>,
    /// Highest number.
    #[serde(default)]
    pub max: Option<String>,
    /// Who decides.
    pub level: Level,
    /// What it is for, in a trust administrator's words.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
}

/// What a setting's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingKind {
    /// A JSON string.
    Text,
    /// A JSON number without a fraction.
    Integer,
    /// A JSON string that is a decimal, so that its digits are kept.
    Decimal,
    /// A JSON boolean.
    Boolean,
    /// One of the options.
    Choice,
}

/// Who decides about a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Equal at every trust: it changes clinical meaning.
    Regional,
    /// Each site for itself.
    Site,
}

impl Setting {
    /// Whether the setting itself makes sense, its default included.
    pub(super) fn check(&self) -> Result<(), String> {
        let is_choice = self.kind == SettingKind::Choice;
        if is_choice == self.options.is_empty() || self.options.len() > 50 {
            return Err(
                "give 1 to 50 `options` for a choice and none for anything else".to_owned(),
            );
        }
        let is_number = matches!(self.kind, SettingKind::Integer | SettingKind::Decimal);
        for bound in [&self.min, &self.max].into_iter().flatten() {
            if !is_number || decimal(bound).is_none() {
                return Err(format!(
                    "`{bound}` as a bound: only a number has bounds, and they are decimals"
                ));
            }
        }
        self.accepts(&self.default)
            .map_err(|what| format!("its default {what}"))
    }

    /// Whether a value may be set; the error goes on from the setting's name.
    pub fn accepts(&self, value: &Value) -> Result<(), String> {
        match self.kind {
            SettingKind::Text => match value.as_str() {
                Some(text) if text.chars().count() <= TEXT_CHARS_MAX => Ok(()),
                Some(_) => Err(format!("must be at most {TEXT_CHARS_MAX} characters long")),
                None => Err("must be a text".to_owned()),
            },
            SettingKind::Boolean if value.is_boolean() => Ok(()),
            SettingKind::Boolean => Err("must be true or false".to_owned()),
            SettingKind::Choice => match value.as_str() {
                Some(chosen) if self.options.iter().any(|option| option == chosen) => Ok(()),
                Some(_) | None => Err(format!("must be one of {}", self.options.join(", "))),
            },
            SettingKind::Integer => match value.as_i64() {
                Some(number) => self.within(&number.to_string()),
                None => Err("must be a whole number".to_owned()),
            },
            SettingKind::Decimal => match value.as_str() {
                Some(text) if decimal(text).is_some() => self.within(text),
                Some(_) | None => {
                    Err("must be a decimal written as a text, for example \"1.50\"".to_owned())
                }
            },
        }
    }

    fn within(&self, written: &str) -> Result<(), String> {
        let value = decimal(written);
        let below = self
            .min
            .as_deref()
            .and_then(decimal)
            .is_some_and(|min| value < Some(min));
        let above = self
            .max
            .as_deref()
            .and_then(decimal)
            .is_some_and(|max| value > Some(max));
        if below || above {
            let bound = |bound: &Option<String>| bound.clone().unwrap_or_else(|| "any".to_owned());
            Err(format!(
                "must lie between {} and {}",
                bound(&self.min),
                bound(&self.max)
            ))
        } else {
            Ok(())
        }
    }
}

/// What was set, completed by what holds where nothing is set.
///
/// # Errors
/// The setting that is unknown or wrong, and what is wrong with it.
pub fn complete(settings: &[Setting], set: &Value) -> Result<Value, (String, String)> {
    let empty = Map::new();
    let set = match set {
        Value::Object(set) => set,
        Value::Null => &empty,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err((
                "settings".to_owned(),
                "must be an object of values by name".to_owned(),
            ));
        }
    };
    if let Some(unknown) = set
        .keys()
        .find(|name| settings.iter().all(|setting| setting.name != **name))
    {
        return Err((
            unknown.chars().take(64).collect(),
            "is not in the manifest".to_owned(),
        ));
    }
    let mut complete = Map::new();
    for setting in settings {
        let value = set.get(&setting.name).unwrap_or(&setting.default);
        setting
            .accepts(value)
            .map_err(|what| (setting.name.clone(), what))?;
        complete.insert(setting.name.clone(), value.clone());
    }
    Ok(Value::Object(complete))
}

/// A decimal as written, for comparing with bounds only.
fn decimal(text: &str) -> Option<f64> {
    let plain = text.len() <= NUMBER_CHARS_MAX
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text
            .trim_start_matches('-')
            .starts_with(|c: char| c.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
