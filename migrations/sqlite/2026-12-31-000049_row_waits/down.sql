DROP TABLE row_waits;
