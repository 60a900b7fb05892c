//! Rows of attachments. The caller has found the request in reach.

use diesel::prelude::*;
use uuid::Uuid;

use super::model::{AttachmentId, AttachmentStep, MediaType, Sha256Hex};
use crate::db::{Conn, DbError, Instant, Kept, Unreadable, kept};
use crate::ledger::{Body, Source};
use crate::people::{Scope, UserId};
use crate::schema::study_attachments;
use crate::sites::SiteId;
use crate::studies::{Study, StudyId, store};

/// A step of an attachment: every column, as the log binds it.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = study_attachments)]
pub(super) struct Step {
    pub study_id: StudyId,
    /// Its number among the request's, from 1.
    pub seq: i64,
    pub event_id: AttachmentId,
    pub kind: AttachmentStep,
    /// Which attachment it is about, where it is not its own beginning.
    pub withdraws: Option<AttachmentId>,
    pub recorded_at: Instant,
    pub actor_id: UserId,
    /// Where who acted works.
    pub site_id: SiteId,
    pub sha256: Sha256Hex,
    pub media_type: MediaType,
    pub bytes: i64,
    /// What the report is; or why it was withdrawn.
    pub said: String,
}

impl Step {
    /// The body that the log binds.
    pub(super) fn body(&self) -> Body {
        let Self {
            study_id,
            seq,
            event_id,
            kind,
            withdraws,
            recorded_at,
            actor_id,
            site_id,
            sha256,
            media_type,
            bytes,
            said,
        } = self;
        Body::new("attachment", 1)
            .text("study", study_id)
            .int("seq", *seq)
            .text("id", event_id)
            .text("kind", kind)
            .maybe("withdraws", *withdraws)
            .text("recorded_at", recorded_at)
            .text("actor", actor_id)
            .text("site", site_id)
            .text("sha256", sha256)
            .text("media_type", media_type)
            .int("bytes", *bytes)
            .text("said", said)
    }
}

/// The steps of a request's attachments, oldest first, without those that can't be read.
pub(super) fn steps(
    conn: &mut Conn,
    study: &Study,
) -> Result<(Vec<Step>, Vec<Unreadable>), DbError> {
    let key = ("study_attachments", study_attachments::event_id);
    let rows: Vec<Kept<Step, AttachmentId>> = kept::load(conn, key, || {
        study_attachments::table
            .filter(study_attachments::study_id.eq(study.id))
            .order(study_attachments::seq)
    })?;
    Ok(Kept::apart(rows))
}

/// The number of the request's next step; the request is locked.
pub(super) fn next_seq(conn: &mut Conn, study: StudyId) -> Result<i64, DbError> {
    let of = study_attachments::table.filter(study_attachments::study_id.eq(study));
    let last: Option<i64> = of
        .order(study_attachments::seq.desc())
        .select(study_attachments::seq)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0) + 1)
}

/// Adds a step.
pub(super) fn add(conn: &mut Conn, step: &Step) -> Result<(), DbError> {
    diesel::insert_into(study_attachments::table).values(step.clone()).execute(conn)?;
    Ok(())
}

/// The files of all that was ever attached, each once and a thousand at a time: those after `after`, which is
/// nothing at first. For `rastro verify` and `rastro backup`.
///
/// # Errors
/// Also where a row can't be read: then nobody knows which file it is about.
pub fn digests(conn: &mut Conn, after: Option<&Sha256Hex>) -> Result<Vec<Sha256Hex>, DbError> {
    let mut all = study_attachments::table
        .select(study_attachments::sha256)
        .distinct()
        .order(study_attachments::sha256)
        .limit(1000)
        .into_boxed();
    if let Some(after) = after {
        all = all.filter(study_attachments::sha256.gt(after));
    }
    Ok(all.load(conn)?)
}

/// Events of attachments, for `rastro verify`.
pub struct AttachmentSource;

impl Source for AttachmentSource {
    fn log(&self) -> &'static str {
        "attachment"
    }
    /// Whoever may see the request.
    fn may_see(&self, conn: &mut Conn, scope: &Scope, event: Uuid) -> Result<bool, DbError> {
        let found: Option<StudyId> = study_attachments::table
            .filter(study_attachments::event_id.eq(AttachmentId(event)))
            .select(study_attachments::study_id)
            .first(conn)
            .optional()?;
        Ok(match found {
            Some(study) => store::find(conn, scope, study)?.is_some(),
            None => false,
        })
    }
    crate::logged_rows!(study_attachments, Step, AttachmentId);
}
