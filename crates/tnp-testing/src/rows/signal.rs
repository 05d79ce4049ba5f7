//! Rows: convolution, interpolation, slopes, windows.

use tnp_array::*;

use super::*;

/// What NumPy slides along each other.
const PLAIN: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
    Complex64, Complex128,
];
const NUMBERS: &[DType] = &[Int8, Int32, Int64, UInt8, UInt32, Float16, Float32, Float64];
const PRECISE: &[DType] = &[Int64, Float32, Float64];
const SLOPED: &[DType] = &[Int32, Int64, Float32, Float64, Complex128];

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("convolve", "9 3 | 3 9 | 5 5 | 4 . | 7 2", PLAIN, "(np.convolve(x, y), np.convolve(x, y, 'same'), np.convolve(x, y, 'valid'))", |a| (convolve(&a[0], &a[1], Overlap::Full), convolve(&a[0], &a[1], Overlap::Same), convolve(&a[0], &a[1], Overlap::Valid))).values(SMALL).mixed().scaled(8.0),
        row("", "0 3 | 2x3 3", PRECISE, "np.convolve(x, y)", |a| convolve(&a[0], &a[1], Overlap::Full)),
        row("correlate", "9 3 | 3 9 | 4 9 | 5 5 | 7 2 | 2 7", PLAIN, "(np.correlate(x, y), np.correlate(x, y, 'same'), np.correlate(x, y, 'full'))", |a| (correlate(&a[0], &a[1], Overlap::Valid), correlate(&a[0], &a[1], Overlap::Same), correlate(&a[0], &a[1], Overlap::Full))).values(SMALL).mixed().scaled(8.0),
        row("", "0 3 | 3 0", PRECISE, "np.correlate(x, y)", |a| correlate(&a[0], &a[1], Overlap::Valid)),
        row("interp", "37 7:float64 7:float64 | 3x4 5:float64 5:float64 | . 3:float64 3:float64 | 5 1:float64 1:float64 | 0 2:float64 2:float64", NUMBERS, "np.interp(x, np.cumsum(y), z)", |a| interp(&a[0], cumsum(&a[1], ()), &a[2], ())).values(SMALL).input(1, Domain::Uniform(0.3, 2.0)).input(2, UNIT).scaled(8.0),
        row("", "37 7:float64 7:complex128", PRECISE, "np.interp(x, np.cumsum(y), z, left=-9, right=5)", |a| interp(&a[0], cumsum(&a[1], ()), &a[2], Interp::default().left(-9).right(5))).values(SMALL).input(1, Domain::Uniform(0.3, 2.0)).input(2, UNIT).scaled(8.0),
        row("", "37 7:float64 7:float64", PRECISE, "np.interp(x, y, z, period=4)", |a| interp(&a[0], &a[1], &a[2], Interp::period(4.0))).values(Domain::Uniform(-9.0, 9.0)).input(1, Domain::Uniform(0.0, 4.0)).scaled(8.0),
        row("", "37 5:float64 5:float64", &[Float64], "np.interp(x, y, z)", |a| interp(&a[0], &a[1], &a[2], ())).values(SMALL).input(1, Domain::Sorted),
        row("", "5 3 4 | 5 0 0 | 5 2x2 4", &[Float64], "np.interp(x, y, z)", |a| interp(&a[0], &a[1], &a[2], ())).values(SMALL),
        row("gradient", "9 | 2 | 3x4 | 3x4x5", SLOPED, "(np.gradient(x), np.gradient(x, axis=0), np.gradient(x, 0.5))", |a| (gradient(&a[0], ()), gradient(&a[0], Slopes::default().axis(0)), gradient(&a[0], 0.5))).values(SMALL).scaled(4.0),
        row("", "9 | 4x3 | 3x5", SLOPED, "(np.gradient(x, edge_order=2), np.gradient(x, 2.0, axis=-1, edge_order=2))", |a| (gradient(&a[0], Slopes::default().edge_order(2)), gradient(&a[0], Slopes::spacing(2.0).axis(-1).edge_order(2)))).values(SMALL).scaled(8.0),
        row("", "6 6 | 2 2", &[Int64, Float32, Float64], "np.gradient(x, np.cumsum(y))", |a| gradient(&a[0], Slopes::spacing(cumsum(&a[1], ())?))).values(Domain::Uniform(0.5, 3.0)).scaled(16.0),
        row("", "4x6 4:float64 6:float64", PRECISE, "np.gradient(x, np.cumsum(y), np.cumsum(z), edge_order=2)", |a| gradient(&a[0], Slopes::spacings([cumsum(&a[1], ())?, cumsum(&a[2], ())?]).edge_order(2))).values(Domain::Uniform(0.5, 3.0)).scaled(32.0),
        row("", "1 | 3x1", PRECISE, "np.gradient(x)", |a| gradient(&a[0], ())),
        row("", "4 3", PRECISE, "np.gradient(x, y)", |a| gradient(&a[0], Slopes::spacing(a.at(1).clone()))),
        row("unwrap", "9 | 3x4 | 1", &[Float32, Float64], "(np.unwrap(x), np.unwrap(x, axis=0), np.unwrap(x, discont=4.0), np.unwrap(x, period=10.0))", |a| (unwrap(&a[0], ()), unwrap(&a[0], Unwrap::default().axis(0)), unwrap(&a[0], Unwrap::default().discont(4.0)), unwrap(&a[0], Unwrap::period(10.0)))).values(Domain::Uniform(-8.5, 8.5)).scaled(8.0),
        row("", "9 | 3x4", &[Int32, Int64], "(np.unwrap(x, period=4), np.unwrap(x, period=5), np.unwrap(x))", |a| (unwrap(&a[0], Unwrap::period(4)), unwrap(&a[0], Unwrap::period(5)), unwrap(&a[0], ()))).values(SMALL).scaled(8.0),
        row("bartlett blackman hamming hanning", "-", &[Float64], "[w(m) for m in (0, 1, 2, 7, 12) for w in (np.bartlett, np.blackman, np.hamming, np.hanning)]", |_| [0, 1, 2, 7, 12].map(|m| (bartlett(m), blackman(m), hamming(m), hanning(m))).into_iter().collect::<Vec<_>>()).scaled(4.0),
        row("kaiser", "-", &[Float64], "(np.kaiser(1, 14), np.kaiser(12, 14), np.kaiser(7, 0), np.kaiser(8, 3.5))", |_| (kaiser(1, 14.0), kaiser(12, 14.0), kaiser(7, 0.0), kaiser(8, 3.5))).scaled(8.0),
        row("i0", "37 | 3x4", REAL_NATIVE, "np.i0(x)", |a| i0(&a[0])).values(SMALL).ulps(16),
        row("", "37", &[Float32, Float64], "np.i0(x)", |a| i0(&a[0])).values(Domain::Uniform(-60.0, 60.0)).ulps(16),
    ]
}

const REAL_NATIVE: &[DType] = &[Bool, Int8, Int64, UInt8, Float32, Float64];
