//! Functional forms: structures, closures over constants, pullbacks, jacobians both ways, errors; and random compositions.

extern crate tnp_cpu;

mod common;

use std::collections::BTreeMap;

use common::{check, values};
use insta::assert_snapshot;
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use tnp_array::*;
use tnp_autodiff::*;

#[test]
fn structures_come_back() -> Result<()> {
    let model = BTreeMap::from([
        ("w", array([1.0, 2.0], ())?),
        ("unused", array([[5.0f32]], ())?),
    ]);
    let f = |m: &BTreeMap<&'static str, Array>| m["w"].square()?.sum(());
    let (value, gradient) = value_and_grad(f, &model)?;
    assert_eq!(value.item::<f64>()?, 5.0);
    assert_eq!(values(&gradient["w"]), [2.0, 4.0]);
    assert_eq!(
        (gradient["unused"].shape(), gradient["unused"].dtype()),
        (&[1, 1][..], DType::Float32)
    );
    Ok(())
}

#[test]
fn what_a_closure_captures_is_constant_to_it() -> Result<()> {
    let x = array(3.0, ())?;
    let slope = grad(|y: &Array| multiply(y, &x), &x)?;
    assert_eq!(slope.item::<f64>()?, 3.0, "not 6");
    let total = grad(|x: &Array| grad(|y: &Array| multiply(y, x), x), &x)?;
    assert_eq!(
        total.item::<f64>()?,
        1.0,
        "but the outer derivative sees it"
    );
    // Perturbations of nested forward derivatives stay apart.
    let one = array(1.0, ())?;
    let inner = |x: &Array| {
        let dy = jvp(|y: &Array| Ok::<_, Error>(y * 2.0 + x), &one, &one)?.1;
        multiply(x, dy)
    };
    assert_eq!(jvp(inner, &x, &one)?.1.item::<f64>()?, 2.0);
    Ok(())
}

#[test]
fn pullbacks_work_any_number_of_times() -> Result<()> {
    let f = |x: &(Array, Array)| -> Result<(Array, Array)> { Ok((&x.0 * &x.1, x.0.exp()?)) };
    let x = (array(2.0, ())?, array(3.0, ())?);
    let (y, pullback) = vjp(f, &x)?;
    assert_eq!(y.0.item::<f64>()?, 6.0);
    let (zero, one) = (array(0.0, ())?, array(1.0, ())?);
    for _ in 0..2 {
        let (a, b) = pullback(&(one.clone(), zero.clone()))?;
        assert_eq!((a.item::<f64>()?, b.item::<f64>()?), (3.0, 2.0));
    }
    let (a, b) = pullback(&(zero, one))?;
    assert_eq!((a.item::<f64>()?, b.item::<f64>()?), (2f64.exp(), 0.0));
    Ok(())
}

#[test]
fn jacobians_both_ways() -> Result<()> {
    let x = (
        array([1.0, 2.0], ())?,
        array([[0.5, -1.0], [2.0, 1.5]], ())?,
    );
    let f = |x: &(Array, Array)| matmul(&x.1, x.0.exp()?)?.sin();
    let (reverse, forward) = (jacrev(f, &x)?, jacfwd(f, &x)?);
    assert_eq!(reverse.0.shape(), [2, 2]);
    assert_eq!(reverse.1.shape(), [2, 2, 2]);
    assert!(allclose(&reverse.0, &forward.0, ())?);
    assert!(allclose(&reverse.1, &forward.1, ())?);
    // A constant, an empty input, an empty output, a number.
    let x = array([1.0, 2.0], ())?;
    assert_eq!(
        values(&jacrev(|_: &Array| array([1.0], ()), &x)?),
        [0.0, 0.0]
    );
    assert_eq!(
        values(&jacfwd(|_: &Array| array([1.0], ()), &x)?),
        [0.0, 0.0]
    );
    let empty = zeros([0], DType::Float64)?;
    assert_eq!(jacrev(|x: &Array| x.sum(()), &empty)?.shape(), [0]);
    assert_eq!(jacfwd(|x: &Array| x.sum(()), &empty)?.shape(), [0]);
    assert_eq!(jacrev(|x: &Array| x.get(s![..0]), &x)?.shape(), [0, 2]);
    assert_eq!(jacfwd(|x: &Array| x.get(s![..0]), &x)?.shape(), [0, 2]);
    assert_eq!(
        jacobian(|x: &Array| x.square(), &array(3.0, ())?)?.item::<f64>()?,
        6.0
    );
    Ok(())
}

#[test]
fn hessians() -> Result<()> {
    let x = array([0.5, 1.0, -0.5], ())?;
    let f = |x: &Array| (x.sin()? * x.cumprod(0)?).sum(());
    let forward = hessian(f, &x)?;
    let reverse = jacrev(|x: &Array| grad(f, x), &x)?;
    assert!(allclose(&forward, &reverse, ())?);
    assert!(allclose(&forward, forward.t()?, ())?);
    let v = array([1.0, -2.0, 0.5], ())?;
    assert!(allclose(hvp(f, &x, &v)?, matmul(&forward, &v)?, ())?);
    let third = grad(|x: &Array| hvp(f, x, &v)?.sum(()), &x)?;
    assert!(all(isfinite(&third)?, ())?.item::<bool>()?);
    Ok(())
}

#[test]
fn errors_say_what_to_do() -> Result<()> {
    let message = |result: Result<Array>| result.err().map(|e| e.to_string()).unwrap_or_default();
    let x = array([1.0, 2.0], ())?;
    assert_snapshot!(message(grad(|x: &Array| x.square(), &x)), @"grad: the function gives shape (2,), its gradient is of one number; sum it up, or use `jacobian` or `vjp`");
    assert_snapshot!(message(grad(|x: &Array| x.sum(()), &array([1i64], ())?)), @"grad: an input is int64, which has no derivatives; convert it with `astype` to a floating dtype");
    assert_snapshot!(message(jvp(|x: &Array| x.square(), &x, &array([1.0], ())?).map(|pair| pair.1)), @"jvp: the tangents have shape (1,), they belong to an array of shape (2,)");
    assert_snapshot!(message(jacrev(|x: &Array| x.argsort(()), &x)), @"jacobian: the output is int64, which has no derivatives; convert it with `astype` to a floating dtype");
    let (_, pullback) = vjp(|x: &Array| x.square(), &x)?;
    assert_snapshot!(message(pullback(&array(1.0, ())?)), @"vjp: the cotangents have shape (), they belong to an array of shape (2,)");
    let failed = grad(|x: &Array| x.reshape([3]), &x);
    assert!(failed.is_err(), "the function's own error");
    Ok(())
}

#[test]
fn nothing_is_left_behind() -> Result<()> {
    let x = array([1.0, 2.0], ())?;
    let _ = grad(|x: &Array| x.reshape([7])?.sum(()), &x);
    grad(|x: &Array| x.sum(()), &x)?;
    jvp(|x: &Array| x.sum(()), &x, &x)?;
    assert_eq!(Context::capture().depth(), 0);
    Ok(())
}

/// One step of a random program on a stack of arrays of shape (2, 3).
#[derive(Clone, Debug)]
enum Step {
    One(u8, u8),
    Two(u8, u8, u8),
    Whole(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<u8>(), any::<u8>()).prop_map(|(op, x)| Step::One(op, x)),
        (any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(op, x, y)| Step::Two(op, x, y)),
        (any::<u8>(), any::<u8>()).prop_map(|(op, x)| Step::Whole(op, x)),
    ]
}

fn run(program: &[Step], xs: &[Array]) -> Result<Array> {
    let mut stack = xs.to_vec();
    for step in program {
        let pick = |i: &u8| stack[*i as usize % stack.len()].clone();
        // Kept within small numbers, so that differences stay accurate.
        let next = match step {
            Step::One(op, x) => {
                let x = pick(x);
                match op % 7 {
                    0 => x.sin()?,
                    1 => x.tanh()?,
                    2 => (x.square()? + 1.0).sqrt()?,
                    3 => (x.square()? + 1.0).log()?,
                    4 => x.cos()? * 0.5,
                    5 => x.arctan()?,
                    _ => (-&x).expm1()?.tanh()?,
                }
            }
            Step::Two(op, x, y) => {
                let (x, y) = (pick(x), pick(y));
                match op % 6 {
                    0 => &x + &y,
                    1 => &x - &y * 0.5,
                    2 => (x * y).sin()?,
                    3 => &x / (y.square()? + 1.0),
                    4 => logaddexp(&x, &y)?.tanh()?,
                    _ => where_(array([true, false, true], ())?, &x, &y)?,
                }
            }
            Step::Whole(op, x) => {
                let x = pick(x);
                match op % 8 {
                    0 => x.reshape([3, 2])?.t()?,
                    1 => x.cumsum(1)? * 0.4,
                    2 => x.tanh()?.cumprod(0)?,
                    3 => broadcast_to(x.mean(0)?, [2, 3])?,
                    4 => matmul(&x, matmul(x.t()?, &x)?)?.tanh()?,
                    5 => x.get(s![.., ..;-1])?,
                    6 => x.set(s![0], x.get(s![1])? * 0.5)?,
                    _ => take(&x, array([0, 0, 2], ())?, Take::axis(1))?,
                }
            }
        };
        stack.push(next);
    }
    Ok(stack.pop().unwrap_or_else(|| xs[0].clone()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn random_compositions(program in prop::collection::vec(step(), 1..9), seed in 1u64..1000) {
        let mut numbers = common::Numbers::new(seed);
        let xs = vec![numbers.array(&[2, 3], -1.0, 1.0), numbers.array(&[2, 3], -1.0, 1.0)];
        check(&format!("{program:?}"), &|xs| run(&program, xs), xs);
    }
}
