//! Rows: reading and writing by index.

use super::*;
use tnp_array::*;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("ndarray.__getitem__", "7 | 12x2 | 7x2x3", ALL, "x[3]", |a| a.at(0).get(s![3])),
        row("", "7 | 12x2 | 7x2x3", ALL, "x[1:-1:2]", |a| a.at(0).get(s![1..-1;2])),
        row("", "3x4 | 2x3x5 | 2x0x3", ALL, "x[..., None, ::-1]", |a| a.at(0).get(s![..., newaxis, ..;-1])),
        row("", "7 | 12x2 | 7x2x3", KINDS, "x[[3, -1, 3]]", |a| a.at(0).get(s![[3, -1, 3]])),
        row("", "4x5 | 4x5x6", KINDS, "x[[[0], [2]], [1, -1]]", |a| a.at(0).get(s![[[0], [2]], [1, -1]])),
        row("", "4x5x6", ALL, "x[[0, 3], :, [1, -1]]", |a| a.at(0).get(s![[0, 3], .., [1, -1]])),
        row("", "37 37:bool | 3x4 3x4:bool | 3x4 3:bool | 2x3x5 2x3:bool | 0 0:bool", ALL, "x[y]", |a| a.at(0).get(s![a.at(1)])),
        row("", "3", KINDS, "x[7]", |a| a.at(0).get(s![7])),
        row("where", "37:bool 37 37 | 3x4:bool 3x4 3x4 | 3x1:bool 4 . | .:bool . . | 0:bool 0 0 | 5 1 5", ALL, "np.where(x, y, z)", |a| where_(&a[0], &a[1], &a[2])),
        row("", "37:bool 37", &[Int64, Float32], "np.where(x, y, 2)", |a| where_(&a[0], &a[1], 2)),
        row("nonzero ndarray.nonzero", "37 | 3x4 | 2x3x5 | 0 | 4x5*", ALL, "np.nonzero(x)", |a| nonzero(&a[0], ())).values(BITS),
        row("where", "37 | 2x3x5", KINDS, "np.where(x)", |a| nonzero(&a[0], ())).values(BITS),
        row("argwhere", "37 | 3x4 | 2x3x5 | 0 | .", KINDS, "np.argwhere(x)", |a| argwhere(&a[0])).values(BITS),
        row("flatnonzero", "37 | 3x4 | 2x3x5 | 0 | .", KINDS, "np.flatnonzero(x)", |a| flatnonzero(&a[0])).values(BITS),
        row("take ndarray.take", "12 5:int64 | 3x4 2x2:int64 | 2x3x5 .:int32", ALL, "np.take(x, y)", |a| take(&a[0], &a[1], ())).input(1, SMALL_INDEX),
        row("", "7x2 5:int64 | 5x3x2 3x2:int8", ALL, "np.take(x, y, axis=0)", |a| take(&a[0], &a[1], 0)).input(1, SMALL_INDEX),
        row("", "2x7 5:int64 | 3x5x2 3x2:int8", KINDS, "np.take(x, y, axis=1)", |a| take(&a[0], &a[1], 1)).input(1, SMALL_INDEX),
        row("", "4x3 7:int64", KINDS, "np.take(x, y, axis=1, mode='wrap')", |a| take(&a[0], &a[1], Take::axis(1).mode(IndexMode::Wrap))).input(1, BEYOND),
        row("", "4x3 7:int64", KINDS, "np.take(x, y, axis=1, mode='clip')", |a| take(&a[0], &a[1], Take::axis(1).mode(IndexMode::Clip))).input(1, BEYOND),
        row("take_along_axis", "5x4 3x4:int64 | 5x1 2x4:int64", ALL, "np.take_along_axis(x, y, 0)", |a| take_along_axis(&a[0], &a[1], 0)).input(1, SMALL_INDEX),
        row("", "4x5 4x3:int64 | 2x6x3 2x1x3:int64", KINDS, "np.take_along_axis(x, y, axis=1)", |a| take_along_axis(&a[0], &a[1], 1)).input(1, SMALL_INDEX),
        row("", "3x4 5:int64", KINDS, "np.take_along_axis(x, y, axis=None)", |a| take_along_axis(&a[0], &a[1], ())).input(1, SMALL_INDEX),
        row("put_along_axis", "5x4 1x4:int64 1x4", ALL, "(lambda c: (np.put_along_axis(c, y, z, 0), c)[1])(x.copy())", |a| put_along_axis(&a[0], &a[1], &a[2], 0)).input(1, SMALL_INDEX),
        row("select", "7:bool 7:bool 7 7 | 3x1:bool 4:bool 3x4 .", ALL, "np.select([x, y], [z, w], 0)", |a| select([&a[0], &a[1]], [&a[2], &a[3]], 0)),
        row("compress ndarray.compress", "4:bool 4x3 | 2:bool 4x3", ALL, "np.compress(x, y, axis=0)", |a| compress(&a[0], &a[1], 0)),
        row("", "5:bool 4x3", KINDS, "np.compress(x, y)", |a| compress(&a[0], &a[1], ())),
        row("extract", "12:bool 4x3 | 4x3:bool 4x3", KINDS, "np.extract(x, y)", |a| extract(&a[0], &a[1])),
        row("choose ndarray.choose", "7:int64 7 7 | 3x4:int64 4 3x1", KINDS, "np.choose(x, [y, z])", |a| choose(&a[0], [&a[1], &a[2]], IndexMode::Raise)).input(0, BITS),
        row("", "7:int64 7 7", KINDS, "np.choose(x, [y, z], mode='wrap')", |a| choose(&a[0], [&a[1], &a[2]], IndexMode::Wrap)).input(0, BEYOND),
        row("", "7:int64 7 7", KINDS, "np.choose(x, [y, z], mode='clip')", |a| choose(&a[0], [&a[1], &a[2]], IndexMode::Clip)).input(0, BEYOND),
        row("ndarray.__setitem__", "7 3 | 7x2 2", ALL, "(lambda c: (c.__setitem__(slice(1, 4), y), c)[1])(x.copy())", |a| a.at(0).set(s![1..4], &a[1])),
        row("", "7 3", KINDS, "(lambda c: (c.__setitem__([5, 0, -1], y), c)[1])(x.copy())", |a| a.at(0).set(s![[5, 0, -1]], &a[1])),
        row("", "12 12:bool . | 3x4 3x4:bool .", ALL, "(lambda c: (c.__setitem__(y, z), c)[1])(x.copy())", |a| a.at(0).set(s![a.at(1)], &a[2])),
        row("", "7 4", &[Int8, Int64, Float32, Complex64], "(lambda c: (np.add.at(c, [5, 0, 5, -7], y), c)[1])(x.copy())", |a| a.at(0).at(s![[5, 0, 5, -7]]).add(&a[1])).values(SMALL),
        row("", "7x2 5:int64 5x2 | 6x4 2x2:int64 4", KINDS, "(lambda c: (c.__setitem__(y, z), c)[1])(x.copy())", |a| a.at(0).set(s![a.at(1)], &a[2])).input(1, SMALL_INDEX),
        row("", "4x7 5:int64 | 2x6x3 2x2:int64", KINDS, "x[:, y]", |a| a.at(0).get(s![.., a.at(1)])).input(1, SMALL_INDEX),
        row("", "4x7 5:int64 4x5 | 2x6x3 2x2:int64 3", KINDS, "(lambda c: (c.__setitem__((slice(None), y), z), c)[1])(x.copy())", |a| a.at(0).set(s![.., a.at(1)], &a[2])).input(1, SMALL_INDEX),
        row("", "6x4 3:int64 3:int64 3", KINDS, "(lambda c: (c.__setitem__((y, z), w), c)[1])(x.copy())", |a| a.at(0).set(s![a.at(1), a.at(2)], &a[3])).values(SMALL).input(1, SMALL_INDEX).input(2, Domain::Range(0, 4)),
        row("", "7x2 9:int64 9x2 | 6x4 2x2:int64 4", NUMBERS, "(lambda c: (np.add.at(c, y, z), c)[1])(x.copy())", |a| a.at(0).at(s![a.at(1)]).add(&a[2])).values(SMALL).input(1, SMALL_INDEX),
        row("", "7x2 9:int64 9x2 | 6x4 2x2:int64 4", NUMBERS, "(lambda c: (np.multiply.at(c, y, z), c)[1])(x.copy())", |a| a.at(0).at(s![a.at(1)]).multiply(&a[2])).values(SMALL).input(1, SMALL_INDEX).ulps(4),
        row("", "7x2 9:int64 9x2 | 6x4 2x2:int64 4", &[Int64, UInt8, Float32, Float64], "(lambda c: (np.maximum.at(c, y, z), c)[1])(x.copy())", |a| a.at(0).at(s![a.at(1)]).maximum(&a[2])).values(SMALL).input(1, SMALL_INDEX),
        row("", "7x2 9:int64 9x2 | 6x4 2x2:int64 4", &[Int64, UInt8, Float32, Float64], "(lambda c: (np.minimum.at(c, y, z), c)[1])(x.copy())", |a| a.at(0).at(s![a.at(1)]).minimum(&a[2])).values(SMALL).input(1, SMALL_INDEX),
        row("", "7 4", NUMBERS, "(lambda c: (np.multiply.at(c, slice(1, 5), y), c)[1])(x.copy())", |a| a.at(0).at(s![1..5]).multiply(&a[1])).values(SMALL),

        row("tril_indices", "-", KINDS, "(np.tril_indices(4), np.tril_indices(3, 1), np.tril_indices(3, -1, 5), np.tril_indices(0))", |_| (tril_indices(4, ()), tril_indices(3, 1), tril_indices(3, Triangle::diagonal(-1).columns(5)), tril_indices(0, ()))),
        row("triu_indices", "-", KINDS, "(np.triu_indices(4), np.triu_indices(3, 1), np.triu_indices(3, -1, 5), np.triu_indices(0))", |_| (triu_indices(4, ()), triu_indices(3, 1), triu_indices(3, Triangle::diagonal(-1).columns(5)), triu_indices(0, ()))),
        row("tril_indices_from triu_indices_from", "3x4 | 4x2 | 5", KINDS, "(np.tril_indices_from(x, 1), np.triu_indices_from(x))", |a| (tril_indices_from(&a[0], 1), triu_indices_from(&a[0], ()))),
        row("mask_indices", "-", KINDS, "(np.mask_indices(4, np.triu), np.mask_indices(3, np.tril, -1))", |_| (mask_indices(4, |x| triu(x, ())), mask_indices(3, |x| tril(x, -1)))),
        row("diag_indices_from", "3x3 | 2x2x2 | 2x3 | 4", KINDS, "np.diag_indices_from(x)", |a| diag_indices_from(&a[0])),
        row("indices", "-", KINDS, "(np.indices((2, 3)), np.indices((4,), dt), np.indices(()), np.indices((2, 3, 2), dtype=dt))", |a| (indices([2, 3], ()), indices(4, a.dtype()), indices((), ()), indices([2, 3, 2], a.dtype()))).each(&[Int32, Float64]),
        row("", "-", KINDS, "np.indices((2, 3, 4), sparse=True)", |_| indices_sparse([2, 3, 4], ())),
        row("fromfunction", "-", NUMERIC, "(np.fromfunction(lambda i, j: i + 2 * j, (2, 3)), np.fromfunction(lambda i: i * i, (4,), dtype=dt))", |a| (fromfunction(|at| add(&at[0], multiply(2, &at[1])), [2, 3], ()), fromfunction(|at| multiply(&at[0], &at[0]), 4, a.dtype()))).each(&[Int32, Float32]),
        row("unravel_index", "5 | 2x3 | . | 0", INTS, "(np.unravel_index(x, (3, 4)), np.unravel_index(x, (2, 3, 2), order='F'))", |a| (unravel_index(&a[0], [3, 4], ()), unravel_index(&a[0], [2, 3, 2], Order::F))).values(Domain::Range(0, 12)),
        row("", "5", &[Int64, Float64], "np.unravel_index(x, (3, 4))", |a| unravel_index(&a[0], [3, 4], ())).values(Domain::Range(10, 14)),
        row("ravel_multi_index", "5 5 | 2x3 3 | . . | 0 0", INTS, "(np.ravel_multi_index((x, y), (3, 4)), np.ravel_multi_index((x, y), (4, 3), order='F'))", |a| (ravel_multi_index([&a[0], &a[1]], [3, 4], ()), ravel_multi_index([&a[0], &a[1]], [4, 3], RavelIndex::default().order(Order::F)))).values(Domain::Range(0, 3)),
        row("", "9 9", &[Int64, Int8], "(np.ravel_multi_index((x, y), (3, 4), mode='clip'), np.ravel_multi_index((x, y), (3, 4), mode=('wrap', 'clip')))", |a| (ravel_multi_index([&a[0], &a[1]], [3, 4], IndexMode::Clip), ravel_multi_index([&a[0], &a[1]], [3, 4], RavelIndex::modes([IndexMode::Wrap, IndexMode::Clip])))).values(Domain::Range(-9, 9)),
        row("", "9 9", &[Int64, Float64], "np.ravel_multi_index((x, y), (3, 4))", |a| ravel_multi_index([&a[0], &a[1]], [3, 4], ())).values(Domain::Range(-9, 9)),
        row("fill_diagonal", "3x3 | 5x2 | 2x5 | 2x2x2 | 2x3x2 | 4", ALL, "(lambda c: (np.fill_diagonal(c, 1), c)[1])(x.copy())", |a| fill_diagonal(&a[0], 1, ())),
        row("", "5x2 3 | 7x2 2x2", KINDS, "(lambda c, d: (np.fill_diagonal(c, y), c, np.fill_diagonal(d, y, wrap=True), d)[1::2])(x.copy(), x.copy())", |a| (fill_diagonal(&a[0], &a[1], ()), fill_diagonal(&a[0], &a[1], true))),
    ]
}

/// Numbers, a few of each kind.
const NUMBERS: &[DType] = &[Int64, UInt8, Float32, Float64, Complex128];

/// Indices into axes of five or more.
const SMALL_INDEX: Domain = Domain::Range(-5, 5);

/// Some out of bounds. NumPy comes back from far out one axis length at a time.
const BEYOND: Domain = Domain::Range(-20, 20);
