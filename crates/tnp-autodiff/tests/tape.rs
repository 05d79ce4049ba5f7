//! The tape: scopes, persistence, nesting, threads, memory, and what it says when misused.

extern crate tnp_cpu;

mod common;

use common::values;
use insta::assert_snapshot;
use tnp_array::*;
use tnp_autodiff::*;

fn three() -> Array {
    array([1.0, 2.0, 3.0], ()).unwrap()
}

fn message<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_model_of_weights_gives_gradients_in_its_structure() -> Result<()> {
    let weights = vec![
        (
            array([[0.5, -1.0], [2.0, 0.25]], ())?,
            array([0.1, 0.2], ())?,
        ),
        (array([[1.0], [-1.0]], ())?, array([0.3], ())?),
    ];
    let inputs = array([[1.0, 2.0], [0.5, -1.0], [3.0, 1.0]], ())?;
    let predict = |weights: &Vec<(Array, Array)>| -> Result<Array> {
        let mut x = inputs.clone();
        for (w, b) in weights {
            x = maximum(matmul(&x, w)? + b, 0.0)?;
        }
        Ok(x)
    };
    let tape = GradientTape::new();
    tape.watch(&weights)?;
    let loss = tape.record(|| predict(&weights)?.square()?.sum(()))?;
    let gradients = tape.gradient(&loss, &weights)?;
    for ((w, b), (dw, db)) in weights.iter().zip(&gradients) {
        assert_eq!((w.shape(), b.shape()), (dw.shape(), db.shape()));
    }
    let flat = |xs: &[Array]| {
        predict(&vec![
            (xs[0].clone(), xs[1].clone()),
            (xs[2].clone(), xs[3].clone()),
        ])
    };
    let leaves = weights.leaves().into_iter().cloned().collect();
    common::check("model", &flat, leaves);
    Ok(())
}

#[test]
fn targets_of_any_shape_are_summed_up() -> Result<()> {
    let x = three();
    let tape = GradientTape::new().persistent();
    tape.watch(&x)?;
    let (y, z) = tape.record(|| (x.square().unwrap(), &x * 10.0));
    assert_eq!(values(&tape.gradient(&y, &x)?), [2.0, 4.0, 6.0]);
    assert_eq!(
        values(&tape.gradient(&(y.clone(), z), &x)?),
        [12.0, 14.0, 16.0]
    );
    let weights = GradientOptions::new().output_gradients(&array([1.0, 0.0, 2.0], ())?);
    assert_eq!(
        values(&tape.gradient_with(&y, &x, weights)?),
        [2.0, 0.0, 12.0]
    );
    // The source itself is a target as good as any.
    assert_eq!(values(&tape.gradient(&x, &x)?), [1.0; 3]);
    Ok(())
}

#[test]
fn intermediate_arrays_are_sources_too() -> Result<()> {
    let x = three();
    let tape = GradientTape::new().persistent();
    tape.watch(&x)?;
    let (y, z) = tape.record(|| {
        let y = &x * 2.0;
        let z = &y * &y * &x;
        (y, z)
    });
    assert_eq!(values(&tape.gradient(&z, &y)?), [4.0, 16.0, 36.0]);
    let (dx, dy) = tape.gradient(&z, &(x.clone(), y))?;
    assert_eq!(values(&dx), [12.0, 48.0, 108.0]);
    assert_eq!(values(&dy), [4.0, 16.0, 36.0]);
    Ok(())
}

#[test]
fn tapes_nest_to_any_order() -> Result<()> {
    let x = array(1.5, ())?;
    let tapes: Vec<GradientTape> = (0..4).map(|_| GradientTape::new()).collect();
    fn derive(x: &Array, tapes: &[GradientTape]) -> Result<Array> {
        match tapes.split_first() {
            None => x.pow(5),
            Some((tape, rest)) => {
                tape.watch(x)?;
                let y = tape.record(|| derive(x, rest))?;
                tape.gradient(&y, x)
            }
        }
    }
    for order in 0..=4 {
        let wanted = [7.59375, 25.3125, 67.5, 135.0, 180.0][order];
        tapes.iter().for_each(GradientTape::reset);
        common::near("order", derive(&x, &tapes[..order])?.item::<f64>()?, wanted);
    }
    Ok(())
}

#[test]
fn a_persistent_tape_records_its_own_gradients() -> Result<()> {
    let x = array(2.0, ())?;
    let tape = GradientTape::new().persistent();
    tape.watch(&x)?;
    let dy = tape.record(|| {
        let y = x.pow(3)?;
        tape.gradient(&y, &x)
    })?;
    assert_eq!(tape.gradient(&dy, &x)?.item::<f64>()?, 12.0);
    Ok(())
}

#[test]
fn stopping_and_resetting() -> Result<()> {
    let x = array(2.0, ())?;
    let tape = GradientTape::new();
    tape.watch(&x)?;
    let (outer_dy, y) = {
        let outer = GradientTape::new();
        outer.watch(&x)?;
        let y = outer.record(|| tape.record(|| tape.stop_recording(|| &x * 10.0) * &x));
        (outer.gradient(&y, &x)?, y)
    };
    assert_eq!(outer_dy.item::<f64>()?, 40.0, "the outer tape goes on");
    assert_eq!(tape.gradient(&y, &x)?.item::<f64>()?, 20.0);
    tape.reset();
    tape.watch(&x)?;
    let z = tape.record(|| x.square())?;
    assert_eq!(tape.gradient(&z, &x)?.item::<f64>()?, 4.0);
    Ok(())
}

#[test]
fn misuse_is_an_error_that_says_what_to_do() -> Result<()> {
    let x = three();
    let tape = GradientTape::new();
    tape.watch(&x)?;
    let y = tape.record(|| x.square())?;
    tape.gradient(&y, &x)?;
    assert_snapshot!(message(tape.gradient(&y, &x)), @"GradientTape.gradient: the tape is used up by an earlier gradient or jacobian; make it `GradientTape::new().persistent()`");
    assert_snapshot!(message(tape.jacobian(&y, &x)), @"GradientTape.jacobian: the tape is used up by an earlier gradient or jacobian; make it `GradientTape::new().persistent()`");

    let tape = GradientTape::new().persistent();
    tape.watch(&x)?;
    let outside = x.square()?;
    let (y, positions) = tape.record(|| (x.square(), x.argsort(())));
    let y = y?;
    assert_snapshot!(message(tape.gradient(&outside, &x)), @"GradientTape.gradient: a target of shape (3,) was not recorded; compute it from watched arrays inside `record`");
    let other = three();
    assert_snapshot!(message(tape.gradient(&y, &(x.clone(), other.clone()))), @"GradientTape.gradient: there is no gradient by source 1, of shape (3,): it was not watched; call `watch` before using it. `Unconnected::Zero` gives zeros, `gradient_or_none` gives `None`");
    tape.watch(&other)?;
    assert_snapshot!(message(tape.gradient(&y, &other)), @"GradientTape.gradient: there is no gradient by the source, of shape (3,): the target does not depend on it. `Unconnected::Zero` gives zeros, `gradient_or_none` gives `None`");
    let none = tape.gradient_or_none(&y, &(x.clone(), other.clone()), GradientOptions::new())?;
    assert!(none[0].is_some() && none[1].is_none());
    let zeros = GradientOptions::new().unconnected(Unconnected::Zero);
    assert_eq!(
        values(&tape.gradient_with(&y, &other, zeros.clone())?),
        [0.0; 3]
    );
    assert_eq!(values(&tape.gradient_with(&outside, &x, zeros)?), [0.0; 3]);
    assert_snapshot!(message(tape.gradient(&positions?, &x)), @"GradientTape.gradient: a target is int64, which has no derivatives; convert it with `astype` to a floating dtype");
    assert_snapshot!(message(tape.watch(&array([1, 2], ())?)), @"GradientTape.watch: a source is int32, which has no derivatives; convert it with `astype` to a floating dtype");
    let weights = GradientOptions::new().output_gradients(&array([1.0, 2.0], ())?);
    assert_snapshot!(message(tape.gradient_with(&y, &x, weights)), @"GradientTape.gradient: the output gradients have shape (2,), they belong to an array of shape (3,)");
    assert_snapshot!(message(tape.batch_jacobian(&y, &array([1.0], ())?)), @"GradientTape.batch_jacobian: the target has shape (3,), the source (1,): the leading sizes 3 and 1 must be equal");
    Ok(())
}

#[test]
fn guards_are_left_in_order_or_say_so() -> Result<()> {
    let x = three();
    let (outer, inner) = (GradientTape::new(), GradientTape::new());
    let first = outer.enter()?;
    assert_snapshot!(message(outer.enter()), @"GradientTape.enter: the tape is recording on this thread already");
    let second = inner.enter()?;
    outer.watch(&x)?;
    inner.watch(&x)?;
    let y = x.square()?;
    assert_snapshot!(message(first.leave()), @"GradientTape: a scope is left before one that was entered later; leave scopes in the reverse order, or use `record`");
    second.leave()?;
    assert_eq!(Context::capture().depth(), 0, "the thread is as it was");
    assert_snapshot!(message(outer.gradient(&y, &x)), @"GradientTape.gradient: a scope of this tape was left before one that was entered later, so what was recorded is not whole; leave scopes in the reverse order, or use `record`");
    assert_eq!(values(&inner.gradient(&y, &x)?), [2.0, 4.0, 6.0]);
    // A guard that outlives the closure it was made in.
    let tape = GradientTape::new();
    let host = GradientTape::new();
    let leaked = host.record(|| tape.enter())?;
    assert_eq!(Context::capture().depth(), 0);
    assert!(leaked.leave().is_err());
    // A guard that is forgotten ends with the scope around it.
    host.record(|| std::mem::forget(GradientTape::new().enter()));
    assert_eq!(Context::capture().depth(), 0);
    Ok(())
}

#[test]
fn a_panic_leaves_the_thread_usable() -> Result<()> {
    let x = three();
    let tape = GradientTape::new();
    tape.watch(&x)?;
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        tape.record(|| {
            let _y = x.square().unwrap();
            panic!("on purpose")
        })
    }));
    assert!(caught.is_err());
    assert_eq!(Context::capture().depth(), 0);
    assert_eq!(values(&x.square()?), [1.0, 4.0, 9.0]);
    let y = tape.record(|| x.square())?;
    assert_eq!(values(&tape.gradient(&y, &x)?), [2.0, 4.0, 6.0]);
    Ok(())
}

#[test]
fn threads_carry_the_context_or_err() -> Result<()> {
    let x = three();
    let tape = GradientTape::new();
    tape.watch(&x)?;
    let y = tape.record(|| -> Result<Array> {
        let derived = &x * 2.0;
        let context = Context::capture();
        std::thread::scope(|scope| {
            let strays = [&x, &derived].map(|stray| scope.spawn(move || message(stray.square())));
            let [watched, derived_one] = strays.map(|stray| stray.join().unwrap());
            assert_eq!(watched, derived_one);
            assert_snapshot!(watched, @"square: an array that a live tape watches is used outside the tape's context (on another thread, say); carry the context there with `Context::capture()` and `enter()`, or detach it with `stop_gradient`");
            let inside = scope.spawn(|| {
                let _entered = context.enter();
                derived.square()
            });
            inside.join().unwrap()
        })
    })?;
    assert_eq!(values(&tape.gradient(&y, &x)?), [8.0, 16.0, 24.0]);
    // Nothing is watched any more.
    std::thread::scope(|scope| scope.spawn(|| x.square().map(drop)).join().unwrap())?;
    Ok(())
}

#[test]
fn tapes_on_many_threads_do_not_meet() {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..9)
            .map(|i| {
                scope.spawn(move || {
                    for _ in 0..20 {
                        let x = array(f64::from(i), ()).unwrap();
                        let tape = GradientTape::new();
                        tape.watch(&x).unwrap();
                        let y = tape.record(|| x.pow(2)).unwrap();
                        let g = tape.gradient(&y, &x).unwrap();
                        assert_eq!(g.item::<f64>().unwrap(), 2.0 * f64::from(i));
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap());
    });
}

#[test]
fn a_tape_holds_only_what_its_rules_read() -> Result<()> {
    // Many times what is in use elsewhere in this process of tests.
    let x = full([1 << 20], 1.0, DType::Float64)?;
    let holds = |f: &dyn Fn() -> Result<Array>| -> Result<usize> {
        let tape = GradientTape::new();
        tape.watch(&x)?;
        let y = tape.record(f)?;
        let weak = y.tensor()?.buffer.clone();
        drop(y);
        let mut alone = weak;
        let held = !alone.is_unique();
        Ok(usize::from(held))
    };
    assert_eq!(holds(&|| Ok(&x + 1.0))?, 0, "a sum is not read");
    assert_eq!(holds(&|| x.sin())?, 0, "a sine is not read");
    assert_eq!(holds(&|| x.exp())?, 1, "an exponential is");
    Ok(())
}

#[test]
fn memory_is_freed_as_gradients_are_taken() -> Result<()> {
    let x = array([0.5; 64], ())?;
    let tape = GradientTape::new();
    tape.watch(&x)?;
    let (y, inner) = tape.record(|| -> Result<(Array, Array)> {
        let inner = x.exp()?;
        Ok((inner.exp()?, inner))
    })?;
    let mut buffer = inner.tensor()?.buffer.clone();
    drop(inner);
    assert!(!buffer.is_unique(), "the tape holds it");
    tape.gradient(&y, &x)?;
    assert!(buffer.is_unique(), "and gives it up");
    Ok(())
}

#[test]
fn arrays_are_donated_under_a_tape_that_does_not_read_them() -> Result<()> {
    let x = array([0.5; 64], ())?;
    let tape = GradientTape::new();
    tape.watch(&x)?;
    tape.record(|| -> Result<()> {
        let y = &x + 1.0;
        let at = y.tensor()?.host_ptr();
        let z = y + 1.0;
        assert_eq!(z.tensor()?.host_ptr(), at, "overwritten in place");
        Ok(())
    })
}

#[test]
fn jacobians() -> Result<()> {
    let x = array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], ())?;
    let w = array([[1.0, -1.0], [2.0, 0.0], [0.0, 3.0]], ())?;
    let tape = GradientTape::new().persistent();
    tape.watch(&(x.clone(), w.clone()))?;
    let y = tape.record(|| matmul(&x, &w)?.square())?;
    let (dx, dw) = tape.jacobian(&y, &(x.clone(), w.clone()))?;
    assert_eq!(dx.shape(), [2, 2, 2, 3]);
    assert_eq!(dw.shape(), [2, 2, 3, 2]);
    for (i, j) in [(0, 0), (1, 1), (1, 0)] {
        let mut weights = zeros([2, 2], DType::Float64)?;
        weights.assign(s![i, j], 1.0)?;
        let options = GradientOptions::new().output_gradients(&weights);
        let row = tape.gradient_with(&y, &(x.clone(), w.clone()), options)?;
        assert_eq!(values(&dx.get(s![i, j])?), values(&row.0));
        assert_eq!(values(&dw.get(s![i, j])?), values(&row.1));
    }
    let batch = tape.batch_jacobian(&y, &x)?;
    assert_eq!(batch.shape(), [2, 2, 3]);
    for i in 0..2usize {
        assert_eq!(values(&batch.get(s![i])?), values(&dx.get(s![i, .., i])?));
    }
    Ok(())
}

#[test]
fn jacobians_of_empty_things() -> Result<()> {
    let x = zeros([0, 3], DType::Float64)?;
    let tape = GradientTape::new().persistent();
    tape.watch(&x)?;
    let y = tape.record(|| x.square())?;
    assert_eq!(tape.jacobian(&y, &x)?.shape(), [0, 3, 0, 3]);
    assert_eq!(tape.batch_jacobian(&y, &x)?.shape(), [0, 3, 3]);
    Ok(())
}

#[test]
fn values_are_the_same_with_a_tape_and_without() -> Result<()> {
    let x = array([0.3, -0.7, 1.9], ())?;
    let f = || -> Result<Array> { (x.sin()? * x.exp()?).cumsum(0)?.tanh() };
    let plain = f()?;
    let tape = GradientTape::new();
    tape.watch(&x)?;
    let taped = tape.record(f)?;
    assert_eq!(values(&plain), values(&taped));
    Ok(())
}
