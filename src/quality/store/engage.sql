-- Adds to what the expert of an assignment has come to in its project. The claim made the row.
INSERT INTO engagement (expert_id, project_id, lab_id, tasks, brief_version, accepted, rejected, gold_seen, gold_right)
SELECT assignment.expert_id, assignment.project_id, assignment.lab_id, 1, assignment.brief_version,
    {accepted}, {rejected}, {gold_seen}, {gold_right}
FROM assignment
WHERE assignment.id = {assignment}
ON CONFLICT (expert_id, project_id) DO UPDATE
SET accepted = engagement.accepted + excluded.accepted,
    rejected = engagement.rejected + excluded.rejected,
    gold_seen = engagement.gold_seen + excluded.gold_seen,
    gold_right = engagement.gold_right + excluded.gold_right
