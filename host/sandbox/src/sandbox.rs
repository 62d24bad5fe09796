//! The sandbox itself: from the bytes of a component to a departmental that can be asked.
//!
//! What is loaded has the digest that was asked for and imports the contract only; at most so many stay loaded.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::departmental::Digest;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::apart::{Apart, Crew};
use crate::budget::{Budget, CALLS_MAX, COMPONENT_BYTES_MAX};
use crate::compile::{Cache, CompileError, HostKey, Program};
use crate::contract::{ContractError, Version};
use crate::engine::Counting;
use crate::guest::Guest;
use crate::lane::Lanes;
use crate::sandbox::held::Held;
use crate::sandbox::question::{Loaded, Ready, Runs};
use crate::turns::{Bounds, Turns};
use crate::{contract, engine};

mod bare;
mod held;
pub mod question;

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// What one call may use.
    pub budget: Budget,
    /// Who compiles.
    pub compiler: Program,
    /// Folder in which compiled code is kept.
    pub cache: PathBuf,
    /// By what kept code is known again.
    pub key: HostKey,
    /// Where departmentals run.
    pub place: Place,
}

/// Where departmentals run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this process.
    Here,
    /// In processes of their own, one call at a time in each, without anything of the host: this program answers
    /// them with [`crate::run_departmental`].
    Apart(Program),
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
    turns: Turns,
    /// Where guests that run here compute for long.
    lanes: Lanes,
    /// Who runs departmentals apart, if they do not run here.
    crew: Option<Crew>,
    counting: Counting,
    loaded: Mutex<Held>,
}

impl Sandbox {
    /// Starts the engine and its clock.
    ///
    /// # Errors
    /// When the system does not give the memory, a thread or the folder.
    pub fn new(config: Config) -> Result<Self, SandboxError> {
        let (engine, crew) = match &config.place {
            Place::Here => (running_here(&config.budget, Counting::Nothing), None),
            // Nothing runs here, and no code of a departmental is ever loaded.
            Place::Apart(program) => (
                engine::compiling(Counting::Nothing),
                Some(Crew::new(program.clone(), config.budget)),
            ),
        };
        Self::of(config, engine, crew, Counting::Nothing)
    }

    /// A sandbox with the same settings whose code counts its instructions, which each [`Cost`] then says. It runs
    /// here wherever others run, and its compiler is [`crate::compile_counting_component`].
    ///
    /// # Errors
    /// As [`Sandbox::new`].
    ///
    /// [`Cost`]: record::departmental::cost::Cost
    pub fn counting(config: Config) -> Result<Self, SandboxError> {
        let engine = running_here(&config.budget, Counting::Instructions);
        Self::of(config, engine, None, Counting::Instructions)
    }

    fn of(
        config: Config,
        engine: wasmtime::Result<Engine>,
        crew: Option<Crew>,
        counting: Counting,
    ) -> Result<Self, SandboxError> {
        let engine = engine.map_err(|wrong| SandboxError::Engine(format!("{wrong:#}")))?;
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
                turns: Turns::new(Bounds::default()),
                lanes: Lanes::new(),
                crew,
                counting,
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
        if let Some(loaded) = self.loaded(digest) {
            return Ok(loaded);
        }
        let version = contract::version(wasm).map_err(|source| LoadError::Contract {
            digest: digest.clone(),
            source,
        })?;
        let runs = self.inner.ready(wasm, digest, version).await?;
        let loaded = Loaded::new(Ready {
            name: digest.as_str().into(),
            budget: self.inner.budget,
            turns: self.inner.turns.clone(),
            was_heavy: AtomicBool::new(false),
            runs,
        });
        self.held().keep(digest, loaded.clone());
        Ok(loaded)
    }
}

impl Sandbox {
    /// A component that is loaded already.
    #[must_use]
    pub fn loaded(&self, digest: &Digest) -> Option<Loaded> {
        self.held().get(digest)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        let held = self.inner.loaded.lock();
        held.unwrap_or_else(PoisonError::into_inner)
    }
}

/// An engine that runs guests, and the thread that moves its clock.
fn running_here(budget: &Budget, counting: Counting) -> wasmtime::Result<Engine> {
    let engine = engine::running(budget, CALLS_MAX, counting)?;
    engine::tick(&engine)?;
    Ok(engine)
}

impl Inner {
    /// Compiled, joined to its version of the contract, and where it runs.
    async fn ready(
        &self,
        wasm: &[u8],
        digest: &Digest,
        version: Version,
    ) -> Result<Runs, LoadError> {
        let compile = |source| LoadError::Compile {
            digest: digest.clone(),
            source,
        };
        let link = |what| LoadError::Link {
            digest: digest.clone(),
            what,
        };
        let Some(crew) = &self.crew else {
            let component: Component = self
                .cache
                .component(&self.engine, wasm, digest)
                .await
                .map_err(compile)?;
            let guest = Guest::link(
                &self.engine,
                &component,
                version,
                self.budget,
                self.lanes.clone(),
                self.counting,
            );
            return Ok(Runs::Here(guest.map_err(link)?));
        };
        let code = self.cache.code(&self.engine, wasm, digest).await;
        let code = code.map_err(compile)?;
        let apart = Apart::start(crew, digest.as_str(), version, code).await;
        Ok(Runs::Apart(apart.map_err(link)?))
    }
}

/// By what these bytes are known: `sha256:` and 64 hexadecimal digits.
#[must_use]
pub fn digest_of(wasm: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(wasm)))
}
