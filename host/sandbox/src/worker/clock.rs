//! The clock that interrupts a worker's guest: it stands still while there is none.
//!
//! Invariant: while a call is in hand the engine's epoch moves; an idle worker wakes up for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::Engine;

use crate::budget::TICK_MS;

/// Ticks without a call after which it stands still: calls come close together.
const IDLE_TICKS: u32 = 40;

/// The clock of one engine.
pub(super) struct Clock {
    state: Arc<State>,
    thread: Thread,
}

#[derive(Default)]
struct State {
    is_wanted: AtomicBool,
    stands: AtomicBool,
}

impl Clock {
    pub(super) fn of(engine: &Engine) -> std::io::Result<Self> {
        let state = Arc::<State>::default();
        let (weak, of_thread) = (engine.weak(), Arc::clone(&state));
        let thread = std::thread::Builder::new()
            .name("worker-clock".into())
            .spawn(move || {
                let mut idle = 0;
                while let Some(engine) = weak.upgrade() {
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(Duration::from_millis(TICK_MS));
                    idle = if of_thread.is_wanted.load(Ordering::SeqCst) {
                        0
                    } else {
                        idle + 1
                    };
                    if idle >= IDLE_TICKS {
                        of_thread.stand();
                        idle = 0;
                    }
                }
            })?;
        Ok(Self {
            state,
            thread: thread.thread().clone(),
        })
    }

    /// A call begins.
    pub(super) fn goes(&self) {
        self.state.is_wanted.store(true, Ordering::SeqCst);
        if self.state.stands.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
    }

    /// The call is over.
    pub(super) fn may_rest(&self) {
        self.state.is_wanted.store(false, Ordering::SeqCst);
    }
}

impl State {
    /// Waits for a call. Whoever begins one looks at `stands` after it said so, as this looks at `is_wanted` after it
    /// said that it stands: one of the two sees the other.
    fn stand(&self) {
        self.stands.store(true, Ordering::SeqCst);
        while !self.is_wanted.load(Ordering::SeqCst) {
            std::thread::park();
        }
        self.stands.store(false, Ordering::SeqCst);
    }
}
