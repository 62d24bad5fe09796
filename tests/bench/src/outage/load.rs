//! The load of the drill: interface engines that send one message after the other until each is acknowledged.
//!
//! Invariant: each sender tells of one patient; what a message tells is its own number, so a patient's versions show which
//! came when.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::mllp::Sender;

/// Senders, each with a connection and a patient of its own.
pub(super) const SENDERS: u64 = 8;
/// Wait before a message that was not acknowledged is sent again.
const AGAIN: Duration = Duration::from_millis(50);
/// How long a sender waits for an acknowledgement before it sends again.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Marks the patients of the drill.
const SYSTEM: &str = "urn:palatine:outage";

/// Senders at work.
pub(super) struct Load {
    shared: Arc<Shared>,
    tell: watch::Sender<String>,
    senders: JoinSet<Result<(u64, u64), String>>,
}

/// What all senders share.
struct Shared {
    /// Where the MLLP door is now; it is another after each start.
    door: watch::Receiver<String>,
    stop: AtomicBool,
    acknowledged: AtomicU64,
    sent_again: AtomicU64,
}

impl Load {
    /// Begins to send to this door.
    pub(super) fn begin(door: &str) -> Self {
        let (tell, door) = watch::channel(door.to_owned());
        let shared = Arc::new(Shared {
            door,
            stop: AtomicBool::new(false),
            acknowledged: AtomicU64::new(0),
            sent_again: AtomicU64::new(0),
        });
        let mut senders = JoinSet::new();
        for patient in 0..SENDERS {
            senders.spawn(send_on(Arc::clone(&shared), patient));
        }
        Self {
            shared,
            tell,
            senders,
        }
    }

    /// Sends to this door from now on.
    pub(super) fn turn_to(&self, door: &str) {
        self.tell.send_replace(door.to_owned());
    }

    /// How many messages were acknowledged until now.
    pub(super) fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::SeqCst)
    }

    /// How many sendings were not acknowledged.
    pub(super) fn sent_again(&self) -> u64 {
        self.shared.sent_again.load(Ordering::SeqCst)
    }

    /// Ends when each has what it sent acknowledged: of each patient, the number of the last message.
    pub(super) async fn end(&mut self) -> Result<HashMap<u64, u64>, String> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut last = HashMap::new();
        while let Some(ended) = self.senders.join_next().await {
            let (patient, n) = ended.map_err(|why| why.to_string())??;
            last.insert(patient, n);
        }
        Ok(last)
    }
}

/// Sends one message about a patient after the other; the patient, and the number of the last that was acknowledged.
async fn send_on(shared: Arc<Shared>, patient: u64) -> Result<(u64, u64), String> {
    let mut connection = None;
    let mut n = 0;
    while !shared.stop.load(Ordering::SeqCst) {
        let message = message(patient, n + 1);
        while !acknowledged(&shared, &mut connection, &message).await? {
            shared.sent_again.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(AGAIN).await;
        }
        n += 1;
        shared.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    Ok((patient, n))
}

/// Sends a message once. Whether it was acknowledged; if not, nobody knows whether it was kept.
async fn acknowledged(
    shared: &Shared,
    connection: &mut Option<Sender>,
    message: &str,
) -> Result<bool, String> {
    let door = shared.door.borrow().clone();
    if connection.is_none() {
        *connection = Sender::connect(&door).await.ok();
    }
    let Some(sender) = connection else {
        return Ok(false);
    };
    let answered = tokio::time::timeout(ANSWER_MAX, sender.send(message)).await;
    match answered.as_ref().map(|it| it.as_deref()) {
        Ok(Ok("AA")) => Ok(true),
        // The database is away.
        Ok(Ok("AE" | "AR")) => Ok(false),
        Ok(Ok(code)) => Err(format!("a message was answered {code}")),
        Ok(Err(_)) | Err(_) => {
            *connection = None;
            Ok(false)
        }
    }
}

/// Which patient of the drill this is, and which message this version came from.
pub(super) fn told(body: &str) -> Option<(u64, u64)> {
    let body: Value = serde_json::from_str(body).ok()?;
    let mut identifiers = body["identifier"].as_array()?.iter();
    let ours = identifiers.find(|it| it["system"] == SYSTEM)?;
    let number = body["name"][0]["given"][0].as_str()?;
    Some((
        ours["value"].as_str()?.parse().ok()?,
        number.strip_prefix('N')?.parse().ok()?,
    ))
}

/// The message with this number about a patient, who is given it as a name.
fn message(patient: u64, n: u64) -> String {
    let second = n % 60;
    let minute = n / 60 % 60;
    let (hour, day) = (n / 3_600 % 24, 1 + n / 86_400);
    let at = format!("202611{day:02}{hour:02}{minute:02}{second:02}");
    format!(
        "MSH|^~\\&|PAS|RXR|PALATINE|REGION|{at}||ADT^A08|O{patient}-{n}|P|2.4\r\
         EVN|A08|{at}\r\
         PID|1||{patient}^^^&{SYSTEM}&URI^PI||OUTAGE{patient}^N{n}||19600101|F\r\
         PV1|1|N\r"
    )
}
