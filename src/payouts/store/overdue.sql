-- Payments that the bank should have shown by now. One that an open ambiguous line may be is not called missing before a
-- person has said which it is; one that was called missing once is not called so again.
SELECT payout.id, payout.currency, payout.net
FROM payout
JOIN payout_batch AS batch ON batch.id = payout.batch_id
WHERE payout.state = 'sent'
  AND batch.sent_at < {before}
  AND NOT EXISTS (SELECT FROM reconciliation_break AS told WHERE told.payout_id = payout.id AND told.kind = 'missing')
  AND NOT EXISTS (SELECT FROM reconciliation_break AS open
                  WHERE open.state = 'open' AND open.kind = 'ambiguous' AND payout.id = ANY (open.candidates))
ORDER BY payout.id
LIMIT 1000
FOR UPDATE OF payout SKIP LOCKED
