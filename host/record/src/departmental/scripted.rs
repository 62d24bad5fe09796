//! Departmentals and a library written in a test, in the place of components and a registry.
//!
//! Invariant: a scripted departmental sees what a component sees, and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::Record;
use crate::caller::Caller;
use crate::departmental::cost::Answered;
use crate::departmental::form;
use crate::departmental::grant::{Given, Grants};
use crate::departmental::manifest::{Manifest, ManifestError};
use crate::departmental::{
    Answer, Call, Chart, Departmental, Digest, Library, LibraryError, Question, Release, Reply,
    Unfit,
};

type Script = dyn for<'a> Fn(&'a Call, Question, &'a Chart) -> Reply<'a, Answer> + Send + Sync;

/// A departmental that answers as a test says.
pub struct Scripted {
    script: Box<Script>,
}

impl Scripted {
    /// Answers every question with the function's answer.
    pub fn new<F>(script: F) -> Arc<Self>
    where
        F: for<'a> Fn(&'a Call, Question, &'a Chart) -> Reply<'a, Answer> + Send + Sync + 'static,
    {
        Arc::new(Self {
            script: Box::new(script),
        })
    }

    /// Answers without looking at the chart.
    pub fn saying<F>(say: F) -> Arc<Self>
    where
        F: Fn(&Call, Question) -> Answer + Send + Sync + 'static,
    {
        Self::new(move |call, question, _| {
            let answer = say(call, question);
            Box::pin(async move { answer })
        })
    }
}

impl Departmental for Scripted {
    fn ask<'a>(
        &'a self,
        call: &'a Call,
        question: Question,
        chart: &'a Chart,
    ) -> Reply<'a, Answered> {
        let answer = (self.script)(call, question, chart);
        Box::pin(async move { Answered::from(answer.await) })
    }
}

type Shelf = HashMap<Digest, (Arc<Release>, Arc<dyn Departmental>)>;

/// A library that holds what a test publishes.
#[derive(Default)]
pub struct ScriptedLibrary {
    published: Mutex<Shelf>,
    unfit: Mutex<Vec<Unfit>>,
    /// How often a release is loaded before the library is out of reach, where a test says so.
    loads_left: Mutex<HashMap<Digest, u32>>,
    /// What does not pass its golden cases, and why.
    failing: Mutex<HashMap<Digest, String>>,
}

impl ScriptedLibrary {
    /// Publishes a departmental under a manifest; its digest is that of the manifest's text.
    ///
    /// # Errors
    /// What is wrong with the manifest.
    pub fn publish(
        &self,
        manifest: &Value,
        departmental: Arc<dyn Departmental>,
    ) -> Result<Arc<Release>, ManifestError> {
        let release = Arc::new(release(manifest)?);
        let mut published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        published.insert(release.digest.clone(), (Arc::clone(&release), departmental));
        Ok(release)
    }

    /// Says of a release that it is published and cannot be enabled.
    pub fn publish_unfit(&self, unfit: Unfit) {
        let all = self.unfit.lock();
        all.unwrap_or_else(PoisonError::into_inner).push(unfit);
    }

    /// Lets a release be loaded so often, and then no more.
    pub fn withdraw_after(&self, digest: &Digest, loads: u32) {
        self.loads_left
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(digest.clone(), loads);
    }

    /// Whether a release may be loaded once more, which counts.
    fn may_load(&self, digest: &Digest) -> bool {
        let mut left = self
            .loads_left
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(left) = left.get_mut(digest) else {
            return true;
        };
        let may = *left > 0;
        *left = left.saturating_sub(1);
        may
    }

    /// From now on a release does not pass its golden cases.
    pub fn fail_rehearsal(&self, digest: &Digest, why: &str) {
        self.failing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(digest.clone(), why.to_owned());
    }

    /// Takes a release back.
    pub fn withdraw(&self, digest: &Digest) {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(digest);
    }
}

impl Library for ScriptedLibrary {
    fn published(&self) -> Reply<'_, Result<Vec<Arc<Release>>, LibraryError>> {
        let published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let releases = published
            .values()
            .map(|(release, _)| Arc::clone(release))
            .collect();
        Box::pin(async move { Ok(releases) })
    }

    fn load(&self, digest: &Digest) -> Reply<'_, Result<Arc<dyn Departmental>, LibraryError>> {
        if !self.may_load(digest) {
            let why = "it went away".to_owned();
            return Box::pin(async move { Err(LibraryError::Unreachable { why }) });
        }
        let published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let found = published
            .get(digest)
            .map(|(_, departmental)| Arc::clone(departmental));
        let found = found.ok_or_else(|| LibraryError::NotPublished {
            digest: digest.to_string(),
        });
        Box::pin(async move { found })
    }

    fn rehearse(&self, digest: &Digest) -> Reply<'_, Result<(), LibraryError>> {
        let failing = self.failing.lock();
        let why = failing
            .unwrap_or_else(PoisonError::into_inner)
            .get(digest)
            .cloned();
        let digest = digest.to_string();
        Box::pin(async move {
            match why {
                Some(why) => Err(LibraryError::Refused { digest, why }),
                None => Ok(()),
            }
        })
    }

    fn unfit(&self) -> Vec<Unfit> {
        let all = self.unfit.lock();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A release of nothing but its manifest.
///
/// # Errors
/// What is wrong with the manifest.
pub fn release(manifest: &Value) -> Result<Release, ManifestError> {
    let read = Manifest::parse(manifest)?;
    let digest = format!("sha256:{}", form::digest(&[&manifest.to_string()]));
    Ok(Release {
        id: read.id.clone(),
        version: read.version.clone(),
        digest: digest.parse()?,
        manifest_digest: digest,
        supplier: read.supplier.clone(),
        signed_by: "a test".to_owned(),
        manifest: read,
    })
}

impl Chart {
    /// The chart of a call to which everything was given that its manifest asks for, for tests of what runs releases.
    pub fn with_everything_given(record: &Record, caller: &Caller, call: &Call) -> Self {
        let manifest = &call.release.manifest;
        let reads = manifest
            .reads
            .iter()
            .map(|read| read.resource_type.clone())
            .collect();
        let writes = manifest.writes.iter();
        let writes = writes
            .map(|write| {
                (
                    write.resource_type.clone(),
                    write.actions.iter().copied().collect(),
                )
            })
            .collect();
        let views = manifest.views.iter().map(|view| view.id.clone()).collect();
        let given = Given {
            reads,
            writes,
            views,
            hooks: manifest.hooks.iter().map(|it| it.hook).collect(),
            intake: manifest.intake.iter().map(|it| it.format.clone()).collect(),
        };
        Self::new(
            record,
            caller,
            call,
            Grants::of(manifest, &given, call.role),
        )
    }
}
