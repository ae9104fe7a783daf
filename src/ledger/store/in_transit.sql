-- Payouts in transit by currency: what was approved and has neither been settled nor come back.
SELECT account.id, account.currency, coalesce(sum(side.amount), 0)
FROM ledger_account AS account
LEFT JOIN LATERAL (
    SELECT amount FROM journal_line WHERE credit_id = account.id
    UNION ALL
    SELECT -amount FROM journal_line WHERE debit_id = account.id
) AS side ON true
WHERE account.kind = 'payouts_in_transit'
GROUP BY account.id, account.currency
ORDER BY account.currency
