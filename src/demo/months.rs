//! The story, month by month: deposits and tasks at the beginning, four rounds of work, a payout at the end, the bank's
//! file and the executive's statement in the month after.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::cast::LABS;
use super::people::People;
use super::projects::{PARTS, Posted, post_tasks};
use super::stage::{Player, Stage, form, shown, text};
use crate::assignments::operations as work;
use crate::commissions::operations as commissions;
use crate::kernel::time::Period;
use crate::kernel::{Clock, Error, Result, Role};
use crate::ledger;
use crate::payouts;
use crate::payouts::operations::{Format, Statement};

/// Steps of the progress bar.
pub const STEPS: u64 = 280;
/// Who works at a time.
const HANDS: usize = 4;

/// The months that are told: this year's complete ones, or all of last year's where this year is young.
pub struct Story {
    months: Vec<Period>,
}

impl Story {
    /// The story as of today.
    pub fn now(stage: &Stage) -> Result<Self> {
        stage.set_clock_to_now();
        let today = Clock::default().now().date_naive();
        let (year, last) = if today.month() >= 7 { (today.year(), today.month() - 1) } else { (today.year() - 1, 12) };
        let months: Vec<Period> =
            (1..=last).filter_map(|month| NaiveDate::from_ymd_opt(year, month, 1)).map(Period::of).collect();
        Ok(Self { months })
    }

    /// Its months.
    pub fn months(&self) -> &[Period] {
        &self.months
    }

    /// The morning it begins.
    pub fn opening(&self) -> DateTime<Utc> {
        self.months.first().map(|month| morning(month.first_day())).unwrap_or_default()
    }

    /// Whether the story ends with this month.
    pub fn ends_with(&self, month: Period) -> bool {
        self.months.last() == Some(&month)
    }

    fn place(&self, month: Period) -> usize {
        self.months.iter().position(|known| *known == month).unwrap_or_default()
    }

    /// Deposits what a lab's tasks of a month will cost, and a little more.
    pub fn fund(&self, stage: &Stage, people: &People, lab: usize, month: usize) -> Result<()> {
        let (finance, owner) = (people.staff(Role::Finance, 0)?, people.lab(lab)?);
        let mut cost = Decimal::from(20_000);
        for part in PARTS.iter().filter(|part| part.lab == lab) {
            let slots = part.share(month, self.months.len()).len() * usize::try_from(part.overlap).unwrap_or(1);
            let bill: Decimal = part.bill.parse().map_err(Error::internal)?;
            let price =
                bill.checked_mul(Decimal::from(slots)).ok_or_else(|| Error::internal("a demo of too much money"))?;
            cost = cost.checked_add(price).ok_or_else(|| Error::internal("a demo of too much money"))?;
        }
        let reference = format!("{} wire {month}", LABS.get(lab).map_or("", |part| part.email));
        let lab_id = owner.signed.lab.ok_or_else(|| Error::internal("a lab's owner without a lab"))?;
        stage.act(finance, |conn, ctx| {
            let wish = form(json!({"amount": {"amount": cost.round_dp(2).to_string(), "currency": "USD"},
                "reference": reference, "received_on": ctx.today()}))?;
            match ledger::operations::record_deposit(conn, ctx, lab_id, &wish) {
                // Two projects of one lab share one deposit a month.
                Err(Error::Refused(crate::kernel::Code::DuplicateRequest)) => Ok(()),
                other => other.map(drop),
            }
        })
    }
}

fn morning(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default()).and_utc()
}

/// The morning of a day of a month.
pub fn day_of(month: Period, day: u64) -> DateTime<Utc> {
    morning(month.first_day().checked_add_days(Days::new(day - 1)).unwrap_or_default())
}

/// The work of one month.
pub fn play(stage: &Stage, people: &People, projects: &[Posted], (story, month): (&Story, Period)) -> Result<()> {
    let place = story.place(month);
    stage.set_clock(day_of(month, 2))?;
    if place == 0 {
        attribute(stage, people, story)?;
    }
    for posted in projects {
        if place > 0 {
            story.fund(stage, people, posted.part.lab, place)?;
        }
        let which = match posted.part.key {
            // All of them at once, in the last month.
            "anaesthesia" if place + 1 == story.months.len() => 0..posted.part.tasks,
            "anaesthesia" => 0..0,
            _ => posted.part.share(place, story.months.len()),
        };
        if posted.part.key == "anaesthesia" && !which.is_empty() {
            extra_funds(stage, people, posted)?;
        }
        post_tasks(stage, people.lab(posted.part.lab)?, posted, which)?;
    }
    record_tooling(stage, people, month)?;
    for round in 0..4u64 {
        stage.set_clock(day_of(month, 4 + round * 6))?;
        let paid_projects: Vec<&Posted> = projects.iter().filter(|posted| posted.part.key != "anaesthesia").collect();
        for posted in &paid_projects {
            let most =
                posted.part.share(place, story.months.len()).len() * usize::try_from(posted.part.overlap).unwrap_or(1);
            round_of_work(stage, people, posted, (most.div_ceil(4), round))?;
        }
    }
    Ok(())
}

/// The end of a month: experts are paid, and the executive gets a statement.
pub fn end(stage: &Stage, people: &People, (story, month): (&Story, Period)) -> Result<()> {
    let place = story.place(month);
    if place + 1 < story.months.len() {
        pay(stage, people, month, Bank::Exact)?;
    }
    state(stage, people, month)
}

fn extra_funds(stage: &Stage, people: &People, posted: &Posted) -> Result<()> {
    let lab = people.lab(posted.part.lab)?.signed.lab.ok_or_else(|| Error::internal("a lab's owner without a lab"))?;
    stage.act(people.staff(Role::Finance, 0)?, |conn, ctx| {
        let wish = form(json!({"amount": {"amount": "13500.00", "currency": "USD"}, "reference": "anaesthesia study",
            "received_on": ctx.today()}))?;
        ledger::operations::record_deposit(conn, ctx, lab, &wish).map(drop)
    })
}

/// Ling brought the first lab in; 20% of its gross margin above five million in a year are hers.
fn attribute(stage: &Stage, people: &People, story: &Story) -> Result<()> {
    let (finance, ling) = (people.staff(Role::Finance, 0)?, people.staff(Role::AccountExecutive, 0)?);
    let from = story.opening().date_naive();
    let plan = form(json!({"name": "Above five million", "plan": {"currency": "USD", "window": "year",
        "tiers": [{"above": "5000000.00", "rate": "0.20"}]}}))?;
    let plan = stage.act(finance, |conn, ctx| commissions::create_plan(conn, ctx, &plan))?;
    let joins = form(json!({"account_executive_id": ling.signed.account, "from": from}))?;
    stage.act(finance, |conn, ctx| commissions::add_participant(conn, ctx, plan, &joins))?;
    let lab = people.lab(0)?.signed.lab;
    let share = form(json!({"lab_id": lab, "account_executive_id": ling.signed.account, "share": "1", "from": from,
        "provenance": "Wrote to us after the Boston conference; no earlier employer was involved."}))?;
    stage.act(finance, |conn, ctx| commissions::create_attribution(conn, ctx, &share))?;
    Ok(())
}

fn record_tooling(stage: &Stage, people: &People, month: Period) -> Result<()> {
    let lab = people.lab(0)?.signed.lab;
    stage.act(people.staff(Role::Finance, 1)?, |conn, ctx| {
        let wish = form(json!({"lab_id": lab, "amount": {"amount": "4800.00", "currency": "USD"},
            "effective_on": month.first_day(), "reason": "Literature database, monthly licence"}))?;
        ledger::operations::record_cost(conn, ctx, &wish).map(drop)
    })
}

/// Experts take turns claiming, four at a time; a few days later everybody has handed in, and reviewers look.
fn round_of_work(stage: &Stage, people: &People, posted: &Posted, (most, round): (usize, u64)) -> Result<()> {
    let experts = people.experts_of(posted.part.fields);
    let held = hands(&experts, |n, expert| {
        let share = most / experts.len() + usize::from(n < most % experts.len());
        let wish = form(json!({"project_id": posted.id}))?;
        let mut held = Vec::new();
        for _ in 0..share {
            match stage.act(expert, |conn, ctx| work::claim(conn, ctx, stage.door(), &wish))? {
                Some(claimed) => held.push((*expert, claimed.id, text(&shown(&claimed)?, "/lease/token")?)),
                None => break,
            }
        }
        Ok(held)
    })?;
    let held: Vec<_> = held.into_iter().flatten().collect();
    let clock = stage.db().clock();
    clock.set_offset_seconds(clock.offset_seconds() + 4 * 86_400);
    hands(&held, |n, (expert, id, token)| {
        let answer = format!("Case {n} of round {round}: the answer, its reasons, and where they are published.");
        let wish = form(
            json!({"lease_token": token, "answer": {"answer": answer}, "time_spent_seconds": posted.part.seconds}),
        )?;
        stage.act(expert, |conn, ctx| work::submit(conn, ctx, stage.door(), *id, &wish))?
    })?;
    let reviewers = [people.staff(Role::Reviewer, 0)?, people.staff(Role::Reviewer, 1)?];
    // Where each begins to count makes the rejections fall now here, now there.
    let begin = usize::try_from(round).unwrap_or_default() * 5;
    hands(&reviewers, |n, reviewer| review_all(stage, reviewer, posted, begin + n * 7))?;
    clock.set_offset_seconds(clock.offset_seconds() - 4 * 86_400);
    Ok(())
}

/// Every ninth is rejected with a reason; everything else is accepted.
fn review_all(stage: &Stage, reviewer: &Player, posted: &Posted, mut count: usize) -> Result<()> {
    let wish = form(json!({"project_id": posted.id}))?;
    loop {
        let claimed = stage.act(reviewer, |conn, ctx| {
            let review = work::claim_review(conn, ctx, &wish)?;
            review.map(|id| work::get_review(conn, ctx, stage.door(), id)).transpose()
        })?;
        let Some(claimed) = claimed else { return Ok(()) };
        count += 1;
        let decision = match count % 9 {
            0 => json!({"decision": "reject", "reason": "sources",
                "comment": "None of the sources can be found, and the conclusion rests on the second of them."}),
            _ => json!({"decision": "accept"}),
        };
        let decision = form(decision)?;
        let submission = claimed.submission_id;
        stage.act(reviewer, |conn, ctx| work::decide(conn, ctx, stage.door(), submission, &decision))?;
    }
}

/// Does something for each of many, a few at a time.
fn hands<T: Sync, R: Send>(all: &[T], f: impl Fn(usize, &T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let numbered: Vec<(usize, &T)> = all.iter().enumerate().collect();
    let size = numbered.len().div_ceil(HANDS).max(1);
    let parts: Vec<Result<Vec<R>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = numbered
            .chunks(size)
            .map(|part| scope.spawn(|| part.iter().map(|(n, one)| f(*n, one)).collect()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(Error::internal("a hand of the demo was lost"))))
            .collect()
    });
    let mut done = Vec::with_capacity(all.len());
    for part in parts {
        done.extend(part?);
    }
    Ok(done)
}

/// What the bank's file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bank {
    /// Every payment as it was sent.
    Exact,
    /// One payment with a fee on it, and a line that nobody knows.
    TwoBreaks,
}

/// Pays everybody who is owed enough at the end of a month; the bank's file comes two days later.
fn pay(stage: &Stage, people: &People, month: Period, bank: Bank) -> Result<()> {
    let (maker, checker) = (people.staff(Role::Finance, 0)?, people.staff(Role::Finance, 1)?);
    stage.set_clock(day_of(month.next(), 1))?;
    let wish = form(json!({"currency": "USD", "method": "ach", "cutoff": month.last_day()}))?;
    let batch = stage.act(maker, |conn, ctx| payouts::operations::draft(conn, ctx, &wish))?;
    stage.act(maker, |conn, ctx| payouts::operations::submit(conn, ctx, batch))?;
    stage.act(checker, |conn, ctx| payouts::operations::approve(conn, ctx, stage.door(), batch))?;
    stage.act(maker, |conn, ctx| payouts::operations::send(conn, ctx, batch))?;
    let paging = stage.paging(&super::first_page())?;
    let items = stage.look(maker, |conn, ctx| payouts::operations::list_items(conn, ctx, (batch, None), &paging))?;
    stage.set_clock(day_of(month.next(), 3))?;
    let mut file = "booked_on,amount,currency,end_to_end_id,servicer_reference,description\r\n".to_owned();
    let day = day_of(month.next(), 3).date_naive();
    for (n, item) in items.data.iter().enumerate() {
        let item = shown(item)?;
        if text(&item, "/state")? != "sent" {
            continue;
        }
        let (mut net, id): (Decimal, String) =
            (text(&item, "/net/amount")?.parse().map_err(Error::internal)?, text(&item, "/end_to_end_id")?);
        if bank == Bank::TwoBreaks && n == 0 {
            net = net.checked_add(Decimal::new(150, 2)).ok_or_else(|| Error::internal("a demo of too much money"))?;
        }
        file.push_str(&format!("{day},-{net},USD,{id},{month}-{n:04},ACH credit\r\n"));
    }
    if bank == Bank::TwoBreaks {
        file.push_str(&format!("{day},-33.00,USD,,{month}-unknown,Account analysis charge\r\n"));
    }
    let sha256 = Sha256::digest(file.as_bytes()).into();
    let statement = Statement { format: Format::Csv, bytes: file.as_bytes(), sha256 };
    stage.act(maker, |conn, ctx| payouts::operations::import(conn, ctx, stage.door(), &statement))?;
    if bank == Bank::Exact {
        stage.act(maker, |conn, ctx| payouts::operations::close(conn, ctx, batch))?;
    }
    Ok(())
}

/// The payout of the last month, whose bank file does not fit in two places.
pub fn last_payout(stage: &Stage, people: &People, story: &Story) -> Result<()> {
    let last = story.months.last().copied().ok_or_else(|| Error::internal("a story without months"))?;
    pay(stage, people, last, Bank::TwoBreaks)
}

/// The executive's statement of a month, issued by another person than who ran it.
fn state(stage: &Stage, people: &People, month: Period) -> Result<()> {
    let (maker, checker) = (people.staff(Role::Finance, 0)?, people.staff(Role::Finance, 1)?);
    stage.set_clock(day_of(month.next(), 4))?;
    let wish = form(json!({"period": month}))?;
    let run = stage.act(maker, |conn, ctx| {
        let period = commissions::run(conn, ctx, &wish)?;
        commissions::view_run(conn, ctx, period)
    })?;
    let nothing = form(json!({}))?;
    for statement in run.statements {
        stage.act(checker, |conn, ctx| commissions::approve(conn, ctx, statement, &nothing))?;
    }
    Ok(())
}
