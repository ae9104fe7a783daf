-- Tasks with their slots, what is known of gold, and their batches, in one statement: the lines come as arrays, what the
-- project fixes as single values. Gold never has a slot. The time is read once: as a column's default it would be read
-- twice for each row.
WITH slotted AS (
    INSERT INTO task_slots (task_id, lab_id, project_id, urgency, free, later, open)
    SELECT id, {lab}, {project}, 100 - priority, CASE WHEN gold THEN 0 ELSE {min_overlap} END,
        CASE WHEN gold THEN 0 ELSE {overlap} - {min_overlap} END, NOT gold
    FROM unnest({ids}, {priorities}, {gold}) AS fresh (id, priority, gold)
),
known AS (
    INSERT INTO gold (task_id, lab_id, project_id, training, sealed_gold)
    SELECT task_id, {lab}, {project}, training, sealed_gold
    FROM unnest({gold_tasks}, {trainings}, {known}) AS gold (task_id, training, sealed_gold)
),
gathered AS (
    INSERT INTO batch (id, project_id, batch_id, lab_id)
    SELECT id, {project}, batch_id, {lab}
    FROM unnest({batch_ids}, {batch_names}) AS batch (id, batch_id)
    ON CONFLICT (project_id, batch_id) DO NOTHING
)
INSERT INTO task (id, lab_id, project_id, external_id, digest, sealed_input, input_bytes, priority, currency,
    bill_rate, slot_price, overlap, batch_id, gold, created_at, updated_at)
SELECT id, {lab}, {project}, external_id, digest, sealed_input, input_bytes, priority, {currency},
    (SELECT {bill_rate}::numeric(20,4)), (SELECT {slot_price}::numeric(20,4)), {overlap}, batch_id, gold,
    (SELECT collegium_now()), (SELECT collegium_now())
FROM unnest({ids}, {external_ids}, {digests}, {inputs}, {sizes}, {priorities}, {batches}, {gold})
    AS fresh (id, external_id, digest, sealed_input, input_bytes, priority, batch_id, gold)
