//! What departmentals offer a person at their site: the entries of the application's menu.
//!
//! Invariant: an enabled departmental that cannot be had is listed as unavailable; it is never left out.

use crate::Record;
use crate::caller::Caller;
use crate::departmental::DepartmentalId;
use crate::departmental::manifest::Place;

/// One enabled departmental as a menu shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Which.
    pub departmental: DepartmentalId,
    /// Its name as people read it.
    pub name: String,
    /// Its screens for this person; `None`: it is enabled, and its release cannot be had at this moment.
    pub screens: Option<Vec<OfferedScreen>>,
}

/// One screen of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedScreen {
    /// Its name in addresses.
    pub id: String,
    /// Its title as people read it.
    pub title: String,
    /// Inside a patient's chart, about the site, or on a patient's summary.
    pub place: Place,
}

impl Record {
    /// The departmentals enabled at the caller's site, with the screens meant for the caller's role, in order of name.
    pub async fn menu(&self, caller: &Caller) -> Vec<Offered> {
        let mut menu = Vec::new();
        for enablement in self
            .enabled(caller.site())
            .await
            .into_iter()
            .filter(|it| it.enabled)
        {
            let release = self.release(&enablement.digest).await;
            let name = release.as_ref().map_or_else(
                |_| enablement.departmental.to_string(),
                |it| it.manifest.name.clone(),
            );
            let screens = release.ok().map(|release| {
                let meant = |audience: &[String]| {
                    audience.iter().any(|role| role == caller.role().as_str())
                };
                let screens = release
                    .manifest
                    .screens
                    .iter()
                    .filter(|it| it.menu && meant(&it.audience));
                screens
                    .map(|it| OfferedScreen {
                        id: it.id.clone(),
                        title: it.title.clone(),
                        place: it.place,
                    })
                    .collect()
            });
            menu.push(Offered {
                departmental: enablement.departmental,
                name,
                screens,
            });
        }
        menu.sort_by(|a, b| a.name.cmp(&b.name));
        menu
    }
}
