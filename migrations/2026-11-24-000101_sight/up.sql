-- Who has been shown an answer to a task. Claims of reviews, disputes and adjudications end; what was seen stays seen.
CREATE TABLE sight (
    -- the account, and in a row beside it the expert whom it stands for
    person_id uuid NOT NULL,
    task_id uuid NOT NULL,
    purpose text NOT NULL,
    lab_id uuid NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT collegium_now(),
    -- asked by person first: a claim asks about many tasks of one person, who has mostly seen none
    CONSTRAINT sight_pkey PRIMARY KEY (person_id, task_id, purpose),
    CONSTRAINT sight_purpose CHECK (purpose IN ('review', 'dispute', 'adjudication', 'refund'))
);

-- What the tables still tell, and of claims that have run out the access log.
INSERT INTO sight (person_id, task_id, purpose, lab_id, seen_at)
SELECT person.id, seen.task_id, seen.purpose, seen.lab_id, min(seen.at)
FROM (
    SELECT reviewer_id AS account_id, expert_id, task_id, 'review' AS purpose, lab_id, claimed_at AS at FROM review
    UNION ALL
    SELECT adjudicator_id, NULL, task_id, 'adjudication', lab_id, created_at FROM adjudication
    UNION ALL
    SELECT adjudicator_id, NULL, task_id, 'adjudication', lab_id, claimed_at FROM adjudication_claim
    UNION ALL
    SELECT by.id, NULL, dispute.task_id, 'dispute', dispute.lab_id, dispute.updated_at
    FROM dispute
    CROSS JOIN LATERAL (VALUES (dispute.assigned_to), (dispute.resolved_by)) AS by (id)
    UNION ALL
    SELECT access_log.actor_id, NULL, task.id, access_log.purpose, task.lab_id, access_log.at
    FROM access_log
    JOIN task ON task.id = access_log.object_id
    WHERE access_log.object_kind = 'task.input' AND access_log.purpose IN ('review', 'dispute', 'adjudication')
) AS seen
LEFT JOIN account ON account.id = seen.account_id
CROSS JOIN LATERAL (VALUES (seen.account_id), (seen.expert_id), (account.expert_id)) AS person (id)
WHERE person.id IS NOT NULL
GROUP BY person.id, seen.task_id, seen.purpose, seen.lab_id
ON CONFLICT DO NOTHING;

-- Claims and adjudications ask `sight`.
DROP INDEX review_task;

GRANT SELECT, INSERT ON sight TO collegium_market;
ALTER TABLE sight ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON sight TO collegium_market USING (true);

-- One of the marketplace's own people may be an expert as well. Their account names the expert, so that in neither role they
-- decide about what they did or saw in the other.
ALTER TABLE account DROP CONSTRAINT account_stands_for;
ALTER TABLE account ADD CONSTRAINT account_stands_for CHECK (
    (role IN ('lab_owner', 'lab_member', 'lab_viewer')) = (lab_id IS NOT NULL)
    AND (role <> 'expert' OR expert_id IS NOT NULL)
    AND (lab_id IS NULL OR expert_id IS NULL));
DROP INDEX account_expert_key;
CREATE UNIQUE INDEX account_expert_key ON account (expert_id) WHERE role = 'expert';
CREATE INDEX account_expert ON account (expert_id) WHERE expert_id IS NOT NULL;
