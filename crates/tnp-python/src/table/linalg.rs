//! `tnp.linalg`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tnp::Axis;
use tnp::linalg::{Norm, Order, Pinv, QrMode, Rank, Rcond, Svd, Uplo};

use crate::call::{Args, Entry, InTuple, functions};
use crate::sizes;

fn uplo(a: &Args<'_, '_>) -> PyResult<Uplo> {
    a.choice(
        "UPLO",
        Uplo::Lower,
        &[
            ("L", Uplo::Lower),
            ("U", Uplo::Upper),
            ("l", Uplo::Lower),
            ("u", Uplo::Upper),
        ],
    )
}

fn order(a: &Args<'_, '_>, name: &str) -> PyResult<Order> {
    match a.named(name) {
        None => Ok(Order::Default),
        Some(order) => match order.cast::<PyString>() {
            Err(_) => order.extract().map(Order::P),
            Ok(text) => match text.to_str()? {
                "fro" => Ok(Order::Frobenius),
                "nuc" => Ok(Order::Nuclear),
                other => Err(PyValueError::new_err(format!(
                    "Invalid norm order {other:?}; it is a number, 'fro' or 'nuc'"
                ))),
            },
        },
    }
}

fn norm(a: &Args<'_, '_>, order: Order, axis: Axis) -> PyResult<Norm> {
    let norm = Norm::order(order).axes(axis);
    Ok(if a.flag("keepdims")? {
        norm.keepdims()
    } else {
        norm
    })
}

fn qr(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let mode = a.text("mode", "reduced")?;
    let x = a.x(0)?;
    match mode.as_str() {
        "r" => a.give(|| tnp::linalg::qr_r(x)),
        "reduced" => a.give(|| {
            tnp::linalg::qr(x, QrMode::Reduced).map(|(q, r)| InTuple("QRResult", vec![q, r]))
        }),
        "complete" => a.give(|| {
            tnp::linalg::qr(x, QrMode::Complete).map(|(q, r)| InTuple("QRResult", vec![q, r]))
        }),
        "raw" => a.give(|| tnp::linalg::qr_raw(x)),
        other => Err(PyValueError::new_err(format!(
            "Unrecognized mode '{other}'; it is 'reduced', 'complete', 'r' or 'raw'"
        ))),
    }
}

fn svd(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let options = Svd {
        full_matrices: a.unless_off("full_matrices")?,
        hermitian: a.flag("hermitian")?,
    };
    let x = a.x(0)?;
    match a.unless_off("compute_uv")? {
        true => a.give(|| {
            tnp::linalg::svd(x, options).map(|(u, s, vh)| InTuple("SVDResult", vec![u, s, vh]))
        }),
        false => a.give(|| tnp::linalg::svdvals(x)),
    }
}

fn tensorsolve(a: &Args<'_, '_>) -> PyResult<Py<PyAny>> {
    let (x, b, axes) = (a.x(0)?, a.x(1)?, a.axis("axes")?);
    a.give(|| tnp::linalg::tensorsolve(x, b, axes))
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Entry] = functions! {
    "cholesky(a, /, *, upper=False)", |a| { let (x, upper) = (a.x(0)?, a.flag("upper")?); a.give(|| tnp::linalg::cholesky(x, upper)) };
    "qr(a, mode='reduced')", qr;
    "svd(a, full_matrices=True, compute_uv=True, hermitian=False)", svd;
    "svdvals(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::linalg::svdvals(x)) };
    "eig(a)", |a| { let x = a.x(0)?; a.give(|| tnp::linalg::eig(x).map(|(w, v)| InTuple("EigResult", vec![w, v]))) };
    "eigvals(a)", |a| { let x = a.x(0)?; a.give(|| tnp::linalg::eigvals(x)) };
    "eigh(a, UPLO='L')", |a| { let (x, uplo) = (a.x(0)?, uplo(a)?); a.give(|| tnp::linalg::eigh(x, uplo).map(|(w, v)| InTuple("EighResult", vec![w, v]))) };
    "eigvalsh(a, UPLO='L')", |a| { let (x, uplo) = (a.x(0)?, uplo(a)?); a.give(|| tnp::linalg::eigvalsh(x, uplo)) };
    "det(a)", |a| { let x = a.x(0)?; a.give(|| tnp::linalg::det(x)) };
    "slogdet(a)", |a| { let x = a.x(0)?; a.give(|| tnp::linalg::slogdet(x).map(|(sign, log)| InTuple("SlogdetResult", vec![sign, log]))) };
    "solve(a, b)", |a| { let (x, b) = (a.x(0)?, a.x(1)?); a.give(|| tnp::linalg::solve(x, b)) };
    "inv(a)", |a| { let x = a.x(0)?; a.give(|| tnp::linalg::inv(x)) };
    "pinv(a, rcond=None, hermitian=False, *, rtol=<no value>)", |a| {
        let rtol = match a.maybe("rtol")? { Some(rtol) => Some(rtol), None => a.maybe("rcond")? };
        let (x, options) = (a.x(0)?, Pinv { rtol, hermitian: a.flag("hermitian")? });
        a.give(|| tnp::linalg::pinv(x, options))
    };
    "lstsq(a, b, rcond=None)", |a| {
        let (x, b, rcond) = (a.x(0)?, a.x(1)?, Rcond(a.named("rcond").map(|rcond| rcond.extract()).transpose()?));
        a.give(|| tnp::linalg::lstsq(x, b, rcond))
    };
    "tensorinv(a, ind=2)", |a| { let (x, ind) = (a.x(0)?, a.int("ind", 2)?); a.give(|| tnp::linalg::tensorinv(x, ind)) };
    "tensorsolve(a, b, axes=None)", tensorsolve;
    "matrix_power(a, n)", |a| { let (x, n) = (a.x(0)?, a.int("n", 1)? as i64); a.give(|| tnp::linalg::matrix_power(x, n)) };
    "matrix_rank(A, tol=None, hermitian=False, *, rtol=None)", |a| {
        let (x, options) = (a.x(0)?, Rank { tol: a.maybe("tol")?, rtol: a.maybe("rtol")?, hermitian: a.flag("hermitian")? });
        a.give(|| tnp::linalg::matrix_rank(x, options))
    };
    "norm(x, ord=None, axis=None, keepdims=False)", |a| { let (x, norm) = (a.x(0)?, norm(a, order(a, "ord")?, a.axis("axis")?)?); a.give(|| tnp::linalg::norm(x, norm)) };
    "vector_norm(x, /, *, axis=None, keepdims=False, ord=2)", |a| {
        let order = match a.named("ord") { None => Order::P(2.0), Some(_) => order(a, "ord")? };
        let (x, norm) = (a.x(0)?, norm(a, order, a.axis("axis")?)?);
        a.give(|| tnp::linalg::vector_norm(x, norm))
    };
    "matrix_norm(x, /, *, keepdims=False, ord='fro')", |a| {
        let order = match a.named("ord") { None => Order::Frobenius, Some(_) => order(a, "ord")? };
        let (x, norm) = (a.x(0)?, norm(a, order, Axis(None))?);
        a.give(|| tnp::linalg::matrix_norm(x, norm))
    };
    "cond(x, p=None)", |a| { let (x, order) = (a.x(0)?, order(a, "p")?); a.give(|| tnp::linalg::cond(x, order)) };
    "multi_dot(arrays)", |a| { let arrays = a.arrays(0)?; a.give(|| tnp::linalg::multi_dot(arrays)) };
    "outer(x1, x2, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::linalg::outer(x, y)) };
    "cross(x1, x2, /, *, axis=-1)", |a| { let (x, y, axis) = (a.x(0)?, a.x(1)?, a.int("axis", -1)?); a.give(|| tnp::linalg::cross(x, y, axis)) };
    "diagonal(x, /, *, offset=0)", |a| { let (x, offset) = (a.x(0)?, a.int("offset", 0)?); a.give(|| tnp::linalg::diagonal(x, offset)) };
    "trace(x, /, *, offset=0, dtype=None)", |a| { let (x, offset, dtype) = (a.x(0)?, a.int("offset", 0)?, a.dtype()?); a.give(|| tnp::linalg::trace(x, offset, dtype)) };
    "matmul(x1, x2, /)", |a| { let (x, y) = (a.x(0)?, a.x(1)?); a.give(|| tnp::matmul(x, y)) };
    "matrix_transpose(x, /)", |a| { let x = a.x(0)?; a.give(|| tnp::matrix_transpose(x)) };
    "vecdot(x1, x2, /, *, axis=-1)", |a| { let (x, y, axis) = (a.x(0)?, a.x(1)?, Axis::from(a.int("axis", -1)?)); a.give(|| tnp::vecdot(x, y, axis)) };
    "tensordot(x1, x2, /, *, axes=2)", |a| {
        let axes = match a.named("axes") {
            None => tnp::TensorAxes::Count(2),
            Some(axes) => match axes.extract::<isize>() {
                Ok(count) => tnp::TensorAxes::Count(count),
                Err(_) => tnp::TensorAxes::Pairs(sizes::axis(&axes.get_item(0)?)?, sizes::axis(&axes.get_item(1)?)?),
            },
        };
        let (x, y) = (a.x(0)?, a.x(1)?);
        a.give(|| tnp::tensordot(x, y, axes))
    };
};
