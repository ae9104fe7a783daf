//! The database: everything that speaks to PostgreSQL for the other rooms.

pub mod embedded;
