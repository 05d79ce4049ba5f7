//! Rows: matrix products and their kin.

use tnp_array::*;
use tnp_dtype::BinaryRule as B;

use super::*;

/// NumPy's einsum does not take bfloat16.
const EINSUM: &[DType] = &[
    Bool, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64,
    Complex64, Complex128,
];
/// Kinds whose products are exact for small whole numbers.
const SOME: &[DType] = &[Bool, Int32, Float16, Float64, Complex64];

const MATMUL: &str = "3x4 4x2 | 5 5 | 4 4x3 | 3x4 4 | 2x3x4 4x5 | 2x3x4 2x4x5 | 3x1x2x4 5x4x3 | 4 2x4x3 | 2x3x4 4 | 2x0 0x3 | 0x2 2x3 | 1x1 1x1 | 17x33 33x9 | \
                      2x3 4x5 | . 3 | 3 . | 2x3x4 5x4x2 | 4x5* 5x4* | 3x2x4 4x2";
const DOT: &str = "3x4 4x2 | 5 5 | 4 4x3 | 3x4 4 | 2x3x4 4x5 | 2x3x4 2x4x5 | . 3x2 | 3 . | . . | 2x0 0x3 | 2x3 4x5 | 4x5* 5x4* | 0 0";
const INNER: &str =
    "3x4 2x4 | 5 5 | 4 3x4 | 3x4 4 | 2x3x4 5x4 | . 3x2 | 3 . | 2x0 3x0 | 2x3 4x5 | 4x5* 3x5";
const ANY: &str = "3x4 2 | 5 5 | . 3 | 2x3 3x2 | 0 3 | 4x5* 3 | . .";

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("matmul ndarray.__matmul__ linalg.matmul", MATMUL, ALL, "np.matmul(x, y)", |a| matmul(&a[0], &a[1])).values(SMALL).mixed().binary(B::Matmul),
        row("", "9x70 70x11 | 200 200 | 3x4x50 50x7", INEXACT, "np.matmul(x, y)", |a| matmul(&a[0], &a[1])).values(UNIT).scaled(256.0),
        row("", "17x64 9x64", &[Int32, Int64, Float64], "np.matmul(x, y.T)", |a| matmul(&a[0], transposed(a.at(1))?)).values(SMALL),
        row("ndarray.__rmatmul__", "3x4 4x2", SOME, "x @ y", |a| a.at(0).matmul(&a[1])).values(SMALL),
        row("vecdot linalg.vecdot", "5 5 | 3x4 3x4 | 2x1x4 3x4 | 4 3x4 | 3 4 | . 3 | 2x0 0 | 4x5* 5", ALL, "np.vecdot(x, y)", |a| vecdot(&a[0], &a[1], ())).values(SMALL).binary(B::Matmul),
        row("", "3x4 3x4 | 3x2x4 3x1x4 | 3x2 4x2", SOME, "np.vecdot(x, y, axis=0)", |a| vecdot(&a[0], &a[1], 0)).values(SMALL),
        row("matvec", "3x4 4 | 2x3x4 5x1x4 | 4 4 | 3x4 3 | 2x0 0", ALL, "np.matvec(x, y)", |a| matvec(&a[0], &a[1])).values(SMALL),
        row("vecmat", "3 3x4 | 5x1x3 2x3x4 | 4 4 | 4 3x4 | 0 0x2", ALL, "np.vecmat(x, y)", |a| vecmat(&a[0], &a[1])).values(SMALL),
        row("dot", DOT, ALL, "np.dot(x, y)", |a| dot(&a[0], &a[1])).values(SMALL).mixed().binary(B::Arithmetic),
        row("ndarray.dot", "3x4 4x2 | 5 5", SOME, "x.dot(y)", |a| a.at(0).dot(&a[1])).values(SMALL),
        row("", "3x4 | .", &[Int32, Float16, Complex64], "np.dot(x, x.dtype.type(2))", |a| dot(&a[0], 2)).values(SMALL),
        row("vdot", "3x4 3x4 | 5 5 | 3x4 4x3 | . 1 | 0 0 | 3 4 | 4x5* 20", ALL, "np.vdot(x, y)", |a| vdot(&a[0], &a[1])).values(SMALL).binary(B::Arithmetic),
        row("inner", INNER, ALL, "np.inner(x, y)", |a| inner(&a[0], &a[1])).values(SMALL).mixed().binary(B::Arithmetic),
        row("outer", ANY, ALL, "np.outer(x, y)", |a| outer(&a[0], &a[1])).values(SMALL).mixed().binary(B::Arithmetic),
        row("kron", "2x3 3x2 | 3 4 | 2x3 4 | 3 2x2x2 | . 3 | . . | 0 3 | 2x0x2 3 | 4x5* 2x1", ALL, "np.kron(x, y)", |a| kron(&a[0], &a[1])).values(SMALL).mixed().binary(B::Arithmetic),
        row("tensordot linalg.tensordot", "2x3x4 3x4x5 | 3x4 3x4 | 4 4 | 3x4 4x3 | 4x5* 4x5x2", ALL, "np.tensordot(x, y)", |a| tensordot(&a[0], &a[1], ())).values(SMALL).mixed().binary(B::Arithmetic),
        row("", "2x3 3x4 | 2x3x4 4x5 | 3 3 | 2 3 | 2x0 0x3", SOME, "np.tensordot(x, y, 1)", |a| tensordot(&a[0], &a[1], 1)).values(SMALL),
        row("", "2x3 3x4 | . 3 | . .", SOME, "np.tensordot(x, y, axes=0)", |a| tensordot(&a[0], &a[1], 0)).values(SMALL),
        row("", "2x3x4 5x4x3 | 2x3x4 4x4x3", SOME, "np.tensordot(x, y, ([1, 2], [2, 1]))", |a| tensordot(&a[0], &a[1], ([1, 2], [2, 1]))).values(SMALL),
        row("", "2x3x4 5x4x2 | 3 2", SOME, "np.tensordot(x, y, axes=(0, -1))", |a| tensordot(&a[0], &a[1], (0, -1))).values(SMALL),
        row("", "2x3 3x2 | 3x3 3x3", SOME, "np.tensordot(x, y, ([1, 1], [0, 0]))", |a| tensordot(&a[0], &a[1], ([1, 1], [0, 0]))).values(SMALL),
        row("", "2x3 3x2", SOME, "np.tensordot(x, y, ([1], [0, 1]))", |a| tensordot(&a[0], &a[1], ([1], [0, 1]))).values(SMALL),
        row("cross", "3 3 | 4x3 4x3 | 4x3 3 | 2x1x3 5x3 | 3 2 | 2 3 | 5x2 5x3 | 2 2 | 4x2 4x2 | 4 3 | 2x3 4x3 | . 3 | 0x3 3 | 5x3* 5*x3", ALL, "np.cross(x, y)", |a| cross(&a[0], &a[1], ())).values(SMALL).binary(B::Subtract),
        row("", "3x4 3x4 | 3x2 2x2", &[Int16, Float64], "np.cross(x, y, axis=0)", |a| cross(&a[0], &a[1], 0)).values(SMALL),
        row("", "3x4x2 2x4x3 | 2x3 2x3", &[Int16, Float64], "np.cross(x, y, axisa=0, axisb=2, axisc=1)", |a| cross(&a[0], &a[1], CrossAxes { axisa: 0, axisb: 2, axisc: 1 })).values(SMALL),
        row("einsum", "3x4 4x2 | 5x1 7x2 | 3x4 1x2 | 3x4 5x2 | 2x0 0x3", EINSUM, "np.einsum('ij,jk', x, y)", |a| einsum("ij,jk", [&a[0], &a[1]], ())).values(NONZERO).mixed().joins(),
        row("", "4x4 | 3x3 | 0x0 | 2x3 | 4x4*", EINSUM, "np.einsum('ii', x)", |a| einsum("ii", [&a[0]], ())).values(SMALL),
        row("", "4x4 | 1x3", SOME, "np.einsum('ii->i', x)", |a| einsum("ii->i", [&a[0]], ())).values(SMALL),
        row("", "2x3x2x4 | 3x1x3x0", SOME, "np.einsum('ijik->ki', x)", |a| einsum("ijik->ki", [&a[0]], ())).values(SMALL),
        row("", "3x3x3", SOME, "np.einsum('iii->i', x)", |a| einsum("iii->i", [&a[0]], ())).values(SMALL),
        row("", "2x3 | 0x3", EINSUM, "np.einsum('ij->', x)", |a| einsum("ij->", [&a[0]], ())).values(SMALL),
        row("", "2x3", ALL, "np.einsum('ij->ji', x)", |a| einsum("ij->ji", [&a[0]], ())),
        row("", "2x3", SOME, "np.einsum('ba', x)", |a| einsum("ba", [&a[0]], ())),
        row("", "2x3", SOME, "np.einsum(' a B ', x)", |a| einsum(" a B ", [&a[0]], ())),
        row("", "2x3x4 | 2x3", SOME, "np.einsum('i...->...i', x)", |a| einsum("i...->...i", [&a[0]], ())),
        row("", "2x3x4 | 2x3", SOME, "np.einsum('...', x)", |a| einsum("...", [&a[0]], ())),
        row("", "2x3x4", SOME, "np.einsum('...->', x)", |a| einsum("...->", [&a[0]], ())),
        row("", "2x3x4 5x1x4x2 | 3x4 4x5 | 3x4 2x4x2", SOME, "np.einsum('...ij,...jk->...ik', x, y)", |a| einsum("...ij,...jk->...ik", [&a[0], &a[1]], ())).values(SMALL),
        row("", "2x3x4 2x4x3", SOME, "np.einsum('...ij,...jk->ik', x, y)", |a| einsum("...ij,...jk->ik", [&a[0], &a[1]], ())).values(SMALL),
        row("", "2x3 3x4", SOME, "np.einsum('ij...,jk->k', x, y)", |a| einsum("ij...,jk->k", [&a[0], &a[1]], ())).values(SMALL),
        row("", "3x4 3x4 | 3x1 1x4", SOME, "np.einsum('ij,ij->ij', x, y)", |a| einsum("ij,ij->ij", [&a[0], &a[1]], ())).values(NONZERO),
        row("", "3x4 3x4 | 3x1 1x4", SOME, "np.einsum('ij,ij->j', x, y)", |a| einsum("ij,ij->j", [&a[0], &a[1]], ())).values(SMALL),
        row("", "3 4", SOME, "np.einsum('i,j', x, y)", |a| einsum("i,j", [&a[0], &a[1]], ())).values(NONZERO),
        row("", "3 4", SOME, "np.einsum('i,j->j', x, y)", |a| einsum("i,j->j", [&a[0], &a[1]], ())).values(NONZERO),
        row("", ". 3", SOME, "np.einsum(',i->i', x, y)", |a| einsum(",i->i", [&a[0], &a[1]], ())).values(SMALL),
        row("", "2x3 3x4 4x5 5x2", SOME, "np.einsum('ab,bc,cd,da->ca', x, y, z, w)", |a| einsum("ab,bc,cd,da->ca", [&a[0], &a[1], &a[2], &a[3]], ())).values(SMALL),
        row("", "3x2 3x4 3x5", SOME, "np.einsum('bi,bj,bk->ijk', x, y, z)", |a| einsum("bi,bj,bk->ijk", [&a[0], &a[1], &a[2]], ())).values(SMALL),
        row("", "2x2 3x3 2x3", SOME, "np.einsum('ii,jj,ij', x, y, z)", |a| einsum("ii,jj,ij", [&a[0], &a[1], &a[2]], ())).values(SMALL),
        row("", "3x4:int32 4x2:int8", SOME, "np.einsum('ij,jk', x, y, dtype=np.float64)", |a| einsum("ij,jk", [&a[0], &a[1]], Float64)).values(SMALL),
        row("", "3:float64", SOME, "np.einsum('i->', x, dtype=np.float32)", |a| einsum("i->", [&a[0]], Float32)).values(SMALL),
        row("", "2x3", &[Int32], "np.einsum('ij->ik', x)", |a| einsum("ij->ik", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('ij->ii', x)", |a| einsum("ij->ii", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('ij,jk', x)", |a| einsum("ij,jk", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('ijk', x)", |a| einsum("ijk", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('i', x)", |a| einsum("i", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('i.j', x)", |a| einsum("i.j", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('i!j', x)", |a| einsum("i!j", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('...i...', x)", |a| einsum("...i...", [&a[0]], ())),
        row("", "2x3", &[Int32], "np.einsum('ij->j->i', x)", |a| einsum("ij->j->i", [&a[0]], ())),
    ]
}

/// A view with the axes of a matrix exchanged.
fn transposed(x: &Array) -> tnp_backend::Result<Array> {
    einsum("ij->ji", [x], ())
}
