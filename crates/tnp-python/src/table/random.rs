//! `tnp.random`: NumPy's legacy generator, and draws from keys inside traced functions.

use pyo3::types::PyAnyMethods;
use tnp::random::{High, Seed};
use tnp::{Operand, Shape};

use crate::call::{Args, Entry, functions};
use crate::sizes::integer;

fn sizes(a: &Args<'_, '_>) -> pyo3::PyResult<Shape> {
    let mut sizes = smallvec::SmallVec::new();
    for size in a.rest() {
        sizes.push(integer(&size, "size")?);
    }
    Ok(Shape(sizes))
}

fn or(operand: Option<Operand<'static>>, default: f64) -> Operand<'static> {
    operand.unwrap_or_else(|| Operand::from(default))
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "seed(seed=None)", |a| {
        let seed = match a.named("seed") {
            None => Seed::from(()),
            Some(seed) => match seed.extract::<i128>() {
                Ok(seed) => Seed::from(seed),
                Err(_) => Seed::from(&seed.extract::<Vec<i128>>()?[..]),
            },
        };
        a.give(|| tnp::random::seed(seed))
    };
    "rand(*size)", |a| { let size = sizes(a)?; a.give(|| tnp::random::rand(size)) };
    "randn(*size)", |a| { let size = sizes(a)?; a.give(|| tnp::random::randn(size)) };
    "random(size=None)", |a| { let size = a.shape("size")?; a.give(|| tnp::random::random(size)) };
    "random_sample(size=None)", |a| { let size = a.shape("size")?; a.give(|| tnp::random::random_sample(size)) };
    "standard_normal(size=None)", |a| { let size = a.shape("size")?; a.give(|| tnp::random::standard_normal(size)) };
    "normal(loc=0.0, scale=1.0, size=None)", |a| { let (loc, scale, size) = (or(a.maybe("loc")?, 0.0), or(a.maybe("scale")?, 1.0), a.shape("size")?); a.give(|| tnp::random::normal(loc, scale, size)) };
    "uniform(low=0.0, high=1.0, size=None)", |a| { let (low, high, size) = (or(a.maybe("low")?, 0.0), or(a.maybe("high")?, 1.0), a.shape("size")?); a.give(|| tnp::random::uniform(low, high, size)) };
    "exponential(scale=1.0, size=None)", |a| { let (scale, size) = (or(a.maybe("scale")?, 1.0), a.shape("size")?); a.give(|| tnp::random::exponential(scale, size)) };
    "poisson(lam=1.0, size=None)", |a| { let (lam, size) = (or(a.maybe("lam")?, 1.0), a.shape("size")?); a.give(|| tnp::random::poisson(lam, size)) };
    "randint(low, high=None, size=None, dtype=None)", |a| {
        let (low, high, size, dtype) = (a.x(0)?, a.maybe("high")?, a.shape("size")?, a.dtype()?);
        let high = match high { Some(high) => High::from(high), None => High::from(()) };
        a.give(|| tnp::random::randint(low, high, size, dtype))
    };
};
