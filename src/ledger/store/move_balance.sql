-- Adds to a lab's available funds, or takes from them; the row's CHECK refuses what is not there.
UPDATE account_balance SET balance = balance + {change} WHERE account_id = {account} AND lab_id = {lab}
