//! CPU backend of tnp.

#[allow(dead_code, unused_imports, unused_macros)]
mod simd;
