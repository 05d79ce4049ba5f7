//! Traced functions: `function` runs a user's code once per signature and keeps the graph; structured control flow.

mod function;
mod nans;
mod trace;

pub use function::{Function, Spec, function};
pub use trace::{Aval, Traced, replay, trace, trace_keyed};
