//! The project that is told in full, as its lab, its experts and the house each see their part of it.

use std::collections::BTreeMap;

use chrono::Days;
use comfy_table::{Cell, Table};
use rust_decimal::Decimal;
use serde_json::Value;

use super::{grouped, less, right, somebody, sum, table};
use crate::assignments::operations as work;
use crate::demo::cast::{LABS, STAFF};
use crate::demo::people::address;
use crate::demo::radiology::acceptance::delivered;
use crate::demo::radiology::{FAILED, LAB, READERS, REVIEWERS, SCHOOL_TITLE, TITLE};
use crate::demo::stage::{Player, Stage, shown, text};
use crate::kernel::{Error, ProjectId, Result, Role};
use crate::matching::operations as matching;
use crate::payouts::operations as payouts;
use crate::projects::operations::{self as projects, ResultLine};

/// Who looks, and at what.
struct View<'s> {
    stage: &'s Stage,
    operations: &'s Player,
    lab: Player,
    school: ProjectId,
    project: ProjectId,
    /// Lines of everybody's own statements, by assignment or review.
    lines: BTreeMap<String, Value>,
}

/// The steps, in the order in which they happen, and what each came to.
pub fn told(stage: &Stage, operations: &Player, listed: &[Value]) -> Result<Table> {
    let part = LABS.get(LAB).ok_or_else(|| Error::internal("the films are no lab's"))?;
    let mut view = View {
        stage,
        operations,
        lab: somebody(stage, part.name, part.email)?,
        school: titled(listed, SCHOOL_TITLE)?,
        project: titled(listed, TITLE)?,
        lines: BTreeMap::new(),
    };
    view.read_statements()?;
    let results = delivered(stage, &view.lab, view.project)?;
    let mut table = table(&[TITLE, "what happened", "USD"]);
    let paid = [
        view.qualification()?,
        view.reports(&results)?,
        view.known(&results)?,
        view.reviews()?,
        view.rework(&results)?,
    ];
    let money = view.money(sum(paid.iter().filter_map(|(_, _, amount)| *amount))?)?;
    let [qualification, readings, gold, reviews, rework] = paid;
    let steps = [view.films()?, qualification, view.question()?, readings, gold, reviews, view.disputes()?]
        .into_iter()
        .chain([view.adjudication(&results)?, rework, view.refund()?, view.batches()?]);
    for (name, what, amount) in steps.chain(money) {
        let amount = amount.map(|amount| grouped(&amount.to_string())).unwrap_or_default();
        table.add_row(vec![Cell::new(name), Cell::new(what), right(amount)]);
    }
    Ok(table)
}

/// A step: its name, what happened, and what it came to.
type Step = (&'static str, String, Option<Decimal>);

fn titled(listed: &[Value], title: &str) -> Result<ProjectId> {
    let found = listed.iter().find(|project| project.pointer("/title").and_then(Value::as_str) == Some(title));
    let found = found.ok_or_else(|| Error::internal(format!("the demo has no project {title}")))?;
    text(found, "/id")?.parse().map_err(|_| Error::internal("a project without an id"))
}

fn amount(value: &Value, pointer: &str) -> Result<Decimal> {
    text(value, pointer)?.parse().map_err(Error::internal)
}

fn is(value: &Value, pointer: &str, word: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_str) == Some(word)
}

impl View<'_> {
    fn read_statements(&mut self) -> Result<()> {
        let paging = self.stage.paging(&crate::demo::first_page())?;
        for name in READERS.into_iter().chain([FAILED]).chain(REVIEWERS) {
            let expert = somebody(self.stage, name, &address(name))?;
            let statement = self.stage.look(&expert, |conn, ctx| {
                let year = ctx.today().checked_sub_days(Days::new(365));
                payouts::statement(conn, ctx, (year, None), &paging)
            })?;
            for line in statement.data {
                self.lines.insert(line.id.clone(), shown(&line)?);
            }
        }
        Ok(())
    }

    /// What was earned with pieces of this kind.
    fn earned(&self, project: ProjectId, what: &str) -> Result<Vec<Decimal>> {
        let project = project.to_string();
        let of = |line: &&Value| is(line, "/project_id", &project) && is(line, "/what", what);
        let lines = self.lines.values().filter(of).filter(|line| line.pointer("/earned/amount").is_some());
        lines.map(|line| amount(line, "/earned/amount")).collect()
    }

    fn films(&self) -> Result<Step> {
        let paging = self.stage.paging(&crate::demo::first_page())?;
        let files = |project| -> Result<Vec<i64>> {
            // A name is content: whoever looks is written down.
            let listed = self
                .stage
                .act(&self.lab, |conn, ctx| projects::list_files(conn, ctx, self.stage.door(), project, &paging))?;
            Ok(listed.data.iter().map(|file| file.bytes).collect())
        };
        let (school, project) = (files(self.school)?, files(self.project)?);
        let bytes: i64 = school.iter().chain(&project).sum();
        let what = format!(
            "{} to read and {} to qualify on: {} bytes, sealed, shown part by part to whoever holds their task",
            project.len(),
            school.len(),
            grouped(&bytes.to_string())
        );
        Ok(("films of the lab", what, None))
    }

    fn qualification(&self) -> Result<Step> {
        let mut passed = Vec::new();
        for name in READERS.into_iter().chain([FAILED]) {
            let expert = somebody(self.stage, name, &address(name))?;
            let told = self.stage.look(&expert, |conn, ctx| matching::explain_own(conn, ctx, self.project))?;
            passed.push(
                is(&shown(&told)?, "/eligible", "true") || shown(&told)?.pointer("/eligible") == Some(&true.into()),
            );
        }
        let paid = self.earned(self.school, "assignment")?;
        let what = format!(
            "{} of {} doctors passed; each of {} answers was explained at once and paid, right or wrong",
            passed.iter().filter(|passed| **passed).count(),
            passed.len(),
            paid.len()
        );
        Ok(("qualification", what, Some(sum(paid)?)))
    }

    fn question(&self) -> Result<Step> {
        let paging = self.stage.paging(&crate::demo::first_page())?;
        let asked = self.stage.act(&self.lab, |conn, ctx| {
            projects::list_questions(conn, ctx, self.stage.door(), self.project, &paging)
        })?;
        let first = asked.data.first().filter(|question| question.answer.is_some());
        let first = first.ok_or_else(|| Error::internal("the demo's question has no answer"))?;
        Ok(("a question", format!("“{}” Asked under a code name, answered for all", first.question), None))
    }

    fn reports(&self, results: &[ResultLine]) -> Result<Step> {
        let paging = self.stage.paging(&crate::demo::first_page())?;
        let mut stripped = 0usize;
        for line in results {
            let files = self.stage.act(&self.lab, |conn, ctx| {
                work::list_delivered(conn, ctx, self.stage.door(), line.assignment_id, &paging)
            })?;
            stripped = stripped.saturating_add(files.data.iter().filter(|file| file.stripped == Some(true)).count());
        }
        let mut paid = Vec::new();
        for line in results {
            paid.push(self.line(&line.assignment_id.to_string()).and_then(|line| amount(line, "/earned/amount"))?);
        }
        let what =
            format!("{} delivered, each with a report; the author was taken out of {stripped} reports", results.len());
        Ok(("readings", what, Some(sum(paid)?)))
    }

    fn line(&self, id: &str) -> Result<&Value> {
        self.lines.get(id).ok_or_else(|| Error::internal(format!("{id} stands in nobody's statement")))
    }

    /// What was earned with accepted readings that are not delivered: those that the lab had done again, or all others.
    fn undelivered(&self, results: &[ResultLine], done_again: bool) -> Result<Vec<Decimal>> {
        let project = self.project.to_string();
        let delivered: Vec<String> = results.iter().map(|line| line.assignment_id.to_string()).collect();
        let of = |(id, line): &(&String, &Value)| {
            let accepted = is(line, "/project_id", &project) && is(line, "/state", "accepted");
            accepted && !delivered.contains(id) && is(line, "/audit_verdict", "rework") == done_again
        };
        self.lines.iter().filter(of).map(|(_, line)| amount(line, "/earned/amount")).collect()
    }

    fn known(&self, results: &[ResultLine]) -> Result<Step> {
        let paid = self.undelivered(results, false)?;
        let what = format!(
            "{} readings of a film whose finding is known, hidden among the others; billed to nobody",
            paid.len()
        );
        Ok(("gold", what, Some(sum(paid)?)))
    }

    fn reviews(&self) -> Result<Step> {
        let paid = self.earned(self.project, "review")?;
        let what = format!("{} by {} other doctors, who are paid for each", paid.len(), REVIEWERS.len());
        Ok(("reviews", what, Some(sum(paid)?)))
    }

    fn disputes(&self) -> Result<Step> {
        let paging = self.stage.paging(&crate::demo::first_page())?;
        let listed = self.stage.look(self.operations, |conn, ctx| work::list_disputes(conn, ctx, &paging))?;
        let disputes: Vec<_> = listed.data.iter().filter(|dispute| dispute.project_id == self.project).collect();
        let overturned = disputes.iter().filter(|dispute| dispute.state.as_str() == "overturned").count();
        let what = format!(
            "{} rejections disputed, {overturned} overturned: that reading is among those delivered and paid",
            disputes.len(),
        );
        Ok(("disputes", what, None))
    }

    fn adjudication(&self, results: &[ResultLine]) -> Result<Step> {
        let mut films: Vec<&str> = results
            .iter()
            .filter(|line| line.final_answer.as_ref().is_some_and(|answer| answer.by == "adjudication"))
            .map(|line| line.external_id.as_str())
            .collect();
        films.dedup();
        films.sort_unstable();
        films.dedup();
        let judge = STAFF.iter().filter(|part| part.role == Role::Reviewer).nth(1);
        let judge = judge.ok_or_else(|| Error::internal("the demo has one reviewer"))?;
        let judge = somebody(self.stage, judge.name, judge.email)?;
        let paging = self.stage.paging(&crate::demo::first_page())?;
        let made = self.stage.look(&judge, |conn, ctx| work::list_adjudications(conn, ctx, &paging))?;
        let made = made.data.iter().filter(|one| one.project_id == self.project && one.decided_at.is_some()).count();
        let what = format!("{made} film whose two readings differ ({}), decided by {}", films.join(", "), judge.name);
        Ok(("adjudication", what, None))
    }

    /// The lab's audits of this verdict: how many, and what was to come back.
    fn audits(&self, verdict: &str) -> Result<Vec<Value>> {
        let paging = self.stage.paging(&crate::demo::first_page())?;
        let listed = self.stage.look(&self.lab, |conn, ctx| work::list_audits(conn, ctx, None, &paging))?;
        let audits = listed.data.iter().filter(|audit| audit.project_id == self.project);
        let shown = audits.map(shown).collect::<Result<Vec<_>>>()?;
        Ok(shown.into_iter().filter(|audit| is(audit, "/verdict", verdict)).collect())
    }

    fn rework(&self, results: &[ResultLine]) -> Result<Step> {
        let (good, rework) = (self.audits("good")?.len(), self.audits("rework")?.len());
        let twice = sum(self.undelivered(results, true)?)?;
        let what = format!("{good} reading good; {rework} done again by somebody else, at the house's cost");
        Ok(("audits", what, Some(twice)))
    }

    fn refund(&self) -> Result<Step> {
        let refunded: Vec<Value> =
            self.audits("refund")?.into_iter().filter(|audit| is(audit, "/state", "refunded")).collect();
        let back = refunded.iter().map(|audit| amount(audit, "/refund/amount")).collect::<Result<Vec<_>>>()?;
        let what = format!("{} asked for by the lab, approved by a second person, of finance", back.len());
        Ok(("refunds", what, Some(sum(back)?)))
    }

    fn batches(&self) -> Result<Step> {
        let paging = self.stage.paging(&crate::demo::first_page())?;
        let listed =
            self.stage.look(&self.lab, |conn, ctx| projects::list_batches(conn, ctx, self.project, &paging))?;
        let done: Vec<&str> = listed
            .data
            .iter()
            .rev()
            .filter(|batch| batch.signed_off_at.is_some())
            .map(|batch| batch.batch_id.as_str())
            .collect();
        Ok((
            "batches",
            format!("{} of {} signed off by the lab: {}", done.len(), listed.data.len(), done.join(", ")),
            None,
        ))
    }

    /// What the lab paid, what the experts earned, which is what the steps came to, and what is left.
    fn money(&self, told: Decimal) -> Result<Vec<Step>> {
        let progress = self.stage.look(self.operations, |conn, ctx| projects::progress(conn, ctx, self.project))?;
        let billed = amount(&shown(&progress)?, "/billed/amount")?;
        let (_, _, refunded) = self.refund()?;
        let refunded = refunded.unwrap_or_default();
        let earned = sum([
            sum(self.earned(self.school, "assignment")?)?,
            sum(self.earned(self.project, "assignment")?)?,
            sum(self.earned(self.project, "review")?)?,
        ])?;
        if earned != told {
            return Err(Error::internal(format!("the experts earned {earned}, and {told} is told of")));
        }
        let kept = less(billed, refunded)?;
        let lab = format!("billed {}, less the refund", grouped(&billed.to_string()));
        let experts = "earned: qualification, readings, gold, reviews, and what was done again".to_owned();
        Ok(vec![
            ("the lab", lab, Some(kept)),
            ("the experts", experts, Some(earned)),
            ("the house", "what is left".to_owned(), Some(less(kept, earned)?)),
        ])
    }
}
