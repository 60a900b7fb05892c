ALTER TABLE print_jobs DROP COLUMN run_id;
DROP TABLE print_runs;
