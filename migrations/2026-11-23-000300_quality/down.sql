DROP TABLE judgement;
DROP TABLE answer_label;
DROP TABLE label_code;
