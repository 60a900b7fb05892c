DROP TABLE study_cancellations;
