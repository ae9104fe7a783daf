-- What lists are narrowed by. An index on `task` is paid for by every posted task and one on `task_slots` by every claim,
-- so those are partial: a task of the usual priority that is no gold stands in none of them.
CREATE INDEX task_priority_list ON task (project_id, priority, id) WHERE priority <> 50;
CREATE INDEX task_gold ON task (project_id, id) WHERE gold;
CREATE INDEX task_slots_settled ON task_slots (project_id, task_id) WHERE NOT open;

-- Names are not stemmed.
CREATE INDEX expert_search ON expert USING gin (to_tsvector('simple', display_name));
CREATE INDEX credential_search ON credential USING gin (to_tsvector('simple', title || ' ' || institution));
CREATE INDEX credential_field ON credential (field text_pattern_ops, level, expert_id) WHERE state = 'verified';
CREATE INDEX credential_state ON credential (state, id);
CREATE INDEX expert_country ON expert (country, id);
CREATE INDEX expert_state ON expert (state, id);
CREATE INDEX expert_language_code ON expert_language (code, expert_id);
