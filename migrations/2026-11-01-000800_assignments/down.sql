DROP TABLE review;
DROP TABLE submission;
DROP TABLE assignment;
