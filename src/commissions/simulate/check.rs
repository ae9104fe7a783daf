//! Judges the body of a simulation: parses what it says and finds everything that is wrong with it.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{AttributionBody, Body, Case, EventBody, StatementBody};
use crate::commissions::attainment::{self, Attribution, Clearance, Known, Margin, MarginEvent};
use crate::commissions::figure::{judged, midnight, note};
use crate::commissions::terms::Plan;
use crate::kernel::form::Findings;
use crate::kernel::{Currency, FieldError};

/// Attributions, events, statements: more of one in a body is refused.
const MAX_ATTRIBUTIONS: usize = 1_000;
const MAX_EVENTS: usize = 10_000;
const MAX_STATEMENTS: usize = 240;
/// Attributions × events × statements, which bounds the time that one simulation takes to seconds.
const MAX_WORK: usize = 1_000_000;
/// Letters of a name.
const MAX_NAME: usize = 200;
/// Decimals of a share, and of an exchange rate: `NUMERIC(9,8)` and `NUMERIC(18,10)`.
const SHARE_DECIMALS: usize = 8;
const RATE_DECIMALS: usize = 10;

pub(super) fn case(body: &Body) -> Result<Case, Vec<FieldError>> {
    let mut found = Findings::default();
    sizes(body, &mut found);
    if !found.is_empty() {
        return judged(found, None);
    }
    let plan = Plan::parse(&body.plan).map_err(|errors| found.extend("/plan", errors)).ok();
    let attributions = attributions(&body.attributions, &mut found);
    let events = events(&body.events, body.plan.currency, &mut found);
    let statements = statements(&body.statements, &mut found);
    judged(found, plan.map(|plan| Case { plan, attributions, events, statements }))
}

fn sizes(body: &Body, found: &mut Findings) {
    let (people, events, statements) = (body.attributions.len(), body.events.len(), body.statements.len());
    found.check(people <= MAX_ATTRIBUTIONS, "/attributions", "too_many", "at most 1,000 attributions");
    found.check(events <= MAX_EVENTS, "/events", "too_many", "at most 10,000 events");
    found.check(statements > 0, "/statements", "required", "ask for at least one statement");
    found.check(statements <= MAX_STATEMENTS, "/statements", "too_many", "at most 240 statements");
    let work = people.saturating_mul(events).saturating_mul(statements);
    found.check(work <= MAX_WORK, "", "too_large", "attributions × events × statements is at most 1,000,000");
}

fn name(found: &mut Findings, pointer: String, text: &str) {
    let plain = !text.trim().is_empty() && text.chars().count() <= MAX_NAME;
    found.check(plain, &pointer, "not_a_name", "1 to 200 characters");
}

fn attributions(bodies: &[AttributionBody], found: &mut Findings) -> Vec<Attribution<String, String>> {
    let mut read = Vec::with_capacity(bodies.len());
    for (place, body) in bodies.iter().enumerate() {
        let pointer = format!("/attributions/{place}");
        name(found, format!("{pointer}/lab"), &body.lab);
        name(found, format!("{pointer}/account_executive"), &body.account_executive);
        let lasts = body.until.is_none_or(|until| body.from < until);
        found.check(lasts, &format!("{pointer}/until"), "out_of_range", "the end lies after the beginning");
        let at_share = format!("{pointer}/share");
        let Some(share) = body.share.number(found, &at_share, SHARE_DECIMALS) else { continue };
        let fraction = share > Decimal::ZERO && share <= Decimal::ONE;
        found.check(fraction, &at_share, "out_of_range", "a share is more than 0 and at most 1");
        let clearance = match &body.clearance {
            None => Clearance::NotNeeded,
            Some(given) => given.cleared_on.map_or(Clearance::Missing, |day| Clearance::Since(midnight(day))),
        };
        read.push(Attribution {
            lab: body.lab.clone(),
            executive: body.account_executive.clone(),
            share,
            from: body.from,
            until: body.until,
            clearance,
        });
    }
    over_attributed(&read, found);
    read
}

fn over_attributed(read: &[Attribution<String, String>], found: &mut Findings) {
    let mut by_lab: BTreeMap<&str, Vec<&Attribution<String, String>>> = BTreeMap::new();
    for attribution in read {
        by_lab.entry(&attribution.lab).or_default().push(attribution);
    }
    for (lab, held) in by_lab {
        if let Some(day) = attainment::over_attributed(&held) {
            let detail = format!("the shares of lab {lab} on {day} exceed 1");
            found.add("/attributions", "over_attributed", detail);
        }
    }
}

fn events(bodies: &[EventBody], plan: Currency, found: &mut Findings) -> Vec<MarginEvent<String, String>> {
    let mut ids = BTreeSet::new();
    let mut read = Vec::with_capacity(bodies.len());
    for (place, body) in bodies.iter().enumerate() {
        let pointer = format!("/events/{place}");
        name(found, format!("{pointer}/id"), &body.id);
        name(found, format!("{pointer}/lab"), &body.lab);
        found.check(ids.insert(&body.id), &format!("{pointer}/id"), "duplicate", "another event has this id");
        let Some(margin) = margin(body, plan, &pointer, found) else { continue };
        read.push(MarginEvent {
            id: body.id.clone(),
            lab: body.lab.clone(),
            effective_on: body.effective_on,
            recorded_at: midnight(body.recorded_on),
            corrects_effective_on: body.corrects_effective_on,
            margin,
        });
    }
    read
}

fn margin(body: &EventBody, plan: Currency, pointer: &str, found: &mut Findings) -> Option<Margin> {
    let currency = body.currency.unwrap_or(plan);
    let rate = rate(body, currency == plan, &format!("{pointer}/fx_rate"), found);
    let revenue = body.revenue.money(found, &format!("{pointer}/revenue"), currency);
    let expert_cost = body.expert_cost.money(found, &format!("{pointer}/expert_cost"), currency);
    let direct_cost = body.direct_cost.money(found, &format!("{pointer}/direct_cost"), currency);
    let margin = Margin { revenue: revenue?, expert_cost: expert_cost?, direct_cost: direct_cost? };
    margin.converted(rate?, plan).map_err(|error| note(found, pointer, &error)).ok()
}

fn rate(body: &EventBody, same: bool, pointer: &str, found: &mut Findings) -> Option<Decimal> {
    let Some(text) = &body.fx_rate else {
        found.check(same, pointer, "required", "another currency than the plan's needs a rate");
        return same.then_some(Decimal::ONE);
    };
    let rate = text.number(found, pointer, RATE_DECIMALS)?;
    found.check(rate > Decimal::ZERO, pointer, "out_of_range", "a rate is more than 0");
    found.check(!same || rate == Decimal::ONE, pointer, "out_of_range", "one currency with itself is 1");
    Some(rate)
}

fn statements(bodies: &[StatementBody], found: &mut Findings) -> Vec<Known> {
    for (place, pair) in bodies.windows(2).enumerate() {
        let rises = matches!(pair, [before, after] if before.period < after.period);
        let pointer = format!("/statements/{}/period", place.saturating_add(1));
        found.check(rises, &pointer, "statement_order", "statements stand in the order of their periods");
    }
    bodies.iter().map(|body| Known { period: body.period, as_of: midnight(body.as_of) }).collect()
}
