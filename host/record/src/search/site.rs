//! What is found about all the patients whom a site cares for, page by page: what a list about a site is made of.
//!
//! Invariant: a resource is found only if its patient stands and is cared for at the site, as of the commit asked for, and
//! neither of them is labelled as restricted. What no site is known to care for is in nobody's list.

use fhir::query::Query;
use fhir::resource::ResourceType;
use fhir::search_parameter;
use serde_json::json;

use super::cursor::{self, Point, not_of_this_search};
use super::plan::{Ordered, Ready, numbers_of_type};
use super::turn::{IN_MEMORY, Turned};
use super::written::written;
use crate::audit::NewLeaf;
use crate::caller::{Caller, SiteCode};
use crate::departmental::manifest::Scope;
use crate::index::hash;
use crate::log::T;
use crate::permission::{self, Action, CONFIDENTIALITY, RESTRICTED};
use crate::store::plan::{Beside, Term, Test};
use crate::{ReadError, Record};

/// Encounters of these statuses never were, so nobody is cared for by them.
const NEVER_WERE: [&str; 2] = ["cancelled", "entered-in-error"];
/// Organisations that may have the code of one site.
const ORGANISATIONS_MAX: u32 = 10;
/// The phase of a point that stands for the beginning.
const BEGINNING: u8 = 3;

/// A search about a site's patients, ready to run.
pub(crate) struct OfSite {
    record: Record,
    caller: Caller,
    query: Query,
    ready: Ready,
    t: i64,
    written: String,
    /// What a cursor is of: the search, what else was asked, and who asks.
    stands_for: String,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Begin {
    /// Behind this; `None`: at the beginning.
    pub(crate) after: Option<Point>,
    /// How many rows of the next resource were given before.
    pub(crate) given: u32,
}

impl Record {
    /// A search about the patients of the caller's site as of commit `t`. Cursors of it are for these `words` only.
    ///
    /// # Errors
    /// `Forbidden`, `Unreadable`, `Store`.
    pub(crate) async fn of_site(
        &self,
        caller: &Caller,
        query: Query,
        (t, scope): (T, Scope),
        words: &str,
    ) -> Result<OfSite, ReadError> {
        let of = query.resource_type;
        permission::check(caller, Action::Read, of.as_str()).map_err(|refusal| {
            ReadError::Forbidden {
                account: caller.account().to_owned(),
                what: refusal.to_string(),
            }
        })?;
        let t = i64::try_from(t.0).unwrap_or(i64::MAX);
        let mut ready = self.ready(&query, t, None).await?;
        let held = match scope {
            Scope::Own => own(of, caller.site())?,
            Scope::Site | Scope::Patient if permission::is_directory(of.as_str()) => Vec::new(),
            Scope::Site | Scope::Patient => self.held_to(of, caller.site(), t).await?,
        };
        for arm in &mut ready.plan.arms {
            arm.tests.extend(held.iter().cloned());
        }
        let of_whom = match scope {
            Scope::Own => "of the site itself,",
            Scope::Site | Scope::Patient => "of the patients of",
        };
        let written = format!("{} {of_whom} {}", written(&query, None), caller.site());
        Ok(OfSite {
            record: self.clone(),
            caller: caller.clone(),
            ready,
            t,
            stands_for: format!("{written}\n{words}"),
            written,
            query,
        })
    }

    /// What a resource of the type and its patient must satisfy.
    async fn held_to(
        &self,
        of: ResourceType,
        site: &SiteCode,
        t: i64,
    ) -> Result<Vec<Test>, ReadError> {
        let by = self.organisations(site, t).await?;
        let restricted = |of: ResourceType| {
            let any = RESTRICTED.map(|label| Term {
                value: Some(hash(label)),
                system: Some(hash(CONFIDENTIALITY)),
            });
            term(of, "_security", any.to_vec())
        };
        let patient = |lead| beside(ResourceType::PATIENT, lead, Vec::new());
        let never_was = NEVER_WERE.map(|status| Term {
            value: Some(hash(status)),
            system: None,
        });
        let never_was = term(ResourceType::ENCOUNTER, "status", never_was.to_vec())?;
        let seen_there = term(ResourceType::ENCOUNTER, "service-provider", by.clone())?;
        let looked_after = term(ResourceType::PATIENT, "organization", by)?;
        Ok(vec![
            Test::Not(Box::new(restricted(of)?)),
            Test::Any(vec![
                patient(looked_after),
                beside(
                    ResourceType::ENCOUNTER,
                    seen_there,
                    vec![Test::Not(Box::new(never_was))],
                ),
            ]),
            Test::Not(Box::new(patient(restricted(ResourceType::PATIENT)?))),
            Test::PatientStands,
        ])
    }

    /// How references name the organisations that have the site's code: by their number, or by the code itself.
    async fn organisations(&self, site: &SiteCode, t: i64) -> Result<Vec<Term>, ReadError> {
        let code = format!("{}|{site}", SiteCode::SYSTEM);
        let pairs = [("identifier".to_owned(), code)];
        let query = Query::parse(ResourceType::ORGANIZATION, &pairs).map_err(|why| {
            ReadError::Unreadable {
                what: why.to_string(),
            }
        })?;
        let found = self.matching(&query, t, ORGANISATIONS_MAX).await?;
        let by_number = found.iter().map(|row| Term {
            value: Some(row.r),
            system: None,
        });
        let by_code = Term {
            value: Some(hash(site.as_str())),
            system: Some(hash(SiteCode::SYSTEM)),
        };
        Ok(by_number.chain([by_code]).collect())
    }
}

/// What a resource that is the site's own satisfies: it bears the site's label and is about nobody.
fn own(of: ResourceType, site: &SiteCode) -> Result<Vec<Test>, ReadError> {
    let label = Term {
        value: Some(hash(site.as_str())),
        system: Some(hash(SiteCode::SYSTEM)),
    };
    Ok(vec![term(of, "_tag", vec![label])?, Test::OfNobody])
}

impl OfSite {
    /// A page of what is found, at most `n`.
    pub(crate) async fn turn(&self, after: Option<Point>, n: u32) -> Result<Turned, ReadError> {
        self.record.turn(&self.query, &self.ready, after, n).await
    }

    /// Whether every page puts all that is found in order anew.
    pub(crate) fn is_ordered_in_memory(&self) -> bool {
        self.ready.ordered == Ordered::InMemory
    }

    /// Where a text of [`OfSite::cursor`] says that a page begins. A place behind which things are found by an index is
    /// good at any later commit; one that counts from the beginning is good only for what was counted.
    ///
    /// # Errors
    /// `Unreadable` for a text that is not of this search, or no longer.
    pub(crate) fn begin(&self, text: &str) -> Result<Begin, ReadError> {
        let (given, text) = text.split_once('.').ok_or_else(not_of_this_search)?;
        let given: u32 = given.parse().map_err(|_| not_of_this_search())?;
        let point = self.record.secret().read(text, self.stands_for(given))?;
        let counts = given > 0 || point.phase == IN_MEMORY;
        if counts && point.t != self.t {
            return Err(ReadError::Unreadable {
                what: "the record has changed since this page was given, and its place can no longer be told: begin again without `page`".to_owned(),
            });
        }
        let point = Point { t: self.t, ..point };
        Ok(Begin {
            after: (point.phase != BEGINNING).then_some(point),
            given,
        })
    }

    /// The text of where a page begins.
    pub(crate) fn cursor(&self, begin: Begin) -> String {
        let point = begin.after.unwrap_or(Point {
            t: self.t,
            phase: BEGINNING,
            key: 0,
            r: 0,
        });
        let stands_for = self.stands_for(begin.given);
        let text = self.record.secret().written(point, stands_for);
        format!("{}.{text}", begin.given)
    }

    /// The point of a place in an order that is made in memory.
    pub(crate) fn place(&self, place: u32) -> Point {
        Point {
            t: self.t,
            phase: IN_MEMORY,
            key: 0,
            r: i64::from(place),
        }
    }

    /// The leaf that so many resources were looked at `through` what was granted, which is to be kept before anything of them
    /// leaves.
    pub(crate) fn looked_at(&self, count: usize, through: &str) -> NewLeaf {
        NewLeaf {
            t: self.t,
            count: i64::try_from(count).unwrap_or(i64::MAX),
            ..NewLeaf::by(
                &self.caller,
                "search",
                format!("{} through {through}", self.written),
            )
        }
    }

    fn stands_for(&self, given: u32) -> [u8; 8] {
        let words = json!([self.stands_for, given]).to_string();
        cursor::of_query(&words, self.caller.account())
    }
}

/// That a resource of the type has one of these terms.
fn term(of: ResourceType, name: &str, any: Vec<Term>) -> Result<Test, ReadError> {
    let parameter = search_parameter::find(of, name).ok_or_else(|| ReadError::Unreadable {
        what: format!("{of} is not found by `{name}`"),
    })?;
    Ok(Test::Term {
        parameter: parameter.code.number(),
        any,
        not: false,
    })
}

/// That a resource of the type in the same compartment satisfies all of this.
fn beside(of: ResourceType, lead: Test, tests: Vec<Test>) -> Test {
    let (r_low, r_high) = numbers_of_type(of);
    Test::Beside(Beside {
        r_low,
        r_high,
        lead: Box::new(lead),
        tests,
    })
}
