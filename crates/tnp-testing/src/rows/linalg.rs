//! Rows: linear algebra. Vectors with a sign or phase of their own are compared by what does not depend on it.

use tnp_array::linalg::{self as la, Norm, Order, Pinv, QrMode, Rank, Svd, Uplo};
use tnp_array::*;

use super::*;

/// What linear algebra works on, and whole numbers, which it takes as float64.
const WORKED: &[DType] = &[
    Float64, Complex128, Float32, Complex64, Bool, Int8, Int64, UInt16,
];
const NUMBERS: &[DType] = &[Float64, Complex128, Float32, Complex64, Int64, UInt16];
const WIDE: &[DType] = &[Float64, Complex128, Float32, Complex64];
/// To NumPy bfloat16 is no floating point here.
const NARROW: &[DType] = &[
    Bool, Int8, Int64, UInt16, Float16, Float32, Float64, Complex64, Complex128,
];
const HALVES: &[DType] = &[Float16];
const REALS: &[DType] = &[Float64, Float32];
const SQUARE: &str = "3x3 | 5x5 | 2x3x3 | 1x1 | 0x0 | 2x0x0 | 0x2x2 | 2x1x4x4 | 33x33 | 2x3 | 4x4*";
const ANY: &str = "3x3 | 5x3 | 3x5 | 2x4x3 | 1x1 | 1x4 | 0x0 | 3x0 | 0x3 | 2x0x3 | 0x2x3 | 40x21";

fn adjoint(x: &Array) -> Result<Array> {
    let x = matrix_transpose(x)?;
    match x.dtype().is_complex() {
        true => conjugate(x),
        false => Ok(x),
    }
}

fn diagonal_of(x: &Array, value: i64) -> Result<Array> {
    Ok(la::matrix_power(x, 0)? * value)
}

/// A Hermitian positive definite matrix of any.
fn positive(x: &Array) -> Result<Array> {
    add(matmul(x, adjoint(x)?)?, diagonal_of(x, 1)?)
}

/// A Hermitian matrix of any.
fn hermitian(x: &Array) -> Result<Array> {
    add(x, adjoint(x)?)
}

/// A matrix far from singular.
fn regular(x: &Array) -> Result<Array> {
    let n = x.shape().last().copied().unwrap_or(0);
    add(x, diagonal_of(x, n as i64 + 2)?)
}

/// The magnitudes of the diagonals of triangles.
fn sizes(r: &Array) -> Result<Array> {
    la::diagonal(r, 0)?.abs()
}

/// A matrix from its eigenvectors, whatever phase they have.
fn spectrum(w: &Array, v: &Array) -> Result<Array> {
    matmul(v * expand_dims(w, -2)?, adjoint(v)?)
}

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        row("linalg.cholesky", SQUARE, NUMBERS, "np.linalg.cholesky(np.matmul(x, x.swapaxes(-1, -2).conj()) + np.eye(x.shape[-1], dtype=x.dtype))", |a| la::cholesky(positive(a.at(0))?, ())).values(SMALL).scaled(64.0),
        row("", "3x3 | 2x3x3 | 4x4", NUMBERS, "np.linalg.cholesky(np.matmul(x, x.swapaxes(-1, -2).conj()) + np.eye(x.shape[-1], dtype=x.dtype), upper=True)", |a| la::cholesky(positive(a.at(0))?, true)).values(SMALL).scaled(64.0),
        row("", "3x3 | 2x4x4", WIDE, "np.linalg.cholesky(np.tril(np.matmul(x, x.swapaxes(-1, -2).conj()) + np.eye(x.shape[-1], dtype=x.dtype)))", |a| la::cholesky(tril(positive(a.at(0))?, 0)?, ())).values(SMALL).scaled(64.0),
        row("", "3x3 | 2x4x4", WIDE, "np.linalg.cholesky(np.triu(np.matmul(x, x.swapaxes(-1, -2).conj()) + np.eye(x.shape[-1], dtype=x.dtype)), upper=True)", |a| la::cholesky(triu(positive(a.at(0))?, 0)?, true)).values(SMALL).scaled(64.0),
        row("linalg.LinAlgError", "2x2 | 3x2x2 | 2x3 | 3 | .", WORKED, "np.linalg.cholesky(x)", |a| la::cholesky(&a[0], ())).values(Domain::Range(-4, 0)),
        row("linalg.det", "3x3 | 5x5 | 2x3x3 | 1x1 | 0x0 | 2x0x0 | 0x2x2 | 2x1x4x4 | 2x3 | 3 | .", WORKED, "np.linalg.det(x)", |a| la::det(&a[0])).values(SMALL).scaled(256.0),
        row("linalg.slogdet", SQUARE, NUMBERS, "np.linalg.slogdet(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2))", |a| la::slogdet(regular(a.at(0))?)).values(SMALL).scaled(64.0),
        row("", "2x2 | 3x2x2 | 2x3 | 3 | .", &[Int64], "np.linalg.slogdet(x * 0)", |a| la::slogdet(zeros_like(a.at(0), ())?)),
        row("linalg.inv", SQUARE, NUMBERS, "np.linalg.inv(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2))", |a| la::inv(regular(a.at(0))?)).values(SMALL).scaled(64.0),
        row("", "3x3 | 2x3x3 | 2x3 | 3 | .", WORKED, "np.linalg.inv(x * 0)", |a| la::inv(zeros_like(a.at(0), ())?)),
        row("linalg.solve", "3x3 3 | 3x3 3x2 | 2x3x3 3x2 | 3x3 2x3x2 | 2x1x3x3 4x3x2 | 0x0 0 | 0x0 0x2 | 1x1 1 | 3x3 3x0 | 3x3 4 | 3x3 2x3 | 3x3 . | 2x3x3 3 | 2x2x2 2x2 | 33x33 33x5 | 0x2x2 2", NUMBERS, "np.linalg.solve(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2), y)", |a| la::solve(regular(a.at(0))?, &a[1])).values(SMALL).scaled(64.0).mixed(),
        row("", "3x3 3 | 2x3x3 3x2 | 2x3 2 | 3 3 | . .", WORKED, "np.linalg.solve(x * 0, y)", |a| la::solve(zeros_like(a.at(0), ())?, &a[1])),
        row("linalg.qr", ANY, NUMBERS, "(lambda q, r: (np.matmul(q, r), abs(np.diagonal(r, 0, -2, -1))))(*np.linalg.qr(x))", |a| -> Result<_> { let (q, r) = la::qr(&a[0], ())?; Ok((matmul(&q, &r)?, sizes(&r)?)) }).values(SMALL).scaled(256.0),
        row("", "3x3 | 5x3 | 3x5 | 2x4x3 | 1x1", REALS, "np.linalg.qr(x)", |a| la::qr(&a[0], ())).values(UNIT).scaled(64.0),
        row("", "5x3 | 3x5 | 2x4x3 | 3x0 | 40x21", WIDE, "(lambda q: np.matmul(q.swapaxes(-1, -2).conj(), q))(np.linalg.qr(x)[0])", |a| -> Result<_> { let q = la::qr(&a[0], ())?.0; matmul(adjoint(&q)?, &q) }).values(UNIT).scaled(64.0),
        row("", "3x5 | 4x4 | 2x2x3 | 0x3", WIDE, "(lambda q, r: (np.matmul(q, r), abs(np.diagonal(r, 0, -2, -1))))(*np.linalg.qr(x, 'complete'))", |a| -> Result<_> { let (q, r) = la::qr(&a[0], QrMode::Complete)?; Ok((matmul(&q, &r)?, sizes(&r)?)) }).values(UNIT).scaled(64.0),
        row("", "5x3 | 2x4x1 | 3x0", WIDE, "(lambda q, r: (np.matmul(q, r), np.matmul(q.swapaxes(-1, -2).conj(), q), abs(r)))(*np.linalg.qr(x, 'complete'))", |a| -> Result<_> { let (q, r) = la::qr(&a[0], QrMode::Complete)?; Ok((matmul(&q, &r)?, matmul(adjoint(&q)?, &q)?, r.abs()?)) }).values(UNIT).scaled(64.0),
        row("", "5x3 | 3x5 | 4x4", WIDE, "abs(np.diagonal(np.linalg.qr(x, 'r'), 0, -2, -1))", |a| -> Result<_> { sizes(&la::qr_r(&a[0])?) }).values(UNIT).scaled(64.0),
        row("", "3x3 | 5x3 | 3x5 | 2x4x3 | 1x1 | 3x0 | 0x3 | 2x3x1 | 3 | .", NUMBERS, "np.linalg.qr(x, 'raw')", |a| la::qr_raw(&a[0])).values(SMALL).scaled(256.0),
        row("", "3 | .", WORKED, "np.linalg.qr(x)", |a| la::qr(&a[0], ())),
        row("linalg.svd", ANY, WORKED, "(lambda u, s, vh: (np.matmul(u * s[..., None, :], vh), s))(*np.linalg.svd(x, False))", |a| -> Result<_> { let (u, s, vh) = la::svd(&a[0], false)?; Ok((matmul(u * expand_dims(&s, -2)?, vh)?, s)) }).values(SMALL).scaled(256.0),
        row("", "3x3 | 5x3 | 3x5 | 2x4x3 | 1x4", WIDE, "(lambda u, s, vh: (abs(u), s, abs(vh)))(*np.linalg.svd(x, full_matrices=False))", |a| -> Result<_> { let (u, s, vh) = la::svd(&a[0], false)?; Ok((u.abs()?, s, vh.abs()?)) }).values(UNIT).scaled(512.0),
        row("", "5x3 | 3x5 | 2x1x4 | 0x3 | 3x0", WIDE, "(lambda u, s, vh: (np.matmul(u.swapaxes(-1, -2).conj(), u), s, np.matmul(vh, vh.swapaxes(-1, -2).conj())))(*np.linalg.svd(x))", |a| -> Result<_> { let (u, s, vh) = la::svd(&a[0], ())?; Ok((matmul(adjoint(&u)?, &u)?, s, matmul(&vh, adjoint(&vh)?)?)) }).values(UNIT).scaled(64.0),
        row("", "4x4 | 2x3x3 | 1x1 | 0x0", WORKED, "(lambda u, s, vh: (np.matmul(u * s[..., None, :], vh), s))(*np.linalg.svd(x + x.swapaxes(-1, -2).conj(), hermitian=True))", |a| -> Result<_> { let (u, s, vh) = la::svd(hermitian(a.at(0))?, Svd { hermitian: true, ..Svd::default() })?; Ok((matmul(u * expand_dims(&s, -2)?, vh)?, s)) }).values(SMALL).scaled(128.0),
        row("", "3 | .", WORKED, "np.linalg.svd(x)", |a| la::svd(&a[0], ())),
        row("linalg.svdvals", ANY, WORKED, "np.linalg.svdvals(x)", |a| la::svdvals(&a[0])).values(SMALL).scaled(64.0),
        row("linalg.eigh", SQUARE, WORKED, "(lambda w, v: (w, np.matmul(v * w[..., None, :], v.swapaxes(-1, -2).conj())))(*np.linalg.eigh(x + x.swapaxes(-1, -2).conj()))", |a| -> Result<_> { let (w, v) = la::eigh(hermitian(a.at(0))?, ())?; let whole = spectrum(&w, &v)?; Ok((w, whole)) }).values(SMALL).scaled(256.0),
        row("", "3x3 | 2x4x4 | 1x1", WIDE, "(lambda w, v: (w, abs(v)))(*np.linalg.eigh(x, 'U'))", |a| -> Result<_> { let (w, v) = la::eigh(&a[0], Uplo::Upper)?; Ok((w, v.abs()?)) }).values(UNIT).scaled(512.0),
        row("linalg.eigvalsh", "3x3 | 5x5 | 2x3x3 | 1x1 | 0x0 | 2x0x0 | 0x2x2 | 2x1x4x4 | 2x3 | 3 | .", WORKED, "(np.linalg.eigvalsh(x), np.linalg.eigvalsh(x, 'U'))", |a| (la::eigvalsh(&a[0], ()), la::eigvalsh(&a[0], Uplo::Upper))).values(SMALL).scaled(64.0),
        row("linalg.eigvals", "3x3 | 2x4x4 | 1x1 | 2x2 | 7x7", &[Float64, Complex128, Int64], "(lambda w: tuple((w ** k).sum(-1).astype(complex) for k in (1, 2, 3)))(np.linalg.eigvals(x.astype(complex)))", |a| -> Result<_> { let w = la::eigvals(&a[0])?.astype(Complex128)?; Ok([w.sum(-1)?, (&w * &w).sum(-1)?, (&w * &w * &w).sum(-1)?]) }).values(SMALL).scaled(1073741824.0),
        row("linalg.eig", "3x3 | 2x4x4 | 1x1 | 2x2 | 7x7", &[Float64, Complex128], "(lambda w, v: (np.matmul(v * (w * w)[..., None, :], np.linalg.inv(v)).astype(complex), np.linalg.norm(v, axis=-2)))(*np.linalg.eig(x))", |a| -> Result<_> { let (w, v) = la::eig(&a[0])?; Ok((matmul(&v * expand_dims(&w * &w, -2)?, la::inv(&v)?)?, la::norm(v, Norm::order(()).axes(-2))?)) }).values(UNIT).scaled(4096.0),
        row("", "3x3 | 2x2", &[Float32, Complex64, Int64], "np.linalg.eigvals(x).astype(complex).sum()", |a| -> Result<_> { la::eigvals(&a[0])?.astype(Complex128)?.sum(()) }).values(SMALL).scaled(2147483648.0),
        row("", "2x3 | 3 | .", WORKED, "np.linalg.eig(x)", |a| la::eig(&a[0])),
        row("linalg.pinv", "3x3 | 5x3 | 3x5 | 2x4x3 | 1x1 | 1x4 | 0x0 | 3x0 | 0x3 | 2x0x3 | 0x2x3 | 40x21 | 3 | .", WIDE, "np.linalg.pinv(x)", |a| la::pinv(&a[0], ())).values(UNIT).scaled(1024.0),
        row("", "5x3 | 2x3x4", WIDE, "np.linalg.pinv(x, 0.5)", |a| la::pinv(&a[0], 0.5)).values(UNIT).scaled(1024.0),
        row("", "4x4 | 2x3x3", WIDE, "np.linalg.pinv(x + x.swapaxes(-1, -2).conj(), hermitian=True)", |a| la::pinv(hermitian(a.at(0))?, Pinv { hermitian: true, ..Pinv::default() })).values(UNIT).scaled(1024.0),
        row("", "2x3x4 2", &[Float64, Float32], "np.linalg.pinv(x, rtol=abs(y) / 2)", |a| la::pinv(&a[0], Pinv { rtol: Some((a.at(1).abs()? / 2).into()), hermitian: false })).values(UNIT).scaled(1024.0),
        row("linalg.matrix_rank", "3x3 | 5x3 | 3x5 | 2x4x3 | 1x1 | 1x4 | 0x0 | 3x0 | 0x3 | 2x0x3 | 0x2x3 | 4x4* | 3 | . | 0", WORKED, "np.asarray(np.linalg.matrix_rank(x), np.int64)", |a| la::matrix_rank(&a[0], ())).values(SMALL),
        row("", "4x3 | 2x3x3", WIDE, "(np.asarray(np.linalg.matrix_rank(x, 1.0)), np.asarray(np.linalg.matrix_rank(x, rtol=0.5)))", |a| (la::matrix_rank(&a[0], 1.0), la::matrix_rank(&a[0], Rank { rtol: Some(0.5.into()), ..Rank::default() }))).values(UNIT),
        row("", "4x4 | 2x3x3", WIDE, "np.asarray(np.linalg.matrix_rank(x + x.swapaxes(-1, -2).conj(), hermitian=True))", |a| la::matrix_rank(hermitian(a.at(0))?, Rank { hermitian: true, ..Rank::default() })).values(UNIT),
        row("linalg.lstsq", "5x3 5 | 5x3 5x2 | 3x5 3 | 3x3 3x2 | 1x1 1 | 0x3 0 | 0x3 0x2 | 5x3 5x0 | 5x3 4 | 2x3x3 3 | 3 3 | 3x3 .", WIDE, "(lambda x, r, k, s: (x, r, np.asarray(k), s))(*np.linalg.lstsq(x, y))", |a| la::lstsq(&a[0], &a[1], ())).values(UNIT).scaled(1024.0),
        row("", "5x3 5 | 3x5 3x2", WIDE, "np.linalg.lstsq(x, y, 0.5)[0]", |a| -> Result<_> { Ok(la::lstsq(&a[0], &a[1], 0.5)?.0) }).values(UNIT).scaled(1024.0),
        row("linalg.norm", "3x4 | 5 | . | 2x3x4 | 0 | 0x3", NARROW, "np.linalg.norm(x)", |a| la::norm(&a[0], ())).values(SMALL).scaled(64.0),
        row("", "5 | 1 | 7", &[Float16, Float32, Float64], "(np.linalg.norm(x, 1), np.linalg.norm(x, 2), np.linalg.norm(x, np.inf), np.linalg.norm(x, -np.inf))", |a| (la::norm(&a[0], 1), la::norm(&a[0], 2), la::norm(&a[0], f64::INFINITY), la::norm(&a[0], f64::NEG_INFINITY))).values(UNIT).scaled(64.0),
        row("", "5 | 1 | 7", WORKED, "(np.linalg.norm(x, 0), np.linalg.norm(x, 3), np.linalg.norm(x, -1), np.linalg.norm(x, 0.5))", |a| (la::norm(&a[0], 0), la::norm(&a[0], 3), la::norm(&a[0], -1), la::norm(&a[0], 0.5))).values(NONZERO).scaled(256.0),
        row("", "3x5 | 5x3 | 1x1 | 2x5", WORKED, "(np.linalg.norm(x, 1), np.linalg.norm(x, -1), np.linalg.norm(x, np.inf), np.linalg.norm(x, -np.inf))", |a| (la::norm(&a[0], 1), la::norm(&a[0], -1), la::norm(&a[0], f64::INFINITY), la::norm(&a[0], f64::NEG_INFINITY))).values(SMALL).scaled(64.0),
        row("", "3x4 | 4x3 | 1x1 | 2x2", WORKED, "(np.linalg.norm(x, 'fro'), np.linalg.norm(x, 'nuc'), np.linalg.norm(x, 2), np.linalg.norm(x, -2))", |a| (la::norm(&a[0], Order::Frobenius), la::norm(&a[0], Order::Nuclear), la::norm(&a[0], 2), la::norm(&a[0], -2))).values(UNIT).scaled(64.0),
        row("", "2x3x4 | 3x1x2x4", WORKED, "(np.linalg.norm(x, axis=1), np.linalg.norm(x, 1, -1, True), np.linalg.norm(x, np.inf, 0))", |a| (la::norm(&a[0], Norm::order(()).axes(1)), la::norm(&a[0], Norm::order(1).axes(-1).keepdims()), la::norm(&a[0], Norm::order(f64::INFINITY).axes(0)))).values(SMALL).scaled(64.0),
        row("", "3x5x3", WORKED, "(np.linalg.norm(x, axis=(0, 2)), np.linalg.norm(x, 1, (2, 0)), np.linalg.norm(x, np.inf, (0, 1), True), np.linalg.norm(x, 'nuc', (-1, 0), True))", |a| (la::norm(&a[0], Norm::order(()).axes([0, 2])), la::norm(&a[0], Norm::order(1).axes([2, 0])), la::norm(&a[0], Norm::order(f64::INFINITY).axes([0, 1]).keepdims()), la::norm(&a[0], Norm::order(Order::Nuclear).axes([-1, 0]).keepdims()))).values(UNIT).scaled(64.0),
        row("", "0x3 | 3x0 | 0x0", WIDE, "(np.linalg.norm(x, 1), np.linalg.norm(x, np.inf), np.linalg.norm(x, 2), np.linalg.norm(x, 'nuc'))", |a| (la::norm(&a[0], 1), la::norm(&a[0], f64::INFINITY), la::norm(&a[0], 2), la::norm(&a[0], Order::Nuclear))),
        row("", "3x0 | 0 | 0x2", WIDE, "np.linalg.norm(x, -2)", |a| la::norm(&a[0], -2)),
        row("", "3 | 0", WIDE, "np.linalg.norm(x, np.inf)", |a| la::norm(&a[0], f64::INFINITY)),
        row("", "0", WIDE, "np.linalg.norm(x, -np.inf)", |a| la::norm(&a[0], f64::NEG_INFINITY)),
        row("", "3 | 2x3x4", WIDE, "np.linalg.norm(x, 'fro')", |a| la::norm(&a[0], Order::Frobenius)),
        row("", "2x3", WIDE, "np.linalg.norm(x, 3)", |a| la::norm(&a[0], 3)),
        row("", "2x3 | . | 2x3x4", WIDE, "np.linalg.norm(x, 1, (0, 0))", |a| la::norm(&a[0], Norm::order(1).axes([0, 0]))),
        row("", "2x3", WIDE, "np.linalg.norm(x, axis=2)", |a| la::norm(&a[0], Norm::order(()).axes(2))),
        row("linalg.vector_norm", "3x4 | 5 | . | 2x3x4 | 0", NARROW, "(np.linalg.vector_norm(x), np.linalg.vector_norm(x, keepdims=True))", |a| (la::vector_norm(&a[0], ()), la::vector_norm(&a[0], Norm::order(2).keepdims()))).values(SMALL).scaled(64.0),
        row("", "2x3x4 | 3x2x1x2", WORKED, "(np.linalg.vector_norm(x, axis=1), np.linalg.vector_norm(x, axis=(0, 2), ord=1), np.linalg.vector_norm(x, axis=(-1, 0), ord=np.inf, keepdims=True))", |a| (la::vector_norm(&a[0], Norm::order(2).axes(1)), la::vector_norm(&a[0], Norm::order(1).axes([0, 2])), la::vector_norm(&a[0], Norm::order(f64::INFINITY).axes([-1, 0]).keepdims()))).values(SMALL).scaled(64.0),
        row("linalg.matrix_norm", "3x4 | 2x3x4 | 3 | .", WORKED, "(np.linalg.matrix_norm(x), np.linalg.matrix_norm(x, ord=1, keepdims=True), np.linalg.matrix_norm(x, ord='nuc'))", |a| (la::matrix_norm(&a[0], ()), la::matrix_norm(&a[0], Norm::order(1).keepdims()), la::matrix_norm(&a[0], Order::Nuclear))).values(UNIT).scaled(64.0),
        row("linalg.cond", "3x3 | 2x3x3 | 1x1", NUMBERS, "(np.linalg.cond(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2)), np.linalg.cond(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2), -2), np.linalg.cond(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2), 1), np.linalg.cond(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2), 'fro'))", |a| -> Result<_> { let x = regular(a.at(0))?; Ok((la::cond(&x, ())?, la::cond(&x, -2)?, la::cond(&x, 1)?, la::cond(&x, Order::Frobenius)?)) }).values(SMALL).scaled(64.0),
        row("", "5x3 | 2x3x4 | 0x3 | 3 | .", WIDE, "np.linalg.cond(x)", |a| la::cond(&a[0], ())).values(UNIT).scaled(1024.0),
        row("", "2x2 | 3x2x2", &[Int64], "(np.linalg.cond(x * 0), np.linalg.cond(x * 0, 1))", |a| -> Result<_> { let x = zeros_like(a.at(0), ())?; Ok((la::cond(&x, ())?, la::cond(&x, 1)?)) }),
        row("linalg.matrix_power", "3x3 | 2x3x3 | 1x1 | 0x0", NUMBERS, "(np.linalg.matrix_power(x, 0), np.linalg.matrix_power(x, 1), np.linalg.matrix_power(x, 2), np.linalg.matrix_power(x, 3))", |a| (la::matrix_power(&a[0], 0), la::matrix_power(&a[0], 1), la::matrix_power(&a[0], 2), la::matrix_power(&a[0], 3))).values(SMALL).scaled(64.0),
        row("", "2x2 | 3x3", NUMBERS, "(np.linalg.matrix_power(x, 7), np.linalg.matrix_power(x + np.eye(x.shape[-1], dtype=x.dtype) * x.dtype.type(x.shape[-1] + 2), -3))", |a| (la::matrix_power(&a[0], 7), regular(a.at(0)).and_then(|x| la::matrix_power(x, -3)))).values(SMALL).scaled(64.0),
        row("", "2x3 | 3 | .", WORKED, "np.linalg.matrix_power(x, 2)", |a| la::matrix_power(&a[0], 2)),
        row("linalg.multi_dot", "3x4 4x2 2x5 | 3 3x2 2x4 | 2x3 3x4 4 | 3 3x2 2 | 2x3 3x2 3x2", NUMBERS, "np.linalg.multi_dot([x, y, z])", |a| la::multi_dot(a.arrays())).values(SMALL),
        row("", "3x4 4x2 2x5 5x3 | 2x9 9x1 1x8 8x2", &[Float64, Complex128, Int32], "np.linalg.multi_dot([x, y, z, w])", |a| la::multi_dot(a.arrays())).values(SMALL),
        row("", "3x4 4x2 | 3 3", &[Float64, Int32], "np.linalg.multi_dot([x, y])", |a| la::multi_dot(a.arrays())).values(SMALL),
        row("linalg.tensorinv", "4x2x2 | 2x2x4 | 2x3", WIDE, "np.linalg.tensorinv(x, 1)", |a| la::tensorinv(&a[0], 1)).values(UNIT).scaled(4096.0),
        row("", "2x3x6 | 2x3x3x2 | 4x2", WIDE, "np.linalg.tensorinv(x)", |a| la::tensorinv(&a[0], 2)).values(UNIT).scaled(16384.0),
        row("linalg.tensorsolve", "2x3x6 2x3 | 4x2x2 4 | 2x3x3x2 2x3 | 2x3 2", WIDE, "np.linalg.tensorsolve(x, y)", |a| la::tensorsolve(&a[0], &a[1], ())).values(UNIT).scaled(16384.0),
        row("", "6x2x3 2x3", WIDE, "np.linalg.tensorsolve(x, y, axes=(0,))", |a| la::tensorsolve(&a[0], &a[1], [0])).values(UNIT).scaled(16384.0),
        row("linalg.outer", "5 3 | 1 4 | 0 3 | 2x3 3 | . 3", ALL, "np.linalg.outer(x, y)", |a| la::outer(&a[0], &a[1])).values(SMALL),
        row("linalg.cross", "3 3 | 4x3 4x3 | 2x1x3 5x3 | 3 2 | 2x3 4x3 | . 3", NUMERIC, "np.linalg.cross(x, y)", |a| la::cross(&a[0], &a[1], ())).values(SMALL),
        row("", "3x4 3x4 | 3x2 2x2", NUMERIC, "np.linalg.cross(x, y, axis=0)", |a| la::cross(&a[0], &a[1], 0)).values(SMALL),
        row("linalg.diagonal", "3x4 | 2x3x3 | 1x1 | 0x2 | 3", ALL, "(np.linalg.diagonal(x), np.linalg.diagonal(x, offset=1), np.linalg.diagonal(x, offset=-1))", |a| (la::diagonal(&a[0], 0), la::diagonal(&a[0], 1), la::diagonal(&a[0], -1))),
        row("linalg.trace", "3x4 | 2x3x3 | 1x1 | 0x2 | 3", KINDS, "(np.linalg.trace(x), np.linalg.trace(x, offset=1), np.linalg.trace(x, dtype=np.complex128))", |a| (la::trace(&a[0], 0, ()), la::trace(&a[0], 1, ()), la::trace(&a[0], 0, Complex128))).values(SMALL),
        row("", "2x2", HALVES, "np.linalg.cholesky(x)", |a| la::cholesky(&a[0], ())).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.qr(x)", |a| la::qr(&a[0], ())).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.svd(x)", |a| la::svd(&a[0], ())).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.eigh(x)", |a| la::eigh(&a[0], ())).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.eig(x)", |a| la::eig(&a[0])).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.inv(x)", |a| la::inv(&a[0])).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.det(x)", |a| la::det(&a[0])).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.pinv(x)", |a| la::pinv(&a[0], ())).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.cond(x)", |a| la::cond(&a[0], ())).values(UNIT),
        row("", "2x2", HALVES, "np.linalg.matrix_rank(x)", |a| la::matrix_rank(&a[0], ())).values(UNIT),
        row("", "2x2", &[Float64], "np.linalg.svd(x / 0 * 0)", |a| la::svd(a.at(0) * f64::NAN, ())).values(POSITIVE),
        row("", "2x2", &[Float64], "np.linalg.eig(x / 0)", |a| la::eig(a.at(0) * f64::INFINITY)).values(POSITIVE),
        row("", "2x2", &[Float32], "np.linalg.eigvalsh(x * np.inf)", |a| la::eigvalsh(a.at(0) * f64::INFINITY, ())).values(POSITIVE),
    ]
}
