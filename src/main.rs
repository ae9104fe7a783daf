//! The command line; see `config.rs` and `app.rs`.
fn main() {}
