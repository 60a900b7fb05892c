-- The identity event that proposes another identity and waits for a second person. The index holds only
-- those that wait: few, whatever the size of the network.
ALTER TABLE patients ADD COLUMN proposal BLOB CHECK (length(proposal) = 16);
CREATE INDEX patients_with_proposal ON patients (id) WHERE proposal IS NOT NULL;
