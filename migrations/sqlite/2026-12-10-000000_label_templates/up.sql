-- Versions of label kinds that somebody wrote and proposed, and what another person decided.
CREATE TABLE label_templates (
    id BLOB NOT NULL CHECK (length(id) = 16),
    template_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    proposed_by BLOB NOT NULL CHECK (length(proposed_by) = 16) REFERENCES people (id),
    proposed_at INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (template_id, version)
) STRICT;
CREATE TABLE label_template_decisions (
    proposal_id BLOB NOT NULL CHECK (length(proposal_id) = 16) REFERENCES label_templates (id),
    decision TEXT NOT NULL,
    decided_by BLOB NOT NULL CHECK (length(decided_by) = 16) REFERENCES people (id),
    decided_at INTEGER NOT NULL,
    reason TEXT,
    PRIMARY KEY (proposal_id)
) STRICT;
CREATE TRIGGER label_templates_no_update BEFORE UPDATE ON label_templates BEGIN SELECT RAISE(ABORT, 'append-only: label_templates'); END;
CREATE TRIGGER label_templates_no_delete BEFORE DELETE ON label_templates BEGIN SELECT RAISE(ABORT, 'append-only: label_templates'); END;
CREATE TRIGGER label_template_decisions_no_update BEFORE UPDATE ON label_template_decisions BEGIN SELECT RAISE(ABORT, 'append-only: label_template_decisions'); END;
CREATE TRIGGER label_template_decisions_no_delete BEFORE DELETE ON label_template_decisions BEGIN SELECT RAISE(ABORT, 'append-only: label_template_decisions'); END;
