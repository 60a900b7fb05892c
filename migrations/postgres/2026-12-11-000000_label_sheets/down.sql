DROP TABLE label_sheet_places;
DROP TABLE label_sheets;
ALTER TABLE label_prints DROP COLUMN layout_sha256;
