-- Every open project that has an open slot: the head of its queue, what it asks of those who claim, and what its turn goes
-- by. One descent of task_slots_queue for each project.
SELECT project.id, head.urgency, head.task_id, project.deadline, ceil(project.gold_rate * 2147483648)::bigint,
    project.max_tasks_per_expert, project.qualification_tasks IS NOT NULL,
    coalesce(pulse.open_slots, project.tasks * project.min_overlap), coalesce(hour.claims, 0)::bigint, counted.at
FROM project
CROSS JOIN LATERAL (
    SELECT task_slots.urgency, task_slots.task_id
    FROM task_slots
    WHERE task_slots.project_id = project.id AND task_slots.open
    ORDER BY task_slots.urgency, task_slots.task_id
    LIMIT 1
) AS head
CROSS JOIN (SELECT max(counted_at) AS at FROM project_pulse) AS counted
LEFT JOIN project_pulse AS pulse ON pulse.project_id = project.id
LEFT JOIN (
    SELECT project_id, sum(claims) AS claims
    FROM project_minute
    WHERE minute >= collegium_now() - interval '1 hour'
    GROUP BY project_id
) AS hour ON hour.project_id = project.id
WHERE project.state = 'open'
  AND (project.deadline IS NULL OR project.deadline > collegium_now())
