-- A centre that nobody has verified is a candidate: it can't be chosen until two people confirm it.
-- Sites that are there already are in use and stay so.
ALTER TABLE sites ADD COLUMN confirmed boolean NOT NULL DEFAULT true;
ALTER TABLE sites ADD COLUMN doubt_es text;
ALTER TABLE sites ADD COLUMN doubt_en text;

-- Every version of the catalogue that a server of this database took over, with its files; `base` is
-- the one that was in use before anybody decided.
CREATE TABLE catalogue_versions (
    version text NOT NULL,
    digest text NOT NULL,
    clinical_digest text NOT NULL,
    files text NOT NULL,
    base boolean NOT NULL,
    taken_at timestamptz NOT NULL,
    server text NOT NULL,
    PRIMARY KEY (version)
);
CREATE TRIGGER catalogue_versions_append_only BEFORE UPDATE OR DELETE ON catalogue_versions FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER catalogue_versions_no_truncate BEFORE TRUNCATE ON catalogue_versions FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- What became of a site: added, changed, retired, reopened, confirmed; by which catalogue or person.
CREATE TABLE site_events (
    id uuid NOT NULL,
    site_id uuid NOT NULL REFERENCES sites (id),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('added', 'changed', 'retired', 'reopened', 'doubted', 'confirmed')),
    detail text NOT NULL,
    catalogue_version text,
    person_id uuid REFERENCES people (id),
    PRIMARY KEY (id)
);
CREATE INDEX site_events_by_site_id ON site_events (site_id, id);
CREATE TRIGGER site_events_append_only BEFORE UPDATE OR DELETE ON site_events FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER site_events_no_truncate BEFORE TRUNCATE ON site_events FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- What one person proposed about the reference data, and what another decided.
CREATE TABLE reference_proposals (
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('catalogue', 'centre')),
    subject text NOT NULL,
    n integer NOT NULL,
    content text NOT NULL,
    reason text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES people (id),
    proposed_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (kind, subject, n)
);
CREATE TABLE reference_decisions (
    proposal_id uuid NOT NULL REFERENCES reference_proposals (id),
    decision text NOT NULL CHECK (decision IN ('approved', 'declined', 'withdrawn')),
    decided_by uuid NOT NULL REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    reason text,
    PRIMARY KEY (proposal_id)
);
CREATE TRIGGER reference_proposals_append_only BEFORE UPDATE OR DELETE ON reference_proposals FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER reference_proposals_no_truncate BEFORE TRUNCATE ON reference_proposals FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER reference_decisions_append_only BEFORE UPDATE OR DELETE ON reference_decisions FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER reference_decisions_no_truncate BEFORE TRUNCATE ON reference_decisions FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
