DROP TABLE label_template_decisions;
DROP TABLE label_templates;
