-- The machine's own limit of posting: one acceptance as one prepared statement. An entry and its two lines, the lab's money
-- into revenue and the expert's share into what is owed, with the accounts looked up and every index, check and trigger of
-- the service's own tables.
WITH entry AS (
    INSERT INTO journal_entry (id, lab_id, kind, source_type, source_id, effective_on, period)
    VALUES (bench_id(), bench_lab(:lab), 'acceptance', 'bench', bench_id(), current_date, to_char(current_date, 'YYYY-MM'))
    RETURNING id, lab_id, effective_on
),
moved AS (
    SELECT reserved.id AS debit_id, revenue.id AS credit_id, 10 AS amount
    FROM ledger_account AS reserved, ledger_account AS revenue
    WHERE reserved.kind = 'lab_reserved' AND reserved.currency = 'USD' AND reserved.lab_id = bench_lab(:lab)
      AND revenue.kind = 'revenue' AND revenue.currency = 'USD' AND revenue.lab_id IS NULL
    UNION ALL
    SELECT cost.id, payable.id, 6
    FROM ledger_account AS cost, ledger_account AS payable
    WHERE cost.kind = 'cost_of_experts' AND cost.currency = 'USD' AND cost.lab_id IS NULL
      AND payable.kind = 'expert_payable' AND payable.currency = 'USD' AND payable.lab_id IS NULL
      AND payable.expert_id = bench_expert(:expert)
)
INSERT INTO journal_line (id, entry_id, debit_id, credit_id, amount, currency, effective_on, lab_id)
SELECT bench_id(), entry.id, moved.debit_id, moved.credit_id, moved.amount, 'USD', entry.effective_on, entry.lab_id
FROM entry, moved
