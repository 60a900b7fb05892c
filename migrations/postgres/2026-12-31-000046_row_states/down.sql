DROP TABLE row_states;
