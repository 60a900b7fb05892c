-- What a label's dots and letters were, whatever its file's packing: of labels recorded before, nothing.
ALTER TABLE label_prints ADD COLUMN layout_sha256 bytea CHECK (length(layout_sha256) = 32);

-- Labels for an office printer, put on sheets together: where they begin, and how far the printer is off.
-- Of pre-printed ones the first code; the others follow it.
CREATE TABLE label_sheets (
    id uuid NOT NULL,
    site_id uuid NOT NULL REFERENCES sites (id),
    template_id text NOT NULL,
    template_version integer NOT NULL,
    used integer NOT NULL,
    offset_x_um integer NOT NULL,
    offset_y_um integer NOT NULL,
    labels integer NOT NULL,
    first_code text,
    layout_sha256 bytea NOT NULL CHECK (length(layout_sha256) = 32),
    made_at timestamptz NOT NULL,
    made_by uuid NOT NULL REFERENCES people (id),
    PRIMARY KEY (id)
);
CREATE INDEX label_sheets_by_site_id_template_id_id ON label_sheets (site_id, template_id, id);
CREATE TRIGGER label_sheets_append_only BEFORE UPDATE OR DELETE ON label_sheets FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER label_sheets_no_truncate BEFORE TRUNCATE ON label_sheets FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();

-- Which recorded label is where on them, from 0.
CREATE TABLE label_sheet_places (
    sheet_id uuid NOT NULL REFERENCES label_sheets (id),
    place integer NOT NULL,
    print_id uuid NOT NULL REFERENCES label_prints (id),
    PRIMARY KEY (sheet_id, place),
    UNIQUE (print_id)
);
CREATE TRIGGER label_sheet_places_append_only BEFORE UPDATE OR DELETE ON label_sheet_places FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER label_sheet_places_no_truncate BEFORE TRUNCATE ON label_sheet_places FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
