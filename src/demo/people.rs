//! Everybody signs up; labs are activated, experts state a credential, upload evidence, and are verified.

use serde_json::json;

use super::cast::{EXPERTS, Field, INSTITUTIONS, LABS, STAFF};
use super::stage::{Player, Stage, form};
use crate::experts::evidence::EvidenceKind;
use crate::experts::expert::Whose;
use crate::experts::operations::{self as experts, Upload};
use crate::http::Precondition;
use crate::identity::{NewAccount, create_account};
use crate::kernel::{Error, Result, Role};
use crate::labs;

/// Who signed up.
pub struct People {
    pub staff: Vec<Player>,
    pub labs: Vec<Player>,
    pub experts: Vec<(Player, Field)>,
}

impl People {
    /// The n-th of a role, from 0.
    pub fn staff(&self, role: Role, n: usize) -> Result<&Player> {
        let mut of_role = self.staff.iter().filter(|player| player.signed.role == role);
        of_role.nth(n).ok_or_else(|| Error::internal(format!("the demo has no {role} number {n}")))
    }

    /// A lab's owner.
    pub fn lab(&self, n: usize) -> Result<&Player> {
        self.labs.get(n).ok_or_else(|| Error::internal(format!("the demo has no lab number {n}")))
    }

    /// The expert of this name.
    pub fn expert(&self, name: &str) -> Result<&Player> {
        let mut named = self.experts.iter().map(|(player, _)| player).filter(|player| player.name == name);
        named.next().ok_or_else(|| Error::internal(format!("{name} does not play in the demo")))
    }

    /// The experts of some fields.
    pub fn experts_of<'p>(&'p self, fields: &'p [Field]) -> Vec<&'p Player> {
        self.experts.iter().filter(|(_, field)| fields.contains(field)).map(|(player, _)| player).collect()
    }
}

/// Signs everybody up.
pub fn sign_up(stage: &Stage) -> Result<People> {
    let password = stage.password()?;
    let mut staff = Vec::new();
    for part in &STAFF {
        let new = NewAccount {
            email: part.email.to_owned(),
            display_name: part.name.to_owned(),
            password: password.clone(),
            role: part.role,
            lab: None,
            expert: None,
        };
        let account = stage.db().write_now(&stage.db().system(), |conn, ctx| create_account(conn, ctx, new.clone()))?;
        staff.push(Player::new(part.name, account, part.role));
    }
    let mut people = People { staff, labs: Vec::new(), experts: Vec::new() };
    for part in &LABS {
        let body = json!({"name": part.name, "email": part.email, "password": super::PASSWORD,
            "billing_currency": "USD", "country": part.country});
        let wish = form(body)?;
        let lab = stage.as_public(|conn, ctx| labs::operations::sign_up(conn, ctx, &wish, Some(&password)))?;
        let operations = people.staff(Role::Operations, 0)?;
        stage.act(operations, |conn, ctx| labs::operations::activate(conn, ctx, lab))?;
        let account = account_of(stage, part.email)?;
        people.labs.push(Player::new(part.name, account, Role::LabOwner).of_lab(lab));
    }
    for (n, (name, field)) in EXPERTS.iter().enumerate() {
        let player = expert(stage, n, name, &password)?;
        qualify(stage, people.staff(Role::Operations, 0)?, &player, (n, *field))?;
        people.experts.push((player, *field));
    }
    Ok(people)
}

fn account_of(stage: &Stage, email: &str) -> Result<crate::kernel::AccountId> {
    let found =
        stage.db().read_now(&stage.db().system(), |conn, _| crate::identity::operations::find_login(conn, email))?;
    found.map(|(account, _)| account).ok_or_else(|| Error::internal(format!("{email} did not sign up")))
}

/// The e-mail address of an expert.
pub fn address(name: &str) -> String {
    format!("{}@experts.example", name.to_lowercase().replace(' ', "."))
}

fn expert(stage: &Stage, n: usize, name: &'static str, password: &crate::identity::PasswordHash) -> Result<Player> {
    let email = address(name);
    let wish = form(json!({"email": email, "password": super::PASSWORD, "display_name": name, "country": "US",
        "languages": [{"code": "en", "level": if n.is_multiple_of(3) { "native" } else { "C2" }}],
        "timezone": "America/New_York", "weekly_hours": 45}))?;
    let id = stage.as_public(|conn, ctx| experts::sign_up(conn, ctx, &wish, Some(password)))?;
    let account = account_of(stage, &email)?;
    Ok(Player::new(name, account, Role::Expert).of_expert(id))
}

/// A degree with its evidence, verified; lawyers a license too; a way to be paid for all but two.
fn qualify(stage: &Stage, operations: &Player, player: &Player, (n, field): (usize, Field)) -> Result<()> {
    let (title, level) = field.degree();
    let (institution, ror) = INSTITUTIONS.get(n % INSTITUTIONS.len()).copied().unwrap_or_default();
    let year = 1998 + n % 20;
    let mut stated = vec![json!({"kind": "degree", "field": field.code(), "level": level, "title": title,
        "institution": institution, "ror_id": ror, "awarded_on": format!("{year}-06-15")})];
    if field == Field::Law {
        stated.push(
            json!({"kind": "license", "field": field.code(), "title": "bar", "institution": "New York State Bar",
            "jurisdiction": "US-NY", "awarded_on": format!("{}-02-01", year + 1)}),
        );
    }
    for body in stated {
        let wish = form(body)?;
        let id = stage.act(player, |conn, ctx| experts::state_credential(conn, ctx, Whose::Me, &wish))?;
        let scan = format!("%PDF-1.7\n% A scan of the papers of {}.\n%%EOF\n", player.name);
        let upload = Upload { kind: EvidenceKind::Pdf, bytes: scan.as_bytes(), precondition: &Precondition::Absent };
        stage.act(player, |conn, ctx| experts::put_evidence(conn, ctx, stage.door(), id, &upload))?;
        let seen = form(json!({"evidence_note": "Confirmed with the registrar by telephone."}))?;
        stage.act(operations, |conn, ctx| experts::verify(conn, ctx, stage.door(), id, &seen))?;
    }
    if n % 20 == 19 {
        return Ok(());
    }
    let method = form(
        json!({"method": "ach", "routing_number": "021000021", "account_number": format!("{}", 4_000_100_000 + n * 37),
        "account_type": "checking"}),
    )?;
    let absent = Precondition::Absent;
    stage.act(player, |conn, ctx| experts::set_payout_method(conn, ctx, stage.door(), &absent, &method))?;
    let tax = form(
        json!({"form": "w9", "name": player.name, "tin": format!("{}", 219_090_100 + n), "tin_type": "ssn",
        "address": format!("{} Main Street, Springfield", n + 1), "certified": n % 13 != 7, "place_of_performance": "US"}),
    )?;
    stage.act(player, |conn, ctx| experts::set_tax_form(conn, ctx, stage.door(), &absent, &tax))?;
    Ok(())
}
