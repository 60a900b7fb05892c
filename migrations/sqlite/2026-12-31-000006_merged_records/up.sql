-- Two records of one child (BR-29): the one that was merged names the one that stays. Nothing else of
-- either is touched, so that an unmerge only takes this away. The index holds only those that were
-- merged: few, whatever the size of the network.
ALTER TABLE patients ADD COLUMN merged_into BLOB CHECK (length(merged_into) = 16) REFERENCES patients (id);
CREATE INDEX patients_merged ON patients (merged_into, id) WHERE merged_into IS NOT NULL;
