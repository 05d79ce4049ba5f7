//! The core end to end on the CPU: binding, operators, in-place reuse, devices.

extern crate tnp_cpu;

use tnp_array::*;

#[test]
fn operators_promote_and_broadcast() {
    let x = Array::from_vec(vec![1.0f32, 2.0, 3.0], &[3]).unwrap();
    let y = 1.0 / (1.0 + (-&x).exp().unwrap());
    assert_eq!(y.dtype(), DType::Float32);
    assert_eq!(y.to_string(), "[0.7310586  0.880797   0.95257413]");
    let column = Array::from_vec(vec![10i64, 20], &[2, 1]).unwrap();
    let sum = &column + &x;
    assert_eq!(
        format!("{sum:?}"),
        "array([[11., 12., 13.],\n       [21., 22., 23.]])"
    );
}

#[test]
fn compound_assignment_works_in_place_and_leaves_sharers_alone() {
    let mut x = zeros(1000, DType::Float64).unwrap();
    let before = x.tensor().unwrap().buffer.host_ptr();
    x += 1;
    assert_eq!(x.tensor().unwrap().buffer.host_ptr(), before);
    let y = x.clone();
    x *= 2.0;
    assert_ne!(x.tensor().unwrap().buffer.host_ptr(), before);
    assert_eq!(
        (x.literal_at(&[5]).unwrap(), y.literal_at(&[5]).unwrap()),
        (Literal::new(2.0), Literal::new(1.0))
    );
}

#[test]
fn a_failed_assignment_leaves_the_target() {
    let mut x = Array::from_vec(vec![1i64, 2], &[2]).unwrap();
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| x += 0.5));
    assert!(failed.is_err());
    assert_eq!(x.to_vec::<i64>().unwrap(), [1, 2]);
}

#[test]
fn owned_temporaries_are_overwritten() {
    let x = ones(1000, ()).unwrap();
    let address = |x: &Array| x.tensor().unwrap().buffer.host_ptr();
    let y = add(&x, 1.0).unwrap();
    let place = address(&y);
    let z = exp(y).unwrap();
    assert_eq!(address(&z), place);
}

#[test]
fn mixing_devices_is_an_error_and_a_scope_copies() {
    let cpu = Device::new("cpu", 0).unwrap();
    cpu.backend().set_logical_devices(2).unwrap();
    let x = ones(3, ()).unwrap();
    let y = x.to("cpu:1").unwrap();
    assert_eq!(y.device().unwrap().to_string(), "cpu:1");
    let error = add(&x, &y).unwrap_err();
    assert!(error.to_string().contains("cpu:0 and cpu:1"), "{error}");
    let before = transfer_stats();
    let z = with_device("cpu:1", || add(&x, &y)).unwrap().unwrap();
    assert_eq!(z.device().unwrap().to_string(), "cpu:1");
    assert_eq!(transfer_stats().copies, before.copies + 1);
    assert!(
        x.to("cuda:0")
            .unwrap_err()
            .to_string()
            .contains("turn on the feature `cuda`")
    );
}
