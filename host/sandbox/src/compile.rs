//! Compiling: in a child process with limits, since what is compiled comes from strangers, and kept for the next start.
//!
//! Only code that this host compiled is ever loaded: what is kept carries a code that only this host's key makes, over
//! the component, the engine and every byte; anything else is compiled again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use hmac::Mac;
use record::departmental::Digest;
use rlimit::{Resource, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::budget::COMPONENT_BYTES_MAX;
use crate::engine::{self, Counting};

mod key;

pub use self::key::HostKey;

const MIB: u64 = 1024 * 1024;
/// Processor time of one compilation, in seconds, over all its threads: a guest with an interpreter takes ten.
const CPU_S_MAX: u64 = 120;
/// Address space of one compilation, in bytes: a guest with an interpreter takes a third.
const ADDRESS_BYTES_MAX: u64 = 3 * 1024 * MIB;
/// Time of one compilation on the wall, in seconds: the processor may be shared.
const WALL_S_MAX: u64 = 300;
/// The largest code that is taken, in bytes: several times the largest component.
const CODE_BYTES_MAX: u64 = 512 * MIB;
/// What a failed compilation may say, in bytes.
const REASON_BYTES_MAX: u64 = 2 * 1024;
/// Kept compilations: several versions of every departmental of a region.
const KEPT_MAX: usize = 2_048;
const MAC_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

/// Why there is no compiled code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The component cannot be compiled, or not within the limits.
    #[error("the component cannot be compiled: {0}")]
    Refused(String),
    /// The child process could not be started or spoken to.
    #[error("the compiler {program} could not be {doing}")]
    Child {
        /// Which program.
        program: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// What was compiled does not fit this engine.
    #[error("the compiled code cannot be loaded: {0}")]
    Unfit(String),
}

/// A program of the host's own: as a rule this one, started again with a hidden subcommand that calls
/// [`compile_component`] or [`crate::run_departmental`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Path of the program.
    pub program: PathBuf,
    /// What it is started with.
    pub arguments: Vec<String>,
}

impl Program {
    /// This program, with a subcommand.
    ///
    /// # Errors
    /// When the system does not say where this program is.
    pub fn this_with(subcommand: &str) -> std::io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            arguments: vec![subcommand.into()],
        })
    }

    /// Compiles.
    async fn run(&self, wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
        let cannot = |doing| {
            move |source| CompileError::Child {
                program: self.program.clone(),
                doing,
                source,
            }
        };
        let mut child = tokio::process::Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(cannot("started"))?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(cannot("spoken to")(std::io::Error::other(
                "it has no pipes",
            )));
        };
        let (mut code, mut reason) = (Vec::new(), Vec::new());
        let talk = async {
            let hand_over = async {
                // A child that refuses early closes its input; why is on its standard error.
                let _ = stdin.write_all(wasm).await;
                drop(stdin);
            };
            let (mut code_pipe, mut reason_pipe) =
                (stdout.take(CODE_BYTES_MAX), stderr.take(REASON_BYTES_MAX));
            let (_, read, said) = tokio::join!(
                hand_over,
                code_pipe.read_to_end(&mut code),
                reason_pipe.read_to_end(&mut reason)
            );
            read.and(said)?;
            child.wait().await
        };
        let status = tokio::time::timeout(Duration::from_secs(WALL_S_MAX), talk)
            .await
            .map_err(|_| CompileError::Refused(format!("it took longer than {WALL_S_MAX} s")))?
            .map_err(cannot("spoken to"))?;
        if status.success() {
            return Ok(code);
        }
        let said = String::from_utf8_lossy(&reason).trim().to_owned();
        Err(CompileError::Refused(if said.is_empty() {
            format!(
                "the compiler ended with {status}; its limits are {CPU_S_MAX} s and {ADDRESS_BYTES_MAX} bytes"
            )
        } else {
            said
        }))
    }
}

/// The child process: takes its limits, reads a component from standard input, writes the code to standard output.
/// What is wrong goes to standard error.
#[must_use]
pub fn compile_component() -> ExitCode {
    compiled_to_output(Counting::Nothing)
}

/// As [`compile_component`], to code that counts its instructions and fits [`crate::Sandbox::counting`] alone.
#[must_use]
pub fn compile_counting_component() -> ExitCode {
    compiled_to_output(Counting::Instructions)
}

fn compiled_to_output(counting: Counting) -> ExitCode {
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    match limit_self().and_then(|()| compile(&mut input, &mut output, counting)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // Nobody is left to tell if this cannot be written.
            let _ = write!(std::io::stderr(), "{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Before the first byte of the component is read.
fn limit_self() -> Result<(), String> {
    for (resource, most) in [
        (Resource::CPU, CPU_S_MAX),
        (Resource::AS, ADDRESS_BYTES_MAX),
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, 64),
    ] {
        setrlimit(resource, most, most)
            .map_err(|wrong| format!("the limit {} cannot be set: {wrong}", resource.as_name()))?;
    }
    Ok(())
}

fn compile(
    input: &mut impl Read,
    output: &mut impl Write,
    counting: Counting,
) -> Result<(), String> {
    let mut wasm = Vec::new();
    let most = COMPONENT_BYTES_MAX as u64 + 1;
    input
        .take(most)
        .read_to_end(&mut wasm)
        .map_err(|wrong| format!("the component cannot be read: {wrong}"))?;
    if wasm.len() > COMPONENT_BYTES_MAX {
        return Err(format!("it has more than {COMPONENT_BYTES_MAX} bytes"));
    }
    let engine =
        engine::compiling(counting).map_err(|wrong| format!("there is no engine: {wrong:#}"))?;
    // What a compiler did not expect of a stranger's component is a refusal like any other.
    std::panic::set_hook(Box::new(|_| {}));
    let compiled = AssertUnwindSafe(|| engine.precompile_component(&wasm));
    let code = std::panic::catch_unwind(compiled)
        .map_err(|_| "the compiler cannot deal with it: keep to one memory and the features that `departmental build` uses".to_owned())?
        .map_err(|wrong| format!("{wrong:#}"))?;
    output
        .write_all(&code)
        .map_err(|wrong| format!("the code cannot be handed over: {wrong}"))
}

/// What kept code belongs to.
struct Kept<'a> {
    digest: &'a Digest,
    engine: u64,
}

impl<'a> Kept<'a> {
    fn of(engine: &Engine, digest: &'a Digest) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self {
            digest,
            engine: hasher.finish(),
        }
    }

    fn file(&self, folder: &Path) -> PathBuf {
        folder.join(format!(
            "{}-{:016x}.cwasm",
            self.digest.as_str().trim_start_matches("sha256:"),
            self.engine
        ))
    }
}

/// Compiled code by the component's digest.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: HostKey,
    compiler: Program,
    turn: Semaphore,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf, key: HostKey, compiler: Program) -> std::io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            key,
            compiler,
            turn: Semaphore::new(1),
        })
    }

    /// The compiled component: kept code if it is this host's own and untouched, else compiled now and kept.
    pub(crate) async fn component(
        &self,
        engine: &Engine,
        wasm: &[u8],
        digest: &Digest,
    ) -> Result<Component, CompileError> {
        let of = Kept::of(engine, digest);
        if let Some(code) = self.kept(&of) {
            if let Ok(component) = load_own(engine, &code) {
                return Ok(component);
            }
            // Of another engine after all: what is in its place is compiled now.
            let _ = fs::remove_file(of.file(&self.folder));
        }
        load_own(engine, &self.compiled(&of, wasm).await?)
    }

    /// The code alone, which somebody else loads.
    pub(crate) async fn code(
        &self,
        engine: &Engine,
        wasm: &[u8],
        digest: &Digest,
    ) -> Result<Vec<u8>, CompileError> {
        let of = Kept::of(engine, digest);
        match self.kept(&of) {
            Some(code) => Ok(code),
            None => self.compiled(&of, wasm).await,
        }
    }

    /// Compiles and keeps, one component at a time: who waited for another's turn with the same bytes finds its code.
    async fn compiled(&self, of: &Kept<'_>, wasm: &[u8]) -> Result<Vec<u8>, CompileError> {
        // The turns are never closed.
        let _turn = self.turn.acquire().await;
        if let Some(code) = self.kept(of) {
            return Ok(code);
        }
        let code = self.compiler.run(wasm).await?;
        if let Err(wrong) = self.keep(of, &code) {
            tracing::warn!(
                "compiled code of {} is not kept and will be compiled again: {wrong}",
                of.digest
            );
        }
        Ok(code)
    }

    /// Kept code with the right authentication code; anything else is as if it were not there.
    fn kept(&self, of: &Kept<'_>) -> Option<Vec<u8>> {
        let file = of.file(&self.folder);
        let mut bytes = Vec::new();
        fs::File::open(&file)
            .ok()?
            .take(CODE_BYTES_MAX)
            .read_to_end(&mut bytes)
            .ok()?;
        let (mac, code) = bytes.split_at_checked(MAC_BYTES)?;
        if self.key.mac(of, code).ok()?.verify_slice(mac).is_err() {
            tracing::warn!(
                "{} is not what this host wrote; compiling again",
                file.display()
            );
            return None;
        }
        bytes.drain(..MAC_BYTES);
        Some(bytes)
    }

    fn keep(&self, of: &Kept<'_>, code: &[u8]) -> std::io::Result<()> {
        let mac = self
            .key
            .mac(of, code)
            .map_err(std::io::Error::other)?
            .finalize()
            .into_bytes();
        let file = of.file(&self.folder);
        let beside = file.with_extension(format!("{}.part", std::process::id()));
        let mut written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        written.write_all(&mac)?;
        written.write_all(code)?;
        drop(written);
        fs::rename(&beside, &file)?;
        self.forget_oldest()
    }

    /// Keeps the number of files within its bound, the newest of them.
    fn forget_oldest(&self) -> std::io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|it| it == "cwasm") {
                files.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        files.sort();
        let over = files.len().saturating_sub(KEPT_MAX);
        files
            .iter()
            .take(over)
            .try_for_each(|(_, file)| fs::remove_file(file))
    }
}

/// Loads code that came from our own child process or carries our own authentication code.
#[expect(
    unsafe_code,
    reason = "loading compiled code is trusting it; every caller got it from this host's compiler"
)]
pub(crate) fn load_own(engine: &Engine, code: &[u8]) -> Result<Component, CompileError> {
    // SAFETY: `code` is what `compile_component` wrote: from its pipe, from the cache under this host's key, or from the
    // host to its worker.
    unsafe { Component::deserialize(engine, code) }
        .map_err(|wrong| CompileError::Unfit(format!("{wrong:#}")))
}

#[cfg(test)]
mod tests;
