-- When a person asked for a label last: sent it, sent it again, or looked and saw none. What waits too long after
-- that, or whose tube has gone on since, expires.
ALTER TABLE print_jobs ADD COLUMN asked_at timestamptz;
UPDATE print_jobs SET asked_at = coalesce(
    (SELECT max(e.at) FROM print_job_events e WHERE e.job_id = print_jobs.id AND e.kind IN ('queued', 'retried', 'not-seen')),
    queued_at
);
ALTER TABLE print_jobs ALTER COLUMN asked_at SET NOT NULL;
