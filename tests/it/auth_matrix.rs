//! Who may call what: every route of the OpenAPI document, for every role and for nobody; and what one tenant sees of
//! another's objects, which is what it sees of objects that do not exist.

use std::collections::{BTreeMap, BTreeSet};

use collegium::app;
use collegium::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Reply, Someone, World};

/// One letter a role: O owner, M member, V viewer of a lab; E expert; R reviewer, P operations, F finance, X account
/// executive, U auditor, A admin. `*` is everybody who is signed in, `-` anybody at all.
const MATRIX: &[(&str, &str, &str)] = &[
    ("POST", "/v1/auth/login", "-"),
    ("POST", "/v1/auth/refresh", "-"),
    ("POST", "/v1/auth/logout", "*"),
    ("POST", "/v1/auth/password", "*"),
    ("POST", "/v1/experts", "-"),
    ("POST", "/v1/labs", "-"),
    ("POST", "/v1/invitations/accept", "-"),
    ("GET", "/v1/me", "*"),
    ("GET", "/v1/me/sessions", "*"),
    ("DELETE", "/v1/me/sessions/{id}", "*"),
    ("GET", "/v1/api-keys", "O"),
    ("POST", "/v1/api-keys", "O"),
    ("GET", "/v1/api-keys/{id}", "O"),
    ("DELETE", "/v1/api-keys/{id}", "O"),
    ("GET", "/v1/staff", "PFUA"),
    ("POST", "/v1/staff", "A"),
    ("POST", "/v1/labs/{id}/members", "O"),
    ("GET", "/v1/labs", "PFUA"),
    ("GET", "/v1/labs/{id}", "OMVPFUA"),
    ("POST", "/v1/labs/{id}/activate", "PA"),
    ("GET", "/v1/labs/{id}/balance", "OMVFU"),
    ("GET", "/v1/labs/{id}/deposits", "OMVFU"),
    ("POST", "/v1/labs/{id}/deposits", "F"),
    ("GET", "/v1/deposits/{id}", "OMVFU"),
    ("GET", "/v1/experts", "PUA"),
    ("GET", "/v1/experts/{id}", "EPUA"),
    ("PATCH", "/v1/experts/{id}", "EP"),
    ("GET", "/v1/experts/{id}/credentials", "EPUA"),
    ("POST", "/v1/experts/{id}/credentials", "EP"),
    ("GET", "/v1/experts/{id}/earnings", "EFU"),
    ("GET", "/v1/experts/{id}/reputation", "EPUA"),
    ("GET", "/v1/experts/me/eligibility", "E"),
    ("GET", "/v1/experts/me/payout-method", "E"),
    ("PUT", "/v1/experts/me/payout-method", "E"),
    ("GET", "/v1/experts/me/tax-form", "E"),
    ("PUT", "/v1/experts/me/tax-form", "E"),
    ("GET", "/v1/credentials", "PUA"),
    ("GET", "/v1/credentials/{id}", "EPUA"),
    ("GET", "/v1/credentials/{id}/evidence", "EP"),
    ("PUT", "/v1/credentials/{id}/evidence", "EP"),
    ("POST", "/v1/credentials/{id}/verify", "P"),
    ("POST", "/v1/credentials/{id}/reject", "P"),
    ("POST", "/v1/credentials/{id}/revoke", "P"),
    ("GET", "/v1/ledger/accounts", "FU"),
    ("GET", "/v1/ledger/entries", "FU"),
    ("GET", "/v1/ledger/entries/{id}", "FU"),
    ("GET", "/v1/ledger/costs", "FU"),
    ("POST", "/v1/ledger/costs", "F"),
    ("GET", "/v1/ledger/costs/{id}", "FU"),
    ("GET", "/v1/ledger/proof", "FU"),
    ("GET", "/v1/projects", "OMVRPFUA"),
    ("POST", "/v1/projects", "OM"),
    ("GET", "/v1/projects/{id}", "OMVERPFUA"),
    ("PATCH", "/v1/projects/{id}", "OM"),
    ("POST", "/v1/projects/{id}/open", "OM"),
    ("POST", "/v1/projects/{id}/pause", "OM"),
    ("POST", "/v1/projects/{id}/close", "OM"),
    ("GET", "/v1/projects/{id}/pay-rate", "PFUA"),
    ("PUT", "/v1/projects/{id}/pay-rate", "P"),
    ("GET", "/v1/projects/{id}/reviewers", "PUA"),
    ("PUT", "/v1/projects/{id}/reviewers", "P"),
    ("GET", "/v1/projects/{id}/progress", "OMVERPFUA"),
    ("GET", "/v1/projects/{id}/results", "OMV"),
    ("GET", "/v1/projects/{id}/files", "OMV"),
    ("PUT", "/v1/projects/{id}/files/{name}", "OM"),
    ("GET", "/v1/projects/{id}/files/{name}", "OMVER"),
    ("HEAD", "/v1/projects/{id}/files/{name}", "OMVER"),
    ("DELETE", "/v1/projects/{id}/files/{name}", "OM"),
    ("GET", "/v1/projects/{id}/batches", "OMVERPFUA"),
    ("GET", "/v1/projects/{id}/batches/{batch_id}", "OMVERPFUA"),
    ("POST", "/v1/projects/{id}/batches/{batch_id}/sign-off", "OM"),
    ("GET", "/v1/projects/{id}/questions", "OMVE"),
    ("POST", "/v1/projects/{id}/questions", "E"),
    ("GET", "/v1/questions/{id}", "OMVE"),
    ("POST", "/v1/questions/{id}/answer", "OM"),
    ("GET", "/v1/projects/{id}/candidates", "P"),
    ("GET", "/v1/projects/{id}/reach", "OMVP"),
    ("POST", "/v1/projects/{id}/offers", "P"),
    ("GET", "/v1/offers", "EP"),
    ("GET", "/v1/offers/{id}", "EP"),
    ("POST", "/v1/offers/{id}/accept", "E"),
    ("POST", "/v1/offers/{id}/decline", "E"),
    ("POST", "/v1/offers/{id}/withdraw", "P"),
    ("GET", "/v1/projects/{id}/tasks", "OMVERPFUA"),
    ("POST", "/v1/projects/{id}/tasks", "OM"),
    ("POST", "/v1/projects/{id}/tasks/import", "OM"),
    ("GET", "/v1/tasks/{id}", "OMVERPFUA"),
    ("PATCH", "/v1/tasks/{id}", "OM"),
    ("POST", "/v1/tasks/{id}/cancel", "OM"),
    ("GET", "/v1/assignments", "EP"),
    ("POST", "/v1/assignments", "E"),
    ("GET", "/v1/assignments/{id}", "EP"),
    ("POST", "/v1/assignments/{id}/renew", "E"),
    ("POST", "/v1/assignments/{id}/release", "E"),
    ("GET", "/v1/assignments/{id}/files", "OMVER"),
    ("PUT", "/v1/assignments/{id}/files/{name}", "E"),
    ("GET", "/v1/assignments/{id}/files/{name}", "OMVER"),
    ("HEAD", "/v1/assignments/{id}/files/{name}", "OMVER"),
    ("GET", "/v1/assignments/{id}/submissions", "EP"),
    ("POST", "/v1/assignments/{id}/submissions", "E"),
    ("GET", "/v1/submissions/{id}", "OMVER"),
    ("GET", "/v1/submissions/{id}/reviews", "EP"),
    ("POST", "/v1/submissions/{id}/reviews", "ER"),
    ("POST", "/v1/reviews/claim", "ER"),
    ("GET", "/v1/reviews", "ER"),
    ("GET", "/v1/reviews/{id}", "ER"),
    ("POST", "/v1/assignments/{id}/disputes", "E"),
    ("GET", "/v1/disputes", "ERP"),
    ("GET", "/v1/disputes/{id}", "ERP"),
    ("POST", "/v1/disputes/{id}/claim", "RP"),
    ("POST", "/v1/disputes/{id}/resolve", "RP"),
    ("GET", "/v1/projects/{id}/disagreements", "RP"),
    ("POST", "/v1/adjudications/claim", "R"),
    ("GET", "/v1/adjudications", "R"),
    ("GET", "/v1/adjudications/{id}", "RP"),
    ("POST", "/v1/tasks/{id}/adjudication", "R"),
    ("GET", "/v1/tasks/{id}/adjudication", "OMVRP"),
    ("POST", "/v1/assignments/{id}/audits", "OM"),
    ("GET", "/v1/audits", "OMVPFU"),
    ("GET", "/v1/audits/{id}", "OMVPFU"),
    ("POST", "/v1/audits/{id}/approve", "F"),
    ("POST", "/v1/audits/{id}/refuse", "F"),
    ("GET", "/v1/experts/me/statement", "E"),
    ("GET", "/v1/commission-plans", "FUA"),
    ("POST", "/v1/commission-plans", "F"),
    ("GET", "/v1/commission-plans/{id}", "FUA"),
    ("GET", "/v1/commission-plans/{id}/participants", "FUA"),
    ("POST", "/v1/commission-plans/{id}/participants", "F"),
    ("GET", "/v1/commission-plans/{id}/participants/{participant}", "FUA"),
    ("POST", "/v1/commission-plans/{id}/versions", "F"),
    ("GET", "/v1/attributions", "FXU"),
    ("POST", "/v1/attributions", "F"),
    ("GET", "/v1/attributions/{id}", "FXUA"),
    ("POST", "/v1/attributions/{id}/clear", "FA"),
    ("POST", "/v1/commissions/simulate", "FXUA"),
    ("GET", "/v1/commissions/payroll", "F"),
    ("GET", "/v1/commissions/statements", "FXU"),
    ("POST", "/v1/commissions/statements/run", "F"),
    ("GET", "/v1/statements/{id}", "FXUA"),
    ("GET", "/v1/statements/{id}/entries", "FU"),
    ("POST", "/v1/statements/{id}/approve", "FA"),
    ("GET", "/v1/payout-batches", "FU"),
    ("POST", "/v1/payout-batches", "F"),
    ("GET", "/v1/payout-batches/{id}", "FU"),
    ("POST", "/v1/payout-batches/{id}/submit", "F"),
    ("POST", "/v1/payout-batches/{id}/approve", "F"),
    ("POST", "/v1/payout-batches/{id}/reject", "F"),
    ("POST", "/v1/payout-batches/{id}/cancel", "F"),
    ("POST", "/v1/payout-batches/{id}/sent", "F"),
    ("POST", "/v1/payout-batches/{id}/close", "F"),
    ("GET", "/v1/payout-batches/{id}/file", "F"),
    ("GET", "/v1/payout-batches/{id}/items", "FU"),
    ("GET", "/v1/payout-batches/{id}/items/{item}", "FU"),
    ("PATCH", "/v1/payout-batches/{id}/items/{item}", "F"),
    ("GET", "/v1/settlements", "FU"),
    ("POST", "/v1/settlements", "F"),
    ("GET", "/v1/settlements/{id}", "FU"),
    ("GET", "/v1/settlements/{id}/lines", "FU"),
    ("GET", "/v1/reconciliation/breaks", "FU"),
    ("GET", "/v1/reconciliation/breaks/{id}", "FU"),
];

const ROLES: [(char, Role); 10] = [
    ('O', Role::LabOwner),
    ('M', Role::LabMember),
    ('V', Role::LabViewer),
    ('E', Role::Expert),
    ('R', Role::Reviewer),
    ('P', Role::Operations),
    ('F', Role::Finance),
    ('X', Role::AccountExecutive),
    ('U', Role::Auditor),
    ('A', Role::Admin),
];

/// A well-formed id of whatever stands in the path, that names nothing.
fn unknown(path: &str) -> String {
    const PREFIXES: [(&str, &str); 17] = [
        ("/participants/{participant}", "ptc"),
        ("/items/{item}", "pay"),
        ("/v1/me/sessions/{id}", "ses"),
        ("/v1/api-keys/{id}", "key"),
        ("/v1/labs/{id}", "lab"),
        ("/v1/deposits/{id}", "dep"),
        ("/v1/experts/{id}", "exp"),
        ("/v1/credentials/{id}", "crd"),
        ("/v1/ledger/entries/{id}", "jrn"),
        ("/v1/ledger/costs/{id}", "cst"),
        ("/v1/projects/{id}", "prj"),
        ("/v1/tasks/{id}", "tsk"),
        ("/v1/assignments/{id}", "asg"),
        ("/v1/submissions/{id}", "sub"),
        ("/v1/reviews/{id}", "rev"),
        ("/v1/settlements/{id}", "stl"),
        ("/v1/reconciliation/breaks/{id}", "brk"),
    ];
    const MORE: [(&str, &str); 10] = [
        ("/batches/{batch_id}", "bat"),
        ("/v1/questions/{id}", "qst"),
        ("/v1/commission-plans/{id}", "pln"),
        ("/v1/attributions/{id}", "atr"),
        ("/v1/statements/{id}", "stm"),
        ("/v1/payout-batches/{id}", "pbt"),
        ("/v1/offers/{id}", "off"),
        ("/v1/disputes/{id}", "dsp"),
        ("/v1/adjudications/{id}", "adj"),
        ("/v1/audits/{id}", "aud"),
    ];
    let mut filled = path.replace("{name}", "scan.dcm");
    for (part, prefix) in PREFIXES.iter().chain(&MORE) {
        let (before, _) = part.split_at(part.find('{').unwrap());
        filled = filled.replace(part, &format!("{before}{prefix}_01h455vb4pex5vsknk084sn02q"));
    }
    assert!(!filled.contains('{'), "{filled}");
    filled
}

async fn send(who: &Someone, method: &str, path: &str) -> Reply {
    let method: Method = method.parse().unwrap();
    let key = format!("matrix-{path}");
    let (kind, body) = match path {
        path if path.ends_with("/tasks/import") => ("application/x-ndjson", b"{}\n".to_vec()),
        path if path.ends_with("/evidence") => ("application/pdf", b"%PDF-1.7".to_vec()),
        path if path.ends_with("/settlements") => ("text/csv", b"x".to_vec()),
        _ if [Method::GET, Method::HEAD, Method::DELETE].contains(&method) => ("", Vec::new()),
        _ => ("application/json", b"{}".to_vec()),
    };
    let path = if method == Method::POST && path.ends_with("/settlements") {
        format!("{path}?format=csv")
    } else {
        path.to_owned()
    };
    let path = if path.ends_with("/file") { format!("{path}?format=csv") } else { path };
    let path = if path.ends_with("/entries") && path.contains("/statements/") {
        format!("{path}?lab_id=lab_01h455vb4pex5vsknk084sn02q&effective_on=2026-01-01")
    } else {
        path
    };
    let path = if path.ends_with("/payroll") { format!("{path}?period=2026-01") } else { path };
    let path =
        if path.ends_with("/eligibility") { format!("{path}?project_id=prj_01h455vb4pex5vsknk084sn02q") } else { path };
    let headers: Vec<(&str, &str)> = [("content-type", kind), ("idempotency-key", key.as_str())]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    who.send(method, &path, &headers, body).await
}

async fn people(world: &World) -> BTreeMap<char, Someone> {
    let owner = world.lab("100.00").await;
    let mut people = BTreeMap::new();
    for (letter, role) in ROLES {
        let someone = match role {
            Role::LabOwner => owner.clone(),
            Role::LabMember | Role::LabViewer => world.member(&owner, role).await,
            Role::Expert => world.plain_expert().await,
            staff => world.staff(staff).await,
        };
        people.insert(letter, someone);
    }
    people
}

#[actix_web::test]
async fn every_route_knows_its_callers() {
    let api = serde_json::to_value(app::openapi()).unwrap();
    let documented: BTreeSet<(String, String)> = api["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let listed: BTreeSet<(String, String)> =
        MATRIX.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(listed, documented, "the matrix and the OpenAPI document name the same routes");
    let world = World::new().await;
    let people = people(&world).await;
    let mut wrong = Vec::new();
    for (method, path, allowed) in MATRIX {
        // Signing out would end the very sessions that the other rows need.
        if *path == "/v1/auth/logout" {
            continue;
        }
        let filled = unknown(path);
        let nobody = send(&world.nobody, method, &filled).await.status.as_u16();
        if (nobody == 401) == (*allowed == "-") && !path.starts_with("/v1/auth/") {
            wrong.push(format!("{method} {path}: nobody got {nobody}"));
        }
        for (letter, someone) in people.iter().filter(|_| *allowed != "-") {
            let status = send(someone, method, &filled).await.status.as_u16();
            let may = *allowed == "*" || allowed.contains(*letter);
            let expected = if may { !matches!(status, 401 | 403 | 405 | 415) && status < 500 } else { status == 403 };
            if !expected {
                wrong.push(format!("{method} {path}: {letter} got {status}, may: {may}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    world.stop().await;
}

/// The answer without what differs between any two requests.
fn told(reply: &Reply) -> (u16, Value) {
    let mut body = reply.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (reply.status.as_u16(), body)
}

#[actix_web::test]
async fn another_tenants_objects_are_as_ones_that_do_not_exist() {
    let world = World::new().await;
    let (mine, theirs) = (world.lab("1000.00").await, world.lab("1000.00").await);
    let project = json!({"name": "Secret", "task_type": "grading", "instructions": "Grade.", "output_schema": {},
        "requirement": {"accepted_tasks": {"at_least": 0}}, "bill_rate": {"amount": "10.00", "currency": "USD"},
        "budget": {"amount": "100.00", "currency": "USD"}});
    let project = theirs.post("/v1/projects", project).await.expect(201).id();
    let tasks = json!({"tasks": [{"external_id": "a", "input": {"q": 1}}]});
    let posted = theirs.post(&format!("/v1/projects/{project}/tasks"), tasks).await.expect(201).json();
    let task = posted["tasks"][0].as_str().unwrap().to_owned();
    let key = theirs.post("/v1/api-keys", json!({"name": "k", "scopes": ["read"]})).await.expect(201).id();
    let deposits = theirs.get(&format!("/v1/labs/{}/deposits", theirs.lab())).await.expect(200).json();
    let deposit = deposits["data"][0]["id"].as_str().unwrap().to_owned();
    let objects = [
        ("/v1/labs/{id}", theirs.lab()),
        ("/v1/projects/{id}", project),
        ("/v1/tasks/{id}", task),
        ("/v1/api-keys/{id}", key),
        ("/v1/deposits/{id}", deposit),
    ];
    let mut compared = 0;
    for (method, path, _) in MATRIX.iter().filter(|(_, _, allowed)| allowed.contains('O')) {
        let Some((prefix, id)) = objects.iter().find(|(prefix, _)| path.starts_with(prefix)) else { continue };
        let foreign = path.replace(prefix, &prefix.replace("{id}", id));
        let (foreign, missing) = (send(&mine, method, &foreign).await, send(&mine, method, &unknown(path)).await);
        assert_eq!(told(&foreign), told(&missing), "{method} {path}");
        assert_eq!(foreign.status, 404, "{method} {path}: {}", foreign.text());
        compared += 1;
    }
    assert!(compared >= 20, "{compared}");
    let (ann, bob) = (world.plain_expert().await, world.plain_expert().await);
    let credential = json!({"kind": "degree", "field": "0511", "level": "doctoral", "title": "PhD", "institution": "X",
        "awarded_on": "2015-06-01"});
    let credential = ann.post("/v1/experts/me/credentials", credential).await.expect(201).id();
    for path in [
        format!("/v1/credentials/{credential}"),
        format!("/v1/experts/{}", ann.expert()),
        format!("/v1/experts/{}/earnings", ann.expert()),
    ] {
        ann.get(&path).await.expect(200);
        bob.get(&path).await.expect(404);
    }
    world.stop().await;
}
