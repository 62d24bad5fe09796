//! The last commit of each feed, as a database finds it.
//!
//! Invariant: a feed's last commit is found by an index, however long its history is.

use crate::store::Reply;
use crate::store::row::CommitRow;

/// The columns of a commit, as `commit_row` reads them.
pub(super) const COMMIT: &str =
    "c.t, c.at_ms, c.v_last, c.seq_last, c.site, c.account, c.role, c.basis";

/// A database that tells when feeds were last heard from.
pub(crate) trait HeardStore: Send + Sync + 'static {
    /// The last commit of each feed up to commit `t`, in order of their accounts.
    fn heard(&self, t: i64) -> Reply<'_, Vec<CommitRow>>;
    /// The last commit of each feed up to commit `t` that wrote in a compartment, in order of their accounts.
    fn heard_in(&self, compartment: i64, t: i64) -> Reply<'_, Vec<CommitRow>>;
}

/// Steps from one account to the next, so that no more of the index is read than there are feeds. `{t}` is the parameter.
pub(super) fn everywhere(t: &str, n_max: usize) -> String {
    format!(
        "WITH RECURSIVE feed(account) AS (\
           SELECT MIN(account) FROM commits WHERE role = 'feed' \
           UNION ALL SELECT (SELECT MIN(n.account) FROM commits n WHERE n.role = 'feed' AND n.account > feed.account) \
           FROM feed WHERE feed.account IS NOT NULL) \
         SELECT {COMMIT} FROM feed JOIN commits c ON c.t = (\
           SELECT MAX(l.t) FROM commits l WHERE l.role = 'feed' AND l.account = feed.account AND l.t <= {t}) \
         WHERE feed.account IS NOT NULL ORDER BY c.account LIMIT {n_max}"
    )
}

/// As [`everywhere`], of what was written in a compartment.
pub(super) fn within(compartment: &str, t: &str, n_max: usize) -> String {
    format!(
        "SELECT {COMMIT} FROM commits c JOIN (\
           SELECT MAX(w.t) AS last FROM version v JOIN commits w ON w.t = v.from_t \
           WHERE v.compartment = {compartment} AND v.compartment > 0 AND v.from_t <= {t} AND w.role = 'feed' \
           GROUP BY w.account) newest ON c.t = newest.last \
         ORDER BY c.account LIMIT {n_max}"
    )
}
