//! How long a call takes.

use std::hint::black_box;
use std::time::Instant;

use tnp::prelude::*;

use crate::page;

/// How often a batch of calls is repeated.
pub(crate) const REPEATS: u64 = 40;
const BATCH_SECONDS: f64 = 0.002;

/// Microseconds a call takes: of batches long enough for the clock, the shortest. `tick` is called after each.
pub(crate) fn best_of<T>(
    mut tick: impl FnMut(),
    mut call: impl FnMut() -> Result<T>,
) -> Result<f64> {
    let mut seconds = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(call()?);
        }
        Ok::<_, tnp::Error>(start.elapsed().as_secs_f64() / f64::from(calls))
    };
    seconds(1)?; // The first call warms up.
    let calls = (BATCH_SECONDS / seconds(3)?).clamp(1.0, 1e5) as u32;
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        best = best.min(seconds(calls)?);
        tick();
    }
    Ok(best * 1e6)
}

/// Prints the time of a call beside its name, and gives it.
pub(crate) fn timed<T>(name: &str, call: impl FnMut() -> Result<T>) -> Result<f64> {
    let micros = best_of(|| (), call)?;
    page::row(name, &format!("{:.3} ms", micros / 1e3));
    Ok(micros)
}
