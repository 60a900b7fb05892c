-- Tries at a password, counted before they are looked at. What they are counted for (a login, a device
-- of somebody, a session) stands here as a hash: a login that no account has counts like any other.
CREATE TABLE password_tries (
    counted_for bytea NOT NULL CHECK (length(counted_for) = 32),
    tries integer NOT NULL CHECK (tries >= 0),
    waits_until timestamptz,
    told boolean NOT NULL,
    tried_at timestamptz NOT NULL,
    PRIMARY KEY (counted_for)
);
CREATE INDEX password_tries_by_tried_at ON password_tries (tried_at);

-- Browsers in which somebody has signed in before; only the SHA-256 of the cookie is stored.
CREATE TABLE known_devices (
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    person_id uuid NOT NULL REFERENCES people (id),
    made_at timestamptz NOT NULL,
    used_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (token_hash, person_id)
);
CREATE INDEX known_devices_by_person_id ON known_devices (person_id);

ALTER TABLE people DROP COLUMN failed_sign_ins, DROP COLUMN locked_until;
