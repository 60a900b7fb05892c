-- What a job puts on its label, told without a look at the container: pre-printed labels have none.
ALTER TABLE print_jobs ADD COLUMN code text;
ALTER TABLE print_jobs ADD COLUMN copy integer NOT NULL DEFAULT 1;
ALTER TABLE print_jobs ADD COLUMN template_id text;
ALTER TABLE print_jobs ADD COLUMN template_version integer;
ALTER TABLE print_jobs ADD COLUMN inked_at timestamptz;
-- The lease of an event: a report that comes after the lease was given up still finds its job.
ALTER TABLE print_job_events ADD COLUMN token uuid;
CREATE INDEX print_job_events_by_token ON print_job_events (token) WHERE token IS NOT NULL;
-- A batch that is sent twice is there once.
DROP INDEX print_jobs_by_batch_id_place;
CREATE UNIQUE INDEX print_jobs_by_batch_id_place ON print_jobs (batch_id, place);
CREATE INDEX print_jobs_by_batch_id_state ON print_jobs (batch_id, state);
CREATE INDEX print_jobs_by_queued_by_id ON print_jobs (queued_by, id);
CREATE INDEX print_jobs_by_printer_id_id ON print_jobs (printer_id, id);
CREATE INDEX print_jobs_by_site_id_state_id ON print_jobs (site_id, state, id);
CREATE INDEX print_jobs_by_state_id ON print_jobs (state, id);
