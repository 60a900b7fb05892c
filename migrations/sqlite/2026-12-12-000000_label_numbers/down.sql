ALTER TABLE label_prints DROP COLUMN number;
