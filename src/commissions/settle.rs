//! From what a statement came to, to what is paid: negative totals are carried, draws advanced and recovered.
#![deny(clippy::arithmetic_side_effects)]

use super::CommissionError;
use super::terms::Draw;
use crate::kernel::Money;

/// What a statement pays and hands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// What is paid; never negative.
    pub payable: Money,
    /// What later statements take into account; never positive.
    pub carried_out: Money,
    /// What of advances is still owed; never negative.
    pub draw_balance: Money,
}

/// Settles a statement whose figures (`total` = current + prior_period + manual) came to `total`.
///
/// With t = total + carried_in, base = max(t, 0) and carried_out = min(t, 0): below the draw the shortfall is advanced,
/// above it what is owed is recovered. A plan without a draw is one of 0, so that advances of an earlier plan end.
pub fn settle(total: Money, carried_in: Money, owed: Money, draw: Option<Draw>) -> Result<Settled, CommissionError> {
    let zero = Money::zero(total.currency());
    let due = total.checked_add(carried_in)?;
    let (base, carried_out) = if due.is_positive() { (due, zero) } else { (zero, due) };
    let floor = draw.map_or(zero, |draw| draw.amount);
    let above = base.checked_sub(floor)?;
    if above.is_positive() {
        let recovered = if owed.amount() < above.amount() { owed } else { above };
        let (payable, draw_balance) = (base.checked_sub(recovered)?, owed.checked_sub(recovered)?);
        return Ok(Settled { payable, carried_out, draw_balance });
    }
    let recoverable = draw.is_some_and(|draw| draw.recoverable);
    // `above` is the shortfall with its sign turned.
    let draw_balance = if recoverable { owed.checked_sub(above)? } else { owed };
    Ok(Settled { payable: floor, carried_out, draw_balance })
}
