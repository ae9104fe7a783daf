-- An entry and its lines, which come as arrays of one length.
WITH entry AS (
    INSERT INTO journal_entry (id, lab_id, kind, source_type, source_id, effective_on, period, recorded_by, reverses, memo)
    VALUES ({id}, {lab}, {kind}, {source_type}, {source}, {effective_on}, {period}, {recorded_by}, {reverses}, {memo})
)
INSERT INTO journal_line (id, entry_id, debit_id, credit_id, amount, currency, effective_on, lab_id, project_id, expert_id,
    assignment_id)
SELECT line.id, {id}, line.debit_id, line.credit_id, line.amount, line.currency, {effective_on}, {lab}, line.project_id,
    line.expert_id, line.assignment_id
FROM unnest({lines}, {debits}, {credits}, {amounts}, {currencies}, {projects}, {experts}, {assignments})
    AS line (id, debit_id, credit_id, amount, currency, project_id, expert_id, assignment_id)
