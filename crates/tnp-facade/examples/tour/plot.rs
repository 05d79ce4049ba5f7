//! What the plots have in common: both formats, the font, and one look.

use std::error::Error;
use std::path::Path;

use plotters::chart::{ChartBuilder, ChartContext, MeshStyle, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use crate::page;

const SIZE: (u32, u32) = (1200, 800);
/// The shipped font stands in for the one that readers of an SVG have under this name.
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 44, 52);
const GRID: RGBColor = RGBColor(226, 229, 234);
/// The series that the plot is about.
pub(crate) const ACCENT: RGBColor = RGBColor(206, 66, 43);
/// A series to compare with.
pub(crate) const QUIET: RGBColor = RGBColor(91, 102, 122);
/// Areas.
pub(crate) const FILL: RGBColor = RGBColor(150, 178, 214);

/// What drawing gives on a backend.
pub(crate) type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

/// A picture that any backend can draw.
pub(crate) trait Chart {
    /// Draws it on a white area.
    fn draw<B: DrawingBackend>(&self, area: &DrawingArea<B, Shift>) -> Drawn<B>;
}

/// Writes a chart as `name.svg` and `name.png`.
pub(crate) fn save(chart: &impl Chart, folder: &Path, name: &str) -> Result<(), Box<dyn Error>> {
    let font = include_bytes!("font/DejaVuSans.ttf");
    register_font(FONT, FontStyle::Normal, font).map_err(|_| "the font cannot be read")?;
    let (svg, png) = (
        folder.join(name).with_extension("svg"),
        folder.join(name).with_extension("png"),
    );
    on_white(chart, SVGBackend::new(&svg, SIZE))?;
    on_white(chart, BitMapBackend::new(&png, SIZE))?;
    page::note(&format!("Plotted: {} and {}", svg.display(), png.display()));
    Ok(())
}

fn on_white<B: DrawingBackend>(chart: &impl Chart, backend: B) -> Drawn<B> {
    let area = backend.into_drawing_area();
    area.fill(&WHITE)?;
    chart.draw(&area)?;
    area.present()
}

/// A chart with a title and room for the labels of its axes.
pub(crate) fn builder<'a, B: DrawingBackend>(
    area: &'a DrawingArea<B, Shift>,
    title: &str,
) -> ChartBuilder<'a, 'a, B> {
    let mut builder = ChartBuilder::on(area);
    builder
        .caption(title, (FONT, 34).into_font().color(&INK))
        .margin(24)
        .margin_right(40)
        .x_label_area_size(76)
        .y_label_area_size(104);
    builder
}

/// The grid and the axes, with fonts that can be read.
pub(crate) fn mesh<'a, 'b, B, X, Y>(
    chart: &'b mut ChartContext<'a, B, Cartesian2d<X, Y>>,
) -> MeshStyle<'a, 'b, X, Y, B>
where
    B: DrawingBackend,
    X: Ranged + ValueFormatter<X::ValueType>,
    Y: Ranged + ValueFormatter<Y::ValueType>,
{
    let mut mesh = chart.configure_mesh();
    mesh.label_style((FONT, 22).into_font().color(&INK))
        .axis_desc_style((FONT, 25).into_font().color(&INK))
        .axis_style(INK)
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(8);
    mesh
}

/// A box with the names of the series, in a corner that is free.
pub(crate) fn legend<'a, B: DrawingBackend + 'a, X: Ranged, Y: Ranged>(
    chart: &mut ChartContext<'a, B, Cartesian2d<X, Y>>,
    corner: SeriesLabelPosition,
) -> Drawn<B> {
    chart
        .configure_series_labels()
        .position(corner)
        .label_font((FONT, 23).into_font().color(&INK))
        .legend_area_size(44)
        .margin(14)
        .background_style(WHITE.mix(0.9))
        .border_style(GRID)
        .draw()
}

/// The sign of a series in the legend.
pub(crate) fn swatch(colour: RGBColor) -> impl Fn((i32, i32)) -> Rectangle<(i32, i32)> {
    move |(x, y)| Rectangle::new([(x + 6, y - 4), (x + 36, y + 4)], colour.filled())
}

/// A whole number in superscript.
pub(crate) fn superscript(number: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = number.to_string();
    digits
        .bytes()
        .map(|digit| DIGITS[usize::from(digit - b'0')])
        .collect()
}
