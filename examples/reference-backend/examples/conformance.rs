//! What this backend supports and whether the test rows pass on it, as a line of JSON for `cargo xtask conformance`.

extern crate reference_backend as _;

fn main() {
    tnp_testing::conformance::print(None);
}
