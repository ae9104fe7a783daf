//! The shared words of every room: ids, money, time, errors, pages. Nothing here does IO.

pub mod actor;
pub mod error;
pub mod form;
pub mod id;
pub mod json;
pub mod jurisdiction;
pub mod money;
pub mod page;
pub mod state;
pub mod text;
pub mod time;

pub use actor::{Actor, Ctx, Role};
pub use error::{Code, Error, FieldError, Result};
pub use form::Form;
pub use id::*;
pub use money::{Currency, Money};
pub use page::{Page, PageQuery};
pub use time::{Clock, Ids};
