//! The guide's benchmark: a sigmoid over five sizes, timed and plotted.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use plotters::coord::Shift;
use plotters::prelude::*;
use tnp::prelude::*;

use crate::page;
use crate::plot::{self, ACCENT, Chart, Drawn, FILL, QUIET};
use crate::timing::{REPEATS, best_of};

/// Sizes are powers of two; these are the exponents.
const EXPONENTS: [u32; 5] = [0, 5, 10, 15, 20];

/// Four operations, each an array: nothing is fused.
fn eager(x: &Array) -> Result<Array> {
    Ok(1.0 / (1.0 + (-x).exp()?))
}

/// The same as one loop over a slice, as one would write it without the library.
fn by_hand(x: &[f32]) -> Vec<f32> {
    x.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect()
}

/// Times all three at each size, prints a table and plots it.
pub(crate) fn sigmoid(folder: &Path) -> std::result::Result<(), Box<dyn Error>> {
    page::title("13. Sigmoid benchmark");
    page::note(
        "1.0 / (1.0 + (-x).exp()?) on float32, the shortest of 40 repeats, in microseconds per call:",
    );
    page::note("   elements   tnp, eager  tnp, compiled   a Rust loop");
    // Hidden where stderr is no terminal: the rows of the table are the progress then.
    let bar = ProgressBar::new(REPEATS * 3 * EXPONENTS.len() as u64)
        .with_style(ProgressStyle::with_template("  {bar:40} {percent}% {msg}")?);
    let compiled = function(eager);
    let mut timings = Timings::default();
    for exponent in EXPONENTS {
        let size = 1usize << exponent;
        bar.set_message(format!("{size} elements"));
        let x = random::randn(size)?.astype(Float32)?;
        let slice = x.as_slice::<f32>()?;
        let tick = || bar.inc(1);
        let each = best_of(tick, || eager(black_box(&x)))?;
        let fused = best_of(tick, || compiled.call(black_box(&x)))?;
        let hand = best_of(tick, || Ok(by_hand(black_box(slice))))?;
        bar.suspend(|| {
            page::line(&format!(
                "  {size:>9}  {each:>11.3}  {fused:>13.3}  {hand:>12.3}"
            ))
        });
        timings.eager.push((exponent.into(), each));
        timings.compiled.push((exponent.into(), fused));
        timings.hand.push((exponent.into(), hand));
    }
    bar.finish_and_clear();
    plot::save(&timings, folder, "sigmoid")
}

/// Exponent of the size and microseconds a call, for each way.
#[derive(Default)]
struct Timings {
    eager: Vec<(f64, f64)>,
    compiled: Vec<(f64, f64)>,
    hand: Vec<(f64, f64)>,
}

impl Chart for Timings {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let all = [&self.eager, &self.compiled, &self.hand];
        let times = || all.into_iter().flatten().map(|&(_, time)| time);
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
            (&self.eager, FILL, "tnp, four eager operations"),
            (&self.compiled, ACCENT, "tnp, compiled: one fused loop"),
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
        plot::legend(&mut chart, SeriesLabelPosition::UpperLeft)
    }
}
