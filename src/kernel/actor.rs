//! Who acts, and the context that every operation is handed: actor, time, ids, request.

use chrono::{DateTime, NaiveDate, Utc};

use super::{AccountId, ApiKeyId, Error, ExpertId, Ids, LabId, RequestId, Result, SessionId};
use crate::words;

words!(
    /// The one role of an account.
    Role {
        LabOwner = "lab_owner",
        LabMember = "lab_member",
        LabViewer = "lab_viewer",
        Expert = "expert",
        Reviewer = "reviewer",
        Operations = "operations",
        Finance = "finance",
        AccountExecutive = "account_executive",
        Auditor = "auditor",
        Admin = "admin",
    }
);

impl Role {
    /// Roles of the marketplace's own people.
    pub const STAFF: &'static [Role] =
        &[Role::Reviewer, Role::Operations, Role::Finance, Role::AccountExecutive, Role::Auditor, Role::Admin];
    /// Roles of a lab's people.
    pub const LAB: &'static [Role] = &[Role::LabOwner, Role::LabMember, Role::LabViewer];
    /// Lab roles that may change things.
    pub const LAB_WRITERS: &'static [Role] = &[Role::LabOwner, Role::LabMember];

    /// Whether this is one of the marketplace's own people.
    pub fn is_staff(self) -> bool {
        Self::STAFF.contains(&self)
    }

    /// Whether this is one of a lab's people.
    pub fn is_lab(self) -> bool {
        Self::LAB.contains(&self)
    }
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody not signed in, on one of the few public routes.
    Public,
    /// The service itself: a job.
    System,
    /// A signed-in account.
    Account(Signed),
}

/// A signed-in account and whom it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The account.
    pub account: AccountId,
    /// Its one role.
    pub role: Role,
    /// The lab of a lab's account.
    pub lab: Option<LabId>,
    /// The expert of an expert's account; also of one of the marketplace's own people who is an expert beside it.
    pub expert: Option<ExpertId>,
    /// The session, where it signed in with a password.
    pub session: Option<SessionId>,
    /// The key, where it came with one.
    pub api_key: Option<ApiKeyId>,
    /// Whether the key's scopes allow writing; always true for sessions.
    pub may_write: bool,
}

impl Actor {
    /// The account behind it; `None` for the public and for jobs.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Actor::Account(signed) => Some(signed.account),
            Actor::Public | Actor::System => None,
        }
    }

    /// The role; `None` for the public and for jobs.
    pub fn role(&self) -> Option<Role> {
        match self {
            Actor::Account(signed) => Some(signed.role),
            Actor::Public | Actor::System => None,
        }
    }

    /// The lab whose people act; `None` for everybody else.
    pub fn lab(&self) -> Option<LabId> {
        match self {
            Actor::Account(signed) => signed.lab,
            Actor::Public | Actor::System => None,
        }
    }

    /// The expert who acts; `None` for everybody else, also for one of the marketplace's own people who is an expert beside it.
    pub fn expert(&self) -> Option<ExpertId> {
        match self {
            Actor::Account(signed) => signed.expert.filter(|_| signed.role == Role::Expert),
            Actor::Public | Actor::System => None,
        }
    }

    /// The signed-in account, if its role is one of these; 401 for the public, 403 for the wrong role.
    pub fn require(&self, roles: &[Role]) -> Result<&Signed> {
        match self {
            Actor::Account(signed) if roles.contains(&signed.role) => Ok(signed),
            Actor::Account(_) | Actor::System => Err(Error::Forbidden),
            Actor::Public => Err(Error::Unauthenticated),
        }
    }

    /// The acting lab, if the role is one of these.
    pub fn require_lab(&self, roles: &[Role]) -> Result<LabId> {
        self.require(roles)?.lab.ok_or(Error::Forbidden)
    }

    /// The acting expert.
    pub fn require_expert(&self) -> Result<ExpertId> {
        self.require(&[Role::Expert])?.expert.ok_or(Error::Forbidden)
    }

    /// Whether the actor may see objects of this lab: its own people, staff and jobs may.
    pub fn sees_lab(&self, lab: LabId) -> bool {
        match self {
            Actor::System => true,
            Actor::Public => false,
            Actor::Account(signed) => signed.role.is_staff() || signed.lab == Some(lab),
        }
    }
}

/// What every operation is handed beside its connection.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// The transaction's time, read from the database.
    pub now: DateTime<Utc>,
    /// Where ids come from.
    pub ids: Ids,
    /// The request, or the run of a job.
    pub request_id: RequestId,
}

impl Ctx {
    /// The UTC day of the transaction.
    pub fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }
}
