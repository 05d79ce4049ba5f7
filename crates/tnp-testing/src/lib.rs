//! Test rows against NumPy, the laws derived from them, and backends that watch: the kit every tnp backend must pass.
//!
//! A row ([`rows::Row`]) is one line: the names it covers, shapes, dtypes, a NumPy expression and the same in Rust. From it
//! follow the comparison with NumPy's committed answer, on every layout of the inputs, owned and borrowed, on every
//! device ([`check`]), that the promotion mode is obeyed ([`modes`]), and that it compiles, maps and differentiates ([`laws`]). On a backend of one's
//! own all of them run by one line, [`backend_tests!`].

pub mod check;
pub mod compare;
pub mod conformance;
pub mod counting;
pub mod deferred;
pub mod frames;
pub mod golden;
pub mod inputs;
pub mod kit;
pub mod laws;
pub mod modes;
pub mod recipe;
pub mod rows;
pub mod survey;
