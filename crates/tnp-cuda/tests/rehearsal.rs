//! What is launched, counted without a device.

use cubecl::prelude::KernelMetadata;
use tnp_array::{Array, broadcast_to, exp, full};
use tnp_backend::prim::{ArgReduceOp, Binary, CumulativeOp, Prim, ReduceOp, Unary, infer};
use tnp_backend::{Device, ErrorKind, GraphBuilder, Result, Tensor, TensorType};
use tnp_cube::{Kernel, Rehearsal};
use tnp_dtype::DType;
use tnp_trace::function;

extern crate tnp_cpu as _;
extern crate tnp_cuda as _;

fn paper() -> Rehearsal {
    let device = Device::new("cuda", 0).expect("the backend is linked");
    Rehearsal::new(device, tnp_cuda::TARGET)
}

fn launches(prim: &Prim, types: &[TensorType]) -> Result<Vec<Kernel>> {
    let paper = paper();
    let inputs: Result<Vec<Tensor>> = types.iter().map(|ty| paper.tensor(ty)).collect();
    paper.run(prim, &inputs?)
}

#[test]
fn kernels_know_dtypes_but_no_sizes() {
    let of = |size: usize, dtype: DType| {
        let x = TensorType::new(&[size], dtype);
        let kernels = launches(&Prim::Binary(Binary::Add), &[x.clone(), x]).expect("a kernel");
        assert_eq!(kernels.len(), 1);
        kernels[0].id()
    };
    assert_eq!(of(5, DType::Float32), of(1 << 20, DType::Float32));
    assert_ne!(of(5, DType::Float32), of(5, DType::Int32));
}

#[test]
fn long_sorts_are_merged() {
    let sort = |size: usize| {
        let x = TensorType::new(&[size], DType::Float32);
        launches(&Prim::Sort { axis: 0 }, &[x])
            .expect("kernels")
            .len()
    };
    assert!(sort(100) < sort(10_000) && sort(10_000) < sort(1_000_000));
}

#[test]
fn a_chain_and_its_sum_are_one_launch() {
    let mut builder = GraphBuilder::new();
    let x = builder.input(TensorType::new(&[30], DType::Float32));
    let root = builder.push1(Prim::Unary(Unary::Sqrt), &[x]);
    let sum = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: [0].into_iter().collect(),
        dtype: DType::Float32,
    };
    let sum = builder.push1(sum, &[root.expect("valid")]).expect("valid");
    let kernels = paper().compile(&builder.finish(&[sum]));
    assert_eq!(kernels.expect("one region").len(), 1);
}

enum Work {
    /// A primitive, eager.
    Eager(Prim),
    /// A traced function.
    Compiled(fn(&[Array]) -> Result<Array>),
}

/// What it takes to do some work on float32 arrays of a shape: launches, and bytes that their kernels are given over those of inputs and results.
fn cost(work: Work, inputs: usize, shape: &[usize]) -> Result<(usize, f64)> {
    let paper = paper();
    let ty = TensorType::new(shape, DType::Float32);
    let (kernels, results) = match work {
        Work::Eager(prim) => {
            let types = vec![&ty; inputs];
            let tensors: Result<Vec<Tensor>> = types.iter().map(|ty| paper.tensor(ty)).collect();
            (paper.run(&prim, &tensors?)?, infer(&prim, &types)?)
        }
        Work::Compiled(f) => {
            // No memory is needed for their shapes.
            let value = full((), 0.5, DType::Float32)?;
            let inputs: Result<Vec<Array>> =
                (0..inputs).map(|_| broadcast_to(&value, shape)).collect();
            let graph = function(move |x: &Vec<Array>| f(x)).graph(&inputs?)?;
            (
                paper.compile(&graph)?,
                graph.output_types().cloned().collect(),
            )
        }
    };
    let needed = inputs * ty.bytes() + results.iter().map(TensorType::bytes).sum::<usize>();
    Ok((kernels.len(), paper.bytes() as f64 / needed as f64))
}

/// Work that memory bounds on a GPU: a copy has one launch and moves its input and its result once.
#[test]
fn launches_and_bytes_are_those_published() -> Result<()> {
    let flat: &[usize] = &[1 << 26];
    let square: &[usize] = &[8192, 8192];
    let sum = |axes: &[usize]| {
        Work::Eager(Prim::Reduce {
            op: ReduceOp::Sum,
            axes: axes.iter().copied().collect(),
            dtype: DType::Float32,
        })
    };
    let rows = [
        (
            "`x + y`, eager",
            Work::Eager(Prim::Binary(Binary::Add)),
            2,
            flat,
        ),
        (
            "`x * y + z * u - v`, compiled",
            Work::Compiled(|x| Ok(&x[0] * &x[1] + &x[2] * &x[3] - &x[4])),
            5,
            flat,
        ),
        (
            "`1 / (1 + exp(-x))`, compiled",
            Work::Compiled(|x| Ok(1 / (1 + exp(-&x[0])?))),
            1,
            flat,
        ),
        (
            "`sum(x * x)`, compiled",
            Work::Compiled(|x| (&x[0] * &x[0]).sum(())),
            1,
            flat,
        ),
        ("sum of all", sum(&[0]), 1, flat),
        ("sum over axis 0", sum(&[0]), 1, square),
        ("sum over axis 1", sum(&[1]), 1, square),
        (
            "argmax over axis 1",
            Work::Eager(Prim::ArgReduce {
                op: ArgReduceOp::Max,
                axis: 1,
            }),
            1,
            square,
        ),
        (
            "cumsum",
            Work::Eager(Prim::Cumulative {
                op: CumulativeOp::Sum,
                axis: 0,
                reverse: false,
                dtype: DType::Float32,
            }),
            1,
            flat,
        ),
        ("sort", Work::Eager(Prim::Sort { axis: 0 }), 1, flat),
    ];
    let mut table = String::from(
        "| work | shape | launches | bytes over those of inputs and result |\n|---|---|---|---|\n",
    );
    for (name, work, inputs, shape) in rows {
        let (launches, bytes) = cost(work, inputs, shape)?;
        let shape = match shape {
            [_] => "2^26",
            _ => "8192 x 8192",
        };
        table += &format!("| {name} | {shape} | {launches} | {bytes:.2} |\n");
    }
    let page = include_str!("../../../docs/src/performance.md");
    assert!(
        page.contains(&table),
        "docs/src/performance.md should have\n{table}"
    );
    Ok(())
}

#[test]
fn more_than_a_kernel_can_count_is_an_error() {
    let x = TensorType::new(&[1 << 33], DType::Float32);
    let outcome = launches(&Prim::Unary(Unary::Sqrt), &[x]).map(|kernels| kernels.len());
    let error = outcome.expect_err("2^33 elements");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}
