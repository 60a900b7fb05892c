DROP INDEX studies_of_patient_with_questions;
DROP INDEX studies_of_laboratory_with_questions;
DROP INDEX studies_of_centre_with_questions;
ALTER TABLE studies DROP COLUMN open_questions;
