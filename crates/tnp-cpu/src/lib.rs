//! CPU backend of the tnp array library: SIMD kernels, threads, recycled memory.

#[allow(dead_code)]
mod arg_reduce;
#[allow(dead_code)]
mod binary;
#[allow(dead_code)]
mod cast;
#[allow(dead_code)]
mod cumulative;
#[allow(dead_code)]
mod dot_general;
#[allow(dead_code)]
mod elementwise;
#[allow(dead_code)]
mod faults;
mod load;
#[allow(dead_code)]
mod math;
#[allow(dead_code)]
mod matmul;
#[allow(dead_code)]
mod memory;
#[allow(dead_code)]
mod reduce;
#[cfg(test)]
mod samples;
#[allow(dead_code)]
mod select;
#[allow(dead_code, unused_imports, unused_macros)]
mod simd;
#[allow(dead_code)]
mod strided;
#[allow(dead_code)]
mod threads;
#[allow(dead_code)]
mod unary;

pub use memory::{
    MemoryStats, empty_cache, memory_limit, memory_stats, reset_peak, set_memory_limit,
};
pub use threads::{num_threads, set_num_threads};
