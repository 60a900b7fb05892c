DROP TABLE print_job_events;
DROP TABLE print_jobs;
DROP TABLE printers;
DROP TABLE print_agents;
