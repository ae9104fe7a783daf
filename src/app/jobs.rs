//! What runs by itself: each job is a transaction every few seconds, on whichever instance gets to it first.

use std::time::{Duration, Instant};

use diesel::PgConnection;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{Instrument, error, info, info_span};

use super::Parts;
use crate::db::Db;
use crate::kernel::{Ctx, Error, Result};
use crate::{assignments, experts, files, http, matching, payouts, record};

/// The jobs of a running service.
pub struct Jobs {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Jobs {
    /// Ends every job after its current run.
    pub async fn stop(mut self) {
        // Nobody listens any more where every job has ended already.
        let _ = self.stop.send(true);
        while self.running.join_next().await.is_some() {}
    }
}

/// One run of a job: says how much it did, so that a full load is followed by another run soon.
type Run = fn(&mut PgConnection, &Ctx) -> Result<usize>;

/// Every job: its name, how often it looks, what it does.
const JOBS: &[(&str, Duration, Run)] = &[
    ("partitions", Duration::from_secs(3600), |conn, ctx| {
        let made = record::jobs::make_partitions(conn, ctx, ctx.today())?;
        // Making ahead is never followed by more of it.
        Ok(usize::try_from(made.min(0)).unwrap_or(0))
    }),
    ("idempotency_keys", Duration::from_secs(300), http::forget_keys),
    ("credentials", Duration::from_secs(60), experts::jobs::expire_credentials),
    ("eligibility", Duration::from_secs(1), matching::jobs::refresh_due),
    ("expire_offers", Duration::from_secs(5), matching::jobs::expire_offers),
    ("pulse", Duration::from_secs(60), assignments::jobs::count_pulse),
    ("expire_leases", Duration::from_secs(1), assignments::jobs::expire_leases),
    ("auto_accept", Duration::from_secs(5), assignments::jobs::auto_accept),
    ("expire_reviews", Duration::from_secs(5), assignments::jobs::expire_reviews),
    ("unresolved_disputes", Duration::from_secs(30), assignments::jobs::overturn_unresolved),
    ("missing_payouts", Duration::from_secs(3600), payouts::jobs::find_missing),
];

/// Starts every job.
pub fn run_jobs(parts: &Parts) -> Jobs {
    let (stop, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    for (name, every, run) in JOBS {
        let (db, mut stopped) = (parts.db.clone(), stopped.clone());
        let repeat = async move {
            loop {
                let begun = Instant::now();
                let pause = match once(&db, *run).await {
                    Ok(0) => *every,
                    Ok(done) => {
                        info!(done, "job");
                        // However much there is to do, two thirds of the time are left to those who wait for an answer.
                        begun.elapsed().saturating_mul(2)
                    }
                    Err(Error::Unavailable(why)) => {
                        info!(why, "job waits for the database");
                        *every
                    }
                    Err(failure) => {
                        error!(%failure, "job failed");
                        *every
                    }
                };
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    _ = stopped.changed() => return,
                }
            }
        };
        running.spawn_local(repeat.instrument(info_span!("job", name)));
    }
    running.spawn_local(sweep_files(parts.clone(), stopped.clone()).instrument(info_span!("job", name = "files")));
    let (logins, callers, mut stopped) = (parts.logins.clone(), parts.callers.clone(), stopped);
    running.spawn_local(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(60)) => {}
                _ = stopped.changed() => return,
            }
            logins.forget_idle();
            callers.forget_idle();
        }
    });
    Jobs { stop, running }
}

/// Looks through the whole depot, so that it is done a few times a day and begins when the service has settled.
async fn sweep_files(parts: Parts, mut stopped: watch::Receiver<bool>) {
    let mut pause = Duration::from_secs(600);
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.changed() => return,
        }
        pause = Duration::from_secs(6 * 3600);
        match files::jobs::sweep(&parts.db, &parts.depot).await {
            Ok(0) => {}
            Ok(done) => info!(done, "job"),
            Err(failure) => error!(%failure, "job failed"),
        }
    }
}

async fn once(db: &Db, run: Run) -> Result<usize> {
    db.write(db.system(), run).await
}
