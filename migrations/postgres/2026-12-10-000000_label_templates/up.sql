-- Versions of label kinds that somebody wrote and proposed, and what another person decided.
CREATE TABLE label_templates (
    id uuid NOT NULL,
    template_id text NOT NULL,
    version integer NOT NULL,
    source text NOT NULL,
    reason text NOT NULL,
    proposed_by uuid NOT NULL REFERENCES people (id),
    proposed_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (template_id, version)
);
CREATE TABLE label_template_decisions (
    proposal_id uuid NOT NULL REFERENCES label_templates (id),
    decision text NOT NULL,
    decided_by uuid NOT NULL REFERENCES people (id),
    decided_at timestamptz NOT NULL,
    reason text,
    PRIMARY KEY (proposal_id)
);
CREATE TRIGGER label_templates_append_only BEFORE UPDATE OR DELETE ON label_templates FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER label_templates_no_truncate BEFORE TRUNCATE ON label_templates FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER label_template_decisions_append_only BEFORE UPDATE OR DELETE ON label_template_decisions FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER label_template_decisions_no_truncate BEFORE TRUNCATE ON label_template_decisions FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
