//! One worker process as the host sees it: started without anything of the host, spoken to, ended.
//!
//! Invariant: what a process says is read within bounds and believed in nothing but the answer to its own call.

use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::Duration;

use record::departmental::Question;
use record::departmental::cost::Cost;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::apart::Berth;
use crate::budget::{Budget, Exceeded, Usage, Weight};
use crate::compile::Program;
use crate::contract::{Facts, Window};
use crate::guest::Said;
use crate::worker::wire::{
    FROM_WORKER_BYTES_MAX, FromWorker, HEAD_BYTES, Unreadable, Wanted, ask_frame, given_frame,
};

/// How long a process may take to load its component, in milliseconds: a guest with an interpreter takes a second.
const START_MS: u64 = 20_000;
/// How much a process with heavy calls gives way: a tenth of what they have is left to it, so that it ends in the end.
const NICE: i32 = 10;
/// How long is waited to hear how a process ended, in milliseconds.
const ENDING_MS: u64 = 200;

/// Why a process did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("every process for departmentals is in use; try again in a moment")]
    NoPlace,
    #[error("its process could not be started: {0}")]
    NotStarted(String),
    #[error("{0}")]
    Unfit(String),
    #[error("its process ended: {0}")]
    Ended(String),
    #[error("its process said something that cannot be read: {0}")]
    Unreadable(#[from] Unreadable),
    #[error("its process did not keep to its bounds: {0}")]
    TooMuch(Exceeded),
}

impl From<std::io::Error> for Broken {
    fn from(wrong: std::io::Error) -> Self {
        Self::Ended(wrong.to_string())
    }
}

/// A process with a component loaded; it is ended when this is dropped.
pub(super) struct Process {
    /// For which calls it is: it can be slowed for heavy ones, and never be hurried again.
    pub(super) weight: Weight,
    child: Child,
    line: BufReader<UnixStream>,
    _berth: Berth,
}

impl Process {
    pub(super) async fn start(
        program: &Program,
        begin: &[u8],
        berth: Berth,
        weight: Weight,
    ) -> Result<Self, Broken> {
        let not_started = |wrong: std::io::Error| Broken::NotStarted(wrong.to_string());
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(not_started)?;
        ours.set_nonblocking(true).map_err(not_started)?;
        let child = Command::new(&program.program)
            .args(&program.arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)?;
        let line = UnixStream::from_std(ours).map_err(not_started)?;
        let mut process = Self {
            weight: Weight::Light,
            child,
            line: BufReader::new(line),
            _berth: berth,
        };
        if !process.slow_for(weight) {
            return Err(Broken::NotStarted(
                "it cannot be told to wait for others".into(),
            ));
        }
        let began = async {
            process.line.write_all(begin).await?;
            process.receive().await
        };
        match tokio::time::timeout(Duration::from_millis(START_MS), began).await {
            Ok(Ok(FromWorker::Ready)) => Ok(process),
            Ok(Ok(FromWorker::Unfit(why))) => Err(Broken::Unfit(why)),
            Ok(Ok(FromWorker::Wants(_) | FromWorker::Note { .. } | FromWorker::Ended(..))) => {
                Err(Broken::NotStarted("it did not say that it is ready".into()))
            }
            Ok(Err(Broken::Ended(_))) => Err(Broken::NotStarted(process.ending().await)),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(Broken::NotStarted(format!(
                "it was not ready after {START_MS} ms"
            ))),
        }
    }

    /// Has it give way to others where such calls do; false when the system does not let us.
    pub(super) fn slow_for(&mut self, weight: Weight) -> bool {
        if weight <= self.weight {
            return true;
        }
        let number = self.child.id().and_then(|id| i32::try_from(id).ok());
        let slowed = number
            .and_then(rustix::process::Pid::from_raw)
            .is_some_and(|id| rustix::process::setpriority_process(Some(id), NICE).is_ok());
        if slowed {
            self.weight = weight;
        }
        slowed
    }

    /// One call. What the process wants of the chart is counted here as well, since it may not count.
    pub(super) async fn call(
        &mut self,
        budget: &Budget,
        facts: &Facts,
        question: &Question,
        window: &dyn Window,
    ) -> Result<(Said, Cost), Broken> {
        let mut usage = Usage::new(*budget);
        self.line.write_all(&ask_frame(facts, question)).await?;
        loop {
            match self.receive().await? {
                FromWorker::Wants(wanted) => {
                    // Time is looked at by who waits for this call.
                    match usage.host_call(wanted.bytes()) {
                        Ok(()) | Err(Exceeded::Time(_)) => {}
                        Err(which) => return Err(Broken::TooMuch(which)),
                    }
                    let given = async {
                        match &wanted {
                            Wanted::Read(reference) => window.read(reference).await,
                            Wanted::Search(query) => window.search(query).await,
                            Wanted::Rows { view, parameters } => {
                                window.rows(view, parameters).await
                            }
                            Wanted::Pack(name) => window.pack(name),
                        }
                    };
                    let given = tokio::select! {
                        biased;
                        given = given => given,
                        // A process that waits says nothing: it has ended, or is not to be believed.
                        _ = self.line.fill_buf() => {
                            return Err(Broken::Ended("it did not wait for its answer".into()));
                        }
                    };
                    self.line.write_all(&given_frame(&given)).await?;
                }
                FromWorker::Note { level, message } => {
                    if usage.note() {
                        window.note(&level, &message);
                    }
                }
                FromWorker::Ended(said, cost) => return Ok((said, cost)),
                FromWorker::Ready | FromWorker::Unfit(_) => {
                    return Err(Broken::Ended(
                        "it began anew in the middle of a call".into(),
                    ));
                }
            }
        }
    }

    async fn receive(&mut self) -> Result<FromWorker, Broken> {
        let mut head = [0; HEAD_BYTES];
        self.line.read_exact(&mut head).await?;
        let length = u32::from_le_bytes(head) as usize;
        if length > FROM_WORKER_BYTES_MAX {
            return Err(Broken::Ended("it sent a frame that is too long".into()));
        }
        let mut body = vec![0; length];
        self.line.read_exact(&mut body).await?;
        Ok(FromWorker::read(&body)?)
    }

    /// How the process ended, in words; it is ended where it has not.
    pub(super) async fn ending(&mut self) -> String {
        let wait = Duration::from_millis(ENDING_MS);
        match tokio::time::timeout(wait, self.child.wait()).await {
            Ok(Ok(status)) => match status.signal() {
                Some(libc::SIGSYS) => {
                    "it asked the system for what no departmental may, and was ended".into()
                }
                Some(_) | None => status.to_string(),
            },
            Ok(Err(wrong)) => wrong.to_string(),
            Err(_) => "it hung up".into(),
        }
    }
}
