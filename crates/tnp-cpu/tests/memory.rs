//! What compiled graphs allocate, by the pool's statistics; and what they launch.

mod common;

use std::sync::{Mutex, MutexGuard};

use common::{Random, cpu, uniform};
use tnp_backend::prim::{Binary, DotDims, Prim, ReduceOp, Unary};
use tnp_backend::{Graph, GraphBuilder, Inputs, MemoryStats, TensorType, Var, interpret};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

/// The statistics are the process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn stats() -> MemoryStats {
    cpu().backend().memory_stats(0)
}

fn push(builder: &mut GraphBuilder, prim: Prim, inputs: &[Var]) -> Var {
    builder.push1(prim, inputs).expect("the test's steps fit")
}

fn inputs(graph: &Graph) -> Inputs {
    let mut random = Random(7);
    graph
        .input_types()
        .map(|ty| uniform(&mut random, ty))
        .collect()
}

/// `sigmoid(x @ w + b)` twice over, with what is in between read again at the end.
fn layers() -> Graph {
    let mut b = GraphBuilder::new();
    let ty = TensorType::new(&[256, 256], DType::Float32);
    let x = b.input(ty.clone());
    let w = b.input(ty.clone());
    let bias = b.input(TensorType::new(&[256], DType::Float32));
    let mut y = x;
    let mut all = Vec::new();
    for _ in 0..3 {
        let dims = DotDims {
            lhs_contract: [1].into_iter().collect(),
            rhs_contract: [0].into_iter().collect(),
            ..DotDims::default()
        };
        let repeat = Prim::BroadcastInDim {
            shape: ty.shape.clone(),
            dims: [1].into_iter().collect(),
        };
        let one = Prim::Full {
            shape: ty.shape.clone(),
            value: Literal::new(1.0f32),
        };
        let p = push(&mut b, Prim::DotGeneral(dims), &[y, w]);
        let r = push(&mut b, repeat, &[bias]);
        let s = push(&mut b, Prim::Binary(Binary::Add), &[p, r]);
        let n = push(&mut b, Prim::Unary(Unary::Negative), &[s]);
        let e = push(&mut b, Prim::Unary(Unary::Exp), &[n]);
        let one = push(&mut b, one, &[]);
        let d = push(&mut b, Prim::Binary(Binary::Add), &[one, e]);
        y = push(&mut b, Prim::Binary(Binary::Divide), &[one, d]);
        all.push(y);
    }
    let u = push(&mut b, Prim::Binary(Binary::Add), &[all[0], all[1]]);
    let v = push(&mut b, Prim::Binary(Binary::Subtract), &[u, all[2]]);
    let sum = Prim::Reduce {
        op: ReduceOp::Sum,
        axes: [0, 1].into_iter().collect(),
        dtype: DType::Float32,
    };
    let total = push(&mut b, sum, &[v]);
    b.finish(&[total])
}

#[test]
fn the_peak_is_the_largest_live_set() {
    let _one = alone();
    let graph = layers();
    let given = inputs(&graph);
    let want = interpret(cpu(), &graph, given.to_vec()).expect("interpreted");
    let executable = cpu().backend().compile(cpu(), &graph).expect("compiled");
    for _ in 0..3 {
        cpu().backend().reset_peak(0);
        let before = stats().live;
        let got = executable.run(given.clone()).expect("ran");
        common::same(&want[0], &got[0], false).expect("the same");
        let peak = stats().peak - before;
        // Three layers of 256 KiB are alive at the end, the last while it is computed.
        let planned = executable.explain().peak_bytes;
        assert!(planned <= 4 * 256 * 1024, "{planned}");
        assert!(peak as f64 <= 1.1 * planned as f64, "{peak} for {planned}");
    }
    let explanation = executable.explain();
    let names: Vec<&str> = explanation
        .steps
        .iter()
        .map(|step| step.name.as_str())
        .collect();
    let layer = "dot_general add negative exp add divide";
    assert_eq!(
        names,
        [
            "broadcast_in_dim",
            layer,
            layer,
            "dot_general add negative exp add divide add subtract sum"
        ]
    );
    assert_eq!(explanation.launches(), 3);
    assert!(
        explanation.to_string().contains("3 launches"),
        "{explanation}"
    );
}

#[test]
fn a_thousand_calls_grow_nothing() {
    let _one = alone();
    let graph = layers();
    let given = inputs(&graph);
    let executable = cpu().backend().compile(cpu(), &graph).expect("compiled");
    drop(executable.run(given.clone()).expect("ran"));
    let before = stats();
    for _ in 0..1000 {
        drop(executable.run(given.clone()).expect("ran"));
    }
    let after = stats();
    assert_eq!(before.live, after.live);
    assert!(after.idle <= before.idle);
    assert_eq!(
        after.allocations - before.allocations,
        after.reuses - before.reuses
    );
}

#[test]
fn donated_inputs_allocate_nothing() {
    let _one = alone();
    let mut b = GraphBuilder::new();
    let ty = TensorType::new(&[100, 1000], DType::Float32);
    let [x, y] = [0; 2].map(|_| b.input(ty.clone()));
    let p = push(&mut b, Prim::Binary(Binary::Multiply), &[x, y]);
    let s = push(&mut b, Prim::Unary(Unary::Tanh), &[p]);
    let d = push(&mut b, Prim::Binary(Binary::Subtract), &[y, s]);
    let q = push(&mut b, Prim::Binary(Binary::Add), &[d, x]);
    let graph = b.finish(&[q, s]);
    let executable = cpu().backend().compile(cpu(), &graph).expect("compiled");
    let lent = inputs(&graph);
    let want = executable.run(lent.clone()).expect("ran");
    let given = inputs(&graph);
    let before = stats().allocations;
    let got = executable.run(given).expect("ran");
    assert_eq!(stats().allocations, before);
    for (want, got) in want.iter().zip(&got) {
        common::same(want, got, true).expect("the same");
    }
    // What is lent stays as it was.
    for (kept, again) in lent.iter().zip(&inputs(&graph)) {
        common::same(kept, again, true).expect("unchanged");
    }
}

/// Elementwise chains, reductions, products and views, with values that wait for long and some that die at once.
fn mixed(seed: u64) -> Graph {
    let mut random = Random(seed);
    let mut b = GraphBuilder::new();
    let ty = TensorType::new(&[128, 128], DType::Float32);
    let mut vars: Vec<Var> = (0..3).map(|_| b.input(ty.clone())).collect();
    for _ in 0..30 {
        let [x, y] = [0; 2].map(|_| vars[random.below(vars.len())]);
        let next = match random.below(8) {
            0 => {
                let dims = DotDims {
                    lhs_contract: [1].into_iter().collect(),
                    rhs_contract: [0].into_iter().collect(),
                    ..DotDims::default()
                };
                let p = push(&mut b, Prim::DotGeneral(dims), &[x, y]);
                push(&mut b, Prim::Unary(Unary::Tanh), &[p])
            }
            1 => {
                let sum = Prim::Reduce {
                    op: ReduceOp::Max,
                    axes: [1].into_iter().collect(),
                    dtype: DType::Float32,
                };
                let m = push(&mut b, sum, &[x]);
                let repeat = Prim::BroadcastInDim {
                    shape: ty.shape.clone(),
                    dims: [0].into_iter().collect(),
                };
                let m = push(&mut b, repeat, &[m]);
                push(&mut b, Prim::Binary(Binary::Subtract), &[y, m])
            }
            2 => {
                let turn = Prim::Transpose {
                    permutation: [1, 0].into_iter().collect(),
                };
                push(&mut b, turn, &[x])
            }
            3 => {
                let sort = Prim::Sort { axis: 1 };
                push(&mut b, sort, &[x])
            }
            4 => push(&mut b, Prim::Unary(Unary::Sin), &[x]),
            5 => push(&mut b, Prim::Binary(Binary::Maximum), &[x, y]),
            _ => push(&mut b, Prim::Binary(Binary::Add), &[x, y]),
        };
        // Few values are alive at a time.
        match vars.len() {
            0..6 => vars.push(next),
            _ => {
                let at = random.below(vars.len());
                vars[at] = next;
            }
        }
    }
    let last = *vars.last().expect("there are variables");
    b.finish(&[last, vars[0]])
}

#[test]
fn random_programs_peak_at_their_largest_live_set() {
    let _one = alone();
    for seed in 0..60 {
        let graph = mixed(seed);
        let given = inputs(&graph);
        let executable = cpu().backend().compile(cpu(), &graph).expect("compiled");
        // Constants and the scratch memory of products are there after a first run.
        drop(executable.run(given.clone()).expect("ran"));
        cpu().backend().reset_peak(0);
        let before = stats().live;
        drop(executable.run(given.clone()).expect("ran"));
        let peak = stats().peak - before;
        let planned = executable.explain().peak_bytes;
        let explanation = executable.explain();
        assert!(
            peak as f64 <= 1.1 * planned as f64,
            "seed {seed}: {peak} for {planned}\n{explanation}"
        );
        assert_eq!(stats().live, before);
    }
}

#[test]
fn a_product_is_computed_where_its_region_writes() {
    let _one = alone();
    // Rows at a time, and at once.
    for rows in [300, 40_000] {
        let mut b = GraphBuilder::new();
        let x = b.input(TensorType::new(&[rows, 8], DType::Float32));
        let w = b.input(TensorType::new(&[8, 32], DType::Float32));
        let bias = b.input(TensorType::new(&[32], DType::Float32));
        let dims = DotDims {
            lhs_contract: [1].into_iter().collect(),
            rhs_contract: [0].into_iter().collect(),
            ..DotDims::default()
        };
        let repeat = Prim::BroadcastInDim {
            shape: Dims::from_slice(&[rows, 32]),
            dims: [1].into_iter().collect(),
        };
        let p = push(&mut b, Prim::DotGeneral(dims), &[x, w]);
        let r = push(&mut b, repeat, &[bias]);
        let s = push(&mut b, Prim::Binary(Binary::Add), &[p, r]);
        let y = push(&mut b, Prim::Unary(Unary::Tanh), &[s]);
        let graph = b.finish(&[y]);
        let given = inputs(&graph);
        let executable = cpu().backend().compile(cpu(), &graph).expect("compiled");
        drop(executable.run(given.clone()).expect("ran"));
        cpu().backend().reset_peak(0);
        let before = stats().live;
        drop(executable.run(given.clone()).expect("ran"));
        let bytes = rows * 32 * 4;
        assert_eq!(executable.explain().peak_bytes, bytes);
        let peak = stats().peak - before;
        assert!(peak < bytes + bytes / 10, "{peak} for {bytes}");
    }
}

#[test]
fn what_depends_on_no_input_is_computed_once() {
    let _one = alone();
    let mut b = GraphBuilder::new();
    let x = b.input(TensorType::new(&[50], DType::Float32));
    let iota = Prim::Iota {
        shape: Dims::from_slice(&[50]),
        dtype: DType::Float32,
        axis: 0,
    };
    let i = push(&mut b, iota, &[]);
    let s = push(&mut b, Prim::Unary(Unary::Sin), &[i]);
    let y = push(&mut b, Prim::Binary(Binary::Multiply), &[x, s]);
    let graph = b.finish(&[y, s]);
    let given = inputs(&graph);
    let want = interpret(cpu(), &graph, given.to_vec()).expect("interpreted");
    let executable = cpu().backend().compile(cpu(), &graph).expect("compiled");
    assert_eq!(executable.explain().launches(), 1);
    for _ in 0..2 {
        let got = executable.run(given.clone()).expect("ran");
        for (want, got) in want.iter().zip(&got) {
            common::same(want, got, true).expect("the same");
        }
    }
}

#[test]
fn loops_and_branches_run_compiled() {
    let _one = alone();
    let ty = TensorType::new(&[1000], DType::Float64);
    let step = |factor: f64| {
        let mut b = GraphBuilder::new();
        let x = b.input(ty.clone());
        let c = Prim::Full {
            shape: ty.shape.clone(),
            value: Literal::new(factor),
        };
        let c = push(&mut b, c, &[]);
        let y = push(&mut b, Prim::Binary(Binary::Multiply), &[x, c]);
        let y = push(&mut b, Prim::Unary(Unary::Sin), &[y]);
        std::sync::Arc::new(b.finish(&[y]))
    };
    let mut b = GraphBuilder::new();
    let which = b.input(TensorType::new(&[], DType::Int64));
    let x = b.input(ty.clone());
    let branches = Prim::Switch {
        branches: vec![step(0.5), step(2.0)],
    };
    let y = push(&mut b, branches, &[which, x]);
    let scan = Prim::Scan {
        body: step(1.5),
        carry: 1,
        length: 5,
        reverse: false,
    };
    let z = push(&mut b, scan, &[y]);
    let graph = b.finish(&[z]);
    let executable = cpu().backend().compile(cpu(), &graph).expect("compiled");
    for branch in [0i64, 1] {
        let mut given = inputs(&graph);
        given[0] = common::tensor(&branch.to_ne_bytes(), &TensorType::new(&[], DType::Int64));
        let want = interpret(cpu(), &graph, given.to_vec()).expect("interpreted");
        let got = executable.run(given).expect("ran");
        common::same(&want[0], &got[0], true).expect("the same");
    }
    let mut given = inputs(&graph);
    given[0] = common::tensor(&9i64.to_ne_bytes(), &TensorType::new(&[], DType::Int64));
    let error = executable.run(given).expect_err("there is no branch 9");
    assert!(
        error.to_string().contains("branch 9 is out of bounds"),
        "{error}"
    );
}
