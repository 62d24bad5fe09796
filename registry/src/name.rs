//! Names: repositories, namespaces, tags and versions, and when two names are too alike.
//!
//! Invariant: a value of one of these types has passed its grammar, so it holds no `..`, no empty part, no
//! upper-case repository and no build metadata.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::limits::{REPOSITORY_CHARS_MAX, REPOSITORY_PARTS_MAX, TAG_CHARS_MAX};

/// The root under which everything is write-once.
pub const MODULES: &str = "modules";
/// The root for trials, whose content can be deleted.
pub const SCRATCH: &str = "scratch";

/// A text is not a name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a repository name.
    #[error(
        "a repository name is up to {REPOSITORY_PARTS_MAX} parts of lower-case letters and digits, joined inside a \
         part by one of . _ __ or hyphens, with / between parts, {REPOSITORY_CHARS_MAX} characters at most"
    )]
    Repository,
    /// A repository that is neither a module nor a trial.
    #[error("a repository to push to is modules/NAMESPACE/NAME or scratch/NAMESPACE/NAME")]
    Place,
    /// Not a namespace.
    #[error(
        "a namespace is one part of lower-case letters and digits, joined by one of . _ __ or hyphens"
    )]
    Namespace,
    /// Not a tag.
    #[error("a tag is a letter, digit or _ and then up to 127 letters, digits, _ . or -")]
    Tag,
    /// Not a version.
    #[error(
        "a version is MAJOR.MINOR.PATCH as in semantic versioning, with an optional -PRERELEASE"
    )]
    Version,
    /// A version with `+…`, which no tag can carry.
    #[error("a version here has no build metadata (+…), because a tag cannot carry it")]
    BuildMetadata,
}

/// Where a repository lies, which decides what may be done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `modules/**`: write-once, checked, signed.
    Modules,
    /// `scratch/**`: anything the protocol allows.
    Scratch,
}

macro_rules! text_type {
    ($name:ident, $error:ty) => {
        impl TryFrom<String> for $name {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> Self {
                it.to_string()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

/// The name of a repository, such as `modules/lancashire/pathology`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository(String);

/// A supplier's part of the names, such as `lancashire`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Namespace(String);

/// A tag, by the grammar of the distribution specification.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

/// The semantic version of a release, without build metadata.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(semver::Version);

text_type!(Repository, NameError);
text_type!(Namespace, NameError);
text_type!(Tag, NameError);
text_type!(Version, NameError);

/// How a manifest is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// By what a publisher called it.
    Tag(Tag),
    /// By what it is.
    Digest(Digest),
}

impl Repository {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it lies, and whose it is. `Place` when it is neither a module nor a trial.
    pub fn place(&self) -> Result<(Place, Namespace), NameError> {
        let mut parts = self.0.split('/');
        let place = match parts.next() {
            Some(MODULES) => Place::Modules,
            Some(SCRATCH) => Place::Scratch,
            Some(_) | None => return Err(NameError::Place),
        };
        match (parts.next(), parts.next()) {
            (Some(namespace), Some(_)) => Ok((place, Namespace(namespace.to_owned()))),
            (Some(_) | None, _) => Err(NameError::Place),
        }
    }
}

impl Namespace {
    /// The namespace as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Version {
    /// The tag that names this version: the same characters.
    pub fn tag(&self) -> Result<Tag, NameError> {
        self.0.to_string().parse()
    }
}

impl FromStr for Repository {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fits =
            text.len() <= REPOSITORY_CHARS_MAX && text.split('/').count() <= REPOSITORY_PARTS_MAX;
        if fits && text.split('/').all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Repository)
        }
    }
}

impl FromStr for Namespace {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() <= REPOSITORY_CHARS_MAX / 2 && is_part(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Namespace)
        }
    }
}

impl FromStr for Tag {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let first = text.bytes().next().is_some_and(word);
        let rest = text.bytes().all(|b| word(b) || b == b'.' || b == b'-');
        if first && rest && text.len() <= TAG_CHARS_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Tag)
        }
    }
}

impl FromStr for Version {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() > TAG_CHARS_MAX {
            return Err(NameError::Version);
        }
        let version = semver::Version::parse(text).map_err(|_| NameError::Version)?;
        if version.build.is_empty() {
            Ok(Self(version))
        } else {
            Err(NameError::BuildMetadata)
        }
    }
}

impl FromStr for Reference {
    type Err = NameError;

    /// What holds a colon is a digest, since no tag can.
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains(':') {
            text.parse().map(Self::Digest).map_err(|_| NameError::Tag)
        } else {
            text.parse().map(Self::Tag)
        }
    }
}

/// Whether two different names are so alike that a person takes one for the other: equal once separators are dropped
/// and look-alike characters are made one, or (from five characters on) one slip of typing apart. Two names that
/// differ in one digit only, as `news2` and `news3`, are told apart on purpose and are not alike.
pub fn near_miss(one: &str, other: &str) -> bool {
    if one == other {
        return false;
    }
    let short = one.len().min(other.len()) < 5;
    skeleton(one) == skeleton(other) || (!short && one_slip(one.as_bytes(), other.as_bytes()))
}

/// The name as a hurried eye sees it.
fn skeleton(name: &str) -> String {
    let joined: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    joined
        .replace("rn", "m")
        .replace("vv", "w")
        .replace('0', "o")
        .replace(['1', 'i'], "l")
        .replace('5', "s")
}

/// Whether one insertion, deletion, replacement or swap of neighbours makes the two equal.
fn one_slip(one: &[u8], other: &[u8]) -> bool {
    let (long, short) = if one.len() >= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = long.iter().zip(short).take_while(|(a, b)| a == b).count();
    let (long, short) = (&long[same..], &short[same..]);
    match (long, short) {
        ([_, rest @ ..], short) if rest == short => true,
        ([a, rest_a @ ..], [b, rest_b @ ..]) if rest_a == rest_b => {
            !(a.is_ascii_digit() && b.is_ascii_digit())
        }
        ([a, b, rest_a @ ..], [c, d, rest_b @ ..]) => a == d && b == c && rest_a == rest_b,
        (_, _) => false,
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_part(part: &str) -> bool {
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut rest = part.as_bytes();
    loop {
        let run = rest.iter().take_while(|b| word(b)).count();
        if run == 0 {
            return false;
        }
        rest = &rest[run..];
        let between = rest.iter().take_while(|b| !word(b)).count();
        match &rest[..between] {
            [] => return rest.is_empty(),
            [b'.'] | [b'_'] | [b'_', b'_'] => {}
            hyphens if hyphens.iter().all(|b| *b == b'-') => {}
            _ => return false,
        }
        rest = &rest[between..];
    }
}

#[cfg(test)]
mod tests;
