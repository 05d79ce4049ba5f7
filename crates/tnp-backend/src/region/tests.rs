//! Tests of region forming: what runs as one loop.

use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::{Step, partition};
use crate::prim::{Binary, DotDims, Prim, ReduceOp, Unary};
use crate::{Graph, GraphBuilder, TensorType, Var};

fn float(shape: &[usize]) -> TensorType {
    TensorType::new(shape, DType::Float32)
}

fn push(builder: &mut GraphBuilder, prim: Prim, inputs: &[Var]) -> Var {
    builder.push1(prim, inputs).expect("the test's steps fit")
}

fn sum(axes: &[usize]) -> Prim {
    Prim::Reduce {
        op: ReduceOp::Sum,
        axes: axes.iter().copied().collect(),
        dtype: DType::Float32,
    }
}

/// The steps by name: a region's in parentheses, sorted.
fn steps(graph: &Graph) -> Vec<String> {
    let partition = partition(graph, &|_, _| true);
    (partition.steps.iter())
        .map(|step| match step {
            Step::Single(at) => graph.equations()[*at].prim.name().to_owned(),
            Step::Region(region) => {
                let mut names: Vec<&str> = region.names().collect();
                names.sort_unstable();
                format!("({})", names.join(" "))
            }
        })
        .collect()
}

#[test]
fn five_operations_are_one_region() {
    let mut b = GraphBuilder::new();
    let [x, y, z] = [0; 3].map(|_| b.input(float(&[100])));
    let u = push(&mut b, Prim::Binary(Binary::Multiply), &[x, y]);
    let u = push(&mut b, Prim::Binary(Binary::Add), &[u, z]);
    let u = push(&mut b, Prim::Unary(Unary::Tanh), &[u]);
    let u = push(
        &mut b,
        Prim::Cast {
            dtype: DType::Float64,
        },
        &[u],
    );
    let u = push(&mut b, Prim::Unary(Unary::Exp), &[u]);
    let graph = b.finish(&[u]);
    assert_eq!(steps(&graph), ["(add astype exp multiply tanh)"]);
    let partition = partition(&graph, &|_, _| true);
    let Step::Region(region) = &partition.steps[0] else {
        panic!("one region");
    };
    assert_eq!((region.inputs.len(), region.outputs.len()), (3, 1));
    assert_eq!(
        region.output_types().next(),
        Some(TensorType::new(&[100], DType::Float64))
    );
}

/// `1 / (1 + exp(-x)) * sum(x * y)` and the like, in an order of one's own.
fn expression(order: usize) -> Graph {
    let mut b = GraphBuilder::new();
    let ty = float(&[6, 8]);
    let (x, y) = match order {
        0 => {
            let x = b.input(ty.clone());
            (x, b.input(ty.clone()))
        }
        _ => {
            let y = b.input(ty.clone());
            (b.input(ty.clone()), y)
        }
    };
    let full = Prim::Full {
        shape: ty.shape.clone(),
        value: Literal::new(1.0f32),
    };
    let repeat = Prim::BroadcastInDim {
        shape: ty.shape.clone(),
        dims: [0].into_iter().collect(),
    };
    let total = |b: &mut GraphBuilder| {
        let p = push(b, Prim::Binary(Binary::Multiply), &[x, y]);
        let s = push(b, sum(&[1]), &[p]);
        push(b, repeat.clone(), &[s])
    };
    let early = (order == 0).then(|| total(&mut b));
    let n = push(&mut b, Prim::Unary(Unary::Negative), &[x]);
    let late = (order == 1).then(|| total(&mut b));
    let e = push(&mut b, Prim::Unary(Unary::Exp), &[n]);
    let one = push(&mut b, full, &[]);
    let d = match order {
        0 => push(&mut b, Prim::Binary(Binary::Add), &[one, e]),
        _ => push(&mut b, Prim::Binary(Binary::Add), &[e, one]),
    };
    let q = push(&mut b, Prim::Binary(Binary::Divide), &[one, d]);
    let t = early.or(late).unwrap_or_else(|| total(&mut b));
    let r = push(&mut b, Prim::Binary(Binary::Multiply), &[q, t]);
    b.finish(&[r])
}

#[test]
fn renaming_and_reordering_find_the_same_regions() {
    let want = [
        "(multiply sum)",
        "broadcast_in_dim",
        "(add divide exp multiply negative)",
    ];
    for order in 0..3 {
        assert_eq!(steps(&expression(order)), want, "order {order}");
    }
}

#[test]
fn softmax_is_three_loops() {
    let mut b = GraphBuilder::new();
    let x = b.input(float(&[64, 10]));
    let repeat = Prim::BroadcastInDim {
        shape: Dims::from_slice(&[64, 10]),
        dims: [0].into_iter().collect(),
    };
    let max = Prim::Reduce {
        op: ReduceOp::Max,
        axes: [1].into_iter().collect(),
        dtype: DType::Float32,
    };
    let m = push(&mut b, max, &[x]);
    let m = push(&mut b, repeat.clone(), &[m]);
    let d = push(&mut b, Prim::Binary(Binary::Subtract), &[x, m]);
    let e = push(&mut b, Prim::Unary(Unary::Exp), &[d]);
    let s = push(&mut b, sum(&[1]), &[e]);
    let s = push(&mut b, repeat, &[s]);
    let y = push(&mut b, Prim::Binary(Binary::Divide), &[e, s]);
    let graph = b.finish(&[y]);
    assert_eq!(
        steps(&graph),
        [
            "max",
            "broadcast_in_dim",
            "(exp subtract sum)",
            "broadcast_in_dim",
            "divide"
        ]
    );
}

#[test]
fn work_for_a_later_loop_is_done_there() {
    // exp(x) is only read beside a product: it joins that loop instead of being stored.
    let mut b = GraphBuilder::new();
    let x = b.input(float(&[8, 8]));
    let e = push(&mut b, Prim::Unary(Unary::Exp), &[x]);
    let n = push(&mut b, Prim::Unary(Unary::Negative), &[e]);
    let dims = DotDims {
        lhs_contract: [1].into_iter().collect(),
        rhs_contract: [0].into_iter().collect(),
        lhs_batch: Default::default(),
        rhs_batch: Default::default(),
    };
    let p = push(&mut b, Prim::DotGeneral(dims), &[x, x]);
    let y = push(&mut b, Prim::Binary(Binary::Add), &[p, n]);
    let graph = b.finish(&[y]);
    assert_eq!(steps(&graph), ["dot_general", "(add exp negative)"]);
}

#[test]
fn reductions_of_one_loop_share_their_axes() {
    let mut b = GraphBuilder::new();
    let x = b.input(float(&[8, 9]));
    let y = push(&mut b, Prim::Unary(Unary::Square), &[x]);
    let rows = push(&mut b, sum(&[1]), &[y]);
    let all = push(&mut b, sum(&[1]), &[x]);
    let columns = push(&mut b, sum(&[0]), &[y]);
    let graph = b.finish(&[rows, all, columns]);
    assert_eq!(steps(&graph), ["(square sum sum)", "sum"]);
}

#[test]
fn a_barrier_keeps_loops_apart() {
    let mut b = GraphBuilder::new();
    let x = b.input(float(&[8]));
    let y = push(&mut b, Prim::Unary(Unary::Square), &[x]);
    let y = push(&mut b, Prim::StopGradient, &[y]);
    let y = push(&mut b, Prim::Unary(Unary::Exp), &[y]);
    let y = push(&mut b, Prim::Barrier, &[y]);
    let z = push(&mut b, Prim::Unary(Unary::Sin), &[y]);
    let z = push(&mut b, Prim::Unary(Unary::Cos), &[z]);
    let graph = b.finish(&[z]);
    assert_eq!(steps(&graph), ["(exp square)", "barrier", "(cos sin)"]);
}
