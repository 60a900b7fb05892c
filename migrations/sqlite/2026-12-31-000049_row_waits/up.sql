-- Which rows were written while the log could take nothing in: a database that is behind what was signed is read all the
-- same, and who read what is kept. The first server that may write again binds them, and `rastro verify` tells of them
-- from then on: that none of them was changed meanwhile, nothing shows.
CREATE TABLE row_waits (
    of_table TEXT NOT NULL,
    row_key TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (of_table, row_key)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER row_waits_no_update BEFORE UPDATE ON row_waits BEGIN SELECT RAISE(ABORT, 'append-only: row_waits'); END;
CREATE TRIGGER row_waits_no_delete BEFORE DELETE ON row_waits BEGIN SELECT RAISE(ABORT, 'append-only: row_waits'); END;
