-- An expert's eligibility is looked at again when their accepted tasks come to just the number that some open project asks
-- for: below it and beyond it nothing changes. project_asks_accepted_tasks finds that number.
INSERT INTO eligibility_due (id, expert_id)
SELECT {id}, {expert}
WHERE (
    SELECT 1
    FROM project
    WHERE project.state IN ('open', 'paused')
      AND jsonb_path_query_array(project.requirement, '$.**.accepted_tasks.at_least') @> (
          SELECT jsonb_build_array(sum(engagement.accepted)) FROM engagement WHERE engagement.expert_id = {expert})
    LIMIT 1
) IS NOT NULL
