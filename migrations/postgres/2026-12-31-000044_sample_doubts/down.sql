ALTER TABLE studies DROP COLUMN doubt;
DROP TABLE doubt_events;
DROP TABLE doubt_samples;
DROP TABLE doubts;
