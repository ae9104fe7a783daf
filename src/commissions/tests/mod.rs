//! The worked examples of the rules, and the properties that must hold for any plan and any history.

mod bodies;
mod drafting;
mod examples;
mod examples_more;
mod kit;
mod lines;
mod plans;
mod properties;
