//! Compiled graphs on a WGPU device: a region is one launch, and one with more arrays than a kernel takes still runs.

use tnp_backend::prim::{Binary, Prim, ReduceOp, Unary};
use tnp_backend::{Device, GraphBuilder, Inputs, Tensor, TensorType};
use tnp_dtype::{DType, Literal};

extern crate tnp_wgpu as _;

fn wgpu() -> Device {
    "wgpu:0"
        .parse()
        .expect("a WGPU device; a software one will do")
}

fn upload(values: &[f32]) -> Tensor {
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let buffer = wgpu().backend().upload(0, &bytes).expect("memory");
    Tensor::contiguous(buffer, &[values.len()], DType::Float32)
}

fn download(x: &Tensor) -> Vec<f32> {
    let mut bytes = vec![0; x.ty().bytes()];
    wgpu()
        .backend()
        .download(&x.buffer, 0, &mut bytes)
        .expect("values");
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

#[test]
fn a_chain_and_its_sum_are_one_launch() {
    let device = wgpu();
    let mut builder = GraphBuilder::new();
    let ty = TensorType::new(&[5], DType::Float32);
    let x = builder.input(ty.clone());
    let y = builder.input(ty);
    let product = builder
        .push1(Prim::Binary(Binary::Multiply), &[x, y])
        .expect("valid");
    let root = builder
        .push1(Prim::Unary(Unary::Sqrt), &[product])
        .expect("valid");
    let sum = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: [0].into_iter().collect(),
        dtype: DType::Float32,
    };
    let sum = builder.push1(sum, &[root]).expect("valid");
    let graph = builder.finish(&[root, sum]);
    let executable = device.backend().compile(device, &graph).expect("compiled");
    assert_eq!(
        executable.explain().launches(),
        1,
        "{}",
        executable.explain()
    );
    let inputs: Inputs = [
        upload(&[1.0, 2.0, 3.0, 4.0, 5.0]),
        upload(&[1.0, 2.0, 3.0, 4.0, 5.0]),
    ]
    .into_iter()
    .collect();
    let outputs = executable.run(inputs).expect("ran");
    assert_eq!(download(&outputs[0]), [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(download(&outputs[1]), [15.0]);
}

#[test]
fn more_arrays_than_a_kernel_takes_are_added_up() {
    let device = wgpu();
    // More than any device binds.
    let count = 600;
    let mut builder = GraphBuilder::new();
    let inputs: Vec<_> = (0..count)
        .map(|_| builder.input(TensorType::new(&[3], DType::Float32)))
        .collect();
    let total = inputs[1..].iter().fold(inputs[0], |sum, &x| {
        builder
            .push1(Prim::Binary(Binary::Add), &[sum, x])
            .expect("valid")
    });
    let graph = builder.finish(&[total]);
    let executable = device.backend().compile(device, &graph).expect("compiled");
    let values: Inputs = (0..count).map(|i| upload(&[i as f32, 1.0, 0.5])).collect();
    let outputs = executable.run(values).expect("ran");
    let n = count as f32;
    assert_eq!(download(&outputs[0]), [n * (n - 1.0) / 2.0, n, n / 2.0]);
}

/// Zeros that the kernel's compiler knows: what becomes of a zero's sign is what IEEE 754 says.
#[test]
fn known_zeros_keep_to_the_rules_of_signs() {
    let device = wgpu();
    let values = [0.0f32, -0.0, 2.0];
    for zero in [0.0f32, -0.0] {
        let mut builder = GraphBuilder::new();
        let x = builder.input(TensorType::new(&[3], DType::Float32));
        let mut full = |value: f32| {
            let shape = [3].into_iter().collect();
            let value = Literal::new(value);
            let full = builder.push1(Prim::Full { shape, value }, &[]);
            full.expect("valid")
        };
        let (constant, one) = (full(zero), full(1.0));
        let mut signs = Vec::new();
        for (op, left, right) in [
            (Binary::Add, x, constant),
            (Binary::Add, constant, x),
            (Binary::Subtract, x, constant),
            (Binary::Subtract, constant, x),
        ] {
            let y = builder.push1(Prim::Binary(op), &[left, right]);
            let sign = Prim::Binary(Binary::Copysign);
            let sign = builder.push1(sign, &[one, y.expect("valid")]);
            signs.push(sign.expect("valid"));
        }
        let graph = builder.finish(&signs);
        let executable = device.backend().compile(device, &graph).expect("compiled");
        let inputs: Inputs = [upload(&values)].into_iter().collect();
        let outputs = executable.run(inputs).expect("ran");
        let wanted: [fn(f32, f32) -> f32; 4] =
            [|x, z| x + z, |x, z| z + x, |x, z| x - z, |x, z| z - x];
        for (output, wanted) in outputs.iter().zip(wanted) {
            let wanted = values.map(|x| 1f32.copysign(wanted(x, zero)));
            assert_eq!(download(output), wanted, "with {zero:?}");
        }
    }
}

/// What real numbers would let a compiler simplify, and numbers of a machine do not: a region rounds at each step.
#[test]
fn steps_of_a_region_are_not_simplified() {
    use Binary::{Add, Divide, Multiply, Subtract};
    type Steps<'a> = &'a [(Binary, usize, usize)];
    let device = wgpu();
    let inputs: [[f32; 6]; 3] = [
        [f32::INFINITY, 1e8, 0.1, 0.0, f32::NAN, -3.0],
        [1.0, 0.3, 0.7, f32::NEG_INFINITY, 2.0, 1e-7],
        [0.3, 3.7, 1e9, 0.5, 1.0, 1.1],
    ];
    // A step reads inputs (0, 1, 2) and the steps before it (3, 4, …).
    let programs: [Steps<'_>; 7] = [
        &[(Subtract, 0, 0)],
        &[(Divide, 0, 0)],
        &[(Add, 0, 1), (Subtract, 3, 0)],
        &[(Subtract, 0, 1), (Add, 3, 1)],
        &[(Multiply, 0, 1), (Multiply, 0, 2), (Add, 3, 4)],
        &[(Subtract, 1, 0), (Multiply, 2, 3), (Add, 0, 4)],
        &[(Divide, 0, 1), (Multiply, 3, 1)],
    ];
    for steps in programs {
        let mut builder = GraphBuilder::new();
        let ty = TensorType::new(&[6], DType::Float32);
        let mut vars: Vec<_> = inputs.iter().map(|_| builder.input(ty.clone())).collect();
        let mut wanted: Vec<[f32; 6]> = inputs.to_vec();
        for &(op, left, right) in steps {
            let var = builder.push1(Prim::Binary(op), &[vars[left], vars[right]]);
            vars.push(var.expect("valid"));
            let of = |i: usize| {
                let (x, y) = (wanted[left][i], wanted[right][i]);
                match op {
                    Add => x + y,
                    Subtract => x - y,
                    Multiply => x * y,
                    _ => x / y,
                }
            };
            wanted.push([0, 1, 2, 3, 4, 5].map(of));
        }
        let last = vars.len() - 1;
        let graph = builder.finish(&[vars[last]]);
        let executable = device.backend().compile(device, &graph).expect("compiled");
        let given: Inputs = inputs.iter().map(|values| upload(values)).collect();
        let outputs = executable.run(given).expect("ran");
        for (own, wanted) in download(&outputs[0]).into_iter().zip(wanted[last]) {
            let same = own.to_bits() == wanted.to_bits() || own.is_nan() && wanted.is_nan();
            assert!(same, "{steps:?}: {own} for {wanted}");
        }
    }
}

/// Numbers that the kernel's compiler knows, where that would let it do as it likes: quotients by zero, products with zero and infinity.
#[test]
fn known_numbers_are_no_licence() {
    use Binary::{Add, Divide, Maximum, Minimum, Multiply, Subtract};
    let device = wgpu();
    let values = [
        0.0f32,
        -0.0,
        2.0,
        -3.5,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
    ];
    for known in [0.0f32, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        let mut builder = GraphBuilder::new();
        let x = builder.input(TensorType::new(&[values.len()], DType::Float32));
        let shape = [values.len()].into_iter().collect();
        let value = Literal::new(known);
        let full = builder.push1(Prim::Full { shape, value }, &[]);
        let known_number = full.expect("valid");
        let mut results = Vec::new();
        type Step = (Binary, bool, fn(f32, f32) -> f32);
        let larger = |x: f32, y: f32| {
            if x.is_nan() || y.is_nan() {
                f32::NAN
            } else {
                x.max(y)
            }
        };
        let smaller = |x: f32, y: f32| {
            if x.is_nan() || y.is_nan() {
                f32::NAN
            } else {
                x.min(y)
            }
        };
        let steps: [Step; 8] = [
            (Divide, false, |x, k| x / k),
            (Divide, true, |x, k| k / x),
            (Multiply, false, |x, k| x * k),
            (Add, false, |x, k| x + k),
            (Subtract, false, |x, k| x - k),
            (Subtract, true, |x, k| k - x),
            (Maximum, false, larger),
            (Minimum, false, smaller),
        ];
        for &(op, turned, _) in &steps {
            let operands = if turned {
                [known_number, x]
            } else {
                [x, known_number]
            };
            let y = builder.push1(Prim::Binary(op), &operands);
            results.push(y.expect("valid"));
        }
        let graph = builder.finish(&results);
        let executable = device.backend().compile(device, &graph).expect("compiled");
        let inputs: Inputs = [upload(&values)].into_iter().collect();
        let outputs = executable.run(inputs).expect("ran");
        for (output, (op, turned, wanted)) in outputs.iter().zip(steps) {
            for (own, x) in download(output).into_iter().zip(values) {
                let wanted = wanted(x, known);
                // Which of two zeros is larger NumPy does not say.
                let same = own == wanted || own.is_nan() && wanted.is_nan();
                assert!(
                    same,
                    "{op:?} of {x} and {known} (turned: {turned}): {own} for {wanted}"
                );
            }
        }
    }
}

/// Narrow integers, compared in a region with numbers that the compiler knows.
#[test]
fn narrow_integers_compare_with_their_signs() {
    let device = wgpu();
    let values: [i8; 6] = [-9, -1, 0, 1, 3, 9];
    for wide in [DType::Int64, DType::Int32, DType::Int8] {
        let mut builder = GraphBuilder::new();
        let mut y = builder.input(TensorType::new(&[6], DType::Int8));
        if wide != DType::Int8 {
            let cast = builder.push1(Prim::Cast { dtype: wide }, &[y]);
            y = cast.expect("valid");
        }
        for (op, bound) in [(Binary::Maximum, 0i64), (Binary::Minimum, 2)] {
            let shape = [6].into_iter().collect();
            let value = Literal::new(bound).cast(wide);
            let bound = builder.push1(Prim::Full { shape, value }, &[]);
            let bounded = builder.push1(Prim::Binary(op), &[y, bound.expect("valid")]);
            y = bounded.expect("valid");
        }
        let float = DType::Float32;
        let y = builder.push1(Prim::Cast { dtype: float }, &[y]);
        let graph = builder.finish(&[y.expect("valid")]);
        let executable = device.backend().compile(device, &graph).expect("compiled");
        let bytes = values.map(|x| x as u8);
        let buffer = device.backend().upload(0, &bytes).expect("memory");
        let x = Tensor::contiguous(buffer, &[6], DType::Int8);
        let outputs = executable.run([x].into_iter().collect()).expect("ran");
        let wanted = [0.0, 0.0, 0.0, 1.0, 2.0, 2.0];
        assert_eq!(download(&outputs[0]), wanted, "{wide}");
    }
}
