//! Timing: batches long enough for the clock, repeated until a budget is spent. `xtask/python/peers.py` does the same.

use std::time::{Duration, Instant};

use serde::Serialize;

/// A batch lasts at least this long.
const BATCH: Duration = Duration::from_micros(50);
/// Batches at least, and at most.
const REPEATS: (usize, usize) = (2, 200);

/// Seconds of one evaluation.
#[derive(Clone, Debug, Serialize)]
pub struct Timing {
    /// The fastest batch.
    pub min: f64,
    /// The middle one.
    pub median: f64,
    /// Batches timed.
    pub repeats: usize,
}

/// Times what `once` does for about `budget`.
///
/// # Errors
/// Those of `once`.
pub fn time<E>(budget: Duration, mut once: impl FnMut() -> Result<(), E>) -> Result<Timing, E> {
    let mut batch = |count: usize| -> Result<Duration, E> {
        let start = Instant::now();
        for _ in 0..count {
            once()?;
        }
        Ok(start.elapsed())
    };
    let mut count = 1;
    while batch(count)? < BATCH && count < 1 << 14 {
        count *= 2;
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < REPEATS.0 || (times.len() < REPEATS.1 && start.elapsed() < budget) {
        times.push(batch(count)?.as_secs_f64() / count as f64);
    }
    times.sort_by(f64::total_cmp);
    Ok(Timing {
        min: times[0],
        median: times[times.len() / 2],
        repeats: times.len(),
    })
}
