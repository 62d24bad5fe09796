//! Loading departmentals and putting questions to them.
//!
//! Every call has an instance of its own that is dropped with the call, and every ending, also a trap, is an answer.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use record::departmental::{
    Answer, Call, Chart, Departmental, Digest, Failure, FailureKind, Question, Reply,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use wasmtime::component::InstancePre;
use wasmtime::{Engine, PoolConcurrencyLimitError, Store, Trap, UpdateDeadline};

use crate::budget::{Budget, CALLS_MAX, COMPONENT_BYTES_MAX, Exceeded, Usage, WAIT_MS};
use crate::compile::{Cache, CompileError, Compiler, HostKey};
use crate::contract::{ContractError, Facts, Version, Visit, Window, v0_1};
use crate::{contract, engine};

mod bare;

/// Components that stay loaded: every departmental of a region in two versions.
const LOADED_MAX: usize = 64;
/// Time that waiting for a host function may take beyond the call's own, in milliseconds: the next tick tells which
/// bound it was.
const GRACE_MS: u64 = 100;
/// Handles of resources: the contract has none.
const HANDLES_MAX: usize = 16;

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
        let answers = match version {
            Version::V0_1 => {
                let linker = v0_1::linker(&self.inner.engine).map_err(link)?;
                let exports = v0_1::Exports::probe(&component).map_err(|what| LoadError::Link {
                    digest: digest.clone(),
                    what,
                })?;
                Answers::V0_1(exports, linker.instantiate_pre(&component).map_err(link)?)
            }
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

/// The adapter of the version that the component was built against, chosen when it was loaded.
enum Answers {
    V0_1(v0_1::Exports, InstancePre<Visit>),
}

/// A departmental, ready to be asked. Cheap to clone.
#[derive(Clone)]
pub struct Loaded {
    engine: Engine,
    budget: Budget,
    turns: Arc<Semaphore>,
    answers: Arc<Answers>,
}

impl Departmental for Loaded {
    fn ask<'a>(
        &'a self,
        call: &'a Call,
        question: Question,
        chart: &'a Chart,
    ) -> Reply<'a, Answer> {
        let facts = Facts {
            site: call.site.to_string(),
            patient: call.patient.as_ref().map(|id| format!("Patient/{id}")),
            encounter: call.encounter.as_ref().map(|id| format!("Encounter/{id}")),
            role: call.role.to_string(),
            now: call.now.clone(),
            settings: call.settings.to_string(),
        };
        Box::pin(async move {
            self.ask_through(facts, &question, Arc::new(chart.clone()))
                .await
        })
    }
}

impl Loaded {
    /// Puts a question with these facts and this window on the record.
    pub async fn ask_through(
        &self,
        facts: Facts,
        question: &Question,
        window: Arc<dyn Window>,
    ) -> Answer {
        let wait = Duration::from_millis(WAIT_MS);
        let Ok(Ok(_turn)) = tokio::time::timeout(wait, self.turns.acquire()).await else {
            return busy(format!(
                "{CALLS_MAX} calls are being answered; try again in a moment"
            ));
        };
        let mut store = self.store(Visit {
            facts,
            window,
            usage: Usage::new(self.budget),
        });
        // The store goes with this future, whichever way it ends.
        let wall = Duration::from_millis(self.budget.wall_ms + GRACE_MS);
        let answered = match tokio::time::timeout(wall, self.answer(&mut store, question)).await {
            Ok(answered) => answered,
            Err(_) => Err(Exceeded::Time(self.budget.wall_ms).into()),
        };
        match answered {
            Ok(Some(Ok(document))) => self.read(&document, question),
            Ok(Some(Err(failure))) => Answer::Refused(failure),
            Ok(None) => Answer::Refused(Failure {
                code: "not-provided".into(),
                detail: "the departmental does not export what would answer this".into(),
            }),
            Err(wrong) => failed(&wrong),
        }
    }

    fn store(&self, visit: Visit) -> Store<Visit> {
        let mut store = Store::new(&self.engine, visit);
        store.limiter(|visit| &mut visit.usage);
        store.set_hostcall_fuel(2 * self.budget.answer_bytes);
        store.set_max_component_handles(HANDLES_MAX);
        store.epoch_deadline_callback(|visit| {
            visit.data().usage.in_time()?;
            Ok(UpdateDeadline::Yield(1))
        });
        store.set_epoch_deadline(1);
        store
    }

    async fn answer(
        &self,
        store: &mut Store<Visit>,
        question: &Question,
    ) -> wasmtime::Result<Option<Result<String, Failure>>> {
        match &*self.answers {
            Answers::V0_1(exports, pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                exports.ask(store, &instance, question).await
            }
        }
    }

    /// A document as an answer, if it is one: small enough, JSON, and of the format that the question asks for.
    fn read(&self, document: &str, question: &Question) -> Answer {
        if document.len() > self.budget.answer_bytes {
            return Answer::Failed {
                kind: FailureKind::Limit,
                what: Exceeded::Answer(self.budget.answer_bytes).to_string(),
            };
        }
        let malformed = |what: String| Answer::Failed {
            kind: FailureKind::Malformed,
            what,
        };
        let value: Value = match serde_json::from_str(document) {
            Ok(value) => value,
            Err(wrong) => return malformed(format!("its answer is not JSON: {wrong}")),
        };
        let format = match question {
            Question::Open { .. } => "screen",
            Question::Submit { .. } => "outcome",
            Question::React { .. } => "proposal",
        };
        if value.get(format).and_then(Value::as_u64) != Some(1) {
            return malformed(format!(
                "its answer is not {format}/1: the member `{format}` must be 1"
            ));
        }
        match question {
            Question::Open { .. } => Answer::Screen(value),
            Question::Submit { .. } => Answer::Outcome(value),
            Question::React { .. } => Answer::Proposal(value),
        }
    }
}

/// By what these bytes are known: `sha256:` and 64 hexadecimal digits.
#[must_use]
pub fn digest_of(wasm: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(wasm)))
}

fn busy(detail: String) -> Answer {
    Answer::Refused(Failure {
        code: "busy".into(),
        detail,
    })
}

/// Whatever ended a call, as an answer.
fn failed(wrong: &wasmtime::Error) -> Answer {
    if let Some(exceeded) = wrong.downcast_ref::<Exceeded>() {
        let kind = match exceeded {
            Exceeded::Time(_) => FailureKind::Timeout,
            Exceeded::Memory(_)
            | Exceeded::Tables(_)
            | Exceeded::HostCalls(_)
            | Exceeded::Answer(_)
            | Exceeded::Argument => FailureKind::Limit,
        };
        return Answer::Failed {
            kind,
            what: exceeded.to_string(),
        };
    }
    if let Some(full) = wrong.downcast_ref::<PoolConcurrencyLimitError>() {
        return busy(format!("{full}; try again in a moment"));
    }
    let kind = match wrong.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => FailureKind::Limit,
        Some(_) => FailureKind::Trap,
        // What the engine refuses to carry over: no UTF-8, outside the guest's memory, or endlessly long.
        None => FailureKind::Malformed,
    };
    Answer::Failed {
        kind,
        what: format!("{wrong:#}"),
    }
}
