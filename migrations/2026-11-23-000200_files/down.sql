DROP TABLE task_file;
DROP TABLE file;
