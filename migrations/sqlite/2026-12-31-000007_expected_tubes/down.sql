DROP TABLE container_tubes;
