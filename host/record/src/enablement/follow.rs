//! What is enabled, kept in memory and brought up to date from the log.
//!
//! Invariant: what is known is what the log said at `upto`; a decision at another host shows here with the next look.

use std::collections::BTreeMap;

use fhir::query::Query;
use fhir::resource::{Key, ResourceType};

use super::{Enablement, codec};
use crate::caller::{Caller, SiteCode};
use crate::departmental::DepartmentalId;
use crate::limits::{ENABLEMENT_CATCH_UP_MAX, ENABLEMENTS_BACK_MAX, LOG_PAGE_MAX};
use crate::log::{At, T};
use crate::read::{History, HistoryOf};
use crate::search::Page;
use crate::{Kind, ReadError, Record, Stored};

/// What is enabled, as of a commit.
#[derive(Default)]
pub(crate) struct Known {
    upto: Option<T>,
    by_place: BTreeMap<(SiteCode, DepartmentalId), Enablement>,
}

impl Known {
    pub(super) fn enabled_at(&self, site: &SiteCode) -> Vec<Enablement> {
        self.by_place
            .values()
            .filter(|it| it.enabled && it.site == *site)
            .cloned()
            .collect()
    }

    fn take(&mut self, stored: &Stored) {
        match codec::read(stored) {
            Ok(enablement) => {
                let place = (enablement.site.clone(), enablement.departmental.clone());
                self.by_place.insert(place, enablement);
            }
            Err(error) => {
                tracing::warn!(key = %stored.key, "{} is not taken for an enablement: {error}", stored.key)
            }
        }
    }
}

impl Record {
    /// What runs at a site, as of the last commit.
    pub(crate) async fn enablements(&self, site: &SiteCode) -> Result<Vec<Enablement>, ReadError> {
        self.up_to_date(|known| known.enabled_at(site)).await
    }

    /// What runs anywhere, as of the last commit.
    pub(crate) async fn all_enablements(&self) -> Result<Vec<Enablement>, ReadError> {
        self.up_to_date(|known| {
            known
                .by_place
                .values()
                .filter(|it| it.enabled)
                .cloned()
                .collect()
        })
        .await
    }

    /// Where else a departmental runs.
    pub(super) async fn enabled_elsewhere(
        &self,
        site: &SiteCode,
        departmental: &DepartmentalId,
    ) -> Result<Vec<Enablement>, ReadError> {
        let mut all = self.all_enablements().await?;
        all.retain(|it| it.departmental == *departmental && it.site != *site);
        Ok(all)
    }

    /// The decision that holds, with its version: read from the record, since it is about to be replaced.
    pub(super) async fn current_enablement(
        &self,
        site: &SiteCode,
        departmental: &DepartmentalId,
    ) -> Result<Option<(u64, Enablement)>, ReadError> {
        let key = codec::key(site, departmental)?;
        match self.read(&Caller::host(), &key, &At::Now).await {
            Ok(stored) => Ok(Some((stored.version, codec::read(&stored)?))),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Decisions of this site before the one that holds, newest first, a bounded number.
    pub(crate) async fn earlier_enablements(
        &self,
        site: &SiteCode,
        departmental: &DepartmentalId,
    ) -> Result<Vec<Enablement>, ReadError> {
        let of = HistoryOf::Instance(codec::key(site, departmental)?);
        let ask = History {
            of,
            since: None,
            during: None,
            as_of: At::Now,
            n_max: ENABLEMENTS_BACK_MAX,
            page: None,
        };
        let page = self.history(&Caller::host(), &ask).await?;
        Ok(page
            .versions
            .iter()
            .filter_map(|stored| codec::read(stored).ok())
            .collect())
    }

    async fn up_to_date<T>(&self, look: impl FnOnce(&Known) -> T) -> Result<T, ReadError> {
        let mut known = self.inner.seam.known.lock().await;
        let current = self.current();
        match known.upto {
            Some(upto) if upto >= current => {}
            Some(upto) if current.0 - upto.0 <= ENABLEMENT_CATCH_UP_MAX => {
                self.catch_up(&mut known, upto, current).await?
            }
            Some(_) | None => self.read_all(&mut known, current).await?,
        }
        Ok(look(&known))
    }

    async fn catch_up(&self, known: &mut Known, mut upto: T, current: T) -> Result<(), ReadError> {
        while upto < current {
            let entries = self.commits_after(upto, LOG_PAGE_MAX).await?;
            let Some(last) = entries.last().map(|entry| entry.t) else {
                break;
            };
            for entry in &entries {
                for change in entry
                    .changes
                    .iter()
                    .filter(|change| change.key.resource_type == ResourceType::BASIC)
                {
                    self.look_again(known, &change.key, entry.t).await?;
                }
            }
            upto = last;
            known.upto = Some(upto);
        }
        Ok(())
    }

    async fn look_again(&self, known: &mut Known, key: &Key, t: T) -> Result<(), ReadError> {
        if !key.id.as_str().starts_with("enablement-") {
            return Ok(());
        }
        match self.read(&Caller::host(), key, &At::Commit(t)).await {
            Ok(stored) => known.take(&stored),
            Err(error) if error.kind() == Kind::NotFound => {
                known.by_place.retain(|(site, departmental), _| {
                    codec::key(site, departmental).is_ok_and(|it| it != *key)
                });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn read_all(&self, known: &mut Known, current: T) -> Result<(), ReadError> {
        let code = (
            "code".to_owned(),
            format!("{}|{}", codec::CODES, codec::CODE),
        );
        let query = Query::parse(
            ResourceType::BASIC,
            &[code, ("_count".to_owned(), "500".to_owned())],
        )
        .map_err(|error| ReadError::Unreadable {
            what: error.to_string(),
        })?;
        let caller = Caller::host();
        let mut all = Known::default();
        let mut page = Page::First(At::Commit(current));
        loop {
            let found = self.search(&caller, &query, &page).await?;
            found.matches.iter().for_each(|stored| all.take(stored));
            match found.next {
                Some(next) => page = Page::Next(next),
                None => break,
            }
        }
        all.upto = Some(current);
        *known = all;
        Ok(())
    }
}
