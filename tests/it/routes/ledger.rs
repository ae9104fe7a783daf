//! Deposits, balances, costs, the journal and its proof.

use collegium::kernel::Role;
use serde_json::json;

use crate::harness::World;

#[actix_web::test]
async fn a_deposit_becomes_available_funds() {
    let world = World::new().await;
    let owner = world.lab("10000.00").await;
    let finance = world.staff(Role::Finance).await;
    let balance = owner.get(&format!("/v1/labs/{}/balance", owner.lab())).await.expect(200).json();
    assert_eq!(balance["available"], json!({"amount": "10000.00", "currency": "USD"}));
    assert_eq!(balance["reserved"]["amount"], "0.00");
    let entries = finance.get("/v1/ledger/entries").await.expect(200).json();
    let entry = entries["data"][0]["id"].as_str().unwrap();
    let lines = finance.get(&format!("/v1/ledger/entries/{entry}")).await.expect(200).json()["lines"].clone();
    assert_eq!((lines[0]["debit"].as_str(), lines[0]["credit"].as_str()), (Some("cash"), Some("lab_available")));
    let proof = finance.get("/v1/ledger/proof").await.expect(200).json();
    assert_eq!(proof["equal"], true);
    world.stop().await;
}

#[actix_web::test]
async fn money_moves_once_per_key_and_reference() {
    let world = World::new().await;
    let owner = world.lab("1.00").await;
    let finance = world.staff(Role::Finance).await;
    let path = format!("/v1/labs/{}/deposits", owner.lab());
    let deposit = |amount: &str, reference: &str| json!({"amount": {"amount": amount, "currency": "USD"}, "reference": reference, "received_on": "2026-01-05"});
    assert_eq!(
        finance.post_with(&path, &[], deposit("5.00", "w")).await.expect(400).code(),
        "idempotency_key_required"
    );
    let first = finance.post_with(&path, &[("idempotency-key", "a")], deposit("5.00", "w")).await.expect(201);
    let again = finance.post_with(&path, &[("idempotency-key", "a")], deposit("5.00", "w")).await.expect(201);
    assert_eq!(first.id(), again.id());
    let other = finance.post_with(&path, &[("idempotency-key", "a")], deposit("6.00", "w")).await.expect(422);
    assert_eq!(other.code(), "idempotency_key_reused");
    assert_eq!(finance.post(&path, deposit("5.00", "w")).await.expect(409).code(), "duplicate_request");
    let balance = owner.get(&format!("/v1/labs/{}/balance", owner.lab())).await.expect(200).json();
    assert_eq!(balance["available"]["amount"], "6.00");
    world.stop().await;
}

#[actix_web::test]
async fn one_key_fifty_times_at_once_has_one_effect() {
    let world = World::new().await;
    let owner = world.lab("1.00").await;
    let finance = world.staff(Role::Finance).await;
    let path = format!("/v1/labs/{}/deposits", owner.lab());
    let body =
        json!({"amount": {"amount": "7.00", "currency": "USD"}, "reference": "many", "received_on": "2026-01-05"});
    let calls = (0..50).map(|_| finance.post_with(&path, &[("idempotency-key", "same")], body.clone()));
    let replies = futures_util::future::join_all(calls).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    let fresh = replies.iter().filter(|r| r.status == 201 && r.header("idempotent-replayed").is_none()).count();
    assert!(made >= 1 && fresh == 1, "{fresh} of {made}");
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "idempotency_in_progress"));
    }
    let balance = owner.get(&format!("/v1/labs/{}/balance", owner.lab())).await.expect(200).json();
    assert_eq!(balance["available"]["amount"], "8.00");
    world.stop().await;
}

#[actix_web::test]
async fn bad_deposits_name_their_fields() {
    let world = World::new().await;
    let owner = world.lab("1.00").await;
    let finance = world.staff(Role::Finance).await;
    let path = format!("/v1/labs/{}/deposits", owner.lab());
    for (amount, currency, pointer) in [
        (json!(5), "USD", "/amount/amount"),
        (json!("5.001"), "USD", "/amount/amount"),
        (json!("1e3"), "USD", "/amount/amount"),
        (json!("0.00"), "USD", "/amount/amount"),
        (json!("-5.00"), "USD", "/amount/amount"),
        (json!("99999999999999999"), "USD", "/amount/amount"),
        (json!("5"), "EUR", "/amount/currency"),
        (json!("5"), "XXX", "/amount/currency"),
    ] {
        let body =
            json!({"amount": {"amount": amount, "currency": currency}, "reference": "r", "received_on": "2026-01-05"});
        let reply = finance.post(&path, body).await.expect(422);
        assert_eq!(reply.pointers(), [pointer], "{amount} {currency}");
    }
    let future = json!({"amount": {"amount": "5", "currency": "USD"}, "reference": "", "received_on": "2999-01-05"});
    assert_eq!(finance.post(&path, future).await.expect(422).pointers(), ["/received_on", "/reference"]);
    world.stop().await;
}
