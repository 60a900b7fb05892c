ALTER TABLE result_versions DROP COLUMN request_hash;
