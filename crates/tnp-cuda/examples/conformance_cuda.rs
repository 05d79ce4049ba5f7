//! What the CUDA backend supports and whether the test rows pass on it, as a JSON line for `cargo xtask conformance --cuda`.

extern crate tnp_cpu as _;
extern crate tnp_cuda as _;

fn main() {
    // Some rows are of operators, which panic; what fails is told in words.
    std::panic::set_hook(Box::new(|_| {}));
    tnp_testing::conformance::print(Some("cuda"));
}
