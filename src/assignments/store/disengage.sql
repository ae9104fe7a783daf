-- Tasks that an expert gave back count no more among those they have of a project.
UPDATE engagement
SET tasks = engagement.tasks - gone.fewer
FROM unnest({experts}, {projects}, {fewer}) AS gone (expert_id, project_id, fewer)
WHERE engagement.expert_id = gone.expert_id AND engagement.project_id = gone.project_id
