//! Room on the server's disk that is taken beforehand, so that reads can still be noted down when the disk is full.
//!
//! Invariant: giving it back writes no new page, so that it can be done on a full disk.

use deadpool_postgres::Object;
use tokio_postgres::Error;

use super::connection::failed;
use crate::limits::RESERVE_BYTES;
use crate::store::StoreError;

/// The number of the advisory lock under which hosts look after the reserve.
const LOOKING_AFTER: i64 = 0x7061_6c62;
/// Bytes of one page of a table.
const PAGE_BYTES: u64 = 8_192;
/// Rows of one number that fill a page to a tenth, rounded up; the rest stays empty, which costs room but little log.
const ROWS_PER_PAGE: u64 = 24;

/// Gives the whole reserve back; false when there is none. The table is dropped, since emptying it would begin a new file.
pub(super) async fn spend(connection: &mut Object) -> Result<bool, StoreError> {
    dropped(connection)
        .await
        .map_err(|error| failed("giving back the reserve", error))
}

async fn dropped(connection: &mut Object) -> Result<bool, Error> {
    let transaction = connection.transaction().await?;
    lock(&transaction).await?;
    let there = size(&transaction).await? > 0;
    if there {
        transaction.batch_execute("DROP TABLE reserve").await?;
    }
    transaction.commit().await?;
    Ok(there)
}

/// Takes the whole room again; false when the disk does not have it.
pub(super) async fn restore(connection: &mut Object) -> Result<bool, StoreError> {
    match filled(connection)
        .await
        .map_err(|error| failed("taking the reserve", error))
    {
        Ok(()) => Ok(true),
        Err(StoreError::Full { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn filled(connection: &mut Object) -> Result<(), Error> {
    let transaction = connection.transaction().await?;
    lock(&transaction).await?;
    if size(&transaction).await? >= i64::try_from(RESERVE_BYTES).unwrap_or(i64::MAX) {
        return Ok(());
    }
    let rows = RESERVE_BYTES / PAGE_BYTES * ROWS_PER_PAGE;
    let sql = format!(
        "DROP TABLE IF EXISTS reserve; CREATE TABLE reserve (n BIGINT) WITH (fillfactor = 10); \
         INSERT INTO reserve SELECT generate_series(1, {rows})"
    );
    transaction.batch_execute(&sql).await?;
    transaction.commit().await
}

async fn lock(transaction: &deadpool_postgres::Transaction<'_>) -> Result<(), Error> {
    let sql = format!("SELECT pg_advisory_xact_lock({LOOKING_AFTER})");
    transaction.batch_execute(&sql).await
}

/// Bytes that the reserve takes; 0 when there is none.
async fn size(transaction: &deadpool_postgres::Transaction<'_>) -> Result<i64, Error> {
    let sql = "SELECT coalesce(pg_relation_size(to_regclass('reserve')), 0)";
    Ok(transaction.query_one(sql, &[]).await?.get(0))
}
