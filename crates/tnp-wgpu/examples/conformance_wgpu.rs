//! What the WGPU backend supports and whether the test rows pass on it, as a JSON line for `cargo xtask conformance --wgpu`.

extern crate tnp_cpu as _;
extern crate tnp_wgpu as _;

fn main() {
    // Some rows are of operators, which panic; what fails is told in words.
    std::panic::set_hook(Box::new(|_| {}));
    tnp_testing::conformance::print(Some("wgpu"));
}
