//! What runs at a site, with what each release says of itself: a menu is made of it.
//!
//! Invariant: what is enabled is named even where its release cannot be had.

use std::sync::Arc;

use crate::Record;
use crate::caller::SiteCode;
use crate::departmental::Release;
use crate::enablement::Enablement;

impl Record {
    /// What is enabled at a site, each with its release; `None` where the library does not have it now.
    pub async fn running(&self, site: &SiteCode) -> Vec<(Enablement, Option<Arc<Release>>)> {
        let mut running = Vec::new();
        for enablement in self.enabled(site).await.into_iter().filter(|it| it.enabled) {
            let release = self.release(&enablement.digest).await;
            if let Err(error) = &release {
                tracing::warn!(site = %site, "{} {} is enabled at {site} and cannot be had: {error}", enablement.departmental, enablement.version);
            }
            running.push((enablement, release.ok()));
        }
        running
    }
}
