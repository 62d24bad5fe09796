//! Looking at the document that a pointer leads to: kept here, fetched from its holder, or shown from a copy.
//!
//! Invariant: whether the caller may read the pointer is asked first each time; what the holder withdrew is removed; an
//! old copy is never taken for the document as it is.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::resource::Key;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::freshness::{conditions, mark, told};
use super::pointer::Pointed;
use super::shown::{Content, How, Looked, NotShown};
use super::{Address, Holder};
use crate::adviser::{Asked, Fetched, OutsideError};
use crate::audit::NewLeaf;
use crate::caller::{Caller, SiteCode};
use crate::clock::rfc3339;
use crate::limits::document::{
    COPIES_BYTES_MAX, COPIES_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_MS_MAX, DOCUMENT_TURN_MS_MAX,
};
use crate::log::At;
use crate::store::document_copy::{CopyRow, Keeping};
use crate::{ReadError, Record};

const HOUR_MS: i64 = 3_600_000;

/// A document at its holder, that somebody looks at.
struct Errand {
    caller: Caller,
    key: Key,
    version: i64,
    pointed: Pointed,
    address: Address,
    holder: Holder,
}

impl Record {
    /// The document that content number `n` of a `DocumentReference` leads to, as it is now.
    ///
    /// # Errors
    /// As [`Record::read`] of the pointer; what its holder does is in [`Looked`].
    pub async fn document(
        &self,
        caller: &Caller,
        pointer: &Key,
        n: usize,
    ) -> Result<Looked, ReadError> {
        let stored = self.read(caller, pointer, &At::Now).await?;
        let value: Value = serde_json::from_str(stored.body.as_deref().unwrap_or_default())
            .map_err(|why| ReadError::Unreadable {
                what: format!("{pointer} cannot be read: {why}"),
            })?;
        let not = |why| Looked {
            holder: None,
            outcome: Err(why),
        };
        let Some(pointed) = Pointed::of(&value, n) else {
            return Ok(not(NotShown::Nowhere));
        };
        if let Some(looked) = self.kept_here(caller, pointer, &pointed).await? {
            return Ok(looked);
        }
        let Some(url) = &pointed.url else {
            return Ok(not(NotShown::Nowhere));
        };
        let address = match url.parse::<Address>() {
            Ok(address) => address,
            Err(why) => {
                let why = why.to_string();
                return Ok(not(NotShown::Address { why }));
            }
        };
        let Some(holder) = self.holder_of(&address).await? else {
            return Ok(not(NotShown::Undeclared));
        };
        let errand = Errand {
            caller: caller.clone(),
            key: pointer.clone(),
            version: i64::try_from(stored.version).unwrap_or(i64::MAX),
            pointed,
            address,
            holder,
        };
        // On its own, since what was asked is noted to its end, whether or not somebody still waits for it.
        let record = self.clone();
        let looked = tokio::spawn(async move { record.document_looked(&errand).await });
        looked.await.map_err(|_| ReadError::Busy)?
    }

    /// A document in the pointer itself, or in a `Binary` of this record.
    async fn kept_here(
        &self,
        caller: &Caller,
        pointer: &Key,
        pointed: &Pointed,
    ) -> Result<Option<Looked>, ReadError> {
        let (data, media_type) = match (&pointed.data, &pointed.url) {
            (Some(data), _) => (data.clone(), pointed.media_type.clone()),
            (None, Some(url)) if url.starts_with("Binary/") => {
                let key: Key = url.parse().map_err(|_| ReadError::NotFound {
                    what: "document".to_owned(),
                })?;
                let stored = self.read(caller, &key, &At::Now).await?;
                let value: Value = serde_json::from_str(stored.body.as_deref().unwrap_or("{}"))
                    .unwrap_or_default();
                let text = |name: &str| value[name].as_str().map(str::to_owned);
                (text("data").unwrap_or_default(), text("contentType"))
            }
            (None, Some(_) | None) => return Ok(None),
        };
        let bytes = STANDARD.decode(data.split_whitespace().collect::<String>());
        let outcome = match bytes {
            Ok(bytes) => {
                let about = format!("{pointer}: {}", How::Here.word());
                self.keep_leaf(self.document_leaf(caller, "document", about))
                    .await?;
                Ok(content(pointed, media_type.as_deref(), bytes, How::Here))
            }
            Err(_) => Err(NotShown::Unreadable),
        };
        Ok(Some(Looked {
            holder: None,
            outcome,
        }))
    }

    async fn document_looked(&self, it: &Errand) -> Result<Looked, ReadError> {
        let outcome = self.document_outcome(it).await?;
        let said = match &outcome {
            Ok(content) => content.how.word().to_owned(),
            Err(why) => format!("not shown, {why}"),
        };
        self.document_noted(it, "document", &said).await?;
        Ok(Looked {
            holder: Some(it.holder.name.clone()),
            outcome,
        })
    }

    async fn document_outcome(&self, it: &Errand) -> Result<Result<Content, NotShown>, ReadError> {
        let (holder, site) = (&it.holder, it.caller.site());
        if !holder.sites.is_empty() && !holder.sites.contains(site) {
            let site = site.clone();
            return Ok(Err(NotShown::NotForSite { site }));
        }
        let (pointer, address) = it.place();
        let mut copy = self.store().document_copy(pointer, address).await?;
        // Restricted meanwhile, or not what the pointer describes by now: no copy to show.
        if let Some(kept) = &copy
            && (it.pointed.is_restricted || !it.pointed.describes(&kept.body))
        {
            self.forget_document(it).await?;
            copy = None;
        }
        let now_ms = self.now_ms();
        if !holder.runs {
            let why = "an operator stopped it from being asked".to_owned();
            return Ok(self.document_without(it, copy, now_ms, why));
        }
        if let Some(kept) = copy.take_if(|kept| is_fresh(kept, it, now_ms)) {
            let (pointer, address) = it.place();
            let used = self.store().copy_used(pointer, address, now_ms).await;
            if let Err(why) = used {
                tracing::warn!("that a document's copy was used is not noted: {why}");
            }
            let at = rfc3339(kept.asked_ms);
            return Ok(Ok(of_copy(it, kept, How::Fresh { at })));
        }
        match self.document_asked(it, copy.as_ref()).await? {
            Ok(answer) => self.document_answered(it, copy, answer).await,
            Err(why) => Ok(self.document_without(it, copy, self.now_ms(), why.to_string())),
        }
    }

    /// Asks the holder, once it is noted down that it is asked.
    async fn document_asked(
        &self,
        it: &Errand,
        copy: Option<&CopyRow>,
    ) -> Result<Result<Fetched, OutsideError>, ReadError> {
        let unreached = |why: &str| OutsideError::Unreached {
            why: why.to_owned(),
        };
        let Some(way) = self.way_outside() else {
            return Ok(Err(unreached(
                "this host was started without a way outside",
            )));
        };
        let doings = &self.inner.locator;
        let turns = async {
            let of_holder = doings.turns_of(&it.holder.id).acquire_owned().await;
            (of_holder, Arc::clone(&doings.turns).acquire_owned().await)
        };
        let wait = Duration::from_millis(DOCUMENT_TURN_MS_MAX);
        let Ok(_turns) = timeout(wait, turns).await else {
            return Ok(Err(unreached("too many documents are being fetched")));
        };
        let caller = &it.caller;
        // Who asks, for whom and why, in the words in which NHS systems say it to each other.
        let about = json!({
            "sub": caller.account(),
            "requesting_practitioner": caller.name(),
            "requesting_organization": format!("{}|{}", SiteCode::SYSTEM, caller.site()),
            "reason_for_request": "directcare",
            "requested_scope": "patient/DocumentReference.read",
        });
        let bearer = self.bearer(&it.holder.base.to_string(), about)?;
        self.document_noted(it, "document-asked", "asked").await?;
        let asked = Asked {
            address: it.address.to_string(),
            bearer,
            unless: copy.map(conditions).unwrap_or_default(),
            within: Duration::from_millis(DOCUMENT_MS_MAX),
            answer_bytes_max: DOCUMENT_BYTES_MAX,
        };
        let said = way.fetch(asked).await;
        doings.heard.note(&it.holder.id, self.now_ms(), &said);
        Ok(said)
    }

    async fn document_answered(
        &self,
        it: &Errand,
        copy: Option<CopyRow>,
        answer: Fetched,
    ) -> Result<Result<Content, NotShown>, ReadError> {
        let now_ms = self.now_ms();
        match (answer.status, copy) {
            (200, _) => {
                if !it.pointed.describes(&answer.body) {
                    self.forget_document(it).await?;
                    return Ok(Err(NotShown::Differs));
                }
                let row = fetched_copy(it, &answer, now_ms);
                let shown = of_copy(it, row.clone(), How::Fetched);
                self.keep_document(it, row, &answer).await;
                Ok(Ok(shown))
            }
            (304, Some(kept)) => {
                let row = renewed(it, kept, &answer, now_ms);
                let shown = of_copy(it, row.clone(), How::Renewed);
                self.keep_document(it, row, &answer).await;
                Ok(Ok(shown))
            }
            (status @ (401 | 403 | 404 | 410), _) => {
                self.forget_document(it).await?;
                Ok(Err(NotShown::Withdrawn { status }))
            }
            (status, copy) => {
                let why = OutsideError::Status { status }.to_string();
                Ok(self.document_without(it, copy, now_ms, why))
            }
        }
    }

    /// Keeps a copy if its holder lets it be kept. A copy that could not be kept is fetched again: nothing is lost.
    async fn keep_document(&self, it: &Errand, row: CopyRow, answer: &Fetched) {
        let may_keep = told(&answer.headers, row.asked_ms).may_keep && !it.pointed.is_restricted;
        let done = match may_keep {
            true => {
                let store = self.store();
                store.keep_copy(row, COPIES_BYTES_MAX, COPIES_MAX).await
            }
            false => self.forget_document(it).await,
        };
        if let Err(why) = done {
            tracing::warn!(
                "a document's copy was not kept: {}",
                crate::with_causes(&why)
            );
        }
    }

    async fn forget_document(&self, it: &Errand) -> Result<(), crate::store::StoreError> {
        let (pointer, address) = it.place();
        self.store().drop_copy(pointer, address).await
    }

    /// What is shown when the holder cannot be asked.
    fn document_without(
        &self,
        it: &Errand,
        copy: Option<CopyRow>,
        now_ms: i64,
        why: String,
    ) -> Result<Content, NotShown> {
        let old_ms = i64::from(it.holder.old_copy_hours).saturating_mul(HOUR_MS);
        let may_show = |kept: &CopyRow| match kept.keeping {
            Keeping::Free => (0..=old_ms).contains(&now_ms.saturating_sub(kept.asked_ms)),
            // RFC 9111, section 4.2.4; one that holds comes here where its holder was stopped.
            Keeping::OnceStale => is_fresh(kept, it, now_ms),
            Keeping::EachTime => false,
        };
        let asked_at = rfc3339(now_ms);
        match copy.filter(|kept| old_ms > 0 && may_show(kept)) {
            Some(kept) => {
                let at = rfc3339(kept.asked_ms);
                Ok(of_copy(it, kept, How::Old { at, asked_at, why }))
            }
            None => Err(NotShown::Unasked { at: asked_at, why }),
        }
    }

    async fn document_noted(&self, it: &Errand, what: &str, said: &str) -> Result<(), ReadError> {
        let about = format!("{} {} {}: {said}", it.key, it.holder.id, it.address);
        self.keep_leaf(self.document_leaf(&it.caller, what, about))
            .await
    }

    fn document_leaf(&self, caller: &Caller, what: &str, about: String) -> NewLeaf {
        NewLeaf {
            t: self.current_t(),
            count: 1,
            ..NewLeaf::by(caller, what, about)
        }
    }
}

impl Errand {
    /// Under what its copy is kept.
    fn place(&self) -> (String, String) {
        (self.key.id.to_string(), self.address.to_string())
    }
}

/// Whether a copy is shown without its holder being asked.
fn is_fresh(kept: &CopyRow, it: &Errand, now_ms: i64) -> bool {
    let age_ms = now_ms.saturating_sub(kept.asked_ms);
    let holds = kept.life_ms.is_some_and(|life| (0..life).contains(&age_ms));
    let stays = it.pointed.is_static && kept.version == it.version;
    match kept.keeping {
        Keeping::EachTime => false,
        Keeping::Free | Keeping::OnceStale => holds || stays,
    }
}

fn fetched_copy(it: &Errand, answer: &Fetched, now_ms: i64) -> CopyRow {
    let told = told(&answer.headers, now_ms);
    let (pointer, address) = it.place();
    CopyRow {
        pointer,
        address,
        holder: it.holder.id.to_string(),
        version: it.version,
        media_type: mark(answer, "content-type").unwrap_or_default(),
        etag: mark(answer, "etag").unwrap_or_default(),
        last_modified: mark(answer, "last-modified").unwrap_or_default(),
        asked_ms: now_ms,
        life_ms: told.life_ms,
        keeping: told.keeping.unwrap_or(Keeping::Free),
        used_ms: now_ms,
        body: answer.body.clone(),
    }
}

/// A copy of which its holder says that it is so: what it says of keeping it holds from now on, and what it does not
/// repeat holds on (RFC 9111, section 3.2).
fn renewed(it: &Errand, kept: CopyRow, answer: &Fetched, now_ms: i64) -> CopyRow {
    let told = told(&answer.headers, now_ms);
    CopyRow {
        version: it.version,
        etag: mark(answer, "etag").unwrap_or(kept.etag),
        last_modified: mark(answer, "last-modified").unwrap_or(kept.last_modified),
        asked_ms: now_ms,
        life_ms: told.life_ms.or(kept.life_ms),
        keeping: told.keeping.unwrap_or(kept.keeping),
        used_ms: now_ms,
        ..kept
    }
}

fn of_copy(it: &Errand, row: CopyRow, how: How) -> Content {
    content(&it.pointed, Some(&row.media_type), row.body, how)
}

/// What came says what it is; the pointer does where that says nothing.
fn content(pointed: &Pointed, came_as: Option<&str>, bytes: Vec<u8>, how: How) -> Content {
    let plain = |text: &str| {
        let (name, _) = text.split_once(';').unwrap_or((text, ""));
        name.trim().to_ascii_lowercase()
    };
    let described = pointed.media_type.as_deref().map(plain);
    let came_as = came_as.map(plain).filter(|it| !it.is_empty());
    let media_type = came_as.or_else(|| described.clone()).unwrap_or_default();
    Content {
        described_as: described.filter(|it| *it != media_type),
        media_type,
        bytes,
        how,
    }
}
