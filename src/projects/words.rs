//! The closed sets of words of a project.

use crate::kernel::Code;
use crate::words;

words!(
    /// The states of a project: `draft → open ⇄ paused → closed`.
    ProjectState { Draft = "draft", Open = "open", Paused = "paused", Closed = "closed" }
);

words!(
    /// What kind of work it is.
    TaskType {
        Demonstration = "demonstration",
        Comparison = "comparison",
        Grading = "grading",
        Classification = "classification",
        RedTeam = "red_team",
        Custom = "custom",
    }
);

words!(
    /// What the rates are for.
    Pricing { PerTask = "per_task", PerHour = "per_hour" }
);

words!(
    /// Which submissions a person looks at.
    ReviewMode { None = "none", Sample = "sample", All = "all" }
);

words!(
    /// The level of measurement of a label.
    LabelLevel { Nominal = "nominal", Ordinal = "ordinal", Interval = "interval", Ratio = "ratio" }
);

words!(
    /// The states of a task; they follow from its slots.
    TaskState { Open = "open", InProgress = "in_progress", Completed = "completed", Cancelled = "cancelled" }
);

/// What a lab does with a project as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Take work.
    Open,
    /// Take no new claims for a while.
    Pause,
    /// Take none any more.
    Close,
}

impl ProjectState {
    /// Whether it has been opened and not closed: who may claim in it is kept up to date, though a pause lets nobody.
    pub fn takes_work(self) -> bool {
        matches!(self, Self::Open | Self::Paused)
    }

    /// The state after this step, or `invalid_state`.
    pub fn after(self, step: Step) -> Result<Self, Code> {
        match (self, step) {
            (Self::Draft | Self::Paused, Step::Open) => Ok(Self::Open),
            (Self::Open, Step::Pause) => Ok(Self::Paused),
            (Self::Draft | Self::Open | Self::Paused, Step::Close) => Ok(Self::Closed),
            (Self::Open | Self::Closed, Step::Open)
            | (Self::Draft | Self::Paused | Self::Closed, Step::Pause)
            | (Self::Closed, Step::Close) => Err(Code::InvalidState),
        }
    }

    /// Whether tasks may be posted.
    pub fn takes_tasks(self) -> Result<(), Code> {
        match self {
            Self::Draft | Self::Open | Self::Paused => Ok(()),
            Self::Closed => Err(Code::InvalidState),
        }
    }
}

impl TaskState {
    /// What the slots of a task make of it: waiting (free, offered, or open only later), held by a live assignment, filled by
    /// an accepted answer.
    pub fn of(waiting: i16, held: i16, filled: i16, cancelled: bool) -> Self {
        match (waiting, held, filled) {
            _ if cancelled => Self::Cancelled,
            (_, 0, 0) => Self::Open,
            (0, 0, _) => Self::Completed,
            (_, _, _) => Self::InProgress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_project_stays_closed() {
        use ProjectState::{Closed, Draft, Open, Paused};
        assert_eq!(Draft.after(Step::Open), Ok(Open));
        assert_eq!(Open.after(Step::Pause), Ok(Paused));
        assert_eq!(Paused.after(Step::Open), Ok(Open));
        assert!([Draft, Open, Paused].into_iter().all(|state| state.after(Step::Close) == Ok(Closed)));
        for step in [Step::Open, Step::Pause, Step::Close] {
            assert_eq!(Closed.after(step), Err(Code::InvalidState));
        }
        assert!(Draft.after(Step::Pause).is_err() && Open.after(Step::Open).is_err());
    }

    #[test]
    fn slots_make_the_state_of_a_task() {
        assert_eq!(TaskState::of(2, 0, 0, false), TaskState::Open);
        assert_eq!(TaskState::of(1, 1, 0, false), TaskState::InProgress);
        assert_eq!(TaskState::of(1, 0, 1, false), TaskState::InProgress);
        assert_eq!(TaskState::of(0, 1, 1, false), TaskState::InProgress);
        assert_eq!(TaskState::of(0, 0, 2, false), TaskState::Completed);
        assert_eq!(TaskState::of(0, 1, 1, true), TaskState::Cancelled);
    }
}
