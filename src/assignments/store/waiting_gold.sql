-- Gold of an expert that waits for a decision about their other work in a project. The words of kind and state are those of
-- assignment_gold_waiting, which no plan for parameters would find. What somebody else holds is passed over: assignments are
-- locked before everything else, and this comes late.
SELECT assignment.id
FROM assignment
WHERE assignment.expert_id = {expert} AND assignment.project_id = {project}
  AND assignment.kind = 'gold' AND assignment.state = 'submitted'
ORDER BY assignment.id
FOR UPDATE SKIP LOCKED
