//! The routes, room by room, as their users call them.

mod deliveries;
mod depots;
mod edge;
mod file_streams;
mod files;
mod identity;
mod ledger;
mod projects;
mod slow_files;
