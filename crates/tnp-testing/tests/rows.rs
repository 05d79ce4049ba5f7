//! Every row on the CPU, on its first and its second logical device; one test a category.

extern crate tnp_cpu;

use std::sync::Once;

use tnp_backend::{Device, backends};
use tnp_testing::{check, modes};

fn devices() -> [Device; 2] {
    static TWO: Once = Once::new();
    TWO.call_once(|| {
        let cpu = backends()
            .into_iter()
            .find(|backend| backend.name() == "cpu")
            .expect("the CPU is linked");
        cpu.set_logical_devices(2)
            .expect("the CPU can show two devices");
    });
    ["cpu:0", "cpu:1"].map(|name| name.parse().expect("two logical devices"))
}

macro_rules! tests {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            let devices = devices();
            let report = check::category(stringify!($name), &devices);
            report.assert(concat!(stringify!($name), " against NumPy"));
            let report = modes::category(stringify!($name), devices[0]);
            report.assert(concat!(stringify!($name), " in every promotion mode"));
        })*
    };
}
tnp_testing::categories!(tests);
