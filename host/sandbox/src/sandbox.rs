//! The sandbox itself: from the bytes of a component to a departmental that can be asked.
//!
//! What is loaded has the digest that was asked for and imports the contract only; at most so many stay loaded.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use record::departmental::Digest;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use wasmtime::Engine;

use crate::budget::{Budget, CALLS_MAX, COMPONENT_BYTES_MAX};
use crate::compile::{Cache, CompileError, Compiler, HostKey};
use crate::contract::exports::Exports;
use crate::contract::{ContractError, Version, v0_1, v0_2};
use crate::sandbox::question::{Answers, Loaded};
use crate::{contract, engine};

mod bare;
pub mod question;

/// Components that stay loaded: every departmental of a region in two versions.
const LOADED_MAX: usize = 64;

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// What one call may use.
    pub budget: Budget,
    /// Who compiles.
    pub compiler: Compiler,
    /// Folder in which compiled code is kept.
    pub cache: PathBuf,
    /// By what kept code is known again.
    pub key: HostKey,
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The engine does not start.
    #[error("the engine of the sandbox does not start: {0}")]
    Engine(String),
    /// The folder for compiled code cannot be used.
    #[error("{}: compiled code cannot be kept there", folder.display())]
    Cache {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Why a component was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is larger than we load.
    #[error("{digest} has {bytes} bytes, more than the {COMPONENT_BYTES_MAX} allowed")]
    TooLarge {
        /// Which.
        digest: Digest,
        /// How many it has.
        bytes: usize,
    },
    /// The bytes are not those of the digest.
    #[error("these are not the bytes of {digest}: their digest is {found}")]
    OtherBytes {
        /// What was asked for.
        digest: Digest,
        /// What the bytes have.
        found: String,
    },
    /// It is not a departmental of this contract.
    #[error("{digest} is refused: {source}")]
    Contract {
        /// Which.
        digest: Digest,
        /// Why.
        source: ContractError,
    },
    /// It does not compile.
    #[error("{digest} is not loaded: {source}")]
    Compile {
        /// Which.
        digest: Digest,
        /// Why.
        source: CompileError,
    },
    /// It asks for something that is not there, or in another form.
    #[error("{digest} does not fit the contract: {what}")]
    Link {
        /// Which.
        digest: Digest,
        /// What.
        what: String,
    },
}

/// The sandbox of this host. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    budget: Budget,
    cache: Cache,
    turns: Arc<Semaphore>,
    compiling: Semaphore,
    loaded: Mutex<VecDeque<(Digest, Loaded)>>,
}

impl Sandbox {
    /// Starts the engine and its clock.
    ///
    /// # Errors
    /// When the system does not give the memory, a thread or the folder.
    pub fn new(config: Config) -> Result<Self, SandboxError> {
        let engine = engine::running(&config.budget)
            .map_err(|wrong| SandboxError::Engine(format!("{wrong:#}")))?;
        let cache =
            Cache::new(config.cache.clone(), config.key, config.compiler).map_err(|source| {
                SandboxError::Cache {
                    folder: config.cache,
                    source,
                }
            })?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                budget: config.budget,
                cache,
                turns: Arc::new(Semaphore::new(CALLS_MAX as usize)),
                compiling: Semaphore::new(1),
                loaded: Mutex::default(),
            }),
        })
    }

    /// Loads the component with this digest, once: compiled now, or from what this host compiled before.
    ///
    /// # Errors
    /// Other bytes than the digest's; an import outside the contract, by name; whatever does not compile or link.
    pub async fn load(&self, wasm: &[u8], digest: &Digest) -> Result<Loaded, LoadError> {
        if wasm.len() > COMPONENT_BYTES_MAX {
            return Err(LoadError::TooLarge {
                digest: digest.clone(),
                bytes: wasm.len(),
            });
        }
        let found = digest_of(wasm);
        if digest.as_str() != found {
            return Err(LoadError::OtherBytes {
                digest: digest.clone(),
                found,
            });
        }
        // One at a time: a second load of the same bytes finds the first one's.
        let _turn = self.inner.compiling.acquire().await;
        if let Some(loaded) = self.inner.loaded(digest) {
            return Ok(loaded);
        }
        let version = contract::version(wasm).map_err(|source| LoadError::Contract {
            digest: digest.clone(),
            source,
        })?;
        let component = self
            .inner
            .cache
            .component(&self.inner.engine, wasm, digest)
            .await
            .map_err(|source| LoadError::Compile {
                digest: digest.clone(),
                source,
            })?;
        let link = |wrong: wasmtime::Error| LoadError::Link {
            digest: digest.clone(),
            what: format!("{wrong:#}"),
        };
        let engine = &self.inner.engine;
        let linker = match version {
            Version::V0_1 => v0_1::linker(engine),
            Version::V0_2 => v0_2::linker(engine),
        };
        let exports = Exports::probe(&component, version).map_err(|what| LoadError::Link {
            digest: digest.clone(),
            what,
        })?;
        let ready = linker.and_then(|linker| linker.instantiate_pre(&component));
        let answers = Answers {
            exports,
            ready: ready.map_err(link)?,
        };
        let loaded = Loaded {
            engine: self.inner.engine.clone(),
            budget: self.inner.budget,
            turns: self.inner.turns.clone(),
            answers: Arc::new(answers),
        };
        self.inner.keep(digest, &loaded);
        Ok(loaded)
    }
}

impl Inner {
    fn loaded(&self, digest: &Digest) -> Option<Loaded> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded
            .iter()
            .find(|(of, _)| of == digest)
            .map(|(_, loaded)| loaded.clone())
    }

    fn keep(&self, digest: &Digest, it: &Loaded) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.len() >= LOADED_MAX {
            loaded.pop_front();
        }
        loaded.push_back((digest.clone(), it.clone()));
    }
}

/// By what these bytes are known: `sha256:` and 64 hexadecimal digits.
#[must_use]
pub fn digest_of(wasm: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(wasm)))
}
