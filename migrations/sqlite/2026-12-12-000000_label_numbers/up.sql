-- Which label of its container it says it is, R2 from the second on: a label that was taken back before
-- it was printed leaves its number to the next one. Nothing where it is the copy.
ALTER TABLE label_prints ADD COLUMN number INTEGER;
