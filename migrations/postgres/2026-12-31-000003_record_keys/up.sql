-- A record number is found however blanks, signs and case were typed: `exp-00077/nan9` is `Exp 00077/Nan9`.
-- What it is found by follows from what was written down, so nobody has to keep it in step.
ALTER TABLE patient_sites ADD COLUMN record_key text COLLATE "C"
    GENERATED ALWAYS AS (
        nullif(regexp_replace(upper(record_number COLLATE "C"), '[^A-Z0-9]', '', 'g'), '')
    ) STORED;
DROP INDEX patient_sites_by_site_id_record_number;
CREATE INDEX patient_sites_by_site_id_record_key ON patient_sites (site_id, record_key);
