//! Folding SQLite's log of changes into its file: mostly beside the writer, now and then by the writer itself.
//!
//! Invariant: the log stays bounded. Only while nobody writes can it be folded in whole and begin anew, so when it has grown
//! the writer does the rest, of which the thread beside it has left little.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::Connection;

use crate::limits;

thread_local! {
    /// Pages in the log after this thread's last commit.
    static PAGES: Cell<usize> = const { Cell::new(0) };
}

/// The writer's side.
pub(super) struct Fold {
    tell: SyncSender<()>,
    /// At how many pages the thread beside is told next, and at how many the writer folds.
    next: usize,
    full: usize,
}

/// The two sides: the writer's, and what the thread beside it works on.
pub(super) fn fold() -> (Fold, Receiver<()>) {
    let (tell, told) = sync_channel(1);
    let fold = Fold {
        tell,
        next: limits::FOLD_PAGES,
        full: limits::FOLD_PAGES_MAX,
    };
    (fold, told)
}

/// Has the log's length told to this thread after each commit.
pub(super) fn watch(connection: &Connection) {
    connection.wal_hook(Some(|_, pages| {
        PAGES.set(usize::try_from(pages).unwrap_or(0));
        Ok(())
    }));
}

impl Fold {
    /// Looks at the log after a commit.
    pub(super) fn look(&mut self, connection: &Connection) {
        let pages = PAGES.get();
        if pages < self.next.saturating_sub(limits::FOLD_PAGES) {
            // It began anew.
            self.next = limits::FOLD_PAGES;
            self.full = limits::FOLD_PAGES_MAX;
        }
        if pages >= self.full {
            passive(connection);
            // A reader may hold it back: then it is tried again when there is more to fold.
            self.full = pages + limits::FOLD_PAGES;
        } else if pages >= self.next {
            self.next = pages + limits::FOLD_PAGES;
            // It has been told already when it cannot be told.
            let _ = self.tell.try_send(());
        }
    }
}

/// Works until the writer has gone.
pub(super) fn work(connection: &Connection, told: &Receiver<()>) {
    while told.recv().is_ok() {
        passive(connection);
    }
}

/// What cannot be folded now is folded the next time, or at the next start.
fn passive(connection: &Connection) {
    let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}
