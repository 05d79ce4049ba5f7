//! `qr_raw`: the reflections that a QR factorisation is made of, as LAPACK keeps them.

use tnp_backend::Result;

use super::{adjoint, conjugate, matrices, swapped};
use crate::views::span;
use crate::{
    Array, Operand, Reduce, add, any, concatenate, copysign, divide, imag, isfinite, logical_and,
    logical_or, matmul, multiply, negative, not_equal, ones_like, real, sqrt, square, subtract,
    where_, zeros_like,
};

/// The reflections `(h, tau)` behind a QR factorisation: NumPy's `qr(x, mode='raw')`.
///
/// For `x` of shape (..., M, N), `h` has the shape (..., N, M): it is transposed. Its lower triangle is `rᵀ`; row `j` beyond the diagonal holds
/// the vector `v` of reflection `j` after its leading one. `tau` has the shape (..., min(M, N)), and reflection `j` is `1 - tau v vᴴ`.
///
/// # Errors
/// For an array of fewer than two axes, or of half-width floats.
///
/// # Examples
/// ```
/// # extern crate tnp_cpu;
/// use tnp_array::linalg::qr_raw;
/// let (h, tau) = qr_raw([[3.0], [4.0]])?;
/// assert_eq!(h.to_vec::<f64>()?, [-5.0, 0.5]);
/// assert_eq!(tau.to_vec::<f64>()?, [1.6]);
/// # Ok::<(), tnp_array::Error>(())
/// ```
/// <https://numpy.org/doc/stable/reference/generated/numpy.linalg.qr.html>, <https://www.netlib.org/lapack/lug/node128.html>
pub fn qr_raw<'a>(x: impl Into<Operand<'a>>) -> Result<(Array, Array)> {
    fn body(x: Operand<'_>) -> Result<(Array, Array)> {
        let mut x = matrices("qr_raw", x)?;
        let (row, column) = (x.ndim() - 2, x.ndim() - 1);
        let count = x.shape()[row].min(x.shape()[column]);
        if count == 0 {
            let none = span((&x).into(), row, 0, 0)?.sum(-1)?;
            return Ok((swapped(&x)?, none));
        }
        let mut scales = Vec::with_capacity(count);
        for at in 0..count {
            let (next, scale) = reflect(&x, at)?;
            x = next;
            scales.push(scale.sum(-1)?);
        }
        Ok((swapped(&x)?, concatenate(&scales, -1)?))
    }
    body(x.into())
}

/// Reflects what column `at` has from its diagonal on into that one element, and the columns behind it likewise; the elements that
/// vanish make room for the reflection's vector. Its scale has the shape (..., 1, 1).
fn reflect(x: &Array, at: usize) -> Result<(Array, Array)> {
    let (row, column) = (x.ndim() - 2, x.ndim() - 1);
    let (rows, columns) = (x.shape()[row], x.shape()[column]);
    let this = span(x.into(), column, at, 1)?;
    let behind = span(x.into(), column, at + 1, columns - at - 1)?;
    let of_this = |start, len| span((&this).into(), row, start, len);
    let (above, first) = (of_this(0, at)?, of_this(at, 1)?);
    let below = of_this(at + 1, rows - at - 1)?;
    let over_rows = || Reduce::axes(-2).keepdims();
    // A column that has nothing to reflect away stays, and what is behind it; unless its diagonal has to become real.
    let turns = logical_or(
        any(not_equal(&below, 0)?, over_rows())?,
        not_equal(imag(&first)?, 0)?,
    )?;
    // In units of the largest, as squares of large and small numbers leave the range.
    let largest = of_this(at, rows - at)?.abs()?.max(over_rows())?;
    let unit = logical_and(isfinite(&largest)?, not_equal(&largest, 0)?)?;
    let unit = where_(unit, &largest, 1)?;
    let squares = |part: &Array| square(divide(part.abs()?, &unit)?)?.sum(over_rows());
    let whole = add(squares(&below)?, squares(&first)?)?;
    let length = multiply(sqrt(where_(&turns, whole, 1)?)?, &unit)?;
    let reflected = negative(copysign(length, real(&first)?)?)?;
    let diagonal = where_(&turns, reflected, real(&first)?)?.astype(x.dtype())?;
    let quotient = |x: Array, by: Array| {
        let by = where_(&turns, by, 1)?;
        where_(&turns, divide(x, by)?, 0)
    };
    let scale = quotient(subtract(&diagonal, &first)?, diagonal.clone())?;
    let tail = quotient(below, subtract(&first, &diagonal)?)?;
    let vector = [&zeros_like(&above, ())?, &ones_like(&first, ())?, &tail];
    let vector = concatenate(vector, -2)?;
    let along = matmul(adjoint(&vector)?, &behind)?;
    let turned = matmul(multiply(conjugate(scale.clone())?, &vector)?, along)?;
    let moved = where_(&turns, subtract(&behind, turned)?, &behind)?;
    let this = concatenate([&above, &diagonal, &tail], -2)?;
    let before = span(x.into(), column, 0, at)?;
    Ok((concatenate([&before, &this, &moved], -1)?, scale))
}
