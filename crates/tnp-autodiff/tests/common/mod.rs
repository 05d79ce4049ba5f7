//! What the tests share: random arrays, and the check of a function's derivatives against finite differences and each other.

#![allow(dead_code, reason = "each test file uses some of it")]

use tnp_array::*;
use tnp_autodiff::{grad, hvp, jvp};

/// A repeatable stream of numbers.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Numbers {
        Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Numbers between two bounds.
    pub(crate) fn array(&mut self, shape: &[usize], low: f64, high: f64) -> Array {
        let size: usize = shape.iter().product();
        let values = (0..size)
            .map(|_| low + (high - low) * self.next())
            .collect();
        Array::from_vec::<f64>(values, shape).unwrap()
    }

    /// Complex numbers whose parts lie between two bounds.
    pub(crate) fn complex(&mut self, shape: &[usize], low: f64, high: f64) -> Array {
        let size: usize = shape.iter().product();
        let values = (0..size)
            .map(|_| {
                let (re, im) = (self.next(), self.next());
                c128::new(low + (high - low) * re, low + (high - low) * im)
            })
            .collect();
        Array::from_vec::<c128>(values, shape).unwrap()
    }

    pub(crate) fn like(&mut self, x: &Array) -> Array {
        if x.dtype().is_complex() {
            self.complex(x.shape(), -1.0, 1.0)
        } else {
            self.array(x.shape(), -1.0, 1.0)
        }
    }
}

/// `Re(sum(x * y))`, how a cotangent pairs with a direction.
pub(crate) fn pairing(x: &Array, y: &Array) -> Result<Array> {
    let product = multiply(x, y)?.sum(())?;
    if product.dtype().is_complex() {
        product.real()
    } else {
        Ok(product)
    }
}

pub(crate) fn pairing_all(xs: &[Array], ys: &[Array]) -> Result<Array> {
    let mut sum = array(0.0, ())?;
    for (x, y) in xs.iter().zip(ys) {
        sum = add(sum, pairing(x, y)?)?;
    }
    Ok(sum)
}

fn stepped(xs: &[Array], ds: &[Array], h: f64) -> Result<Vec<Array>> {
    xs.iter()
        .zip(ds)
        .map(|(x, d)| add(x, multiply(d, h)?))
        .collect()
}

/// The derivative in a direction by differences of fourth order.
pub(crate) fn differences(
    f: &dyn Fn(&Vec<Array>) -> Result<Array>,
    xs: &[Array],
    ds: &[Array],
) -> Result<f64> {
    let h = 1e-3;
    let at = |h: f64| -> Result<f64> { f(&stepped(xs, ds, h)?)?.item::<f64>() };
    Ok((8.0 * (at(h)? - at(-h)?) - (at(2.0 * h)? - at(-2.0 * h)?)) / (12.0 * h))
}

#[track_caller]
pub(crate) fn near(what: &str, got: f64, wanted: f64) {
    let tolerance = 2e-6 * (1.0 + wanted.abs());
    assert!(
        (got - wanted).abs() <= tolerance,
        "{what}: {got} against {wanted}"
    );
}

/// First and second derivatives of a function against differences, and reverse against forward.
#[track_caller]
pub(crate) fn check(name: &str, f: &dyn Fn(&[Array]) -> Result<Array>, xs: Vec<Array>) {
    match checked(f, xs) {
        Ok(pairs) => {
            for (what, got, wanted) in pairs {
                near(&format!("{name}: {what}"), got, wanted);
            }
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

fn checked(
    f: &dyn Fn(&[Array]) -> Result<Array>,
    xs: Vec<Array>,
) -> Result<Vec<(&'static str, f64, f64)>> {
    let mut numbers = Numbers::new(77);
    let weights = numbers.like(&f(&xs)?);
    let loss = |xs: &Vec<Array>| pairing(&weights, &f(xs)?);
    let mut pairs = Vec::new();
    let gradient = grad(loss, &xs)?;
    for (x, g) in xs.iter().zip(&gradient) {
        assert_eq!((x.shape(), x.dtype()), (g.shape(), g.dtype()));
    }
    for _ in 0..2 {
        let ds: Vec<Array> = xs.iter().map(|x| numbers.like(x)).collect();
        let wanted = differences(&loss, &xs, &ds)?;
        let reverse = pairing_all(&gradient, &ds)?.item::<f64>()?;
        let forward = jvp(loss, &xs, &ds)?.1.item::<f64>()?;
        pairs.push(("reverse against differences", reverse, wanted));
        pairs.push(("forward against reverse", forward, reverse));
        let vs: Vec<Array> = xs.iter().map(|x| numbers.like(x)).collect();
        let slope = |xs: &Vec<Array>| pairing_all(&grad(loss, xs)?, &vs);
        let wanted = differences(&slope, &xs, &ds)?;
        let reverse = pairing_all(&grad(slope, &xs)?, &ds)?.item::<f64>()?;
        let mixed = pairing_all(&hvp(loss, &xs, &ds)?, &vs)?.item::<f64>()?;
        let along = |xs: &Vec<Array>| Ok::<_, Error>(jvp(loss, xs, &vs)?.1);
        let other = pairing_all(&grad(along, &xs)?, &ds)?.item::<f64>()?;
        let twice = jvp(along, &xs, &ds)?.1.item::<f64>()?;
        pairs.push(("reverse over reverse", reverse, wanted));
        pairs.push(("forward over reverse", mixed, wanted));
        pairs.push(("reverse over forward", other, wanted));
        pairs.push(("forward over forward", twice, wanted));
    }
    Ok(pairs)
}

pub(crate) fn values(x: &Array) -> Vec<f64> {
    x.astype(DType::Float64)
        .unwrap()
        .ravel(())
        .unwrap()
        .to_vec::<f64>()
        .unwrap()
}
