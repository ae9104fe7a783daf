//! What holds for any plan, any history and any order in which it became known.

use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::kit::*;
use crate::commissions::simulate::Answer;
use crate::commissions::{Plan, PlanBody};

/// An event: day of the year it takes effect, days until it is recorded, lab, cents, and days back that it corrects.
type Happening = (u64, u64, bool, i64, Option<u64>);

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let cents = prop_oneof![-2_000_000i64..3_000_000, -20i64..20];
    prop::collection::vec((0u64..365, 0u64..200, any::<bool>(), cents, prop::option::of(0u64..90)), 1..14)
}

fn day(offset: u64) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    (first + chrono::Days::new(offset)).to_string()
}

fn amount(cents: i64) -> String {
    Decimal::new(cents, 2).to_string()
}

fn event(place: usize, (effective, delay, second, cents, back): &Happening) -> Value {
    let mut event = margin(&format!("e{place:02}"), &day(*effective), &amount(*cents));
    event["recorded_on"] = json!(day(effective + delay));
    event["lab"] = json!(if *second { "B" } else { "A" });
    event["corrects_effective_on"] = json!(back.map(|back| day(effective.saturating_sub(back))));
    event
}

fn events(happened: &[Happening]) -> Value {
    happened.iter().enumerate().map(|(place, it)| event(place, it)).collect()
}

fn two_people() -> Value {
    json!([{"lab": "A", "account_executive": "ling", "share": "0.6", "from": "2026-01-01"},
           {"lab": "A", "account_executive": "omar", "share": "0.4", "from": "2026-01-01", "until": "2026-09-01"},
           {"lab": "B", "account_executive": "ling", "share": "0.33333333", "from": "2026-02-01"}])
}

/// Every month of 2026, and one when everything is known.
fn all_year() -> Value {
    let mut statements = monthly(12);
    statements.as_array_mut().unwrap().push(json!({"period": "2027-12", "as_of": "2028-01-01"}));
    statements
}

fn tiers() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(0i64..5_000_000, 0i64..=10_000, 1..4).prop_map(|tiers| {
        let tier =
            |(above, rate): (i64, i64)| json!({"above": amount(above), "rate": Decimal::new(rate, 4).to_string()});
        tiers.into_iter().map(tier).collect()
    })
}

/// Any plan that is accepted.
fn plans() -> impl Strategy<Value = Value> {
    let word = |words: &'static [&'static str]| prop::sample::select(words);
    let words = (
        word(&["gross_margin", "revenue"]),
        word(&["month", "quarter", "year", "inception"]),
        word(&["account_executive", "lab"]),
        word(&["marginal", "whole_amount"]),
        word(&["exclusive", "inclusive"]),
        word(&["before_tiers", "after_tiers"]),
        word(&["prospective", "re_rate_window", "reset"]),
    );
    let limits =
        (prop::option::of(1i64..1_000_000), prop::option::of(1i64..100_000), prop::option::of(0i64..2_000_000));
    (words, tiers(), prop::option::of((1u64..365, tiers())), limits).prop_filter_map("a defined combination", |given| {
        let ((measure, window, scope, mode, boundary, split, change), tiers, version, (cap, draw, gate)) = given;
        let plan = json!({"currency": "USD", "measure": measure, "window": window, "scope": scope, "mode": mode,
            "boundary": boundary, "split": split, "version_change": change, "tiers": tiers,
            "versions": version.map(|(from, tiers)| json!({"from": day(from), "tiers": tiers})).into_iter().collect::<Vec<_>>(),
            "cap": cap.map(|cap| json!({"amount": amount(cap)})),
            "draw": draw.map(|draw| json!({"amount": amount(draw), "recoverable": draw % 2 == 0})),
            "gate": gate.map(|gate| json!({"measure": "revenue", "above": amount(gate)}))});
        let body: PlanBody = serde_json::from_value(plan.clone()).unwrap();
        Plan::parse(&body).is_ok().then_some(plan)
    })
}

fn simple(tiers: &Value) -> Value {
    plan_with(json!({"tiers": tiers, "window": "inception"}))
}

fn cents(figure: Decimal) -> Decimal {
    figure.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven)
}

/// What a person's statements came to together.
fn came_to(answer: &Answer, who: &str) -> Decimal {
    answer.statements.iter().filter(|it| it.account_executive == who).map(total).sum()
}

fn earned_last(answer: &Answer) -> Vec<String> {
    let last = answer.statements.last().map(|it| it.period);
    answer.statements.iter().filter(|it| Some(it.period) == last).map(|it| it.earned_to_date.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Lines add up, which `run` checks for every statement; so do statements; and nothing new states nothing new.
    #[test]
    fn any_history_adds_up_and_computing_twice_changes_nothing(plan in plans(), happened in happenings()) {
        let mut statements = all_year();
        statements.as_array_mut().unwrap().push(json!({"period": "2028-01", "as_of": "2028-02-01"}));
        let given = plan.clone();
        let first = run(plan.clone(), two_people(), events(&happened), statements.clone());
        let mut shuffled = happened;
        shuffled.rotate_left(1);
        let mut ids = events(&shuffled);
        let count = shuffled.len();
        for (place, event) in ids.as_array_mut().unwrap().iter_mut().enumerate() {
            event["id"] = json!(format!("e{:02}", (place + 1) % count));
        }
        prop_assert_eq!(&first, &run(plan, two_people(), ids, statements));
        let again = first.statements.iter().filter(|it| it.period.to_string() == "2028-01");
        prop_assert!(again.clone().count() == 2 && again.clone().all(|it| total(it).is_zero()));
        for who in ["ling", "omar"] {
            let last = first.statements.iter().rfind(|it| it.account_executive == who).unwrap();
            prop_assert_eq!(came_to(&first, who), dec(&last.earned_to_date));
            let paid: Decimal = first.statements.iter().filter(|it| it.account_executive == who).map(|it| dec(&it.payable)).sum();
            // What was paid is what was earned, what is owed for advances and what is still to be made good.
            let draw = &given["draw"];
            let expected = dec(&last.earned_to_date) + dec(&last.draw_balance) - dec(&last.carried_out);
            prop_assert!(draw["recoverable"] == false || paid == expected);
        }
    }

    /// In any order of arrival, statements come to round(C(A)) of what happened in the end.
    #[test]
    fn statements_telescope(tiers in tiers(), happened in happenings(), whole in any::<bool>()) {
        let mut plan = simple(&tiers);
        plan["mode"] = json!(if whole { "whole_amount" } else { "marginal" });
        let answer = run(plan.clone(), ling(), events(&happened), all_year());
        let attained: Decimal = happened.iter().filter(|it| !it.2).map(|it| Decimal::new(it.3, 2)).sum();
        let judged = Plan::parse(&serde_json::from_value(plan).unwrap()).unwrap();
        let (_, tiers) = judged.version_on(chrono::NaiveDate::MIN);
        prop_assert_eq!(came_to(&answer, "ling"), cents(tiers.unwrap().earned(attained).unwrap()));
    }

    /// An event and its exact reversal leave nothing, whenever the reversal takes effect or is recorded.
    #[test]
    fn a_reversal_nets_to_nothing(plan in plans(), happened in happenings(), delay in 0u64..100) {
        let mut plan = plan;
        // After tiers the order of steps decides whose share each has, and an event and its reversal are two steps.
        plan["split"] = json!("before_tiers");
        let without = run(plan.clone(), two_people(), events(&happened[1..]), all_year());
        let mut both = events(&happened[1..]);
        let placed = event(90, &happened[0]);
        let mut reversal = placed.clone();
        let corrected = &placed["corrects_effective_on"];
        reversal["corrects_effective_on"] = if corrected.is_null() { placed["effective_on"].clone() } else { corrected.clone() };
        reversal["id"] = json!("e91");
        reversal["effective_on"] = json!(day(happened[0].0 + delay));
        reversal["revenue"] = json!(amount(-happened[0].3));
        both.as_array_mut().unwrap().extend([placed, reversal]);
        prop_assert_eq!(earned_last(&run(plan, two_people(), both, all_year())), earned_last(&without));
    }

    /// Within a month and a version, marginal tiers do not ask which event was first.
    #[test]
    fn marginal_ignores_order_within_a_month(tiers in tiers(), figures in prop::collection::vec(-500_000i64..900_000, 2..8)) {
        let month = |figures: &[i64]| -> Value {
            figures.iter().enumerate().map(|(place, it)| event(place, &(u64::try_from(place).unwrap(), 0, false, *it, None))).collect()
        };
        let mut reversed = figures.clone();
        reversed.reverse();
        let stated = |figures: &[i64]| totals(&run(simple(&tiers), two_people(), month(figures), monthly(1)));
        prop_assert_eq!(stated(&figures), stated(&reversed));
    }

    /// Marginal tiers never jump: a change of C is at most the highest rate of the change of A, and a cent.
    #[test]
    fn marginal_is_continuous(tiers in tiers(), happened in happenings()) {
        let top = tiers.as_array().unwrap().iter().map(|tier| dec(tier["rate"].as_str().unwrap())).max().unwrap();
        let answer = run(simple(&tiers), ling(), events(&happened), all_year());
        for pair in answer.statements.windows(2) {
            let moved = (dec(&pair[1].attainment) - dec(&pair[0].attainment)).abs();
            prop_assert!(total(&pair[1]).abs() <= top * moved + Decimal::new(1, 2));
        }
    }

    /// Shares that make 1 hand out the whole of C, before anybody's is rounded.
    #[test]
    fn allocations_after_tiers_sum_exactly(tiers in tiers(), happened in happenings(), percent in 1i64..100) {
        let mut plan = simple(&tiers);
        plan["split"] = json!("after_tiers");
        let part = |who: &str, percent: i64| {
            json!({"lab": "A", "account_executive": who, "share": Decimal::new(percent, 2).to_string(), "from": "2026-01-01"})
        };
        let both = json!([part("ling", percent), part("omar", 100 - percent)]);
        let statement = json!([{"period": "2027-12", "as_of": "2028-01-01"}]);
        let unrounded = |attributions: Value| -> Decimal {
            let answer = run(plan.clone(), attributions, events(&happened), statement.clone());
            let lines = answer.statements.iter().flat_map(|it| &it.lines);
            lines.filter(|it| it.kind.as_str() != "rounding").map(|it| dec(&it.amount)).sum()
        };
        prop_assert_eq!(unrounded(both), unrounded(ling()));
    }
}
