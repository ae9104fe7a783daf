-- How many items of each state some batches have, and what they come to.
SELECT batch_id, state, count(*), sum(amount), sum(withheld), sum(net)
FROM payout
WHERE batch_id = ANY ({batches})
GROUP BY batch_id, state
ORDER BY batch_id, state
