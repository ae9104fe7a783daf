//! The routes, room by room, as their users call them.

mod edge;
mod identity;
mod ledger;
mod projects;
