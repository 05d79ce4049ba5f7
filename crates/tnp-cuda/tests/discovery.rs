//! Finding devices: none where there is no driver or no hardware, and an error that says what to install.

use std::process::Command;

use tnp_array::with_device;
use tnp_backend::{Backend, Device, ErrorKind};
use tnp_dtype::DType;

extern crate tnp_cpu as _;
extern crate tnp_cuda as _;

fn backend() -> &'static dyn Backend {
    let device = Device::new("cuda", 0).expect("the backend is linked");
    device.backend()
}

/// Runs a test of this file in a process of its own, to which the driver shows no device.
fn without_devices(test: &str) -> String {
    let here = std::env::current_exe().expect("this program");
    let output = Command::new(here)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("CUDA_VISIBLE_DEVICES", "-1")
        .output()
        .expect("the child ran");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "{text}");
    errors.into_owned()
}

#[test]
fn without_a_driver_there_is_no_device() {
    let errors = without_devices("child_without_a_device");
    assert!(!errors.contains("panicked"), "{errors}");
}

/// Run by the test above.
#[test]
#[ignore = "needs a process without devices"]
fn child_without_a_device() {
    let error = "cuda:0".parse::<Device>().expect_err("no device");
    assert_eq!(error.kind(), ErrorKind::Device);
    assert!(error.message().contains("install"), "{error}");
    let outcomes = [
        backend().allocate(0, 16).map(|_| ()),
        backend().upload(0, &[0; 4]).map(|_| ()),
        backend().sync(0),
        backend().devices().map(|_| ()),
    ];
    for outcome in outcomes {
        let error = outcome.expect_err("no device");
        assert_eq!(error.kind(), ErrorKind::Device, "{error}");
    }
    assert!(
        tnp_backend::devices()
            .iter()
            .all(|info| info.device.backend().name() != "cuda")
    );
    assert_eq!(backend().memory_stats(0).live, 0);
    let ones = with_device("cpu:0", || tnp_array::ones(3, ()))
        .expect("the CPU")
        .expect("ones");
    assert_eq!(ones.dtype(), DType::Float64);
}

#[test]
fn devices_have_names_and_memory() {
    match backend().devices() {
        Ok(devices) => {
            for (index, info) in devices.iter().enumerate() {
                assert_eq!(info.device.to_string(), format!("cuda:{index}"));
                assert!(info.physical && !info.description.is_empty());
                assert!(info.memory.is_some_and(|bytes| bytes > 1 << 28));
            }
        }
        Err(error) => {
            // Without a device what is told of its absence is tested instead.
            assert!(error.message().contains("install"), "{error}");
        }
    }
}

#[test]
fn a_wrong_number_is_an_error() {
    for name in ["cuda:16", "cuda:99"] {
        let error = name.parse::<Device>().expect_err("nobody has so many");
        assert_eq!(error.kind(), ErrorKind::Device);
        assert!(error.message().contains("cuda"), "{error}");
    }
}
