-- Forms that were sent when nobody, or somebody else, was signed in any more: what was typed, sealed
-- under a key that only the browser has, for the person the form was drawn for, for an hour.
CREATE TABLE kept_forms (
    id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id),
    browser bytea NOT NULL CHECK (length(browser) = 32),
    sealed bytea NOT NULL,
    kept_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX kept_forms_by_person_id_id ON kept_forms (person_id, id);
CREATE INDEX kept_forms_by_expires_at ON kept_forms (expires_at);
