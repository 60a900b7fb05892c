-- SQLite orders text by code points already.
SELECT 1;
