//! Whole jobs, from the first call to the last, with every figure looked at.

mod claims;
mod main_job;
mod rights;
