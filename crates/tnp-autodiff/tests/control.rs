//! Graphs inside: calls, branches, loops, checkpoints and gradients of one's own; and derivatives of and inside traced functions.

extern crate tnp_cpu;

mod common;

use std::sync::Arc;

use common::{Numbers, check, values};
use insta::assert_snapshot;
use tnp_array::*;
use tnp_autodiff::*;
use tnp_backend::prim::{CustomId, CustomRule, Prim, Unary, register_custom};
use tnp_backend::{Graph, GraphBuilder, TensorType};
use tnp_trace::{Aval, function, trace};

fn traced(
    inputs: &[(&[usize], DType)],
    body: impl FnOnce(&[Array]) -> Result<Vec<Array>>,
) -> Arc<Graph> {
    let avals: Vec<Aval> = inputs
        .iter()
        .map(|(shape, dtype)| TensorType::new(shape, *dtype).into())
        .collect();
    let traced = trace("test", &avals, body).unwrap();
    assert!(traced.captured.is_empty());
    traced.graph
}

fn all(prim: Prim, xs: &[Array]) -> Result<Vec<Array>> {
    let mut operands: Vec<Operand<'_>> = xs.iter().map(Operand::Borrowed).collect();
    Ok(bind(&prim, &mut operands)?.into_vec())
}

const F: DType = DType::Float64;
const I: DType = DType::Int64;

fn drawn(shapes: &[&[usize]]) -> Vec<Array> {
    let mut numbers = Numbers::new(9);
    shapes
        .iter()
        .map(|shape| numbers.array(shape, 0.4, 1.2))
        .collect()
}

#[test]
fn calls() {
    let graph = traced(&[(&[3], F), (&[3], F)], |x| {
        let y = x[0].sin()? * &x[1];
        Ok(vec![y.exp()?, x[1].sqrt()?])
    });
    let f = |xs: &[Array]| {
        let ys = all(
            Prim::Call {
                graph: graph.clone(),
            },
            xs,
        )?;
        Ok(&ys[0] * &ys[1])
    };
    check("call", &f, drawn(&[&[3], &[3]]));
    let one = |xs: &[Array]| {
        Ok(all(
            Prim::Call {
                graph: graph.clone(),
            },
            xs,
        )?
        .remove(1))
    };
    check("one output of a call", &one, drawn(&[&[3], &[3]]));
    let nested = traced(&[(&[3], F), (&[3], F)], |x| {
        let inner = all(
            Prim::Call {
                graph: graph.clone(),
            },
            x,
        )?;
        Ok(vec![inner[0].tanh()? * &inner[1]])
    });
    let f = |xs: &[Array]| {
        Ok(all(
            Prim::Call {
                graph: nested.clone(),
            },
            xs,
        )?
        .remove(0))
    };
    check("a call in a call", &f, drawn(&[&[3], &[3]]));
}

#[test]
fn traced_functions_and_gradients_inside_them() -> Result<()> {
    let model = function(|x: &Array| x.sin()?.exp()?.cumprod(0));
    check("function", &|xs| model.call(&xs[0]), drawn(&[&[4]]));
    let x = drawn(&[&[4]]).remove(0);
    let loss = |x: &Array| x.sin()?.exp()?.cumprod(0)?.sum(());
    let eager = grad(loss, &x)?;
    let compiled = function(move |x: &Array| grad(loss, x)).call(&x)?;
    let outside = grad(|x: &Array| model.call(x)?.sum(()), &x)?;
    let taped = function(move |x: &Array| -> Result<Array> {
        let tape = GradientTape::new();
        tape.watch(x)?;
        let y = tape.record(|| loss(x))?;
        tape.gradient(&y, x)
    })
    .call(&x)?;
    for (name, other) in [
        ("compiled", compiled),
        ("outside", outside),
        ("taped", taped),
    ] {
        for (a, b) in values(&eager).into_iter().zip(values(&other)) {
            common::near(name, b, a);
        }
    }
    let second = hessian(loss, &x)?;
    let compiled = function(move |x: &Array| hessian(loss, x)).call(&x)?;
    assert!(allclose(&second, &compiled, ())?);
    let forward =
        function(move |x: &Array| Ok::<_, Error>(jvp(loss, x, &(x * 2.0))?.1)).call(&x)?;
    assert!(allclose(&forward, (&eager * &x * 2.0).sum(())?, ())?);
    // What a traced function captures has a gradient too.
    let w = array([0.5, 0.25, 2.0, 1.0], ())?;
    let captured = grad(
        |w: &Array| {
            let w = w.clone();
            function(move |x: &Array| Ok::<_, Error>(x * &w))
                .call(&x)?
                .sum(())
        },
        &w,
    )?;
    assert_eq!(values(&captured), values(&x));
    Ok(())
}

#[test]
fn switches() {
    let branches = vec![
        traced(&[(&[3], F), (&[3], F)], |x| Ok(vec![x[0].sin()? * &x[1]])),
        traced(&[(&[3], F), (&[3], F)], |x| Ok(vec![x[0].square()?])),
        traced(&[(&[3], F), (&[3], F)], |_| Ok(vec![full([3], 1.5, F)?])),
    ];
    for branch in 0..3i64 {
        let f = |xs: &[Array]| {
            let mut inputs = vec![array(branch, ())?];
            inputs.extend_from_slice(xs);
            all(
                Prim::Switch {
                    branches: branches.clone(),
                },
                &inputs,
            )?
            .remove(0)
            .square()
        };
        check("switch", &f, drawn(&[&[3], &[3]]));
    }
}

/// `(carry, weights, count, x) -> (carry, weights, count, y)`, with weights that stay and a count of whole numbers.
fn turn() -> Arc<Graph> {
    traced(&[(&[2], F), (&[2, 2], F), (&[], I), (&[2], F)], |x| {
        let h = (matmul(&x[1], &x[0])? + &x[3]).tanh()?;
        let y = (&h * &x[3]).sum(())?;
        Ok(vec![h, x[1].clone(), &x[2] + 1i64, y])
    })
}

#[test]
fn scans() {
    for reverse in [false, true] {
        for length in [0, 1, 4] {
            let prim = Prim::Scan {
                body: turn(),
                carry: 3,
                length,
                reverse,
            };
            let run = |xs: &[Array]| {
                let inputs = [
                    xs[0].clone(),
                    xs[1].clone(),
                    array(0i64, ())?,
                    xs[2].clone(),
                ];
                all(prim.clone(), &inputs)
            };
            let xs = || drawn(&[&[2], &[2, 2], &[length, 2]]);
            check("scan carry", &|xs| Ok(run(xs)?.remove(0)), xs());
            check("scan ys", &|xs| run(xs)?.remove(3).square(), xs());
            let both = |xs: &[Array]| {
                let ys = run(xs)?;
                Ok(ys[0].sum(())? * ys[3].sum(())? + ys[1].sum(())?)
            };
            check("scan both", &both, xs());
        }
    }
    // A carry that only comes to depend on the input in the second turn.
    let body = traced(&[(&[], F), (&[], F), (&[], F)], |x| {
        Ok(vec![x[0].sin()?, &x[1] * &x[0] + 1.0])
    });
    let late = traced(&[(&[], F), (&[], F)], |x| {
        Ok(vec![x[1].exp()?, x[1].cos()?])
    });
    let _ = body;
    let f = |xs: &[Array]| {
        let prim = Prim::Scan {
            body: late.clone(),
            carry: 2,
            length: 3,
            reverse: false,
        };
        Ok(all(prim, &[array(0.1, ())?, xs[0].clone()])?.remove(0))
    };
    check("scan with late dependence", &f, drawn(&[&[]]));
}

#[test]
fn loops() {
    let condition = traced(&[(&[], I), (&[2], F), (&[2], F)], |x| {
        Ok(vec![x[0].lt(4i64)?])
    });
    let body = traced(&[(&[], I), (&[2], F), (&[2], F)], |x| {
        Ok(vec![&x[0] + 1i64, x[1].sin()? * &x[2], x[2].clone()])
    });
    let prim = Prim::While { condition, body };
    let run = |xs: &[Array]| {
        Ok(all(
            prim.clone(),
            &[array(0i64, ())?, xs[0].clone(), xs[1].clone()],
        )?
        .remove(1))
    };
    check("while", &run, drawn(&[&[2], &[2]]));
    // In a trace: forward works, in reverse it says what to use.
    let xs = drawn(&[&[2], &[2]]);
    let wanted = jvp(|xs: &Vec<Array>| run(xs), &xs, &xs).unwrap().1;
    let forward = |xs: &Vec<Array>| Ok::<_, Error>(jvp(|xs: &Vec<Array>| run(xs), xs, xs)?.1);
    let avals: Vec<Aval> = xs.iter().map(Aval::of).collect();
    let graph = trace("test", &avals, |x| Ok(vec![forward(&x.to_vec())?])).unwrap();
    let got = graph
        .call(&xs.iter().collect::<Vec<_>>())
        .unwrap()
        .remove(0);
    assert!(allclose(got, wanted, ()).unwrap());
    let reverse = trace("test", &avals, |x| {
        grad(|xs: &Vec<Array>| run(xs)?.sum(()), &x.to_vec())
    });
    assert_snapshot!(reverse.err().unwrap().to_string(), @"while_loop: the number of turns of a traced loop is not known, so it has no reverse derivative; use `scan`, take the gradient outside of the trace, or use `jvp`");
}

#[test]
fn checkpoints() -> Result<()> {
    let layer =
        checkpoint(|x: &(Array, Array)| -> Result<Array> { (matmul(&x.0, &x.1)?.sin()?).exp() });
    let f = |xs: &[Array]| layer(&(xs[0].clone(), xs[1].clone()));
    check("checkpoint", &f, drawn(&[&[2, 2], &[2, 2]]));
    // Captured arrays have gradients.
    let captured = |xs: &[Array]| {
        let w = xs[1].clone();
        checkpoint(move |x: &Array| x.sin()?.multiply_by(&w))(&xs[0])
    };
    check(
        "checkpoint with captured arrays",
        &captured,
        drawn(&[&[3], &[3]]),
    );
    // The tape keeps no inner value: recomputation stands behind barriers.
    let x = array([0.5, 0.25], ())?;
    let inner = checkpoint(|x: &Array| x.sin()?.exp());
    let graph = trace("test", &[Aval::of(&x)], |x| {
        Ok(vec![grad(|x: &Array| inner(x)?.sum(()), &x[0])?])
    })?
    .graph;
    assert!(graph.to_string().contains("barrier"), "{graph}");
    // Draws are the same both times.
    random::seed(3)?;
    let dropout = checkpoint(|x: &Array| -> Result<Array> {
        let kept = random::rand([64])?.lt(0.5)?;
        where_(kept, x * x, 0.0)
    });
    let x = full([64], 3.0, F)?;
    let (y, gradient) = value_and_grad_of(&dropout, &x)?;
    assert_eq!(values(&(&y / 9.0)), values(&(gradient / 6.0)));
    Ok(())
}

fn value_and_grad_of(f: &dyn Fn(&Array) -> Result<Array>, x: &Array) -> Result<(Array, Array)> {
    let (y, pullback) = vjp(f, x)?;
    let gradient = pullback(&ones_like(&y, ())?)?;
    Ok((y, gradient))
}

trait MultiplyBy {
    fn multiply_by(&self, other: &Array) -> Result<Array>;
}

impl MultiplyBy for Array {
    fn multiply_by(&self, other: &Array) -> Result<Array> {
        multiply(self, other)
    }
}

#[test]
fn gradients_of_ones_own() -> Result<()> {
    // A sine that says its derivative is ten.
    let odd = custom_gradient(
        |x: &Array| x.sin(),
        |_: &Array, _: &Array, dy: &Array| dy * 10.0,
    );
    let x = array([0.5, 1.0], ())?;
    assert_eq!(values(&odd(&x)?), values(&x.sin()?));
    assert_eq!(
        values(&grad(|x: &Array| odd(x)?.sum(()), &x)?),
        [10.0, 10.0]
    );
    // In a trace, in a call, and nested.
    let inside = function({
        let odd = custom_gradient(
            |x: &Array| x.sin(),
            |_: &Array, _: &Array, dy: &Array| dy * 10.0,
        );
        move |x: &Array| Ok::<_, Error>(odd(x)? * 2.0)
    });
    assert_eq!(
        values(&grad(|x: &Array| inside.call(x)?.sum(()), &x)?),
        [20.0, 20.0]
    );
    // Its rule is differentiated for higher orders.
    let square = custom_gradient(
        |x: &Array| x.square(),
        |x: &Array, _: &Array, dy: &Array| dy * x * 2.0,
    );
    let second = grad(
        |x: &Array| grad(|x: &Array| square(x)?.sum(()), x)?.sum(()),
        &x,
    )?;
    assert_eq!(values(&second), [2.0, 2.0]);
    let wrong = custom_gradient(
        |x: &Array| x.sin(),
        |_: &Array, _: &Array, dy: &Array| dy.sum(()),
    );
    let error = grad(|x: &Array| wrong(x)?.sum(()), &x).err().unwrap();
    assert_snapshot!(error.to_string(), @"custom_gradient: the gradient rule gave shape () for input 0, which has shape (2,)");
    let error = jvp(|x: &Array| odd(x), &x, &x).err().unwrap();
    assert_snapshot!(error.to_string(), @"custom_gradient: it has a reverse rule alone; take the derivative in reverse (`grad`, `vjp`, `jacrev`)");
    let error = grad(
        |x: &Array| {
            let w = x.clone();
            let f = custom_gradient(
                move |x: &Array| Ok::<_, Error>(x * &w),
                |_: &Array, _: &Array, dy: &Array| dy.clone(),
            );
            f(&array([1.0, 1.0], ())?)?.sum(())
        },
        &x,
    );
    assert_snapshot!(error.err().unwrap().to_string(), @"custom_gradient: the function uses an array that the gradient is taken by and that is no argument of it; pass it as one, or detach it with `stop_gradient`");
    Ok(())
}

fn sine() -> CustomId {
    register_custom(CustomRule {
        name: "my_sine",
        infer: |types| Ok([types[0].clone()].into_iter().collect()),
        lower: |types| {
            let mut builder = GraphBuilder::new();
            let x = builder.input(types[0].clone());
            let y = builder.push(Prim::Unary(Unary::Sin), &[x])?;
            Ok(builder.finish(&y))
        },
    })
}

#[test]
fn registered_operations() {
    let id = sine();
    let f = |xs: &[Array]| Ok(all(Prim::Custom(id), xs)?.remove(0));
    let x = drawn(&[&[3]]).remove(0);
    let loss = |x: &Array| f(std::slice::from_ref(x))?.sum(());
    assert_snapshot!(grad(loss, &x).err().unwrap().to_string(), @"my_sine: no derivative is registered for it; give it one with `register_gradient`, or use `stop_gradient`");
    assert_snapshot!(jvp(loss, &x, &x).err().unwrap().to_string(), @"my_sine: no derivative is registered for it; give it one with `register_jvp`, or use `stop_gradient`");
    register_gradient(id, |x, _, dy| Ok(vec![Some(&dy[0] * x[0].cos()?)]));
    register_jvp(id, |x, _, dx| match &dx[0] {
        Some(dx) => Ok(vec![Some(dx * x[0].cos()?)]),
        None => Ok(vec![None]),
    });
    check("registered", &f, vec![x]);
}

#[test]
fn devices() -> Result<()> {
    current_device()?.backend().set_logical_devices(2)?;
    let x = array([1.0, 2.0], ())?.to("cpu:1")?;
    let f = |x: &Array| -> Result<Array> {
        let y = (x.square()? + 1.0).log()?;
        (y.to("cpu:0")? * 3.0).cumprod(0)?.max(())
    };
    let g = grad(f, &x)?;
    assert_eq!(g.device()?.to_string(), "cpu:1");
    let home = grad(f, &x.to("cpu:0")?)?;
    assert_eq!(values(&g), values(&home));
    // A device scope copies there, and the gradient comes home.
    let y = array([1.0, 2.0], ())?.to("cpu:0")?;
    let tape = GradientTape::new();
    tape.watch(&y)?;
    let loss = tape.record(|| with_device("cpu:1", || (&y * &x * &y).sum(())))??;
    assert_eq!(loss.device()?.to_string(), "cpu:1");
    let g = tape.gradient(&loss, &y)?;
    assert_eq!(g.device()?.to_string(), "cpu:0");
    assert_eq!(values(&g), [2.0, 8.0]);
    Ok(())
}
