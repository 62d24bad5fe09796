//! The log cut after a commit, on a database that nobody serves: what `restore --to` leaves is what stood there.
//!
//! Invariant: no row of a later commit remains, what it ended stands again, and every cursor is where the log says it was.

use std::collections::{HashMap, HashSet};

use fhir::search_parameter::added::FIRST;

use crate::commit::basis;
use crate::departmental::call_log;
use crate::parameter::active::{self, Told};
use crate::store::row::Head;
use crate::store::scan::{RISING, Scan};
use crate::store::{Place, StoreError, postgres, sqlite};
use crate::subscription;

/// What is to be cut.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    /// Where the record ends before.
    pub(crate) from: Head,
    /// Where it ends afterwards.
    pub(crate) to: Head,
    /// Where cursors stood that the later commits moved; `None`: they had never moved.
    pub(crate) cursors: HashMap<String, Option<i64>>,
    /// The last leaf whose call had been pruned, as the leaves say that were there; 0 when none had been.
    pub(crate) calls_pruned: i64,
    /// What the log knows of added search parameters where it ends.
    pub(crate) added: Told,
}

impl Cut {
    /// How many commits go.
    pub(crate) fn commits(&self) -> i64 {
        self.from.t - self.to.t
    }

    /// How many leaves go.
    pub(crate) fn leaves(&self) -> i64 {
        self.from.leaf - self.to.leaf
    }
}

/// What has to go for a record to end at commit `t`.
pub(crate) async fn planned(scan: &dyn Scan, t: i64) -> Result<Cut, StoreError> {
    let from = scan.head().await?;
    let mut to = Head {
        t,
        ..Head::default()
    };
    let mut moved: HashSet<String> = scan.cursors_beyond(t).await?.into_iter().collect();
    let mut commits = scan.commits(&from);
    while let Some(commit) = commits.next().await? {
        if commit.t > t {
            moved.extend(basis::cursor(&commit).map(|(name, _)| name));
        } else {
            (to.v, to.seq, to.at_ms) = (commit.v_last, commit.seq_last, commit.at_ms);
        }
    }
    let mut cursors: HashMap<String, Option<i64>> =
        moved.into_iter().map(|name| (name, None)).collect();
    if !cursors.is_empty() {
        let mut commits = scan.commits(&to);
        while let Some(commit) = commits.next().await? {
            if let Some((name, at)) = basis::cursor(&commit)
                && let Some(stood) = cursors.get_mut(&name)
            {
                *stood = Some(at);
            }
        }
    }
    // Who counts events goes on where the record ends; the numbers that were given are not given again.
    if let Some(stood) = cursors.get_mut(subscription::CURSOR) {
        *stood = Some(subscription::cursor_after(t));
    }
    let mut leaves = scan.leaves(&from);
    let (mut ended, mut calls_pruned) = (false, 0);
    while let Some(leaf) = leaves.next().await? {
        calls_pruned = calls_pruned.max(call_log::pruned_upto(&leaf).unwrap_or_default());
        ended = ended || leaf.t > t;
        if !ended {
            (to.leaf, to.leaf_digest) = (leaf.n, leaf.digest);
        }
    }
    let added = active::scanned(scan, &to).await?;
    Ok(Cut {
        from,
        to,
        cursors,
        calls_pruned,
        added,
    })
}

/// Cuts. Sessions end and the pages of searches are forgotten, since what they lead to may be gone.
pub(crate) async fn carry_out(place: &Place, cut: &Cut) -> Result<(), StoreError> {
    match place {
        Place::Sqlite(folder) => {
            let (folder, cut) = (folder.clone(), cut.clone());
            let done = tokio::task::spawn_blocking(move || sqlite::backup::cut(&folder, &cut));
            done.await.map_err(|_| StoreError::Closed)?
        }
        Place::Postgres(url) => postgres::backup::cut(url, cut).await,
    }
}

/// What both databases are told, in order.
pub(crate) fn statements(cut: &Cut) -> Vec<String> {
    let Head {
        t, v, seq, leaf, ..
    } = cut.to;
    let mut all = Vec::new();
    // What later commits added is not in the log any longer; what earlier ones did keeps its rows.
    let mut numbers = vec!["0".to_owned()];
    numbers.extend(cut.added.numbers.iter().map(u32::to_string));
    let numbers = numbers.join(", ");
    for table in ["index_term", "index_text", "index_date", "index_amount"] {
        all.push(format!("DELETE FROM {table} WHERE from_t > {t}"));
        all.push(format!(
            "DELETE FROM {table} WHERE parameter >= {FIRST} AND parameter NOT IN ({numbers})"
        ));
        all.push(format!("UPDATE {table} SET to_t = NULL WHERE to_t > {t}"));
    }
    all.extend([
        format!("DELETE FROM version WHERE v > {v} OR from_t > {t}"),
        format!("DELETE FROM resource WHERE {RISING} > {seq}"),
        format!("DELETE FROM message WHERE t > {t}"),
        format!("DELETE FROM message_fate WHERE from_t > {t}"),
        format!("UPDATE message_fate SET to_t = NULL WHERE to_t > {t}"),
        format!("DELETE FROM message_number WHERE message > {t}"),
        format!("UPDATE message_number SET to_t = NULL WHERE to_t > {t}"),
        "DELETE FROM message_sender".to_owned(),
        "INSERT INTO message_sender (site, source, received, last_at) \
         SELECT site, source, count(*), max(received_at) FROM message GROUP BY site, source"
            .to_owned(),
        format!("DELETE FROM commits WHERE t > {t}"),
        format!("DELETE FROM call WHERE n > {leaf}"),
        // Numbers of messages that went out are not given again.
        format!("DELETE FROM sending WHERE t > {t}"),
        format!("UPDATE sending_place SET t = {t} WHERE t > {t}"),
        format!("DELETE FROM subscription_event WHERE t > {t}"),
        // Pointers may have been given other versions since.
        "DELETE FROM document_copy".to_owned(),
        // Sessions, and what signs the cursors of pages.
        "DELETE FROM shelf WHERE shelf = 2 OR (shelf = 4 AND name = 'cursor')".to_owned(),
    ]);
    all
}
