//! One thing that says how well somebody works: a review, an answer to gold, a dispute, a lab's audit.

use crate::kernel::{AssignmentId, ExpertId, LabId, ProjectId};
use crate::words;

words!(
    /// What judged: a review that ended in acceptance or rejection, a task whose answer is known, a dispute, the lab's own
    /// audit, the next level's agreement with the one before.
    Judged {
        Review = "review",
        Gold = "gold",
        Dispute = "dispute",
        Audit = "audit",
        Level2 = "level_2",
        Level3 = "level_3",
    }
);

/// A judgement about one person's part in an assignment: at most one of a kind for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// Who is judged.
    pub expert: ExpertId,
    /// Whose work it was about.
    pub lab: LabId,
    /// In which project.
    pub project: ProjectId,
    /// By which assignment.
    pub assignment: AssignmentId,
    /// As its reviewer, not as its author.
    pub as_reviewer: bool,
    /// What judged.
    pub kind: Judged,
    /// In the person's favour.
    pub good: bool,
}
