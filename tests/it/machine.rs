//! The state machine of task, slot and assignment, against a small model of it: random histories of everything that labs,
//! experts, reviewers, operations and finance do are lived through twice, by the service over HTTP and by the model, and
//! after every step both must have answered alike and show the same. What rests on chance or on words is told elsewhere:
//! gold and growing overlap in `quality`, who may see what in `flows`, many at once in `concurrency`.
//!
//! Histories are drawn from one seed, so that everybody runs the same ones. `PROPTEST_RNG_SEED` and `PROPTEST_CASES` draw
//! others, and as many as are wanted; what fails is made as short as it can be, printed, and its seed kept beside this
//! file, so that it is tried first the next time.

mod command;
mod model;
mod rights;
mod rules;
mod service;
mod working;

use std::cell::RefCell;
use std::collections::BTreeMap;

use collegium::kernel::Role;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

use self::command::{Command, EXPERTS, Pick, REVIEWERS, command};
use self::model::{Model, Shown, Terms};
use self::rules::Outcome;
use self::service::{House, Service};
use crate::harness::{World, assert_invariants};

/// Histories that everybody runs.
const CASES: u32 = 20;
/// A month is as far as anybody's session goes.
const MOST_TICKS: i64 = 2_400;
/// Until every lease, review, offer and dispute is over.
const AFTER_ALL: i64 = 800;

/// What the usual histories get to, or else they would prove little.
const DONE: &[&str] = &[
    "import",
    "cancel a task",
    "pause",
    "resume",
    "close",
    "claim",
    "renew",
    "release",
    "submit",
    "take a review",
    "accept",
    "reject",
    "revise",
    "dispute",
    "overturn",
    "uphold",
    "audit: good",
    "audit: rework",
    "audit: refund",
    "decide a refund",
    "offer",
    "accept an offer",
    "decline an offer",
    "withdraw an offer",
    "lease_expired",
    "budget_exceeded",
    "already_reviewed",
    "revisions_exhausted",
    "dispute_closed",
    "audit_closed",
    "project_not_open",
    "no_open_slots",
];

#[derive(Debug, Clone)]
struct History {
    terms: Terms,
    commands: Vec<Command<Pick>>,
}

fn history() -> impl Strategy<Value = History> {
    let levels = prop_oneof![1 => Just(0), 2 => Just(1), 1 => Just(REVIEWERS)];
    let terms = (any::<bool>(), 100i64..20_000, 1usize..4, levels, 0usize..3, 4i64..14);
    let terms = terms.prop_map(|(hourly, bill_rate, overlap, levels, max_revisions, budget_slots)| Terms {
        hourly,
        bill_rate,
        overlap,
        levels,
        max_revisions,
        budget_slots,
    });
    let start = Command::Import { tasks: 1, priority: 50 };
    (terms, prop::collection::vec(command(), 90..150)).prop_map(move |(terms, mut commands)| {
        commands.insert(0, start);
        History { terms, commands }
    })
}

/// How often each act was done, and each refusal met.
type Tally = RefCell<BTreeMap<String, usize>>;

/// Lives through a history; the first difference ends it.
async fn live(world: &World, house: &House, history: &History, tally: &Tally) -> Result<(), TestCaseError> {
    let mut model = Model::new(history.terms);
    let mut service = Service::new(world, house, &history.terms, EXPERTS).await;
    let mut lived = Vec::new();
    let mut ticks = 0;
    let end = [Command::Close, Command::Wait { ticks: AFTER_ALL }];
    let drawn = history.commands.iter().map(Ok).chain(end.iter().map(Err));
    for command in drawn {
        let act = match command {
            Ok(command) => match model.aim(*command) {
                Some(act) => act,
                None => continue,
            },
            Err(act) => *act,
        };
        if let (Command::Wait { ticks: more }, Ok(_)) = (act, command) {
            if ticks + more + AFTER_ALL > MOST_TICKS {
                continue;
            }
            ticks += more;
        }
        lived.push(act);
        let (foreseen, told) = (model.act(act), service.act(act).await);
        let (right, shown) = (model.shown(), service.shown().await);
        prop_assert_eq!(&told, &foreseen, "answered, foreseen; after{}", story(&lived));
        prop_assert_eq!(&shown, &right, "shown, right; after{}", story(&lived));
        keeps_its_promises(&shown, &history.terms)?;
        let name = match &told {
            Outcome::Refused(code) => code.clone(),
            Outcome::Nothing => format!("{}: nothing", act.name()),
            Outcome::Done | Outcome::Claimed(..) | Outcome::Reviewing(_) => act.name().to_owned(),
        };
        *tally.borrow_mut().entry(name).or_default() += 1;
    }
    prop_assert_eq!(service.shown().await.money[1], 0, "reserved after all; after{}", story(&lived));
    Ok(())
}

/// What was done, a line for each act.
fn story(lived: &[Command<usize>]) -> String {
    lived.iter().map(|act| format!("\n  {act:?}")).collect()
}

/// What holds whatever the rules say in detail, asked of what the service shows.
fn keeps_its_promises(shown: &Shown, terms: &Terms) -> Result<(), TestCaseError> {
    prop_assert_eq!(shown.money.iter().sum::<i64>(), model::DEPOSIT, "what was deposited is somewhere");
    for task in 0..shown.tasks.len() {
        let works: Vec<_> = shown.works.iter().filter(|work| work.task == task).collect();
        let billed = works.iter().filter(|work| work.billed.unwrap_or(0) > 0).count();
        let delivered = works.iter().filter(|work| work.delivered).count();
        prop_assert!(billed <= terms.overlap && delivered <= terms.overlap, "task {} is answered too often", task);
        for expert in 0..EXPERTS {
            let bound = |work: &&&model::WorkShown| {
                work.expert == expert && !["released", "expired"].contains(&work.state.as_str())
            };
            prop_assert!(works.iter().filter(bound).count() <= 1, "expert {} is twice on task {}", expert, task);
        }
    }
    Ok(())
}

#[test]
fn service_and_model_live_through_the_same_histories() {
    let mut config = Config { source_file: Some(file!()), ..Config::default() };
    config.failure_persistence = Some(Box::new(FileFailurePersistence::WithSource("regressions")));
    (config.max_shrink_iters, config.max_shrink_time) = (200, 60_000);
    let usual = ["PROPTEST_RNG_SEED", "PROPTEST_CASES"].iter().all(|name| std::env::var_os(name).is_none());
    if usual {
        (config.rng_seed, config.cases) = (RngSeed::Fixed(2), CASES);
    }
    let system = actix_web::rt::System::new();
    let world = system.block_on(World::new());
    let house = system.block_on(async {
        let mut reviewers = Vec::new();
        for _ in 0..REVIEWERS {
            reviewers.push(world.staff(Role::Reviewer).await);
        }
        House { reviewers, operations: world.staff(Role::Operations).await, finance: world.staff(Role::Finance).await }
    });
    let tally = Tally::default();
    let outcome =
        TestRunner::new(config).run(&history(), |history| system.block_on(live(&world, &house, &history, &tally)));
    if let Err(error) = outcome {
        panic!("{error}");
    }
    for (what, times) in tally.borrow().iter() {
        println!("{times:6} × {what}");
    }
    let never: Vec<&str> = DONE.iter().copied().filter(|name| !tally.borrow().contains_key(*name)).collect();
    assert!(!usual || never.is_empty(), "the usual histories never get to {never:?}");
    system.block_on(async {
        assert_invariants(&world).await;
        world.stop().await;
    });
}
