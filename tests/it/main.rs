//! Laid out next.
fn main() {}
