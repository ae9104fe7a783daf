-- The labels of an accepted answer, as they were coded when it was handed in.
INSERT INTO answer_label (assignment_id, label, lab_id, project_id, task_id, expert_id, code, number)
SELECT latest.assignment_id, said.label, latest.lab_id, latest.project_id, latest.task_id, latest.expert_id, said.code,
    said.number
FROM (
    SELECT * FROM submission WHERE submission.assignment_id = {assignment} ORDER BY submission.number DESC LIMIT 1
) AS latest
CROSS JOIN LATERAL jsonb_to_recordset(latest.labels) AS said (label smallint, code integer, number numeric)
ON CONFLICT DO NOTHING
