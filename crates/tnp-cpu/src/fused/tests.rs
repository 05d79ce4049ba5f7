//! Tests of programs: which operations share a kernel, and that each rounds as it does alone.

use tnp_backend::prim::{Binary, Prim, Unary};
use tnp_backend::{
    Device, Graph, GraphBuilder, Inputs, Region, Step, Tensor, TensorType, Var, devices, interpret,
    partition,
};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::program::Program;

const ARITHMETIC: [Binary; 4] = [
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
];
/// Not a multiple of any vector, nor of a tile.
const SIZE: usize = 1_037;

/// A graph under construction, over float arrays.
struct Sketch {
    builder: GraphBuilder,
    dtype: DType,
}

impl Sketch {
    fn new(dtype: DType) -> Sketch {
        let builder = GraphBuilder::new();
        Sketch { builder, dtype }
    }

    fn inputs<const N: usize>(&mut self) -> [Var; N] {
        let ty = TensorType::new(&[SIZE], self.dtype);
        [(); N].map(|()| self.builder.input(ty.clone()))
    }

    fn number(&mut self, value: f64) -> Var {
        let prim = Prim::Full {
            shape: Dims::from_slice(&[SIZE]),
            value: Literal::new(value).cast(self.dtype),
        };
        self.builder.push1(prim, &[]).expect("valid")
    }

    fn unary(&mut self, op: Unary, x: Var) -> Var {
        self.builder.push1(Prim::Unary(op), &[x]).expect("valid")
    }

    fn binary(&mut self, op: Binary, x: Var, y: Var) -> Var {
        let prim = Prim::Binary(op);
        self.builder.push1(prim, &[x, y]).expect("valid")
    }
}

fn region(graph: &Graph) -> Region {
    let steps = partition(graph, &|_, _| true).steps;
    match <[Step; 1]>::try_from(steps) {
        Ok([Step::Region(region)]) => region,
        other => panic!("not one region: {other:?}"),
    }
}

fn kernels(graph: &Graph) -> usize {
    Program::new(&region(graph)).expect("kernels").codes.len()
}

fn cpu() -> Device {
    let mut all = devices().into_iter().map(|info| info.device);
    all.find(|device| device.to_string() == "cpu:0")
        .expect("this crate's device")
}

/// Numbers of both signs, zeros, infinities and NaN among them.
fn numbers(graph: &Graph) -> Inputs {
    let one = |(number, ty): (usize, &TensorType)| {
        let value = |i: usize| match (i * 7 + number * 13) % 101 {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => 0.0,
            4 => -0.0,
            5 => 1e300,
            k => (k as f64 - 50.0) / 7.0 + i as f64 * 1e-4,
        };
        let bytes: Vec<u8> = (0..ty.size())
            .flat_map(|i| Literal::new(value(i)).cast(ty.dtype).as_bytes().to_vec())
            .collect();
        let buffer = cpu().backend().upload(0, &bytes).expect("memory");
        Tensor::contiguous(buffer, &ty.shape, ty.dtype)
    };
    graph.input_types().enumerate().map(one).collect()
}

/// Elements as bits; all NaNs alike, for which of two comes through is left open.
fn bits(x: &Tensor) -> Vec<u64> {
    let at = x.host_ptr().expect("host memory");
    let one = |i: usize| {
        let size = x.dtype.itemsize();
        // SAFETY: a contiguous tensor with that many elements.
        let bytes = unsafe { std::slice::from_raw_parts(at.wrapping_add(i * size), size) };
        let value = Literal::from_bytes(x.dtype, bytes).cast(DType::Float64);
        let value = value.value::<f64>();
        if value.is_nan() {
            u64::MAX
        } else {
            value.to_bits()
        }
    };
    (0..x.layout.size()).map(one).collect()
}

fn rounds_as_alone(graph: &Graph) {
    let inputs = numbers(graph);
    let want = interpret(cpu(), graph, inputs.to_vec()).expect("interpreted");
    let executable = cpu().backend().compile(cpu(), graph).expect("compiled");
    let got = executable.run(inputs).expect("ran");
    assert_eq!(bits(&want[0]), bits(&got[0]), "{graph}");
}

#[test]
fn two_operations_share_a_kernel() {
    for dtype in [DType::Float32, DType::Float64] {
        for first in ARITHMETIC {
            for second in ARITHMETIC {
                for reversed in [false, true] {
                    let mut s = Sketch::new(dtype);
                    let [a, b, c] = s.inputs();
                    let x = s.binary(first, a, b);
                    let y = match reversed {
                        false => s.binary(second, x, c),
                        true => s.binary(second, c, x),
                    };
                    let graph = s.builder.finish(&[y]);
                    assert_eq!(kernels(&graph), 1, "{graph}");
                    rounds_as_alone(&graph);
                }
            }
        }
    }
}

#[test]
fn three_operations_share_a_kernel() {
    for dtype in [DType::Float32, DType::Float64] {
        for left in &ARITHMETIC[..3] {
            for right in &ARITHMETIC[..3] {
                for outer in ARITHMETIC {
                    let mut s = Sketch::new(dtype);
                    let [a, b, c, d] = s.inputs();
                    let x = s.binary(*left, a, b);
                    let y = s.binary(*right, c, d);
                    let z = s.binary(outer, x, y);
                    let graph = s.builder.finish(&[z]);
                    assert_eq!(kernels(&graph), 1, "{graph}");
                    rounds_as_alone(&graph);
                }
            }
        }
    }
}

#[test]
fn every_spelling_of_the_logistic_function_is_one_kernel() {
    for dtype in [DType::Float32, DType::Float64] {
        for spelling in 0..8 {
            let mut s = Sketch::new(dtype);
            let [x] = s.inputs();
            let x = match spelling & 1 {
                0 => s.unary(Unary::Negative, x),
                _ => x,
            };
            let e = s.unary(Unary::Exp, x);
            let one = s.number(1.0);
            let sum = match spelling & 2 {
                0 => s.binary(Binary::Add, one, e),
                _ => s.binary(Binary::Add, e, one),
            };
            let y = match spelling & 4 {
                0 => s.binary(Binary::Divide, one, sum),
                _ => s.unary(Unary::Reciprocal, sum),
            };
            let graph = s.builder.finish(&[y]);
            assert_eq!(kernels(&graph), 1, "{graph}");
            rounds_as_alone(&graph);
        }
    }
}

#[test]
fn squares_share_a_kernel_with_what_they_square() {
    for dtype in [DType::Float32, DType::Float64] {
        for inner in ARITHMETIC {
            for spelling in 0..2 {
                let mut s = Sketch::new(dtype);
                let [a, b] = s.inputs();
                let x = s.binary(inner, a, b);
                let y = match spelling {
                    0 => s.unary(Unary::Square, x),
                    _ => s.binary(Binary::Multiply, x, x),
                };
                let graph = s.builder.finish(&[y]);
                assert_eq!(kernels(&graph), 1, "{graph}");
                rounds_as_alone(&graph);
            }
        }
    }
}

#[test]
fn what_is_read_twice_or_returned_is_computed_by_itself() {
    let mut s = Sketch::new(DType::Float32);
    let [a, b] = s.inputs();
    let d = s.binary(Binary::Subtract, a, b);
    let e = s.unary(Unary::Exp, d);
    let y = s.binary(Binary::Multiply, d, e);
    let graph = s.builder.finish(&[y]);
    assert_eq!(kernels(&graph), 3);
    rounds_as_alone(&graph);

    let mut s = Sketch::new(DType::Float32);
    let [a, b] = s.inputs();
    let d = s.binary(Binary::Subtract, a, b);
    let y = s.binary(Binary::Multiply, d, a);
    let graph = s.builder.finish(&[y, d]);
    assert_eq!(kernels(&graph), 2);
    rounds_as_alone(&graph);
}

#[test]
fn half_width_floats_are_rounded_between_operations() {
    let mut s = Sketch::new(DType::Float16);
    let [a, b, c] = s.inputs();
    let x = s.binary(Binary::Multiply, a, b);
    let y = s.binary(Binary::Add, x, c);
    let graph = s.builder.finish(&[y]);
    assert!(kernels(&graph) > 2);
    rounds_as_alone(&graph);
}
