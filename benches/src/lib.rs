//! Benchmark rows, and how they are timed. The rows themselves are in `rows/`, one file per category.

mod peer;
mod row;
mod rows;
mod timing;

pub use peer::{Peer, ndarray};
pub use row::{Fill, Input, Program, Row, Run};
pub use rows::rows;
pub use timing::{Timing, time};
