-- Every balance that is kept, beside the same balance rebuilt from the lines; only where they differ.
WITH moved AS (
    SELECT account_id, sum(amount) AS amount
    FROM (
        SELECT credit_id AS account_id, amount FROM journal_line
        UNION ALL
        SELECT debit_id, -amount FROM journal_line
    ) AS side
    GROUP BY account_id
)
SELECT account.id, account.kind, account.currency, account.lab_id, balance.balance, coalesce(moved.amount, 0)
FROM account_balance AS balance
JOIN ledger_account AS account ON account.id = balance.account_id
LEFT JOIN moved ON moved.account_id = balance.account_id
WHERE balance.balance <> coalesce(moved.amount, 0)
ORDER BY account.id
