-- Every pair at once, however many there are.
INSERT INTO review_eligibility (expert_id, project_id, lab_id, until)
SELECT * FROM unnest({experts}, {projects}, {labs}, {untils})
