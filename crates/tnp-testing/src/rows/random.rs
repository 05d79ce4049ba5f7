//! Rows: random draws, bit for bit NumPy's after the same seed.

use std::sync::{Mutex, PoisonError};

use tnp_array::{Array, array, random};

use super::*;

/// Draws from the process-wide generator after a seed, nobody else drawing in between.
fn seeded<T>(seed: impl Into<random::Seed>, draw: impl FnOnce() -> Result<T>) -> Result<T> {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    random::seed(seed)?;
    draw()
}

fn pair<T>(draw: impl Fn() -> Result<T>) -> Result<(T, T)> {
    Ok((draw()?, draw()?))
}

fn lines() -> Result<(Array, Array)> {
    Ok((array([[0.0], [10.0]], ())?, array([1.0, 2.0, 30.0], ())?))
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("random random.seed", "-", ALL, "(lambda r: (r.rand(), r.randn(3), r.randint(10, size=4)))(rng(2**32 - 1))", |_| seeded(u32::MAX, || Ok((random::rand(())?, random::randn([3])?, random::randint(10, (), [4], ())?)))),
        row("", "-", ALL, "rng([1, 2, 3]).rand(3)", |_| seeded([1, 2, 3], || random::rand([3]))),
        row("", "-", ALL, "rng(-1)", |_| seeded(-1, || random::rand([3]))),
        row("random.rand", "-", ALL, "rng(0).rand(3, 4)", |_| seeded(0, || random::rand([3, 4]))),
        row("", "-", ALL, "(lambda r: (r.rand(), r.rand()))(rng(1))", |_| seeded(1, || pair(|| random::rand(())))),
        row("", "-", ALL, "rng(2).rand(0, 3)", |_| seeded(2, || random::rand([0, 3]))),
        row("random.random", "-", ALL, "rng(3).random((2, 5))", |_| seeded(3, || random::random([2, 5]))),
        row("random.randn", "-", ALL, "rng(4).randn(7)", |_| seeded(4, || random::randn([7]))),
        row("", "-", ALL, "(lambda r: (r.randn(3), r.randn(3)))(rng(5))", |_| seeded(5, || pair(|| random::randn([3])))),
        row("random.standard_normal", "-", ALL, "rng(6).standard_normal((3, 3))", |_| seeded(6, || random::standard_normal([3, 3]))),
        row("random.uniform", "-", ALL, "rng(7).uniform(size=5)", |_| seeded(7, || random::uniform(0.0, 1.0, [5]))),
        row("", "-", ALL, "rng(8).uniform(-2, 3.5, (2, 4))", |_| seeded(8, || random::uniform(-2, 3.5, [2, 4]))),
        row("", "-", ALL, "rng(9).uniform(np.array([[0.0], [10.0]]), np.array([1.0, 2.0, 30.0]))", |_| { let (low, high) = lines()?; seeded(9, || random::uniform(&low, &high, ())) }),
        row("", "-", ALL, "rng(9).uniform(np.array([0.0, 1.0]), 2.0, (3, 2))", |_| { let low = array([0.0, 1.0], ())?; seeded(9, || random::uniform(&low, 2.0, [3, 2])) }),
        row("random.normal", "-", ALL, "rng(10).normal(1.5, 2.0, 6)", |_| seeded(10, || random::normal(1.5, 2.0, [6]))),
        row("", "-", ALL, "rng(10).normal(0, -1.0, 6)", |_| seeded(10, || random::normal(0, -1.0, [6]))),
        row("random.exponential", "-", ALL, "rng(11).exponential(3.0, (2, 2))", |_| seeded(11, || random::exponential(3.0, [2, 2]))),
        row("random.poisson", "-", ALL, "rng(12).poisson(3.5, 20)", |_| seeded(12, || random::poisson(3.5, [20]))),
        row("", "-", ALL, "rng(13).poisson([0.0, 0.5, 9.9, 10.0, 100.0, 1e6], (4, 6))", |_| { let lam = array([0.0, 0.5, 9.9, 10.0, 100.0, 1e6], ())?; seeded(13, || random::poisson(&lam, [4, 6])) }),
        row("", "-", ALL, "rng(13).poisson(-1.0)", |_| seeded(13, || random::poisson(-1.0, ()))),
        row("random.randint", "-", ALL, "rng(14).randint(10, size=12)", |_| seeded(14, || random::randint(10, (), [12], ()))),
        row("", "-", ALL, "rng(15).randint(-5, 5, (3, 4))", |_| seeded(15, || random::randint(-5, 5, [3, 4], ()))),
        row("", "-", ALL, "rng(16).randint(0, 2, 9, dtype=dt)", |a| seeded(16, || random::randint(0, 2, [9], a.dtype()))).each(WHOLE),
        row("", "-", ALL, "rng(17).randint(100, size=9, dtype=dt)", |a| seeded(17, || random::randint(100, (), [9], a.dtype()))).each(INTS),
        row("", "-", ALL, "rng(18).randint(np.iinfo(np.int64).min, np.iinfo(np.int64).max, 5)", |_| seeded(18, || random::randint(i64::MIN, i64::MAX, [5], ()))),
        row("", "-", ALL, "rng(19).randint([1, 3, 5], [[2], [10]])", |a| { let _ = a; seeded(19, || random::randint([1, 3, 5], [[2], [10]], (), ())) }),
        row("", "-", ALL, "rng(20).randint([1, 3], [[8], [10]])", |_| seeded(20, || random::randint([1, 3], [[8], [10]], (), ()))),
        row("", "-", ALL, "rng(21).randint(5, 5)", |_| seeded(21, || random::randint(5, 5, (), ()))),
        row("", "-", ALL, "rng(22).randint(300, size=3, dtype=np.int8)", |_| seeded(22, || random::randint(300, (), [3], Int8))),
        row("", "-", ALL, "rng(23).randint(3, size=3, dtype=np.float32)", |_| seeded(23, || random::randint(3, (), [3], Float32))),
    ]
}
