-- Forms that were sent when nobody, or somebody else, was signed in any more: what was typed, sealed
-- under a key that only the browser has, for the person the form was drawn for, for an hour.
CREATE TABLE kept_forms (
    id BLOB NOT NULL CHECK (length(id) = 16),
    person_id BLOB NOT NULL CHECK (length(person_id) = 16) REFERENCES people (id),
    browser BLOB NOT NULL CHECK (length(browser) = 32),
    sealed BLOB NOT NULL,
    kept_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX kept_forms_by_person_id_id ON kept_forms (person_id, id);
CREATE INDEX kept_forms_by_expires_at ON kept_forms (expires_at);
