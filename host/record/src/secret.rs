//! What nobody can guess: random bytes, and the secrets that all hosts of a database share.
//!
//! Invariant: a secret is drawn once for a database and is 32 bytes; whatever else is found in its place is an error.

use crate::store::shelf::{Item, Shelf};
use crate::store::{Store, StoreError};

/// A secret that all hosts of a database share: drawn by the first that asks for it.
pub(crate) async fn shared(store: &dyn Store, name: &str) -> Result<[u8; 32], StoreError> {
    let item = Item {
        shelf: Shelf::Secret,
        name: name.to_owned(),
        document: hex::encode(chance::<32>()?),
        ends_at_ms: None,
    };
    let kept = store.shelve_first(item).await?;
    let bytes = hex::decode(&kept.document).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| StoreError::Corrupt {
            doing: "opening the database",
            what: format!("the secret `{name}` is not 32 bytes"),
        })
}

/// Random bytes from the machine.
pub(crate) fn chance<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Failed {
        doing: "asking the machine for chance",
        source: error.to_string().into(),
    })?;
    Ok(bytes)
}
