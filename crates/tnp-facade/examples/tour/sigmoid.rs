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

/// One of the ways to compute it: what it is called, and what a call is for an array.
struct Way {
    heading: String,
    label: String,
    colour: RGBColor,
    call: Box<dyn Fn(&Array) -> Result<()>>,
    /// Where its array lies.
    device: Device,
    /// Exponent of the size and microseconds a call.
    times: Vec<(f64, f64)>,
}

impl Way {
    fn new(
        (heading, label): (&str, &str),
        colour: RGBColor,
        device: Device,
        call: impl Fn(&Array) -> Result<()> + 'static,
    ) -> Way {
        Way {
            heading: heading.to_owned(),
            label: label.to_owned(),
            colour,
            call: Box::new(call),
            device,
            times: Vec::new(),
        }
    }
}

/// Eager, compiled and by hand on the CPU; compiled on each other device there is, and waited for.
fn ways() -> Result<Vec<Way>> {
    let cpu = "cpu:0".parse()?;
    let compiled = function(eager);
    let mut ways = vec![
        Way::new(
            ("tnp, eager", "tnp, four eager operations"),
            FILL,
            cpu,
            |x| eager(x).map(drop),
        ),
        Way::new(
            ("tnp, compiled", "tnp, compiled: one fused loop"),
            ACCENT,
            cpu,
            move |x| compiled.call(x).map(drop),
        ),
        Way::new(
            ("a Rust loop", "a Rust loop over a slice"),
            QUIET,
            cpu,
            |x| {
                black_box(by_hand(x.as_slice()?));
                Ok(())
            },
        ),
    ];
    let others = devices().into_iter().map(|info| info.device);
    let others = others.filter(|device| device.backend().name() != "cpu");
    for (device, colour) in others.zip(OTHERS.iter().cycle()) {
        let compiled = function(eager);
        let names = (device.to_string(), format!("tnp, compiled, on {device}"));
        let call = move |x: &Array| {
            drop(compiled.call(x)?);
            sync(device)
        };
        ways.push(Way::new((&names.0, &names.1), *colour, device, call));
    }
    Ok(ways)
}

/// Times all ways at each size, prints a table and plots it.
pub(crate) fn sigmoid(folder: &Path) -> std::result::Result<(), Box<dyn Error>> {
    page::title("13. Sigmoid benchmark");
    page::note(
        "1.0 / (1.0 + (-x).exp()?) on float32, the shortest of 40 repeats, in microseconds per call:",
    );
    let mut ways = ways()?;
    let headings: Vec<_> = (ways.iter())
        .map(|way| format!("{:>13}", way.heading))
        .collect();
    page::note(&format!("   elements  {}", headings.join("  ")));
    // Hidden where stderr is no terminal: the rows of the table are the progress then.
    let bar = ProgressBar::new(REPEATS * (ways.len() * EXPONENTS.len()) as u64)
        .with_style(ProgressStyle::with_template("  {bar:40} {percent}% {msg}")?);
    for exponent in EXPONENTS {
        let size = 1usize << exponent;
        bar.set_message(format!("{size} elements"));
        let x = random::randn(size)?.astype(Float32)?;
        let mut line = format!("  {size:>9}");
        for way in &mut ways {
            let x = x.to(way.device)?;
            let time = best_of(|| bar.inc(1), || (way.call)(black_box(&x)))?;
            way.times.push((exponent.into(), time));
            line += &format!("  {time:>13.3}");
        }
        bar.suspend(|| page::line(&line));
    }
    bar.finish_and_clear();
    plot::save(&Timings(ways), folder, "sigmoid")
}

/// Colours of devices other than the CPU.
const OTHERS: [RGBColor; 3] = [
    RGBColor(0x2f, 0x8f, 0x5b),
    RGBColor(0x8a, 0x4f, 0x9e),
    RGBColor(0xb0, 0x6a, 0x1f),
];

struct Timings(Vec<Way>);

impl Chart for Timings {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let times = || {
            let points = self.0.iter().flat_map(|way| &way.times);
            points.map(|&(_, time)| time)
        };
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
        for way in &self.0 {
            let colour = way.colour;
            let points = || way.times.iter().copied();
            chart
                .draw_series(LineSeries::new(points(), colour.stroke_width(3)))?
                .label(way.label.as_str())
                .legend(plot::swatch(colour));
            chart.draw_series(points().map(|point| Circle::new(point, 6, colour.filled())))?;
        }
        plot::legend(&mut chart, SeriesLabelPosition::UpperLeft)
    }
}
