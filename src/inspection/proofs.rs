//! Proofs that an event is in the log, for whoever may see what the event is about, and for
//! auditors and quality (`domain.md` 14, "Audit trail").

use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Action, Entry, Outcome};
use crate::custody::store::CustodySource;
use crate::db::{Conn, DbError};
use crate::doubts::DoubtSource;
use crate::ledger::{self, KeySource, RowSource, Source};
use crate::patients::relation::CareSource;
use crate::patients::store::IdentitySource;
use crate::people::rights::{Place, Right, may};
use crate::people::{Caller, Scope};
use crate::results::ResultSource;
use crate::studies::StudySource;
use crate::studies::attachment::AttachmentSource;
use crate::web::Problem;

/// Every capability whose events are in the log.
pub fn sources() -> Vec<Box<dyn Source>> {
    vec![
        Box::new(IdentitySource),
        Box::new(CareSource),
        Box::new(StudySource),
        Box::new(AttachmentSource),
        Box::new(CustodySource),
        Box::new(DoubtSource),
        Box::new(ResultSource),
        Box::new(RowSource),
        Box::new(KeySource),
    ]
}

/// What an event is: nothing, out of reach, or to be proved.
enum Reach {
    Unknown,
    Outside,
    Inside,
}

/// By the log that the event is of: the container of a custody event, the child of an identity
/// event, the result of a result event must be in reach.
fn reach(conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<Reach, DbError> {
    let Some(log) = ledger::log_of_event(conn, event)? else { return Ok(Reach::Unknown) };
    if may(scope, Right::ReadAudit, Place::NETWORK).is_some() {
        return Ok(Reach::Inside);
    }
    let source = sources().into_iter().find(|s| s.log() == log);
    Ok(match source {
        Some(source) if source.may_see(conn, scope, event)? => Reach::Inside,
        _ => Reach::Outside,
    })
}

/// The proof of `event`. Out of reach it is as if it were not there (BR-27), and the attempt is
/// written down.
///
/// # Errors
/// 404, or what keeps the log from being signed.
pub async fn proof(app: &App, caller: &Caller, event: Uuid) -> Result<String, Problem> {
    let scope = caller.scope.clone();
    match app.db.read(move |c| reach(c, &scope, event)).await? {
        Reach::Unknown => return Err(Problem::not_found()),
        Reach::Outside => {
            let entry = Entry::new(caller, Action::ReadProof, "event", Some(event));
            let entry = entry.outcome(Outcome::OutOfScope);
            audit::write_down(&app.db, entry).await?;
            return Err(Problem::not_found());
        }
        Reach::Inside => {}
    }
    let proof = app.ledger.proof(&app.db, event, caller.now).await?;
    proof.ok_or_else(Problem::not_found)
}
