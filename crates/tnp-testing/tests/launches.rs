//! Work that must not grow does not grow, counted in kernels: by batch size, by the number of outputs, by tapes that watch nothing.

extern crate tnp_cpu;

use tnp_array::{Array, DType, Result, add, full, matmul, maximum, multiply, with_device};
use tnp_autodiff::{GradientTape, checkpoint, grad, hessian, hvp, jacfwd, jacrev, jvp};
use tnp_testing::counting::{self, Counts};
use tnp_trace::{Scan, function, scan};
use tnp_vmap::{map_fn, vectorized_map};

/// What happens on the counting device.
fn counted<R>(body: impl FnOnce() -> Result<R>) -> Result<Counts> {
    with_device(counting::device()?, || {
        counting::take();
        body()?;
        Ok(counting::take())
    })?
}

/// Numbers of a shape on the counting device.
fn numbers(shape: &[usize]) -> Result<Array> {
    with_device(counting::device()?, || full(shape, 0.5, DType::Float64))?
}

/// Two layers.
fn model(w: &Array, x: &Array) -> Result<Array> {
    maximum(matmul(x, w)?, 0.1)?.tanh()
}

fn loss(w: &Array, x: &Array) -> Result<Array> {
    model(w, x)?.square()?.sum(())
}

/// The same kernels at every size.
fn same_at<const N: usize>(
    what: &str,
    sizes: [usize; N],
    f: impl Fn(usize) -> Result<Counts>,
) -> Result<Counts> {
    let all: Result<Vec<Counts>> = sizes.iter().map(|&size| f(size)).collect();
    let all = all?;
    for (size, counts) in sizes.iter().zip(&all) {
        assert_eq!(counts.kernels, all[0].kernels, "{what} of {size}");
        assert_eq!(counts.allocations, all[0].allocations, "{what} of {size}");
    }
    assert!(all[0].launches() > 0, "{what}");
    Ok(all[0].clone())
}

#[test]
fn gradients_cost_the_same_at_every_size() -> Result<()> {
    let w = numbers(&[3, 4])?;
    same_at("gradient", [1, 5, 200], |n| {
        let x = numbers(&[n, 3])?;
        counted(|| grad(|w: &Array| loss(w, &x), &w))
    })?;
    same_at("gradient of a tape", [1, 5, 200], |n| {
        let x = numbers(&[n, 3])?;
        let tape = GradientTape::new();
        tape.watch(&w)?;
        counted(|| {
            let y = tape.record(|| loss(&w, &x))?;
            tape.gradient(&y, &w)
        })
    })?;
    same_at("Hessian-vector product", [2, 5, 50], |n| {
        let (x, v) = (numbers(&[n, 3])?, numbers(&[3, 4])?);
        counted(|| hvp(|w: &Array| loss(w, &x), &w, &v))
    })?;
    Ok(())
}

#[test]
fn jacobians_do_not_loop() -> Result<()> {
    for (what, jacobian) in [
        (
            "jacrev",
            jacrev as fn(fn(&Array) -> Result<Array>, &Array) -> Result<Array>,
        ),
        ("jacfwd", jacfwd),
    ] {
        same_at(what, [2, 7, 60], |n| {
            let x = numbers(&[n])?;
            counted(|| jacobian(|x| multiply(x.sin()?, x)?.cumsum(0), &x))
        })?;
    }
    same_at("Hessian", [2, 7, 40], |n| {
        let x = numbers(&[n])?;
        counted(|| hessian(|x: &Array| x.sin()?.square()?.sum(()), &x))
    })?;
    same_at("batch jacobian", [2, 7, 40], |n| {
        let (w, x) = (numbers(&[3, n])?, numbers(&[2 * n, 3])?);
        let tape = GradientTape::new();
        tape.watch(&x)?;
        counted(|| {
            let y = tape.record(|| model(&w, &x))?;
            tape.batch_jacobian(&y, &x)
        })
    })?;
    Ok(())
}

#[test]
fn maps_do_not_loop() -> Result<()> {
    let w = numbers(&[3, 4])?;
    let one = |x: &Array| model(&w, x);
    let mapped = same_at("map", [1, 4, 100], |n| {
        let xs = numbers(&[n, 2, 3])?;
        counted(|| vectorized_map(one, &xs))
    })?;
    let slopes = |x: &Array| grad(|w: &Array| loss(w, x), &w);
    let per_example = same_at("per-example gradients", [1, 4, 100], |n| {
        let xs = numbers(&[n, 2, 3])?;
        counted(|| vectorized_map(slopes, &xs))
    })?;
    // No more than a few times one example's, while the honest loop pays for each.
    let x = numbers(&[2, 3])?;
    assert!(mapped.launches() <= 2 * counted(|| one(&x))?.launches() + 2);
    assert!(per_example.launches() <= 2 * counted(|| slopes(&x))?.launches() + 2);
    let xs = numbers(&[100, 2, 3])?;
    assert!(counted(|| map_fn(slopes, &xs))?.launches() >= 100);
    // Nested.
    same_at("map of a map", [2, 9], |n| {
        let xs = numbers(&[n, n + 1, 2, 3])?;
        counted(|| vectorized_map(|xs: &Array| vectorized_map(slopes, xs), &xs))
    })?;
    Ok(())
}

#[test]
fn a_tape_that_watches_nothing_costs_nothing() -> Result<()> {
    let (w, x, other) = (numbers(&[3, 4])?, numbers(&[5, 3])?, numbers(&[3])?);
    let plain = counted(|| loss(&w, &x))?;
    let tape = GradientTape::new();
    assert_eq!(
        counted(|| tape.record(|| loss(&w, &x)))?,
        plain,
        "an empty tape"
    );
    tape.watch(&other)?;
    assert_eq!(
        counted(|| tape.record(|| loss(&w, &x)))?,
        plain,
        "of another array"
    );
    tape.watch(&w)?;
    let paused = || tape.record(|| tape.stop_recording(|| loss(&w, &x)));
    assert_eq!(counted(paused)?, plain, "that is paused");
    // Recording runs no kernel of its own; what it keeps cannot be written over.
    let recorded = counted(|| tape.record(|| loss(&w, &x)))?;
    assert_eq!(recorded.kernels, plain.kernels);
    Ok(())
}

#[test]
fn going_back_visits_what_leads_there_alone() -> Result<()> {
    let (w, x) = (numbers(&[3, 4])?, numbers(&[5, 3])?);
    let back = |beside: usize| -> Result<Counts> {
        let tape = GradientTape::new();
        tape.watch(&w)?;
        let y = tape.record(|| -> Result<Array> {
            let y = loss(&w, &x)?;
            for _ in 0..beside {
                add(w.exp()?, &y)?;
            }
            Ok(y)
        })?;
        counted(|| tape.gradient(&y, &w))
    };
    assert_eq!(back(0)?, back(10)?);
    // What is computed again is computed once.
    let twice = |x: &Array| -> Result<Array> { x.sin()?.exp()?.sum(()) };
    let kept = counted(|| grad(twice, &x))?;
    let again = counted(|| grad(checkpoint(twice), &x))?;
    let forward = counted(|| twice(&x))?;
    assert!(again.launches() <= kept.launches() + forward.launches() + 2);
    Ok(())
}

#[test]
fn forward_derivatives_cost_a_few_evaluations() -> Result<()> {
    let (w, x, d) = (numbers(&[3, 4])?, numbers(&[5, 3])?, numbers(&[3, 4])?);
    let plain = counted(|| loss(&w, &x))?.launches();
    let both = counted(|| jvp(|w: &Array| loss(w, &x), &w, &d))?.launches();
    assert!(both <= 7 * plain, "{both} against {plain}");
    Ok(())
}

/// Fused by the rules that all backends have.
#[test]
fn what_must_fuse_is_one_region() -> Result<()> {
    let shape = [64, 8];
    // The last is of another shape and dtype.
    let (x, w, b) = (
        full(shape, 0.5, DType::Float32)?,
        full(shape, 2.0, DType::Float32)?,
        full([8], 0.1, DType::Float64)?,
    );
    let launches = |f: &dyn Fn(&Vec<Array>) -> Result<Array>| -> Result<usize> {
        let traced = function(|xs: &Vec<Array>| f(xs));
        Ok(traced
            .explain(&vec![x.clone(), w.clone(), b.clone()])?
            .launches())
    };
    let chain = |v: &Vec<Array>| Ok((&v[0] * &v[1] + &v[2]).tanh()? - &v[1] / 3.0);
    let renamed = |v: &Vec<Array>| {
        let last = &v[1] / 3.0;
        let (scale, shift) = (&v[1], &v[2]);
        Ok((shift + scale * &v[0]).tanh()? - last)
    };
    // Broadcasting, dtype changes and a reduction at the end are no border.
    let mixed = |v: &Vec<Array>| (v[0].astype(DType::Float64)? * &v[2]).exp()?.sum(1);
    let sum = |v: &Vec<Array>| (&v[0] * &v[1]).square()?.sum(());
    let slope = |v: &Vec<Array>| grad(|x: &Array| (x * &v[1]).tanh()?.sum(()), &v[0]);
    for (what, f) in [
        ("chain", &chain as &dyn Fn(&Vec<Array>) -> Result<Array>),
        ("the same, renamed and reordered", &renamed),
        ("dtypes and a reduction", &mixed),
        ("a whole sum", &sum),
        ("an elementwise gradient", &slope),
    ] {
        assert_eq!(launches(f)?, 1, "{what}");
    }
    Ok(())
}

#[test]
fn traces_do_not_grow_with_the_number_of_turns() -> Result<()> {
    let steps = |n: usize| -> Result<usize> {
        let xs = full([n, 3], 0.5, DType::Float64)?;
        let total = |xs: &Array| -> Result<Array> {
            let turn = |h: &Array, x: &Array| -> Result<(Array, Array)> {
                let h = (h * x).tanh()?;
                Ok((h.clone(), h))
            };
            let start = full([3], 1.0, DType::Float64)?;
            scan(turn, &start, xs, Scan::default())?.1.sum(())
        };
        let traced = function(|xs: &Array| grad(total, xs));
        Ok(traced.graph(&xs)?.equations().len())
    };
    assert_eq!(steps(2)?, steps(50)?);
    Ok(())
}
