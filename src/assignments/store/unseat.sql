-- Claims that are open no more, expert by expert. The rows are locked by then, in the order of their ids.
UPDATE seat
SET open_claims = seat.open_claims - gone.closed
FROM unnest({experts}, {closed}) AS gone (expert_id, closed)
WHERE seat.expert_id = gone.expert_id
