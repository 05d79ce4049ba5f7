//! Tests of simplification: what is left of a graph.

use std::sync::Arc;
use std::time::Instant;

use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::simplify;
use crate::prim::{Binary, Prim, ReduceOp, SliceSpec, Unary};
use crate::{Graph, GraphBuilder, TensorType, Var};

fn float(shape: &[usize]) -> TensorType {
    TensorType::new(shape, DType::Float32)
}

fn full(shape: &[usize], value: impl tnp_dtype::Element) -> Prim {
    Prim::Full {
        shape: Dims::from_slice(shape),
        value: Literal::new(value),
    }
}

/// A graph of one input, made by `body`.
fn graph(ty: TensorType, body: impl Fn(&mut GraphBuilder, Var) -> Var) -> Graph {
    let mut builder = GraphBuilder::new();
    let x = builder.input(ty);
    let y = body(&mut builder, x);
    builder.finish(&[y])
}

fn push(builder: &mut GraphBuilder, prim: Prim, inputs: &[Var]) -> Var {
    builder.push1(prim, inputs).expect("the test's steps fit")
}

fn with_constant(op: Binary, ty: TensorType, value: Literal, constant_first: bool) -> Graph {
    graph(ty.clone(), |b, x| {
        let prim = Prim::Full {
            shape: ty.shape.clone(),
            value,
        };
        let c = push(b, prim, &[]);
        let inputs = if constant_first { [c, x] } else { [x, c] };
        push(b, Prim::Binary(op), &inputs)
    })
}

fn is_identity(graph: &Graph) -> bool {
    let simple = simplify(graph);
    simple.equations().is_empty() && simple.outputs() == simple.inputs()
}

#[test]
fn what_changes_no_bit_is_dropped() {
    let zero = Literal::new(0.0f32);
    let minus_zero = Literal::new(-0.0f32);
    let one = Literal::new(1.0f32);
    let kept = |op, value, first| !is_identity(&with_constant(op, float(&[4]), value, first));
    assert!(!kept(Binary::Multiply, one, false) && !kept(Binary::Multiply, one, true));
    assert!(!kept(Binary::Divide, one, false) && kept(Binary::Divide, one, true));
    // 0.0 turns -0.0 into 0.0; -0.0 turns nothing.
    assert!(kept(Binary::Add, zero, false) && !kept(Binary::Add, minus_zero, false));
    assert!(!kept(Binary::Subtract, zero, false) && kept(Binary::Subtract, minus_zero, false));
    // 0 * x is NaN for infinite x.
    assert!(kept(Binary::Multiply, zero, false));
    let integers = TensorType::new(&[4], DType::Int32);
    let seven = Literal::new(7i32);
    assert!(is_identity(&with_constant(
        Binary::Add,
        integers.clone(),
        Literal::new(0i32),
        true
    )));
    assert!(!is_identity(&with_constant(
        Binary::Add,
        integers.clone(),
        seven,
        true
    )));
    let product = with_constant(Binary::Multiply, integers, Literal::new(0i32), false);
    assert_eq!(simplify(&product).equations().len(), 1);
    let complex = TensorType::new(&[4], DType::Complex64);
    let one = Literal::one(DType::Complex64);
    assert!(!is_identity(&with_constant(
        Binary::Multiply,
        complex,
        one,
        false
    )));
}

#[test]
fn what_undoes_itself_is_dropped() {
    let twice = |prim: Prim, ty: TensorType| {
        is_identity(&graph(ty, |b, x| {
            let y = push(b, prim.clone(), &[x]);
            push(b, prim.clone(), &[y])
        }))
    };
    assert!(twice(Prim::Unary(Unary::Negative), float(&[3])));
    assert!(twice(
        Prim::Unary(Unary::LogicalNot),
        TensorType::new(&[3], DType::Bool)
    ));
    let turned = Prim::Transpose {
        permutation: [1, 0].into_iter().collect(),
    };
    assert!(twice(turned, float(&[3, 3])));
    let reversed = Prim::Slice {
        axes: [SliceSpec {
            start: 4,
            len: 5,
            step: -1,
        }]
        .into_iter()
        .collect(),
    };
    assert!(twice(reversed, float(&[5])));
    assert!(!twice(Prim::Unary(Unary::Exp), float(&[3])));
    assert!(!twice(
        Prim::Unary(Unary::LogicalNot),
        TensorType::new(&[3], DType::Int8)
    ));
}

#[test]
fn casts_are_joined_where_nothing_is_lost() {
    let through = |from, middle, to| {
        let made = graph(TensorType::new(&[3], from), |b, x| {
            let y = push(b, Prim::Cast { dtype: middle }, &[x]);
            push(b, Prim::Cast { dtype: to }, &[y])
        });
        simplify(&made).equations().len()
    };
    assert_eq!(through(DType::Float32, DType::Float64, DType::Float32), 0);
    assert_eq!(through(DType::Int8, DType::Float16, DType::Int8), 0);
    assert_eq!(through(DType::Float16, DType::Float32, DType::Float64), 1);
    assert_eq!(through(DType::Float64, DType::Float32, DType::Float64), 2);
    assert_eq!(through(DType::Int64, DType::Float64, DType::Int64), 2);
    assert_eq!(through(DType::UInt8, DType::Int8, DType::UInt8), 2);
    assert_eq!(through(DType::Float16, DType::BFloat16, DType::Float16), 2);
}

#[test]
fn constants_move_through_what_moves_them() {
    let made = graph(float(&[2, 3]), |b, x| {
        let c = push(b, full(&[], 2i32), &[]);
        let c = push(
            b,
            Prim::Cast {
                dtype: DType::Float32,
            },
            &[c],
        );
        let c = push(
            b,
            Prim::BroadcastInDim {
                shape: Dims::from_slice(&[3, 2]),
                dims: Default::default(),
            },
            &[c],
        );
        let c = push(
            b,
            Prim::Reshape {
                shape: Dims::from_slice(&[2, 3]),
            },
            &[c],
        );
        push(b, Prim::Binary(Binary::Multiply), &[x, c])
    });
    let simple = simplify(&made);
    assert_eq!(
        simple.to_string(),
        "(a: float32[2,3]) -> (c) {\n  b: float32[2,3] = full[2]\n  c: float32[2,3] = multiply a b\n}"
    );
}

#[test]
fn equal_steps_are_one_and_unread_ones_none() {
    let made = graph(float(&[8]), |b, x| {
        let y = push(b, Prim::Unary(Unary::Exp), &[x]);
        let z = push(b, Prim::Unary(Unary::Exp), &[x]);
        let _unread = push(b, Prim::Unary(Unary::Sin), &[z]);
        let u = push(b, Prim::Binary(Binary::Add), &[x, y]);
        let v = push(b, Prim::Binary(Binary::Add), &[z, x]);
        push(b, Prim::Binary(Binary::Divide), &[u, v])
    });
    let simple = simplify(&made);
    let names: Vec<&str> = simple.equations().iter().map(|e| e.prim.name()).collect();
    assert_eq!(names, ["exp", "add", "divide"]);
    let barred = graph(float(&[8]), |b, x| {
        let y = push(b, Prim::Unary(Unary::Exp), &[x]);
        let again = push(b, Prim::Barrier, &[x]);
        let z = push(b, Prim::Unary(Unary::Exp), &[again]);
        push(b, Prim::Binary(Binary::Add), &[y, z])
    });
    assert_eq!(simplify(&barred).equations().len(), 4);
}

#[test]
fn work_is_done_before_it_is_repeated() {
    let made = graph(float(&[3]), |b, x| {
        let wide = Dims::from_slice(&[100, 3]);
        let dims = [1].into_iter().collect();
        let y = push(b, Prim::BroadcastInDim { shape: wide, dims }, &[x]);
        let c = push(b, full(&[100, 3], 2.0f32), &[]);
        let y = push(b, Prim::Binary(Binary::Multiply), &[c, y]);
        push(b, Prim::Unary(Unary::Exp), &[y])
    });
    let simple = simplify(&made);
    let last = simple.equations().last().expect("steps");
    assert!(matches!(last.prim, Prim::BroadcastInDim { .. }));
    assert!(
        simple.equations()[..3]
            .iter()
            .all(|e| simple.ty(e.outputs[0]).size() == 3)
    );
}

#[test]
fn calls_are_inlined_and_bodies_simplified() {
    let body = Arc::new(graph(float(&[3]), |b, x| {
        let y = push(b, Prim::Unary(Unary::Negative), &[x]);
        push(b, Prim::Unary(Unary::Negative), &[y])
    }));
    let made = graph(float(&[3]), |b, x| {
        let y = push(
            b,
            Prim::Call {
                graph: body.clone(),
            },
            &[x],
        );
        push(b, Prim::Unary(Unary::Exp), &[y])
    });
    assert_eq!(simplify(&made).equations().len(), 1);
    let looped = graph(float(&[3]), |b, x| {
        let scan = Prim::Scan {
            body: body.clone(),
            carry: 1,
            length: 4,
            reverse: false,
        };
        push(b, scan, &[x])
    });
    let simple = simplify(&looped);
    let Prim::Scan { body, .. } = &simple.equations()[0].prim else {
        panic!("the scan stays");
    };
    assert!(body.equations().is_empty());
}

#[test]
fn weak_outputs_stay_weak() {
    let mut builder = GraphBuilder::new();
    let x = builder.weak_input(float(&[2]), true);
    let y = push(
        &mut builder,
        Prim::Cast {
            dtype: DType::Float32,
        },
        &[x],
    );
    let made = builder.finish(&[y, x]);
    assert!(!made.is_weak(y));
    let simple = simplify(&made);
    let weak: Vec<bool> = simple
        .outputs()
        .iter()
        .map(|&v| simple.is_weak(v))
        .collect();
    assert_eq!(weak, [false, true]);
}

#[test]
fn a_thousand_steps_take_milliseconds() {
    let made = graph(float(&[64]), |b, x| {
        let mut y = x;
        for i in 0..500 {
            let c = push(b, full(&[64], i as f32 + 2.0), &[]);
            let z = push(b, Prim::Binary(Binary::Multiply), &[y, c]);
            y = push(b, Prim::Unary(Unary::Sin), &[z]);
        }
        let sum = Prim::Reduce {
            op: ReduceOp::Sum,
            axes: [0].into_iter().collect(),
            dtype: DType::Float32,
        };
        push(b, sum, &[y])
    });
    let start = Instant::now();
    let simple = simplify(&made);
    assert_eq!(simple.equations().len(), 1501);
    // A few milliseconds; the bound leaves room for a busy machine.
    assert!(start.elapsed().as_millis() < 200, "{:?}", start.elapsed());
}
