DROP TABLE study_attachments;
