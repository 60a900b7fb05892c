//! The rows of results as they are: versions, signatures and acknowledgements, which are
//! append-only, and their projection.

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::codes::Licence;
use crate::containers::ContainerId;
use crate::db::{DbError, Instant};
use crate::ledger::Body;
use crate::patients::PatientId;
use crate::people::UserId;
use crate::results::entry::input::Record;
use crate::results::words::{Assay, Critical, Denominator, HeadState, Meaning};
use crate::schema::{result_acknowledgements, result_heads, result_signatures, result_versions};
use crate::sites::SiteId;
use crate::studies::{StudyId, StudyKind};

crate::id_type! {
    /// A version of a result.
    VersionId
}
crate::id_type! {
    /// A signature on a version of a result.
    SignatureId
}
crate::id_type! {
    /// That somebody took note of a critical result.
    AcknowledgementId
}

/// A version: never changed.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = result_versions)]
#[allow(missing_docs)]
pub struct Version {
    pub id: VersionId,
    pub study_id: StudyId,
    pub container_id: ContainerId,
    pub patient_id: PatientId,
    pub kind: StudyKind,
    pub version: i32,
    pub assay: Assay,
    pub denominator: Option<Denominator>,
    pub events_k: Option<i64>,
    pub events_n: Option<i64>,
    pub lod_events: Option<i64>,
    pub loq_events: Option<i64>,
    pub required_ppm: Option<i64>,
    pub status: String,
    pub critical: Option<Critical>,
    pub protocol_id: Option<String>,
    pub protocol_version: Option<String>,
    pub timepoint_id: Option<String>,
    pub supersedes: Option<VersionId>,
    pub reason: Option<String>,
    pub analyst_id: UserId,
    pub recorded_at: Instant,
    pub body: String,
    /// SHA-256 of what was sent; empty for a version from before it was kept.
    pub request_hash: Vec<u8>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Version {
    /// What the version says, as it was stored and signed.
    pub fn record(&self) -> Result<Record, DbError> {
        serde_json::from_str(&self.body)
            .map_err(|e| DbError::Corrupt(format!("result {}: {e}", self.id)))
    }
    /// Whether the age in it was computed with another collection time than `now`, the sample's
    /// own: it was corrected after the counts were entered.
    pub fn is_retimed(&self, now: Option<Instant>) -> bool {
        let Ok(record) = self.record() else { return false };
        let then = match &record.sample {
            Some(sample) => sample.collected_at,
            // The first results kept the age alone, counted to when they were entered.
            None => record.age_s.map(|s| self.recorded_at.plus_seconds(-s)),
        };
        match (then, now) {
            // The age is in whole seconds.
            (Some(then), Some(now)) => then.seconds_since(now).abs() > 1,
            (then, now) => then.is_some() != now.is_some(),
        }
    }
    /// What a signature binds: SHA-256 of the log's body.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.log_body().to_json()).to_vec()
    }
    /// The body that the log binds: every column.
    pub fn log_body(&self) -> Body {
        let Self {
            id,
            study_id,
            container_id,
            patient_id,
            kind,
            version,
            assay,
            denominator,
            events_k,
            events_n,
            lod_events,
            loq_events,
            required_ppm,
            status,
            critical,
            protocol_id,
            protocol_version,
            timepoint_id,
            supersedes,
            reason,
            analyst_id,
            recorded_at,
            body,
            request_hash,
        } = self;
        Body::new("result", 1)
            .text("event", "version")
            .text("id", id)
            .text("study", study_id)
            .text("container", container_id)
            .text("patient", patient_id)
            .text("kind", kind)
            .int("version", (*version).into())
            .text("assay", assay)
            .maybe("denominator", *denominator)
            .maybe_int("k", *events_k)
            .maybe_int("n", *events_n)
            .maybe_int("lod_events", *lod_events)
            .maybe_int("loq_events", *loq_events)
            .maybe_int("required_ppm", *required_ppm)
            .text("status", status)
            .maybe("critical", *critical)
            .maybe("protocol", protocol_id.as_ref())
            .maybe("protocol_version", protocol_version.as_ref())
            .maybe("timepoint", timepoint_id.as_ref())
            .maybe("supersedes", *supersedes)
            .maybe("reason", reason.as_ref())
            .text("analyst", analyst_id)
            .text("recorded_at", recorded_at)
            .text("body", body)
            .maybe("request", Some(hex(request_hash)).filter(|h| !h.is_empty()))
    }
}

/// A signature: name, time, meaning, bound to the hash of what was signed.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = result_signatures)]
#[allow(missing_docs)]
pub struct Signature {
    pub id: SignatureId,
    pub version_id: VersionId,
    pub person_id: UserId,
    pub meaning: Meaning,
    pub signed_at: Instant,
    pub record_hash: Vec<u8>,
    pub note: Option<String>,
    /// The signer's professional licence as it was then; not of signatures from before it was kept.
    pub licence: Option<Licence>,
}

impl Signature {
    /// The body that the log binds. One without a licence reads as it did before there were any.
    pub fn log_body(&self) -> Body {
        let Self { id, version_id, person_id, meaning, signed_at, record_hash, note, licence } =
            self;
        let body = Body::new("result", 1)
            .text("event", "signature")
            .text("id", id)
            .text("version", version_id)
            .text("person", person_id)
            .text("meaning", meaning)
            .text("signed_at", signed_at)
            .text("hash", hex(record_hash))
            .maybe("note", note.as_ref());
        match licence {
            Some(licence) => body.text("licence", licence),
            None => body,
        }
    }
}

/// An acknowledgement by name (BR-25).
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = result_acknowledgements)]
#[allow(missing_docs)]
pub struct Acknowledgement {
    pub id: AcknowledgementId,
    pub version_id: VersionId,
    pub person_id: UserId,
    pub at: Instant,
    pub note: Option<String>,
}

impl Acknowledgement {
    /// The body that the log binds.
    pub fn log_body(&self) -> Body {
        let Self { id, version_id, person_id, at, note } = self;
        Body::new("result", 1)
            .text("event", "acknowledgement")
            .text("id", id)
            .text("version", version_id)
            .text("person", person_id)
            .text("at", at)
            .maybe("note", note.as_ref())
    }
}

/// Where a study's result stands.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = result_heads, treat_none_as_null = true)]
#[allow(missing_docs)]
pub struct Head {
    pub study_id: StudyId,
    pub patient_id: PatientId,
    pub centre_id: SiteId,
    pub laboratory_id: SiteId,
    pub latest_id: VersionId,
    pub released_id: Option<VersionId>,
    pub state: HeadState,
    pub critical: Option<Critical>,
    pub acknowledged_id: Option<VersionId>,
    pub updated_at: Instant,
    /// When the version that holds was released, if another one had been released before it.
    pub amended_at: Option<Instant>,
}

impl Head {
    /// Another version of what was released waits to be validated, or was sent back: what holds may soon be
    /// another answer.
    pub fn is_being_amended(&self) -> bool {
        self.released_id.is_some_and(|released| released != self.latest_id)
    }
    /// A critical result that nobody has acknowledged by name (BR-25).
    pub fn waits_for_acknowledgement(&self) -> bool {
        self.critical.is_some()
            && self.released_id.is_some()
            && self.acknowledged_id != self.released_id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the log bound before licences were kept must read as it did, byte for byte.
    #[test]
    fn a_signature_without_a_licence_reads_as_before() {
        let id = |n: u128| uuid::Uuid::from_u128(n);
        let mut signature = Signature {
            id: SignatureId(id(1)),
            version_id: VersionId(id(2)),
            person_id: UserId(id(3)),
            meaning: Meaning::Released,
            signed_at: "2026-03-03T12:00:00Z".parse().unwrap(),
            record_hash: vec![0xab, 0x01],
            note: None,
            licence: None,
        };
        let uuid = |n: u32| format!("00000000-0000-0000-0000-{n:012}");
        let of = |licence: &str| {
            format!(
                r#"{{"event":"signature","hash":"ab01","id":"{}",{licence}"log":"result","meaning":"released","note":null,"person":"{}","signed_at":"{}","v":1,"version":"{}"}}"#,
                uuid(1),
                uuid(3),
                signature.signed_at,
                uuid(2)
            )
        };
        let (without, with) = (of(""), of(r#""licence":"7654321","#));
        assert_eq!(signature.log_body().to_json(), without);
        signature.licence = Some("7654321".parse().unwrap());
        assert_eq!(signature.log_body().to_json(), with);
    }
}
