ALTER TABLE people ADD COLUMN failed_sign_ins INTEGER NOT NULL DEFAULT 0;
ALTER TABLE people ADD COLUMN locked_until INTEGER;
DROP TABLE known_devices;
DROP TABLE password_tries;
