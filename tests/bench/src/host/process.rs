//! A host that was started: its doors, its memory, and its end.

use std::time::{Duration, Instant};

use tokio::process::Child;

use super::CLINICIAN;
use crate::client::Client;

/// How long a host is looked at to see whether it is at rest, and how long that may take to come.
const LOOK: Duration = Duration::from_millis(500);
const REST_MAX: Duration = Duration::from_secs(300);
/// Ticks of the system's clock, a hundred a second, that a host at rest takes of the processors in such a look.
const TICKS_AT_REST: u64 = 3;

/// A started host.
pub(crate) struct Host {
    pub(super) child: Child,
    /// Address of the HTTP door.
    pub(crate) http: String,
    /// Address of the MLLP door.
    pub(crate) mllp: String,
    /// From start to "ready".
    pub(crate) ready_after: Duration,
}

impl Host {
    /// Ends the process as a power cut would.
    pub(crate) async fn kill(mut self) -> Result<(), String> {
        self.end().await
    }

    /// The same where another takes its place.
    pub(crate) async fn end(&mut self) -> Result<(), String> {
        self.child.kill().await.map_err(|why| why.to_string())
    }

    /// The process.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// A connection of a clinician's.
    pub(crate) async fn client(&self) -> Result<Client, String> {
        self.signed_in(CLINICIAN).await
    }

    async fn signed_in(&self, (account, password): (&str, &str)) -> Result<Client, String> {
        Client::connect(&self.http)
            .await?
            .sign_in(account, password)
            .await
    }

    /// Resident memory in bytes: `VmRSS` of the process.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        self.memory("VmRSS:")
    }

    /// The most resident memory so far, in bytes: `VmHWM` of the process.
    pub(crate) fn peak_bytes(&self) -> Option<u64> {
        self.memory("VmHWM:")
    }

    /// Waits until the host has nothing left to do: departmentals have reacted to what was written.
    pub(crate) async fn at_rest(&self) -> Result<(), String> {
        let since = Instant::now();
        let mut quiet = 0;
        let mut before = self.ticks()?;
        while quiet < 3 {
            tokio::time::sleep(LOOK).await;
            let now = self.ticks()?;
            quiet = if now - before <= TICKS_AT_REST {
                quiet + 1
            } else {
                0
            };
            before = now;
            if since.elapsed() > REST_MAX {
                return Err(format!("the host is busy still after {REST_MAX:?}"));
            }
        }
        Ok(())
    }

    /// Ticks of the system's clock that the process has had: `utime` and `stime`.
    fn ticks(&self) -> Result<u64, String> {
        let number = self.child.id().ok_or("the host has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{number}/stat"));
        let stat = stat.map_err(|why| why.to_string())?;
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let times = fields.split_whitespace().skip(11).take(2);
        times
            .map(|ticks| ticks.parse::<u64>().map_err(|why| why.to_string()))
            .sum()
    }

    fn memory(&self, name: &str) -> Option<u64> {
        memory(&self.child.id()?.to_string(), name)
    }
}

/// Resident memory of a process by its number or as `self`, in bytes.
pub(crate) fn resident_bytes(process: &str) -> Option<u64> {
    memory(process, "VmRSS:")
}

fn memory(process: &str, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kib: Option<u64> = line.split_whitespace().nth(1)?.parse().ok();
    kib.map(|kib| kib * 1024)
}
