//! Gradients of one's own under maps: the rule that is used is the user's, whatever lies around it. All rules here are wrong on purpose.

extern crate tnp_cpu;

mod common;

use common::{Numbers, values};
use insta::assert_snapshot;
use tnp_array::*;
use tnp_autodiff::*;
use tnp_trace::{Aval, Scan, cond, fori_loop, function, scan, trace};
use tnp_vmap::{Vmap, map_fn, vectorized_map, vmap};

/// `sin(x)`, which says that its derivative is `x**3`.
fn odd(x: &Array) -> Result<Array> {
    custom_gradient(
        |x: &Array| x.sin(),
        |x: &Array, _: &Array, dy: &Array| dy * x * x * x,
    )(x)
}

/// `sum(w * x)`, which says that its derivatives are `7 x` by `w` and `cos(w)` by `x`.
fn pair(w: &Array, x: &Array) -> Result<Array> {
    custom_gradient(
        |(w, x): &(Array, Array)| (w * x).sum(()),
        |(w, x): &(Array, Array), _: &Array, dy: &Array| Ok((dy * x * 7.0, dy * w.cos()?)),
    )(&(w.clone(), x.clone()))
}

fn drawn(shape: &[usize]) -> Array {
    Numbers::new(5).array(shape, 0.4, 1.2)
}

#[track_caller]
fn close(x: &Array, y: &Array) {
    assert_eq!(x.shape(), y.shape());
    assert!(allclose(x, y, ()).unwrap(), "{x}\nagainst\n{y}");
}

/// What the rule of [`odd`] says, times something.
fn cubed(x: &Array, factor: f64) -> Array {
    x * x * x * factor
}

#[test]
fn gradient_of_map_is_map_of_gradient() -> Result<()> {
    let xs = drawn(&[4, 3]);
    let of_map = grad(|xs: &Array| vectorized_map(odd, xs)?.sum(()), &xs)?;
    let map_of = vectorized_map(|x: &Array| grad(|x: &Array| odd(x)?.sum(()), x), &xs)?;
    close(&of_map, &cubed(&xs, 1.0));
    close(&map_of, &of_map);
    // On a tape, with all its jacobians.
    let tape = GradientTape::new().persistent();
    tape.watch(&xs)?;
    let ys = tape.record(|| vectorized_map(|x: &Array| Ok(odd(x)? * 2.0), &xs))?;
    close(&tape.gradient(&ys, &xs)?, &cubed(&xs, 2.0));
    let each = tape.batch_jacobian(&ys, &xs)?;
    close(&einsum("bii->bi", [&each], ())?, &cubed(&xs, 2.0));
    let all = tape.jacobian(&ys, &xs)?;
    close(&all.sum([0, 1])?, &cubed(&xs, 2.0));
    // There is still no forward derivative.
    let forward = jvp(|xs: &Array| vectorized_map(odd, xs), &xs, &xs);
    assert_snapshot!(forward.err().unwrap().to_string(), @"custom_gradient: it has a reverse rule alone; take the derivative in reverse (`grad`, `vjp`, `jacrev`)");
    Ok(())
}

#[test]
fn axes_and_maps_in_maps() -> Result<()> {
    let xs = drawn(&[2, 3, 4]);
    let columns = |xs: &Array| vmap(odd, xs, Vmap::in_axes([Some(-1)]).out_axes([1]))?.sum(());
    close(&grad(columns, &xs)?, &cubed(&xs, 1.0));
    let nested = |xs: &Array| vectorized_map(|x: &Array| vectorized_map(odd, x), xs)?.sum(());
    close(&grad(nested, &xs)?, &cubed(&xs, 1.0));
    let thrice = |xs: &Array| {
        let rows = |x: &Array| vectorized_map(|x: &Array| vectorized_map(odd, x), x);
        vectorized_map(rows, xs)?.sum(())
    };
    close(&grad(thrice, &xs)?, &cubed(&xs, 1.0));
    // A gradient between the maps.
    let between = |xs: &Array| {
        let slope = |x: &Array| grad(|x: &Array| vectorized_map(odd, x)?.sum(()), x);
        vectorized_map(slope, xs)
    };
    close(&between(&xs)?, &cubed(&xs, 1.0));
    close(
        &grad(|xs: &Array| between(xs)?.sum(()), &xs)?,
        &(&xs * &xs * 3.0),
    );
    Ok(())
}

#[test]
fn shared_inputs_have_the_sum_over_the_batch() -> Result<()> {
    let (w, xs) = (drawn(&[3]), drawn(&[4, 3]));
    let inputs = (w.clone(), xs.clone());
    let loss = |(w, xs): &(Array, Array)| vectorized_map(|x: &Array| pair(w, x), xs)?.sum(());
    let (by_w, by_xs) = grad(loss, &inputs)?;
    close(&by_w, &(xs.sum(0)? * 7.0));
    close(&by_xs, &broadcast_to(&w.cos()?, [4, 3])?);
    let looped = |(w, xs): &(Array, Array)| map_fn(|x: &Array| pair(w, x), xs)?.sum(());
    let (w_looped, xs_looped) = grad(looped, &inputs)?;
    close(&by_w, &w_looped);
    close(&by_xs, &xs_looped);
    // Shared by an outer map too, and by the outer alone.
    let twice = |(w, xs): &(Array, Array)| {
        let inner = |x: &Array| vectorized_map(|w: &Array| pair(w, x), &stack([w, w], ())?);
        vectorized_map(inner, xs)?.sum(())
    };
    close(&grad(twice, &inputs)?.0, &(xs.sum(0)? * 14.0));
    // The cotangent differs between examples: each is weighed by its own.
    let weights = array([1.0, 2.0, 3.0, 4.0], ())?;
    let weighed =
        |(w, xs): &(Array, Array)| (vectorized_map(|x: &Array| pair(w, x), xs)? * &weights).sum(());
    close(&grad(weighed, &inputs)?.0, &(matmul(&weights, &xs)? * 7.0));
    Ok(())
}

#[test]
fn a_result_that_is_one_for_all_examples() -> Result<()> {
    // The result does not depend on the mapped argument; the rule says that it does.
    let f = |w: &Array, x: &Array| {
        custom_gradient(
            |(w, _): &(Array, Array)| w.sin(),
            |(w, x): &(Array, Array), _: &Array, dy: &Array| Ok((dy * x, dy * w * 5.0)),
        )(&(w.clone(), x.clone()))
    };
    let (w, xs) = (array(0.5, ())?, array([1.0, 2.0, 3.0], ())?);
    let weights = array([1.0, 10.0, 100.0], ())?;
    let loss =
        |(w, xs): &(Array, Array)| (vectorized_map(|x: &Array| f(w, x), xs)? * &weights).sum(());
    let (by_w, by_xs) = grad(loss, &(w.clone(), xs))?;
    close(&by_w, &array(321.0, ())?);
    close(&by_xs, &(&weights * 2.5));
    Ok(())
}

#[test]
fn maps_and_traces_in_any_order() -> Result<()> {
    let xs = drawn(&[4, 3]);
    let wanted = cubed(&xs, 1.0);
    let mapped = |xs: &Array| vectorized_map(odd, xs)?.sum(());
    let gradient = function(move |xs: &Array| grad(mapped, xs));
    close(&gradient.call(&xs)?, &wanted);
    close(&gradient.call(&xs)?, &wanted);
    let traced = function(mapped);
    close(&grad(|xs: &Array| traced.call(xs), &xs)?, &wanted);
    let inner = function(odd);
    let around = |xs: &Array| vectorized_map(|x: &Array| inner.call(x), xs)?.sum(());
    close(&grad(around, &xs)?, &wanted);
    let all = function(move |xs: &Array| {
        let inner = function(odd);
        let middle = function(move |xs: &Array| vectorized_map(|x: &Array| inner.call(x), xs));
        grad(|xs: &Array| middle.call(xs)?.sum(()), xs)
    });
    close(&all.call(&xs)?, &wanted);
    // The way back is mapped too when the gradient lies inside.
    let per_example =
        function(|xs: &Array| vectorized_map(|x: &Array| grad(|x: &Array| odd(x)?.sum(()), x), xs));
    close(&per_example.call(&xs)?, &wanted);
    Ok(())
}

#[test]
fn loops_and_branches() -> Result<()> {
    let xs = drawn(&[4, 3]);
    // One step of the scan adds the odd sine of each number to a sum.
    let summed = |x: &Array| -> Result<Array> {
        let turn = |sum: &Array, x: &Array| Ok((sum + odd(x)?, sum.clone()));
        Ok(scan(turn, &array(0.0, ())?, x, Scan::default())?.0)
    };
    let loss = |xs: &Array| vectorized_map(summed, xs)?.sum(());
    close(&grad(loss, &xs)?, &cubed(&xs, 1.0));
    close(
        &function(move |xs: &Array| grad(loss, xs)).call(&xs)?,
        &cubed(&xs, 1.0),
    );
    // Branches that differ between examples.
    let branched = |x: &Array| {
        cond(
            x.sum(())?.gt(2.4)?,
            |x: &Array| odd(x),
            |x: &Array| x.sin(),
            x,
        )
    };
    let loss = |xs: &Array| vectorized_map(branched, xs)?.sum(());
    let odd_ones = xs.sum(1)?.gt(2.4)?.get(s![.., newaxis])?;
    let wanted = where_(odd_ones, cubed(&xs, 1.0), xs.cos()?)?;
    assert!(wanted.ne(cubed(&xs, 1.0))?.any(())?.item::<bool>()?);
    assert!(wanted.ne(xs.cos()?)?.any(())?.item::<bool>()?);
    close(&grad(loss, &xs)?, &wanted);
    let repeated = |x: &Array| fori_loop(0, 2, |_: &Array, x: &Array| odd(x), x);
    let loss = |xs: &Array| vectorized_map(repeated, xs)?.sum(());
    let first = xs.sin()?;
    close(&grad(loss, &xs)?, &(cubed(&xs, 1.0) * cubed(&first, 1.0)));
    Ok(())
}

#[test]
fn second_order() -> Result<()> {
    let xs = drawn(&[4, 3]);
    let mapped = |xs: &Array| vectorized_map(odd, xs)?.sum(());
    let slope = |xs: &Array| grad(mapped, xs)?.sum(());
    let wanted = &xs * &xs * 3.0;
    close(&grad(slope, &xs)?, &wanted);
    close(
        &function(move |xs: &Array| grad(slope, xs)).call(&xs)?,
        &wanted,
    );
    // The rule calls a function with a rule.
    let twice_odd = |x: &Array| {
        custom_gradient(
            |x: &Array| x.exp(),
            |x: &Array, _: &Array, dy: &Array| Ok(dy * odd(x)?),
        )(x)
    };
    let slope = |xs: &Array| grad(|xs: &Array| vectorized_map(twice_odd, xs)?.sum(()), xs)?.sum(());
    close(&grad(slope, &xs)?, &cubed(&xs, 1.0));
    Ok(())
}

#[test]
fn what_rules_and_functions_capture() -> Result<()> {
    let xs = drawn(&[4, 3]);
    let c = array([1.0, 2.0, 3.0], ())?;
    let wanted = &xs * 0.0 + &c;
    let with_constant = |x: &Array| {
        let (c, d) = (c.clone(), c.clone());
        custom_gradient(
            move |x: &Array| Ok::<_, Error>(x * &d),
            move |_: &Array, _: &Array, dy: &Array| dy * &c,
        )(x)
    };
    let loss = |xs: &Array| vectorized_map(with_constant, xs)?.sum(());
    close(&grad(loss, &xs)?, &wanted);
    let traced = function({
        let (c, d) = (c.clone(), c.clone());
        let f = custom_gradient(
            move |x: &Array| Ok::<_, Error>(x * &d),
            move |_: &Array, _: &Array, dy: &Array| dy * &c,
        );
        move |x: &Array| f(x)
    });
    let x = xs.get(s![0])?;
    close(&grad(|x: &Array| traced.call(x)?.sum(()), &x)?, &c);
    let loss = |xs: &Array| vectorized_map(|x: &Array| traced.call(x), xs)?.sum(());
    close(&grad(loss, &xs)?, &wanted);
    let turn = |sum: &Array, x: &Array| Ok((sum + with_constant(x)?, sum.clone()));
    let loss = |xs: &Array| scan(turn, &zeros([3], ())?, xs, Scan::default())?.0.sum(());
    close(&grad(loss, &xs)?, &wanted);
    // In two branches, each with arrays of its own, and where it is computed again.
    let traced = function({
        let c = c.clone();
        move |xs: &Array| {
            let c = c.clone();
            let rule = move |dy: &Array, factor: f64| dy * &c * factor;
            let once = custom_gradient(|x: &Array| x.sin(), {
                let rule = rule.clone();
                move |_: &Array, _: &Array, dy: &Array| rule(dy, 1.0)
            });
            let thrice = custom_gradient(
                |x: &Array| x.sin(),
                move |_: &Array, _: &Array, dy: &Array| rule(dy, 3.0),
            );
            cond(xs.sum(())?.gt(2.4)?, thrice, checkpoint(once), xs)
        }
    });
    for x in [array([1.0, 1.0, 1.0], ())?, array([0.5, 0.5, 0.5], ())?] {
        let factor = if x.sum(())?.item::<f64>()? > 2.4 {
            3.0
        } else {
            1.0
        };
        close(
            &grad(|x: &Array| traced.call(x)?.sum(()), &x)?,
            &(&c * factor),
        );
    }
    // The function captures an array of the map: no gradient goes through it, and one that would be needed is an error.
    let captures = |x: &Array| {
        let w = x.clone();
        custom_gradient(
            move |x: &Array| Ok::<_, Error>(x * &w),
            |_: &Array, _: &Array, dy: &Array| dy * 2.0,
        )(x)
    };
    let error = grad(|xs: &Array| vectorized_map(captures, xs)?.sum(()), &xs);
    assert_snapshot!(error.err().unwrap().to_string(), @"custom_gradient: the function uses an array that the gradient is taken by and that is no argument of it; pass it as one, or detach it with `stop_gradient`");
    // A rule that keeps an array of the map would use it after the map's end.
    let keeps = |x: &Array| {
        let kept = x.clone();
        custom_gradient(
            |x: &Array| x.sin(),
            move |_: &Array, _: &Array, dy: &Array| multiply(dy, &kept),
        )(x)
    };
    let error = grad(|xs: &Array| vectorized_map(keeps, xs)?.sum(()), &xs);
    assert_snapshot!(error.err().unwrap().to_string(), @"multiply: an array of a finished or foreign transformation is used; return it from the function that was traced or mapped, or carry the transformation here with `Context::capture()` and `enter()`");
    // What is wrong is told in the shapes that the rule sees.
    let wrong = |x: &Array| {
        custom_gradient(
            |x: &Array| x.sin(),
            |_: &Array, _: &Array, dy: &Array| dy.sum(()),
        )(x)
    };
    let error = grad(|xs: &Array| vectorized_map(wrong, xs)?.sum(()), &xs);
    assert_snapshot!(error.err().unwrap().to_string(), @"custom_gradient: the gradient rule gave shape () for input 0, which has shape (3,)");
    // Each example draws its own numbers, forward and back alike.
    random::seed(1)?;
    let noisy = |x: &Array| {
        custom_gradient(
            |x: &Array| Ok::<_, Error>(random::rand([3])? * x),
            |x: &Array, y: &Array, dy: &Array| dy * y / x,
        )(x)
    };
    let (y, back) = vjp(|xs: &Array| vectorized_map(noisy, xs), &xs)?;
    let factors = &y / &xs;
    close(&back(&ones_like(&xs, ())?)?, &factors);
    assert_eq!(
        values(&diff(sort(factors.ravel(())?, ())?, ())?.gt(0.0)?),
        [1.0; 11]
    );
    Ok(())
}

#[test]
fn a_mapped_checkpoint_is_computed_again() -> Result<()> {
    let layer = checkpoint(|x: &Array| x.sin()?.exp());
    let xs = drawn(&[4, 3]);
    let loss = |xs: &Array| vectorized_map(|x: &Array| layer(x), xs)?.sum(());
    let graph = trace("test", &[Aval::of(&xs)], |xs| Ok(vec![grad(loss, &xs[0])?]))?.graph;
    assert!(graph.to_string().contains("barrier"), "{graph}");
    let wanted = xs.sin()?.exp()? * xs.cos()?;
    close(&grad(loss, &xs)?, &wanted);
    assert_eq!(values(&graph_of(&graph, &xs)?), values(&grad(loss, &xs)?));
    Ok(())
}

fn graph_of(graph: &std::sync::Arc<tnp_backend::Graph>, x: &Array) -> Result<Array> {
    Ok(tnp_trace::replay(graph, vec![x.clone()])?.remove(0))
}
