DROP TABLE reference_decisions;
DROP TABLE reference_proposals;
DROP TABLE site_events;
DROP TABLE catalogue_versions;
ALTER TABLE sites DROP COLUMN doubt_en;
ALTER TABLE sites DROP COLUMN doubt_es;
ALTER TABLE sites DROP COLUMN confirmed;
