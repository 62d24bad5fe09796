//! Proving that a record is whole: the log, the bodies, the audit, and the indexes against what the bodies say.
//!
//! Invariant: everything is compared as of one commit, so that a host may go on writing; memory is bounded whatever the
//! record's size.

mod added;
mod body;
mod call;
mod compare;
mod identity;
mod log;

use crate::limits;
use crate::log::T;
use crate::store::row::Head;
use crate::store::scan::{self, Scan};
use crate::store::{Place, StoreError};
use crate::verify::compare::{Differing, Item, Side, Sums};

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub what: String,
    /// Where.
    pub at: String,
    /// What to do about it.
    pub mend: String,
}

/// What looking a record through came to.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// As of which commit it was looked through.
    pub t: T,
    /// How many commits there are.
    pub commits: u64,
    /// How many resources.
    pub resources: u64,
    /// How many versions.
    pub versions: u64,
    /// How many index rows.
    pub index_rows: u64,
    /// How many messages.
    pub messages: u64,
    /// How many kept calls of departmentals.
    pub calls: u64,
    /// How many audit leaves.
    pub leaves: u64,
    /// The digest of the last leaf, in hexadecimal: who keeps it elsewhere can prove later that the chain was not rewritten.
    pub head: String,
    /// What is wrong, at most `limits::FINDINGS_MAX`.
    pub findings: Vec<Finding>,
    /// How many findings there are beyond those.
    pub more: u64,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being looked through.
    pub step: &'static str,
    /// Rows so far.
    pub done: u64,
    /// Rows altogether, where that is known.
    pub of: Option<u64>,
}

/// Who is told how far it has come.
pub type Told<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Looks a record through. A host may serve it meanwhile.
///
/// # Errors
/// When the database cannot be read; what is wrong in it is a finding, not an error.
pub async fn verify(place: &Place, told: Told<'_>) -> Result<Verdict, StoreError> {
    let scan = scan::scan(place).await?;
    let upto = scan.head().await?;
    let mut verifying = Verifying {
        scan: scan.as_ref(),
        verdict: Verdict {
            t: T(u64::try_from(upto.t).unwrap_or(0)),
            ..Verdict::default()
        },
        upto,
        told,
        events: identity::Events::default(),
    };
    verifying.files().await?;
    let numbered = verifying.log().await?;
    verifying.resources(numbered).await?;
    verifying.indexes().await?;
    Ok(verifying.verdict)
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

struct Verifying<'a> {
    scan: &'a dyn Scan,
    upto: Head,
    verdict: Verdict,
    told: Told<'a>,
    /// The identity events that the log told.
    events: identity::Events,
}

const RESTORE: &str = "restore the newest backup that passes `palatine verify`";

impl Verifying<'_> {
    fn found(&mut self, what: impl Into<String>, at: impl Into<String>, mend: &str) {
        if self.verdict.findings.len() >= limits::FINDINGS_MAX {
            self.verdict.more += 1;
            return;
        }
        self.verdict.findings.push(Finding {
            what: what.into(),
            at: at.into(),
            mend: mend.to_owned(),
        });
    }

    fn tell(&mut self, step: &'static str, done: u64, of: Option<i64>) {
        if done.is_multiple_of(limits::PROGRESS_ROWS) {
            let of = of.and_then(|of| u64::try_from(of).ok());
            (self.told)(Progress { step, done, of });
        }
    }

    async fn files(&mut self) -> Result<(), StoreError> {
        self.tell("the database's own files", 0, None);
        for words in self.scan.damage().await? {
            self.found(
                format!("the database's file is damaged: {words}"),
                "the database",
                RESTORE,
            );
        }
        Ok(())
    }

    /// The table of resources against the first versions, whose sums the log gave.
    async fn resources(&mut self, mut sums: Sums) -> Result<(), StoreError> {
        let mut rows = self.scan.resources(&self.upto);
        while let Some(row) = rows.next().await? {
            self.verdict.resources += 1;
            self.tell("resources", self.verdict.resources, Some(self.upto.seq));
            let item = compare::of_resource(row.resource_type, &row.id, row.r);
            sums.take(Side::Kept, &item);
        }
        let Some(mut differing) = sums.differing() else {
            return Ok(());
        };
        let mut rows = self.scan.resources(&self.upto);
        while let Some(row) = rows.next().await? {
            let item = compare::of_resource(row.resource_type, &row.id, row.r);
            self.again(&mut differing, Side::Kept, &item, &row.id);
        }
        let mut rows = self.scan.versions(&self.upto);
        while let Some(row) = rows.next().await? {
            if let Some(item) = log::first(&row) {
                self.again(&mut differing, Side::Expected, &item, &row.id);
            }
        }
        for (side, row) in differing.left() {
            let at = format!("resource {} (id {})", row.r, row.words);
            match side {
                Side::Expected => self.found(
                    "a resource has versions and cannot be looked up by its id",
                    at,
                    RESTORE,
                ),
                Side::Kept => self.found("a resource has a number and no version", at, RESTORE),
            }
        }
        Ok(())
    }

    fn again(&mut self, differing: &mut Differing, side: Side, item: &Item, id: &str) {
        if differing.concerns(item.r) {
            // What is too much to hold is beyond the findings that are listed.
            let _ = differing.take(side, item, || id.to_owned());
        }
    }
}
