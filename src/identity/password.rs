//! Passwords: argon2id behind a semaphore as wide as the cores, with a bounded queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::kernel::form::Findings;
use crate::kernel::{Error, Result};

/// A hash in PHC form.
#[derive(Clone)]
pub struct PasswordHash(pub(super) String);

/// Without a second factor a password has at least this many characters (ASVS 5.0, 6.2.1; NIST SP 800-63B-4).
const MIN_CHARACTERS: usize = 15;
const MAX_BYTES: usize = 1024;
/// How many may wait for a core; further ones are told 503.
const MAX_WAITING: usize = 64;

/// The most used passwords that are long enough to pass the length rule.
const BLOCKED: &str = include_str!("blocked_passwords.txt");

/// Hashes and verifies.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    cores: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// Verified against for accounts that do not exist, so that both take the same time.
    decoy: Arc<str>,
}

impl Passwords {
    /// argon2id with m = 19,456 KiB, t = 2, p = 1 (OWASP), as many at a time as there are cores.
    pub fn new(cores: usize) -> Result<Self> {
        Self::with_cost(cores, Params::new(19_456, 2, 1, None).map_err(|_| Error::internal("argon2 parameters"))?)
    }

    /// The same work in a fraction of the time; for tests and the demo's forty experts, never for a service.
    pub fn cheap() -> Result<Self> {
        Self::with_cost(4, Params::new(64, 1, 1, None).map_err(|_| Error::internal("argon2 parameters"))?)
    }

    fn with_cost(cores: usize, params: Params) -> Result<Self> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy =
            argon2.hash_password(b"nobody has this password").map_err(|_| Error::internal("argon2"))?.to_string();
        let cores = Arc::new(Semaphore::new(cores.max(1)));
        Ok(Self { argon2, cores, waiting: Arc::default(), decoy: decoy.into() })
    }

    /// Judges a new password; findings stand at `/password`.
    pub fn judge(password: &str, email: &str, findings: &mut Findings) {
        let long = password.chars().count() >= MIN_CHARACTERS;
        findings.check(long, "/password", "too_short", "at least 15 characters; spaces and any letters count");
        findings.check(password.len() <= MAX_BYTES, "/password", "too_long", "at most 1,024 bytes");
        let folded = password.to_lowercase();
        let local = email.split('@').next().unwrap_or_default().to_lowercase();
        let guessable = BLOCKED.lines().any(|known| known == folded)
            || folded == email.to_lowercase()
            || (local.len() >= 4 && folded.trim_matches(|c: char| !c.is_alphabetic()) == local)
            || folded.chars().all(|c| folded.starts_with(c));
        findings.check(!guessable, "/password", "too_common", "this password is among the first that anybody tries");
    }

    /// Hashes on a thread of its own.
    pub async fn hash(&self, password: String) -> Result<PasswordHash> {
        let this = self.clone();
        self.in_turn(move || this.hash_now(&password)).await?
    }

    /// Hashes on this thread.
    pub fn hash_now(&self, password: &str) -> Result<PasswordHash> {
        let hash = self.argon2.hash_password(password.as_bytes()).map_err(|_| Error::internal("argon2"))?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether the password is the account's; takes as long for an account that does not exist.
    pub async fn verify(&self, password: String, hash: Option<PasswordHash>) -> Result<bool> {
        let this = self.clone();
        self.in_turn(move || {
            let exists = hash.is_some();
            let text = hash.map_or_else(|| this.decoy.to_string(), |hash| hash.0);
            let right =
                Phc::new(&text).is_ok_and(|hash| this.argon2.verify_password(password.as_bytes(), &hash).is_ok());
            exists && right
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let waiting = Waiting::enter(&self.waiting).ok_or(Error::Unavailable("too many people are signing in"))?;
        let _core = self.cores.acquire().await.map_err(Error::internal)?;
        drop(waiting);
        actix_web::rt::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

/// A place in the queue, given back however the wait ends.
struct Waiting<'q>(&'q AtomicUsize);

impl<'q> Waiting<'q> {
    fn enter(queue: &'q AtomicUsize) -> Option<Self> {
        let place = Self(queue);
        (queue.fetch_add(1, Ordering::SeqCst) < MAX_WAITING).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> bool {
        let mut findings = Findings::default();
        Passwords::judge(password, "ada.lovelace@example.org", &mut findings);
        findings.is_empty()
    }

    #[test]
    fn length_counts_and_composition_does_not() {
        assert!(judged("correct horse battery"));
        assert!(judged("пятнадцать букв"));
        assert!(!judged("Tr0ub4dor&3"));
        assert!(!judged("aaaaaaaaaaaaaaaaaaaa"));
        assert!(!judged("123456789012345"));
        assert!(!judged("ada.lovelace@example.org"));
        assert!(!judged(&"long ".repeat(300)));
    }

    #[test]
    fn a_hash_is_argon2id_at_the_stated_cost() {
        let hash = Passwords::new(2).unwrap().hash_now("correct horse battery").unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
    }
}
