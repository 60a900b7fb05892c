-- SHA-256 of what was sent for a version, to tell a repeat from another body under the same id.
-- Empty for versions from before it was kept.
ALTER TABLE result_versions ADD COLUMN request_hash bytea NOT NULL DEFAULT '';
