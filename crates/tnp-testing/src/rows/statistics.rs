//! Rows: quantiles, histograms, covariances, and what passes NaN over.

use tnp_array::*;

use super::*;

/// Floats that NumPy knows itself: it sees no NaN in bfloat16.
const STANDARD: &[DType] = &[Float16, Float32, Float64];
/// Numbers whose differences NumPy takes.
const NUMBERS: &[DType] = &[
    Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
];
/// What elements of which are ordered.
const ORDERED: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
];
const PRECISE: &[DType] = &[Int64, Float32, Float64];
const LINES: &str = "37 | 3x4 | 2x3x5 | 1 | .";
const AXES: &str = "3x4 | 2x3x5 | 4x5* | 1x7";

const SHARES: [f64; 6] = [0.0, 0.1, 0.25, 0.5, 0.77, 1.0];

fn methods(x: &Array, name: &str) -> Result<Array> {
    quantile(x, SHARES, Quantile::axes(0).method(name.parse()?))
}

fn methods_of_numbers(x: &Array, name: &str) -> Result<Array> {
    nanquantile(
        where_finite(x)?,
        SHARES,
        Quantile::axes(0).method(name.parse()?),
    )
}

/// Two rows for each method.
macro_rules! method_rows {
    ($($name:literal)*) => {
        [$(
            row(
                "",
                "9x4 | 10x3 | 1x2",
                NUMBERS,
                concat!("np.quantile(x, [0.0, 0.1, 0.25, 0.5, 0.77, 1.0], axis=0, method='", $name, "')"),
                |a| methods(a.at(0), $name),
            )
            .values(SMALL)
            .ulps(4),
            row(
                "",
                "9x4",
                STANDARD,
                concat!(
                    "np.nanquantile(np.where(np.isinf(x), np.nan, x).astype(x.dtype), [0.0, 0.1, 0.25, 0.5, 0.77, 1.0], axis=0, method='",
                    $name,
                    "')"
                ),
                |a| methods_of_numbers(a.at(0), $name),
            )
            .values(Domain::Special)
            .ulps(4),
        )*]
    };
}

/// NaN for infinities, whose differences are NaN too.
fn where_finite(x: &Array) -> Result<Array> {
    where_(&isinf(x)?, f64::NAN, x)?.astype(x.dtype())
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("quantile", LINES, NUMBERS, "np.quantile(x, 0.3)", |a| quantile(&a[0], 0.3, ())).values(SMALL).ulps(2),
        row("", AXES, NUMBERS, "(np.quantile(x, [0.25, 1.0], axis=0), np.quantile(x, 0.5, axis=(0, -1), keepdims=True), np.quantile(x, [[0.1], [0.9]], axis=1, keepdims=True))", |a| (quantile(&a[0], [0.25, 1.0], 0), quantile(&a[0], 0.5, Quantile::axes([0, -1]).keepdims()), quantile(&a[0], [[0.1], [0.9]], Quantile::axes(1).keepdims()))).values(SMALL).ulps(4),
        row("", "9 3:float32 | 3x4 2:float64", NUMBERS, "np.quantile(x, y, axis=0)", |a| quantile(&a[0], &a[1], 0)).values(SMALL).input(1, Domain::Uniform(0.0, 1.0)).ulps(4),
        row("", "9 2:int64", ORDERED, "np.quantile(x, y)", |a| quantile(&a[0], &a[1], ())).values(SMALL).input(1, BITS),
        row("", "9 2:float64", PRECISE, "np.quantile(x, y)", |a| quantile(&a[0], &a[1], ())).input(1, Domain::Uniform(0.0, 2.5)),
        row("", "9", &[Bool, Complex64], "np.quantile(x, 0.5)", |a| quantile(&a[0], 0.5, ())).values(SMALL),
        row("", "9x4", STANDARD, "np.quantile(np.where(np.isinf(x), np.nan, x).astype(x.dtype), [0.2, 0.5], axis=0)", |a| quantile(where_finite(a.at(0)), [0.2, 0.5], 0)).values(Domain::Special).ulps(4),
        row("percentile", LINES, NUMBERS, "(np.percentile(x, 30), np.percentile(x, [0, 62.5, 100]))", |a| (percentile(&a[0], 30, ()), percentile(&a[0], [0.0, 62.5, 100.0], ()))).values(SMALL).ulps(2),
        row("", "9", PRECISE, "np.percentile(x, 101)", |a| percentile(&a[0], 101, ())),
        row("", "9 9 | 3x4 3x4", PRECISE, "np.quantile(x, [0.0, 0.3, 1.0], method='inverted_cdf', weights=y)", |a| quantile(&a[0], [0.0, 0.3, 1.0], Quantile::from(QuantileMethod::InvertedCdf).weights(a.at(1)))).values(SMALL).input(1, Domain::Range(0, 5)),
        row("", "3x4 3x4:float64 | 4x5 4:int64", PRECISE, "np.percentile(x, 40, axis=0, method='inverted_cdf', weights=y)", |a| percentile(&a[0], 40, Quantile::axes(0).method(QuantileMethod::InvertedCdf).weights(a.at(1)))).values(SMALL).input(1, NONZERO),
        row("", "9 9", PRECISE, "np.quantile(x, 0.5, weights=y)", |a| quantile(&a[0], 0.5, Quantile::default().weights(a.at(1)))).values(NONZERO),
        row("nanquantile", "37 | 3x4 | 2x3x5", NUMBERS, "(np.nanquantile(x, 0.3), np.nanquantile(x, [0.1, 0.7], axis=-1))", |a| (nanquantile(&a[0], 0.3, ()), nanquantile(&a[0], [0.1, 0.7], -1))).values(SMALL).ulps(4),
        row("", "9x4 | 2x6x3", STANDARD, "(np.nanquantile(np.where(np.isinf(x), np.nan, x).astype(x.dtype), [0.2, 0.5], axis=0), np.nanquantile(np.where(np.isinf(x), np.nan, x).astype(x.dtype), 0.7, axis=(0, 1), keepdims=True))", |a| (nanquantile(where_finite(a.at(0)), [0.2, 0.5], 0), nanquantile(where_finite(a.at(0)), 0.7, Quantile::axes([0, 1]).keepdims()))).values(Domain::Special).ulps(4),
        row("nanpercentile", "9x4", STANDARD, "np.nanpercentile(np.where(np.isinf(x), np.nan, x).astype(x.dtype), [25, 75], axis=1, method='hazen')", |a| nanpercentile(where_finite(a.at(0)), [25, 75], Quantile::axes(1).method(QuantileMethod::Hazen))).values(Domain::Special).ulps(4),
        row("nanmedian", "37 | 3x4 | 2x3x5", STANDARD, "(np.nanmedian(x), np.nanmedian(x, axis=0), np.nanmedian(x, axis=-1, keepdims=True))", |a| (nanmedian(&a[0], ()), nanmedian(&a[0], 0), nanmedian(&a[0], Reduce::axes(-1).keepdims()))).values(SMALL).ulps(2),
        row("", "9x4 | 8x3", STANDARD, "np.nanmedian(np.where(np.isinf(x), np.nan, x).astype(x.dtype), axis=0)", |a| nanmedian(where_finite(a.at(0)), 0)).values(Domain::Special).ulps(2),
        row("", "9x4", &[Int32, UInt8], "np.nanmedian(x, axis=0)", |a| nanmedian(&a[0], 0)).values(SMALL),
        row("nanargmax nanargmin", "37 | 3x4", ORDERED, "(np.nanargmax(x), np.nanargmin(x, axis=0), np.nanargmax(x, axis=-1, keepdims=True))", |a| (nanargmax(&a[0], ()), nanargmin(&a[0], 0), nanargmax(&a[0], Reduce::axes(-1).keepdims()))).values(SMALL),
        row("", "37 | 9x4", STANDARD, "(np.nanargmax(x), np.nanargmin(x, axis=0))", |a| (nanargmax(&a[0], ()), nanargmin(&a[0], 0))).values(Domain::Special),
        row("", "3x2", &[Float32, Float64], "np.nanargmax(x * np.nan, axis=0)", |a| nanargmax(multiply(&a[0], f64::NAN), 0)),
        row("nancumsum", LINES, NUMBERS, "np.nancumsum(x)", |a| nancumsum(&a[0], ())).values(SMALL).scaled(8.0),
        row("", "9x4", &[Float32, Float64, Complex64], "np.nancumsum(np.where(np.isinf(x), 1, x), axis=0)", |a| nancumsum(where_(&isinf(&a[0])?, 1, &a[0])?, 0)).values(Domain::Special).scaled(8.0),
        row("nancumprod", "9x4", &[Float32, Float64], "np.nancumprod(np.where(np.isinf(x), 1, x), axis=0)", |a| nancumprod(where_(&isinf(&a[0])?, 1, &a[0])?, 0)).values(Domain::Special).scaled(8.0),
        row("", LINES, NUMBERS, "np.nancumprod(x)", |a| nancumprod(&a[0], ())).values(BITS).scaled(8.0),

        row("histogram", "37 | 3x4 | 0", NUMBERS, "np.histogram(x)", |a| histogram(&a[0], ())).values(SMALL).ulps(2),
        row("", "37", ORDERED, "np.histogram(x, bins=5, range=(-2, 3))", |a| histogram(&a[0], Histogram::bins(5).range(-2.0, 3.0))).values(SMALL).ulps(2),
        row("", "37 4 | 3x4 3 | 0 3", NUMBERS, "np.histogram(x, bins=y)", |a| histogram(&a[0], a.at(1))).values(SMALL).input(1, Domain::Sorted),
        row("", "37", PRECISE, "np.histogram(x, bins=5, density=True)", |a| histogram(&a[0], Histogram::bins(5).density())).values(Domain::Distinct).ulps(8),
        row("", "37 37 | 3x4 3x4", &[Int64, Float32, Float64, Complex128], "np.histogram(x.real, bins=4, range=(-5, 5), weights=y)", |a| histogram(real(&a[0])?, Histogram::bins(4).range(-5.0, 5.0).weights(a.at(1)))).values(SMALL).scaled(4.0),
        row("", "5", PRECISE, "np.histogram(x, bins=0)", |a| histogram(&a[0], 0)),
        row("", "5 3", PRECISE, "np.histogram(x, bins=-y)", |a| histogram(&a[0], negative(&a[1])?)).input(1, Domain::Distinct),
        row("", "5", &[Float64], "np.histogram(x / 0)", |a| histogram(divide(&a[0], 0), ())).values(NONZERO),
        row("histogram_bin_edges", "37 | 261", PRECISE, "[np.histogram_bin_edges(x, b) for b in ('auto', 'doane', 'fd', 'rice', 'scott', 'sqrt', 'stone', 'sturges')]", |a| ["auto", "doane", "fd", "rice", "scott", "sqrt", "stone", "sturges"].map(|name| histogram_bin_edges(&a[0], name))).values(Domain::Uniform(-20.0, 30.0)).ulps(4),
        row("", "37", PRECISE, "(np.histogram_bin_edges(x, 'auto', (-3, 3)), np.histogram_bin_edges(x, 7), np.histogram_bin_edges(x * 0, 3))", |a| (histogram_bin_edges(&a[0], Histogram::bins("auto").range(-3.0, 3.0)), histogram_bin_edges(&a[0], 7), histogram_bin_edges(multiply(&a[0], 0), 3))).values(SMALL).ulps(4),
        row("", "37", PRECISE, "np.histogram_bin_edges(x, 'best')", |a| histogram_bin_edges(&a[0], "best")),
        row("histogramdd", "37x2 | 20x3 | 5x1", &[Int64, Float32, Float64], "(lambda h, e: (h, *e))(*np.histogramdd(x, bins=3))", |a| histogramdd(&a[0], 3)).values(SMALL).ulps(2),
        row("", "37x2 37", PRECISE, "(lambda h, e: (h, *e))(*np.histogramdd(x, bins=(2, 4), range=((-3, 3), (0, 2)), weights=y, density=True))", |a| histogramdd(&a[0], Histogram::bins_of_axes([2.into(), 4.into()]).ranges([Some((-3.0, 3.0)), Some((0.0, 2.0))]).weights(a.at(1)).density())).values(SMALL).input(1, NONZERO).ulps(8),
        row("histogram2d", "37 37 | 12 12", PRECISE, "np.histogram2d(x, y, bins=5)", |a| histogram2d(&a[0], &a[1], 5)).values(Domain::Distinct).ulps(2),
        row("", "37 37 4", PRECISE, "np.histogram2d(x, y, bins=[z, 3])", |a| histogram2d(&a[0], &a[1], Histogram::bins_of_axes([a.at(2).into(), 3.into()]))).values(SMALL).input(2, Domain::Sorted).ulps(2),
        row("", "5 4", PRECISE, "np.histogram2d(x, y)", |a| histogram2d(&a[0], &a[1], ())),
        row("bincount", "37 | 1", &[Bool, Int8, Int32, Int64, UInt8, UInt32, UInt64, Float64], "(np.bincount(x), np.bincount(x, minlength=40))", |a| (bincount(&a[0], ()), bincount(&a[0], 40usize))).values(Domain::Range(0, 9)),
        row("", "37 37 | 9 9", &[Int32, Float32, Float64], "np.bincount(x.astype(np.int64), y)", |a| bincount(a.at(0).astype(Int64)?, BinCount::default().weights(a.at(1).clone()))).values(Domain::Range(0, 9)).scaled(8.0),
        row("", "3x4 | . | 5", &[Int64], "np.bincount(x)", |a| bincount(&a[0], ())).values(Domain::Range(-3, 2)),
        row("digitize", "37 5 | 3x4 7 | . 3 | 0 2", NUMBERS, "(np.digitize(x, y), np.digitize(x, y, right=True), np.digitize(x, y[::-1]))", |a| (digitize(&a[0], &a[1], ()), digitize(&a[0], &a[1], true), digitize(&a[0], flip(&a[1], ()), ()))).values(SMALL).input(1, Domain::Sorted),
        row("", "5 4", PRECISE, "np.digitize(x, y)", |a| digitize(&a[0], &a[1], ())).input(1, Domain::Distinct),

        row("cov", "5 | 3x5 | 0x3 | 1x4", &[Int64, Float32, Float64, Complex64, Complex128], "(np.cov(x), np.cov(x, rowvar=False, bias=True), np.cov(x, ddof=2))", |a| (cov(&a[0], ()), cov(&a[0], Covariance::columns().bias()), cov(&a[0], Covariance::default().ddof(2)))).values(SMALL).scaled(8.0),
        row("", "3x5 2x5 | 5 5", &[Int64, Float32, Float64], "(np.cov(x, y), np.cov(x, y, dtype=np.float64))", |a| (cov(&a[0], Covariance::with(a.at(1).clone())), cov(&a[0], Covariance::with(a.at(1).clone()).dtype(Float64)))).values(SMALL).scaled(8.0),
        row("", "3x5 5:int64 5:float64", &[Int64, Float64, Complex128], "(np.cov(x, fweights=y), np.cov(x, aweights=z), np.cov(x, fweights=y, aweights=z, ddof=0), np.cov(x, fweights=y, aweights=z))", |a| (cov(&a[0], Covariance::default().fweights(a.at(1))), cov(&a[0], Covariance::default().aweights(a.at(2))), cov(&a[0], Covariance::default().fweights(a.at(1)).aweights(a.at(2)).ddof(0)), cov(&a[0], Covariance::default().fweights(a.at(1)).aweights(a.at(2))))).values(NONZERO).scaled(16.0),
        row("", "3x5 5 | 2x3x4 4", &[Int64, Float64], "np.cov(x, fweights=-y)", |a| cov(&a[0], Covariance::default().fweights(&negative(&a[1])?))).values(NONZERO),
        row("corrcoef", "3x9 | 7 | 2x12", &[Int64, Float32, Float64, Complex128], "np.corrcoef(x)", |a| corrcoef(&a[0], ())).values(Domain::Uniform(-9.0, 9.0)).scaled(8.0),
        row("", "9x3 9", &[Float64], "np.corrcoef(x, y, rowvar=False)", |a| corrcoef(&a[0], Covariance { columns: true, ..Covariance::with(a.at(1).clone()) })).values(Domain::Uniform(-9.0, 9.0)).scaled(8.0),
    ];
    rows.extend(method_rows! {
        "inverted_cdf" "averaged_inverted_cdf" "closest_observation" "interpolated_inverted_cdf" "hazen" "weibull" "linear" "median_unbiased"
        "normal_unbiased" "lower" "higher" "midpoint" "nearest"
    });
    rows
}
