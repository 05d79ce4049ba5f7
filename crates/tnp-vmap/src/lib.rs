//! Vectorised maps: a function of one example run on a whole batch at once, by a batching rule for each family of primitives.

mod attached;
mod batching;
mod frame;
mod map;

pub use attached::{Attached, register_attached};
pub use batching::{BatchingRule, register_batching};
pub use map::{Vmap, map_fn, vectorized_map, vmap, vmap_arrays};
