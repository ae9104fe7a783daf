//! The states of a batch and of its items, and who may approve one.

use crate::kernel::{AccountId, Code};
use crate::words;

words!(
    /// Where a batch stands.
    BatchState {
        Draft = "draft",
        Submitted = "submitted",
        Approved = "approved",
        Sent = "sent",
        PartiallySettled = "partially_settled",
        Settled = "settled",
        Closed = "closed",
        Rejected = "rejected",
        Cancelled = "cancelled",
    }
);

words!(
    /// Where an item stands; `settled` is not its end, for banks return payments.
    ItemState {
        Held = "held",
        Queued = "queued",
        Sent = "sent",
        Settled = "settled",
        Returned = "returned",
        Failed = "failed",
    }
);

/// What happens to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchEvent {
    /// An item is held or released.
    Edit,
    /// The maker asks for approval.
    Submit,
    /// Another person approves.
    Approve,
    /// Another person declines.
    Reject,
    /// It is given up before it went to the bank.
    Cancel,
    /// It went to the bank.
    Send,
    /// The bank's word came for some of what was sent.
    SettlePart,
    /// Nothing that was sent is open any more.
    SettleAll,
    /// A person has seen the end of it.
    Close,
}

impl BatchState {
    /// The state after `event`, or `invalid_state`.
    ///
    /// An edit voids an approval: an approved batch is `submitted` again, and what its approval posted must be reversed
    /// by the caller. An edit of a submitted one leaves it so, because nobody has approved it yet.
    pub fn after(self, event: BatchEvent) -> Result<Self, Code> {
        use BatchEvent as E;
        Ok(match (self, event) {
            (Self::Draft, E::Edit) => Self::Draft,
            (Self::Submitted | Self::Approved, E::Edit) | (Self::Draft, E::Submit) => Self::Submitted,
            (Self::Submitted, E::Approve) => Self::Approved,
            (Self::Submitted, E::Reject) => Self::Rejected,
            (Self::Draft | Self::Submitted | Self::Approved, E::Cancel) => Self::Cancelled,
            (Self::Approved, E::Send) => Self::Sent,
            (Self::Sent | Self::PartiallySettled, E::SettlePart) => Self::PartiallySettled,
            (Self::Sent | Self::PartiallySettled | Self::Settled, E::SettleAll) => Self::Settled,
            (Self::Settled, E::Close) => Self::Closed,
            _ => return Err(Code::InvalidState),
        })
    }

    /// Whether its approval stands posted: payable has gone into transit.
    pub fn is_posted(self) -> bool {
        matches!(self, Self::Approved | Self::Sent | Self::PartiallySettled | Self::Settled | Self::Closed)
    }

    /// Whether nothing can happen to it any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Rejected | Self::Cancelled)
    }
}

/// What the bank's word on its items means for a batch that was sent: `None` while nothing has come.
pub fn settlement(items: impl IntoIterator<Item = ItemState>) -> Option<BatchEvent> {
    let (mut open, mut done) = (false, false);
    for item in items {
        match item {
            // Held items were never sent; they wait for another batch and delay nothing here.
            ItemState::Held => {}
            ItemState::Queued | ItemState::Sent => open = true,
            ItemState::Settled | ItemState::Returned | ItemState::Failed => done = true,
        }
    }
    match (open, done) {
        (_, false) => None,
        (true, true) => Some(BatchEvent::SettlePart),
        (false, true) => Some(BatchEvent::SettleAll),
    }
}

/// What happens to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemEvent {
    /// A rule or a person stops it.
    Hold,
    /// The reason is gone.
    Release,
    /// It went to the bank with its batch.
    Send,
    /// The bank paid it.
    Settle,
    /// The bank gave it back.
    Return,
    /// The bank never took it.
    Fail,
}

impl ItemState {
    /// The state after `event`, or `invalid_state`.
    ///
    /// A return may come before the statement that shows the payment, so `sent` may be returned too: from transit then,
    /// and from cash after it settled. A resend is a new item.
    pub fn after(self, event: ItemEvent) -> Result<Self, Code> {
        use ItemEvent as E;
        Ok(match (self, event) {
            (Self::Queued, E::Hold) => Self::Held,
            (Self::Held, E::Release) => Self::Queued,
            (Self::Queued, E::Send) => Self::Sent,
            (Self::Sent, E::Settle) => Self::Settled,
            (Self::Sent | Self::Settled, E::Return) => Self::Returned,
            (Self::Sent, E::Fail) => Self::Failed,
            _ => return Err(Code::InvalidState),
        })
    }
}

/// Two persons: whoever made or edited a batch may not approve it.
pub fn may_approve(approver: AccountId, made_or_edited_by: &[AccountId]) -> Result<(), Code> {
    if made_or_edited_by.contains(&approver) { Err(Code::OwnApproval) } else { Ok(()) }
}

/// A batch without a payable item asks nobody for approval.
pub fn may_submit(items: impl IntoIterator<Item = ItemState>) -> Result<(), Code> {
    if items.into_iter().any(|item| item == ItemState::Queued) { Ok(()) } else { Err(Code::BatchEmpty) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const EVENTS: [BatchEvent; 9] = [
        BatchEvent::Edit,
        BatchEvent::Submit,
        BatchEvent::Approve,
        BatchEvent::Reject,
        BatchEvent::Cancel,
        BatchEvent::Send,
        BatchEvent::SettlePart,
        BatchEvent::SettleAll,
        BatchEvent::Close,
    ];

    #[test]
    fn a_batch_goes_its_way() {
        use BatchEvent::*;
        let way = [Submit, Approve, Send, SettlePart, SettlePart, SettleAll, SettleAll, Close];
        let end = way.into_iter().try_fold(BatchState::Draft, BatchState::after);
        assert_eq!(end, Ok(BatchState::Closed));
    }

    #[test]
    fn every_other_step_is_refused() {
        let allowed: usize = BatchState::ALL
            .iter()
            .map(|state| EVENTS.iter().filter(|event| state.after(**event).is_ok()).count())
            .sum();
        assert_eq!(allowed, 16);
        for state in BatchState::ALL.iter().filter(|state| state.is_final()) {
            assert!(EVENTS.iter().all(|event| state.after(*event) == Err(Code::InvalidState)), "{state}");
        }
        for state in [BatchState::Sent, BatchState::PartiallySettled, BatchState::Settled] {
            for event in [BatchEvent::Cancel, BatchEvent::Edit, BatchEvent::Approve] {
                assert!(state.after(event).is_err(), "{state} {event:?}");
            }
        }
    }

    #[test]
    fn an_edit_voids_the_approval() {
        assert_eq!(BatchState::Approved.after(BatchEvent::Edit), Ok(BatchState::Submitted));
        assert!(BatchState::Approved.is_posted() && !BatchState::Submitted.is_posted());
        assert!(BatchState::Submitted.after(BatchEvent::Send).is_err());
    }

    #[test]
    fn a_settled_item_may_still_be_returned_and_no_more() {
        use ItemEvent::*;
        let way = [Hold, Release, Send, Settle, Return].into_iter().try_fold(ItemState::Queued, ItemState::after);
        assert_eq!(way, Ok(ItemState::Returned));
        for event in [Hold, Release, Send, Settle, Return, Fail] {
            assert!(ItemState::Returned.after(event).is_err() && ItemState::Failed.after(event).is_err());
        }
        assert!(ItemState::Held.after(Send).is_err() && ItemState::Sent.after(Hold).is_err());
    }

    #[test]
    fn the_items_say_how_far_the_batch_is() {
        use ItemState::*;
        assert_eq!(settlement([Sent, Held]), None);
        assert_eq!(settlement([Sent, Returned]), Some(BatchEvent::SettlePart));
        assert_eq!(settlement([Settled, Failed, Held]), Some(BatchEvent::SettleAll));
    }

    #[test]
    fn approval_takes_another_person() {
        let [ana, ben, eve] = [1, 2, 3].map(|n| AccountId(Uuid::from_u128(n)));
        assert_eq!(may_approve(eve, &[ana, ben]), Ok(()));
        assert_eq!(may_approve(ben, &[ana, ben]), Err(Code::OwnApproval));
        assert_eq!(may_submit([ItemState::Held]), Err(Code::BatchEmpty));
        assert_eq!(may_submit([ItemState::Held, ItemState::Queued]), Ok(()));
    }
}
