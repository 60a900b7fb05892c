ALTER TABLE protocol_approvals DROP COLUMN definition;
