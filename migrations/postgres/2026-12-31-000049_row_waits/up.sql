-- Which rows were written while the log could take nothing in: a database that is behind what was signed is read all the
-- same, and who read what is kept. The first server that may write again binds them, and `rastro verify` tells of them
-- from then on: that none of them was changed meanwhile, nothing shows.
CREATE TABLE row_waits (
    of_table text NOT NULL COLLATE "C",
    row_key text NOT NULL COLLATE "C",
    since timestamptz NOT NULL,
    PRIMARY KEY (of_table, row_key)
);
CREATE TRIGGER row_waits_append_only BEFORE UPDATE OR DELETE ON row_waits FOR EACH ROW EXECUTE FUNCTION rastro_append_only();
CREATE TRIGGER row_waits_no_truncate BEFORE TRUNCATE ON row_waits FOR EACH STATEMENT EXECUTE FUNCTION rastro_append_only();
