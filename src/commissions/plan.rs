//! The plan as a body writes it: every choice that "20% of gross margin above 5M" leaves open, with its default.
//!
//! [`PlanBody`] is what routes take and show; [`super::Plan`] is what it says once judged.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::figure::{DecimalText, day};
use crate::kernel::Currency;
use crate::words;

words!(
    /// What attainment counts: revenue less costs, or revenue alone. Refunds are negative revenue in both.
    Measure { GrossMargin = "gross_margin", Revenue = "revenue" }
);

words!(
    /// Over which span attainment adds up before it starts again.
    PlanWindow { Month = "month", Quarter = "quarter", Year = "year", Inception = "inception" }
);

words!(
    /// Whose margin is tiered together: all of an executive's, or each lab's by itself.
    PlanScope { AccountExecutive = "account_executive", Lab = "lab" }
);

words!(
    /// Whether each slice is paid at its tier's rate, or everything at the tier reached.
    TierMode { Marginal = "marginal", WholeAmount = "whole_amount" }
);

words!(
    /// Whether a tier is reached above its threshold or on it; the same for marginal tiers.
    TierBoundary { Exclusive = "exclusive", Inclusive = "inclusive" }
);

words!(
    /// Whether shares cut the margin that is tiered, or the commission that the full margin earns.
    ShareSplit { BeforeTiers = "before_tiers", AfterTiers = "after_tiers" }
);

words!(
    /// What a new version does to the window that it begins in.
    VersionChange { Prospective = "prospective", ReRateWindow = "re_rate_window", Reset = "reset" }
);

words!(
    /// The span of a cap: the plan's window, by that word or by its own.
    CapSpan { Window = "window", Month = "month", Quarter = "quarter", Year = "year", Inception = "inception" }
);

/// A commission plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionPlanBody)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    /// The currency of every amount in it; margin is converted to it.
    pub currency: Currency,
    /// `gross_margin` unless told.
    #[serde(default = "usual::measure")]
    pub measure: Measure,
    /// `year` unless told.
    #[serde(default = "usual::window")]
    pub window: PlanWindow,
    /// `account_executive` unless told.
    #[serde(default = "usual::scope")]
    pub scope: PlanScope,
    /// `marginal` unless told.
    #[serde(default = "usual::mode")]
    pub mode: TierMode,
    /// The tiers until the first version begins; may be left out where versions say it all.
    #[serde(default)]
    pub tiers: Vec<TierBody>,
    /// `exclusive` unless told.
    #[serde(default = "usual::boundary")]
    pub boundary: TierBoundary,
    /// `before_tiers` unless told.
    #[serde(default = "usual::split")]
    pub split: ShareSplit,
    /// Later tiers, each from its day on.
    #[serde(default)]
    pub versions: Vec<VersionBody>,
    /// `prospective` unless told.
    #[serde(default = "usual::version_change")]
    pub version_change: VersionChange,
    /// The most that a window pays an executive.
    #[serde(default)]
    pub cap: Option<CapBody>,
    /// What an executive is paid at least per statement, as an advance.
    #[serde(default)]
    pub draw: Option<DrawBody>,
    /// What must be exceeded within the window before anything is paid.
    #[serde(default)]
    pub gate: Option<GateBody>,
}

/// A tier: half open, from `above` up to the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionTierBody)]
#[serde(deny_unknown_fields)]
pub struct TierBody {
    /// Attainment in the plan's currency, not negative.
    pub above: DecimalText,
    /// A fraction from 0 to 1 with at most 8 decimals: `0.20` is 20%.
    pub rate: DecimalText,
}

/// Tiers that hold from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionVersionBody)]
#[serde(deny_unknown_fields)]
pub struct VersionBody {
    /// Its first day.
    #[serde(deserialize_with = "day")]
    pub from: NaiveDate,
    /// Its tiers, at least one.
    pub tiers: Vec<TierBody>,
}

/// A cap on what a window pays, over all of an executive's groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionCapBody)]
#[serde(deny_unknown_fields)]
pub struct CapBody {
    /// More than 0, in the plan's currency.
    pub amount: DecimalText,
    /// `window`, or the word of the plan's own window; another span is not supported yet.
    #[serde(default = "usual::cap_span")]
    pub per: CapSpan,
}

/// A draw: the least that a statement pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionDrawBody)]
#[serde(deny_unknown_fields)]
pub struct DrawBody {
    /// More than 0, in the plan's currency.
    pub amount: DecimalText,
    /// Whether what was advanced is owed and taken from later earnings.
    pub recoverable: bool,
}

/// A gate: nothing is paid in a window until its measure exceeds `above`, then everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionGateBody)]
#[serde(deny_unknown_fields)]
pub struct GateBody {
    /// What is measured, credited as attainment is.
    pub measure: Measure,
    /// Not negative, in the plan's currency.
    pub above: DecimalText,
}

/// The defaults that money.md of the design states.
mod usual {
    use super::*;

    pub(super) fn measure() -> Measure {
        Measure::GrossMargin
    }
    pub(super) fn window() -> PlanWindow {
        PlanWindow::Year
    }
    pub(super) fn scope() -> PlanScope {
        PlanScope::AccountExecutive
    }
    pub(super) fn mode() -> TierMode {
        TierMode::Marginal
    }
    pub(super) fn boundary() -> TierBoundary {
        TierBoundary::Exclusive
    }
    pub(super) fn split() -> ShareSplit {
        ShareSplit::BeforeTiers
    }
    pub(super) fn version_change() -> VersionChange {
        VersionChange::Prospective
    }
    pub(super) fn cap_span() -> CapSpan {
        CapSpan::Window
    }
}
