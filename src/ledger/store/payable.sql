-- What is owed to each expert in one currency: up to and including a day, and altogether.
SELECT account.expert_id,
       coalesce(sum(side.amount) FILTER (WHERE side.effective_on <= {cutoff}), 0),
       coalesce(sum(side.amount), 0)
FROM ledger_account AS account
JOIN LATERAL (
    SELECT amount, effective_on FROM journal_line WHERE credit_id = account.id
    UNION ALL
    SELECT -amount, effective_on FROM journal_line WHERE debit_id = account.id
) AS side ON true
WHERE account.kind = 'expert_payable' AND account.currency = {currency}
GROUP BY account.expert_id
HAVING coalesce(sum(side.amount), 0) <> 0
ORDER BY account.expert_id
