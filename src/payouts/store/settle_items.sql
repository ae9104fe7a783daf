-- What a statement says of many items at once; only those in the state that it found them in.
UPDATE payout
SET state = {state}, settled_on = coalesce(said.settled_on, payout.settled_on)
FROM unnest({ids}, {days}) AS said (id, settled_on)
WHERE payout.id = said.id AND payout.state IN ('sent', 'settled') AND payout.state <> {state}
