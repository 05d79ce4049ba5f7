//! Traced functions: `function` runs a user's code once per signature and keeps the graph; structured control flow.

mod control;
mod derived;
mod function;
mod nans;
mod trace;

pub use control::{Scan, While, cond, fori_loop, scan, switch, while_loop};
pub use derived::Derived;
pub use function::{Function, Spec, function};
pub use trace::{Aval, Traced, replay, trace, trace_keyed};
