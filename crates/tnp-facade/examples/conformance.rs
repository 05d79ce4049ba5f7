//! What each linked backend supports and whether the test rows pass on it, as JSON lines for `cargo xtask conformance`.

extern crate tnp as _;

fn main() -> tnp::Result<()> {
    // Some rows are of operators, which panic; what fails is told in words.
    std::panic::set_hook(Box::new(|_| {}));
    // The same CPU with the core primitives alone stands for a backend that has nothing else.
    tnp_testing::counting::core_device()?;
    tnp_testing::conformance::print(None);
    Ok(())
}
