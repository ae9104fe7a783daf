//! Running a service until a signal comes, then draining it.

use std::time::Duration;

use tracing::info;

use super::{Parts, run_jobs, serve, stop};
use crate::config::Settings;
use crate::kernel::{Error, Result};

/// How many requests can be worked on at a time.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Serves these parts until a signal comes.
pub fn until_stopped(settings: &Settings, parts: &Parts) -> Result<()> {
    let runtime = actix_web::rt::System::new();
    let (settings, parts) = (settings.clone(), parts.clone());
    runtime.block_on(async move {
        let service = serve(&parts, settings.listen, settings.metrics_listen, cores())?;
        info!(address = %service.address, metrics = %service.metrics_address, "serving");
        let handle = service.server.handle();
        let metrics = service.metrics_server.handle();
        let jobs = run_jobs(&parts);
        actix_web::rt::spawn(service.server);
        actix_web::rt::spawn(service.metrics_server);
        stop_signal().await?;
        info!("stopping: requests under way are finished first");
        stop(&parts, handle, drain_time(&settings)).await;
        jobs.stop().await;
        metrics.stop(false).await;
        Ok(())
    })
}

/// How long `/readyz` says no before accepting ends, so that a balancer can turn away; nothing waits on a laptop.
fn drain_time(settings: &Settings) -> Duration {
    if settings.listen.ip().is_loopback() { Duration::ZERO } else { Duration::from_secs(3) }
}

async fn stop_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
