//! The database: the pool, the only place that opens transactions, and our own cached statements.
//!
//! `read` and `write` run a plain function of a connection and a `Ctx` on a blocking thread, in a transaction that is
//! always rolled back on error and run again on a serialization failure or a deadlock. A lab's caller runs as the role
//! `collegium_lab`, bound to its lab by a transaction-local setting; everybody else as the market's role.

pub mod embedded;
mod pool;
mod prepared;
mod provision;
mod run;
pub mod schema;
pub mod statement;

pub use pool::{Conn, Settings};
pub use prepared::{Prepared, prepared};
pub use provision::{MIGRATIONS, OWNER, SERVICE, Urls, may_change_history, migrate, pending, provision};
pub use run::{Db, Origin, as_service, collegium_now, savepoint, set_local};
