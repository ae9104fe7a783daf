SELECT answer_label.code, answer_label.expert_id, engagement.gold_seen, engagement.gold_right
FROM answer_label
LEFT JOIN engagement
    ON engagement.expert_id = answer_label.expert_id AND engagement.project_id = answer_label.project_id
WHERE answer_label.task_id = {task} AND answer_label.label = 0 AND answer_label.code IS NOT NULL
