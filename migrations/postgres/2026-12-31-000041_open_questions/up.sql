-- How many clinical questions of a request nobody could answer; nothing where none is open. A projection of
-- its answers, kept for lists. The indexes hold only requests that go on: few, whatever the size of the network.
ALTER TABLE studies ADD COLUMN open_questions bigint;
CREATE INDEX studies_of_centre_with_questions ON studies (centre_id, id) WHERE open_questions IS NOT NULL AND closed_at IS NULL;
CREATE INDEX studies_of_laboratory_with_questions ON studies (laboratory_id, id) WHERE open_questions IS NOT NULL AND closed_at IS NULL;
CREATE INDEX studies_of_patient_with_questions ON studies (patient_id, id) WHERE open_questions IS NOT NULL AND closed_at IS NULL;
