//! The engine: one for the whole host, with everything off that a departmental does not need.
//!
//! What compiles and what runs share every setting that decides about the code, so that only code of this host's own
//! compiler fits.

use std::time::Duration;

use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, RegallocAlgorithm,
    Strategy,
};

use crate::budget::{
    Budget, CORE_INSTANCES_MAX, MEMORIES_MAX, STACK_BYTES, TABLES_MAX, TICK_MS,
    WASM_STACK_BYTES_MAX,
};

/// Memory and stack of a slot that are cleaned by hand rather than given back to the system, in bytes: what a small
/// call touches.
const KEEP_RESIDENT_BYTES: usize = 256 * 1024;

/// Whether code counts the instructions that it carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// No: what answers people.
    Nothing,
    /// Yes, for measurements that come out the same on every machine; such code is slower.
    Instructions,
}

/// What compiled code depends on.
fn code_settings(counting: Counting) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        // The same bits for a number that is none, on every machine: answers can be computed again.
        .cranelift_nan_canonicalization(true)
        .wasm_component_model(true)
        .wasm_simd(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES_MAX)
        .async_stack_size(STACK_BYTES)
        .memory_init_cow(true)
        .generate_address_map(false)
        .consume_fuel(counting == Counting::Instructions);
    config
}

/// The engine that compiles, in a process of its own; it runs nothing.
pub(crate) fn compiling(counting: Counting) -> wasmtime::Result<Engine> {
    Engine::new(&code_settings(counting))
}

/// The engine that runs, with a pool of slots for so many calls at once. Somebody has to move its clock.
pub(crate) fn running(budget: &Budget, calls: u32, counting: Counting) -> wasmtime::Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(calls * CORE_INSTANCES_MAX)
        .total_memories(calls * MEMORIES_MAX)
        .total_tables(calls * TABLES_MAX)
        .total_stacks(calls)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(MEMORIES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .max_memory_size(budget.memory_bytes)
        .table_elements(budget.table_elements)
        .max_unused_warm_slots(calls)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .async_stack_keep_resident(KEEP_RESIDENT_BYTES);
    let mut config = code_settings(counting);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// The engine that runs a crate's own tests: the same code, without the pool's bounds.
pub(crate) fn of_tests(counting: Counting) -> wasmtime::Result<Engine> {
    Engine::new(&code_settings(counting))
}

/// Moves the engine's clock from a thread of the system, which no guest can keep busy; ends with the engine.
pub(crate) fn tick(engine: &Engine) -> wasmtime::Result<()> {
    let weak = engine.weak();
    std::thread::Builder::new()
        .name("sandbox-clock".into())
        .spawn(move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(Duration::from_millis(TICK_MS));
            }
        })?;
    Ok(())
}
