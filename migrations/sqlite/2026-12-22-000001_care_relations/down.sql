DROP TABLE care_looks;
DROP TABLE care_events;
DROP TABLE care_requests;
DROP INDEX patient_sites_by_site_id_shared;
ALTER TABLE patient_sites DROP COLUMN shared;
ALTER TABLE patient_sites DROP COLUMN sees;
