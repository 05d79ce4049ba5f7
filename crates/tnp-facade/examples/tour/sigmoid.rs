//! The guide's benchmark: a sigmoid over five sizes, timed and plotted.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use plotters::coord::Shift;
use plotters::prelude::*;
use tnp::prelude::*;

use crate::page;
use crate::plot::{self, ACCENT, Chart, Drawn, QUIET};

/// Sizes are powers of two; these are the exponents.
const EXPONENTS: [u32; 5] = [0, 5, 10, 15, 20];
const REPEATS: u64 = 40;
const BATCH_SECONDS: f64 = 0.002;

/// Four operations, each an array: nothing is fused.
fn eager(x: &Array) -> Result<Array> {
    Ok(1.0 / (1.0 + (-x).exp()?))
}

/// The same as one loop over a slice, as one would write it without the library.
fn by_hand(x: &[f32]) -> Vec<f32> {
    x.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect()
}

/// Times both at each size, prints a table and plots it.
pub(crate) fn sigmoid(folder: &Path) -> std::result::Result<(), Box<dyn Error>> {
    page::title("11. Sigmoid benchmark");
    page::note(
        "1.0 / (1.0 + (-x).exp()?) on float32, the shortest of 40 repeats, in microseconds per call:",
    );
    page::note("   elements    tnp, eager   a Rust loop    ratio");
    // Hidden where stderr is no terminal: the rows of the table are the progress then.
    let bar = ProgressBar::new(REPEATS * 2 * EXPONENTS.len() as u64)
        .with_style(ProgressStyle::with_template("  {bar:40} {percent}% {msg}")?);
    let mut timings = Timings::default();
    for exponent in EXPONENTS {
        let size = 1usize << exponent;
        bar.set_message(format!("{size} elements"));
        let x = random::randn(size)?.astype(Float32)?;
        let slice = x.as_slice::<f32>()?;
        let tnp = best_of(&bar, || eager(black_box(&x)))?;
        let hand = best_of(&bar, || Ok(by_hand(black_box(slice))))?;
        let ratio = tnp / hand;
        bar.suspend(|| {
            page::line(&format!(
                "  {size:>9}  {tnp:>12.3}  {hand:>12.3}  {ratio:>7.2}"
            ))
        });
        timings.tnp.push((exponent.into(), tnp));
        timings.hand.push((exponent.into(), hand));
    }
    bar.finish_and_clear();
    plot::save(&timings, folder, "sigmoid")
}

/// Microseconds a call takes: of batches long enough for the clock, the shortest.
fn best_of<T>(bar: &ProgressBar, mut call: impl FnMut() -> Result<T>) -> Result<f64> {
    let mut seconds = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(call()?);
        }
        Ok::<_, tnp::Error>(start.elapsed().as_secs_f64() / f64::from(calls))
    };
    seconds(1)?; // The first call warms up.
    let calls = (BATCH_SECONDS / seconds(10)?).clamp(1.0, 1e5) as u32;
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        best = best.min(seconds(calls)?);
        bar.inc(1);
    }
    Ok(best * 1e6)
}

/// Exponent of the size and microseconds a call, for each way.
#[derive(Default)]
struct Timings {
    tnp: Vec<(f64, f64)>,
    hand: Vec<(f64, f64)>,
}

impl Chart for Timings {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let times = || self.tnp.iter().chain(&self.hand).map(|&(_, time)| time);
        let (low, high) = (
            times().fold(f64::INFINITY, f64::min),
            times().fold(0.0, f64::max),
        );
        // The powers of two are the scale of the x axis; that of y is logarithmic itself.
        let mut chart = plot::builder(area, "Sigmoid 1 / (1 + exp(−x)), float32")
            .build_cartesian_2d(-0.5..20.5, (low / 2.0..high * 3.0).log_scale())?;
        plot::mesh(&mut chart)
            .x_desc("size of x (elements)")
            .y_desc("time per call (µs)")
            .x_labels(5)
            .x_label_formatter(&|exponent| format!("2{}", plot::superscript(*exponent as u32)))
            .y_label_formatter(&f64::to_string)
            .draw()?;
        for (series, colour, label) in [
            (&self.tnp, ACCENT, "tnp, four eager operations"),
            (&self.hand, QUIET, "a Rust loop over a slice"),
        ] {
            chart
                .draw_series(LineSeries::new(
                    series.iter().copied(),
                    colour.stroke_width(3),
                ))?
                .label(label)
                .legend(plot::swatch(colour));
            chart.draw_series(
                series
                    .iter()
                    .map(|&point| Circle::new(point, 6, colour.filled())),
            )?;
        }
        plot::legend(&mut chart)
    }
}
