//! A hundred thousand leases that run out at once, beside people who claim: the time that their answers take at half load,
//! without the sweep and while it works.

use std::time::{Duration, Instant};

use collegium::app;
use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::Arguments;
use crate::claimants::{Load, claim_all};
use crate::market::{Failure, Market, served};
use crate::seed::SIGNED_IN;

/// Leases that have run out.
const LEASES: u64 = 100_000;
/// The promise: the slowest answer but one in a hundred while the sweep works, against without it; and claims kept.
const PROMISED_SLOWER: f64 = 2.0;
const PROMISED_RATE: f64 = 0.9;
/// Seconds under full load, which tell the pace.
const FULL_SECONDS: u64 = 10;
/// Seconds without the sweep.
const ALONE_SECONDS: u64 = 15;

/// Claims of long ago on the first tasks of the queues, three on each, of everybody in turn.
const LAPSE: &str = "
WITH lapsed AS (
    INSERT INTO assignment (id, lab_id, project_id, task_id, expert_id, currency, bill_rate, slot_price, pay_rate, pricing,
        max_seconds, brief_version, lease_token, lease_started_at, lease_expires_at, claimed_at)
    SELECT bench_id(), task.lab_id, task.project_id, task.id, bench_expert(3 * (task.place - 1) % {people} + slot), 'USD', 10,
        10, 6, 'per_task', 3600, 1, bench_id(), now() - interval '2 hours', now() - interval '1 hour', now() - interval '2 hours'
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM task) AS task, generate_series(1, 3) AS slot
    WHERE task.place <= {tasks}
    RETURNING *
),
held AS (
    UPDATE task_slots SET free = 0, held = 3, open = false WHERE task_id IN (SELECT task_id FROM lapsed)
),
engaged AS (
    INSERT INTO engagement (expert_id, project_id, lab_id, tasks, brief_version)
    SELECT expert_id, project_id, lab_id, count(*), 1 FROM lapsed GROUP BY expert_id, project_id, lab_id
)
UPDATE seat
SET open_claims = of.claims, claims = of.claims
FROM (SELECT expert_id, count(*) AS claims FROM lapsed GROUP BY expert_id) AS of
WHERE seat.expert_id = of.expert_id";

/// Slots, seats and engagements that tell another story than the assignments, and claims or expiries without a record.
const WRONG: &str = "
SELECT (SELECT count(*) FROM task_slots WHERE free + held + filled <> 3)
     + (SELECT count(*) FROM task_slots LEFT JOIN (
            SELECT task_id, count(*) AS held FROM assignment WHERE state = 'claimed' GROUP BY task_id) AS live USING (task_id)
        WHERE task_slots.held <> coalesce(live.held, 0))
     + (SELECT count(*) FROM seat LEFT JOIN (
            SELECT expert_id, count(*) AS open FROM assignment WHERE state = 'claimed' GROUP BY expert_id) AS live USING (expert_id)
        WHERE seat.open_claims <> coalesce(live.open, 0))
     + (SELECT count(*) FROM engagement LEFT JOIN (
            SELECT expert_id, project_id, count(*) AS tasks FROM assignment WHERE state = 'claimed'
            GROUP BY expert_id, project_id) AS live USING (expert_id, project_id)
        WHERE engagement.tasks <> coalesce(live.tasks, 0))
     + abs((SELECT count(*) FROM assignment WHERE state = 'expired')
         - (SELECT count(*) FROM audit_event WHERE action = 'assignment.expired')) AS wrong";

const LEFT: &str = "
SELECT count(*) AS wrong FROM (
    SELECT 1 FROM assignment WHERE state = 'claimed' AND lease_expires_at <= now() LIMIT 1) AS one";

/// Without the sweep, with it, and the microseconds that it took; nothing where it did not come to its end.
struct Runs {
    without: Load,
    with: Load,
    drained: Option<u64>,
}

/// Measures; whether the promise holds.
#[expect(clippy::print_stdout, reason = "the result of the program")]
pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    println!("seeding {} tasks, {LEASES} leases that have run out …", arguments.tasks);
    let mut market = Market::with_work((arguments.tasks, arguments.projects))?;
    let people = SIGNED_IN / 3 * 3;
    let lapse = LAPSE.replace("{people}", &people.to_string()).replace("{tasks}", &LEASES.div_ceil(3).to_string());
    market.owner.batch_execute(&lapse)?;
    market.owner.batch_execute("VACUUM ANALYZE")?;
    market.settle()?;
    let runs = under_load(&mut market, arguments)?;
    let left = market.wrong(LEFT.replace(" LIMIT 1", "").as_str())?;
    let sound = market.wrong(WRONG)? == 0;
    market.close()?;
    Ok(report(arguments, runs, left, sound))
}

fn under_load(market: &mut Market, arguments: &Arguments) -> Result<Runs, Failure> {
    let (parts, tokens, connections) = (market.parts.clone(), market.experts()?, arguments.connections);
    let lasting = Duration::from_secs(arguments.seconds);
    served(&parts, async |address| {
        let clients = (address, connections);
        let full = claim_all(clients, &tokens, Duration::from_secs(FULL_SECONDS), None).await?;
        let pause = Some(full.half_pace(connections)?);
        let without = claim_all(clients, &tokens, Duration::from_secs(ALONE_SECONDS), pause).await?;
        let jobs = app::run_jobs(&parts);
        let begun = Instant::now();
        let swept = async {
            while begun.elapsed() < lasting {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if market.wrong(LEFT)? == 0 {
                    return Ok(Some(u64::try_from(begun.elapsed().as_micros())?));
                }
            }
            Ok::<_, Failure>(None)
        };
        let (with, drained) = tokio::join!(claim_all(clients, &tokens, lasting, pause), swept);
        jobs.stop().await;
        let drained = drained?;
        Ok(Runs { without, with: with?.until(drained.unwrap_or(u64::MAX)), drained })
    })
}

#[expect(clippy::print_stdout, reason = "the result of the program")]
#[expect(clippy::as_conversions, clippy::float_arithmetic, clippy::cast_precision_loss, reason = "figures for people")]
fn report(arguments: &Arguments, runs: Runs, left: i64, sound: bool) -> bool {
    let Runs { without, with, drained } = runs;
    let seconds = drained.map(|micros| micros as f64 / 1e6);
    let figures = |load: &Load| (load.rate(0.0, 1.0), load.percentile(0.5), load.percentile(0.99));
    let ((rate, p50, p99), (swept_rate, swept_p50, swept_p99)) = (figures(&without), figures(&with));
    let (slower, kept) = (swept_p99 / p99, swept_rate / rate);
    let refused = without.refused + with.refused;
    println!("half load, leases left lying     {rate:>6.0}/s  p50 {p50:.1} ms  p99 {p99:.1} ms");
    println!("half load, beside the sweep      {swept_rate:>6.0}/s  p50 {swept_p50:.1} ms  p99 {swept_p99:.1} ms");
    println!(
        "p99 × {slower:.2} (promised at most {PROMISED_SLOWER}), claims × {kept:.2} (promised {PROMISED_RATE}), refused {refused}"
    );
    match seconds {
        Some(seconds) => println!("{LEASES} leases ended in {seconds:.1} s, left {left}"),
        None => println!("the leases were not all ended in {} s: left {left}", arguments.seconds),
    }
    println!("slots, seats, engagements and records tell one story: {}", if sound { "yes" } else { "NO" });
    let holds = sound && left == 0 && seconds.is_some() && slower <= PROMISED_SLOWER && kept >= PROMISED_RATE;
    if arguments.json {
        let line = json!({"case": "expiry", "holds": holds, "claims_per_second": rate, "p50_ms": p50, "p99_ms": p99,
            "swept_claims_per_second": swept_rate, "swept_p50_ms": swept_p50, "swept_p99_ms": swept_p99, "slower": slower,
            "kept": kept, "refused": refused, "leases": LEASES, "left": left, "seconds": seconds, "sound": sound});
        println!("{line}");
    }
    holds
}
