-- Which of its request's expected tubes a tube was made for: one expected tube, one label (BR-04). Of a tube
-- made before this it is said where it is certain: the request expects one tube of that specimen, or the label
-- waits unused, so that nobody can have noted another cap since. The others stay without a number, and the
-- program counts them for every expected tube of their specimen.
CREATE TABLE container_tubes (
    container_id uuid NOT NULL REFERENCES containers (id),
    study_id uuid NOT NULL REFERENCES studies (id),
    n integer NOT NULL,
    PRIMARY KEY (container_id)
);
CREATE INDEX container_tubes_by_study_id ON container_tubes (study_id);
INSERT INTO container_tubes (container_id, study_id, n)
SELECT c.id, c.study_id, min(s.n) FROM containers c
JOIN study_specimens s ON s.study_id = c.study_id AND s.specimen = c.specimen
WHERE c.parent_id IS NULL GROUP BY c.id, c.study_id HAVING count(*) = 1;
INSERT INTO container_tubes (container_id, study_id, n)
SELECT c.id, c.study_id, min(s.n) FROM containers c
JOIN study_specimens s
    ON s.study_id = c.study_id AND s.specimen = c.specimen AND s.container_type = c.container_type
WHERE c.parent_id IS NULL AND c.status = 'planned'
    AND NOT EXISTS (SELECT 1 FROM container_tubes t WHERE t.container_id = c.id)
GROUP BY c.id, c.study_id HAVING count(*) = 1;
