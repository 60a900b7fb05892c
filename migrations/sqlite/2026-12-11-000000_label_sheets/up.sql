-- What a label's dots and letters were, whatever its file's packing: of labels recorded before, nothing.
ALTER TABLE label_prints ADD COLUMN layout_sha256 BLOB CHECK (length(layout_sha256) = 32);

-- Labels for an office printer, put on sheets together: where they begin, and how far the printer is off.
-- Of pre-printed ones the first code; the others follow it.
CREATE TABLE label_sheets (
    id BLOB NOT NULL CHECK (length(id) = 16),
    site_id BLOB NOT NULL CHECK (length(site_id) = 16) REFERENCES sites (id),
    template_id TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    used INTEGER NOT NULL,
    offset_x_um INTEGER NOT NULL,
    offset_y_um INTEGER NOT NULL,
    labels INTEGER NOT NULL,
    first_code TEXT,
    layout_sha256 BLOB NOT NULL CHECK (length(layout_sha256) = 32),
    made_at INTEGER NOT NULL,
    made_by BLOB NOT NULL CHECK (length(made_by) = 16) REFERENCES people (id),
    PRIMARY KEY (id)
) STRICT;
CREATE INDEX label_sheets_by_site_id_template_id_id ON label_sheets (site_id, template_id, id);
CREATE TRIGGER label_sheets_no_update BEFORE UPDATE ON label_sheets BEGIN SELECT RAISE(ABORT, 'append-only: label_sheets'); END;
CREATE TRIGGER label_sheets_no_delete BEFORE DELETE ON label_sheets BEGIN SELECT RAISE(ABORT, 'append-only: label_sheets'); END;

-- Which recorded label is where on them, from 0.
CREATE TABLE label_sheet_places (
    sheet_id BLOB NOT NULL CHECK (length(sheet_id) = 16) REFERENCES label_sheets (id),
    place INTEGER NOT NULL,
    print_id BLOB NOT NULL CHECK (length(print_id) = 16) REFERENCES label_prints (id),
    PRIMARY KEY (sheet_id, place),
    UNIQUE (print_id)
) STRICT;
CREATE TRIGGER label_sheet_places_no_update BEFORE UPDATE ON label_sheet_places BEGIN SELECT RAISE(ABORT, 'append-only: label_sheet_places'); END;
CREATE TRIGGER label_sheet_places_no_delete BEFORE DELETE ON label_sheet_places BEGIN SELECT RAISE(ABORT, 'append-only: label_sheet_places'); END;
