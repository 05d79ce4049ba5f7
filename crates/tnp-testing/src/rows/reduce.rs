//! Rows: reductions and cumulative functions.

use tnp_array::*;
use tnp_dtype::ReductionRule as R;

use super::*;

/// Floats that NumPy knows itself: it sees no NaN in bfloat16.
const STANDARD: &[DType] = &[Float16, Float32, Float64];
/// What NumPy joins with int64.
const BESIDE_INTS: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
    Complex64, Complex128,
];
/// Shapes for reductions of everything.
const RED: &str = "37 | 3x4 | . | 2x3x5 | 0 | 2x0x3 | 4x5* | 261";
/// Shapes of two axes at least.
const AXES: &str = "3x4 | 2x3x5 | 4x5* | 1x7 | 33x65";

/// One in place of infinities, whose means differ only in the sign of NaN.
fn where_finite(x: &Array) -> Result<Array> {
    where_(&isinf(x)?, 1, x)
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("sum", RED, ALL, "np.sum(x)", |a| sum(&a[0], ())).scaled(8.0).reduces(R::Sum),
        row("ndarray.sum", AXES, ALL, "(np.sum(x, axis=0), np.sum(x, axis=-1, keepdims=True), x.sum((0, 1)))", |a| (sum(&a[0], 0), sum(&a[0], Reduce::axes(-1).keepdims()), a.at(0).sum([0, 1]))).scaled(8.0),
        row("", "3x4", ALL, "np.sum(x, axis=1, dtype=dt, initial=2)", |a| sum(&a[0], Reduce { dtype: Some(a.dtype()), ..Reduce::axes(1).initial(2) })).values(SMALL).each(&[Int32, Float64, Complex64]).scaled(8.0),
        row("", "3x4 3x4:bool | 2x3x4 4:bool | 3x4 3x1:bool", ALL, "np.sum(x, axis=0, where=y)", |a| sum(&a[0], Reduce::axes(0).mask(a.at(1)))).scaled(8.0),
        row("", "3x4", KINDS, "np.sum(x, axis=2)", |a| sum(&a[0], 2)),
        row("", "3x4", KINDS, "np.sum(x, axis=(0, 0))", |a| sum(&a[0], [0, 0])),
        row("", "3x4 | .", KINDS, "np.sum(x, axis=())", |a| sum(&a[0], Vec::<i32>::new())),
        row("prod", RED, ALL, "np.prod(x)", |a| prod(&a[0], ())).values(UNIT).scaled(8.0).reduces(R::Sum),
        row("", AXES, ALL, "(np.prod(x, axis=0), np.prod(x, axis=(0, 1), keepdims=True))", |a| (prod(&a[0], 0), prod(&a[0], Reduce::axes([0, 1]).keepdims()))).values(SMALL).scaled(8.0),
        row("", "3x4 3x4:bool", ALL, "np.prod(x, axis=0, where=y, initial=3)", |a| prod(&a[0], Reduce::axes(0).mask(a.at(1)).initial(3))).values(SMALL).scaled(8.0),
        row("max amax ndarray.max", RED, ALL, "np.max(x)", |a| max(&a[0], ())).reduces(R::Extremum),
        row("", AXES, ALL, "(np.amax(x, axis=0), x.max(axis=(0, -1), keepdims=True))", |a| (amax(&a[0], 0), a.at(0).max(Reduce::axes([0, -1]).keepdims()))),
        row("min amin ndarray.min", RED, ALL, "np.min(x)", |a| min(&a[0], ())).reduces(R::Extremum),
        row("", AXES, ALL, "(np.amin(x, axis=0), x.min(axis=(0, -1), keepdims=True))", |a| (amin(&a[0], 0), a.at(0).min(Reduce::axes([0, -1]).keepdims()))),
        row("", "3x4 3x4:bool | 0x4 0x4:bool | 4 4:bool", ALL, "(np.max(x, axis=0, where=y, initial=3), np.min(x, axis=0, where=y, initial=3))", |a| (max(&a[0], Reduce::axes(0).mask(a.at(1)).initial(3)), min(&a[0], Reduce::axes(0).mask(a.at(1)).initial(3)))).values(SMALL),
        row("", "3x4 3x4:bool", KINDS, "np.max(x, axis=0, where=y)", |a| max(&a[0], Reduce::axes(0).mask(a.at(1)))),
        row("", RED, FLOATS, "(np.max(x), np.min(x))", |a| (max(&a[0], ()), min(&a[0], ()))).values(Domain::Special),
        row("", "0x3", KINDS, "np.max(x, axis=1)", |a| max(&a[0], 1)),
        row("", "0x3", KINDS, "np.max(x, axis=0)", |a| max(&a[0], 0)),
        row("all", RED, ALL, "np.all(x)", |a| all(&a[0], ())).values(Domain::Special).reduces(R::Truth),
        row("ndarray.all", AXES, ALL, "(np.all(x, axis=0), x.all(axis=(0, -1), keepdims=True))", |a| (all(&a[0], 0), a.at(0).all(Reduce::axes([0, -1]).keepdims()))).values(BITS),
        row("any", RED, ALL, "np.any(x)", |a| any(&a[0], ())).values(BITS).reduces(R::Truth),
        row("", "3x4 3x4:bool | 3x4 4:bool", ALL, "(np.any(x, axis=0, where=y), np.all(x, axis=0, where=y))", |a| (any(&a[0], Reduce::axes(0).mask(a.at(1))), all(&a[0], Reduce::axes(0).mask(a.at(1))))).values(BITS),
        row("ptp", RED, NUMERIC, "np.ptp(x)", |a| ptp(&a[0], ())).reduces(R::PeakToPeak),
        row("", AXES, ALL, "np.ptp(x, axis=0, keepdims=True)", |a| a.at(0).ptp(Reduce::axes(0).keepdims())),
        row("argmax", RED, ALL, "np.argmax(x)", |a| argmax(&a[0], ())).values(Domain::Special).reduces(R::ArgExtremum),
        row("argmin", RED, ALL, "np.argmin(x)", |a| argmin(&a[0], ())).values(Domain::Special).reduces(R::ArgExtremum),
        row("", AXES, ALL, "(np.argmax(x, axis=0), x.argmin(-1), np.argmax(x, axis=1, keepdims=True))", |a| (argmax(&a[0], 0), a.at(0).argmin(-1), argmax(&a[0], Reduce::axes(1).keepdims()))).values(SMALL),
        row("", "0x3", KINDS, "np.argmax(x, axis=1)", |a| argmax(&a[0], 1)),
        row("", "0x3", KINDS, "np.argmax(x, axis=0)", |a| argmax(&a[0], 0)),
        row("cumsum", RED, ALL, "np.cumsum(x)", |a| cumsum(&a[0], ())).scaled(8.0).reduces(R::Cumulative),
        row("ndarray.cumsum", AXES, ALL, "(np.cumsum(x, axis=0), x.cumsum(-1))", |a| (cumsum(&a[0], 0), a.at(0).cumsum(-1))).scaled(8.0),
        row("", "3x4", ALL, "np.cumsum(x, axis=1, dtype=dt)", |a| cumsum(&a[0], Reduce::axes(1).dtype(a.dtype()))).values(SMALL).each(&[Int32, Float64, Complex64]).scaled(8.0),
        row("cumprod", RED, ALL, "np.cumprod(x)", |a| cumprod(&a[0], ())).values(UNIT).scaled(8.0).reduces(R::Cumulative),
        row("", AXES, ALL, "np.cumprod(x, axis=1)", |a| cumprod(&a[0], 1)).values(SMALL).scaled(8.0),
        row("cumulative_sum", "37 | . | 0 | 261 | 3x4", ALL, "np.cumulative_sum(x)", |a| cumulative_sum(&a[0], ())).scaled(8.0).reduces(R::Cumulative),
        row("", AXES, ALL, "(np.cumulative_sum(x, axis=0), np.cumulative_sum(x, axis=-1, include_initial=True))", |a| (cumulative_sum(&a[0], 0), cumulative_sum(&a[0], Cumulate::axis(-1).include_initial()))).scaled(8.0),
        row("", "3x4", ALL, "np.cumulative_sum(x, axis=1, dtype=dt, include_initial=True)", |a| cumulative_sum(&a[0], Cumulate::axis(1).dtype(a.dtype()).include_initial())).values(SMALL).each(&[Int32, Float64, Complex64]).scaled(8.0),
        row("cumulative_prod", "37 | . | 0 | 3x4", ALL, "np.cumulative_prod(x)", |a| cumulative_prod(&a[0], ())).values(UNIT).scaled(8.0).reduces(R::Cumulative),
        row("", AXES, ALL, "np.cumulative_prod(x, axis=1, include_initial=True)", |a| cumulative_prod(&a[0], Cumulate::axis(1).include_initial())).values(SMALL).scaled(8.0),
        row("count_nonzero", RED, ALL, "np.asarray(np.count_nonzero(x), dtype=np.int64)", |a| count_nonzero(&a[0], ())).values(SMALL).reduces(R::Count),
        row("", AXES, ALL, "(np.count_nonzero(x, axis=0), np.count_nonzero(x, axis=(0, 1), keepdims=True))", |a| (count_nonzero(&a[0], 0), count_nonzero(&a[0], Reduce::axes([0, 1]).keepdims()))).values(BITS),
        row("nansum", RED, ALL, "np.nansum(x)", |a| nansum(&a[0], ())).values(Domain::Uniform(-4.0, 4.0)).scaled(8.0).reduces(R::Sum),
        row("", "5x7", STANDARD, "(np.nansum(x, axis=0), np.nanprod(x, axis=0), np.nanmax(x, axis=0), np.nanmin(x, axis=1, keepdims=True))", |a| (nansum(&a[0], 0), nanprod(&a[0], 0), nanmax(&a[0], 0), nanmin(&a[0], Reduce::axes(1).keepdims()))).values(Domain::Special).scaled(8.0),
        row("nanprod", RED, ALL, "np.nanprod(x)", |a| nanprod(&a[0], ())).values(UNIT).scaled(8.0).reduces(R::Sum),
        row("nanmax", RED, ALL, "np.nanmax(x)", |a| nanmax(&a[0], ())).reduces(R::Extremum),
        row("nanmin", RED, ALL, "np.nanmin(x)", |a| nanmin(&a[0], ())).reduces(R::Extremum),
        row("mean ndarray.mean", RED, ALL, "np.mean(x)", |a| mean(&a[0], ())).scaled(8.0).reduces(R::Mean),
        row("", AXES, ALL, "(np.mean(x, axis=0), x.mean(axis=(0, 1), keepdims=True))", |a| (mean(&a[0], 0), a.at(0).mean(Reduce::axes([0, 1]).keepdims()))).scaled(8.0),
        row("", "3x4", ALL, "np.mean(x, axis=1, dtype=dt)", |a| mean(&a[0], Reduce::axes(1).dtype(a.dtype()))).values(SMALL).each(&[Float32, Float64, Complex64]).scaled(8.0),
        row("", "5x4 5x4:bool | 5x4 5x1:bool", ALL, "np.mean(x, axis=0, where=y)", |a| mean(&a[0], Reduce::axes(0).mask(a.at(1)))).scaled(8.0),
        row("nanmean", RED, ALL, "np.nanmean(x)", |a| nanmean(&a[0], ())).scaled(8.0).reduces(R::Mean),
        row("", "5x7", COMPLEX, "(np.nansum(x, axis=0), np.nanmean(x, axis=1))", |a| (nansum(&a[0], 0), nanmean(&a[0], 1))).values(Domain::Special).scaled(8.0),
        row("", "9x7", STANDARD, "np.nanmean(np.where(np.isinf(x), 1, x), axis=0)", |a| nanmean(&where_finite(a.at(0))?, 0)).values(Domain::Special).scaled(8.0),
        row("var", RED, ALL, "np.var(x)", |a| var(&a[0], ())).values(SMALL).scaled(16.0).reduces(R::Variance),
        row("", "5x4 | 2x3x4", ALL, "(np.var(x, axis=0, ddof=1), x.var(axis=(0, 1), keepdims=True))", |a| (var(&a[0], Reduce::axes(0).ddof(1)), a.at(0).var(Reduce::axes([0, 1]).keepdims()))).values(SMALL).scaled(16.0),
        row("std", RED, ALL, "np.std(x)", |a| std(&a[0], ())).values(SMALL).scaled(16.0).reduces(R::Variance),
        row("", "5x4 5x4:bool", ALL, "(np.std(x, axis=0, where=y), np.var(x, axis=0, where=y, ddof=1))", |a| (std(&a[0], Reduce::axes(0).mask(a.at(1))), var(&a[0], Reduce::axes(0).mask(a.at(1)).ddof(1)))).values(SMALL).scaled(16.0),
        row("", "5x4", &[Float32, Float64], "np.std(x, axis=0, dtype=dt, ddof=0.5)", |a| std(&a[0], Reduce::axes(0).dtype(a.dtype()).ddof(0.5))).each(&[Float32, Float64]).scaled(16.0),
        row("nanvar nanstd", "9x7", &[Float32, Float64], "(np.nanvar(x, axis=0), np.nanstd(x, axis=1, ddof=8))", |a| (nanvar(&a[0], 0), nanstd(&a[0], Reduce::axes(1).ddof(8)))).values(SMALL).scaled(16.0),
        row("median", "37 | . | 6 | 3x4 | 2x3x5", REAL, "np.median(x)", |a| median(&a[0], ())).values(SMALL).ulps(1).reduces(R::Median),
        row("", AXES, REAL, "(np.median(x, axis=0), np.median(x, axis=(0, 1), keepdims=True))", |a| (median(&a[0], 0), median(&a[0], Reduce::axes([0, 1]).keepdims()))).values(Domain::Uniform(-9.0, 9.0)).ulps(2),
        row("average", "37 | 3x4 | .", ALL, "np.average(x)", |a| average(&a[0], ())).scaled(8.0),
        row("", "3x4 3x4 | 2x5 2x5", ALL, "np.average(x, axis=0, weights=y)", |a| average(&a[0], Average::axes(0).weights(a.at(1).clone()))).values(NONZERO).scaled(8.0),
        row("", "3x4 4:float64 | 5x2 2:int64", BESIDE_INTS, "np.average(x, axis=1, weights=y, returned=True, keepdims=True)", |a| average_returned(&a[0], Average::axes(1).weights(a.at(1).clone()).keepdims())).values(NONZERO).scaled(8.0),
        row("", "3x4x2 2x3:float64", FLOATS, "np.average(x, axis=(2, 0), weights=y)", |a| average(&a[0], Average::axes([2, 0]).weights(a.at(1).clone()))).values(NONZERO).scaled(8.0),
        row("", "3x4 3:float64", FLOATS, "np.average(x, weights=y)", |a| average(&a[0], Average::default().weights(a.at(1).clone()))),
        row("diff", "37 | 3x4 | 2x3x5 | 0 | .", ALL, "np.diff(x)", |a| diff(&a[0], ())),
        row("", AXES, ALL, "(np.diff(x, n=2, axis=0), np.diff(x, n=9), np.diff(x, n=0))", |a| (diff(&a[0], Diff::times(2).axis(0)), diff(&a[0], 9), diff(&a[0], 0))),
        row("", "3x4 3x2 | 5 2", BESIDE_INTS, "(np.diff(x, prepend=0), np.diff(x, append=y), np.diff(x, prepend=y, append=1))", |a| (diff(&a[0], Diff::default().prepend(0)), diff(&a[0], Diff::default().append(a.at(1).clone())), diff(&a[0], Diff::default().prepend(a.at(1).clone()).append(1)))).values(SMALL),
        row("", "3", KINDS, "np.diff(x, n=-1)", |a| diff(&a[0], -1)),
        row("polyval", "4 5 | 3 2x3 | 2x3 3 | 1 . | 0 4", ALL, "np.polyval(x, y)", |a| polyval(&a[0], &a[1])).values(SMALL).mixed().scaled(16.0),
        row("vander", "4 | 1 | 0 | 2x2", &[Bool, Int8, Int64, UInt8, Float32, Float64, Complex64, Complex128], "(np.vander(x), np.vander(x, 3, increasing=True), np.vander(x, 0))", |a| (vander(&a[0], ()), vander(&a[0], Vander::columns(3).increasing()), vander(&a[0], 0))).values(SMALL),
        row("trapezoid", "5 | 3x4", &[Int64, Float32, Float64, Complex128], "(np.trapezoid(x), np.trapezoid(x, dx=0.5, axis=0))", |a| (trapezoid(&a[0], ()), trapezoid(&a[0], Trapezoid::dx(0.5).axis(0)))).scaled(8.0),
        row("", "3x4 4 | 5 5", &[Int64, Float32, Float64], "np.trapezoid(x, x=y)", |a| trapezoid(&a[0], Trapezoid::at(a.at(1).clone()))).scaled(8.0),
    ]
}
