-- An expert's eligibility is looked at again when their accepted tasks come to just the number that some open project asks
-- for: below it and beyond it nothing changes. project_asks_accepted_tasks finds that number; the projects are counted,
-- because a search for the first of them would be planned as one through all.
INSERT INTO eligibility_due (id, expert_id)
SELECT {id}, {expert}
WHERE (
    SELECT count(*)
    FROM project
    WHERE project.state IN ('open', 'paused')
      AND jsonb_path_query_array(project.requirement, '$.**.accepted_tasks.at_least') @> (
          SELECT jsonb_build_array(sum(engagement.accepted)) FROM engagement WHERE engagement.expert_id = {expert})
) > 0
