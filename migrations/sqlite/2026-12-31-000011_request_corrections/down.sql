DROP INDEX studies_of_patient_with_proposal;
DROP INDEX studies_of_laboratory_with_proposal;
DROP INDEX studies_of_centre_with_proposal;
ALTER TABLE studies DROP COLUMN proposal;
ALTER TABLE studies DROP COLUMN event_count;
DROP TABLE study_events;
