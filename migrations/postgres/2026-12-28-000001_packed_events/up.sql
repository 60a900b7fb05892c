-- An event's texts are kept packed: bytes instead of `body` and `data`, which are then NULL and ''. Of an
-- entry only the commitment is kept, 32 bytes; its other lines are made from the row's columns, and
-- `entry` is ''. Rows from before stay as they are: what is append-only is never written again.
ALTER TABLE ledger_entries ADD COLUMN packed bytea;
ALTER TABLE ledger_entries ADD COLUMN commitment bytea;
ALTER TABLE custody_events ADD COLUMN packed bytea;
