-- Tasks and their slots in one statement: the lines come as arrays, what the project fixes as single values.
WITH fresh AS (
    SELECT *
    FROM unnest({ids}, {external_ids}, {digests}, {inputs}, {sizes}, {priorities})
        AS fresh (id, external_id, digest, sealed_input, input_bytes, priority)
),
slotted AS (
    INSERT INTO task_slots (task_id, lab_id, project_id, urgency, free)
    SELECT id, {lab}, {project}, 100 - priority, {overlap}
    FROM fresh
)
INSERT INTO task (id, lab_id, project_id, external_id, digest, sealed_input, input_bytes, priority, currency,
    bill_rate, slot_price, overlap)
SELECT id, {lab}, {project}, external_id, digest, sealed_input, input_bytes, priority, {currency},
    {bill_rate}, {slot_price}, {overlap}
FROM fresh
