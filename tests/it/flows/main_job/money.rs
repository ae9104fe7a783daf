//! The end of the main job: the executive's commission, and the payout that the bank tells of.

use collegium::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Cast;
use crate::harness::usd;

/// 7 × 900,000.00 − 12,345.67 is credited; 20% of what is above five million: 0.20 × 1,287,654.33.
const ATTAINED: &str = "6287654.33";
const UNROUNDED: &str = "257530.866";
const PAYABLE: &str = "257530.87";

fn plan() -> Value {
    json!({"currency": "USD", "window": "year", "tiers": [{"above": "5000000.00", "rate": "0.20"}]})
}

pub(super) async fn the_executive_is_paid(cast: &Cast) {
    let today = cast.today();
    let (year, period) = (today.format("%Y-01-01").to_string(), today.format("%Y-%m").to_string());
    let cost =
        json!({"lab_id": cast.lab.lab(), "amount": usd("12345.67"), "effective_on": today, "reason": "A database"});
    cast.finance.post("/v1/ledger/costs", cost).await.expect(201);
    let ling = cast.world.staff(Role::AccountExecutive).await;
    let new = json!({"name": "Above five million", "plan": plan()});
    let made = cast.finance.post("/v1/commission-plans", new).await.expect(201).id();
    let joins = json!({"account_executive_id": ling.account_id(), "from": year});
    cast.finance.post(&format!("/v1/commission-plans/{made}/participants"), joins).await.expect(201);
    let share = json!({"lab_id": cast.lab.lab(), "account_executive_id": ling.account_id(), "share": "1", "from": year,
        "provenance": "Wrote to us after the conference."});
    cast.finance.post("/v1/attributions", share).await.expect(201);
    let run = cast.finance.post("/v1/commissions/statements/run", json!({"period": period})).await.expect(201).json();
    assert_eq!(run["drafted"], 1);
    let path = format!("/v1/statements/{}", run["statements"][0].as_str().unwrap());
    let drafted = cast.finance.get(&path).await.expect(200).json();
    assert_eq!((&drafted["state"], &drafted["attainment"]), (&json!("draft"), &json!(ATTAINED)));
    assert_eq!((&drafted["payable"], &drafted["current"]), (&usd(PAYABLE), &usd(PAYABLE)));
    let sum = |lines: &Value| -> rust_decimal::Decimal {
        let amount = |line: &Value| line["amount"].as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
        lines.as_array().unwrap().iter().map(amount).sum::<rust_decimal::Decimal>().normalize()
    };
    // The lines add up to what is stated, exactly: a last one says what rounding added.
    assert_eq!(sum(&drafted["lines"]).to_string(), PAYABLE, "{}", drafted["lines"]);
    simulated_is_the_same(cast, &ling.account_id(), &drafted).await;
    let own = cast.finance.post(&format!("{path}/approve"), json!({})).await.expect(403);
    assert_eq!(own.code(), "own_approval");
    let issued = cast.checker.post(&format!("{path}/approve"), json!({})).await.expect(200).json();
    assert_eq!((&issued["state"], &issued["posted"]), (&json!("issued"), &usd(PAYABLE)));
    assert_eq!(cast.account("commission_payable").await, PAYABLE);
    let seen = ling.get(&path).await.expect(200).json();
    assert_eq!(seen["payable"], usd(PAYABLE));
    let payroll = cast.finance.get(&format!("/v1/commissions/payroll?period={period}")).await.expect(200).json();
    assert_eq!(payroll.as_array().unwrap().len(), 1, "{payroll}");
}

async fn simulated_is_the_same(cast: &Cast, ling: &str, drafted: &Value) {
    let (today, tomorrow) = (cast.today(), cast.today().succ_opt().unwrap());
    let lab = cast.lab.lab();
    let event = json!({"id": "the month", "lab": lab, "effective_on": today, "recorded_on": today,
        "revenue": "7000000.00", "expert_cost": "700000.00", "direct_cost": "12345.67"});
    let share =
        json!({"lab": lab, "account_executive": ling, "share": "1", "from": today.format("%Y-01-01").to_string()});
    let body = json!({"plan": plan(), "attributions": [share], "events": [event],
        "statements": [{"period": today.format("%Y-%m").to_string(), "as_of": tomorrow}]});
    let answer = cast.finance.post("/v1/commissions/simulate", body).await.expect(200).json();
    let simulated = &answer["statements"][0];
    assert_eq!((&simulated["payable"], &simulated["attainment"]), (&json!(PAYABLE), &json!(ATTAINED)));
    assert_eq!(simulated["earned_to_date"], drafted["earned_to_date"]["amount"]);
    let amounts = |lines: &Value| -> Vec<Value> {
        lines.as_array().unwrap().iter().map(|line| json!([line["tier"], line["credited"], line["amount"]])).collect()
    };
    assert_eq!(amounts(&simulated["lines"]), amounts(&drafted["lines"]));
    assert!(amounts(&simulated["lines"]).iter().any(|line| line[2] == UNROUNDED), "{simulated}");
}

pub(super) async fn the_payout_is_reconciled(cast: &Cast) {
    let wish = json!({"currency": "USD", "method": "ach", "cutoff": cast.today()});
    let batch = cast.finance.post("/v1/payout-batches", wish).await.expect(201).json();
    let path = format!("/v1/payout-batches/{}", batch["id"].as_str().unwrap());
    assert_eq!((&batch["totals"]["items"], &batch["totals"]["queued"]), (&json!(1), &json!(1)), "{batch}");
    assert_eq!((&batch["totals"]["gross"], &batch["totals"]["net"]), (&usd("700000.00"), &usd("700000.00")));
    let item = batch["items"][0].clone();
    assert_eq!((&item["expert_id"], &item["withheld"]), (&json!(cast.expert.expert()), &usd("0.00")));
    cast.finance.post(&format!("{path}/submit"), json!({})).await.expect(200);
    let own = cast.finance.post(&format!("{path}/approve"), json!({})).await.expect(403);
    assert_eq!(own.code(), "own_approval");
    let paid = cast.world.staff_who_is(Role::Finance, &cast.expert).await;
    assert_eq!(paid.post(&format!("{path}/approve"), json!({})).await.expect(403).code(), "own_approval");
    cast.checker.post(&format!("{path}/approve"), json!({})).await.expect(200);
    assert_eq!((cast.in_transit().await, cast.account("expert_payable").await), ("700000.00".into(), "0.00".into()));
    let file = cast.finance.get(&format!("{path}/file?format=csv")).await.expect(200);
    let again = cast.checker.get(&format!("{path}/file?format=csv")).await.expect(200);
    assert_eq!(file.bytes, again.bytes);
    let reference = item["end_to_end_id"].as_str().unwrap();
    assert_eq!(file.text().lines().count(), 2);
    assert!(
        file.text().contains(&format!("{reference},700000.00,USD,ach,Jo Doe,021000021,4000100037")),
        "{}",
        file.text()
    );
    let sent = cast.finance.post(&format!("{path}/sent"), json!({})).await.expect(200).json();
    let sum: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&sent["state"], &sent["file"]["sha256"]), (&json!("sent"), &json!(sum)));
    the_bank_tells(cast, &path, reference).await;
}

async fn the_bank_tells(cast: &Cast, batch: &str, reference: &str) {
    let today = cast.today();
    let file = format!(
        "booked_on,amount,currency,end_to_end_id,servicer_reference,description\r\n\
         {today},-700000.00,USD,{reference},bank-1,ACH credit\r\n{today},-33.00,USD,,bank-2,Account analysis charge\r\n"
    );
    let imported = cast.bank(&file, "bank file").await.expect(201).json();
    let figures = ["lines", "matched", "breaks", "known"].map(|name| imported[name].as_u64().unwrap());
    assert_eq!(figures, [2, 1, 1, 0]);
    let settled = cast.finance.get(batch).await.expect(200).json();
    assert_eq!((&settled["state"], &settled["totals"]["settled"]), (&json!("settled"), &json!(1)), "{settled}");
    assert_eq!(settled["totals"]["in_transit"], usd("0.00"));
    assert_eq!(cast.in_transit().await, "0.00");
    let breaks = cast.finance.get("/v1/reconciliation/breaks?state=open").await.expect(200).json();
    assert_eq!(breaks["data"].as_array().unwrap().len(), 1, "{breaks}");
    assert_eq!(breaks["data"][0]["difference"], usd("-33.00"));
    let path = format!("/v1/reconciliation/breaks/{}", breaks["data"][0]["id"].as_str().unwrap());
    let shown = cast.finance.get(&path).await.expect(200).json();
    assert_eq!(shown["line"]["description"], "Account analysis charge");
    let again = cast.bank(&file, "once more").await.expect(200).json();
    assert_eq!(again["already_imported"], true);
    let earned = cast.expert.get("/v1/experts/me/earnings").await.expect(200).json();
    assert_eq!(earned[0], json!({"earned": usd("700000.00"), "paid": usd("700000.00"), "payable": usd("0.00")}));
    let proof = cast.finance.get("/v1/ledger/proof").await.expect(200).json();
    assert_eq!((&proof["equal"], &proof["payouts_in_transit"]), (&json!(true), &json!([usd("0.00")])));
    cast.finance.post(&format!("{batch}/close"), json!({})).await.expect(200);
}

impl Cast {
    async fn in_transit(&self) -> String {
        let proof = self.finance.get("/v1/ledger/proof").await.expect(200).json();
        proof["payouts_in_transit"][0]["amount"].as_str().unwrap_or_default().to_owned()
    }

    async fn bank(&self, file: &str, key: &str) -> crate::harness::Reply {
        let headers = [("content-type", "text/csv"), ("idempotency-key", key)];
        self.finance.send(Method::POST, "/v1/settlements?format=csv", &headers, file.as_bytes().to_vec()).await
    }
}
