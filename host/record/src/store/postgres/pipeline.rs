//! The statements of one transaction, sent one behind the other without waiting for each other's answers.
//!
//! Invariant: they reach the server in the order in which they were added, and `COMMIT` behind all of them; where one
//! could not be sent, `COMMIT` is not sent either.

use std::future::poll_fn;
use std::task::Poll;

use deadpool_postgres::ClientWrapper;
use futures_util::future::maybe_done;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};

/// The values of a statement.
pub(super) type Values<'a> = Vec<Box<dyn ToSql + Sync + Send + 'a>>;

/// What a transaction is to do.
#[derive(Default)]
pub(super) struct Pipeline<'a> {
    statements: Vec<(&'static str, Values<'a>)>,
}

impl<'a> Pipeline<'a> {
    /// Adds a statement that writes so many rows, unless there are none.
    pub(super) fn add(&mut self, rows: usize, sql: &'static str, values: Values<'a>) {
        if rows > 0 {
            self.statements.push((sql, values));
        }
    }

    /// Carries out all of it and ends the transaction, which was begun on this connection.
    ///
    /// # Errors
    /// Why the first that failed did; then nothing is committed, unless the connection broke at the end.
    pub(super) async fn commit(&self, client: &ClientWrapper) -> Result<(), Error> {
        let mut prepared: Vec<(Statement, &Values<'a>)> = Vec::with_capacity(self.statements.len());
        for (sql, values) in &self.statements {
            prepared.push((client.prepare_cached(sql).await?, values));
        }
        let mut sent = Vec::with_capacity(prepared.len());
        for (statement, values) in prepared {
            let mut one = Box::pin(maybe_done(executed(client, statement, values)));
            // Asked for once, it is on its way. What is answered that soon could not be sent.
            let at_once = poll_fn(|context| Poll::Ready(one.as_mut().poll(context))).await;
            if at_once.is_ready() {
                one.as_mut().take_output().unwrap_or(Ok(()))?;
            }
            sent.push(one);
        }
        let committed = client.batch_execute("COMMIT").await;
        let mut failed: Option<Error> = None;
        for mut one in sent {
            one.as_mut().await;
            if let Some(Err(error)) = one.as_mut().take_output()
                && failed.as_ref().is_none_or(is_of_another)
            {
                failed = Some(error);
            }
        }
        failed.map_or(committed, Err)
    }
}

async fn executed(
    client: &ClientWrapper,
    statement: Statement,
    values: &Values<'_>,
) -> Result<(), Error> {
    let values: Vec<&(dyn ToSql + Sync)> = values
        .iter()
        .map(|value| -> &(dyn ToSql + Sync) { value.as_ref() })
        .collect();
    client.execute(&statement, &values).await.map(drop)
}

/// Whether it only says that a statement before had failed.
fn is_of_another(error: &Error) -> bool {
    error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION)
}
