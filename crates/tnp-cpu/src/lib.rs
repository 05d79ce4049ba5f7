//! CPU backend of the tnp array library: SIMD kernels, threads, recycled memory.

mod arg_reduce;
mod backend;
mod binary;
mod cast;
mod cumulative;
mod dot_general;
mod elementwise;
mod execute;
mod faults;
mod fft;
mod fused;
mod indexing;
mod lanes;
mod linalg;
mod load;
mod math;
mod matmul;
mod memory;
mod movement;
mod nonzero;
mod reduce;
#[cfg(test)]
mod samples;
#[allow(dead_code)]
mod search_sorted;
mod select;
mod simd;
#[allow(dead_code)]
mod sort;
mod strided;
mod threads;
mod unary;

pub use memory::{
    MemoryStats, empty_cache, memory_limit, memory_stats, reset_peak, set_memory_limit,
};
pub use threads::{num_threads, set_num_threads};
