//! Accounts, sessions, API keys and roles: who calls. An access token is short-lived and names a session, which is
//! looked up, so that a revocation holds within seconds on every instance.

mod api_key;
mod middleware;
pub mod operations;
mod password;
pub mod routes;
mod sessions;
mod store;
mod token;

pub use middleware::identify;
pub use operations::{NewAccount, create_account};
pub use password::{PasswordHash, Passwords};
pub use sessions::Identity;
pub use token::{Tokens, random_text};
