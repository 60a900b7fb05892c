ALTER TABLE print_jobs DROP COLUMN asked_at;
