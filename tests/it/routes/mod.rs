//! The routes, room by room, as their users call them.

mod deliveries;
mod edge;
mod file_streams;
mod files;
mod identity;
mod ledger;
mod projects;
