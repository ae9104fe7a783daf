// @generated automatically by Diesel CLI.

pub mod sql_types {
    #[derive(diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "xid8", schema = "pg_catalog"))]
    pub struct Xid8;
}

diesel::table! {
    use diesel::sql_types::*;

    access_log (id) {
        id -> Uuid,
        lab_id -> Nullable<Uuid>,
        actor_id -> Nullable<Uuid>,
        actor_role -> Text,
        session_id -> Nullable<Uuid>,
        object_kind -> Text,
        object_id -> Uuid,
        object_version -> Int4,
        bytes -> Int8,
        purpose -> Text,
        request_id -> Uuid,
        at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    account (id) {
        id -> Uuid,
        email -> Text,
        password_hash -> Text,
        display_name -> Text,
        role -> Text,
        lab_id -> Nullable<Uuid>,
        expert_id -> Nullable<Uuid>,
        state -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    account_balance (account_id) {
        account_id -> Uuid,
        lab_id -> Uuid,
        balance -> Numeric,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    accounting_period (period) {
        period -> Text,
        closed_at -> Timestamptz,
        closed_by -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    adjudication (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        task_id -> Uuid,
        adjudicator_id -> Uuid,
        sealed_answer -> Bytea,
        sealed_comment -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    adjudication_claim (task_id) {
        task_id -> Uuid,
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        adjudicator_id -> Uuid,
        claimed_at -> Timestamptz,
        claim_expires_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    answer_label (assignment_id, label) {
        assignment_id -> Uuid,
        label -> Int2,
        lab_id -> Uuid,
        project_id -> Uuid,
        task_id -> Uuid,
        expert_id -> Uuid,
        code -> Nullable<Int4>,
        number -> Nullable<Numeric>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    api_key (id) {
        id -> Uuid,
        account_id -> Uuid,
        lab_id -> Uuid,
        name -> Text,
        digest -> Bytea,
        last_four -> Text,
        scopes -> Array<Nullable<Text>>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Xid8;

    assignment (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        task_id -> Uuid,
        expert_id -> Uuid,
        state -> Text,
        release_reason -> Nullable<Text>,
        currency -> Text,
        bill_rate -> Numeric,
        slot_price -> Numeric,
        pay_rate -> Numeric,
        pricing -> Text,
        max_seconds -> Int4,
        brief_version -> Int4,
        lease_token -> Uuid,
        lease_expires_at -> Timestamptz,
        lease_started_at -> Timestamptz,
        renewals -> Int2,
        leased_seconds -> Int8,
        submissions -> Int2,
        revisions -> Int2,
        levels_passed -> Int2,
        time_spent_seconds -> Int4,
        approved_seconds -> Nullable<Int4>,
        counted -> Bool,
        billed -> Nullable<Numeric>,
        paid -> Nullable<Numeric>,
        sealed_draft -> Nullable<Bytea>,
        claimed_at -> Timestamptz,
        submitted_at -> Nullable<Timestamptz>,
        auto_accept_at -> Nullable<Timestamptz>,
        decided_at -> Nullable<Timestamptz>,
        updated_at -> Timestamptz,
        version -> Int8,
        kind -> Text,
        brief_changed -> Bool,
        answered_right -> Nullable<Bool>,
        delivered_xid -> Nullable<Xid8>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    attribution (id) {
        id -> Uuid,
        lab_id -> Uuid,
        account_executive_id -> Uuid,
        share -> Numeric,
        from_day -> Date,
        until_day -> Nullable<Date>,
        provenance -> Text,
        needs_clearance -> Bool,
        cleared_by -> Nullable<Uuid>,
        cleared_at -> Nullable<Timestamptz>,
        clearance_note -> Nullable<Text>,
        created_by -> Uuid,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    audit (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        task_id -> Uuid,
        assignment_id -> Uuid,
        expert_id -> Uuid,
        verdict -> Text,
        reason -> Nullable<Text>,
        sealed_comment -> Nullable<Bytea>,
        state -> Text,
        currency -> Text,
        refund -> Nullable<Numeric>,
        audited_by -> Uuid,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Xid8;

    audit_event (id) {
        id -> Uuid,
        lab_id -> Nullable<Uuid>,
        actor_id -> Nullable<Uuid>,
        actor_role -> Text,
        action -> Text,
        object_kind -> Text,
        object_id -> Uuid,
        detail -> Jsonb,
        request_id -> Uuid,
        at -> Timestamptz,
        xid -> Xid8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    batch (id) {
        id -> Uuid,
        project_id -> Uuid,
        batch_id -> Text,
        lab_id -> Uuid,
        signed_off_at -> Nullable<Timestamptz>,
        signed_off_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    commission_participant (id) {
        id -> Uuid,
        plan_id -> Uuid,
        account_executive_id -> Uuid,
        from_day -> Date,
        until_day -> Nullable<Date>,
        created_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    commission_plan (id) {
        id -> Uuid,
        name -> Text,
        currency -> Text,
        body -> Jsonb,
        created_by -> Uuid,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    commission_statement (id) {
        id -> Uuid,
        plan_id -> Uuid,
        account_executive_id -> Uuid,
        period -> Text,
        as_of -> Timestamptz,
        state -> Text,
        currency -> Text,
        posted -> Numeric,
        payable -> Numeric,
        body -> Jsonb,
        run_by -> Uuid,
        approved_by -> Nullable<Uuid>,
        issued_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    credential (id) {
        id -> Uuid,
        expert_id -> Uuid,
        kind -> Text,
        field -> Text,
        level -> Nullable<Text>,
        title -> Text,
        institution -> Text,
        ror_id -> Nullable<Text>,
        jurisdiction -> Nullable<Text>,
        awarded_on -> Date,
        expires_on -> Nullable<Date>,
        orcid -> Nullable<Text>,
        state -> Text,
        valid_until -> Nullable<Date>,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        sealed_note -> Nullable<Bytea>,
        sealed_reason -> Nullable<Bytea>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    data_key (id) {
        id -> Uuid,
        owner_kind -> Text,
        owner_id -> Uuid,
        kek_id -> Text,
        wrapped -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    deposit (id) {
        id -> Uuid,
        lab_id -> Uuid,
        amount -> Numeric,
        currency -> Text,
        reference -> Text,
        received_on -> Date,
        recorded_by -> Uuid,
        entry_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    direct_cost (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Nullable<Uuid>,
        amount -> Numeric,
        currency -> Text,
        effective_on -> Date,
        reason -> Text,
        recorded_by -> Uuid,
        entry_id -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    dispute (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        task_id -> Uuid,
        assignment_id -> Uuid,
        expert_id -> Uuid,
        state -> Text,
        sealed_grounds -> Bytea,
        resolve_by -> Timestamptz,
        assigned_to -> Nullable<Uuid>,
        assigned_until -> Nullable<Timestamptz>,
        resolved_by -> Nullable<Uuid>,
        sealed_note -> Nullable<Bytea>,
        resolved_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    earlier_brief (project_id, version) {
        project_id -> Uuid,
        version -> Int4,
        lab_id -> Uuid,
        sealed_brief -> Bytea,
        replaced_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    eligibility (expert_id, project_id) {
        expert_id -> Uuid,
        project_id -> Uuid,
        lab_id -> Uuid,
        until -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    eligibility_due (id) {
        id -> Uuid,
        expert_id -> Nullable<Uuid>,
        project_id -> Nullable<Uuid>,
        lab_id -> Nullable<Uuid>,
        above -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    engagement (expert_id, project_id) {
        expert_id -> Uuid,
        project_id -> Uuid,
        lab_id -> Uuid,
        tasks -> Int4,
        brief_version -> Int4,
        accepted -> Int4,
        rejected -> Int4,
        gold_seen -> Int4,
        gold_right -> Int4,
        qualifying_attempt -> Int2,
        qualifying_seen -> Int2,
        qualifying_right -> Int2,
        qualified_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    evidence (credential_id) {
        credential_id -> Uuid,
        media_type -> Text,
        bytes -> Int8,
        sha256 -> Bytea,
        sealed_bytes -> Bytea,
        revision -> Int4,
        uploaded_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    expert (id) {
        id -> Uuid,
        display_name -> Text,
        country -> Text,
        timezone -> Text,
        weekly_hours -> Int2,
        state -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    expert_language (expert_id, code) {
        expert_id -> Uuid,
        code -> Text,
        level -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    file (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        assignment_id -> Nullable<Uuid>,
        name_digest -> Bytea,
        sealed_about -> Bytea,
        media_type -> Text,
        bytes -> Int8,
        blob -> Text,
        stripped -> Nullable<Bool>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Xid8;

    final_change (project_id, xid, task_id) {
        project_id -> Uuid,
        xid -> Xid8,
        task_id -> Uuid,
        lab_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    gold (task_id) {
        task_id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        training -> Bool,
        sealed_gold -> Bytea,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    idempotency (scope) {
        scope -> Bytea,
        body_digest -> Bytea,
        status -> Int2,
        target -> Text,
        moves_money -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    invitation (id) {
        id -> Uuid,
        lab_id -> Nullable<Uuid>,
        email -> Text,
        display_name -> Text,
        role -> Text,
        digest -> Bytea,
        invited_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        account_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Xid8;

    journal_entry (id) {
        id -> Uuid,
        lab_id -> Nullable<Uuid>,
        kind -> Text,
        source_type -> Text,
        source_id -> Uuid,
        effective_on -> Date,
        period -> Text,
        recorded_at -> Timestamptz,
        recorded_by -> Nullable<Uuid>,
        reverses -> Nullable<Uuid>,
        memo -> Nullable<Text>,
        xid -> Xid8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    journal_line (id) {
        id -> Uuid,
        entry_id -> Uuid,
        debit_id -> Uuid,
        credit_id -> Uuid,
        amount -> Numeric,
        currency -> Text,
        effective_on -> Date,
        lab_id -> Nullable<Uuid>,
        project_id -> Nullable<Uuid>,
        expert_id -> Nullable<Uuid>,
        assignment_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    judgement (id) {
        id -> Uuid,
        expert_id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        assignment_id -> Uuid,
        as_reviewer -> Bool,
        kind -> Text,
        good -> Bool,
        at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    lab (id) {
        id -> Uuid,
        code_name -> Text,
        name -> Text,
        country -> Text,
        billing_currency -> Text,
        billing_exponent -> Int2,
        take_rate -> Numeric,
        state -> Text,
        activated_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    label_code (project_id, label, digest) {
        project_id -> Uuid,
        label -> Int2,
        digest -> Bytea,
        code -> Int4,
        lab_id -> Uuid,
        sealed_value -> Bytea,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    ledger_account (id) {
        id -> Uuid,
        kind -> Text,
        currency -> Text,
        exponent -> Int2,
        lab_id -> Nullable<Uuid>,
        expert_id -> Nullable<Uuid>,
        account_executive_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    offer (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        expert_id -> Uuid,
        state -> Text,
        slots -> Int4,
        claimed -> Int4,
        expires_at -> Timestamptz,
        made_by -> Uuid,
        decided_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    offer_slot (expert_id, task_id) {
        expert_id -> Uuid,
        task_id -> Uuid,
        offer_id -> Uuid,
        project_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Xid8;

    outbox (id) {
        id -> Uuid,
        lab_id -> Nullable<Uuid>,
        kind -> Text,
        object_id -> Uuid,
        body -> Jsonb,
        at -> Timestamptz,
        xid -> Xid8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    payout (id) {
        id -> Uuid,
        batch_id -> Uuid,
        expert_id -> Uuid,
        currency -> Text,
        amount -> Numeric,
        withheld -> Numeric,
        net -> Numeric,
        end_to_end_id -> Text,
        state -> Text,
        held_reason -> Nullable<Text>,
        live -> Bool,
        settled_on -> Nullable<Date>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    payout_batch (id) {
        id -> Uuid,
        currency -> Text,
        method -> Text,
        cutoff -> Date,
        state -> Text,
        created_by -> Uuid,
        editors -> Array<Nullable<Uuid>>,
        submitted_by -> Nullable<Uuid>,
        approved_by -> Nullable<Uuid>,
        approved_at -> Nullable<Timestamptz>,
        sent_at -> Nullable<Timestamptz>,
        sealed_file -> Nullable<Bytea>,
        file_sha256 -> Nullable<Bytea>,
        file_bytes -> Nullable<Int8>,
        entry_id -> Nullable<Uuid>,
        without_method -> Int4,
        carried -> Int4,
        elsewhere -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    payout_method (expert_id) {
        expert_id -> Uuid,
        method -> Text,
        last_four -> Text,
        sealed_details -> Bytea,
        revision -> Int4,
        set_at -> Timestamptz,
        held_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    project (id) {
        id -> Uuid,
        lab_id -> Uuid,
        state -> Text,
        title -> Text,
        task_type -> Text,
        requirement -> Jsonb,
        currency -> Text,
        bill_rate -> Numeric,
        pay_rate -> Numeric,
        pricing -> Text,
        max_seconds -> Int4,
        slot_price -> Numeric,
        overlap -> Int2,
        lease_seconds -> Int4,
        review_mode -> Text,
        sample_rate -> Numeric,
        review_levels -> Int2,
        auto_accept_after_seconds -> Int4,
        max_revisions -> Int2,
        budget -> Numeric,
        committed -> Numeric,
        tasks -> Int8,
        deadline -> Nullable<Timestamptz>,
        sealed_brief -> Bytea,
        brief_version -> Int4,
        opened_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
        min_overlap -> Int2,
        stop_at_confidence -> Nullable<Numeric>,
        max_tasks_per_expert -> Nullable<Int4>,
        gold_rate -> Numeric,
        audit_days -> Int2,
        qualification_tasks -> Nullable<Int2>,
        qualification_pass_at -> Nullable<Numeric>,
        qualification_attempts -> Nullable<Int2>,
        qualification_pay -> Nullable<Numeric>,
        review_requirement -> Nullable<Jsonb>,
        review_pay_rate -> Nullable<Numeric>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    project_minute (minute, project_id) {
        project_id -> Uuid,
        minute -> Timestamptz,
        claims -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    project_pulse (project_id) {
        project_id -> Uuid,
        open_slots -> Int8,
        counted_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    project_reviewer (project_id, account_id) {
        project_id -> Uuid,
        account_id -> Uuid,
        lab_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    pseudonym (id) {
        id -> Uuid,
        lab_id -> Uuid,
        expert_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    question (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        expert_id -> Uuid,
        sealed_question -> Bytea,
        sealed_answer -> Nullable<Bytea>,
        answered_by -> Nullable<Uuid>,
        answered_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    reconciliation_break (id) {
        id -> Uuid,
        kind -> Text,
        line_id -> Nullable<Uuid>,
        payout_id -> Nullable<Uuid>,
        currency -> Text,
        difference -> Numeric,
        candidates -> Array<Nullable<Uuid>>,
        opened_on -> Date,
        state -> Text,
        note -> Nullable<Text>,
        resolved_by -> Nullable<Uuid>,
        resolved_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    refresh_token (digest) {
        digest -> Bytea,
        session_id -> Uuid,
        issued_at -> Timestamptz,
        spent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    review (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        assignment_id -> Uuid,
        submission_id -> Uuid,
        level -> Int2,
        reviewer_id -> Uuid,
        decision -> Nullable<Text>,
        reason -> Nullable<Text>,
        sealed_comment -> Nullable<Bytea>,
        scores -> Nullable<Jsonb>,
        approved_seconds -> Nullable<Int4>,
        claimed_at -> Timestamptz,
        claim_expires_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
        task_id -> Uuid,
        expert_id -> Nullable<Uuid>,
        currency -> Nullable<Text>,
        pay_rate -> Nullable<Numeric>,
        paid -> Nullable<Numeric>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    review_eligibility (expert_id, project_id) {
        expert_id -> Uuid,
        project_id -> Uuid,
        lab_id -> Uuid,
        until -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    seat (expert_id) {
        expert_id -> Uuid,
        open_claims -> Int2,
        labs -> Array<Nullable<Uuid>>,
        claims -> Int8,
        offered_slots -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    session (id) {
        id -> Uuid,
        account_id -> Uuid,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoked_because -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    settlement (id) {
        id -> Uuid,
        format -> Text,
        sha256 -> Bytea,
        bytes -> Int8,
        lines -> Int4,
        matched -> Int4,
        breaks -> Int4,
        known -> Int4,
        created_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    settlement_line (id) {
        id -> Uuid,
        settlement_id -> Uuid,
        line -> Int4,
        booked_on -> Date,
        amount -> Numeric,
        currency -> Text,
        end_to_end_id -> Nullable<Text>,
        servicer_reference -> Text,
        sealed_description -> Nullable<Bytea>,
        outcome -> Text,
        entry_id -> Nullable<Uuid>,
        deposit_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    settlement_match (line_id, payout_id) {
        line_id -> Uuid,
        payout_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    sight (person_id, task_id, purpose) {
        person_id -> Uuid,
        task_id -> Uuid,
        purpose -> Text,
        lab_id -> Uuid,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    submission (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        task_id -> Uuid,
        assignment_id -> Uuid,
        expert_id -> Uuid,
        number -> Int2,
        sealed_answer -> Bytea,
        sealed_comment -> Nullable<Bytea>,
        time_spent_seconds -> Int4,
        created_at -> Timestamptz,
        labels -> Nullable<Jsonb>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    task (id) {
        id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        external_id -> Text,
        digest -> Bytea,
        sealed_input -> Bytea,
        input_bytes -> Int4,
        priority -> Int2,
        currency -> Text,
        bill_rate -> Numeric,
        slot_price -> Numeric,
        overlap -> Int2,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        version -> Int8,
        batch_id -> Nullable<Text>,
        gold -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    task_file (task_id, file_id) {
        task_id -> Uuid,
        file_id -> Uuid,
        lab_id -> Uuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    task_slots (task_id) {
        task_id -> Uuid,
        lab_id -> Uuid,
        project_id -> Uuid,
        urgency -> Int2,
        free -> Int2,
        held -> Int2,
        filled -> Int2,
        open -> Bool,
        cancelled -> Bool,
        later -> Int2,
        offered -> Int2,
        house -> Int2,
        stopped -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    tax_form (expert_id) {
        expert_id -> Uuid,
        form -> Text,
        withholding_rate -> Nullable<Numeric>,
        certified -> Nullable<Bool>,
        performed_in_us -> Nullable<Bool>,
        valid_until -> Nullable<Date>,
        last_four -> Nullable<Text>,
        sealed_details -> Bytea,
        revision -> Int4,
        set_at -> Timestamptz,
    }
}

diesel::joinable!(account -> expert (expert_id));
diesel::joinable!(account -> lab (lab_id));
diesel::joinable!(account_balance -> ledger_account (account_id));
diesel::joinable!(api_key -> account (account_id));
diesel::joinable!(attribution -> account (account_executive_id));
diesel::joinable!(attribution -> lab (lab_id));
diesel::joinable!(batch -> project (project_id));
diesel::joinable!(commission_participant -> account (account_executive_id));
diesel::joinable!(commission_participant -> commission_plan (plan_id));
diesel::joinable!(commission_statement -> account (account_executive_id));
diesel::joinable!(commission_statement -> commission_plan (plan_id));
diesel::joinable!(credential -> expert (expert_id));
diesel::joinable!(deposit -> lab (lab_id));
diesel::joinable!(direct_cost -> lab (lab_id));
diesel::joinable!(earlier_brief -> project (project_id));
diesel::joinable!(evidence -> credential (credential_id));
diesel::joinable!(expert_language -> expert (expert_id));
diesel::joinable!(gold -> task (task_id));
diesel::joinable!(label_code -> project (project_id));
diesel::joinable!(offer_slot -> offer (offer_id));
diesel::joinable!(payout -> expert (expert_id));
diesel::joinable!(payout -> payout_batch (batch_id));
diesel::joinable!(payout_method -> expert (expert_id));
diesel::joinable!(project -> lab (lab_id));
diesel::joinable!(project_reviewer -> account (account_id));
diesel::joinable!(project_reviewer -> project (project_id));
diesel::joinable!(reconciliation_break -> payout (payout_id));
diesel::joinable!(reconciliation_break -> settlement_line (line_id));
diesel::joinable!(refresh_token -> session (session_id));
diesel::joinable!(session -> account (account_id));
diesel::joinable!(settlement_line -> deposit (deposit_id));
diesel::joinable!(settlement_line -> settlement (settlement_id));
diesel::joinable!(settlement_match -> payout (payout_id));
diesel::joinable!(settlement_match -> settlement_line (line_id));
diesel::joinable!(task_file -> file (file_id));
diesel::joinable!(task_file -> task (task_id));
diesel::joinable!(tax_form -> expert (expert_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_log,
    account,
    account_balance,
    accounting_period,
    adjudication,
    adjudication_claim,
    answer_label,
    api_key,
    assignment,
    attribution,
    audit,
    audit_event,
    batch,
    commission_participant,
    commission_plan,
    commission_statement,
    credential,
    data_key,
    deposit,
    direct_cost,
    dispute,
    earlier_brief,
    eligibility,
    eligibility_due,
    engagement,
    evidence,
    expert,
    expert_language,
    file,
    final_change,
    gold,
    idempotency,
    invitation,
    journal_entry,
    journal_line,
    judgement,
    lab,
    label_code,
    ledger_account,
    offer,
    offer_slot,
    outbox,
    payout,
    payout_batch,
    payout_method,
    project,
    project_minute,
    project_pulse,
    project_reviewer,
    pseudonym,
    question,
    reconciliation_break,
    refresh_token,
    review,
    review_eligibility,
    seat,
    session,
    settlement,
    settlement_line,
    settlement_match,
    sight,
    submission,
    task,
    task_file,
    task_slots,
    tax_form,
);
