-- Items of a new batch. Who stands in another live batch of this currency is left out, whether that batch was there
-- before or is being made at this moment.
INSERT INTO payout (id, batch_id, expert_id, currency, amount, withheld, net, end_to_end_id, state, held_reason)
SELECT item.id, {batch}, item.expert_id, {currency}, item.amount, item.withheld, item.amount - item.withheld,
       item.end_to_end_id, CASE WHEN item.held_reason IS NULL THEN 'queued' ELSE 'held' END, item.held_reason
FROM unnest({ids}, {experts}, {amounts}, {withheld}, {references}, {holds})
     AS item (id, expert_id, amount, withheld, end_to_end_id, held_reason)
ORDER BY item.expert_id
ON CONFLICT (expert_id, currency) WHERE live DO NOTHING
