//! A moment of the record with its time, for who has to say when that was.
//!
//! Invariant: a moment that has not come is refused; what it will show is not known.

use crate::clock::{from_rfc3339, rfc3339};
use crate::log::{At, T};
use crate::{ReadError, Record};

/// A commit, and the time for which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The commit as of which the record is read.
    pub t: T,
    /// RFC 3339 in UTC: now, the moment that was asked for, or when the commit was made.
    pub time: String,
}

impl Record {
    /// The commit and the time of a moment.
    ///
    /// # Errors
    /// `NoSuchMoment` for what is not a moment or has not come, `Store`.
    pub async fn when(&self, at: &At) -> Result<Moment, ReadError> {
        let t = self.moment(at).await?;
        let now_ms = self.now_ms();
        let time = match at {
            At::Now => rfc3339(now_ms),
            At::Instant(text) => match from_rfc3339(text) {
                Some(at_ms) if at_ms <= now_ms => rfc3339(at_ms),
                Some(_) | None => {
                    return Err(ReadError::NoSuchMoment {
                        at: text.chars().take(40).collect(),
                        why: "it has not come yet".to_owned(),
                    });
                }
            },
            At::Commit(_) => {
                let commits = self.store().commits_after(t - 1, 1).await?;
                // Before the first commit there was no time yet.
                let made = commits.first().filter(|_| t > 0);
                rfc3339(made.map_or(0, |(commit, _)| commit.at_ms))
            }
        };
        let t = T(u64::try_from(t).unwrap_or(0));
        Ok(Moment { t, time })
    }
}
