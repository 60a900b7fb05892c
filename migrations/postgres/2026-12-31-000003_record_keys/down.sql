DROP INDEX patient_sites_by_site_id_record_key;
ALTER TABLE patient_sites DROP COLUMN record_key;
CREATE INDEX patient_sites_by_site_id_record_number ON patient_sites (site_id, record_number);
