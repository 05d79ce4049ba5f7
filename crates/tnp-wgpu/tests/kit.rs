//! Everything that a backend has to keep, on the first WGPU device.

use tnp_backend::devices;
use tnp_testing::kit::Kit;

extern crate tnp_cpu as _;
extern crate tnp_wgpu as _;

/// Rows and laws that a software device needs many minutes for, a category or two each. `TNP_PATIENT=1` runs them there too.
const SLOW: [&str; 21] = [
    "rows::array",
    "rows::elementwise",
    "rows::fft",
    "rows::linalg",
    "rows::manipulate",
    "rows::reduce",
    "rows::statistics",
    "laws::array",
    "laws::create",
    "laws::elementwise",
    "laws::fft",
    "laws::indexing",
    "laws::linalg",
    "laws::manipulate",
    "laws::products",
    "laws::random",
    "laws::reduce",
    "laws::sets",
    "laws::signal",
    "laws::sort",
    "laws::statistics",
];

fn first() -> Kit {
    let software = devices()
        .iter()
        .any(|info| info.device.to_string() == "wgpu:0" && info.description.contains("software"));
    let mut kit = Kit::of("wgpu:0");
    if software && std::env::var_os("TNP_PATIENT").is_none() {
        let reason = "a software device takes many minutes; TNP_PATIENT=1 waits for it";
        for slow in SLOW {
            kit = kit.leaves_out(slow, reason);
        }
    }
    kit
}

tnp_testing::backend_tests!(first());
