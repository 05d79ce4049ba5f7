//! Rows: reading and writing by index.

use super::*;
use tnp_array::{
    IndexMode, Take, argwhere, choose, compress, extract, flatnonzero, nonzero, put_along_axis, s,
    select, take, take_along_axis, where_,
};

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
    ]
}

/// Numbers, a few of each kind.
const NUMBERS: &[DType] = &[Int64, UInt8, Float32, Float64, Complex128];

/// Indices into axes of five or more.
const SMALL_INDEX: Domain = Domain::Range(-5, 5);

/// Some out of bounds. NumPy comes back from far out one axis length at a time.
const BEYOND: Domain = Domain::Range(-20, 20);
