//! A crate's unit tests as one core module, run by an engine with the settings of the sandbox: what is right natively is
//! right where guests run.
//!
//! Invariant: nothing is given to the module, and it ends within its bounds; it is the supplier's own, on the supplier's own
//! machine, so it is compiled in this process.

use std::time::{Duration, Instant};

use wasmtime::{
    Engine, Linker, Module, ResourceLimiter, Store, Trap, UpdateDeadline, WasmBacktrace,
};

use crate::engine::{self, Counting};

/// Memory that tests may have, in bytes: tables of vectors and some thousand random cases take a tenth.
const MEMORY_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// How long tests may run, in seconds: a hundred thousand random cases of some dozen rules take a tenth.
const WALL_S_MAX: u64 = 600;
/// Frames of a trap that are told: below them is the harness.
const FRAMES_MAX: usize = 24;
/// Instructions that tests may carry out: more than their time lasts for.
const FUEL: u64 = u64::MAX;

/// What came of the tests.
#[derive(Debug)]
pub struct Ran {
    /// How they ended.
    pub ended: Ended,
    /// Instructions, the same on every machine.
    pub instructions: u64,
    /// Milliseconds.
    pub ms: u64,
    /// Bytes of memory at the most.
    pub memory_bytes: u64,
}

/// How tests ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of them ran to their end.
    Passed,
    /// One trapped, as a panic does here, and those behind it did not run.
    Failed {
        /// Its path, if the frames name it.
        test: Option<String>,
        /// What ended it.
        why: String,
        /// The functions it was in, the innermost first.
        frames: Vec<String>,
    },
}

/// Why tests could not be run.
#[derive(Debug, thiserror::Error)]
pub enum UnitError {
    /// There is no engine.
    #[error("the engine does not start: {0}")]
    Engine(String),
    /// It is no module, or not one with tests.
    #[error("it is no module with tests: {0}")]
    Module(String),
}

/// What a module has taken.
struct Taken {
    memory_bytes: usize,
    until: Instant,
}

impl ResourceLimiter for Taken {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory_bytes = self.memory_bytes.max(desired);
        Ok(desired <= MEMORY_BYTES_MAX)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// Runs the tests of a module that `cargo test --no-run` made for `wasm32-unknown-unknown`, with names in it.
///
/// # Errors
/// [`UnitError`], when they could not be run at all.
pub fn run(module: &[u8]) -> Result<Ran, UnitError> {
    let engine = engine::of_tests(Counting::Instructions).map_err(words(UnitError::Engine))?;
    engine::tick(&engine).map_err(words(UnitError::Engine))?;
    let module = Module::from_binary(&engine, module).map_err(words(UnitError::Module))?;
    let began = Instant::now();
    let mut store = Store::new(
        &engine,
        Taken {
            memory_bytes: 0,
            until: began + Duration::from_secs(WALL_S_MAX),
        },
    );
    store.limiter(|taken| taken);
    store.set_fuel(FUEL).map_err(words(UnitError::Engine))?;
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| match Instant::now() < store.data().until {
        true => Ok(UpdateDeadline::Continue(1)),
        false => Err(wasmtime::format_err!("no end after {WALL_S_MAX} s")),
    });
    let ended = called(&engine, &module, &mut store)?;
    let left = store.get_fuel().map_err(words(UnitError::Engine))?;
    Ok(Ran {
        ended,
        instructions: FUEL - left,
        ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        memory_bytes: store.data().memory_bytes as u64,
    })
}

/// Calls the harness, which runs one test after the other.
fn called(engine: &Engine, module: &Module, store: &mut Store<Taken>) -> Result<Ended, UnitError> {
    let mut linker = Linker::new(engine);
    // What a guest imports of the contract is not here: a test that calls it fails.
    linker
        .define_unknown_imports_as_traps(module)
        .map_err(words(UnitError::Module))?;
    let instance = linker
        .instantiate(&mut *store, module)
        .map_err(words(UnitError::Module))?;
    let main = instance
        .get_typed_func::<(i32, i32), i32>(&mut *store, "main")
        .map_err(words(UnitError::Module))?;
    Ok(match main.call(&mut *store, (0, 0)) {
        Ok(0) => Ended::Passed,
        Ok(code) => Ended::Failed {
            test: None,
            why: format!("the harness ended with {code}"),
            frames: Vec::new(),
        },
        Err(wrong) => failed(&wrong),
    })
}

fn failed(wrong: &wasmtime::Error) -> Ended {
    let names: Vec<String> = wrong
        .downcast_ref::<WasmBacktrace>()
        .into_iter()
        .flat_map(WasmBacktrace::frames)
        .filter_map(|frame| frame.func_name())
        .map(|symbol| format!("{:#}", rustc_demangle::demangle(symbol)))
        .filter(|name| is_own(name))
        .collect();
    let why = match wrong.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => "it panicked".to_owned(),
        Some(trap) => trap.to_string(),
        None => format!("{:#}", wrong.root_cause()),
    };
    Ended::Failed {
        test: test(&names),
        why,
        frames: names.into_iter().take(FRAMES_MAX).collect(),
    }
}

/// The outermost function that is in a module of tests: the test itself, and not what it called.
fn test(names: &[String]) -> Option<String> {
    let in_tests = |name: &&String| name.split("::").any(|part| part == "tests");
    names.iter().rev().find(in_tests).cloned()
}

/// Whether a function is of the crate or of what it uses, and neither the library's nor the harness's.
fn is_own(name: &str) -> bool {
    let of = name.split("::").next().unwrap_or_default();
    !matches!(of, "std" | "core" | "alloc" | "test" | "__rustc" | "main")
        && !name.starts_with('<')
        && !name.ends_with("::main")
        && name.contains("::")
}

fn words(as_error: fn(String) -> UnitError) -> impl Fn(wasmtime::Error) -> UnitError {
    move |wrong| as_error(format!("{wrong:#}"))
}
