//! Derivatives with maps, traces and structured control flow: each transformation of the other, against loops and differences.

extern crate tnp_cpu;

mod common;

use common::{Numbers, check};
use tnp_array::*;
use tnp_autodiff::*;
use tnp_trace::{Scan, cond, function, scan, while_loop};
use tnp_vmap::{map_fn, vectorized_map};

fn close(x: &Array, y: &Array) -> bool {
    x.shape() == y.shape() && allclose(x, y, ()).unwrap()
}

/// A model with something of every family.
fn model(w: &Array, x: &Array) -> Result<Array> {
    let h = maximum(matmul(x, w)?, 0.05)?;
    let h = where_(h.gt(0.4)?, h.sin()?, h.square()?)?;
    let sorted = sort(&h, ())?;
    let picked = take(&sorted, array([1, 0, 1], ())?, Take::axis(0))?;
    (picked.cumprod(0)? + h.max(())? + sorted.get(s![..;-1])?.sum(())?)
        .log()?
        .sum(())
}

#[test]
fn maps_of_gradients_are_loops_of_gradients() -> Result<()> {
    let mut numbers = Numbers::new(21);
    let w = numbers.array(&[3, 4], 0.1, 1.0);
    let xs = numbers.array(&[5, 3], 0.1, 1.0);
    let per_example = |x: &Array| grad(|w: &Array| model(w, x), &w);
    let mapped = vectorized_map(per_example, &xs)?;
    assert_eq!(mapped.shape(), [5, 3, 4]);
    assert!(close(&mapped, &map_fn(per_example, &xs)?));
    // With a tape inside the map, and with forward derivatives.
    let taped = |x: &Array| -> Result<Array> {
        let tape = GradientTape::new();
        tape.watch(&w)?;
        let y = tape.record(|| model(&w, x))?;
        tape.gradient(&y, &w)
    };
    assert!(close(&mapped, &vectorized_map(taped, &xs)?));
    let forward = |x: &Array| Ok::<_, Error>(jvp(|x: &Array| model(&w, x), x, &(x * 0.5))?.1);
    assert!(close(
        &vectorized_map(forward, &xs)?,
        &map_fn(forward, &xs)?
    ));
    // The gradient of a map is the map of the gradient.
    let total = |w: &Array| vectorized_map(|x: &Array| model(w, x), &xs)?.sum(());
    assert!(close(&grad(total, &w)?, &mapped.sum(0)?));
    let tape = GradientTape::new();
    tape.watch(&xs)?;
    let ys = tape.record(|| vectorized_map(|x: &Array| model(&w, x), &xs))?;
    let by_xs = tape.gradient(&ys, &xs)?;
    assert!(close(
        &by_xs,
        &vectorized_map(|x: &Array| grad(|x: &Array| model(&w, x), x), &xs)?
    ));
    check(
        "map",
        &|v| vectorized_map(|x: &Array| model(&v[0], x), &v[1]),
        vec![w, xs],
    );
    Ok(())
}

#[test]
fn traces_of_all_that() -> Result<()> {
    let mut numbers = Numbers::new(22);
    let w = numbers.array(&[3, 4], 0.1, 1.0);
    let xs = numbers.array(&[5, 3], 0.1, 1.0);
    let per_example =
        |(w, xs): &(Array, Array)| vectorized_map(|x: &Array| grad(|w: &Array| model(w, x), w), xs);
    let input = (w.clone(), xs.clone());
    assert!(close(
        &function(per_example).call(&input)?,
        &per_example(&input)?
    ));
    let rows = |(w, xs): &(Array, Array)| -> Result<Array> {
        let tape = GradientTape::new();
        tape.watch(xs)?;
        let ys = tape.record(|| matmul(xs, w)?.sin())?;
        tape.batch_jacobian(&ys, xs)
    };
    assert!(close(&function(rows).call(&input)?, &rows(&input)?));
    let hessians = |xs: &Array| vectorized_map(|x: &Array| hessian(|x: &Array| x.prod(()), x), xs);
    assert!(close(&function(hessians).call(&xs)?, &hessians(&xs)?));
    let inner = function(|x: &Array| x.sin()?.cumprod(0));
    let mapped = |x: &Array| vectorized_map(|x: &Array| inner.call(x), x);
    check("map of a traced function", &|v| mapped(&v[0]), vec![xs]);
    Ok(())
}

#[test]
fn the_number_of_steps_of_a_jacobian_does_not_grow() -> Result<()> {
    let count = |n: usize| -> Result<usize> {
        let x = full([n], 0.5, DType::Float64)?;
        let avals = [tnp_trace::Aval::of(&x)];
        let traced = tnp_trace::trace("test", &avals, |x| {
            Ok(vec![jacrev(|x: &Array| (x.sin()? * x).exp(), &x[0])?])
        })?;
        Ok(traced.graph.equations().len())
    };
    assert_eq!(count(2)?, count(50)?);
    Ok(())
}

#[test]
fn structured_control_flow() -> Result<()> {
    let mut numbers = Numbers::new(23);
    let x = numbers.array(&[3], 0.3, 1.0);
    let branches = |v: &[Array]| {
        let first = v[0].get(s![0])?;
        cond(
            first.gt(0.5)?,
            |x: &Array| x.sin(),
            |x: &Array| x.square(),
            &v[0],
        )
    };
    check("cond", &branches, vec![x.clone()]);
    let steps = |v: &[Array]| -> Result<Array> {
        let w = v[1].clone();
        let turn = move |h: &Array, x: &Array| -> Result<(Array, Array)> {
            let h = (h * &w + x).tanh()?;
            let y = h.square()?;
            Ok((h, y))
        };
        let (last, ys) = scan(turn, &v[0], &v[2], Scan::reverse())?;
        Ok(last + ys.sum(0)?)
    };
    let inputs = vec![
        x.clone(),
        numbers.array(&[3], 0.3, 1.0),
        numbers.array(&[4, 3], 0.3, 1.0),
    ];
    check("scan", &steps, inputs.clone());
    let traced = function(move |v: &Vec<Array>| steps(v));
    check("traced scan", &|v| traced.call(&v.to_vec()), inputs);
    let turns = |v: &[Array]| -> Result<Array> {
        let init = (array(0i64, ())?, v[0].clone());
        let (_, x) = while_loop(
            |(i, _): &(Array, Array)| i.lt(3i64),
            |(i, x): &(Array, Array)| Ok::<_, Error>((i + 1i64, x.sin()? * 1.5)),
            &init,
            (),
        )?;
        Ok(x)
    };
    check("while_loop", &turns, vec![x.clone()]);
    Ok(())
}
