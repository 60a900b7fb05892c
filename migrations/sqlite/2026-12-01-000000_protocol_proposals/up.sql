-- Who proposed that the network use a protocol, and why; approved by another person (BR-33).
CREATE TABLE protocol_proposals (
    id BLOB NOT NULL CHECK (length(id) = 16),
    protocol_id TEXT NOT NULL,
    catalogue_version TEXT NOT NULL,
    proposed_by BLOB NOT NULL CHECK (length(proposed_by) = 16) REFERENCES people (id),
    proposed_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (protocol_id, catalogue_version)
) STRICT;
CREATE TRIGGER protocol_proposals_no_update BEFORE UPDATE ON protocol_proposals BEGIN SELECT RAISE(ABORT, 'append-only: protocol_proposals'); END;
CREATE TRIGGER protocol_proposals_no_delete BEFORE DELETE ON protocol_proposals BEGIN SELECT RAISE(ABORT, 'append-only: protocol_proposals'); END;

-- The audit log is asked for by days.
CREATE INDEX audit_log_by_at ON audit_log (at);
