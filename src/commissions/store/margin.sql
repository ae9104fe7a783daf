-- The margin of labs by lab and effective day, rolled up between the moments at which statements were cut: whatever is
-- in one row, every statement knows all or nothing of. What undoes another entry keeps the day of that one.
WITH margin AS MATERIALIZED (
    SELECT id, kind FROM ledger_account WHERE kind IN ('revenue', 'refunds', 'cost_of_experts', 'direct_cost')
)
SELECT line.lab_id, line.currency, line.effective_on, undone.effective_on, max(entry.recorded_at),
       sum(line.amount * ((credit.kind IN ('revenue', 'refunds')) IS TRUE)::int
         - line.amount * ((debit.kind IN ('revenue', 'refunds')) IS TRUE)::int),
       sum(line.amount * ((debit.kind = 'cost_of_experts') IS TRUE)::int
         - line.amount * ((credit.kind = 'cost_of_experts') IS TRUE)::int),
       sum(line.amount * ((debit.kind = 'direct_cost') IS TRUE)::int
         - line.amount * ((credit.kind = 'direct_cost') IS TRUE)::int)
FROM journal_line AS line
JOIN journal_entry AS entry ON entry.id = line.entry_id
-- Few entries undo another: looked up one by one, never joined with the whole journal.
CROSS JOIN LATERAL (SELECT CASE WHEN entry.reverses IS NOT NULL
    THEN (SELECT undone.effective_on FROM journal_entry AS undone WHERE undone.id = entry.reverses) END AS effective_on) AS undone
LEFT JOIN margin AS debit ON debit.id = line.debit_id
LEFT JOIN margin AS credit ON credit.id = line.credit_id
WHERE line.lab_id = ANY ({labs})
  AND line.effective_on BETWEEN {first_day} AND {last_day}
  AND entry.recorded_at < {as_of}
  AND (debit.id IS NOT NULL OR credit.id IS NOT NULL)
GROUP BY line.lab_id, line.currency, line.effective_on, undone.effective_on, width_bucket(entry.recorded_at, {cuts})
ORDER BY line.lab_id, line.effective_on, undone.effective_on, max(entry.recorded_at)
