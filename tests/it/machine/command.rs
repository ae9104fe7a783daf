//! What people do in a history: a command as it is drawn at random, and aimed at something that exists.

use proptest::prelude::*;

/// How many experts, and how many reviewers, a history has.
pub const EXPERTS: usize = 3;
pub const REVIEWERS: usize = 2;
/// One step of the clock, in seconds. No term of the house is within minutes of a multiple of it, so that a history that
/// takes a while on a slow machine still finds every term on the same side.
pub const TICK: i64 = 1_000;

/// What an act is about, drawn before anything exists: mostly something that the act fits, now and then anything.
#[derive(Debug, Clone, Copy)]
pub struct Pick(u8);

impl Pick {
    /// Whether it is to be anything.
    pub fn any(self) -> bool {
        self.0 % 8 == 7
    }

    /// One of so many.
    pub fn of(self, many: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let candidates: Vec<usize> = (0..many).filter(|one| self.any() || fits(*one)).collect();
        candidates.get(usize::from(self.0 / 8) % candidates.len().max(1)).copied()
    }
}

/// What a reviewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    /// Accept, and pay half of the seconds.
    AcceptHalf,
    Reject,
    Revise,
}

/// What a lab says of accepted work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audit {
    Good,
    Rework,
    Refund,
}

/// What can be done. `which` is a pick in a command, and the number of a thing in an act.
#[derive(Debug, Clone, Copy)]
pub enum Command<Which> {
    Import { tasks: usize, priority: i16 },
    CancelTask { which: Which },
    Pause,
    Resume,
    Close,
    Claim { by: usize },
    Renew { which: Which },
    Release { which: Which },
    Submit { which: Which, seconds: i64, own_token: bool },
    TakeReview { by: usize },
    Review { by: usize, which: Which, verdict: Verdict },
    Dispute { which: Which },
    Resolve { which: Which, overturned: bool },
    Audit { which: Which, verdict: Audit },
    DecideRefund { which: Which, approve: bool },
    Offer { to: usize, slots: usize },
    AcceptOffer { which: Which },
    DeclineOffer { which: Which },
    WithdrawOffer { which: Which },
    Wait { ticks: i64 },
}

impl<Which> Command<Which> {
    /// Its name, for the tally of what was tried.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Import { .. } => "import",
            Self::CancelTask { .. } => "cancel a task",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Close => "close",
            Self::Claim { .. } => "claim",
            Self::Renew { .. } => "renew",
            Self::Release { .. } => "release",
            Self::Submit { .. } => "submit",
            Self::TakeReview { .. } => "take a review",
            Self::Review { verdict: Verdict::Accept | Verdict::AcceptHalf, .. } => "accept",
            Self::Review { verdict: Verdict::Reject, .. } => "reject",
            Self::Review { verdict: Verdict::Revise, .. } => "revise",
            Self::Dispute { .. } => "dispute",
            Self::Resolve { overturned: true, .. } => "overturn",
            Self::Resolve { overturned: false, .. } => "uphold",
            Self::Audit { verdict: Audit::Good, .. } => "audit: good",
            Self::Audit { verdict: Audit::Rework, .. } => "audit: rework",
            Self::Audit { verdict: Audit::Refund, .. } => "audit: refund",
            Self::DecideRefund { .. } => "decide a refund",
            Self::Offer { .. } => "offer",
            Self::AcceptOffer { .. } => "accept an offer",
            Self::DeclineOffer { .. } => "decline an offer",
            Self::WithdrawOffer { .. } => "withdraw an offer",
            Self::Wait { .. } => "wait",
        }
    }
}

fn pick() -> impl Strategy<Value = Pick> {
    any::<u8>().prop_map(Pick)
}

/// Any command, those oftener that a history needs more of.
pub fn command() -> impl Strategy<Value = Command<Pick>> {
    use Command as C;
    let verdict = || {
        let verdicts = [Verdict::Accept, Verdict::Accept, Verdict::AcceptHalf, Verdict::Reject, Verdict::Revise];
        (0..verdicts.len()).prop_map(move |n| verdicts[n])
    };
    let audit = prop::sample::select(&[Audit::Rework, Audit::Refund, Audit::Good][..]);
    let seconds = prop::sample::select(&[0i64, 400, 900][..]);
    let work = prop_oneof![
        12 => (0..EXPERTS).prop_map(|by| C::Claim { by }),
        20 => (pick(), seconds, prop::bool::weighted(0.9))
            .prop_map(|(which, seconds, own_token)| C::Submit { which, seconds, own_token }),
        2 => pick().prop_map(|which| C::Renew { which }),
        2 => pick().prop_map(|which| C::Release { which }),
        2 => (0..REVIEWERS).prop_map(|by| C::TakeReview { by }),
        30 => (0..REVIEWERS, pick(), verdict()).prop_map(|(by, which, verdict)| C::Review { by, which, verdict }),
        24 => pick().prop_map(|which| C::Dispute { which }),
        16 => (pick(), any::<bool>()).prop_map(|(which, overturned)| C::Resolve { which, overturned }),
        20 => (pick(), audit).prop_map(|(which, verdict)| C::Audit { which, verdict }),
        8 => (pick(), any::<bool>()).prop_map(|(which, approve)| C::DecideRefund { which, approve }),
    ];
    let terms = prop_oneof![
        18 => (1usize..4, prop::sample::select(&[50i16, 50, 80][..]))
            .prop_map(|(tasks, priority)| C::Import { tasks, priority }),
        3 => pick().prop_map(|which| C::CancelTask { which }),
        1 => Just(C::Pause),
        8 => Just(C::Resume),
        1 => Just(C::Close),
        8 => (0..EXPERTS, 1usize..4).prop_map(|(to, slots)| C::Offer { to, slots }),
        4 => pick().prop_map(|which| C::AcceptOffer { which }),
        3 => pick().prop_map(|which| C::DeclineOffer { which }),
        2 => pick().prop_map(|which| C::WithdrawOffer { which }),
    ];
    // Moments; then the end of a lease, of a day, and of the terms of reviews, disputes and audits.
    let time = prop_oneof![8 => 1i64..3, 2 => Just(4i64), 1 => Just(90i64), 1 => prop::sample::select(&[610i64, 790, 1_220][..])];
    prop_oneof![34 => work, 5 => terms, 2 => time.prop_map(|ticks| C::Wait { ticks })]
}
