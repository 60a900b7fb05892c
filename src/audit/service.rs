//! Looking at what is audited.

use super::{Entry, store};
use crate::db::{Db, DbError, Reading};

/// Reads what a page or an answer shows, and gives it only once the log says that it was read. It
/// is read outside of the writer, so that however much it is, no scan waits for it; the writer gets
/// nothing but the row. `f` gives what it found with the row to be written; none where nothing is
/// there to be told of.
///
/// # Errors
/// What `f` returned, or the [`DbError`] that kept the row from being written: then nothing is shown.
pub async fn looked<T, E>(
    db: &Db,
    f: impl FnOnce(&mut Reading) -> Result<(T, Option<Entry>), E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    let (found, entry) = db.read(f).await?;
    if let Some(entry) = entry {
        write_down(db, entry).await?;
    }
    Ok(found)
}

/// Writes `entry` in a transaction of its own: of what changed nothing else.
///
/// # Errors
/// [`DbError`].
pub async fn write_down(db: &Db, entry: Entry) -> Result<(), DbError> {
    db.write(move |tx| store::record(tx, &entry)).await
}
