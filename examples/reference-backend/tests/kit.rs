//! Everything that a backend has to keep.

extern crate reference_backend as _;

tnp_testing::backend_tests!("reference:0");
