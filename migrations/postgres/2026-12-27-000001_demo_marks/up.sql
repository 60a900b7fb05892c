-- What `rastro demo` made itself, and whether it came to an end: `begun` is written together with the
-- first account, `whole` after the last event. A database without it is nobody's demonstration.
CREATE TABLE demo_marks (
    mark text NOT NULL CHECK (mark IN ('begun', 'whole')),
    at timestamptz NOT NULL,
    PRIMARY KEY (mark)
);
CREATE TRIGGER demo_marks_append_only BEFORE UPDATE OR DELETE ON demo_marks FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER demo_marks_no_truncate BEFORE TRUNCATE ON demo_marks FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
