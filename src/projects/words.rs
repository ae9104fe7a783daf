//! The closed sets of words of a project.

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
