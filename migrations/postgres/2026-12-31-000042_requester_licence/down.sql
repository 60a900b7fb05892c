ALTER TABLE studies DROP COLUMN requester_licence;
