-- What `rastro demo` made itself, and whether it came to an end: `begun` is written together with the
-- first account, `whole` after the last event. A database without it is nobody's demonstration.
CREATE TABLE demo_marks (
    mark TEXT NOT NULL CHECK (mark IN ('begun', 'whole')),
    at INTEGER NOT NULL,
    PRIMARY KEY (mark)
) STRICT;
CREATE TRIGGER demo_marks_no_update BEFORE UPDATE ON demo_marks BEGIN SELECT RAISE(ABORT, 'append-only: demo_marks'); END;
CREATE TRIGGER demo_marks_no_delete BEFORE DELETE ON demo_marks BEGIN SELECT RAISE(ABORT, 'append-only: demo_marks'); END;
