//! The worker: a process that runs one departmental, one call at a time, with nothing of the host in reach.
//!
//! Invariant: a question is taken only after the process has given up files, network and other programs.

mod clock;
pub(crate) mod confine;
pub(crate) mod wire;

use std::future::Future;
use std::io::Read;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use record::departmental::{Failure, Reply};
use wasmtime::Engine;

use crate::budget::Weight;
use crate::compile::load_own;
use crate::contract::Window;
use crate::engine::{self, Counting};
use crate::guest::Guest;
use crate::lane::Lanes;
use crate::worker::clock::Clock;
use crate::worker::wire::{
    Begin, FromWorker, HEAD_BYTES, TO_WORKER_BYTES_MAX, Wanted, read_ask, read_given,
};

/// The worker's process: takes a component's code from the host over standard input, which is a socket, and answers
/// questions until the host hangs up.
#[must_use]
pub fn run_departmental() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // The host sees that its worker has ended; there is nobody else to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> std::io::Result<()> {
    confine::limit().map_err(std::io::Error::other)?;
    let line = Arc::new(Line);
    let Some(begin) = begun(&line)? else {
        return Ok(());
    };
    let (guest, clock) = match loaded(&begin) {
        Ok(loaded) => loaded,
        Err(why) => return line.send(&FromWorker::Unfit(why)),
    };
    drop(begin);
    confine::limit_after_loading(&guest.budget)
        .and_then(|()| confine::shut())
        .map_err(std::io::Error::other)?;
    line.send(&FromWorker::Ready)?;
    while let Some(question) = line.receive()? {
        let (facts, question) = read_ask(&question).map_err(std::io::Error::other)?;
        let window = Arc::clone(&line) as Arc<dyn Window>;
        clock.goes();
        let (said, cost) = now(guest.ask(facts, window, &question, Weight::Light));
        clock.may_rest();
        line.send(&FromWorker::Ended(said, cost))?;
    }
    Ok(())
}

/// What it begins with; `None` when the host has hung up.
fn begun(line: &Line) -> std::io::Result<Option<Begin>> {
    let Some(body) = line.receive()? else {
        return Ok(None);
    };
    Begin::read(&body).map(Some).map_err(std::io::Error::other)
}

/// The component, ready to be called, with the images of its memories made, and the clock that interrupts it.
fn loaded(begin: &Begin) -> Result<(Guest, Clock), String> {
    let words = |wrong: wasmtime::Error| format!("{wrong:#}");
    let engine: Engine = engine::running(&begin.budget, 1, Counting::Nothing).map_err(words)?;
    let component = load_own(&engine, &begin.code).map_err(|wrong| wrong.to_string())?;
    component.initialize_copy_on_write_image().map_err(words)?;
    let guest = Guest::link(
        &engine,
        &component,
        begin.version,
        begin.budget,
        Lanes::of(1),
        Counting::Nothing,
    )?;
    let clock = Clock::of(&engine).map_err(|wrong| format!("there is no clock: {wrong}"))?;
    Ok((guest, clock))
}

/// Goes on with a call until it is over. It waits for nothing but its own turn, since the host is spoken to at once.
fn now<T>(call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(ended) = call.as_mut().poll(&mut context) {
            return ended;
        }
    }
}

/// The socket to the host, which is also the window on the record: standard input, read and written under that very
/// number, since every other is shut.
struct Line;

impl Line {
    /// A frame's body; `None` when the host has hung up.
    fn receive(&self) -> std::io::Result<Option<Vec<u8>>> {
        let mut socket = std::io::stdin().lock();
        let mut head = [0; HEAD_BYTES];
        match socket.read_exact(&mut head) {
            Err(wrong) if wrong.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        let length = u32::from_le_bytes(head) as usize;
        if length > TO_WORKER_BYTES_MAX {
            return Err(std::io::Error::other("a frame is too long"));
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body)?;
        Ok(Some(body))
    }

    fn send(&self, said: &FromWorker) -> std::io::Result<()> {
        let frame = said.frame();
        let mut left = frame.as_slice();
        while !left.is_empty() {
            match rustix::io::write(std::io::stdin(), left) {
                Ok(written) => left = left.get(written..).unwrap_or_default(),
                Err(rustix::io::Errno::INTR) => {}
                Err(wrong) => return Err(wrong.into()),
            }
        }
        Ok(())
    }

    /// What the host gives. Without a host there is nobody to answer: the process ends.
    fn want(&self, wanted: Wanted) -> Result<String, Failure> {
        let given = self
            .send(&FromWorker::Wants(wanted))
            .and_then(|()| self.receive());
        match given {
            Ok(Some(body)) => match read_given(&body) {
                Ok(given) => given,
                Err(_) => std::process::exit(1),
            },
            Ok(None) | Err(_) => std::process::exit(1),
        }
    }
}

impl Window for Line {
    fn read<'a>(&'a self, reference: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(async move { self.want(Wanted::Read(reference.into())) })
    }

    fn search<'a>(&'a self, query: &'a str) -> Reply<'a, Result<String, Failure>> {
        Box::pin(async move { self.want(Wanted::Search(query.into())) })
    }

    fn rows<'a>(
        &'a self,
        view: &'a str,
        parameters: &'a str,
    ) -> Reply<'a, Result<String, Failure>> {
        Box::pin(async move {
            self.want(Wanted::Rows {
                view: view.into(),
                parameters: parameters.into(),
            })
        })
    }

    fn pack(&self, name: &str) -> Result<String, Failure> {
        self.want(Wanted::Pack(name.into()))
    }

    fn note(&self, level: &str, message: &str) {
        let note = FromWorker::Note {
            level: level.into(),
            message: message.into(),
        };
        if self.send(&note).is_err() {
            std::process::exit(1)
        }
    }
}
