DROP INDEX audit_log_by_at;
DROP TABLE protocol_proposals;
