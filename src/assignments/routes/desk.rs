//! The desk where claims are served: requests that wait at the same moment are answered by one statement, because a claim
//! costs the database five times less among thirty than alone. Whoever comes to an empty desk does not wait for others.
//!
//! What is shared here is only a hint: whose turn it is, as it was read a moment ago. Who may claim what is decided by the
//! statement; a request that gets nothing from it, whatever the reason, is served alone, and one that fails fails alone.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::{error, warn};

use super::super::operations;
use super::super::store::Asked;
use super::super::turns::{Turn, Turns};
use super::AssignmentView;
use crate::db::Db;
use crate::kernel::{Error, ExpertId, ProjectId, Result};
use crate::trust::Door;

/// How many are served by one statement.
const TOGETHER: usize = 48;
/// How many statements run at a time: with two of them one works while the other is committed.
const LANES: usize = 2;
/// How many must wait before a second statement is begun. Most of a statement's cost is its own: for a few it would take
/// from the first one more than it gives them, and they are next as soon as that is done.
const CROWD: usize = 16;
/// How many projects a statement chooses among; the turns of further ones come when these have nothing open.
const PROJECTS: usize = 1_000;
/// How old the turns may become before they are read again.
const FRESH: Duration = Duration::from_millis(250);
/// Turns older than this are no hint any more.
const STALE: Duration = Duration::from_secs(2);
/// Reading the turns takes at most one part in so many of the time.
const REST: u32 = 20;

/// Serves claims; shared by every thread of the service.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    door: Door,
    /// Where a statement runs that serves others too: it must not end with the request that began it.
    handle: Handle,
    waiting: Mutex<VecDeque<Waiting>>,
    lanes: Arc<Semaphore>,
    board: Mutex<Board>,
    reading: AsyncMutex<()>,
    /// Those who are being served alone.
    alone: Mutex<HashMap<ExpertId, Weak<AsyncMutex<()>>>>,
}

struct Waiting {
    asked: Asked,
    reply: oneshot::Sender<Option<Result<AssignmentView>>>,
}

#[derive(Default)]
struct Board {
    turns: Turns,
    /// When they were read, and how long that took.
    read: Option<(Instant, Duration)>,
    /// When they could not be read the last time, and why.
    failed: Option<(Instant, &'static str)>,
}

impl Desk {
    /// A desk whose statements run on this runtime, which outlives every request.
    pub fn new(db: Db, door: Door, handle: Handle) -> Self {
        let inner = Inner {
            db,
            door,
            handle,
            waiting: Mutex::default(),
            lanes: Arc::new(Semaphore::new(LANES)),
            board: Mutex::default(),
            reading: AsyncMutex::default(),
            alone: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Serves one who asks together with whoever else waits; `None` where they are to be served alone.
    pub async fn claim(&self, asked: Asked) -> Option<Result<AssignmentView>> {
        if let Err(error) = self.have_turns().await {
            return Some(Err(error));
        }
        let (reply, answer) = oneshot::channel();
        locked(&self.inner.waiting).push_back(Waiting { asked, reply });
        self.open_a_lane();
        // A statement that failed, or a service that stops, answers nobody: each tries alone.
        answer.await.ok().flatten()
    }

    /// One claim of a person at a time is served alone: they would wait for each other's seat, each with a connection that
    /// others want.
    pub async fn alone(&self, expert: ExpertId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut alone = locked(&self.inner.alone);
            alone.retain(|_, turn| turn.strong_count() > 0);
            match alone.get(&expert).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    let turn = Arc::default();
                    alone.insert(expert, Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }

    /// Whose turn it is, for a claim that is served alone.
    pub async fn turns(&self) -> Result<Vec<Turn>> {
        self.have_turns().await?;
        Ok(locked(&self.inner.board).turns.first(PROJECTS).to_vec())
    }

    /// Counts a claim that was served alone.
    pub fn claimed(&self, project: ProjectId) {
        locked(&self.inner.board).turns.claimed([project].into_iter());
    }

    async fn have_turns(&self) -> Result<()> {
        if self.keep_turns_fresh() { Ok(()) } else { self.read_turns().await }
    }

    /// Has the turns read again where they are not fresh; whether they are a hint still.
    fn keep_turns_fresh(&self) -> bool {
        let read = locked(&self.inner.board).read;
        let Some((at, took)) = read else { return false };
        let age = at.elapsed();
        if age > FRESH.max(took.saturating_mul(REST)) {
            let desk = self.clone();
            self.inner.handle.spawn(async move { desk.read_turns_now_and_then().await });
        }
        age < STALE.max(took.saturating_mul(2 * REST))
    }

    /// Unless somebody is reading them. A read that failed is tried by whoever cannot go on without.
    async fn read_turns_now_and_then(&self) {
        if let Ok(_reading) = self.inner.reading.try_lock() {
            let _ = self.read_board().await;
        }
    }

    /// For those who cannot go on without: the first of them reads, the others wait for it. Where it fails they are told
    /// so at once; were each to try by itself, they would wait for the database one after the other.
    async fn read_turns(&self) -> Result<()> {
        let came = Instant::now();
        let _reading = self.inner.reading.lock().await;
        let (read, failed) = {
            let board = locked(&self.inner.board);
            (board.read, board.failed)
        };
        if read.is_some_and(|(at, took)| at.elapsed() <= FRESH.max(took.saturating_mul(REST))) {
            return Ok(());
        }
        match failed {
            Some((at, why)) if at > came => Err(Error::Unavailable(why)),
            _ => self.read_board().await,
        }
    }

    async fn read_board(&self) -> Result<()> {
        let begun = Instant::now();
        let read = self.inner.db.single(self.inner.db.system(), |conn, _| operations::read_board(conn)).await;
        let mut board = locked(&self.inner.board);
        match read {
            Ok((turns, counted_at)) => {
                board.turns.replace(turns, counted_at);
                board.read = Some((Instant::now(), begun.elapsed()));
                Ok(())
            }
            Err(error) => {
                warn!(%error, "the turns of the projects cannot be read");
                let why = match error {
                    Error::Unavailable(why) => why,
                    _ => "the turns of the projects cannot be read",
                };
                board.failed = Some((Instant::now(), why));
                Err(Error::Unavailable(why))
            }
        }
    }

    /// Begins to serve where nobody does, or where a crowd waits.
    fn open_a_lane(&self) {
        let waiting = locked(&self.inner.waiting).len();
        if waiting < CROWD && self.inner.lanes.available_permits() < LANES {
            return;
        }
        if let Ok(lane) = self.inner.lanes.clone().try_acquire_owned() {
            let desk = self.clone();
            self.inner.handle.spawn(async move { desk.serve(lane).await });
        }
    }

    /// Serves whoever waits until nobody does. Who comes between the last look and the lane's end finds it free.
    async fn serve(&self, lane: OwnedSemaphorePermit) {
        loop {
            let waiting = self.next();
            if waiting.is_empty() {
                break;
            }
            self.serve_together(waiting).await;
        }
        drop(lane);
        if !locked(&self.inner.waiting).is_empty() {
            self.open_a_lane();
        }
    }

    /// The next who wait, nobody twice: a person's second claim comes after the first one.
    fn next(&self) -> Vec<Waiting> {
        let mut queue = locked(&self.inner.waiting);
        let (mut taken, mut left, mut people) = (Vec::new(), VecDeque::new(), BTreeSet::new());
        while let Some(one) = queue.pop_front() {
            if taken.len() < TOGETHER && people.insert(one.asked.expert) {
                taken.push(one);
            } else {
                left.push_back(one);
            }
        }
        *queue = left;
        taken
    }

    async fn serve_together(&self, waiting: Vec<Waiting>) {
        let (asked, replies): (Vec<Asked>, Vec<_>) = waiting.into_iter().map(|one| (one.asked, one.reply)).unzip();
        let turns: Vec<Turn> = locked(&self.inner.board).turns.first(PROJECTS).to_vec();
        let door = self.inner.door.clone();
        let claim = move |conn: &mut _, ctx: &_| operations::claim_together(conn, ctx, &door, &turns, &asked);
        match self.inner.db.single(self.inner.db.system(), claim).await {
            Ok(answers) => {
                let claimed = answers.iter().filter_map(|answer| Some(answer.as_ref()?.as_ref().ok()?.project.id));
                locked(&self.inner.board).turns.claimed(claimed);
                for (reply, answer) in replies.into_iter().zip(answers) {
                    // Whoever has gone holds a claim that nobody knows of: its lease ends by itself.
                    let _ = reply.send(answer);
                }
            }
            Err(Error::Unavailable(why)) => {
                for reply in replies {
                    let _ = reply.send(Some(Err(Error::Unavailable(why))));
                }
            }
            Err(error) => error!(%error, "claims were not served together"),
        }
    }
}

/// Nothing that is done under these locks can leave them half done.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
