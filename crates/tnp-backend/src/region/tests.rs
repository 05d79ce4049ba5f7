//! Tests of region forming: what runs as one loop.

use std::collections::HashMap;

use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

use super::{Step, partition};
use crate::prim::{Binary, DotDims, Prim, ReduceOp, Unary};
use crate::{Equation, Graph, GraphBuilder, TensorType, Var};

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

/// What a statement does.
#[derive(Clone, Copy)]
enum Made {
    Input(&'static [usize]),
    Number(f32),
    Unary(Unary),
    Binary(Binary),
    /// The sum of the rows.
    Sum,
    /// Repeats along the axis that is not this one.
    Repeat(usize),
    Product,
}

type Statement = (&'static str, Made, &'static [&'static str]);

/// A layer, its scores, and a chain over them: what a statement reads stands above it.
const STATEMENTS: &[Statement] = &[
    ("x", Made::Input(&[6, 5]), &[]),
    ("w", Made::Input(&[5, 8]), &[]),
    ("bias", Made::Input(&[8]), &[]),
    ("c", Made::Input(&[6, 8]), &[]),
    ("d", Made::Input(&[6, 8]), &[]),
    ("one", Made::Number(1.0), &[]),
    ("half", Made::Number(0.5), &[]),
    ("p", Made::Product, &["x", "w"]),
    ("b", Made::Repeat(1), &["bias"]),
    ("h", Made::Binary(Binary::Add), &["p", "b"]),
    ("n", Made::Unary(Unary::Negative), &["h"]),
    ("e", Made::Unary(Unary::Exp), &["n"]),
    ("f", Made::Binary(Binary::Add), &["one", "e"]),
    ("s", Made::Binary(Binary::Divide), &["one", "f"]),
    ("sc", Made::Binary(Binary::Multiply), &["s", "c"]),
    ("t", Made::Sum, &["sc"]),
    ("u", Made::Repeat(0), &["t"]),
    ("v", Made::Binary(Binary::Subtract), &["s", "u"]),
    ("cd", Made::Binary(Binary::Multiply), &["c", "d"]),
    ("vh", Made::Binary(Binary::Multiply), &["v", "half"]),
    ("y", Made::Binary(Binary::Add), &["vh", "cd"]),
    ("g", Made::Unary(Unary::Tanh), &["cd"]),
    ("z", Made::Sum, &["g"]),
];

/// The statements in an order, with operands exchanged where that changes nothing, both chosen by a seed. Returns the graph
/// and the names of its inputs.
fn shuffled(seed: u64) -> (Graph, Vec<&'static str>) {
    let mut state = seed;
    let mut below = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut b = GraphBuilder::new();
    let mut vars: HashMap<&str, Var> = HashMap::new();
    let mut names = Vec::new();
    let mut left: Vec<Statement> = STATEMENTS.to_vec();
    while !left.is_empty() {
        let ready: Vec<usize> = (0..left.len())
            .filter(|&at| left[at].2.iter().all(|name| vars.contains_key(name)))
            .collect();
        let (name, made, reads) = left.remove(ready[below(ready.len())]);
        let mut reads: Vec<Var> = reads.iter().map(|name| vars[name]).collect();
        let shape = Dims::from_slice(&[6, 8]);
        let prim = match made {
            Made::Input(shape) => {
                names.push(name);
                vars.insert(name, b.input(float(shape)));
                continue;
            }
            Made::Number(value) => Prim::Full {
                shape,
                value: Literal::new(value),
            },
            Made::Unary(op) => Prim::Unary(op),
            Made::Binary(op) => {
                if matches!(op, Binary::Add | Binary::Multiply) && below(2) == 0 {
                    reads.reverse();
                }
                Prim::Binary(op)
            }
            Made::Sum => sum(&[1]),
            Made::Repeat(axis) => Prim::BroadcastInDim {
                shape,
                dims: [axis].into_iter().collect(),
            },
            Made::Product => Prim::DotGeneral(DotDims {
                lhs_contract: [1].into_iter().collect(),
                rhs_contract: [0].into_iter().collect(),
                ..DotDims::default()
            }),
        };
        vars.insert(name, push(&mut b, prim, &reads));
    }
    let outputs = if below(2) == 0 {
        ["y", "z"]
    } else {
        ["z", "y"]
    };
    (b.finish(&outputs.map(|name| vars[name])), names)
}

/// What a variable holds, written out; the operands of sums and products in one order.
fn expression(graph: &Graph, names: &[&str], var: Var) -> String {
    if let Some(at) = graph.inputs().iter().position(|&input| input == var) {
        return names[at].to_owned();
    }
    let makes = |equation: &&Equation| equation.outputs.contains(&var);
    let equation = graph.equations().iter().find(makes).expect("it is defined");
    let mut inputs: Vec<String> = (equation.inputs.iter())
        .map(|&input| expression(graph, names, input))
        .collect();
    if matches!(equation.prim, Prim::Binary(Binary::Add | Binary::Multiply)) {
        inputs.sort();
    }
    let name = equation.prim.name();
    if let Prim::Full { value, .. } = &equation.prim {
        return format!("{value:?}");
    }
    format!("{name}({})", inputs.join(", "))
}

/// The steps by what they read, do and give, whatever the names and the order.
fn structure(graph: &Graph, names: &[&str]) -> Vec<String> {
    let all = |vars: &[Var]| {
        let texts = vars.iter().map(|&var| expression(graph, names, var));
        let mut texts: Vec<String> = texts.collect();
        texts.sort();
        texts.join("; ")
    };
    let partition = partition(graph, &|_, _| true);
    let mut steps: Vec<String> = (partition.steps.iter())
        .map(|step| match step {
            Step::Single(at) => all(&graph.equations()[*at].outputs),
            Step::Region(region) => {
                let mut does: Vec<&str> = region.names().collect();
                does.sort_unstable();
                let gives: Vec<Var> = region.output_vars().collect();
                format!("{} -> {does:?} -> {}", all(&region.reads()), all(&gives))
            }
        })
        .collect();
    steps.sort();
    steps
}

#[test]
fn renaming_and_reordering_find_the_same_regions() {
    let (graph, names) = shuffled(0);
    let want = structure(&graph, &names);
    let mut found = steps(&graph);
    found.sort();
    assert_eq!(
        found,
        [
            "(add add divide dot_general exp multiply negative sum)",
            "(add multiply subtract)",
            "(multiply sum tanh)",
            "broadcast_in_dim",
            "broadcast_in_dim",
        ]
    );
    for seed in 1..200 {
        let (graph, names) = shuffled(seed);
        assert_eq!(structure(&graph, &names), want, "seed {seed}\n{graph}");
    }
}

#[test]
fn a_product_that_others_read_too_is_computed_by_itself() {
    let dims = DotDims {
        lhs_contract: [1].into_iter().collect(),
        rhs_contract: [0].into_iter().collect(),
        ..DotDims::default()
    };
    for case in 0..3 {
        let mut b = GraphBuilder::new();
        let x = b.input(float(&[8, 8]));
        let p = push(&mut b, Prim::DotGeneral(dims.clone()), &[x, x]);
        let y = push(&mut b, Prim::Unary(Unary::Tanh), &[p]);
        let outputs = match case {
            0 => vec![y],
            1 => vec![y, p],
            _ => {
                let turned = Prim::Transpose {
                    permutation: [1, 0].into_iter().collect(),
                };
                vec![y, push(&mut b, turned, &[p])]
            }
        };
        let graph = b.finish(&outputs);
        let want: &[&str] = match case {
            0 => &["(dot_general tanh)"],
            1 => &["dot_general", "tanh"],
            _ => &["dot_general", "tanh", "transpose"],
        };
        assert_eq!(steps(&graph), want, "case {case}");
    }
}

#[test]
fn of_two_products_one_is_part_of_the_region() {
    let dims = DotDims {
        lhs_contract: [1].into_iter().collect(),
        rhs_contract: [0].into_iter().collect(),
        ..DotDims::default()
    };
    let mut b = GraphBuilder::new();
    let [x, w] = [[8, 4], [4, 8]].map(|shape| b.input(float(&shape)));
    let [h, u] = [[8, 16], [16, 8]].map(|shape| b.input(float(&shape)));
    let p = push(&mut b, Prim::DotGeneral(dims.clone()), &[x, w]);
    let q = push(&mut b, Prim::DotGeneral(dims), &[h, u]);
    let s = push(&mut b, Prim::Binary(Binary::Add), &[p, q]);
    let y = push(&mut b, Prim::Unary(Unary::Tanh), &[s]);
    let graph = b.finish(&[y]);
    assert_eq!(steps(&graph), ["dot_general", "(add dot_general tanh)"]);
    let partition = partition(&graph, &|_, _| true);
    let Some(Step::Region(region)) = partition.steps.last() else {
        panic!("a region at the end");
    };
    let head = region.product.as_ref().expect("it has a product");
    assert_eq!(head.operands, [h, u]);
    assert_eq!(&region.reads()[..], [p, h, u]);
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
    assert_eq!(steps(&graph), ["(add dot_general exp negative)"]);
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
