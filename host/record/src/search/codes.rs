//! The codes that a value set holds or that a code subsumes: where search asks terminology.
//!
//! Invariant: what terminology cannot tell is refused; it never counts as no codes.

use crate::{ReadError, Record};

/// Which codes are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant<'a> {
    /// Those of the value set with this canonical URL, or `ValueSet/id`.
    ValueSet(&'a str),
    /// This one and everything that it subsumes.
    Below {
        /// Its system, where given.
        system: Option<&'a str>,
        /// The code.
        code: &'a str,
    },
    /// This one and everything that subsumes it.
    Above {
        /// Its system, where given.
        system: Option<&'a str>,
        /// The code.
        code: &'a str,
    },
}

/// A system, where there is one, and a code of it.
pub(crate) type Code = (Option<String>, String);

impl Record {
    /// The codes that are meant, as of commit `t`, at most `limits::SEARCH_CODES_MAX`.
    ///
    /// # Errors
    /// `Unreadable` for a value set or code that terminology does not know, and for one of too many codes.
    pub(crate) async fn codes_of(&self, meant: &Meant<'_>, t: i64) -> Result<Vec<Code>, ReadError> {
        let codes = match meant {
            Meant::ValueSet(url) => self.codes_in(url, t).await?,
            Meant::Below { system, code } => self.codes_below(*system, code, t).await?,
            Meant::Above { system, code } => self.codes_above(*system, code, t).await?,
        };
        let codes = codes.into_iter();
        Ok(codes.map(|(system, code)| (Some(system), code)).collect())
    }
}
