//! What else is recorded where a collection time was set right: the tubes made of that one follow it.

use super::write::write;
use crate::containers::{self, Container};
use crate::custody::events::event::{Act, CustodyEvent, CustodyEventId};
use crate::custody::rules::collection_time::KINDS;
use crate::db::{DbError, Tx};

/// All that was made of the tube was drawn with it: each gets an event of its own, so that its
/// history says why its age is another one.
pub(in crate::custody) fn follow(
    tx: &mut Tx<'_>,
    act: &mut Act,
    event: &CustodyEvent,
    before: &Container,
    tube: &Container,
) -> Result<(), DbError> {
    for child in containers::store::made_of(tx, tube.id)? {
        let same = CustodyEvent {
            container_id: child.id,
            seq: child.event_count + 1,
            event_id: CustodyEventId::new(),
            kind: KINDS[1],
            from_status: child.status,
            to_status: child.status,
            custodian_id: child.custodian_id,
            corrects: None,
            data: serde_json::json!({
                "parent": tube.id, "collected_at_before": before.collected_at,
                "collected_at": tube.collected_at,
            })
            .to_string()
            .into(),
            request_hash: vec![],
            ..event.clone()
        };
        let after =
            Container { collected_at: tube.collected_at, event_count: same.seq, ..child.clone() };
        write(tx, act, same, Some(&child), &after)?;
    }
    Ok(())
}
