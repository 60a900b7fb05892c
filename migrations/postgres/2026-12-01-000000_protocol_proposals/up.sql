-- Who proposed that the network use a protocol, and why; approved by another person (BR-33).
CREATE TABLE protocol_proposals (
    id uuid NOT NULL,
    protocol_id text NOT NULL,
    catalogue_version text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES people (id),
    proposed_at timestamptz NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (protocol_id, catalogue_version)
);
CREATE TRIGGER protocol_proposals_append_only BEFORE UPDATE OR DELETE ON protocol_proposals FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER protocol_proposals_no_truncate BEFORE TRUNCATE ON protocol_proposals FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- The audit log is asked for by days.
CREATE INDEX audit_log_by_at ON audit_log (at);
