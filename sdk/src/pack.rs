//! Reading the parts of a pack, so that every rule names a missing part in the same words.
//!
//! Invariant: a part that is missing or not of its kind is a failure that names the pack and the place; nothing is made up.

use serde_json::Value;

use crate::Failure;
use crate::decimal::Decimal;

/// A pack, or a part of one. Places in it are JSON pointers: `/bands/0/from`; the part itself is the empty text.
///
/// # Example
/// ```
/// use sdk::json;
/// use sdk::pack::Part;
///
/// let document = json!({
///     "adult_from_years": 16,
///     "bands": [{ "from": "25", "points": 3 }, { "points": 0 }],
/// });
/// let pack = Part::of("news2", &document);
/// let from_years: u32 = pack.whole("/adult_from_years")?;
/// let points = pack.each("/bands", |band| band.whole::<u32>("/points"))?;
/// assert_eq!((from_years, points), (16, vec![3, 0]));
///
/// let missing = pack.each("/bands", |band| band.decimal("/from")).unwrap_err();
/// assert_eq!(
///     missing.detail,
///     "the pack `news2` has no decimal at `/bands/1/from`; publish it again with that part"
/// );
/// # Ok::<(), sdk::Failure>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Part<'p> {
    pack: &'p str,
    whole: &'p Value,
    value: &'p Value,
}

impl<'p> Part<'p> {
    /// The whole document of the pack of this name.
    #[must_use]
    pub fn of(pack: &'p str, document: &'p Value) -> Self {
        Self {
            pack,
            whole: document,
            value: document,
        }
    }

    /// The name of the pack.
    #[must_use]
    pub fn pack(self) -> &'p str {
        self.pack
    }

    /// What stands here, as it is.
    #[must_use]
    pub fn value(self) -> &'p Value {
        self.value
    }

    /// Whether anything stands at a place.
    #[must_use]
    pub fn has(self, path: &str) -> bool {
        self.find(path).is_some()
    }

    /// The part at a place.
    ///
    /// # Errors
    /// `fault` when nothing is there.
    pub fn part(self, path: &str) -> Result<Self, Failure> {
        let value = self.find(path).ok_or_else(|| self.missing(path, "part"))?;
        Ok(Self { value, ..self })
    }

    /// The same, where the pack may leave it out.
    #[must_use]
    pub fn part_or_none(self, path: &str) -> Option<Self> {
        let value = self.find(path)?;
        Some(Self { value, ..self })
    }

    /// An exact decimal, written as text (`"0.7"`, so that every tool keeps its digits) or as a number.
    ///
    /// # Errors
    /// `fault` when there is none.
    pub fn decimal(self, path: &str) -> Result<Decimal, Failure> {
        let found = self.decimal_or_none(path)?;
        found.ok_or_else(|| self.missing(path, "decimal"))
    }

    /// The same, where the pack may leave it out.
    ///
    /// # Errors
    /// `fault` when something else stands there.
    pub fn decimal_or_none(self, path: &str) -> Result<Option<Decimal>, Failure> {
        self.read_or_none(path, "decimal", |it| Decimal::parse(&digits(it)?))
    }

    /// A number for an equation, written as a decimal is.
    ///
    /// # Errors
    /// `fault` when there is none.
    pub fn number(self, path: &str) -> Result<f64, Failure> {
        let found = self.number_or_none(path)?;
        found.ok_or_else(|| self.missing(path, "number"))
    }

    /// The same, where the pack may leave it out.
    ///
    /// # Errors
    /// `fault` when something else stands there.
    pub fn number_or_none(self, path: &str) -> Result<Option<f64>, Failure> {
        self.read_or_none(path, "number", |it| {
            let digits = digits(it)?;
            let is_plain =
                |it: char| it.is_ascii_digit() || matches!(it, '.' | '-' | '+' | 'e' | 'E');
            let number: f64 = digits.parse().ok()?;
            (digits.chars().all(is_plain) && number.is_finite()).then_some(number)
        })
    }

    /// A list of exactly so many numbers, as a row of coefficients is.
    ///
    /// # Errors
    /// `fault` when there is no such list.
    pub fn numbers<const N: usize>(self, path: &str) -> Result<[f64; N], Failure> {
        let all = self.each(path, |it| it.number(""))?;
        all.try_into()
            .map_err(|_| self.missing(path, &format!("list of {N} numbers")))
    }

    /// A whole number of any type that holds it.
    ///
    /// # Errors
    /// `fault` when there is none, or the type does not hold it: a negative one is no `u32`.
    pub fn whole<T: TryFrom<i64>>(self, path: &str) -> Result<T, Failure> {
        let found = self.whole_or_none(path)?;
        found.ok_or_else(|| self.missing(path, "whole number"))
    }

    /// The same, where the pack may leave it out.
    ///
    /// # Errors
    /// `fault` when something else stands there.
    pub fn whole_or_none<T: TryFrom<i64>>(self, path: &str) -> Result<Option<T>, Failure> {
        self.read_or_none(path, "whole number", |it| T::try_from(it.as_i64()?).ok())
    }

    /// Yes or no.
    ///
    /// # Errors
    /// `fault` when there is neither: what is left out is not `false`.
    pub fn flag(self, path: &str) -> Result<bool, Failure> {
        let found = self.find(path).and_then(Value::as_bool);
        found.ok_or_else(|| self.missing(path, "true or false"))
    }

    /// A text.
    ///
    /// # Errors
    /// `fault` when there is none.
    pub fn text(self, path: &str) -> Result<String, Failure> {
        let found = self.text_or_none(path)?;
        found.ok_or_else(|| self.missing(path, "text"))
    }

    /// The same, where the pack may leave it out.
    ///
    /// # Errors
    /// `fault` when something else stands there.
    pub fn text_or_none(self, path: &str) -> Result<Option<String>, Failure> {
        self.read_or_none(path, "text", |it| it.as_str().map(str::to_owned))
    }

    /// What a word of the pack stands for.
    ///
    /// # Errors
    /// `fault` when there is no text, or none of these words; says which there are.
    pub fn one_of<T: Copy>(self, path: &str, words: &[(&str, T)]) -> Result<T, Failure> {
        let text = self.find(path).and_then(Value::as_str);
        let found = words.iter().find(|it| Some(it.0) == text);
        found.map(|it| it.1).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|it| it.0).collect();
            self.missing(path, &format!("word of {}", known.join(", ")))
        })
    }

    /// Each item of a list.
    ///
    /// # Errors
    /// `fault` when there is no list, and what reading an item fails with.
    pub fn each<T>(
        self,
        path: &str,
        read: impl Fn(Self) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let list = self.find(path).and_then(Value::as_array);
        list.ok_or_else(|| self.missing(path, "list"))?
            .iter()
            .map(|value| read(Self { value, ..self }))
            .collect()
    }

    /// The same of a list that must not be empty.
    ///
    /// # Errors
    /// As [`Part::each`]; `fault` when there is no item.
    pub fn each_of_some<T>(
        self,
        path: &str,
        read: impl Fn(Self) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let all = self.each(path, read)?;
        if all.is_empty() {
            return Err(self.missing(path, "item of the list"));
        }
        Ok(all)
    }

    /// Each text of a list.
    ///
    /// # Errors
    /// `fault` when there is no list of texts.
    pub fn texts(self, path: &str) -> Result<Vec<String>, Failure> {
        self.each(path, |it| it.text(""))
    }

    /// What of the pack nobody answerable has compared with its source, in the words of its list `unverified`; empty when
    /// all was. It is said on every screen that rests on the pack.
    ///
    /// # Errors
    /// `fault` when the pack has no such list: that nothing is unverified is to be said, and not left out.
    pub fn unverified(self) -> Result<Vec<String>, Failure> {
        self.texts("/unverified")
    }

    /// That a part is missing, or is not as it should be, as a failure.
    #[must_use]
    pub fn missing(self, path: &str, kind: &str) -> Failure {
        let before = place(self.whole, self.value).unwrap_or_default();
        Failure::fault(format!(
            "the pack `{}` has no {kind} at `{before}{path}`; publish it again with that part",
            self.pack
        ))
    }

    fn find(self, path: &str) -> Option<&'p Value> {
        at(self.value, path).filter(|it| !it.is_null())
    }

    fn read_or_none<T>(
        self,
        path: &str,
        kind: &str,
        read: impl FnOnce(&'p Value) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(found) = self.find(path) else {
            return Ok(None);
        };
        read(found)
            .map(Some)
            .ok_or_else(|| self.missing(path, kind))
    }
}

/// What stands at a JSON pointer. Few have an escape in them; the others are followed without making a copy of each name.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.contains('~') {
        return value.pointer(path);
    }
    let names = match path.strip_prefix('/') {
        Some(names) => names,
        None => return path.is_empty().then_some(value),
    };
    names.split('/').try_fold(value, |it, name| match it {
        Value::Object(members) => members.get(name),
        Value::Array(items) => items.get(index(name)?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    })
}

/// A place in a list as a JSON pointer writes it: `0`, `12`, and never `+1` or `01`.
fn index(name: &str) -> Option<usize> {
    let is_padded = name.len() > 1 && name.starts_with('0');
    let is_plain = name.bytes().all(|byte| byte.is_ascii_digit());
    (is_plain && !is_padded)
        .then(|| name.parse().ok())
        .flatten()
}

/// The digits of a number that is written as text or as a number.
fn digits(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Where in a document a value stands, by identity: two equal values have two places.
fn place(whole: &Value, value: &Value) -> Option<String> {
    if std::ptr::eq(whole, value) {
        return Some(String::new());
    }
    match whole {
        Value::Object(members) => members.iter().find_map(|(name, it)| {
            let below = place(it, value)?;
            Some(format!(
                "/{}{below}",
                name.replace('~', "~0").replace('/', "~1")
            ))
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, it)| Some(format!("/{at}{}", place(it, value)?))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests;
