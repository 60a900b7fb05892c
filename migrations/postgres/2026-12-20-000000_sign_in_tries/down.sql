ALTER TABLE people
    ADD COLUMN failed_sign_ins integer NOT NULL DEFAULT 0,
    ADD COLUMN locked_until timestamptz;
DROP TABLE known_devices;
DROP TABLE password_tries;
