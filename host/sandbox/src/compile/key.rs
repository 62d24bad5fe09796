//! The key with which this host knows its own compiled code again.
//!
//! Invariant: it never leaves this host, and code without its mark is never run.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::compile::{CompileError, KEY_BYTES, Kept};

/// The key with which this host knows its own compiled code again.
#[derive(Clone)]
pub struct HostKey(pub(super) [u8; KEY_BYTES]);

impl std::fmt::Debug for HostKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("HostKey")
    }
}

impl HostKey {
    /// The key in this file, made on the first start and readable by this host alone. Keep it apart from the cache.
    ///
    /// # Errors
    /// When the file can be neither read nor made, or is not a key.
    pub fn load_or_create(file: &Path) -> std::io::Result<Self> {
        match fs::read(file) {
            Ok(bytes) => bytes.try_into().map(Self).map_err(|_| {
                let what = format!(
                    "{}: is not a key of {KEY_BYTES} bytes; delete it to have one made",
                    file.display()
                );
                std::io::Error::new(std::io::ErrorKind::InvalidData, what)
            }),
            Err(wrong) if wrong.kind() == std::io::ErrorKind::NotFound => {
                let mut key = [0; KEY_BYTES];
                getrandom::fill(&mut key).map_err(std::io::Error::other)?;
                let mut made = fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(file)?;
                made.write_all(&key)?;
                made.sync_all()?;
                Ok(Self(key))
            }
            Err(wrong) => Err(wrong),
        }
    }

    pub(super) fn mac(&self, of: &Kept<'_>, code: &[u8]) -> Result<Hmac<Sha256>, CompileError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .map_err(|wrong| CompileError::Unfit(wrong.to_string()))?;
        mac.update(of.digest.as_str().as_bytes());
        mac.update(&of.engine.to_le_bytes());
        mac.update(code);
        Ok(mac)
    }
}
