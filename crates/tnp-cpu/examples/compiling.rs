//! Times what compiling a graph of many mixed operations takes, step by step:
//! `cargo run --release -p tnp-cpu --example compiling`.

use std::time::Instant;

use tnp_backend::prim::{Binary, DotDims, Prim, ReduceOp, Unary};
use tnp_backend::{Graph, GraphBuilder, TensorType, Var, devices, partition, plan, simplify};
use tnp_dtype::{DType, Literal};
use tnp_shape::Dims;

// The backend enters the registry by being linked.
use tnp_cpu as _;

fn main() {
    let device = devices()
        .into_iter()
        .find(|info| info.device.to_string() == "cpu:0");
    let Some(info) = device else {
        return println!("the CPU backend is not linked");
    };
    let device = info.device;
    println!("milliseconds for graphs of mixed operations, the best of five");
    println!(
        "{:>6} {:>8} {:>9} {:>10} {:>6} {:>8}",
        "steps", "build", "simplify", "partition", "plan", "compile"
    );
    for count in [250, 500, 1000, 2000, 4000] {
        let graph = mixed(count);
        let simple = simplify(&graph);
        let fuses = |_: &Prim, _: &[&TensorType]| true;
        let parts = partition(&simple, &fuses);
        let times = [
            best(|| drop(mixed(count))),
            best(|| drop(simplify(&graph))),
            best(|| drop(partition(&simple, &fuses))),
            best(|| drop(plan(&simple, parts.clone()))),
            best(|| drop(device.backend().compile(device, &graph).expect("compiled"))),
        ];
        let [build, simplify, partition, plan, compile] = times;
        println!(
            "{count:>6} {build:>8.2} {simplify:>9.2} {partition:>10.2} {plan:>6.2} {compile:>8.2}"
        );
    }
}

fn best(mut work: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..5).map(time).fold(f64::MAX, f64::min)
}

/// Layers of products, chains and reductions, each of which reads earlier ones.
fn mixed(count: usize) -> Graph {
    let mut b = GraphBuilder::new();
    let ty = TensorType::new(&[16, 16], DType::Float32);
    let mut vars: Vec<Var> = (0..4).map(|_| b.input(ty.clone())).collect();
    let dims = DotDims {
        lhs_contract: [1].into_iter().collect(),
        rhs_contract: [0].into_iter().collect(),
        ..DotDims::default()
    };
    let mut pushed = 0;
    let mut push = |b: &mut GraphBuilder, prim, inputs: &[Var]| {
        pushed += 1;
        (b.push1(prim, inputs).expect("valid"), pushed)
    };
    loop {
        let at = vars.len();
        let earlier = |back: usize| vars[at - 1 - (back * 7 + at) % at.min(12)];
        let (x, y, z) = (earlier(0), earlier(1), earlier(2));
        let full = Prim::Full {
            shape: Dims::from_slice(&[16, 16]),
            value: Literal::new(at as f32),
        };
        let (next, pushed) = match at % 10 {
            0 => push(&mut b, Prim::DotGeneral(dims.clone()), &[x, y]),
            1 => {
                let sum = Prim::Reduce {
                    op: ReduceOp::Sum,
                    axes: [1].into_iter().collect(),
                    dtype: DType::Float32,
                };
                let (sum, _) = push(&mut b, sum, &[x]);
                let repeat = Prim::BroadcastInDim {
                    shape: Dims::from_slice(&[16, 16]),
                    dims: [0].into_iter().collect(),
                };
                push(&mut b, repeat, &[sum])
            }
            2 => push(&mut b, Prim::Unary(Unary::Tanh), &[x]),
            3 => push(&mut b, Prim::Unary(Unary::Exp), &[z]),
            4 => {
                let (number, _) = push(&mut b, full, &[]);
                push(&mut b, Prim::Binary(Binary::Multiply), &[x, number])
            }
            5 => push(&mut b, Prim::Binary(Binary::Subtract), &[x, z]),
            6 => {
                let turn = Prim::Transpose {
                    permutation: [1, 0].into_iter().collect(),
                };
                push(&mut b, turn, &[y])
            }
            7 => push(&mut b, Prim::Binary(Binary::Maximum), &[x, y]),
            8 => push(&mut b, Prim::Binary(Binary::Divide), &[y, z]),
            _ => push(&mut b, Prim::Binary(Binary::Add), &[x, y]),
        };
        vars.push(next);
        if pushed >= count {
            return b.finish(&vars[vars.len() - 8..]);
        }
    }
}
