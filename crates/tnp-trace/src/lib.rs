//! Traced functions: `function` runs a user's code once per signature and keeps the graph; structured control flow.

mod trace;

pub use trace::{Aval, Traced, replay, trace};
