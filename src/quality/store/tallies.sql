-- Judgements about these experts, summed. An answer to gold counts once its assignment is decided: until then nobody may
-- tell it from any other. That is a scalar question about each of them, never a join with all assignments.
SELECT judgement.expert_id, judgement.project_id, judgement.as_reviewer, judgement.kind = 'gold',
    count(*) FILTER (WHERE judgement.good), count(*)
FROM judgement
WHERE judgement.expert_id = ANY ({experts})
  AND (judgement.kind <> 'gold'
       OR (SELECT assignment.state FROM assignment WHERE assignment.id = judgement.assignment_id) <> 'submitted')
GROUP BY judgement.expert_id, judgement.project_id, judgement.as_reviewer, judgement.kind = 'gold'
ORDER BY judgement.expert_id, judgement.project_id
