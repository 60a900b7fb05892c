//! Writing an event down: the only way.

use super::store;
use crate::containers::{self, Container};
use crate::custody::events::event::{Act, CustodyEvent};
use crate::custody::events::fold;
use crate::db::{DbError, Tx};
use crate::ledger;

/// The three rows of the next event of an act: itself, with the whole change in it, the projection, the log's entry.
/// `before`: the container, unless this event is its first.
pub(crate) fn write(
    tx: &mut Tx<'_>,
    act: &mut Act,
    event: CustodyEvent,
    before: Option<&Container>,
    after: &Container,
) -> Result<CustodyEvent, DbError> {
    let event = event.of(act);
    let told = &fold::told(&event, before, after);
    store::append(tx, told)?;
    containers::store::save(tx, before, after)?;
    ledger::append(tx, told.event_id.0, told.recorded_at, &told.body());
    Ok(event)
}
