//! The rows of `tnp-testing` on the first WGPU device, a test for each category. What the device cannot do is counted and
//! named, and is no success. `TNP_ROWS` chooses rows by a part of their expression.

use tnp_backend::Device;
use tnp_testing::check;

extern crate tnp_cpu as _;
extern crate tnp_wgpu as _;

fn category(name: &str) {
    let device: Device = "wgpu:0"
        .parse()
        .expect("a WGPU device; a software one will do");
    let report = tnp_array::with_device(device, || check::category(name, &[device]))
        .expect("a device to compute on");
    println!(
        "{name} on {device}: {} comparisons, {} failed; cases: {:?}; refused: {:?}",
        report.compared,
        report.failures.len(),
        report.cases,
        report.refused
    );
    report.assert(name);
}

macro_rules! tests {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            category(stringify!($name));
        }
    )*};
}
tnp_testing::categories!(tests);
