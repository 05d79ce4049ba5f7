//! Everything that a backend has to keep, on the first CUDA device. Without one `TNP_WITHOUT=cuda` has each test say so.

extern crate tnp_cpu as _;
extern crate tnp_cuda as _;

tnp_testing::backend_tests!("cuda:0");
