//! Normal draws, bit for bit NumPy's, and their histogram.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use tnp::constants::pi;
use tnp::prelude::*;

use crate::page;
use crate::plot::{self, ACCENT, Chart, Drawn, FILL};

/// Draws the guide's labels and plots how they are distributed.
pub(crate) fn labels(folder: &Path) -> std::result::Result<(), Box<dyn Error>> {
    page::title("12. Normal labels");
    page::note("A seed gives NumPy's numbers to the last bit.");
    step! {
        random::seed(0)?;
        let labels = 15 + 2 * random::randn([1, 1000])?;
    }
    show!(labels.get(s![0, ..4])?, labels.mean(())?, labels.std(())?);

    page::note("A histogram is a search in the sorted labels.");
    step! {
        let edges = arange((8.0, 22.5, 0.5))?;
        let counts = diff(searchsorted(sort(labels.ravel(())?, ())?, &edges, ())?, ())?;
    }
    show!(counts, counts.sum(())?);

    // What a normal distribution leads one to expect: its density times 1000 labels and the width of a bin.
    let x = linspace(8, 22, 57)?;
    let density = exp(square((&x - 15) / 2)? / -2)? / (2.0 * (2.0 * pi).sqrt());
    let histogram = Histogram {
        edges: edges.to_vec()?,
        counts: counts.astype(Float64)?.to_vec()?,
        x: x.to_vec()?,
        expected: (density * 1000 * 0.5).to_vec()?,
    };
    plot::save(&histogram, folder, "labels")
}

/// Bars between edges, and a curve over them.
struct Histogram {
    edges: Vec<f64>,
    counts: Vec<f64>,
    x: Vec<f64>,
    expected: Vec<f64>,
}

impl Chart for Histogram {
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B> {
        let highest = self.counts.iter().copied().fold(0.0, f64::max);
        let mut chart = plot::builder(area, "1000 labels: 15 + 2 · randn, seed 0")
            .build_cartesian_2d(8.0..22.0, 0.0..1.15 * highest)?;
        plot::mesh(&mut chart)
            .disable_x_mesh()
            .x_desc("label")
            .y_desc("labels in a bin of width 0.5")
            .x_label_formatter(&f64::to_string)
            .y_label_formatter(&f64::to_string)
            .draw()?;
        let bars = self.edges.windows(2).zip(&self.counts);
        chart
            .draw_series(bars.map(|(edge, &count)| {
                let mut bar = Rectangle::new([(edge[0], 0.0), (edge[1], count)], FILL.filled());
                bar.set_margin(0, 0, 1, 1);
                bar
            }))?
            .label("drawn")
            .legend(plot::swatch(FILL));
        let curve = self.x.iter().copied().zip(self.expected.iter().copied());
        chart
            .draw_series(LineSeries::new(curve, ACCENT.stroke_width(3)))?
            .label("expected of a normal distribution")
            .legend(plot::swatch(ACCENT));
        plot::legend(&mut chart, SeriesLabelPosition::UpperLeft)
    }
}
