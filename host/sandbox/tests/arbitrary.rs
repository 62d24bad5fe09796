//! Whatever bytes are taken for a component, they are refused in words or answer like any other, and the host goes on.
//!
//! Inputs are made from a fixed seed: guests with bytes changed, cut out and repeated, and modules that a generator made.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sandbox::testing::{component, names};
use sandbox::{Budget, Sandbox, contract};
use wasm_encoder::{Component, RawSection};
use wasm_smith::{Config, Module};

use crate::window::{Written, apart, ask, config, config_at, load, open};

#[path = "written/window.rs"]
mod window;

/// Guests that are looked at, and of these, that are compiled and called.
const LOOKED_AT: usize = 20_000;
const LOADED: usize = 150;
/// Modules of the generator.
const MODULES: usize = 60;
/// Bytes from which the generator makes one.
const SEED_BYTES: usize = 2_048;

/// Numbers that look random and are the same each time (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// A few changes of the kinds that files suffer.
    fn damage(&mut self, wasm: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(wasm.len());
            let length = self.below(32).min(wasm.len() - at);
            match self.below(4) {
                0 => wasm[at] = self.next().to_le_bytes()[0],
                1 => wasm[at] ^= 1 << self.below(8),
                2 if wasm.len() > 64 => drop(wasm.drain(at..at + length)),
                _ => {
                    let again = wasm[at..at + length].to_vec();
                    wasm.splice(at..at, again);
                }
            }
        }
    }
}

fn guests() -> Vec<Vec<u8>> {
    let names = names().unwrap();
    names.iter().map(|name| component(name).unwrap()).collect()
}

#[test]
fn damaged_guests_are_looked_at_without_harm() {
    let (guests, mut numbers) = (guests(), Numbers(0x9e37_79b9_7f4a_7c15));
    let mut refused = 0;
    for at in 0..LOOKED_AT {
        let mut wasm = guests[at % guests.len()].clone();
        numbers.damage(&mut wasm);
        if let Err(why) = contract::version(&wasm) {
            assert!(!why.to_string().is_empty());
            refused += 1;
        }
    }
    assert!(refused > LOOKED_AT / 10 && refused < LOOKED_AT, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_guests_are_refused_or_answer_and_harm_nobody() {
    let (guests, mut numbers) = (guests(), Numbers(0x2545_f491_4f6c_dd1d));
    let folder = tempfile::tempdir().unwrap();
    let budget = Budget {
        wall_ms: 50,
        ..Budget::default()
    };
    let here = Sandbox::new(config(folder.path(), budget)).unwrap();
    let apart = Sandbox::new(config_at(apart(), folder.path(), budget)).unwrap();
    let good = component("cyclic-screen").unwrap();
    let good = load(&here, &good).await.unwrap();
    let (mut loaded, mut refused) = (0, 0);
    for at in 0..LOADED {
        let sandbox = if at % 5 == 0 { &apart } else { &here };
        let mut wasm = guests[at % guests.len()].clone();
        numbers.damage(&mut wasm);
        let window = Arc::new(Written::default());
        match load(sandbox, &wasm).await {
            Ok(guest) => {
                loaded += 1;
                let question = open("any");
                let asked = ask(&guest, &question, &window);
                let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
                assert!(!answer.unwrap().is_empty(), "guest {at}");
                assert!(window.notes().len() <= 100, "guest {at}");
            }
            Err(why) => {
                refused += 1;
                assert!(why.contains("sha256:"), "guest {at}: {why}");
            }
        }
        let after = ask(&good, &open("any"), &window).await;
        assert!(after.starts_with("screen"), "after guest {at}: {after}");
    }
    assert!(loaded > 0 && refused > 0, "{loaded} {refused}");
}

/// A component around a core module, which nothing in it uses.
fn around(module: &[u8]) -> Vec<u8> {
    let mut component = Component::new();
    component.section(&RawSection {
        id: 1,
        data: module,
    });
    component.finish()
}

#[test]
fn modules_of_a_generator_compile_or_are_refused_in_words() {
    let mut numbers = Numbers(0xd1b5_4a32_d192_ed03);
    let (mut compiled, mut refused) = (0, 0);
    for at in 0..MODULES {
        let seed: Vec<u8> = (0..SEED_BYTES)
            .map(|_| numbers.next().to_le_bytes()[3])
            .collect();
        // Every proposal that the generator knows, most of which no departmental may use.
        let mut config = Config::default();
        let all = at % 2 == 0;
        config.gc_enabled = all;
        config.exceptions_enabled = all;
        config.memory64_enabled = all;
        config.threads_enabled = all;
        let mut unstructured = arbitrary::Unstructured::new(&seed);
        let Ok(module) = Module::new(config, &mut unstructured) else {
            continue;
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_compile-component"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let wasm = around(&module.to_bytes());
        // A child that refuses early closes its input.
        let _ = child.stdin.take().unwrap().write_all(&wasm);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        let is_clean = matches!(ended.status.code(), Some(0 | 1));
        assert!(is_clean, "module {at}: {}: {said}", ended.status);
        if ended.status.success() {
            compiled += 1;
        } else {
            refused += 1;
            let is_said = !said.trim().is_empty() && !said.contains("panicked");
            assert!(is_said, "module {at} is refused so: {said}");
        }
    }
    assert!(compiled > 0 && refused > 0, "{compiled} {refused}");
}
