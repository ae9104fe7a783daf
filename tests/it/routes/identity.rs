//! Signing up, in and out.

use collegium::kernel::Role;
use serde_json::json;

use crate::harness::{PASSWORD, World};

#[actix_web::test]
async fn a_spent_refresh_token_ends_the_family() {
    let world = World::new().await;
    let email = world.pending_lab().await.account["email"].as_str().unwrap().to_owned();
    let login = json!({"email": email, "password": PASSWORD});
    let first = world.nobody.post("/v1/auth/login", login).await.expect(200).json();
    let rotate = |token: String| {
        let nobody = world.nobody.clone();
        async move { nobody.post("/v1/auth/refresh", json!({"refresh_token": token})).await }
    };
    let old = first["refresh_token"].as_str().unwrap().to_owned();
    let second = rotate(old.clone()).await.expect(200).json();
    let new = second["refresh_token"].as_str().unwrap().to_owned();
    let me = world.nobody.with(second["access_token"].as_str().unwrap(), second["account"].clone());
    me.get("/v1/me").await.expect(200);
    rotate(old).await.expect(401);
    rotate(new).await.expect(401);
    me.get("/v1/me").await.expect(401);
    world.stop().await;
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_account_look_the_same() {
    let world = World::new().await;
    let email = world.pending_lab().await.account["email"].as_str().unwrap().to_owned();
    let wrong = world.nobody.post("/v1/auth/login", json!({"email": email, "password": "not the password"})).await;
    let unknown = world.nobody.post("/v1/auth/login", json!({"email": "x@example.org", "password": PASSWORD})).await;
    let told = |reply: crate::harness::Reply| {
        let mut body = reply.expect(401).json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let said = told(wrong);
    assert_eq!(said["detail"], "the e-mail address or the password is not right");
    assert_eq!(said, told(unknown));
    let upper = world.nobody.post("/v1/auth/login", json!({"email": email.to_uppercase(), "password": PASSWORD})).await;
    upper.expect(200);
    world.stop().await;
}

#[actix_web::test]
async fn guessing_is_throttled_per_account() {
    let world = World::new().await;
    let email = world.pending_lab().await.account["email"].as_str().unwrap().to_owned();
    let mut refused = None;
    for _ in 0..12 {
        let reply = world.nobody.post("/v1/auth/login", json!({"email": email, "password": "guess"})).await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
        reply.expect(401);
    }
    let refused = refused.expect("the eleventh guess is refused");
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(refused.code(), "quota-exceeded");
    world.stop().await;
}

#[actix_web::test]
async fn sessions_are_seen_and_ended() {
    let world = World::new().await;
    let admin = world.staff(Role::Admin).await;
    let email = admin.account["email"].as_str().unwrap().to_owned();
    let other = world.log_in(&email).await;
    let sessions = admin.get("/v1/me/sessions").await.expect(200).json();
    let sessions = sessions["data"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let mine = sessions.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    admin.delete(&format!("/v1/me/sessions/{mine}")).await.expect(204);
    other.get("/v1/me").await.expect(401);
    admin.delete(&format!("/v1/me/sessions/{mine}")).await.expect(404);
    admin.post("/v1/auth/logout", json!({})).await.expect(204);
    admin.get("/v1/me").await.expect(401);
    world.stop().await;
}

#[actix_web::test]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::new().await;
    let admin = world.staff(Role::Admin).await;
    let other = world.log_in(admin.account["email"].as_str().unwrap()).await;
    let change = |old: &str, new: &str| json!({"current_password": old, "password": new});
    let wrong = admin.post("/v1/auth/password", change("wrong", "a very new long password")).await.expect(422);
    assert_eq!(wrong.pointers(), ["/current_password"]);
    assert_eq!(admin.post("/v1/auth/password", change(PASSWORD, "short")).await.expect(422).pointers(), ["/password"]);
    admin.post("/v1/auth/password", change(PASSWORD, "a very new long password")).await.expect(204);
    other.get("/v1/me").await.expect(401);
    admin.get("/v1/me").await.expect(200);
    world.stop().await;
}

#[actix_web::test]
async fn a_key_is_shown_once_and_holds_its_scopes() {
    let world = World::new().await;
    let owner = world.pending_lab().await;
    let wish = json!({"name": "ci", "scopes": ["read"]});
    let made = owner.post_with("/v1/api-keys", &[("idempotency-key", "k")], wish.clone()).await.expect(201);
    let key = made.json()["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("clg_live_") && key.len() == 45);
    let again = owner.post_with("/v1/api-keys", &[("idempotency-key", "k")], wish).await.expect(201);
    assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
    assert_eq!((again.id(), again.json()["key"].is_null()), (made.id(), true));
    let machine = world.nobody.with(&key, owner.account.clone());
    machine.get(&format!("/v1/labs/{}", owner.lab())).await.expect(200);
    machine.post("/v1/api-keys", json!({"name": "more", "scopes": ["read"]})).await.expect(403);
    assert!(owner.get("/v1/api-keys").await.expect(200).json()["data"][0]["key"].is_null());
    owner.delete(&format!("/v1/api-keys/{}", made.id())).await.expect(204);
    machine.get(&format!("/v1/labs/{}", owner.lab())).await.expect(401);
    world.stop().await;
}

#[actix_web::test]
async fn invitations_bring_colleagues_in() {
    let world = World::new().await;
    let owner = world.pending_lab().await;
    let path = format!("/v1/labs/{}/members", owner.lab());
    let email = world.email();
    let wish = json!({"email": email, "role": "lab_viewer"});
    let token = owner.post(&path, wish.clone()).await.expect(201).json()["token"].as_str().unwrap().to_owned();
    let accept = json!({"token": token, "password": PASSWORD});
    world.nobody.post("/v1/invitations/accept", json!({"token": token, "password": "short"})).await.expect(422);
    world.nobody.post("/v1/invitations/accept", accept.clone()).await.expect(201);
    world.nobody.post("/v1/invitations/accept", accept).await.expect(422);
    let viewer = world.log_in(&email).await;
    assert_eq!(viewer.lab(), owner.lab());
    viewer.post(&path, wish.clone()).await.expect(403);
    assert_eq!(
        owner.post(&path, json!({"email": "a@example.org", "role": "admin"})).await.expect(422).pointers(),
        ["/role"]
    );
    let stranger = world.pending_lab().await;
    stranger.post(&path, wish).await.expect(404);
    world.stop().await;
}
