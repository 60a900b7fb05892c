-- Whether a laboratory was asked about a child: without both columns SQLite walks all requests of the
-- laboratory for each child it shows.
CREATE INDEX studies_by_patient_id_laboratory_id ON studies (patient_id, laboratory_id);
