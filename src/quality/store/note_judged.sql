-- Experts whose reputation changed are looked at again, if any open project asks for one: the first of
-- project_asks_reputation, in its order, so that no search through all projects is planned.
INSERT INTO eligibility_due (id, expert_id)
SELECT judged.id, judged.expert_id
FROM unnest({ids}, {experts}) AS judged (id, expert_id)
WHERE (
    SELECT project.id
    FROM project
    WHERE project.state IN ('open', 'paused') AND jsonb_path_exists(project.requirement, '$.**.reputation')
    ORDER BY project.id
    LIMIT 1
) IS NOT NULL
