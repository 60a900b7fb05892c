-- The professional licence of who asks, which the report of a result names. The other answers of a request
-- stand in the JSON of its answers.
ALTER TABLE studies ADD COLUMN requester_licence text;
