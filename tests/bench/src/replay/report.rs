//! What `palatine replay` says, read as an operator reads it: from its words.

use crate::host::Ground;

/// A call as its report names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    /// `open cumulative`, `react` and the like.
    pub(super) asked: String,
    /// The id of the patient whom it was about.
    pub(super) patient: String,
    /// As of which commit.
    pub(super) t: u64,
}

/// The whole report.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) calls: u64,
    pub(super) same: u64,
    pub(super) different: u64,
    /// The calls that differ.
    pub(super) listed: Vec<Named>,
}

impl Report {
    /// Runs `palatine replay` with these words, whose exit code has to say what its words say.
    pub(super) async fn of(ground: &Ground, words: &[&str]) -> Result<Self, String> {
        let (is_same, said) = ground.said("replay", words).await?;
        let report = Self::read(&said);
        let report = report.ok_or_else(|| format!("palatine replay {words:?} said: {said}"))?;
        match is_same == (report.same == report.calls) {
            true => Ok(report),
            false => Err(format!(
                "palatine replay {words:?}: another exit code: {said}"
            )),
        }
    }

    /// Whether every call was made again, and every one that differs is listed.
    pub(super) fn is_complete(&self) -> bool {
        let listed = u64::try_from(self.listed.len());
        self.calls == self.same + self.different && listed == Ok(self.different)
    }

    fn read(said: &str) -> Option<Self> {
        let before = |mark: &str| {
            let (before, _) = said.split_once(mark)?;
            before.rsplit([' ', '\n']).next()?.parse().ok()
        };
        let mut lines = said.lines();
        let mut listed = Vec::new();
        while let Some(line) = lines.next() {
            if line.starts_with("call ") {
                listed.push(Named::read(lines.next()?, lines.next()?)?);
            }
        }
        Some(Self {
            calls: before(" past calls since ")?,
            same: before(" answers are the same")?,
            different: before(" differ: ")?,
            listed,
        })
    }
}

impl Named {
    /// From the two lines below a call's id: `open trend of …` and `for … as of commit 7, about Patient/1; …`.
    fn read(asked: &str, about: &str) -> Option<Self> {
        let (asked, _) = asked.trim().split_once(" of ")?;
        let (_, rest) = about.split_once("as of commit ")?;
        let (t, rest) = rest.split_once(", about Patient/")?;
        let (patient, _) = rest.split_once(';')?;
        Some(Self {
            asked: asked.to_owned(),
            patient: patient.to_owned(),
            t: t.parse().ok()?,
        })
    }
}
