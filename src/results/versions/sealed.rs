//! The events of results as the log has them, for `rastro verify`.

use std::collections::HashMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use uuid::Uuid;

use super::store::{
    Acknowledgement, AcknowledgementId, Signature, SignatureId, Version, VersionId, head,
};
use crate::db::{Conn, DbError};
use crate::ledger::Source;
use crate::people::Scope;
use crate::schema::{ledger_entries, result_acknowledgements, result_signatures, result_versions};
use crate::studies::StudyId;

/// Result events, for `rastro verify`.
pub struct ResultSource;

impl Source for ResultSource {
    fn log(&self) -> &'static str {
        "result"
    }
    fn bodies(&self, conn: &mut Conn, events: &[Uuid]) -> Result<HashMap<Uuid, String>, DbError> {
        let mut found = HashMap::new();
        let ids: Vec<VersionId> = events.iter().map(|e| VersionId(*e)).collect();
        let rows = result_versions::table
            .filter(result_versions::id.eq_any(ids))
            .select(Version::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|v| (v.id.0, v.log_body().to_json())));
        let ids: Vec<SignatureId> = events.iter().map(|e| SignatureId(*e)).collect();
        let rows = result_signatures::table
            .filter(result_signatures::id.eq_any(ids))
            .select(Signature::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|s| (s.id.0, s.log_body().to_json())));
        let ids: Vec<AcknowledgementId> = events.iter().map(|e| AcknowledgementId(*e)).collect();
        let rows = result_acknowledgements::table
            .filter(result_acknowledgements::id.eq_any(ids))
            .select(Acknowledgement::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|a| (a.id.0, a.log_body().to_json())));
        Ok(found)
    }
    /// Whoever may read the result: of a version, of its signatures and of who took note of it.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError> {
        let signed: Option<VersionId> = result_signatures::table
            .find(SignatureId(event))
            .select(result_signatures::version_id)
            .first(conn)
            .optional()?;
        let noted: Option<VersionId> = result_acknowledgements::table
            .find(AcknowledgementId(event))
            .select(result_acknowledgements::version_id)
            .first(conn)
            .optional()?;
        let version = signed.or(noted).unwrap_or(VersionId(event));
        let study: Option<StudyId> = result_versions::table
            .find(version)
            .select(result_versions::study_id)
            .first(conn)
            .optional()?;
        Ok(match study {
            Some(study) => head(conn, scope, study)?.is_some(),
            None => false,
        })
    }
    fn unlogged(&self, conn: &mut Conn) -> Result<Option<Uuid>, DbError> {
        let logged = ledger_entries::table
            .filter(ledger_entries::event_id.eq(result_versions::id))
            .select(ledger_entries::idx);
        let version: Option<VersionId> = result_versions::table
            .filter(not(exists(logged)))
            .select(result_versions::id)
            .first(conn)
            .optional()?;
        if let Some(id) = version {
            return Ok(Some(id.0));
        }
        let logged = ledger_entries::table
            .filter(ledger_entries::event_id.eq(result_signatures::id))
            .select(ledger_entries::idx);
        let signature: Option<SignatureId> = result_signatures::table
            .filter(not(exists(logged)))
            .select(result_signatures::id)
            .first(conn)
            .optional()?;
        if let Some(id) = signature {
            return Ok(Some(id.0));
        }
        let logged = ledger_entries::table
            .filter(ledger_entries::event_id.eq(result_acknowledgements::id))
            .select(ledger_entries::idx);
        let ack: Option<AcknowledgementId> = result_acknowledgements::table
            .filter(not(exists(logged)))
            .select(result_acknowledgements::id)
            .first(conn)
            .optional()?;
        Ok(ack.map(|id| id.0))
    }
}
