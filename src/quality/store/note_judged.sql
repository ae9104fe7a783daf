-- Experts whose reputation changed are looked at again, if any open project asks for one: project_asks_reputation knows.
INSERT INTO eligibility_due (id, expert_id)
SELECT judged.id, judged.expert_id
FROM unnest({ids}, {experts}) AS judged (id, expert_id)
WHERE (
    SELECT 1
    FROM project
    WHERE project.state IN ('open', 'paused') AND jsonb_path_exists(project.requirement, '$.**.reputation')
    LIMIT 1
) IS NOT NULL
