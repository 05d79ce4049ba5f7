//! Bad input on a WGPU device: each an error, after which the next operation works.

use tnp_array::{Array, arange, full, with_device, zeros};
use tnp_backend::prim::{Linalg, Prim, Unary};
use tnp_backend::{Arg, Buffer, Device, ErrorKind, Tensor, transfer_stats};
use tnp_dtype::DType;

extern crate tnp_cpu as _;
extern crate tnp_wgpu as _;

fn wgpu() -> Device {
    "wgpu:0"
        .parse()
        .expect("a WGPU device; a software one will do")
}

/// Something simple that has to come out right.
fn still_works() {
    let sum = with_device(wgpu(), || {
        let x = arange(10)?;
        tnp_array::multiply(&x, &x)?.sum(())?.item::<i64>()
    });
    let sum = sum.expect("a device").expect("the sum of ten squares");
    assert_eq!(sum, 285);
}

#[test]
fn arrays_live_on_the_device() {
    let device = wgpu();
    let x = with_device(device, || zeros([3, 4], ()).expect("zeros")).expect("a device");
    assert_eq!(x.device().expect("a device"), device);
    assert_eq!(device.to_string(), "wgpu:0");
    still_works();
}

#[test]
fn a_copy_is_counted() {
    let device = wgpu();
    let x = arange(100).expect("arange");
    let before = transfer_stats();
    let y = x.to(device).expect("a copy");
    let after = transfer_stats();
    assert!(after.copies > before.copies && after.bytes >= before.bytes + 800);
    let back = y.to("cpu:0").expect("a copy back");
    assert_eq!(
        back.to_vec::<i64>().expect("values"),
        (0..100).collect::<Vec<i64>>()
    );
}

#[test]
fn a_wrong_number_is_an_error() {
    let error = "wgpu:9".parse::<Device>().expect_err("nobody has ten");
    assert_eq!(error.kind(), ErrorKind::Device);
    assert!(error.message().contains("wgpu:9"), "{error}");
    let error = with_device("wgpu:9", || ()).expect_err("nobody has ten");
    assert!(error.message().contains("wgpu:9"), "{error}");
    still_works();
}

#[test]
fn mixed_devices_are_an_error() {
    let here = arange(3).expect("arange");
    let there = here.to(wgpu()).expect("a copy");
    let error = tnp_array::add(&here, &there).expect_err("two devices");
    assert!(
        error.message().contains("cpu:0") && error.message().contains("wgpu:0"),
        "{error}"
    );
    still_works();
}

#[test]
fn too_much_memory_is_an_error() {
    let error = with_device(wgpu(), || zeros([1usize << 40, 4], ())).expect("a device");
    let error = error.expect_err("more than any machine has");
    assert_eq!(error.kind(), ErrorKind::Memory, "{error}");
    still_works();
}

#[test]
fn a_limit_holds() {
    let device = wgpu();
    let backend = device.backend();
    let live = backend.memory_stats(0).live;
    backend
        .set_memory_limit(0, Some(live + 1_000_000))
        .expect("a limit");
    let outcome = with_device(device, || zeros(1usize << 20, ())).expect("a device");
    backend.set_memory_limit(0, None).expect("no limit");
    assert_eq!(outcome.expect_err("8 MB").kind(), ErrorKind::Memory);
    assert_eq!(backend.memory_stats(0).limit, None);
    still_works();
}

#[test]
fn statistics_count() {
    let device = wgpu();
    let backend = device.backend();
    let before = backend.memory_stats(0);
    let x = with_device(device, || full(1usize << 16, 1.0, ()).expect("full")).expect("a device");
    let during = backend.memory_stats(0);
    assert!(
        during.live >= before.live.min(during.peak - (1 << 19)),
        "{during:?}"
    );
    assert!(during.peak >= 1 << 19, "{during:?}");
    assert!(during.allocations > before.allocations, "{during:?}");
    drop(x);
    backend.empty_cache(0);
    still_works();
}

#[test]
fn an_index_out_of_bounds_is_found() {
    let device = wgpu();
    let taken = with_device(device, || {
        let x = arange(5)?;
        let index = Array::from_vec(vec![0i64, 7], &[2])?;
        tnp_array::take(&x, &index.to(device)?, ())
    });
    // The device finds it: when the result is read, or before.
    let outcome = taken.expect("a device").and_then(|y| y.to_vec::<i64>());
    let error = outcome.expect_err("7 is not an index of 5 elements");
    assert_eq!(error.kind(), ErrorKind::Index, "{error}");
    assert!(
        error
            .message()
            .contains("index 7 is out of bounds for axis 0 with size 5"),
        "{error}"
    );
    still_works();
}

#[test]
fn what_derives_from_it_fails_too_and_synchronisation_tells() {
    let device = wgpu();
    let outcome = with_device(device, || {
        let x = arange(5)?;
        let index = Array::from_vec(vec![-6i64], &[1])?.to(device)?;
        let y = tnp_array::take(&x, &index, ())?;
        tnp_array::add(&y, 1)
    });
    let y = outcome.expect("a device").expect("nobody has looked yet");
    let error = device
        .backend()
        .sync(device.index())
        .expect_err("index -6 of 5");
    assert_eq!(error.kind(), ErrorKind::Index, "{error}");
    let error = y.to_vec::<i64>().expect_err("derived from it");
    assert_eq!(error.kind(), ErrorKind::Index, "{error}");
    still_works();
}

#[test]
fn what_has_no_kernel_is_named() {
    let device = wgpu();
    let backend = device.backend();
    let buffer = backend.upload(device.index(), &[0; 32]).expect("memory");
    let x = Tensor::contiguous(buffer, &[2, 2], DType::Float64);
    let prim = Prim::Linalg(Linalg::Cholesky);
    assert!(!backend.supports(&prim, &[DType::Float64]));
    let error = backend
        .execute(device.index(), &prim, &[Arg::borrowed(&x)], &[x.ty()])
        .expect_err("no kernel");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let named = ["cholesky", "wgpu:0", "float64[2,2]"];
    assert!(
        named.iter().all(|name| error.message().contains(name)),
        "{error}"
    );
    still_works();
}

#[test]
fn memory_of_another_backend_is_refused() {
    let device = wgpu();
    let buffer = Buffer::inline(device, 8);
    let x = Tensor::contiguous(buffer, &[1], DType::Float64);
    let prim = Prim::Unary(Unary::Negative);
    let error = device
        .backend()
        .execute(device.index(), &prim, &[Arg::borrowed(&x)], &[x.ty()])
        .expect_err("not a GPU's memory");
    assert_eq!(error.kind(), ErrorKind::Device, "{error}");
    still_works();
}

#[test]
fn without_a_driver_there_is_no_device() {
    // A process of its own, in which no driver can be found.
    let here = std::env::current_exe().expect("this program");
    let output = std::process::Command::new(here)
        .args([
            "--exact",
            "child_without_a_driver",
            "--ignored",
            "--nocapture",
        ])
        .env("VK_ICD_FILENAMES", "/nowhere/at/all.json")
        .env("VK_DRIVER_FILES", "/nowhere/at/all.json")
        .output()
        .expect("the child ran");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("1 passed"), "{text}");
}

/// Run by the test above.
#[test]
#[ignore = "needs a process without a driver"]
fn child_without_a_driver() {
    let error = "wgpu:0".parse::<Device>().expect_err("no driver");
    assert_eq!(error.kind(), ErrorKind::Device);
    assert!(error.message().contains("install"), "{error}");
    let device = Device::new("wgpu", 0).expect("the backend is there");
    let error = device
        .backend()
        .allocate(0, 16)
        .map(|_| ())
        .expect_err("no driver");
    assert_eq!(error.kind(), ErrorKind::Device, "{error}");
    assert!(
        tnp_backend::devices()
            .iter()
            .all(|info| info.device.backend().name() != "wgpu")
    );
    let ones = with_device("cpu:0", || tnp_array::ones(3, ()))
        .expect("the CPU")
        .expect("ones");
    assert_eq!(ones.dtype(), DType::Float64);
}
