//! What is launched, counted without a device.

use cubecl::prelude::KernelMetadata;
use tnp_backend::prim::{Binary, Prim, ReduceOp, Unary};
use tnp_backend::{Device, ErrorKind, GraphBuilder, Result, Tensor, TensorType};
use tnp_cube::{Kernel, Rehearsal};
use tnp_dtype::DType;

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

#[test]
fn more_than_a_kernel_can_count_is_an_error() {
    let x = TensorType::new(&[1 << 33], DType::Float32);
    let outcome = launches(&Prim::Unary(Unary::Sqrt), &[x]).map(|kernels| kernels.len());
    let error = outcome.expect_err("2^33 elements");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}
