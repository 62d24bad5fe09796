//! A host that was started: its doors, its memory, and its end.

use std::time::Duration;

use tokio::process::Child;

use super::CLINICIAN;
use crate::client::Client;

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
