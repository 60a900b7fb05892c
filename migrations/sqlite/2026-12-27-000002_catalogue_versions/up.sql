-- A centre that nobody has verified is a candidate: it can't be chosen until two people confirm it.
-- Sites that are there already are in use and stay so.
ALTER TABLE sites ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 1 CHECK (confirmed IN (0, 1));
ALTER TABLE sites ADD COLUMN doubt_es TEXT;
ALTER TABLE sites ADD COLUMN doubt_en TEXT;

-- Every version of the catalogue that a server of this database took over, with its files; `base` is
-- the one that was in use before anybody decided.
CREATE TABLE catalogue_versions (
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    clinical_digest TEXT NOT NULL,
    files TEXT NOT NULL,
    base INTEGER NOT NULL CHECK (base IN (0, 1)),
    taken_at INTEGER NOT NULL,
    server TEXT NOT NULL,
    PRIMARY KEY (version)
) STRICT;
CREATE TRIGGER catalogue_versions_no_update BEFORE UPDATE ON catalogue_versions BEGIN SELECT RAISE(ABORT, 'append-only: catalogue_versions'); END;
CREATE TRIGGER catalogue_versions_no_delete BEFORE DELETE ON catalogue_versions BEGIN SELECT RAISE(ABORT, 'append-only: catalogue_versions'); END;

-- What became of a site: added, changed, retired, reopened, confirmed; by which catalogue or person.
CREATE TABLE site_events (
    id BLOB NOT NULL CHECK (length(id) = 16),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('added', 'changed', 'retired', 'reopened', 'doubted', 'confirmed')),
    detail TEXT NOT NULL,
    catalogue_version TEXT,
    person_id BLOB CHECK (length(person_id) = 16) REFERENCES people (id),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX site_events_by_site_id ON site_events (site_id, id);
CREATE TRIGGER site_events_no_update BEFORE UPDATE ON site_events BEGIN SELECT RAISE(ABORT, 'append-only: site_events'); END;
CREATE TRIGGER site_events_no_delete BEFORE DELETE ON site_events BEGIN SELECT RAISE(ABORT, 'append-only: site_events'); END;

-- What one person proposed about the reference data, and what another decided.
CREATE TABLE reference_proposals (
    id BLOB NOT NULL CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('catalogue', 'centre')),
    subject TEXT NOT NULL,
    n INTEGER NOT NULL,
    content TEXT NOT NULL,
    reason TEXT NOT NULL,
    proposed_by BLOB NOT NULL CHECK (length(proposed_by) = 16) REFERENCES people (id),
    proposed_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (kind, subject, n)
) STRICT;
CREATE TABLE reference_decisions (
    proposal_id BLOB NOT NULL CHECK (length(proposal_id) = 16) REFERENCES reference_proposals (id),
    decision TEXT NOT NULL CHECK (decision IN ('approved', 'declined', 'withdrawn')),
    decided_by BLOB NOT NULL CHECK (length(decided_by) = 16) REFERENCES people (id),
    decided_at INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (proposal_id)
) STRICT;
CREATE TRIGGER reference_proposals_no_update BEFORE UPDATE ON reference_proposals BEGIN SELECT RAISE(ABORT, 'append-only: reference_proposals'); END;
CREATE TRIGGER reference_proposals_no_delete BEFORE DELETE ON reference_proposals BEGIN SELECT RAISE(ABORT, 'append-only: reference_proposals'); END;
CREATE TRIGGER reference_decisions_no_update BEFORE UPDATE ON reference_decisions BEGIN SELECT RAISE(ABORT, 'append-only: reference_decisions'); END;
CREATE TRIGGER reference_decisions_no_delete BEFORE DELETE ON reference_decisions BEGIN SELECT RAISE(ABORT, 'append-only: reference_decisions'); END;
