//! The one error of every operation. It knows no HTTP: `http/problem.rs` alone maps kinds to statuses.

use std::error::Error as StdError;

use serde::Serialize;
use utoipa::ToSchema;

/// What an operation returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object does not exist, or is not the caller's to know of.
    #[error("not found")]
    NotFound,
    /// The body or the query is not acceptable; every finding, at most 50.
    #[error("invalid: {0:?}")]
    Invalid(Vec<FieldError>),
    /// A rule of the marketplace says no.
    #[error("refused: {0:?}")]
    Refused(Code),
    /// Nobody is signed in, or not any more.
    #[error("unauthenticated")]
    Unauthenticated,
    /// The caller's role, or the caller, may not do this.
    #[error("forbidden")]
    Forbidden,
    /// Too many calls of this kind.
    #[error("too many calls")]
    TooMany {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// The service cannot do it just now; trying again later is right.
    #[error("unavailable: {0}")]
    Unavailable(&'static str),
    /// A fault of ours, told to nobody but the log.
    #[error("internal: {0}")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// A fault of ours.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// 422 with a single finding.
    pub fn field(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() }])
    }

    /// 422 for an id in a body that is missing or somebody else's: the same for both.
    pub fn unknown_id(pointer: &str) -> Self {
        Self::field(pointer, "not_found", "no such object")
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

/// One finding about one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body; `?name` for a query parameter.
    pub pointer: String,
    /// A stable word for the kind of finding.
    pub code: String,
    /// What is wrong, for a person.
    pub detail: String,
}

/// What kind of refusal a code is; `http/problem.rs` turns it into a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request itself cannot be read.
    BadRequest,
    /// Not this caller.
    Forbidden,
    /// Funds or a budget do not suffice.
    Payment,
    /// The object's state does not allow it.
    Conflict,
    /// What the caller saw has changed since.
    Stale,
    /// A precondition must be sent.
    PreconditionRequired,
    /// Understood and not acceptable.
    Unprocessable,
    /// The body is too large.
    TooLarge,
    /// The body is of a kind that is not read here.
    MediaType,
    /// The part that was asked for is not there.
    Range,
}

macro_rules! codes {
    ($($variant:ident, $word:literal, $kind:ident, $title:literal;)+) => {
        /// Every refusal, by its stable word; the list is the `/problems` pages.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The stable word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $word),+ }
            }

            /// One sentence for a person.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }

            /// The kind of refusal.
            pub const fn kind(self) -> Kind {
                match self { $(Code::$variant => Kind::$kind),+ }
            }
        }
    };
}

codes! {
    MalformedJson, "malformed_json", BadRequest, "The body is not JSON, or names a member twice.";
    MalformedHeader, "malformed_header", BadRequest, "A header cannot be read.";
    InvalidCursor, "invalid_cursor", BadRequest, "The cursor was altered, or belongs to another caller or filter.";
    IdempotencyKeyRequired, "idempotency_key_required", BadRequest, "This call moves money and needs an Idempotency-Key.";
    IdempotencyKeyReused, "idempotency_key_reused", Unprocessable, "The Idempotency-Key was used before with another body.";
    IdempotencyInProgress, "idempotency_in_progress", Conflict, "The first call with this Idempotency-Key is still running.";
    PreconditionRequired, "precondition_required", PreconditionRequired, "Send the object's ETag as If-Match.";
    PreconditionFailed, "precondition_failed", Stale, "The object changed since you read it.";
    PayloadTooLarge, "payload_too_large", TooLarge, "The body is larger than this call takes.";
    UnsupportedMediaType, "unsupported_media_type", MediaType, "The body is of a type or encoding that is not read here.";
    OwnApproval, "own_approval", Forbidden, "Whoever made or edited it may not approve it.";
    OwnWork, "own_work", Forbidden, "Nobody reviews their own work.";
    TookPart, "took_part", Forbidden, "Whoever took part in the work may not decide about it.";
    InsufficientFunds, "insufficient_funds", Payment, "The lab's available funds do not cover it.";
    BudgetExceeded, "budget_exceeded", Payment, "The project's budget does not cover it.";
    EmailTaken, "email_taken", Conflict, "An account with this e-mail address exists.";
    InvalidState, "invalid_state", Conflict, "The object's state does not allow this.";
    LabNotActive, "lab_not_active", Conflict, "The lab has not been activated.";
    GoldMissing, "gold_missing", Conflict, "The qualification asks for more tasks whose answer is known than the project has.";
    ProjectNotOpen, "project_not_open", Conflict, "The project takes no work now.";
    NotEligible, "not_eligible", Conflict, "The expert may not work in this project.";
    NoOpenSlots, "no_open_slots", Conflict, "The project has no open slot that could be set aside.";
    LeaseExpired, "lease_expired", Conflict, "The lease has run out or its token is an old one.";
    RenewalsExhausted, "renewals_exhausted", Conflict, "A lease may be renewed three times.";
    TooManyClaims, "too_many_claims", Conflict, "As many claims as allowed are open.";
    RevisionsExhausted, "revisions_exhausted", Conflict, "No further revision may be asked for.";
    AlreadyReviewed, "already_reviewed", Conflict, "The submission was reviewed, or is another reviewer's.";
    TooManyReviews, "too_many_reviews", Conflict, "As many reviews as allowed are in hand.";
    InHand, "in_hand", Conflict, "Somebody else has it in hand.";
    DisputeClosed, "dispute_closed", Conflict, "The time for a dispute is over, or there was one.";
    AuditClosed, "audit_closed", Conflict, "The time for an audit is over, there was one, or the batch was signed off.";
    DuplicateRequest, "duplicate_request", Conflict, "The same thing stands already.";
    CredentialDecided, "credential_decided", Conflict, "The credential has been decided on.";
    EvidenceMissing, "evidence_missing", Conflict, "The credential has no evidence yet.";
    OverAttributed, "over_attributed", Conflict, "The shares of a lab on one day would exceed 1.";
    PlanTaken, "plan_taken", Conflict, "The executive takes part in another plan on one of these days.";
    StatementIssued, "statement_issued", Conflict, "An issued statement never changes.";
    StatementOrder, "statement_order", Conflict, "Statements are issued in the order of their periods.";
    PeriodClosed, "period_closed", Conflict, "The accounting period is closed.";
    ReverseTheSource, "reverse_the_source", Conflict, "Entries of an object are undone by that object.";
    AlreadyReversed, "already_reversed", Conflict, "The entry has been reversed.";
    BatchSignedOff, "batch_signed_off", Conflict, "The batch of tasks was signed off: nothing more goes into it.";
    BatchUnfinished, "batch_unfinished", Conflict, "A task of the batch is neither completed nor cancelled.";
    BatchEmpty, "batch_empty", Conflict, "Nothing in the batch is payable.";
    BatchOutdated, "batch_outdated", Conflict, "What an item was made of has changed (what is owed, the payout method, the tax form); see `outdated`, hold those items or make a new batch.";
    StillHeld, "still_held", Conflict, "The rule that holds this item still applies.";
    ItemsOpen, "items_open", Conflict, "The bank's word on some items is still missing.";
    FileNotReady, "file_not_ready", Conflict, "The batch has no file before its approval.";
    BreakResolved, "break_resolved", Conflict, "The break has been resolved.";
    FileInUse, "file_in_use", Conflict, "A posted task names the file: it stays as it is.";
    TooManyFiles, "too_many_files", Conflict, "An assignment takes a hundred files.";
    RangeNotSatisfiable, "range_not_satisfiable", Range, "No part of the file lies within the range.";
    ImportStopped, "import_stopped", Payment, "Funds ended; what was created stays, go on at resume_at_line.";
}

impl Error {
    /// Whether the database refused because of the constraint or index of this name.
    pub fn violates(&self, constraint: &str) -> bool {
        match self {
            Self::Internal(source) => source.downcast_ref().is_some_and(|error| violates(error, constraint)),
            _ => false,
        }
    }
}

/// Turns a violated constraint of this name into a refusal; any other error passes.
pub fn on_constraint<T>(result: diesel::QueryResult<T>, constraint: &str, refusal: impl Into<Error>) -> Result<T> {
    result.map_err(|error| if violates(&error, constraint) { refusal.into() } else { error.into() })
}

/// Whether the database refused because of the constraint or index of this name.
pub fn violates(error: &diesel::result::Error, constraint: &str) -> bool {
    match error {
        diesel::result::Error::DatabaseError(_, info) => info.constraint_name() == Some(constraint),
        _ => false,
    }
}
